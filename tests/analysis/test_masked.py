"""Reading with a mask, against the network reading the same texts by their lengths, and autograd through it."""

import copy

import numpy as np
import pytest
import torch

from rnn_core.analysis.masked import gradients, read_masked
from rnn_core.data.vocabulary import EOS, PAD, SOS
from tests.analysis.gradients import KINDS, loaded
from tests.tiny import CELLS

TEXTS = ([SOS, 4, 5, 6, 7, EOS], [SOS, 8, EOS], [SOS, 9, 10, 4, EOS])
PADS = (1, 4, 0)
"""At the start; the last is filled up behind its end."""


def batch() -> tuple[torch.Tensor, torch.Tensor]:
    """(T, B) tokens and which of them are true."""
    rows = [[PAD] * pads + text + [PAD] * (7 - pads - len(text)) for pads, text in zip(PADS, TEXTS, strict=True)]
    tokens = torch.tensor(rows).t()
    return tokens, tokens != PAD


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), KINDS)
def test_each_text_of_a_batch_is_as_if_alone(name: str, task: str, layers: int, both: bool) -> None:
    network = loaded(name, task, layers=layers, bidirectional=both).network
    tokens, true = batch()
    outputs, tape = read_masked(network, tokens, true)
    top, logits = outputs["states"], outputs["logits"]
    losses = torch.stack([-logits[true[:, b], b].log_softmax(1)[:, 1].sum() for b in range(len(TEXTS))])
    found = gradients(outputs, tape, losses)
    for b, text in enumerate(TEXTS):
        twin = copy.deepcopy(network).requires_grad_(True)
        h = twin.hidden(torch.tensor(text)[:, None], torch.tensor([len(text)]))[:, 0]
        torch.testing.assert_close(top[true[:, b], b], h, rtol=0, atol=1e-13)
        total = -twin.readout(h).log_softmax(1)[:, 1].sum()
        total.backward()
        assert losses[b].item() == pytest.approx(total.item())
        for key, p in twin.named_parameters():
            if key != "embedding.weight":
                torch.testing.assert_close(found[key][b], p.grad, rtol=0, atol=1e-12)
        rows = torch.zeros_like(network.embedding.weight).index_add_(0, tokens[:, b], found["inputs"][b])
        torch.testing.assert_close(rows, twin.embedding.weight.grad, rtol=0, atol=1e-12)
        assert not found["inputs"][b][~true[:, b]].any(), "a pad has no gradient"


@pytest.mark.parametrize("name", CELLS)
def test_at_a_masked_step_the_state_stays(name: str) -> None:
    network = loaded(name).network
    true = torch.tensor([0, 1, 1, 0, 1, 0], dtype=torch.bool)[:, None]
    outputs, tape = read_masked(network, torch.arange(6)[:, None], true)
    h = tape["cells.0.0"].after[0].detach()
    assert not outputs["states"][5].any(), "behind the end"
    assert not h[0].any()
    np.testing.assert_array_equal(h[3], h[2])
    np.testing.assert_array_equal(h[5], h[4])
