"""The recorded forward pass, against the one that trains and against loops of a cell's own steps, in float64."""

import pytest
import torch
from torch import Tensor, nn

from rnn_core.analysis.sweep import sweep
from rnn_core.network.cells import Cell, State, cell_of
from rnn_core.network.models import Network
from rnn_core.network.recorded import Edits
from rnn_core.network.recurrent import Recurrent
from rnn_core.network.tape import Tape, current, record
from tests.by_hand import ByHand
from tests.tiny import CELLS, model_of, network_of

SHAPES = [(1, False), (2, False), (1, True), (2, True)]
"""Layers, both directions."""
LENGTHS = torch.tensor([6, 2, 4])
CLOSE = {"rtol": 0, "atol": 1e-13}


def network(name: str, layers: int = 1, both: bool = False) -> Network:
    return network_of(model_of(name, layers=layers, bidirectional=both), 9, 3).eval().requires_grad_(False)


def batch(one: Network, start: bool = False) -> dict[str, object]:
    """Three padded texts."""
    found: dict[str, object] = {"tokens": torch.randint(0, 9, (6, 3)), "lengths": LENGTHS}
    return found | ({"start": random_state(one.cells, 3)} if start else {})


def random_state(cells: Recurrent, texts: int) -> State:
    return tuple(torch.randn_like(part) for part in cells.zero(texts, torch.zeros(())))


class Noting(ByHand):
    """Products by hand, and what they were of."""

    def __init__(self, cell: Cell, own: dict[str, Tensor]) -> None:
        super().__init__(cell, own)
        self.found: dict[str, Tensor] = {}

    def times(self, name: str, v: Tensor) -> Tensor:
        out = super().times(name, v)
        self.found |= {f"inputs {name}": v, f"outputs {name}": out}
        return out

    def __getitem__(self, name: str) -> Tensor:
        self.found |= {f"inputs {name}": torch.ones(1), f"outputs {name}": self.own[name]}
        return self.own[name]


def true_steps() -> Tensor:
    return torch.arange(6)[:, None] < LENGTHS


def by_hand(
    cells: Recurrent, x: Tensor, mask: Tensor, start: State, replaced: dict[str, tuple[Tensor, State]] | None = None,
    recurrence: bool = True,
) -> tuple[dict[str, dict[str, Tensor]], Tensor]:  # fmt: skip
    """Text by text and step by step: by layer and direction all numbers by name, (T, B, …), and the uppermost h."""
    found = {}
    for layer in range(cells.layers):
        tops = []
        for k in range(cells.directions):
            own, name = cells.layer(layer, k), f"{layer}.{k}"
            texts = []
            for b in range(x.shape[1]):
                state = tuple(part[layer * cells.directions + k, b] for part in start)
                rows: list[dict[str, Tensor]] = [{}] * len(x)
                for t in reversed(range(len(x))) if k else range(len(x)):
                    before = state if recurrence else tuple(torch.zeros_like(part) for part in state)
                    p = Noting(cells.cell, own)
                    inputs = {name: p.times(name, x[t, b]) for name in cells.cell.of_inputs}
                    after, kept = cells.cell.step(p, inputs, before)
                    state = after if mask[t, b] else state
                    if replaced and name in replaced and replaced[name][0][t, b]:
                        state = tuple(part[t, b] for part in replaced[name][1])
                    rows[t] = dict(p.found)
                    rows[t] |= {f"before {part}": value for part, value in zip(cells.cell.parts, before, strict=True)}
                    rows[t] |= {f"after {part}": value for part, value in zip(cells.cell.parts, state, strict=True)}
                    rows[t] |= dict(zip(cells.cell.kept_names, kept, strict=True))
                texts.append({key: torch.stack([row[key] for row in rows]) for key in rows[0]})
            found[name] = {key: torch.stack([one[key] for one in texts], 1) for key in texts[0]}
            tops.append(found[name]["after h"])
        x = torch.cat(tops, 2)
    return found, x


def assert_same(tape: Tape, wanted: dict[str, dict[str, Tensor]], cells: Recurrent, path: str = "cells.") -> None:
    assert list(tape) == [path + name for name in wanted]
    for name, numbers in wanted.items():
        one = tape[path + name]
        found = {f"before {part}": value for part, value in zip(cells.cell.parts, one.before, strict=True)}
        found |= {f"after {part}": value for part, value in zip(cells.cell.parts, one.after, strict=True)}
        found |= one.kept
        for key, product in one.products.items():
            found[f"outputs {key}"] = product.stacked(product.outputs)
            found[f"inputs {key}"] = product.inputs
        assert found.keys() == numbers.keys()
        for key, value in numbers.items():
            torch.testing.assert_close(found[key], value, **CLOSE)
        assert tuple(one.products) == cells.cell.products
        assert one.products["weight_ih"].inputs is one.x
        for part in range(len(one.after)):
            torch.testing.assert_close(torch.stack([node[part] for node in one.nodes]), one.after[part], rtol=0, atol=0)


@pytest.mark.parametrize("start", [False, True])
@pytest.mark.parametrize(("layers", "both"), SHAPES)
@pytest.mark.parametrize("name", CELLS)
@torch.no_grad()
def test_the_recorded_forward_pass_is_the_one_that_trains(name: str, layers: int, both: bool, start: bool) -> None:
    one = network(name, layers, both)
    given = batch(one, start)
    plain = one(given)
    with record(one) as tape:
        recorded = one(given)
    for key in ("logits", "states"):
        torch.testing.assert_close(recorded[key], plain[key], **CLOSE)
    for part, wanted in zip(recorded["ends"], plain["ends"], strict=True):
        torch.testing.assert_close(part, wanted, **CLOSE)
    x = one.embedding.weight[given["tokens"]]
    before = given.get("start", one.cells.zero(3, x))
    wanted, top = by_hand(one.cells, x, true_steps(), before)
    assert_same(tape, wanted, one.cells)
    torch.testing.assert_close(plain["states"], top * true_steps()[:, :, None], **CLOSE)


@pytest.mark.parametrize("grad", [False, True])
@pytest.mark.parametrize("edit", ["mask", "start", "replaced", "recurrence", "all"])
@pytest.mark.parametrize(("layers", "both"), SHAPES)
@pytest.mark.parametrize("name", CELLS)
def test_each_edit_is_what_a_loop_of_steps_does(name: str, layers: int, both: bool, edit: str, grad: bool) -> None:
    one = network(name, layers, both)
    given = batch(one, start=True)
    x, mask, start, edits = one.embedding.weight[given["tokens"]], true_steps(), given["start"], {}
    if edit in ("mask", "all"):
        mask = edits["mask"] = torch.rand(6, 3) < 0.6
    if edit in ("start", "all"):
        start = edits["start"] = random_state(one.cells, 3)
    if edit in ("replaced", "all"):
        some = f"{layers - 1}.{int(both)}"
        edits["replaced"] = {some: (torch.rand(6, 3) < 0.4, tuple(torch.randn(6, 3, 4) for _ in one.cell.parts))}
    if edit in ("recurrence", "all"):
        edits["recurrence"] = False
    with torch.set_grad_enabled(grad), record(one, Edits(**edits)) as tape:
        outputs = one(given)
    wanted, top = by_hand(one.cells, x, mask, start, edits.get("replaced"), edits.get("recurrence", True))
    assert_same(tape, wanted, one.cells)
    torch.testing.assert_close(outputs["states"], top * true_steps()[:, :, None], **CLOSE)
    assert outputs["states"].requires_grad == grad
    if edit != "all":
        plain = one(given)["states"]
        assert (outputs["states"] - plain).abs().max() > (1e-3 if name != "relu" else 0), "an edit changes something"


@pytest.mark.parametrize("name", CELLS)
def test_without_recurrence_each_token_is_a_text_of_its_own(name: str) -> None:
    one = network(name, 2, True)
    tokens = torch.randint(0, 9, (5, 1))
    with torch.no_grad(), record(one, Edits(recurrence=False)):
        edited = one({"tokens": tokens, "lengths": torch.tensor([5])})
    alone = one({"tokens": tokens.t(), "lengths": torch.ones(5, dtype=torch.int64)})
    torch.testing.assert_close(edited["logits"][:, 0], alone["logits"][0], **CLOSE)


@pytest.mark.parametrize("name", CELLS)
def test_step_by_step_is_the_whole_text(name: str) -> None:
    one = network(name, 2)
    tokens = torch.randint(0, 9, (5, 3))
    state = one.cells.zero(3, one.bias_out)
    for row in tokens:
        state, kept = one.cells.step(one.embedding(row), state)
    wanted = one({"tokens": tokens, "lengths": torch.tensor([5, 5, 5])})
    for part, end in zip(state, wanted["ends"], strict=True):
        torch.testing.assert_close(part, end, **CLOSE)
    assert [set(one) for one in kept] == [set(one.cell.kept_names)] * 2


class Two(nn.Module):
    """An encoder whose last states start a decoder, which runs twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first = Recurrent(cell_of(model_of("lstm")), 5, 4)
        self.inside = nn.Sequential(Recurrent(cell_of(model_of("gru")), 5, 3))

    def forward(self, x: Tensor) -> Tensor:
        lengths = torch.full((x.shape[1],), len(x))
        self.first(x, lengths)
        _, ends = self.inside[0](x, lengths)
        h, _ = self.inside[0](x, lengths, ends)
        tape = current()
        if tape:
            tape.put("attention", h.softmax(2), ("target", "text", "source"))
        return h


@torch.no_grad()
def test_modules_are_told_apart_by_their_path_and_their_runs_by_number() -> None:
    two, x = Two(), torch.randn(4, 2, 5)
    start = random_state(two.inside[0], 2)
    with record(two, {"inside.0": Edits(start=start)}) as tape:
        h = two(x)
    assert list(tape) == ["first.0.0", "inside.0.0.0", "inside.0.0.0#2"]
    assert not tape["first.0.0"].before[0][0].any()
    torch.testing.assert_close(tape["inside.0.0.0"].before[0][0], start[0][0])
    assert torch.equal(tape["inside.0.0.0"].after[0], tape["inside.0.0.0#2"].after[0]), "an edit holds for each run"
    with record(two) as tape:
        h = two(x)
    assert torch.equal(tape["inside.0.0.0#2"].before[0][0], tape["inside.0.0.0"].after[0][-1])
    assert tape.named["attention"].axes == ("target", "text", "source")
    assert torch.equal(tape.named["attention"].tensor, h.softmax(2))


@torch.no_grad()
def test_nothing_is_recorded_outside_of_record() -> None:
    two, other, x = Two(), Recurrent(cell_of(model_of("gru")), 5, 4), torch.randn(4, 2, 5)
    assert current() is None
    with record(two) as tape:
        assert current() is tape
        other(x, torch.tensor([4, 4]))
        assert not tape, "this layer is no part of what is recorded"
        with record(two.first) as inner:
            two(x)
        assert list(inner) == ["0.0"] and not tape
    assert current() is None
    two(x)
    assert not tape
    with pytest.raises(ZeroDivisionError), record(two):
        _ = 1 / 0
    assert current() is None


@pytest.mark.parametrize("name", CELLS)
def test_gradients_from_the_products_are_autograds_text_by_text(name: str) -> None:
    one = network(name, 2, True)
    given = batch(one)
    with record(one) as tape:
        each = one(given)["states"].square().sum((0, 2))
    names = [(key, product) for key, done in tape.items() for product in done.products]
    wanted = [output for key, product in names for output in tape[key].products[product].outputs]
    found = iter(torch.autograd.grad(each.sum(), wanted))
    deltas: dict[str, dict[str, Tensor]] = {key: {} for key in tape}
    for key, product in names:
        held = tape[key].products[product]
        deltas[key][product] = held.stacked([next(found) for _ in held.outputs])
    whole = {f"{key}.{p}": value for key, done in tape.items() for p, value in done.gradients(deltas[key]).items()}
    one.cells.requires_grad_(True)
    parameters = {f"cells.{key}": p for key, p in one.cells.named_parameters()}
    for b in range(3):
        loss = one(given)["states"][:, b].square().sum()
        for key, gradient in zip(parameters, torch.autograd.grad(loss, list(parameters.values())), strict=True):
            torch.testing.assert_close(whole[key][b], gradient, rtol=0, atol=1e-12)


class FeedsItself(nn.Module):
    """A decoder whose input is its own answer of the step before; with `words`, (T, B), the right ones instead."""

    def __init__(self, name: str, layers: int = 1) -> None:
        super().__init__()
        self.one = network(name, layers)

    def forward(self, batch: dict[str, Tensor]) -> Tensor:
        words, state, found = batch["words"], (batch["start"], *batch.get("rest", ())), []
        word = words[0]
        for t in range(len(words)):
            logits, state, _ = self.one.step(word, state)
            found.append(logits)
            word = words[t + 1] if batch["given"] and t + 1 < len(words) else logits.argmax(1)
        return torch.stack(found)


def to_decode(one: Network, given: bool) -> dict[str, object]:
    start, *rest = random_state(one.cells, 3)
    return {"words": torch.randint(0, 9, (6, 3)), "start": start, "rest": tuple(rest), "given": given}


@pytest.mark.parametrize("edit", ["", "mask", "start", "replaced", "recurrence"])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("name", CELLS)
def test_single_steps_are_recorded_as_the_whole_text_is(name: str, layers: int, edit: str) -> None:
    decoder = FeedsItself(name, layers)
    one, given = decoder.one, to_decode(decoder.one, given=True)
    some: dict[str, object] = {
        "": {}, "mask": {"mask": torch.rand(6, 3) < 0.6}, "start": {"start": random_state(one.cells, 1)},
        "replaced": {"replaced": {"0.0": (torch.rand(6, 3) < 0.4, tuple(torch.randn(6, 3, 4) for _ in one.cell.parts))}},
        "recurrence": {"recurrence": False},
    }[edit]  # fmt: skip
    edits = Edits(**some)
    with record(decoder, edits) as tape:
        logits = decoder(given)
        assert not tape, "steps may follow"
    before = {"tokens": given["words"], "lengths": torch.full((3,), 6), "start": (given["start"], *given["rest"])}
    with record(one, edits) as whole:
        wanted = one(before)["logits"]
    torch.testing.assert_close(logits, wanted, **CLOSE)
    assert list(tape) == [f"one.{name}" for name in whole]
    for found, other in zip(tape.values(), whole.values(), strict=True):
        for a, b in zip((*found.before, *found.after), (*other.before, *other.after), strict=True):
            torch.testing.assert_close(a, b, **CLOSE)
        for part, value in other.kept.items():
            torch.testing.assert_close(found.kept[part], value, **CLOSE)
        for product, held in other.products.items():
            torch.testing.assert_close(found.products[product].inputs, held.inputs, **CLOSE)
            torch.testing.assert_close(
                found.products[product].stacked(found.products[product].outputs), held.stacked(held.outputs), **CLOSE
            )


def test_steps_of_another_number_of_texts_are_another_run() -> None:
    one = network("gru")
    with record(one) as tape:
        _, state, _ = one.step(torch.tensor([1]), one.start(1))
        state = one.select(state, torch.tensor([0, 0]))  # a beam grows
        for words in ([2, 3], [4, 5]):
            _, state, _ = one.step(torch.tensor(words), state)
    assert [len(done.nodes) for done in tape.values()] == [1, 2]
    assert list(tape) == ["cells.0.0", "cells.0.0#2"]
    assert torch.equal(tape["cells.0.0#2"].before[0][0], tape["cells.0.0"].after[0][0].expand(2, -1))


@pytest.mark.parametrize("name", CELLS)
def test_the_sweep_follows_losses_through_steps_that_feed_themselves(name: str) -> None:
    decoder = FeedsItself(name, 2)
    full = to_decode(decoder.one, given=False)
    given = {key: value[:, :1] if isinstance(value, Tensor) else value for key, value in full.items()}
    given["rest"] = tuple(part[:, :1] for part in full["rest"])

    def losses(outputs: Tensor, batch: dict[str, Tensor]) -> Tensor:
        return -outputs.log_softmax(2)[:, :, 1]

    (block,) = sweep(decoder, given, losses, range(6))
    decoder.requires_grad_(True)
    names = [name for name, _ in decoder.one.cells.named_parameters()]
    for t in range(6):
        loss = losses(decoder(given), given)[t, 0]
        torch.testing.assert_close(block.losses[t], loss.detach(), **CLOSE)
        wanted = torch.autograd.grad(loss, list(decoder.one.cells.parameters()))
        for key, gradient in zip(names, wanted, strict=True):
            layer, _, parameter = key.rpartition(".")
            torch.testing.assert_close(block.layers[f"one.cells.{layer}"].gradients()[parameter][t], gradient, rtol=0, atol=1e-12)
