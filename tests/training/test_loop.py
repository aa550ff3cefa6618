"""Training: it learns, keeps the best epoch, steps as autograd says, and goes on bit for bit after a cut."""

import copy
import warnings
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from seqeval.metrics import classification_report
from seqeval.scheme import IOB1, IOB2, IOBES
from sklearn import metrics as sklearn
from torch import Tensor

from rnn_core import tasks
from rnn_core.config import Problem, RunConfig
from rnn_core.data.batches import Encoded
from rnn_core.data.scoring import Predictions
from rnn_core.data.vocabulary import EOS, SOS, UNK, Vocabulary
from rnn_core.training.callbacks import Callback
from rnn_core.training.engines import Autograd, Fused
from rnn_core.training.loop import NOTES_AN_EPOCH, UPDATES_A_NOTE, Training
from rnn_core.workspace.runs import Speech, read_tensors, write_tensors
from tests.tiny import (
    CELLS,
    COMPILED,
    LABELS,
    TAGS,
    WORDS,
    classified,
    config_of,
    model_of,
    predict,
    score,
    tagged,
    vocabulary_of,
)


class Watch(Callback):
    """Writes everything down, and says stop after update number `until`."""

    def __init__(self, until: int | None = None):
        self.until, self.step = until, 0
        self.notes: list[dict[str, Any]] = []
        self.epochs: list[dict[str, Any]] = []
        self.weights: list[dict[str, Tensor]] = []

    def on_note(self, training: Training, note: dict[str, Any]) -> None:
        self.notes.append(note)

    def on_update(self, training: Training) -> None:
        self.step = training.step

    def on_epoch(self, training: Training, scores: dict[str, Any]) -> None:
        self.epochs.append(scores)
        with training._with_averaged_weights():  # what dev was scored with
            self.weights.append(copy.deepcopy(training.network.state_dict()))

    def should_stop(self) -> bool:
        return self.until is not None and self.step >= self.until


def training_of(config: RunConfig, train: Encoded | None = None, dev: Encoded | None = None) -> Training:
    per_token = tasks.of(config).schema.per_token
    make, labels = (tagged, TAGS) if per_token else (classified, LABELS)
    return Training(config, train or make(60), dev or make(20, seed=1),
                    Speech(vocabulary_of(), labels, "IOB2" if per_token else None))  # fmt: skip


def same(a: dict[str, Tensor], b: dict[str, Tensor]) -> bool:
    return a.keys() == b.keys() and all(torch.equal(a[name], b[name]) for name in a)


NOTHING = Encoded.of([], [], vocabulary_of(), LABELS, False)


# ---- learning -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CELLS)
def test_it_learns_to_find_a_keyword(name: str) -> None:
    model = model_of(name, embedding=12, hidden=16)
    training = training_of(config_of(model=model, epochs=16, patience=0, batch=8, learning_rate=0.03),
                           classified(120))  # fmt: skip
    watch = Watch()
    assert training.run([watch])
    assert training.best is not None and training.best["dev_accuracy"] == 1
    assert watch.epochs[-1]["train_loss"] < watch.epochs[0]["train_loss"] / 2


@pytest.mark.parametrize("both", [False, True])
def test_it_learns_tags_that_depend_on_the_words_before(both: bool) -> None:
    model = model_of("gru", embedding=12, hidden=16, bidirectional=both)
    training = training_of(config_of("tag", model, epochs=14, patience=0, batch=8, learning_rate=0.03), tagged(120))
    assert training.run()
    assert training.best is not None
    assert training.best["dev_accuracy"] == training.best["dev_f1"] == 1


# ---- the best epoch -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("task", "metric"), [("classify", "accuracy"), ("tag", "f1")])
@pytest.mark.parametrize(("seed", "average"), [(0, 0.0), (1, 0.0), (2, 0.99)])
def test_the_best_weights_are_those_of_the_epoch_that_scores_best_on_dev(
    task: str, metric: str, seed: int, average: float
) -> None:
    # a large step makes the scores jump about, so that the best epoch is not simply the last
    config = config_of(task, epochs=12, patience=4, batch=8, learning_rate=0.08, seed=seed, average=0)
    training, watch = training_of(config), Watch()
    training.run([watch])
    ranks = []
    for weights in watch.weights:
        network = copy.deepcopy(training.network)
        network.load_state_dict(weights)
        scores = score(predict(network, config, training.dev), training.dev, training.labels, training.scheme)
        ranks.append((scores.headline(metric), -(scores.loss or 0)))
    best = max(range(len(ranks)), key=lambda i: ranks[i])
    assert same(training.best_weights, watch.weights[best])
    assert training.best is not None and training.best["epoch"] == best + 1
    assert training.best[f"dev_{metric}"] == ranks[best][0] and training.best["dev_loss"] == -ranks[best][1]
    assert [e["best"] for e in watch.epochs] == [r > max(ranks[:i], default=(-1, 0)) for i, r in enumerate(ranks)]
    assert len(ranks) == min(12, best + 1 + 4)


def test_a_tie_in_the_metric_goes_to_the_lower_loss() -> None:
    model = model_of("gru", embedding=12, hidden=16)
    training = training_of(config_of(model=model, epochs=15, patience=0, batch=8, learning_rate=0.02), classified(150))
    watch = Watch()
    training.run([watch])
    tied = [e for e in watch.epochs if e["dev_accuracy"] == 1]
    assert len(tied) > 2
    assert training.best is not None
    assert training.best["epoch"] == min(tied, key=lambda e: e["dev_loss"])["epoch"] != tied[0]["epoch"]


def test_without_dev_the_training_loss_chooses() -> None:
    training, watch = (
        Training(config_of(epochs=6, patience=0), classified(40), NOTHING, Speech(vocabulary_of(), LABELS)),
        Watch(),
    )
    training.run([watch])
    assert training.best is not None
    assert training.best["epoch"] == min(watch.epochs, key=lambda e: e["train_loss"])["epoch"]
    assert not any("dev_loss" in e for e in watch.epochs)


def test_a_training_that_diverges_says_so_and_keeps_no_weights_that_are_no_numbers() -> None:
    model = model_of("relu")
    training = training_of(config_of(model=model, optimizer="sgd", learning_rate=100, clip=0, epochs=4, patience=2))
    with pytest.raises(Problem, match="diverged"):
        training.run()
    assert all(bool(p.isfinite().all()) for p in training.best_weights.values())


def test_the_headline_metric_of_each_task() -> None:
    assert tasks.task("classify").metric(None) == "accuracy"
    assert tasks.task("tag").metric(None) == "macro_f1"
    assert tasks.task("tag").metric("IOB2") == "f1"


# ---- one update -----------------------------------------------------------------------------------------------------


def one_update(**train: Any) -> tuple[dict[str, Tensor], dict[str, Tensor], dict[str, Tensor]]:
    """Weights before and after an SGD update on one text, and −log ŷ's gradient by autograd of the plain formulas."""
    config = config_of(model=model_of("tanh"), optimizer="sgd", epochs=1, batch=1, average=0, **train)
    text = ["the", "film", "was", "good"]
    encoded = Encoded.of([text], ["good"], vocabulary_of(), LABELS, False)
    torch.set_default_dtype(torch.float64)
    try:
        training = Training(config, encoded, NOTHING, Speech(vocabulary_of(), LABELS))
    finally:
        torch.set_default_dtype(torch.float32)
    before = {n: p.detach().clone().requires_grad_() for n, p in training.network.named_parameters()}
    h = torch.zeros(4, dtype=torch.float64)
    for index in (SOS, *vocabulary_of().encode(text), EOS):
        x = before["embedding.weight"][index]
        h = torch.tanh(before["cells.0.0.bias"] + before["cells.0.0.weight_hh"] @ h + before["cells.0.0.weight_ih"] @ x)
    o = before["bias_out"] + before["weight_out"] @ h
    (o.exp().sum().log() - o[1]).backward()
    training.run()
    after = {n: p.detach() for n, p in training.network.named_parameters()}
    return {n: p.detach() for n, p in before.items()}, after, {n: p.grad for n, p in before.items()}  # type: ignore[misc]


def test_an_sgd_update_is_w_minus_the_learning_rate_times_the_gradient() -> None:
    before, after, gradient = one_update(learning_rate=0.3, clip=0)
    for name, w in before.items():
        torch.testing.assert_close(after[name], w - 0.3 * gradient[name], rtol=0, atol=1e-15)
        assert not torch.equal(after[name], w)


def test_clipping_scales_a_large_gradient_to_the_norm_and_leaves_a_small_one() -> None:
    before, after, gradient = one_update(learning_rate=1, clip=0)
    norm = torch.cat([g.flatten() for g in gradient.values()]).norm().item()
    _, clipped, _ = one_update(learning_rate=1, clip=norm / 4)
    _, left, _ = one_update(learning_rate=1, clip=norm * 4)
    for name, w in before.items():
        torch.testing.assert_close(
            clipped[name], w - gradient[name] / 4, rtol=0, atol=1e-6
        )  # torch adds 1e-6 to the norm
        assert torch.equal(left[name], after[name])


def test_words_seen_once_are_fed_as_unknown_half_the_time_and_others_never(monkeypatch: pytest.MonkeyPatch) -> None:
    rare = [f"rare{i}" for i in range(100)]
    vocabulary = Vocabulary.build([WORDS, WORDS, rare], 1000)
    encoded = Encoded.of([[*WORDS, word] for word in rare], ["good", "bad"] * 50, vocabulary, LABELS, False)
    fed: list[np.ndarray] = []
    gradients = Fused.gradients

    def passed(self: Any, batch: Any, *more: Any) -> Any:
        fed.append(batch["tokens"].ravel())
        return gradients(self, batch, *more)

    monkeypatch.setattr(Fused, "gradients", passed)
    Training(config_of(epochs=10, patience=0), encoded, NOTHING, Speech(vocabulary, LABELS)).run()
    tokens = np.concatenate(fed)
    assert len(tokens) == 10 * 100 * 11
    counts = np.bincount(tokens, minlength=len(vocabulary))
    assert counts[4 : 4 + len(WORDS)].tolist() == [1000] * len(WORDS)
    assert 0.45 < counts[UNK] / 1000 < 0.55
    assert counts[UNK] + counts[4 + len(WORDS) :].sum() == 1000


def test_what_is_counted_and_noted() -> None:
    training, watch = training_of(config_of(epochs=3, patience=0, batch=2)), Watch()
    training.run([watch])
    assert training.tokens == 3 * (training.train.lengths - 2).sum()
    assert training.step == 3 * training.batches_an_epoch and training.epoch == 3 and training.place == 0
    assert watch.notes[-1]["step"] == training.step and watch.notes[-1]["epoch"] == 3
    assert [n["step"] for n in watch.notes] == sorted({n["step"] for n in watch.notes})
    every = max(UPDATES_A_NOTE, training.batches_an_epoch // NOTES_AN_EPOCH)
    assert len(watch.notes) == 3 * -(-training.batches_an_epoch // every)
    assert [e["epoch"] for e in watch.epochs] == [1, 2, 3]
    assert training.tokens_per_second > 0


def test_a_noted_loss_is_the_mean_of_a_text() -> None:
    training, watch = training_of(config_of(epochs=1, batch=1, learning_rate=1e-9, optimizer="sgd")), Watch()
    expected = predict(training.network, training.config, training.train).loss
    training.run([watch])
    assert watch.epochs[0]["train_loss"] == pytest.approx(expected, rel=1e-5)
    updates = np.diff([0, *(n["step"] for n in watch.notes)])  # a batch is one text here
    assert np.average([n["loss"] for n in watch.notes], weights=updates) == pytest.approx(expected, rel=1e-5)


# ---- bit for bit ----------------------------------------------------------------------------------------------------

CUT = config_of(model=model_of("lstm", dropout=0.4, layers=2), epochs=5, patience=3, batch=4, learning_rate=0.01)


def test_the_same_seed_gives_the_same_weights_and_another_seed_others() -> None:
    def weights(seed: int) -> dict[str, Tensor]:
        training = training_of(config_of(model=CUT.model, epochs=2, seed=seed))
        torch.rand(seed + 3)  # the course must not hang on what was drawn elsewhere before
        training.run()
        return training.network.state_dict()

    torch.rand(5)
    first = weights(1)
    assert same(first, weights(1))
    assert not same(first, weights(2))


@pytest.fixture(scope="module")
def uncut() -> tuple[Training, Watch]:
    training, watch = training_of(CUT), Watch()
    training.run([watch])
    return training, watch


def untimed(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{k: v for k, v in e.items() if k not in ("seconds", "tokens_per_second")} for e in entries]


@pytest.mark.parametrize("where", ["first", "within", "last of an epoch", "first of an epoch", "twice"])
def test_cut_off_and_restored_it_ends_with_the_same_bits(
    where: str, uncut: tuple[Training, Watch], tmp_path: Path
) -> None:
    whole, heard = uncut
    n = whole.batches_an_epoch
    assert n > 4 and whole.epoch == 5
    cuts = {"first": [1], "within": [n + n // 2], "last of an epoch": [2 * n], "first of an epoch": [2 * n + 1],
            "twice": [n - 1, 3 * n]}[where]  # fmt: skip
    training, watches = training_of(CUT), []
    for cut in cuts:
        watches.append(Watch(until=cut))
        assert not training.run([watches[-1]])
        assert training.step == cut
        held, rest = training.state()
        write_tensors(tmp_path / "state", {name: t.detach().numpy() for name, t in held.items()}, rest)
        torch.manual_seed(99)
        torch.rand(7)
        arrays, rest = read_tensors(tmp_path / "state", "it")
        training = training_of(CUT)
        training.restore({name: torch.from_numpy(a.copy()) for name, a in arrays.items()}, rest)
    watches.append(Watch())
    assert training.run([watches[-1]])
    assert same(training.network.state_dict(), whole.network.state_dict())
    assert same(training.best_weights, whole.best_weights) and same(training._averaged, whole._averaged)
    assert [n for watch in watches for n in watch.notes] == heard.notes
    assert untimed([e for watch in watches for e in watch.epochs]) == untimed(heard.epochs)
    assert (training.step, training.tokens, training.waited) == (whole.step, whole.tokens, whole.waited)


@pytest.mark.parametrize("name", [name for name in CELLS if name not in COMPILED])
def test_a_cell_without_a_kernel_is_cut_off_and_restored_too(name: str) -> None:
    config = replace(CUT, model=model_of(name, dropout=0.4, layers=2), train=replace(CUT.train, epochs=2))
    whole, training = training_of(config), training_of(config)
    assert whole.engine.name == training.engine.name == "autograd"
    assert whole.run() and not training.run([Watch(until=training.batches_an_epoch + 3)])
    restored = training_of(config)
    restored.restore(*training.state())
    assert restored.run() and same(restored.network.state_dict(), whole.network.state_dict())


def test_a_finished_training_stays_as_it_is_when_run_again() -> None:
    training = training_of(config_of(epochs=2))
    assert training.run()
    before = copy.deepcopy(training.network.state_dict())
    assert training.done and training.run()
    assert same(before, training.network.state_dict()) and training.epoch == 2


def test_the_state_of_another_network_is_refused() -> None:
    small, large = training_of(config_of()), training_of(config_of(model=model_of("gru", hidden=9)))
    small.run([Watch(until=1)])
    with pytest.raises((KeyError, RuntimeError)):
        large.restore(*small.state())


# ---- scores ---------------------------------------------------------------------------------------------------------


def test_labels_training_never_saw_are_classes_of_their_own_as_in_scikit_learn() -> None:
    truths, labels = ["good", "bad", "film", "good", "new", "film"], list(LABELS)
    encoded = Encoded.of([[word] for word in truths], truths, vocabulary_of(), labels, False)
    answers = np.array([1, 1, 0, 1, 0, 1])
    given = [labels[i] for i in answers]
    found = score(Predictions(answers, np.ones(6, np.float32), 0.5), encoded, labels, None, {2: "film", 4: "new", 5: "film"})
    assert found.labels == (*LABELS, "film", "new") and found.loss == 0.5
    assert np.array_equal(found.confusion, sklearn.confusion_matrix(truths, given, labels=found.labels))
    assert found.accuracy == pytest.approx(sklearn.accuracy_score(truths, given))
    assert found.macro_f1 == pytest.approx(sklearn.f1_score(truths, given, average="macro"))


def test_labels_training_never_saw_must_be_named() -> None:
    encoded = Encoded.of([["a"], ["b"]], ["good", "new"], vocabulary_of(), LABELS, False)
    with pytest.raises(ValueError, match="must be named"):
        score(Predictions(np.array([0, 1]), np.ones(2, np.float32), 0.0), encoded, LABELS, None)


@pytest.mark.parametrize(("scheme", "theirs"), [("IOB1", IOB1), ("IOB2", IOB2), ("IOBES", IOBES)])
def test_entities_of_types_training_never_saw_are_missed_as_in_seqeval(scheme: str, theirs: type) -> None:
    letters = str.maketrans({} if scheme == "IOBES" else {"E": "I", "S": "B"})
    tags = tuple(dict.fromkeys(tag.translate(letters) for tag in ("B-PER", "E-PER", "I-PER", "O", "S-PER")))
    written = ("B-LOC I-LOC E-LOC O S-PER", "B-NEW E-NEW O", "S-NEW I-LOC I-PER I-PER")
    truths = [text.translate(letters).split() for text in written]
    encoded = Encoded.of(truths, truths, vocabulary_of(), tags, True)
    rng = np.random.default_rng(0)
    for _ in range(20):
        inside = np.concatenate([np.arange(a + 1, b - 1) for a, b in pairwise(encoded.starts)])
        answers = np.full(len(encoded.targets), -1)
        answers[inside] = rng.integers(0, len(tags), len(inside))
        given = [[tags[i] for i in answers[a + 1 : b - 1]] for a, b in pairwise(encoded.starts)]
        unseen = dict(enumerate(tag for text in truths for tag in ("", *text, "")))
        unseen = {place: tag for place, tag in unseen.items() if tag and encoded.targets[place] < 0}
        found = score(Predictions(answers, np.ones(len(answers), np.float32), 0.0), encoded, tags, scheme, unseen)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            wanted = classification_report(truths, given, scheme=theirs, mode="strict", output_dict=True, zero_division=0)
        assert found.spans is not None
        assert found.spans.f1 == pytest.approx(wanted["micro avg"]["f1-score"])
        assert found.spans.macro_f1 == pytest.approx(wanted["macro avg"]["f1-score"])
        flat = [[tag for text in texts for tag in text] for texts in (truths, given)]
        assert found.macro_f1 == pytest.approx(sklearn.f1_score(*flat, average="macro"))


def test_epochs_whose_plans_differ_are_whole_epochs() -> None:
    encoded, watch = classified(900, 30), Watch()
    training = Training(config_of(epochs=5, patience=0, batch=4), encoded, NOTHING, Speech(vocabulary_of(), LABELS))
    planned = []
    for training.epoch in range(5):
        planned.append(len(training._plan()))
    assert len(set(planned)) > 1, "as for most data"
    training.epoch = 0
    assert training.run([watch]) and training.step == sum(planned)
    assert [entry["epoch"] for entry in watch.epochs] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("engine", [Fused, Autograd])
def test_denormals_are_zero_in_an_update_and_numbers_after_it(engine: type, monkeypatch: pytest.MonkeyPatch) -> None:
    tiny, seen, gradients = torch.tensor([1e-20], dtype=torch.float32), [], engine.gradients

    def passed(*given: Any) -> Any:
        seen.append((tiny * tiny).item())
        return gradients(*given)

    monkeypatch.setattr(engine, "gradients", passed)
    training_of(config_of(epochs=1, engine="autograd" if engine is Autograd else "auto")).run()
    assert seen and not any(seen)
    assert (tiny * tiny).item() > 0
