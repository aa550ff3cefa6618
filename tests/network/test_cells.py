"""The cells: one step against torch.nn's cells, the step backwards against autograd."""

import pytest
import torch
from torch import Tensor, nn

from rnn_core.network.cells import Cell, cell_of
from tests.tiny import CELLS, model_of

B, N, D = 3, 5, 4


def cell(name: str) -> Cell:
    return cell_of(model_of(name))


def random_step(c: Cell) -> tuple[Tensor, Tensor, tuple[Tensor, ...]]:
    width = len(c.gates) * D
    return torch.randn(B, width), torch.randn(B, width), tuple(torch.randn(B, D) for _ in c.parts)


@pytest.mark.parametrize("name", CELLS)
def test_what_a_cell_declares_fits_what_it_does(name: str) -> None:
    c = cell(name)
    declared = c.parameters(N, D)
    g = len(c.gates) * D
    assert {n: p.shape for n, p in declared.items() if n != "bias_inner"} == {
        "weight_ih": (g, N), "weight_hh": (g, D), "bias": (g,),
    }  # fmt: skip
    assert [p.letter for p in declared.values()][:3] == ["U", "W", "b"]
    assert ("bias_inner" in declared) == (name == "gru")
    state, kept = c.step(*random_step(c))
    assert [part.shape for part in (*state, *kept)] == [(B, D)] * (len(c.parts) + len(c.kept))
    assert c.parts[0] == "h"
    assert all(equation.count("{") == equation.count("}") for equation in c.equations)


@pytest.mark.parametrize("name", ["tanh", "relu", "lstm", "gru"])
def test_a_step_is_that_of_torchs_cell(name: str) -> None:
    c = cell(name)
    theirs: nn.RNNCell | nn.LSTMCell | nn.GRUCell
    if name in ("tanh", "relu"):
        theirs = nn.RNNCell(N, D, nonlinearity=name)
    else:
        theirs = nn.LSTMCell(N, D) if name == "lstm" else nn.GRUCell(N, D)
    x, (_, _, before) = torch.randn(B, N), random_step(c)
    a_input = x @ theirs.weight_ih.t() + theirs.bias_ih
    a_hidden = before[0] @ theirs.weight_hh.t() + theirs.bias_hh
    after, _ = c.step(a_input, a_hidden, before)
    wanted = theirs(x, before if name == "lstm" else before[0])
    for ours, its in zip(after, wanted if name == "lstm" else (wanted,), strict=True):
        torch.testing.assert_close(ours, its, rtol=0, atol=1e-12)


def test_a_sigmoid_step_is_its_formula() -> None:
    c = cell("sigmoid")
    a_input, a_hidden, before = random_step(c)
    (h,), _ = c.step(a_input, a_hidden, before)
    torch.testing.assert_close(h, 1 / (1 + torch.exp(-a_input - a_hidden)), rtol=0, atol=1e-14)


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize("seed", range(3))
def test_the_step_backwards_is_autograd_of_the_step(name: str, seed: int) -> None:
    torch.manual_seed(seed)
    c = cell(name)
    leaves = [leaf.requires_grad_() for leaf in (lambda a, b, s: (a, b, *s))(*random_step(c))]
    a_input, a_hidden, *before = leaves
    after, kept = c.step(a_input, a_hidden, tuple(before))
    grad = tuple(torch.randn(B, D) for _ in after)
    wanted = torch.autograd.grad(after, leaves, grad, allow_unused=True)
    with torch.no_grad():
        delta_input, delta_hidden, direct = c.backward(grad, tuple(before), after, kept)
    assert len(direct) == len(c.parts)
    for ours, its, leaf in zip((delta_input, delta_hidden, *direct), wanted, leaves, strict=True):
        none = torch.zeros_like(leaf)
        torch.testing.assert_close(none if ours is None else ours, none if its is None else its, rtol=0, atol=1e-12)


def test_relu_has_slope_zero_at_zero() -> None:
    c = cell("relu")
    a, zero = torch.tensor([[-1.0, 0.0, 2.0]]), torch.zeros(1, 3)
    after, kept = c.step(a, zero, (zero,))
    delta, _, _ = c.backward((torch.ones(1, 3),), (zero,), after, kept)
    assert delta.tolist() == [[0, 0, 1]]
