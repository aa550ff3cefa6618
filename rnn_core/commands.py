"""The commands behind `python -m rnn_core`, with their options taken from the configs.

Progress goes to standard error; the last line of standard output is one JSON object. Bad input ends with exit
status 2 and one sentence.
"""

import argparse
import contextlib
import json
import math
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rnn_core import tasks
from rnn_core.arguments import parser_of, stated
from rnn_core.config import (
    MOST_WHOLE,
    SPLITS,
    DataConfig,
    ModelConfig,
    Problem,
    RunConfig,
    TrainConfig,
    make,
    plain,
)  # fmt: skip
from rnn_core.data.encodings import encodable
from rnn_core.results import OVERFLOW, Answers, Evaluation, FileAnswers, LeftOut
from rnn_core.training import jobs, learning
from rnn_core.training.suggest import Suggestion, suggest, suggestions
from rnn_core.workspace import Workspace, evaluations, faults, leftovers
from rnn_core.workspace import files as on_disk
from rnn_core.workspace import readings as saved_readings
from rnn_core.workspace.datasets import SavedDataset
from rnn_core.workspace.files import write
from rnn_core.workspace.runs import Run

Figures = dict[str, Any]

_SAID_EVERY_S = 3.0
"""Seconds between two lines on how far the reading of a file is."""

MOST_WRITTEN = 100_000
"""Tokens that a run writes at most at a time."""

_CLASSES = ("majority_class", "dev_only_answer")
"""Figures of a run that give a class by its number."""

_READ_BY = ("format", "encoding", "delimiter", "quoting", "header", "text", "label", "sentence", "split")
"""The options that say what stands where in a file, by which its task is guessed."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one command; returns the exit status."""
    given = parser_of(_COMMANDS).parse_args(arguments)
    workspace = None
    try:
        if any(isinstance(word, str) and not encodable(word) for word in vars(given).values()):
            raise Problem("An argument holds bytes that are no text. Type it in the terminal's own encoding, such as UTF-8.")
        workspace = Workspace(given.workspace)
        with contextlib.ExitStack() as stack:
            looks = given.command in (_inspect, _gradients, _generate, _runs)  # and writes nothing
            if looks or given.command in (_evaluate, _predict):
                workspace.seed()
            if not looks:
                leftovers.clear(workspace.root)
                stack.enter_context(leftovers.held(workspace.root))
                stack.enter_context(leftovers.own_temporary_folder(workspace.root))
            figures = _framed(given, workspace)
    except Problem as why:
        return _said(why)
    except (KeyboardInterrupt, jobs.Cancelled):
        advice = " `train --resume RUN` goes on with the run." if given.command is _train else ""
        print(f"Stopped.{advice}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        return 1
    except Exception as error:
        return _said(faults.record(error, workspace.root if workspace else Path(tempfile.gettempdir())))
    try:
        if figures is not None:
            print(json.dumps(figures, ensure_ascii=False), flush=True)
    except BrokenPipeError:  # whoever read this has heard enough; Python would complain once more when it flushes at its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    return 0


def _said(why: Problem) -> int:
    """Prints what went wrong; returns the exit status."""
    print(f"{why} Type {why.typed}." if why.typed else why, file=sys.stderr)
    return 1 if isinstance(why, faults.Fault) else 2


def _framed(given: argparse.Namespace, workspace: Workspace) -> Figures | None:
    """The command, within the frame of the job that a page watches; without a page, commands frame what they write."""
    if not given.job:
        return given.command(given, workspace, jobs.Unwatched())
    if not Path(given.job).resolve().is_relative_to(workspace.root.resolve()):
        raise Problem("A job lies in the workspace. Leave out --job, which is for pages.")
    with jobs.work(Path(given.job), "train" if given.command is _train else "short", workspace.root) as job:
        return given.command(given, workspace, job)


# ---- the commands ---------------------------------------------------------------------------------------------------


def _data(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Reads files into a dataset of the workspace and says what was found."""
    job.say("running", 0.0, "Reading", name=given.name or Path(given.train).name)
    saved = _read_dataset(given, workspace, job)
    job.say("running", 1.0, dataset=saved.id)
    report = saved.report
    return {
        "dataset": saved.id,
        "rows_read": report.rows_read,
        "rows_kept": report.rows_kept,
        "left_out": {entry.reason: entry.count for entry in report.left_out},
        "labels": list(saved.labels),
        "scheme": saved.scheme,
        "vocabulary": report.vocabulary_size,
        "splits": {name: split.examples for name, split in report.splits.items()},
        "warnings": list(report.warnings),
        "notes": list(report.notes),
    }


def _train(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Trains a run, or goes on with one that was cut off."""
    from rnn_core.network.device import device_of
    from rnn_core.training.work import create_run, train_run

    began = time.perf_counter()
    if given.resume:
        run = _to_resume(given, workspace)
    else:
        chosen = stated(ModelConfig, given) | stated(TrainConfig, given)
        make(ModelConfig, stated(ModelConfig, given))  # what does not fit is said before files are read
        device_of(make(TrainConfig, stated(TrainConfig, given)).device)
        saved = _dataset_of(given, workspace, job)
        model, train = suggest(saved.config, saved.report, chosen)
        _print_suggestions(suggestions(saved.config, saved.report, chosen))
        config = {"data": saved.config, "model": model, "train": train, "fingerprint": saved.fingerprint}
        run = create_run(workspace, tasks.make(RunConfig, config | {"name": given.name or saved.name}))
    read_seconds = time.perf_counter() - began
    print(f"run {run.id} in {run.path}", file=sys.stderr)
    with _watching(job, run.path, "train", workspace) as job, _saying_that_loops_compile():
        ended = run.metrics()  # a worker may have been killed when all was written but "done"
        figures = ended or train_run(workspace, run, job)
    if ended and not given.job:
        raise Problem(f"{run.name} has been trained to its end. Train a new run to go on with other settings.")
    read_seconds += figures.get("read_seconds", 0.0)
    if said := learning.warning(figures, tasks.of(run.config).metric(None), run.speech.labels):
        print(said, file=sys.stderr)
    return {"run": run.id} | _named(figures, run) | {"read_seconds": round(read_seconds, 3)}


def _named(figures: Figures, run: Run) -> Figures:
    """A run's figures without the scores in full, and with the names of classes instead of their numbers."""
    names = {name: run.class_of(figures[name]) for name in _CLASSES if name in figures}
    return {name: value for name, value in figures.items() if name != "scores"} | names


def _to_resume(given: argparse.Namespace, workspace: Workspace) -> Run:
    """The run to go on with. Raises Problem when anything else is asked for beside it."""
    named = [name for config in (DataConfig, ModelConfig, TrainConfig) for name in stated(config, given)]
    named += [name for name in (*SPLITS, "dataset", "name") if getattr(given, name)]
    if named:
        flags = ", ".join("--" + name.replace("_", "-") for name in named)
        raise Problem(f"A run is resumed with its own data and settings: leave out {flags}, or train a new run.")
    run = workspace.run(given.resume)
    if run.config.train.device == "cuda":
        from rnn_core.network.device import device_of

        try:
            device_of("cuda")
        except Problem:
            raise Problem(
                f"{run.name} trains on a GPU, and there is none here that torch can use. Resume it where one is, or train a new "
                "run."
            ) from None
    return run


def _dataset_of(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> SavedDataset:
    """What to train on: a dataset of the workspace, or one read from the files named."""
    files = [split for split in SPLITS if getattr(given, split)]
    if given.dataset:
        named = [*files, *stated(DataConfig, given)]
        if named:
            flags = ", ".join("--" + name.replace("_", "-") for name in named)
            raise Problem(f"--dataset names data that has been read already: leave out {flags}, or name files instead.")
        return workspace.dataset(given.dataset)
    if "train" not in files:
        raise Problem("Nothing to train on: name a file with --train FILE, or a run with --resume RUN.")
    return _read_dataset(given, workspace, job)


def _evaluate(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Scores a run on a file, or on a split of the data it was trained on."""
    run = workspace.run(given.run)
    if run.fixed:
        raise Problem(f"{run.name} is ready-made, and {workspace.root} cannot be written. Name another --workspace.")
    if (given.file is None) == (given.split_name is None):
        raise Problem("Name a file to evaluate on, or a split of the run's own data with --on train, dev or test.")
    from rnn_core.analysis.evaluate import evaluate
    from rnn_core.analysis.loading import load
    from rnn_core.data.file_examples import read_examples
    from rnn_core.threads import use_threads

    task, config = tasks.of(run.config), tasks.make(DataConfig, _columns_for(run.config.data, given))
    if given.split_name:
        key, split = run.config.fingerprint, given.split_name
    else:
        key, split = given.key or evaluations.key_of_file(_file(given.file), config), "file"
    with _watching(job, evaluations.folder(run, key, split), "short", workspace) as job, _saying_that_loops_compile():
        weights = evaluations.weights_of(run)
        loaded = load(run, given.device)
        use_threads(run.config.train.threads)
        warnings: tuple[str, ...] = ()
        left_out: tuple[LeftOut, ...] = ()
        if given.split_name:
            saved = workspace.dataset(run.config.fingerprint)
            pieces, name = saved.pieces(split), f"{split} of {saved.name}"
            texts = saved.report.splits[split].examples if split in saved.report.splits else 0
        else:
            name = given.file_name or given.file.name
            read = read_examples(
                _file(given.file), config, task.schema, loaded.speech.labels, name, _reading(job, 0.5), run.config.data
            )
            pieces, texts, warnings, left_out = read.pieces(), read.count, read.warnings, read.left_out
            _print_findings(warnings, left_out)
        first = 0.0 if given.split_name else 0.5

        def made(keep: Callable[[Answers], object]) -> Evaluation:
            found = evaluate(
                loaded, pieces, texts, name, keep, lambda share: job.heed(first + share * (1 - first), "Answering")
            )
            return replace(found, weights=weights, warnings=warnings, left_out=left_out)

        evaluation = evaluations.save(job.folder, task.one_answer, made)
    scores = evaluation.scores
    return (
        {
            "run": run.id,
            "data": name,
            "texts": evaluation.texts,
            "left_out": {entry.reason: entry.count for entry in evaluation.left_out},
            "warnings": list(evaluation.warnings),
            "majority_class": run.majority,
        }
        | task.figures_of(scores, "test", run.majority)
        | task.details_of(scores)
    )


def _predict(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Answers every row of a file, which needs no labels, and writes it with its own columns and the answers."""
    from rnn_core.analysis.loading import load
    from rnn_core.analysis.predict import answer_file
    from rnn_core.data.unlabelled import look_into
    from rnn_core.data.written import FORMATS
    from rnn_core.threads import use_threads

    run = workspace.run(given.run)
    if not run.speech.labels:
        raise Problem(f"{run.name} has no labels to answer with: `evaluate` scores it on a text, and `generate` has it write.")
    suffix = given.out.suffix.lower()
    if suffix not in FORMATS:
        endings = ", ".join(FORMATS)
        raise Problem(f"{given.out.name[:100]!r} does not say what to write: end its name in one of {endings}.", "--out FILE.csv")
    name = given.file_name or given.file.name
    job.say("running", 0.0, "Answering", run=run.id, name=name, out=given.out.name)
    trained = run.config.data
    source = look_into(
        _file(given.file), tasks.make(DataConfig, _columns_for(trained, given)), tasks.of(trained).schema, name, given.lines,
        trained.text,
    )
    _may_write(given.out, given.file)
    for note in (f"{name}: {source.words}", *source.format.notes):
        print(note, file=sys.stderr)
    loaded = load(run, given.device)
    use_threads(run.config.train.threads)
    heard = _reading(job, doing="Answering")
    made: list[FileAnswers] = []
    write(
        given.out,
        lambda aside: made.append(answer_file(loaded, source, aside, suffix, given.probabilities, given.spaced, heard)),
    )
    (found,) = made
    for reason, count in ({f"no answer, {why}": n for why, n in found.unanswered.items()} | found.notes).items():
        print(f"{reason}: {count:,}", file=sys.stderr)
    told = asdict(found)
    counts = told.pop("counts")  # of labels, which may be very many, the page tells nothing
    job.say("running", 1.0, **told)
    return {"run": run.id, "data": name, "out": str(given.out)} | told | {"counts": counts}


def _may_write(out: Path, read: Path) -> None:
    """Raises Problem where `out` is the file that is read, a folder, or in a place that cannot be written."""
    where = str(out)[:300]
    try:
        if out.exists() and os.path.samefile(out, read):
            raise Problem(f"{where} is the file that is read: it is never written over, so name another.", "--out FILE")
        if out.is_dir():
            raise Problem(f"{where} is a folder: name a file in it.", "--out FILE")
        out.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=out.parent):
            pass
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise Problem(f"{where} cannot be written ({why}): name another place.", "--out FILE") from None


def _readings(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Reads a split of the run's own data otherwise: from the last column, with pads in front, without recurrence."""
    from rnn_core.analysis.loading import load
    from rnn_core.analysis.readings import readings
    from rnn_core.threads import use_threads

    run = workspace.run(given.run)
    saved = workspace.dataset(run.config.fingerprint)
    with _watching(job, saved_readings.folder(run, run.config.fingerprint, given.split_name), "short", workspace) as job:
        weights = evaluations.weights_of(run)
        encoded = saved.encoded(given.split_name)
        if not len(encoded):
            raise Problem(f"There is no {given.split_name} in {saved.name}. Name another split with --on.")
        use_threads(run.config.train.threads)
        found = readings(load(run), encoded, len(encoded), lambda share: job.heed(share, "Reading"))
        saved_readings.save(job.folder, found, weights)
    return {"run": run.id, "data": f"{given.split_name} of {saved.name}"} | asdict(found)


def _inspect(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Reads one text through a run."""
    from rnn_core.analysis.loading import load
    from rnn_core.analysis.trace import trace

    run = workspace.run(given.run)
    seen = trace(load(run, given.device), given.text)
    if seen.overflows:
        raise Problem(OVERFLOW)

    figures: Figures = {"run": run.id, "tokens": list(seen.tokens), "known": seen.known.tolist()}
    return figures | tasks.of(run.config).told(seen)


def _generate(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Has a run write on after a prompt. The text goes to standard error while it is written."""
    from rnn_core.analysis.loading import load

    run = workspace.run(given.run)
    if not 0 <= given.temperature <= 100 or not 1 <= given.length <= MOST_WRITTEN or not 0 <= given.seed <= MOST_WHOLE:
        raise Problem(
            f"A temperature lies between 0 and 100, a length between 1 and {MOST_WRITTEN:,}, and a seed is not below 0."
        )
    task, loaded = tasks.of(run.config), load(run, given.device)
    written: list[str] = []
    nats = 0.0
    print(given.prompt, end="", file=sys.stderr)
    for token, p in task.write(
        loaded.network, run.config, run.speech.vocabulary, given.prompt, given.length, given.temperature, given.seed
    ):
        print(token, end="", file=sys.stderr, flush=True)
        written.append(token)
        nats -= math.log(p)
    print(file=sys.stderr)
    return {
        "run": run.id, "prompt": given.prompt, "text": "".join(written), "tokens": len(written),
        "nats_per_token": round(nats / max(1, len(written)), 6), "temperature": given.temperature, "seed": given.seed,
    }  # fmt: skip


def _gradients(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """What each step's loss sends back to each step's copy of the parameters, for one text, held against autograd."""
    from rnn_core.analysis.bptt import gradients
    from rnn_core.analysis.loading import load
    from rnn_core.analysis.trace import trace

    run = workspace.run(given.run)
    loaded = load(run, given.device)
    found = gradients(loaded, trace(loaded, given.text), given.target, given.loss)
    for sentence in found["said"]:
        print(sentence, file=sys.stderr)
    return {"run": run.id} | found


def _runs(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Lists the runs of the workspace."""
    listed = []
    for run in workspace.runs():
        entry: Figures = {"run": run.id, "name": run.name}
        try:
            status = jobs.status(run.path)
            entry |= {"state": status.state if status else "done"}
            entry |= {"task": run.config.data.task, "cell": run.config.model.cell}
            entry |= {name: value for name, value in run.metrics().items() if name not in ("scores", *_CLASSES)}
        except Problem as why:
            entry |= {"state": "damaged", "problem": str(why)}
        except Exception as error:  # one bad run never hides the others
            entry |= {"state": "damaged", "problem": str(faults.record(error, workspace.root))}
        listed.append(entry)
    return {"runs": listed}


_COMMANDS = {
    "data": _data, "train": _train, "evaluate": _evaluate, "predict": _predict, "readings": _readings,
    "inspect": _inspect, "gradients": _gradients, "generate": _generate, "runs": _runs,
}  # fmt: skip


# ---- what they share ------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _watching(job: jobs.Job, folder: Path, kind: str, workspace: Workspace) -> Iterator[jobs.Job]:
    """The job a page watches; for the command line, one of its own in `folder`, so that pages can watch that too."""
    if not isinstance(job, jobs.Unwatched):
        yield job
        return
    with jobs.work(folder, kind, workspace.root) as own:
        yield own


@contextlib.contextmanager
def _saying_that_loops_compile() -> Iterator[None]:
    """Tells the terminal why nothing is seen for a while, where the loops that this command needs have not been kept yet."""
    from rnn_core.compiled import when_compiling

    words = "compiling the loops of this network, once on this machine: some 15 seconds when it is idle"
    with when_compiling(lambda: print(words, file=sys.stderr, flush=True)):
        yield


def _reading(job: jobs.Job, until: float = 1.0, doing: str = "Reading") -> Callable[[float], None]:
    """What a reader of files calls with the share it has read; reading is the job's first part, up to `until`.

    Beside the job, the terminal is told, once a few seconds have gone by, with the time left.
    """
    began = said = time.monotonic()

    def heard(share: float) -> None:
        nonlocal said
        job.heed(share * until, doing)
        now = time.monotonic()
        if now - said > _SAID_EVERY_S and share > 0:
            said = now
            left = (now - began) / share * (1 - share)
            print(f"{doing.lower()}: {share:.0%}, about {left:.0f} s left", file=sys.stderr, flush=True)

    return heard


def _read_dataset(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> SavedDataset:
    from rnn_core.data.columns import guess_tokens
    from rnn_core.workspace.datasets import read

    chosen = stated(DataConfig, given)
    config = tasks.make(DataConfig, chosen)
    paths = {split: _file(getattr(given, split)) for split in SPLITS if getattr(given, split)}
    names = _names(given.file_names) if given.file_names else None
    shown = (names or {split: path.name for split, path in paths.items()}).get("train", "")
    if given.task is None:
        task = tasks.guess(paths["train"], shown, **{name: chosen[name] for name in _READ_BY if name in chosen})
        others = " or ".join(f"--task {other}" for other in tasks.names() if other != task)
        print(f"{shown}: read as {tasks.task(task).short}; {others} reads it otherwise", file=sys.stderr)
        config = tasks.make(DataConfig, chosen | {"task": task})
    if "tokens" not in chosen and guess_tokens(paths["train"], config, tasks.of(config).schema, shown) == "char":
        why = "" if tasks.of(config).schema.stream else ", because its texts have no spaces between words"
        print(f"{shown}: read by characters{why}; --tokens word reads them otherwise", file=sys.stderr)
        config = tasks.make(DataConfig, plain(config) | {"tokens": "char"})
    name = given.name if given.command is _data else None  # what `train` is given is the run's name
    saved = read(workspace.root, paths, config, name or shown, names, _reading(job))
    _print_findings((*saved.report.notes, *saved.report.warnings), saved.report.left_out)
    return saved


def _file(named: str | Path) -> Path:
    """A file that the command line names. Raises Problem when it is a pipe or another thing that cannot be read twice."""
    return on_disk.readable(Path(named), str(named))


def _names(told: str) -> dict[str, str]:
    """What --file-names says the files are called, by split."""
    try:
        names = json.loads(told)
    except (ValueError, RecursionError):
        names = None
    if not isinstance(names, dict) or not all(key in SPLITS and isinstance(name, str) for key, name in names.items()):
        raise Problem("--file-names is for pages: JSON such as {\"train\": \"reviews.csv\"}. Leave it out.")
    return names


def _print_suggestions(suggested: Mapping[str, Suggestion]) -> None:
    """Tells the options that were not stated, as they would be typed, with the reason of each."""
    for why in dict.fromkeys(one.why for one in suggested.values()):
        typed = [
            "--" + name.replace("_", "-") + ("" if one.value is True else f" {one.value}")
            for name, one in suggested.items()
            if one.why == why
        ]
        print(f"suggested: {' '.join(typed)} ({why})", file=sys.stderr)


def _print_findings(warnings: Sequence[str], left_out: Sequence[LeftOut]) -> None:
    for warning in warnings:
        print(warning, file=sys.stderr)
    for entry in left_out:
        print(f"{entry.reason}: {entry.count} (first: {', '.join(entry.rows[:3])})", file=sys.stderr)


def _columns_for(trained: DataConfig, given: argparse.Namespace) -> Figures:
    """How a file to evaluate is read: what the command line says, and the tokens as in training."""
    chosen = stated(DataConfig, given)
    kept = ("task", "tokens", "lowercase", "vocabulary", "max_tokens")
    return chosen | {name: getattr(trained, name) for name in kept}
