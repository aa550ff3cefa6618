"""When answers are right while texts are read, against one text at a time; how far the loss reaches, against autograd."""

import numpy as np
import pytest
import torch

from rnn_core.analysis.along import SHARES, along
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.trace import trace
from rnn_core.config import Problem
from rnn_core.data.examples import Example
from rnn_core.data.vocabulary import EOS, SOS
from rnn_core.workspace.runs import Speech
from tests import by_hand
from tests.tiny import CELLS, LABELS, config_of, model_of, network_of, random_texts, vocabulary_of


def loaded(cell: str, layers: int = 1, loss: str = "last") -> Loaded:
    config = config_of(model=model_of(cell, layers=layers), loss=loss)
    speech = Speech(vocabulary_of(), LABELS, None)
    return Loaded("it", config, speech, network_of(config.model, len(speech.vocabulary), 2).eval().requires_grad_(False))


def examples(count: int = 40) -> list[Example]:
    texts = random_texts(count, 12, seed=3)
    return [Example(" ".join(t), tuple(t), LABELS[len(t) % 2], f"line {i}") for i, t in enumerate(texts)]


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_the_shares_of_right_answers_are_those_of_the_traces(cell: str, layers: int) -> None:
    one, given = loaded(cell, layers), examples()
    found = along(one, given)
    readouts, answers, decided = np.zeros(len(SHARES)), np.zeros(len(SHARES)), []
    at_half, at_end = [], []
    for example in given:
        read = trace(one, example.text, example.tokens)
        words, label = len(example.tokens), LABELS.index(str(example.target))
        assert read.answers is not None and read.decision_step is not None
        for i, share in enumerate(SHARES):
            after = round(share * words)
            readouts[i] += read.readouts[after].argmax() == label
            answers[i] += read.answers[after].argmax() == label
        at_half.append(read.readouts[round(words / 2)].argmax() == label)
        at_end.append(read.answers[words].argmax() == label)
        # a step further than the last word is <eos> itself, whose answer is that after the last word
        decided.append(min(read.decision_step, words) / words)
    assert found.texts == 40
    np.testing.assert_allclose(found.readouts, readouts / 40)
    np.testing.assert_allclose(found.answers, answers / 40)
    np.testing.assert_allclose(found.decided, decided)
    np.testing.assert_array_equal(found.right_at_half, at_half)
    np.testing.assert_array_equal(found.right_at_end, at_end)
    assert found.reduce == one.config.train.reduce


@pytest.mark.parametrize("loss", ["last", "every"])
def test_the_reach_is_the_mean_gradient_by_autograd(loss: str) -> None:
    one, given = loaded("gru", 2, loss), examples(5)
    found = along(one, given)
    wanted: dict[int, list[float]] = {}
    for example in given:
        indices = [SOS, *one.speech.vocabulary.encode(example.tokens), EOS]
        x = one.network.embedding.weight[indices][:, None]
        states = None
        for layer in range(2):
            p = one.network.layer(layer, 0)
            h, states = torch.zeros(1, 4), []
            for x_t in x:
                (h,), _ = by_hand.step(one.network.cell, p, x_t, (h,))
                if layer == 1:
                    h.requires_grad_() if not h.requires_grad else h.retain_grad()
                states.append(h)
            x = torch.stack(states)
        each = -one.network.readout(x)[:, 0].log_softmax(1)[:, LABELS.index(str(example.target))]
        total = each[-1] if loss == "last" else each.mean()
        gradients = torch.autograd.grad(total, states)  # type: ignore[arg-type]
        for back, gradient in enumerate(reversed(gradients)):
            wanted.setdefault(back, []).append(gradient.norm().item())
    assert found.followed == 5
    np.testing.assert_allclose(found.reach, [np.mean(wanted[i]) for i in range(len(found.reach))], rtol=1e-4, atol=1e-7)


def test_texts_of_unknown_labels_are_left_out_and_none_is_said() -> None:
    strange = [Example("the film", ("the", "film"), "new", "line 1")]
    assert along(loaded("lstm"), [*strange, *examples(4)]).texts == 4
    with pytest.raises(Problem, match="no text here"):
        along(loaded("lstm"), strange)
