"""The ready-made runs of `samples/runs`: complete, small, twins of each other, and with results that are truly theirs."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from pages.common.text_choice import examples
from rnn_core import tasks
from rnn_core.analysis.along import along
from rnn_core.analysis.evaluate import evaluate
from rnn_core.analysis.loading import load
from rnn_core.analysis.steps import counted_steps, losses, targets_of
from rnn_core.analysis.trace import trace
from rnn_core.analysis.translating import translate
from rnn_core.config import DataConfig, TranslateConfig, WriteConfig
from rnn_core.data.file_examples import read_examples
from rnn_core.workspace import Workspace, baselines, evaluations, readings, traces
from rnn_core.workspace.datasets import read
from rnn_core.workspace.runs import Run
from rnn_core.workspace.samples import sample_for
from rnn_core.workspace.store import READY_MADE, SAMPLES

RUNS = [Run(path) for path in sorted(READY_MADE.iterdir())]
SMALL = Run(READY_MADE / "00-three-units")
CLASSIFIERS = [run for run in RUNS if run.speech.labels and not tasks.of(run.config).schema.per_token and run.id != SMALL.id]
NAMES = Run(READY_MADE / "01-names")
LABELLED = [run for run in RUNS if run.speech.labels and run.id != SMALL.id]
SAMPLED = [run for run in RUNS if not tasks.of(run.config).translates and run.id != SMALL.id]
sampled_run = pytest.mark.parametrize("run", SAMPLED, ids=lambda run: run.id)
labelled_run = pytest.mark.parametrize("run", LABELLED, ids=lambda run: run.id)


def tags(text: str) -> list[str]:
    seen = trace(load(NAMES), text)
    return [seen.labels[tag] for tag in seen.beliefs[1:-1]]


def test_each_classifier_has_a_twin_and_each_kind_of_run_is_there(workspace: Workspace) -> None:
    workspace.seed()
    here = workspace.runs()
    assert [run.id for run in here] == [run.id for run in reversed(RUNS)] and here[0].id == "05-film-reviews"
    for run in here:
        twin = workspace.twin(run)
        assert (twin is not None) == (run.id in {one.id for one in CLASSIFIERS})
        assert twin is None or twin.config.model == run.config.model
    assert {(run.config.model.cell, tasks.of(run.config).loss_of(run.config)) for run in CLASSIFIERS} == {
        (cell, loss) for cell in ("lstm", "rnn") for loss in ("last", "every")
    }
    assert {run.speech.scheme is not None for run in LABELLED if run not in CLASSIFIERS} == {True, False}
    assert [run.id for run in RUNS if run not in LABELLED] == ["00-english-french", "00-notebook", SMALL.id]


def test_the_run_of_three_units_is_of_our_own_sample_which_so_does_not_judge_it(workspace: Workspace) -> None:
    model = SMALL.config.model
    assert (model.cell, model.hidden, model.embedding, tasks.of(SMALL.config).loss_of(SMALL.config)) == ("rnn", 3, 3, "every")
    data = read(workspace.root, {"train": SAMPLES / "reviews.csv"}, DataConfig(task="classify", lowercase=True), "reviews.csv")
    assert data.fingerprint == SMALL.config.fingerprint and sample_for(SMALL) is None
    test = data.examples("test")
    scores = evaluate(load(SMALL), [test], len(test), "test").scores
    assert scores.accuracy == pytest.approx(SMALL.metrics()["test_accuracy"]) and scores.accuracy > 0.85


def test_they_are_small_and_hold_no_text_but_our_own() -> None:
    files = [path for path in READY_MADE.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) < 12e6
    assert {path.name for path in files} == {
        "config.json", "history.jsonl", "metrics.json", "vocabulary.json", "weights.safetensors", "trace.safetensors",
        "snapshots.safetensors", "scores.json", "predictions.parquet", "readings.json", "along.json", "baselines.json",
    }  # fmt: skip


def test_every_run_with_baselines_has_their_scores_and_beats_the_most_frequent_class() -> None:
    for run in map(Run, READY_MADE.iterdir()):
        task, found = tasks.of(run.config), baselines.load(run)
        assert [one.name for one in found or ()] == list(task.baselines)
        for one in found or ():
            metric = f"test_{task.metric(run.speech.scheme)}"
            assert one.name != "majority" or run.metrics()[metric] > one.figures[metric]


@sampled_run
def test_the_saved_evaluation_is_of_its_sample_and_these_weights(run: Run) -> None:
    sample = sample_for(run)
    assert sample and sample.path.parent == SAMPLES
    place = evaluations.folder(run, sample.key, "file")
    saved = evaluations.load(place)
    assert saved and saved.weights == evaluations.weights_of(run) and saved.run == run.id and saved.data == sample.path.name
    again = evaluate(load(run), [sample.examples], len(sample.examples), sample.path.name)
    if run not in LABELLED:
        assert saved.scores.breakdown and again.scores.breakdown
        assert saved.scores.breakdown.worst[0].tokens == again.scores.breakdown.worst[0].tokens
        assert saved.scores.breakdown.calibration_error == pytest.approx(again.scores.breakdown.calibration_error, rel=1e-4)
        assert saved.scores.loss == pytest.approx(again.scores.loss) and saved.scores.tokens == again.scores.tokens
        return
    np.testing.assert_array_equal(saved.scores.confusion, again.scores.confusion)
    truth, answer = saved.scores.labels[:2]
    listed = evaluations.behind(place, truth, answer, 10)
    assert {tuple(one.tokens) for one in listed} <= {example.tokens for example in sample.examples}


@labelled_run
def test_what_is_saved_of_dev_is_what_training_scored_there(run: Run) -> None:
    place, weights = readings.folder(run, run.config.fingerprint, "dev"), evaluations.weights_of(run)
    found, accuracy = readings.load(place, weights), run.metrics()["dev_accuracy"]
    assert found and found.recurrence.recurrent == pytest.approx(accuracy)
    assert found.recurrence.texts == found.recurrence.available
    step_by_step = readings.load_along(place, weights)
    if run not in CLASSIFIERS:
        assert step_by_step is None and found.padding is None
        return
    assert found.padding and found.padding.true_end == pytest.approx(accuracy)
    assert step_by_step and step_by_step.texts == found.recurrence.texts == 872
    assert step_by_step.answers[-1] == pytest.approx(accuracy)
    assert readings.load_along(place, "others") is None


def test_what_is_saved_of_dev_comes_from_the_public_data(shared_data: Path, workspace: Workspace) -> None:
    run = Run(READY_MADE / "03-film-reviews-elman")
    files = {split: shared_data / "sst2" / f"{name}.csv" for split, name in
             (("train", "train_phrases"), ("dev", "dev"), ("test", "test"))}  # fmt: skip
    data = read(workspace.root, files, DataConfig(task="classify", lowercase=True, vocabulary=5000), "sst2")
    saved = readings.load_along(readings.folder(run, run.config.fingerprint, "dev"), evaluations.weights_of(run))
    again = along(load(run), data.examples("dev"))
    assert saved
    assert saved.reduce == again.reduce
    for name, value in vars(again).items():
        if name != "reduce":
            np.testing.assert_allclose(getattr(saved, name), value, atol=1e-6)


def test_the_notebook_run_writes_pages_and_is_good_on_those_it_never_read() -> None:
    made = runpy.run_path(str(SAMPLES / "make_notebook.py"))
    run = Run(READY_MADE / "00-notebook")
    others = "\n".join("\n".join(page) + "\n" for page in made["pages"](60, seed=5))
    own = (SAMPLES / "notebook.txt").read_text(encoding="utf-8")
    assert own == "\n".join("\n".join(page) + "\n" for page in made["pages"](640))
    loaded = load(run)
    seen = trace(loaded, others[:6000])
    loss = float(np.nanmean(losses(seen, targets_of(loaded, seen))))
    assert loss == pytest.approx(run.metrics()["test_loss"], abs=0.05)
    text = "".join(
        token.text
        for token in tasks.of(run.config).write(
            loaded.network, run.config, run.speech.vocabulary, "Monday, ", WriteConfig(length=800, temperature=0.5)
        )
    )
    words = set(own.split())
    assert np.mean([word in words for word in text.split()]) > 0.95


@sampled_run
def test_the_saved_trace_is_that_of_the_text_read_first(run: Run) -> None:
    text = examples(run)[0]
    saved, again = traces.load(run, text), trace(load(run), text)
    assert saved and (saved.tokens, saved.labels, saved.decision_step) == (again.tokens, again.labels, again.decision_step)
    np.testing.assert_allclose(saved.states, again.states, atol=1e-5)
    np.testing.assert_allclose(saved.readouts, again.readouts, atol=1e-5)


@sampled_run
def test_what_is_read_first_is_answered_rightly_and_yet_sends_a_gradient(run: Run) -> None:
    loaded, text = load(run), examples(run)[0]
    seen = trace(loaded, text)
    weights = counted_steps(loaded, len(seen.tokens))
    loss = float(weights @ losses(seen, seen.beliefs if run not in CLASSIFIERS else seen.answer))
    assert loss > 0.015, "BPTT would say that the network is too sure"
    if run in CLASSIFIERS:
        assert seen.labels[seen.answer] == "positive" and loss > 0.2 and (seen.decision_step or 0) > 5


@pytest.mark.parametrize("end", ["", " ."])
def test_ram_went_to_delhi(end: str) -> None:
    assert tags(f"Ram went to Delhi yesterday{end}") == ["B-PER", "O", "O", "B-LOC", "O"] + ["O"] * bool(end)
    assert tags(f"ram went to delhi yesterday{end}")[:4] == ["B-PER", "O", "O", "B-LOC"]


def test_names_that_it_has_never_read_are_told_from_the_words_around_them() -> None:
    for person, place in (("Zubin", "Jhansi"), ("Ottoline", "Ouagadougou"), ("Xiomara", "Whitby")):
        assert not {person.lower(), place.lower()} & set(NAMES.speech.vocabulary.words)
        assert tags(f"{person} went to {place} yesterday .") == ["B-PER", "O", "O", "B-LOC", "O", "O"]
    assert tags("The zorb is in the glimp .").count("O") >= 5


def test_the_tagger_of_names_learns_from_sentences_that_it_is_not_tried_on() -> None:
    made = runpy.run_path(str(SAMPLES / "make_entities.py"))
    own = made["sentences"](5000)
    tried: list[list[tuple[str, str]]] = [
        [(word, tag) for line in block.splitlines() for word, _, tag in [line.rpartition("\t")]]
        for block in Path(SAMPLES / "entities.tsv").read_text(encoding="utf-8").strip().split("\n\n")
    ]
    words = [" ".join(word for word, _ in sentence) for sentence in own]
    assert not {" ".join(word for word, _ in sentence) for sentence in tried} & set(words)
    assert not any(text.startswith("Ram went to Delhi yesterday") for text in words)

    def organisations(sentences: list[list[tuple[str, str]]]) -> set[str]:
        text = " ".join(word if tag[2:] == "ORG" else "|" for sentence in sentences for word, tag in [*sentence, ("", "O")])
        return {name.strip() for name in text.split("|") if name.strip()}

    assert len(organisations(tried)) > 10 and not organisations(tried) & organisations(own)
    assert all(not tag.startswith("I-") or before[1:] == tag[1:] or before == "B" + tag[1:]
               for sentence in own for (_, before), (_, tag) in zip([("", "O"), *sentence], sentence, strict=False))  # fmt: skip
    assert all(tag in {"O", *(f"{part}-{kind}" for part in "BI" for kind in ("PER", "LOC", "ORG"))} for s in own for _, tag in s)


def test_the_translator_translates_and_is_small(shared_data: Path) -> None:
    run = Run(READY_MADE / "00-english-french")
    assert sum(path.stat().st_size for path in run.path.rglob("*") if path.is_file()) < 3e6
    loaded, schema = load(run), tasks.of(run.config).schema
    examples = next(read_examples(shared_data / "tatoeba_en_fr" / "test.csv", run.config.data, schema).pieces())[:400]
    scores = evaluate(loaded, [examples], len(examples), "test").scores
    assert scores.bleu > 25 and scores.perplexity == pytest.approx(run.metrics()["test_perplexity"], rel=0.15)
    for text in tasks.of(run.config).texts():
        found = translate(loaded, text, TranslateConfig(beam=4))
        assert found.source.known.all() and found.ended and found.text, "its examples hold no unknown word"
