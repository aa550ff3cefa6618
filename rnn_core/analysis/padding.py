"""What pads do to a text's states, answer and gradient, on either side, passed over or read like any token.

Passed over means: at a pad the state stays what it was. Reading forwards with the pads at the end, that is the network as
it is trained, which reads each text by its own length; with the pads at the start the state stays h_0 = 0 until the
first true step.
"""

import copy
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import linear

from rnn_core.analysis.loading import Loaded
from rnn_core.data.batches import Encoded
from rnn_core.data.vocabulary import PAD
from rnn_core.network.models import Network
from rnn_core.network.recurrence import inner_bias, zero_state
from rnn_core.results import PaddedRead, PaddingAudit, PaddingCost, Trace

SIDES = ("left", "right")
COUNTS = (0, 1, 2, 3, 5, 10, 20, 50)
"""Numbers of pads that the curves go over."""

MOST_PADS = 100

OPERATIONS = 4e9
"""Multiplications that reading many padded texts may take: about half a second."""


class _Row(NamedTuple):
    """A padded row.

    Attributes:
        tokens: (T + p,) rows of a table whose first is `<pad>`.
        true: (T + p,) which columns are true steps.
        fed: (T + p,) which columns are read: the true steps, or all.
        answer: (R,) the columns that answer.
    """

    tokens: np.ndarray
    true: np.ndarray
    fed: np.ndarray
    answer: np.ndarray


def audit(loaded: Loaded, trace: Trace, pads: int, label: str | None = None) -> PaddingAudit:
    """Reads one text with p pads in each of the four ways.

    Args:
        pads: p, up to `MOST_PADS`.
        label: the class that the loss asks for; None, or labelling: the network's own answer without pads.
    """
    per_token, steps = loaded.config.task.per_token, len(trace.tokens)
    plain = np.arange(1, steps - 1) if per_token else np.array([steps - 1])
    own = trace.readouts[plain].argmax(1)
    targets = own if per_token or label not in trace.labels else np.array([trace.labels.index(label)])
    used, tokens = np.unique([PAD, *trace.indices], return_inverse=True)
    twin = copy.deepcopy(loaded.network).requires_grad_(True)
    table = twin.embedding[used].detach().requires_grad_(True)  # no other row of E has a gradient
    tokens = tokens[1:]

    def measured(row: _Row) -> _Measured:
        return _measure(loaded, twin, table, row, targets)

    bare = measured(_row(tokens, 0, "right", True, per_token))
    size = _length(bare.gradient)
    reads = []
    for side in SIDES:
        for masked in (False, True):
            row = _row(tokens, pads, side, masked, per_token)
            found = measured(row)
            apart = [one - other for one, other in zip(found.gradient, bare.gradient, strict=True)]
            reads.append(PaddedRead(
                side, masked, found.states, row.true, row.answer,
                state=float(np.abs(found.states[row.answer] - bare.states[plain]).max()),
                answer=float(np.abs(found.p - bare.p).max()),
                gradient=max(float(part.abs().max()) for part in apart),
                ratio=_length(apart) / size if size else float("nan"),
                loss=found.loss,
                answers=found.p.argmax(1),
            ))  # fmt: skip
    counts = np.array(sorted({*COUNTS, pads}))
    curves, moved = {}, {}
    for side, masked in (("right", True), ("right", False), ("left", False)):
        p, h = _curve(loaded.network, trace.indices, counts, side, masked, targets, per_token)
        curves[side, masked], moved[side, masked] = p, np.abs(h - h[:, :1]).max((0, 2))
    # A batch of the network's own has its pads at the end; where those at the start are passed over, it is the same batch.
    curves["left", True], moved["left", True] = curves["right", True], moved["right", True]
    return PaddingAudit(pads, targets, bare.loss, bare.p.argmax(1), tuple(reads), counts, curves, moved)


def _row(tokens: np.ndarray, pads: int, side: str, masked: bool, per_token: bool) -> _Row:
    around = (pads, 0) if side == "left" else (0, pads)
    true = np.pad(np.ones(len(tokens), bool), around)
    steps = np.flatnonzero(true)
    # Without the lengths nobody knows where a text ends, so the answer is read from the last column.
    answer = steps[1:-1] if per_token else steps[-1:] if masked else np.array([len(true) - 1])
    return _Row(np.pad(tokens, around), true, true if masked else np.ones_like(true), answer)


class _Measured(NamedTuple):
    """The uppermost states (T + p, D), the answer's probabilities (R, k), the loss, and its gradient by parameter."""

    states: np.ndarray
    p: np.ndarray
    loss: float
    gradient: list[Tensor]


def _measure(loaded: Loaded, twin: Network, table: Tensor, row: _Row, targets: np.ndarray) -> _Measured:
    """Reads one padded row and takes the run's own loss; with every step's loss, pads that are read count, too."""
    if row.fed[0]:  # as in training: each text by its length
        length = torch.tensor([int(row.fed.sum())])
        top = twin.advance(table, torch.from_numpy(row.tokens)[:, None], length)[0][:, 0]
    else:
        top = read_masked(twin, table[torch.from_numpy(row.tokens)], torch.from_numpy(row.fed))
    log_p = twin.readout(top).log_softmax(1)
    config = loaded.config
    counted = row.answer
    if config.loss == "every" and not config.task.per_token:
        counted = np.flatnonzero(row.fed)
    each = -log_p[counted, targets]
    total = each.mean() if config.train.reduce == "mean" else each.sum()
    rest = [p for p in twin.parameters() if p is not twin.embedding]
    gradient = list(torch.autograd.grad(total, [table, *rest]))
    states, p, loss = (value.detach() for value in (top, log_p[row.answer].exp(), total))
    return _Measured(states.numpy(), p.numpy(), float(loss), gradient)


def read_masked(network: Network, x: Tensor, true: Tensor) -> Tensor:
    """The uppermost states, (T, D), for inputs x (T, n); where `true` (T,) is False the state stays what it was."""
    cell, fed = network.cell, true.tolist()
    for layer in range(network.config.layers):
        found = []
        for direction in range(network.directions):
            parameters = network.layer(layer, direction)
            a_input = linear(x, parameters["weight_ih"], parameters["bias"])[:, None].unbind()
            weight, inner = parameters["weight_hh"], inner_bias(cell, parameters)
            state = zero_state(cell, 1, network.config.hidden, x)
            h = [state[0]] * len(x)
            for t in reversed(range(len(x))) if direction else range(len(x)):
                if fed[t]:
                    state, _ = cell.step(a_input[t], linear(state[0], weight, inner), state)
                h[t] = state[0]
            found.append(torch.cat(h))
        x = torch.cat(found, dim=1)
    return x


@torch.no_grad()
def _curve(
    network: Network, indices: np.ndarray, counts: np.ndarray, side: str, masked: bool, targets: np.ndarray, per_token: bool
) -> tuple[np.ndarray, np.ndarray]:
    """With each number of pads, the probability of the targets (P,) and the states that answer (R, P, D).

    All in one batch of the network as it is trained.
    """
    steps, most = len(indices), int(counts[-1])
    tokens = np.full((steps + most, len(counts)), PAD)
    starts = counts if side == "left" else np.zeros_like(counts)
    for column, start in enumerate(starts):
        tokens[start : start + steps, column] = indices
    lengths = np.full(len(counts), steps) if masked else steps + counts
    h = network.hidden(torch.from_numpy(tokens), torch.from_numpy(lengths))
    columns = np.arange(len(counts))
    where = starts + np.arange(1, steps - 1)[:, None] if per_token else lengths[None] - 1
    answering = h[where, columns]
    p = network.readout(answering).softmax(2).numpy()
    return p[np.arange(len(where))[:, None], columns, targets[:, None]].mean(0), answering.numpy()


def _length(parts: Sequence[Tensor]) -> float:
    return float(torch.sqrt(sum((part.double() ** 2).sum() for part in parts)))  # type: ignore[arg-type]


# ---- many texts -----------------------------------------------------------------------------------------------------


def sample(network: Network, encoded: Encoded, operations: float) -> Encoded:
    """Texts spread evenly over a split: as many as can be read, padded to the longest, within so many multiplications."""
    m = len(encoded)
    weights = sum(p.numel() for p in network.cells.parameters())
    texts = int(np.clip(operations / (weights * max(int(encoded.lengths.max(initial=1)), 1)), 1, m))
    return part(encoded, np.unique(np.linspace(0, m - 1, texts).round().astype(int)))


def part(encoded: Encoded, rows: np.ndarray) -> Encoded:
    """Some texts of a split."""
    places = np.concatenate([np.arange(encoded.starts[row], encoded.starts[row + 1]) for row in rows])
    starts = np.concatenate([[0], np.cumsum(encoded.lengths[rows])])
    targets = encoded.targets[places] if encoded.per_token else encoded.targets[rows]
    return Encoded(encoded.indices[places], starts, targets, encoded.per_token)


@torch.no_grad()
def cost(network: Network, some: Encoded, available: int) -> PaddingCost:
    """What it costs to read classified texts from the last column instead of each from its own end.

    Args:
        some: the texts to read.
        available: how many there are to take them from.
    """
    batch = some.batch(np.arange(len(some)))
    tokens, lengths, targets = map(torch.from_numpy, (batch.tokens, batch.lengths, batch.targets))
    longest, every = len(tokens), torch.arange(len(lengths))
    whole = torch.full_like(lengths, longest)
    rows = zip(batch.tokens.T, batch.lengths, strict=True)
    moved = torch.from_numpy(np.stack([np.roll(row, longest - length) for row, length in rows], 1))

    def accuracy(fed: Tensor, known: Tensor) -> float:
        top = network.hidden(fed, known)[known - 1, every]
        return float((network.readout(top).argmax(1) == targets).double().mean())

    return PaddingCost(
        len(some), available, longest, accuracy(tokens, lengths), accuracy(tokens, whole), accuracy(moved, whole)
    )
