"""The general sweep against the plain stack's, and against autograd with a copy of each parameter at each step, in float64."""

from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy

from rnn_core.analysis import bptt_sweep
from rnn_core.analysis.bptt_pass import Target, at_logits, forward
from rnn_core.analysis.bptt_sweep import Met
from rnn_core.analysis.sweep import Block, Reached, sweep
from rnn_core.config import Problem
from rnn_core.data.vocabulary import EOS, PAD, SOS
from rnn_core.network.cells import Cell, State, cell_of
from rnn_core.network.embedding import Embedding
from rnn_core.network.recorded import Edits
from rnn_core.network.recurrent import Recurrent
from tests import by_hand
from tests.analysis.gradients import loaded, unrolled
from tests.tiny import CELLS, model_of

CLOSE = {"rtol": 0, "atol": 1e-12}
SHAPES = [(1, False), (2, False), (1, True), (2, True)]
"""Layers, both directions."""
INDICES = [SOS, 4, 5, 6, 7, 8, EOS]
STEPS, PADS = len(INDICES), 3


def of_class_1(outputs: Mapping[str, Tensor], batch: Mapping[str, Any]) -> Tensor:
    """(T, B) −log ŷ_t[1]."""
    return -outputs["logits"].log_softmax(2)[..., 1]


def padded() -> dict[str, Tensor]:
    return {"tokens": torch.tensor([*INDICES, *[PAD] * PADS])[:, None], "lengths": torch.tensor([STEPS])}


def joined(blocks: list[Block]) -> tuple[Tensor, dict[str, Any]]:
    """Values (R,), and by layer: δ, gradients at states, norms of copies, whole gradients."""
    found: dict[str, Any] = {}
    for name in blocks[0].layers:
        parts = [block.layers[name] for block in blocks]
        found[name] = (
            {p: torch.cat([one.deltas[p] for one in parts]) for p in parts[0].deltas},
            tuple(torch.cat(part) for part in zip(*(one.states for one in parts), strict=True)),
            {p: torch.cat([one.copies(p) for one in parts]) for p in parts[0].deltas},
            {p: torch.cat([one.gradients()[p] for one in parts]) for p in parts[0].gradients()},
        )
    return torch.cat([block.losses for block in blocks]), found


# ---- the plain stack ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("layers", "both"), SHAPES)
@pytest.mark.parametrize("name", CELLS)
def test_the_plain_stack_is_autograds_and_the_shortcuts(name: str, layers: int, both: bool) -> None:
    one = loaded(name, "tag" if both else "classify", layers=layers, bidirectional=both)
    asked = [0, 2, STEPS - 1]
    values, found = joined(list(sweep(one.network, padded(), of_class_1, asked)))
    twin = unrolled(one, INDICES)
    each = -twin.logits.log_softmax(1)[:, 1]
    done = forward(one.network, torch.tensor(INDICES))
    met: dict[tuple[int, int], tuple[Tensor, Tensor]] = {
        (i, j): (torch.zeros(STEPS, STEPS, len(read.parameters["weight_ih"])).double(),
                 torch.zeros(STEPS, STEPS, len(one.network.cell.parts) * 4).double()) for i, j, read in done.each()
    }  # fmt: skip

    def visit(copy: Met) -> None:
        met[copy.layer, copy.direction][0][copy.rows, copy.step] = copy.crossing.delta("weight_ih")
        met[copy.layer, copy.direction][1][copy.rows, copy.step] = copy.grad

    target = Target(torch.ones(STEPS, dtype=torch.int64), torch.ones(STEPS), False, "every", "sum")
    bptt_sweep.sweep(done, at_logits(done, target) @ one.network.weight_out, torch.eye(STEPS).double(), visit)
    for r, t in enumerate(asked):
        torch.testing.assert_close(values[r], each[t].detach(), **CLOSE)
        pairs = {key: torch.stack(copies) for key, copies in twin.gradient(each[t]).items()}
        for i, j, _ in done.each():
            deltas, states, copies, whole = found[f"cells.{i}.{j}"]
            own = "bias" if "bias" in deltas else "weight_ih"  # a bias that is added to a product has its δ
            torch.testing.assert_close(deltas[own][r, :STEPS], pairs[i, j, "bias"], **CLOSE)
            torch.testing.assert_close(deltas["weight_ih"][r, :STEPS], met[i, j][0][t], **CLOSE)
            torch.testing.assert_close(torch.cat(states, 2)[r, :STEPS], met[i, j][1][t], **CLOSE)
            assert all(not delta[r, STEPS:].any() for delta in deltas.values()), "a pad reaches nothing"
            for product, norms in copies.items():
                torch.testing.assert_close(norms[r, :STEPS], pairs[i, j, product].flatten(1).norm(dim=1), **CLOSE)
            for parameter, gradient in whole.items():
                torch.testing.assert_close(gradient[r], pairs[i, j, parameter].sum(0), **CLOSE)
            at_states = torch.autograd.grad(
                each[t], [part for state in twin.states[i, j] for part in state], retain_graph=True, allow_unused=True,
                materialize_grads=True,
            )  # fmt: skip
            together = torch.cat(states, 2)[r, :STEPS].flatten()
            torch.testing.assert_close(together, torch.cat([g.flatten() for g in at_states]), **CLOSE)


@pytest.mark.parametrize("bound", [1, 150_000])
def test_the_bound_in_bytes_changes_no_number(bound: int) -> None:
    one = loaded("lstm", "tag", layers=2, bidirectional=True)
    whole = list(sweep(one.network, padded(), of_class_1, range(STEPS)))
    parts = list(sweep(one.network, padded(), of_class_1, range(STEPS), block_bytes=bound))
    assert [block.rows for block in whole] == [slice(0, STEPS)]
    assert len(parts) == STEPS if bound == 1 else 1 < len(parts) < STEPS
    assert [block.rows.start for block in parts[1:]] == [block.rows.stop for block in parts[:-1]]
    torch.testing.assert_close(joined(parts), joined(whole), **CLOSE)
    assert not list(sweep(one.network, padded(), of_class_1, []))


def test_an_edit_and_a_start_are_those_of_every_row() -> None:
    one = loaded("gru")
    start = (torch.randn(1, 1, 4).double(),)
    before, one_text = {}, padded()
    for name, batch, edits in (("given", one_text | {"start": start}, None), ("edited", one_text, Edits(start=start))):
        _, before[name] = joined(list(sweep(one.network, batch, of_class_1, range(STEPS), edits)))
    torch.testing.assert_close(before["given"], before["edited"], **CLOSE)
    _, cut = joined(list(sweep(one.network, one_text, of_class_1, range(STEPS), Edits(recurrence=False))))
    delta = cut["cells.0.0"][0]["weight_ih"][:, :STEPS].norm(dim=2)
    assert (delta.diagonal() > 0).all() and not (delta - delta.diagonal().diag()).any()


# ---- an encoder and a decoder ---------------------------------------------------------------------------------------


class Translator(nn.Module):
    """Both directions' last states of the source start the decoder, which attends to the source by dot products."""

    def __init__(self, cell: Cell):
        super().__init__()
        self.source, self.target = Embedding(9, 5), Embedding(7, 3)
        self.encoder, self.decoder = Recurrent(cell, 5, 4, bidirectional=True), Recurrent(cell, 3, 8)
        self.out = nn.Linear(16, 7)

    def forward(self, batch: Mapping[str, Any]) -> dict[str, Tensor]:
        states, ends = self.encoder(self.source(batch["source"]), batch["source_lengths"])
        start = tuple(torch.cat((part[0], part[1]), 1)[None] for part in ends)
        h, _ = self.decoder(self.target(batch["tokens"]), batch["lengths"], start)
        scores = torch.einsum("tbd,sbd->tbs", h, states)
        true = torch.arange(len(states)) < batch["source_lengths"][:, None]
        context = torch.einsum("tbs,sbd->tbd", scores.masked_fill(~true, -torch.inf).softmax(2), states)
        return {"logits": self.out(torch.cat((h, context), 2))}


def each_loss(outputs: Mapping[str, Tensor], batch: Mapping[str, Any]) -> Tensor:
    logits, wanted = outputs["logits"], batch["wanted"]
    return cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="none").view_as(wanted)


def by_copies(cell: Cell, own: dict[str, Tensor], x: list[Tensor], state: State, back: bool) -> tuple[Any, Any]:
    """States by step, and by name a leaf of each parameter at each step."""
    copies = {name: [p.detach().clone().requires_grad_() for _ in x] for name, p in own.items()}
    states: list[State] = [()] * len(x)
    for i in reversed(range(len(x))) if back else range(len(x)):
        p = {name: leaves[i] for name, leaves in copies.items()}
        state, _ = by_hand.step(cell, p, x[i], state)
        states[i] = state
    return states, copies


@pytest.mark.parametrize("name", CELLS)
def test_through_attention_and_the_last_states_is_autograds(name: str) -> None:
    torch.manual_seed(0)
    cell = cell_of(model_of(name))
    network = Translator(cell).double().eval().requires_grad_(False)
    with torch.no_grad():
        for p in network.parameters():
            p.normal_(0, 0.5)
    source, target, wanted = torch.randint(0, 9, (5,)), torch.randint(0, 7, (4,)), torch.randint(0, 7, (4,))
    zeros = torch.zeros(2, dtype=torch.int64)
    batch = {
        "source": torch.cat((source, zeros))[:, None], "source_lengths": torch.tensor([5]),
        "tokens": target[:, None], "lengths": torch.tensor([4]), "wanted": wanted[:, None],
    }  # fmt: skip
    values, found = joined(list(sweep(network, batch, each_loss, range(4))))
    assert list(found) == ["encoder.0.0", "encoder.0.1", "decoder.0.0"]

    zero = tuple(torch.zeros(4).double() for _ in cell.parts)
    x = [network.source.weight[w] for w in source]
    ahead, first = by_copies(cell, network.encoder.layer(0, 0), x, zero, False)
    back, second = by_copies(cell, network.encoder.layer(0, 1), x, zero, True)
    start = tuple(torch.cat((one, other)) for one, other in zip(ahead[-1], back[0], strict=True))
    decoded, third = by_copies(cell, network.decoder.layer(0, 0), [network.target.weight[w] for w in target], start, False)
    held = torch.stack([torch.cat((one[0], other[0])) for one, other in zip(ahead, back, strict=True)])
    for t in range(4):
        h = decoded[t][0]
        context = (held @ h).softmax(0) @ held
        loss = cross_entropy(network.out(torch.cat((h, context))), wanted[t])
        torch.testing.assert_close(values[t], loss.detach(), **CLOSE)
        for layer, leaves in (("encoder.0.0", first), ("encoder.0.1", second), ("decoder.0.0", third)):
            deltas, _, copies, whole = found[layer]
            pairs = {
                key: torch.stack(torch.autograd.grad(loss, of, retain_graph=True, allow_unused=True, materialize_grads=True))
                for key, of in leaves.items()
            }
            steps = len(pairs["bias"])
            torch.testing.assert_close(deltas["bias" if "bias" in deltas else "weight_ih"][t, :steps], pairs["bias"], **CLOSE)
            for product, norms in copies.items():
                torch.testing.assert_close(norms[t, :steps], pairs[product].flatten(1).norm(dim=1), **CLOSE)
                assert not deltas[product][t, steps:].any()
            for parameter, gradient in whole.items():
                torch.testing.assert_close(gradient[t], pairs[parameter].sum(0), **CLOSE)
            if layer != "decoder.0.0" and name != "relu":
                assert (copies["weight_ih"][t, :steps] > 1e-8).all(), "every loss reaches every step of the source"


# ---- refused --------------------------------------------------------------------------------------------------------


class Normed(nn.Module):
    """What is read is changed by what other texts of the batch hold."""

    def __init__(self, kind: str):
        super().__init__()
        self.kind = kind
        self.embedding, self.cells = Embedding(9, 5), Recurrent(cell_of(model_of("gru")), 5, 4)
        self.norm = nn.BatchNorm1d(4)

    def forward(self, batch: Mapping[str, Any]) -> dict[str, Tensor]:
        h, _ = self.cells(self.embedding(batch["tokens"]), batch["lengths"])
        if self.kind == "batch norm":
            h = self.norm(h.flatten(0, 1)).view_as(h)
        elif self.kind == "mean":
            h = h - h.mean(1, keepdim=True)
        elif self.kind == "maximum":
            h = h + h.max(1, keepdim=True).values
        return {"logits": h}


@pytest.mark.parametrize("kind", ["batch norm", "mean", "maximum"])
def test_a_module_whose_rows_mix_is_refused(kind: str) -> None:
    with pytest.raises(Problem, match="texts of a batch mix"):
        next(sweep(Normed(kind).double().train(), padded(), of_class_1, [0, 3]))
    if kind == "batch norm":
        assert isinstance(next(sweep(Normed(kind).double().eval(), padded(), of_class_1, [0, 3])).layers["cells.0.0"], Reached)


def test_no_recurrent_layer_overflow_and_a_tensor_without_texts_are_said() -> None:
    class Bag(nn.Module):
        def forward(self, batch: Mapping[str, Any]) -> dict[str, Tensor]:
            return {"logits": batch["tokens"][:, :, None].double().expand(-1, -1, 3)}

    with pytest.raises(Problem, match="no recurrent layer"):
        next(sweep(Bag(), padded(), of_class_1, [0]))
    one = loaded("gru")
    one.network.bias_out[0] = torch.inf
    with pytest.raises(Problem, match="overflow"):
        next(sweep(one.network, padded(), of_class_1, [0]))
    with pytest.raises(ValueError, match="'at' of shape"):
        next(sweep(one.network, padded() | {"at": torch.arange(2)}, of_class_1, [0]))


def test_which_axis_counts_the_texts_can_be_said() -> None:
    class Turned(Normed):
        def forward(self, batch: Mapping[str, Any]) -> dict[str, Tensor]:
            assert batch["by_text"].shape == (len(batch["lengths"]), 1) and batch["one"] == 1
            return super().forward(batch)

    batch = padded() | {"by_text": torch.zeros(1, 1), "one": 1}
    assert next(sweep(Turned("").double(), batch, of_class_1, [0, 1], axes={"by_text": 0})).losses.shape == (2,)
