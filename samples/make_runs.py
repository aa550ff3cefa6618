"""Trains the ready-made runs of `samples/runs` on the public data in ../shared/data, and saves their results on the samples.

    python samples/make_runs.py [--results] [RUN …]     # trains these, or all, and saves their results; --results: no training

What is kept of a training is what a downloaded run holds: settings, vocabulary, weights, curves and scores, no text of the data.
Beside it lie what reading dev otherwise and step by step gives, in figures, the evaluation on the project's own sample, with its
texts, that of a language model on its own test split, and the trace of the text that Inspect opens with.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "samples")]

from make_entities import as_lines, sentences  # noqa: E402

from pages.common.text_choice import examples  # noqa: E402
from rnn_core import tasks  # noqa: E402
from rnn_core.analysis.along import along  # noqa: E402
from rnn_core.analysis.compared import compared  # noqa: E402
from rnn_core.analysis.evaluate import evaluate  # noqa: E402
from rnn_core.analysis.loading import load  # noqa: E402
from rnn_core.analysis.readings import readings as read_otherwise  # noqa: E402
from rnn_core.analysis.trace import trace  # noqa: E402
from rnn_core.data.examples import Example  # noqa: E402
from rnn_core.results import Answers, Evaluation  # noqa: E402
from rnn_core.workspace import baselines, evaluations, readings, traces  # noqa: E402
from rnn_core.workspace.archive import CARRIED  # noqa: E402
from rnn_core.workspace.datasets import SavedDataset  # noqa: E402
from rnn_core.workspace.runs import Run  # noqa: E402
from rnn_core.workspace.samples import sample_for  # noqa: E402
from rnn_core.workspace.store import READY_MADE  # noqa: E402

DATA = ROOT.parent / "shared" / "data"

FILMS = [
    *(part for split, name in (("train", "train_phrases"), ("dev", "dev"), ("test", "test"))
      for part in (f"--{split}", str(DATA / "sst2" / f"{name}.csv"))),
    "--task", "classify", "--lowercase", "--vocabulary", "5000",
]  # fmt: skip
CLASSIFIER = ["--embedding", "48", "--hidden", "64", "--dropout", "0.5", "--batch", "32", "--epochs", "6", "--patience", "3",
              "--learning-rate", "0.001", "--threads", "2"]  # fmt: skip
"""What the four classifiers share: those of one cell are twins."""

RUNS = {
    "05-film-reviews": (FILMS, ["--name", "Film reviews", "--cell", "lstm", "--loss", "last", *CLASSIFIER]),
    "04-film-reviews-every": (FILMS, ["--name", "Film reviews, loss every", "--cell", "lstm", "--loss", "every", *CLASSIFIER]),
    "03-film-reviews-elman": (FILMS, ["--name", "Film reviews, Elman", "--cell", "rnn", "--loss", "last", *CLASSIFIER]),
    "02-film-reviews-elman-every": (
        FILMS, ["--name", "Film reviews, Elman, loss every", "--cell", "rnn", "--loss", "every", *CLASSIFIER]),
    "01-names": (
        ["--train", "train.tsv", "--dev", "dev.tsv", "--test", str(ROOT / "samples" / "entities.tsv"), "--task", "tag",
         "--lowercase", "--vocabulary", "7000"],
        ["--name", "English: names", "--cell", "lstm", "--bidirectional", "--embedding", "32", "--hidden", "48",
         "--dropout", "0.5", "--batch", "32", "--epochs", "8", "--patience", "3", "--learning-rate", "0.002", "--threads", "2"]),
    "00-parts-of-speech": (
        [*(part for split in ("train", "dev", "test")
           for part in (f"--{split}", str(DATA / "ud_ewt" / f"{split}.upos.tsv"))), "--task", "tag", "--vocabulary", "8000"],
        ["--name", "English: parts of speech", "--cell", "lstm", "--bidirectional", "--embedding", "64", "--hidden", "64",
         "--dropout", "0.5", "--batch", "32", "--epochs", "10", "--patience", "3", "--learning-rate", "0.002", "--threads", "2"]),
    "00-english-french": (
        [*(part for split in ("train", "dev", "test") for part in (f"--{split}", str(DATA / "tatoeba_en_fr" / f"{split}.csv"))),
         "--task", "translate", "--tokens", "elided", "--vocabulary", "3000"],
        ["--name", "English to French", "--cell", "gru", "--bidirectional", "--tied", "--embedding", "64", "--hidden", "64",
         "--dropout", "0.1", "--batch", "64", "--epochs", "8", "--patience", "0", "--schedule", "cosine", "--warmup", "300",
         "--learning-rate", "0.004", "--threads", "1"]),
    "00-three-units": (
        ["--train", str(ROOT / "samples" / "reviews.csv"), "--task", "classify", "--lowercase"],
        ["--name", "Three units, to follow by hand", "--cell", "rnn", "--loss", "every", "--embedding", "3", "--hidden", "3",
         "--dropout", "0", "--batch", "16", "--epochs", "60", "--patience", "15", "--learning-rate", "0.02", "--seed", "1",
         "--threads", "1"]),
    "00-notebook": (
        ["--train", str(ROOT / "samples" / "notebook.txt"), "--task", "generate", "--tokens", "char"],
        ["--name", "Notebook, character by character", "--cell", "lstm", "--embedding", "32", "--hidden", "192",
         "--dropout", "0.3", "--batch", "16", "--truncate", "64", "--epochs", "30", "--patience", "6",
         "--learning-rate", "0.003", "--threads", "2"]),
}  # fmt: skip
"""By id: the options of `data`, and all of `train`. Ids sort behind those of later runs, which begin with the year; the first is
seen first."""

WITH_SNAPSHOTS = ("00-three-units",)
"""Those that are shown over training. 14 snapshots of a classifier of films would take 7.5 MB."""

NAMES = {"person": "PER", "location": "LOC", "corporation": "ORG", "group": "ORG"}
"""What the types of wnut17 are called in our sentences; its works and products are no names of ours."""


def main(chosen: list[str]) -> int:
    """Trains the runs that are named, puts each into its place, and saves the results of all."""
    if not DATA.is_dir():
        print(f"The public data is not here: {DATA}", file=sys.stderr)
        return 2
    named = [one for one in chosen if one != "--results"]
    with tempfile.TemporaryDirectory() as folder:
        write_names(Path(folder))
        for name, (data, options) in RUNS.items():
            if named and name not in named:
                continue
            read = command("data", *data, workspace=folder)
            if "--results" not in chosen:
                few = () if name in WITH_SNAPSHOTS else ("--snapshots", "0")
                figures = command("train", "--dataset", read["dataset"], *options, *few, workspace=folder)
                shutil.rmtree(READY_MADE / name, ignore_errors=True)
                (READY_MADE / name).mkdir(parents=True)
                for kept in CARRIED:
                    if (made := Path(folder) / "runs" / figures["run"] / kept).exists():
                        shutil.copyfile(made, READY_MADE / name / kept)
                print(name, figures)
            save_results(Run(READY_MADE / name), SavedDataset(Path(folder) / "datasets" / read["dataset"]))
    print(f"{sum(f.stat().st_size for f in READY_MADE.rglob('*') if f.is_file()) / 1e6:.1f} MB")
    return 0


def command(*arguments: str, workspace: str) -> dict[str, str]:
    """Runs `python -m rnn_core` in the workspace's folder, which relative paths are of; returns what it prints at its end."""
    line = [sys.executable, "-m", "rnn_core", *arguments, "--workspace", workspace]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(line, cwd=workspace, env=env, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, str] = json.loads(done.stdout.splitlines()[-1])
    return found


def write_names(folder: Path) -> None:
    """train.tsv and dev.tsv of the tagger of names.

    Our own sentences show what stands around a name; wnut17's and those of ud_ewt without a proper noun show many other words,
    so that not every unknown word passes for a name.
    """
    own = sentences(5000)
    tweets = {
        split: [[(word, f"{tag[:2]}{NAMES[tag[2:]]}" if tag[2:] in NAMES else "O") for word, tag in sentence]
                for sentence in tagged(DATA / "wnut17" / f"{split}.tsv")]
        for split in ("train", "dev")
    }  # fmt: skip
    without = [[(word, "O") for word, _ in sentence] for sentence in tagged(DATA / "ud_ewt" / "train.upos.tsv")
               if all(tag != "PROPN" for _, tag in sentence)]  # fmt: skip
    (folder / "train.tsv").write_text(as_lines(own[500:] + tweets["train"] + without), encoding="utf-8")
    (folder / "dev.tsv").write_text(as_lines(own[:500] + tweets["dev"]), encoding="utf-8")


def tagged(path: Path) -> list[list[tuple[str, str]]]:
    """The sentences of a file with one token, a tab and its tag per line."""
    blocks = path.read_text(encoding="utf-8").split("\n\n")
    rows = ([line.rpartition("\t") for line in block.split("\n") if "\t" in line] for block in blocks)
    return [[(word, tag) for word, _, tag in sentence] for sentence in rows if sentence]


def save_results(run: Run, data: SavedDataset) -> None:
    """Dev read otherwise and step by step, the evaluation on the sample that fits the run, the trace of the first text, and what
    simple models reach on the same data."""
    loaded, weights, dev, task = load(run), evaluations.weights_of(run), data.examples("dev"), tasks.of(run.config)
    shutil.rmtree(run.path / "readings", ignore_errors=True)
    place = readings.folder(run, run.config.fingerprint, "dev")
    if "alone" in task.views["matrix"]:
        encoded = task.encode_examples(dev, run.speech)
        readings.save(place, read_otherwise(loaded, encoded, len(encoded)), weights)
    if task.views["losses"]:
        readings.save_along(place, along(loaded, dev), weights)
    if task.views["inspect"]:
        traces.save(run, trace(loaded, examples(run)[0]))
    if task.baselines:
        baselines.save(run, compared(data))
    shutil.rmtree(run.path / "evaluations", ignore_errors=True)

    def save(place: Path, texts: Sequence[Example], name: str) -> None:
        def made(keep: Callable[[Answers], object]) -> Evaluation:
            return replace(evaluate(loaded, [texts], len(texts), name, keep), weights=weights)

        evaluations.save(place, made)

    if sample := sample_for(run):
        save(evaluations.folder(run, sample.key, "file"), sample.examples, sample.path.name)
    if task.schema.stream:  # the text is our own
        save(evaluations.folder(run, run.config.fingerprint, "test"), data.examples("test"), f"test of {data.name}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
