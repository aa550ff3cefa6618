"""A cell unrolled over time: gradients, the ways a layer is run, and what a step may and must depend on."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from rnn_core.network import recurrence, sweeps
from rnn_core.network.cells import Cell, State, cell_of
from rnn_core.network.recurrence import Applied, Parameters, reverse, run, zero_state
from tests import by_hand
from tests.tiny import CELLS, COMPILED, model_of

T, B, N, D = 5, 2, 4, 3


def setting(name: str) -> tuple[Cell, Tensor, Parameters]:
    cell = cell_of(model_of(name))
    parameters = {n: torch.randn(p.shape, requires_grad=True) for n, p in cell.parameters(N, D).items()}
    return cell, torch.randn(T, B, N, requires_grad=True), parameters


def plainly(cell: Cell, x: Tensor, parameters: Parameters) -> Tensor:
    """h_1 … h_T by the cell's step alone, one after the other, for autograd to follow."""
    state = zero_state(cell, x.shape[1], cell.hidden(parameters), x)
    states = []
    for x_t in x:
        state, _ = by_hand.step(cell, parameters, x_t, state)
        states.append(state[0])
    return torch.stack(states)


def zeros(cell: Cell, directions: int, batch: int = B, d: int = D, dtype: torch.dtype | None = None) -> State:
    return tuple(torch.zeros(directions, batch, d, dtype=dtype) for _ in cell.parts)


WHOLE = torch.full((B,), T)
PATHS = {
    "torch": lambda cell, *rest: recurrence.path_of("cuda", cell)(cell, *rest),
    "step by step": recurrence.ANYWHERE,
    "sweep": lambda cell, *rest: recurrence.path_of("cpu", cell)(cell, *rest),
}


def known(name: str, path: str) -> bool:
    """Whether a cell is run by such a path."""
    return path == "step by step" or recurrence.accelerated({"torch": "cuda", "sweep": "cpu"}[path], cell_of(model_of(name)))


@pytest.mark.parametrize(("name", "path"), [(name, path) for name in CELLS for path in PATHS if known(name, path)])
def test_every_path_gives_the_states_and_gradients_of_the_plain_loop(name: str, path: str) -> None:
    """Also torch's kernels, which are for the GPU: they are the same functions on the processor."""
    cell, x, parameters = setting(name)
    leaves = [x, *parameters.values()]
    weights = torch.randn(T, B, D)
    ours, end = PATHS[path](cell, x, None, WHOLE, [parameters], zeros(cell, 1))
    wanted = plainly(cell, x, parameters)
    torch.testing.assert_close(ours, wanted, rtol=0, atol=1e-12)
    torch.testing.assert_close(end[0][0], wanted[-1], rtol=0, atol=1e-12)
    for g, w in zip(
        torch.autograd.grad((ours * weights).sum(), leaves), torch.autograd.grad((wanted * weights).sum(), leaves),
        strict=True,
    ):  # fmt: skip
        torch.testing.assert_close(g, w, rtol=0, atol=1e-11)


@pytest.mark.parametrize("threads", [1, 2, 3])
@pytest.mark.parametrize(
    ("name", "path", "words_once"),
    [(name, path, once) for name in COMPILED for path, once in (("torch", True), ("sweep", True), ("sweep", False))
     if known(name, path)],
)  # fmt: skip
def test_every_path_reads_ahead_and_back_within_each_text(
    name: str, path: str, words_once: bool, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Texts of every length, of which some are over in an earlier chunk, against each text alone, step by step."""
    cell, d = cell_of(model_of(name)), 17  # more than two registers of numbers and a block of rows
    ahead, back = (
        {n: (torch.randn(p.shape) * 0.3).requires_grad_() for n, p in cell.parameters(N, d).items()} for _ in range(2)
    )
    leaves = [*ahead.values(), *back.values()]
    lengths = torch.tensor([T, 1, 3, -2, 2, T, 4, 0, 3, 2, 1, T, 5, 4, 3, 2, 1, 3, 2])  # over two blocks of eight
    words, which = torch.randn(11, N, requires_grad=True), torch.randint(11, (T, len(lengths)))
    x = words[which]
    start = zeros(cell, 2, len(lengths), d)
    monkeypatch.setattr("rnn_core.threads._threads", threads)
    h, _ = PATHS[path](cell, *((words, which) if words_once else (x, None)), lengths, [ahead, back], start)
    weights = torch.randn(h.shape)
    ours = sum((h[:length, b] * weights[:length, b]).sum() for b, length in enumerate(lengths.clamp(min=0)))
    wanted = torch.zeros(())
    for b, length in enumerate(lengths.clamp(min=0)):
        if length:
            alone = x[:length, b : b + 1]
            both = torch.cat((plainly(cell, alone, ahead), plainly(cell, alone.flip(0), back).flip(0)), dim=2)[:, 0]
            torch.testing.assert_close(h[:length, b], both, rtol=0, atol=1e-12)
            wanted = wanted + (both * weights[:length, b]).sum()
    found, expected = (torch.autograd.grad(loss, [words, *leaves], retain_graph=True) for loss in (ours, wanted))
    for g, w in zip(found, expected, strict=True):
        torch.testing.assert_close(g, w, rtol=0, atol=1e-11)


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32])
@pytest.mark.parametrize(("batch", "threads"), [(5, 3), (19, 1), (19, 2), (150, 1), (150, 3)])
@pytest.mark.parametrize("words_once", [True, False])
@pytest.mark.parametrize("name", ["tanh", "lstm", "gru"])
def test_long_and_wide_batches_have_torchs_gradients(
    name: str, words_once: bool, batch: int, threads: int, dtype: torch.dtype, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More steps than δ are kept of, more texts than that, and threads that have no text."""
    cell, d, steps = cell_of(model_of(name)), 9, 40
    monkeypatch.setattr("rnn_core.threads._threads", threads)
    monkeypatch.setattr(sweeps, "_SMALL", 0)
    directions = [
        {n: (torch.randn(p.shape) * 0.3).to(dtype).requires_grad_() for n, p in cell.parameters(N, d).items()}
        for _ in range(2)
    ]
    lengths = torch.randint(steps, (batch,)) + 1
    lengths[0] = steps
    words, which = torch.randn(30, N, dtype=dtype, requires_grad=True), torch.randint(30, (steps, batch))
    given = (words, which) if words_once else (words[which], None)
    weights = torch.randn(steps, batch, 2 * d, dtype=dtype) * (torch.arange(steps)[:, None] < lengths)[:, :, None]
    found = []
    for path in ("sweep", "torch"):
        h, _ = PATHS[path](cell, *given, lengths, directions, zeros(cell, 2, batch, d, dtype))
        leaves = [words, *directions[0].values(), *directions[1].values()]
        found.append(torch.autograd.grad((h * weights).sum(), leaves, retain_graph=True))
    for ours, wanted in zip(*found, strict=True):
        within = 1e-10 if dtype is torch.float64 else 2e-4 * wanted.abs().max().item()
        torch.testing.assert_close(ours, wanted, rtol=0, atol=within)


@pytest.mark.parametrize("name", CELLS)
def test_pads_hold_nothing_and_send_nothing_back(name: str) -> None:
    cell, x, parameters = setting(name)
    h, end = run(cell, x, torch.tensor([2, T]), [parameters, parameters])
    assert not h[2:, 0].any() and h[2:, 1].any()
    (grad,) = torch.autograd.grad(h.sum() + sum(part.sum() for part in end), x)
    assert not grad[2:, 0].any() and grad[:2, 0].any()


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("name", "path"), [(name, path) for name in CELLS for path in PATHS if known(name, path)])
def test_each_direction_begins_at_its_start_and_ends_at_each_texts_own_end(
    name: str, path: str, threads: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """States, ends and their gradients in both directions, from starts of their own, against each text alone."""
    monkeypatch.setattr("rnn_core.threads._threads", threads)
    cell, d = cell_of(model_of(name)), 3
    both = [{n: torch.randn(p.shape, requires_grad=True) for n, p in cell.parameters(N, d).items()} for _ in range(2)]
    lengths = torch.tensor([T, 1, 3, 2, 0, T, 4, 2, 3, -1, 5])
    x = torch.randn(T, len(lengths), N, requires_grad=True)
    start = tuple(torch.randn(2, len(lengths), d, requires_grad=True) for _ in cell.parts)
    h, ends = PATHS[path](cell, x, None, lengths, both, start)
    weights, end_weights = torch.randn(h.shape), [torch.randn(end.shape) for end in ends]
    ours = (h * weights).sum() + sum((end * w).sum() for end, w in zip(ends, end_weights, strict=True))
    wanted = torch.zeros(())
    for b, length in enumerate(lengths.clamp(min=0).tolist()):
        for k, own in enumerate(both):
            state = tuple(part[k, b][None] for part in start)
            for t in reversed(range(length)) if k else range(length):
                state, _ = by_hand.step(cell, own, x[t, b][None], state)
                torch.testing.assert_close(h[t, b, k * d : (k + 1) * d], state[0][0], rtol=0, atol=1e-12)
                wanted = wanted + (state[0][0] * weights[t, b, k * d : (k + 1) * d]).sum()
            for part, end, w in zip(state, ends, end_weights, strict=True):
                torch.testing.assert_close(end[k, b], part[0], rtol=0, atol=1e-12)
                wanted = wanted + (part[0] * w[k, b]).sum()
        assert not h[length:, b].any()
    leaves = [x, *start, *both[0].values(), *both[1].values()]
    for found, expected in zip(torch.autograd.grad(ours, leaves), torch.autograd.grad(wanted, leaves), strict=True):
        torch.testing.assert_close(found, expected, rtol=0, atol=1e-11)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("name", CELLS)
def test_the_gradients_pass_gradcheck_from_any_start(name: str, both: bool) -> None:
    cell, x, parameters = setting(name)
    names, parts = list(parameters), len(cell.parts)
    directions = 2 if both else 1

    def states(x: Tensor, *given: Tensor) -> tuple[Tensor, ...]:
        own = dict(zip(names, given[parts:], strict=True))
        h, end = run(cell, x, torch.tensor([T, 3]), [own] * directions, given[:parts])
        return h, *end

    start = [torch.randn(directions, B, D, requires_grad=True) for _ in cell.parts]
    assert torch.autograd.gradcheck(states, (x, *start, *parameters.values()), atol=1e-7)


@pytest.mark.parametrize("name", CELLS)
def test_reading_on_from_a_state_is_reading_in_one_go(name: str) -> None:
    cell, x, parameters = setting(name)
    whole, end = run(cell, x, WHOLE, [parameters])
    first, between = run(cell, x[:2], WHOLE, [parameters])
    second, last = run(cell, x[2:], WHOLE - 2, [parameters], between)
    torch.testing.assert_close(torch.cat((first, second)), whole, rtol=0, atol=1e-12)
    for part, wanted in zip(last, end, strict=True):
        torch.testing.assert_close(part, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", CELLS)
def test_single_precision_is_as_near_as_it_can_be(name: str) -> None:
    cell, x, parameters = setting(name)
    wanted, _ = run(cell, x, WHOLE, [parameters])
    found, _ = run(cell, x.float(), WHOLE, [{n: p.float() for n, p in parameters.items()}])
    torch.testing.assert_close(found.double(), wanted, rtol=0, atol=2e-6)


def test_each_cell_has_a_path_on_each_device() -> None:
    for name in CELLS:
        cell = cell_of(model_of(name))
        assert recurrence.accelerated("cpu", cell) == (cell.name in sweeps.SWEEPS)
        assert recurrence.accelerated("cuda", cell) == (name in ("tanh", "relu", "lstm", "gru"))
        assert not recurrence.accelerated("meta", cell)


def test_only_the_last_block_of_the_gru_has_an_inner_bias() -> None:
    cell, _, parameters = setting("gru")
    spread = Applied(cell, parameters).biases["weight_hh"]
    assert spread is not None
    assert torch.equal(spread, torch.cat((torch.zeros(2 * D), parameters["bias_inner"])))
    assert Applied(*setting("lstm")[::2]).biases["weight_hh"] is None


@pytest.mark.parametrize("name", CELLS)
def test_an_early_input_changes_every_later_state_and_no_earlier_one(name: str) -> None:
    cell, x, parameters = setting(name)
    with torch.no_grad():
        if name == "relu":  # keep every unit awake, so that nothing is cut off by φ
            for p in parameters.values():
                p.abs_()
            x.abs_()
        before, _ = run(cell, x, WHOLE, [parameters])
        x[1, 0] += 0.5
        after, _ = run(cell, x, WHOLE, [parameters])
    moved = (before - after).abs().amax(2) > 1e-9
    assert moved.tolist() == [[False, False]] + [[True, False]] * (T - 1)


@pytest.mark.parametrize("name", CELLS)
def test_w_reaches_every_state_but_the_first(name: str) -> None:
    cell, x, parameters = setting(name)
    if not cell.of_step:
        assert "weight_hh" not in parameters
        return
    with torch.no_grad():
        if name == "relu":
            for p in parameters.values():
                p.abs_()
            x.abs_()
        before, _ = run(cell, x, WHOLE, [parameters])
        parameters["weight_hh"][: len(parameters["weight_hh"]) // 2] += 0.1  # of all rows, layer normalisation sees nothing
        moved = (before - run(cell, x, WHOLE, [parameters])[0]).abs().amax((1, 2)) > 1e-9
    assert moved.tolist() == [False] + [True] * (T - 1)


@given(st.lists(st.integers(1, 7), min_size=1, max_size=5), st.integers(0, 2))
def test_reverse_turns_each_text_within_its_length_and_is_its_own_inverse(lengths: list[int], width: int) -> None:
    steps, size = max(lengths) + 1, len(lengths)
    x = torch.arange(steps * size * (width or 1)).view(steps, size, *[width] * (width > 0))
    turned = reverse(x, torch.tensor(lengths))
    for b, length in enumerate(lengths):
        assert torch.equal(turned[:length, b], x[:length, b].flip(0))
        assert torch.equal(turned[length:, b], x[length:, b])
    assert torch.equal(reverse(turned, torch.tensor(lengths)), x)
