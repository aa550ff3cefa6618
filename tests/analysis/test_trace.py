"""The trace of one text, against the network as it is trained and against feeding every prefix from scratch."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from rnn_core.analysis import steps
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.steps import counted_steps, losses
from rnn_core.analysis.trace import trace
from rnn_core.config import DataConfig, Problem
from rnn_core.data.vocabulary import EOS, SOS, UNK
from rnn_core.results.trace import decision_step
from rnn_core.workspace.runs import Speech
from tests.tiny import CELLS, LABELS, TAGS, WORDS, config_of, model_of, network_of, vocabulary_of

TEXT = "The film was good, but  not the bad film – fine!"


def loaded(name: str, task: str = "classify", seed: int = 0, **options: object) -> Loaded:
    config = config_of(task, model_of(name, **options))
    labels = TAGS if task == "tag" else LABELS
    network = network_of(config.model, len(vocabulary_of()), len(labels), seed).eval().requires_grad_(False)
    return Loaded("run", config, Speech(vocabulary_of(), labels, None), network)


def double(one: Loaded) -> Loaded:
    return one._replace(network=one.network.double())


def fed(one: Loaded, words: list[str]) -> tuple[Tensor, Tensor]:
    """The uppermost states (T, D) and logits (T, k) of the network as it is trained, for a text of these words."""
    indices = torch.tensor([SOS, *one.speech.vocabulary.encode(words), EOS])[:, None]
    h = one.network.hidden(indices, torch.tensor([len(indices)]))
    return h[:, 0], one.network.readout(h)[:, 0]


KINDS = [("classify", 1, False), ("classify", 2, False), ("tag", 1, True), ("tag", 2, True), ("tag", 2, False)]


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), KINDS)
def test_states_and_readouts_are_the_networks(name: str, task: str, layers: int, both: bool) -> None:
    for cast, close in ((lambda one: one, 1e-6), (double, 1e-12)):
        one = cast(loaded(name, task, layers=layers, bidirectional=both))
        seen = trace(one, TEXT)
        h, logits = fed(one, list(seen.tokens[1:-1]))
        steps = len(seen.tokens)
        assert seen.states.shape == (layers, 1 + both, steps, 4)
        top = np.concatenate(seen.states[-1], axis=1)
        np.testing.assert_allclose(top, h.numpy(), rtol=close, atol=close)  # ReLU's states grow
        np.testing.assert_allclose(seen.logits, logits.numpy(), rtol=close, atol=4 * close)
        np.testing.assert_allclose(seen.readouts, logits.softmax(1).numpy(), rtol=0, atol=close)
        np.testing.assert_allclose(seen.embeddings, one.network.embedding.weight[seen.indices].numpy(), rtol=0, atol=0)
        assert all(gate.shape == seen.states.shape for gate in seen.gates.values())
        assert set(seen.gates) == set(one.network.cell.kept_names)
        assert (seen.cells is not None) == ("m" in one.network.cell.parts)
        assert seen.states.dtype == (np.float32 if close == 1e-6 else np.float64)


@pytest.mark.parametrize("name", ["lstm", "gru"])
@pytest.mark.parametrize("both", [False, True])
def test_gates_and_memory_make_up_the_states(name: str, both: bool) -> None:
    seen = trace(double(loaded(name, "tag", layers=2, bidirectional=both)), TEXT)

    def before(states: np.ndarray) -> np.ndarray:
        """The state that each step started from, in the direction it was read."""
        shifted = np.zeros_like(states)
        shifted[:, 0, 1:] = states[:, 0, :-1]
        if both:
            shifted[:, 1, :-1] = states[:, 1, 1:]
        return shifted

    g = seen.gates
    if name == "lstm":
        assert seen.cells is not None
        np.testing.assert_allclose(seen.cells, g["f"] * before(seen.cells) + g["i"] * g["g"], rtol=0, atol=1e-14)
        np.testing.assert_allclose(seen.states, g["q"] * np.tanh(seen.cells), rtol=0, atol=1e-14)
    else:
        h = (1 - g["z"]) * g["n"] + g["z"] * before(seen.states)
        np.testing.assert_allclose(seen.states, h, rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
def test_the_answer_at_a_step_is_what_the_prefix_alone_is_answered(name: str, layers: int) -> None:
    one = double(loaded(name, layers=layers))
    seen = trace(one, TEXT)
    assert seen.answers is not None
    words = list(seen.tokens[1:-1])
    for t in range(len(seen.tokens) - 1):
        _, logits = fed(one, words[:t])
        np.testing.assert_allclose(seen.answers[t], logits[-1].softmax(0).numpy(), rtol=0, atol=1e-12)
    assert np.array_equal(seen.answers[-1], seen.readouts[-1])
    np.testing.assert_allclose(seen.answers[-2], seen.answers[-1], rtol=0, atol=1e-12)  # <eos> is fed after both
    assert seen.answer == seen.answers[-1].argmax() == seen.beliefs[-1]
    assert np.abs(seen.answers - seen.readouts)[:-1].max() > 1e-3  # two different curves
    for curve, p in seen.curves.items():
        assert seen.decided(curve) == decision_step(p.argmax(1))
    assert seen.decision_step == seen.decided("answers")


def test_a_labeller_has_no_answer_so_far() -> None:
    seen = trace(loaded("gru", "tag", bidirectional=True), TEXT)
    assert seen.answers is None and seen.decision_step is None and seen.decided("readouts") is None
    assert np.array_equal(seen.beliefs, seen.readouts.argmax(1))


@given(st.lists(st.integers(0, 2), min_size=1, max_size=12))
def test_the_decision_step_is_the_first_from_which_nothing_changes(beliefs: list[int]) -> None:
    wanted = next(t for t in range(len(beliefs)) if len(set(beliefs[t:])) == 1)
    assert decision_step(np.array(beliefs)) == wanted


@pytest.mark.parametrize("block", [1, 5, steps.BLOCK])
@pytest.mark.parametrize("each", [False, True])
def test_losses_are_torchs_cross_entropy(each: bool, block: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "BLOCK", block)
    seen = trace(loaded("lstm"), TEXT)
    count = len(seen.tokens)
    targets = [t % 2 for t in range(count)] if each else [1]
    wanted = torch.nn.functional.cross_entropy(
        torch.from_numpy(seen.logits).double(), torch.tensor(targets).expand(count), reduction="none"
    )
    assert losses(seen, targets) == pytest.approx(wanted.numpy(), rel=1e-13)
    sure = trace(one := loaded("lstm"), TEXT)
    one.network.weight_out *= 1e4
    assert np.isfinite(losses(trace(one, TEXT), targets)).all() and losses(sure, targets).shape == (count,)
    assert np.isnan(losses(seen, [-1, *[0] * (count - 1)])).tolist() == [True, *[False] * (count - 1)]


@pytest.mark.parametrize(
    ("task", "loss", "reduce", "wanted"),
    [("classify", "last", "mean", [0, 0, 0, 0, 1]), ("classify", "every", "mean", [0.2] * 5),
     ("classify", "every", "sum", [1] * 5), ("tag", "every", "mean", [0, 1 / 3, 1 / 3, 1 / 3, 0])],
)  # fmt: skip
def test_the_steps_that_training_counted(task: str, loss: str, reduce: str, wanted: list[float]) -> None:
    one = loaded("gru", task)._replace(config=config_of(task, model_of(), loss=loss, reduce=reduce))
    assert counted_steps(one, 5) == pytest.approx(wanted)


# ---- tokens ---------------------------------------------------------------------------------------------------------


def test_offsets_point_at_the_tokens_in_the_text() -> None:
    one = loaded("gru")
    seen = trace(one, TEXT)
    assert seen.text == TEXT and seen.tokens[0] == "<sos>" and seen.tokens[-1] == "<eos>"
    assert seen.tokens[1:5] == ("The", "film", "was", "good")
    assert seen.offsets[0].tolist() == seen.offsets[-1].tolist() == [-1, -1]
    assert [TEXT[a:b] for a, b in seen.offsets[1:-1]] == list(seen.tokens[1:-1])
    assert seen.indices.tolist() == [SOS, *one.speech.vocabulary.encode(seen.tokens[1:-1]), EOS]
    assert seen.known.tolist() == [True, *(token in WORDS for token in seen.tokens[1:-1]), True]
    assert seen.indices[1] == UNK and seen.labels == LABELS and seen.warnings == ()


def test_tokens_that_are_given_are_taken_as_they_are() -> None:
    seen = trace(loaded("gru"), "do n't go , go", ["do", "n't", "go ,", "go"])
    assert seen.tokens == ("<sos>", "do", "n't", "go ,", "go", "<eos>")
    assert seen.offsets[1:-1].tolist() == [[0, 2], [3, 6], [7, 11], [12, 14]]
    with pytest.raises(Problem, match="'bad' does not stand in the text"):
        trace(loaded("gru"), "good film", ["good", "bad"])
    with pytest.raises(Problem, match="does not stand"):
        trace(loaded("gru"), "good film", ["film", "good"])


@pytest.mark.parametrize("text", ["", " ", "\n\t \u00a0"])
def test_nothing_to_read_is_said(text: str) -> None:
    with pytest.raises(Problem, match="nothing to read"):
        trace(loaded("gru"), text)


def test_far_too_much_is_said() -> None:
    with pytest.raises(Problem, match="20,001 tokens"):
        trace(loaded("gru"), "a " * 20_001)


def test_a_text_of_unknown_words_or_of_emoji_alone_is_warned_of() -> None:
    one = loaded("gru")
    (unknown,) = trace(one, "wholly unheard").warnings
    assert "none of these words" in unknown
    characters = replace(one.config, data=DataConfig(tokens="char"))
    assert "none of these characters" in trace(one._replace(config=characters), "ζζ").warnings[0]
    both = trace(one, "😀 👍🏽!").warnings
    assert len(both) == 2 and any("no letter or digit" in w for w in both)
    assert trace(one, "unheard film").warnings == ()
    assert trace(one, "<eos>").indices.tolist() == [SOS, UNK, UNK, UNK, EOS]
