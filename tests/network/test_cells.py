"""The cells: one step against torch.nn's cells or the paper's formulas, and the step backwards against autograd."""

import math

import pytest
import torch
from torch import Tensor, nn

from rnn_core.config import CELLS as NAMES
from rnn_core.network.cells import INPUT, PLAIN, STEP, Cell, Given, cell_of, kind
from tests import by_hand
from tests.tiny import CELLS, model_of

B, N, D = 3, 5, 4


def cell(name: str) -> Cell:
    return cell_of(model_of(name))


def parameters(c: Cell) -> dict[str, Tensor]:
    return {name: torch.randn(p.shape) for name, p in c.parameters(N, D).items()}


def state(c: Cell) -> tuple[Tensor, ...]:
    return tuple(torch.randn(B, D) for _ in c.parts)


def products(c: Cell) -> dict[str, Tensor]:
    """Some numbers as the products of a step."""
    return {name: torch.randn(B, c.parameters(N, D)[name].shape[0]) for name in c.products}


def test_every_cell_is_in_the_table() -> None:
    assert {options["cell"] for options in CELLS.values()} == set(NAMES)
    assert NAMES[:3] == ("rnn", "lstm", "gru") and all(kind(name).title for name in NAMES)


def test_the_gates_that_keep_the_state_start_open() -> None:
    assert {name: dict(cell(name).biases) for name in CELLS if cell(name).biases} == {
        "lstm": {"f": 1}, "peephole": {"f": 1}, "layernorm": {"f": 1}, "gru": {"z": 2}, "mingru": {"z": -2},
    }  # fmt: skip


@pytest.mark.parametrize("name", CELLS)
def test_what_a_cell_declares_fits_what_it_does(name: str) -> None:
    c = cell(name)
    declared = c.parameters(N, D)
    matrices = {n for n, p in declared.items() if p.of in (INPUT, STEP)}
    for n, p in declared.items():
        assert p.shape[0] % D == 0 and (len(p.shape) == 2) == (n in matrices)
        assert p.of in (INPUT, STEP, PLAIN) or p.of in matrices
        assert isinstance(p.start, str) == (n in matrices)
        if not isinstance(p.start, str):
            assert len(p.start) == p.shape[0] // D
        if p.of == INPUT:
            assert p.shape[1] == N
    assert c.parts[0] == "h" and c.of_inputs and c.hidden(parameters(c)) == D
    after, kept = by_hand.step(c, parameters(c), torch.randn(B, N), state(c))
    assert [part.shape for part in (*after, *kept)] == [(B, D)] * (len(c.parts) + len(c.kept))
    for one, value in zip(c.kept, kept, strict=True):
        assert (one.range is None) == (one.kind == "linear")
        assert one.range is None or (one.range[0] <= value.min() and value.max() <= one.range[1])
    assert all(equation.count("{") == equation.count("}") for equation in c.equations)
    assert {equation[0] for equation in c.equations} >= {"h", *(one.name for one in c.kept)}


@pytest.mark.parametrize("name", ["tanh", "relu", "lstm", "gru"])
def test_a_step_is_that_of_torchs_cell(name: str) -> None:
    c = cell(name)
    theirs: nn.RNNCell | nn.LSTMCell | nn.GRUCell
    if name in ("tanh", "relu"):
        theirs = nn.RNNCell(N, D, nonlinearity=name)
    else:
        theirs = nn.LSTMCell(N, D) if name == "lstm" else nn.GRUCell(N, D)
    x, before = torch.randn(B, N), state(c)
    given = {"weight_ih": x @ theirs.weight_ih.t() + theirs.bias_ih}
    given["weight_hh"] = before[0] @ theirs.weight_hh.t() + theirs.bias_hh
    after, _ = c.step(Given(given), given, before)
    wanted = theirs(x, before if name == "lstm" else before[0])
    for ours, its in zip(after, wanted if name == "lstm" else (wanted,), strict=True):
        torch.testing.assert_close(ours, its, rtol=0, atol=1e-12)


def test_a_sigmoid_step_is_its_formula() -> None:
    c = cell("sigmoid")
    given = products(c)
    (h,), _ = c.step(Given(given), given, state(c))
    torch.testing.assert_close(h, 1 / (1 + torch.exp(-given["weight_ih"] - given["weight_hh"])), rtol=0, atol=1e-14)


def test_a_mingrus_states_are_a_weighted_sum_of_its_candidates() -> None:
    """h_T = Σ_k z_k ⊙ n_k ⊙ Π_{j>k} (1 − z_j), written out, from a state of zero."""
    c = cell("mingru")
    own, x = parameters(c), torch.randn(7, N)
    assert list(own) == ["weight_ih", "bias"]
    h = (torch.zeros(D),)
    for x_t in x:
        h, _ = by_hand.step(c, own, x_t, h)
    (u_z, u_n), (b_z, b_n) = own["weight_ih"].split(D), own["bias"].split(D)
    z, n = 1 / (1 + torch.exp(-(x @ u_z.t() + b_z))), x @ u_n.t() + b_n
    wanted = sum(z[k] * n[k] * torch.stack([1 - z[j] for j in range(k + 1, 7)] or [torch.ones(D)]).prod(0) for k in range(7))
    torch.testing.assert_close(h[0], wanted, rtol=0, atol=1e-12)


def test_peepholes_show_each_gate_its_own_units_memory() -> None:
    c = cell("peephole")
    own, x, (h, memory) = parameters(c), torch.randn(B, N), state(c)
    after, kept = by_hand.step(c, own, x, (h, memory))
    u, w, b, p = (own[name].unflatten(0, (-1, D)) for name in ("weight_ih", "weight_hh", "bias", "peephole"))
    for row in range(B):
        for unit in range(D):
            a = [float(u[k, unit] @ x[row] + w[k, unit] @ h[row] + b[k, unit]) for k in range(4)]
            old = float(memory[row, unit])
            i, f = (1 / (1 + math.exp(-(a[k] + float(p[k, unit]) * old))) for k in range(2))
            new = f * old + i * math.tanh(a[2])
            o = 1 / (1 + math.exp(-(a[3] + float(p[2, unit]) * new)))
            found = [float(part[row, unit]) for part in (*after, *kept)]
            assert found == pytest.approx([o * math.tanh(new), new, i, f, math.tanh(a[2]), o], abs=1e-12)


def test_layer_normalisation_is_its_formula() -> None:
    c = cell("layernorm")
    own, x, (h, memory) = parameters(c), torch.randn(B, N), state(c)
    after, kept = by_hand.step(c, own, x, (h, memory))

    def normalised(v: Tensor, gain: str, bias: Tensor) -> Tensor:
        mean = v.sum(1, keepdim=True) / v.shape[1]
        variance = ((v - mean) ** 2).sum(1, keepdim=True) / v.shape[1]
        return bias + own[gain] * (v - mean) / (variance + 1e-5) ** 0.5

    zero = torch.zeros(4 * D)
    a = normalised(h @ own["weight_hh"].t(), "gain_hh", own["bias"]) + normalised(x @ own["weight_ih"].t(), "gain_ih", zero)
    i, f, g, o = a.chunk(4, 1)
    new = f.sigmoid() * memory + i.sigmoid() * g.tanh()
    squashed = normalised(new, "gain_memory", own["bias_memory"]).tanh()
    found = (o.sigmoid() * squashed, new, i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid(), squashed)
    for ours, wanted in zip((*after, *kept), found, strict=True):
        torch.testing.assert_close(ours, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", [name for name in CELLS if cell(name).by_unit])
@pytest.mark.parametrize("seed", range(3))
def test_the_step_backwards_is_autograd_of_the_step(name: str, seed: int) -> None:
    """That which a cell writes out, and that which all have."""
    torch.manual_seed(seed)
    c = cell(name)
    given = {key: value.requires_grad_() for key, value in products(c).items()}
    before = tuple(part.requires_grad_() for part in state(c))
    after, kept = c.step(Given(given), given, before)
    grad = tuple(torch.randn(B, D) for _ in after)
    leaves = [*given.values(), *before]
    wanted = torch.autograd.grad(after, leaves, grad, allow_unused=True, materialize_grads=True)
    for backward in (c.backward, lambda *step: Cell.backward(c, *step)):
        with torch.no_grad():
            deltas, direct = backward(grad, before, after, kept, given)
        assert len(direct) == len(c.parts) and set(deltas) == set(c.products)
        for ours, its in zip((*(deltas[key] for key in given), *direct), wanted, strict=True):
            torch.testing.assert_close(torch.zeros_like(its) if ours is None else ours, its, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_that_works_unit_by_unit_says_so(name: str) -> None:
    """With its products given, a change of one unit's changes that unit alone, if it says so."""
    c = cell(name)
    given, before = products(c), state(c)
    after, _ = c.step(Given(given), given, before)
    changed = {key: value.clone() for key, value in given.items()}
    for value in changed.values():
        value[:, 1::D] += 1
    moved, _ = c.step(Given(changed), changed, before)
    others = [unit for unit in range(D) if unit != 1]
    same = all(torch.equal(a[:, others], b[:, others]) for a, b in zip(after, moved, strict=True))
    assert same == c.by_unit and not torch.equal(after[0][:, 1], moved[0][:, 1])


def test_relu_has_slope_zero_at_zero() -> None:
    c = cell("relu")
    zero = torch.zeros(1, 3)
    given = {"weight_ih": torch.tensor([[-1.0, 0.0, 2.0]]), "weight_hh": zero}
    after, kept = c.step(Given(given), given, (zero,))
    deltas, _ = c.backward((torch.ones(1, 3),), (zero,), after, kept, given)
    assert deltas["weight_hh"].tolist() == [[0, 0, 1]]
