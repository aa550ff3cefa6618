"""What pads do to a text's states, answer and gradient, on either side, passed over or read like any token.

Passed over means: at a pad the state stays what it was. With the pads at the end that is what the network does in training,
where it reads each text by its own length; with the pads at the start the texts are read with a mask (`masked`), and the
state stays h_0 = 0 until the first true step.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.masked import gradients, read_masked
from rnn_core.analysis.steps import targets_of
from rnn_core.data.vocabulary import PAD
from rnn_core.network.models import Network
from rnn_core.results import PaddedRead, PaddingAudit, Trace

SIDES = ("left", "right")
COUNTS = (0, 1, 2, 3, 5, 10, 20, 50)
"""Numbers of pads that the curves go over."""

MOST_PADS = 100

_MOST_TOKENS, _MOST_STEPS = 500, 600

_MOST_NUMBERS = 2**25
"""Of the gradients of the rows that are read in one batch, 128 MB."""


def most_audited(network: Network) -> int:
    """Tokens of a text that an audit shall take: it reads them some forty times, forwards and backwards."""
    return min(_MOST_TOKENS, _MOST_STEPS // (network.config.layers * network.directions))


class _Row(NamedTuple):
    """A padded row.

    Attributes:
        tokens: (T + p,) rows of a table whose first is `<pad>`.
        true: (T + p,) which columns are true steps.
        fed: (T + p,) which columns are read: the true steps, or all.
        classes: (T + p,) the class that the loss asks for at each; −1 where none is.
        answer: (R,) the columns that answer.
    """

    tokens: np.ndarray
    true: np.ndarray
    fed: np.ndarray
    classes: np.ndarray
    answer: np.ndarray


def audit(loaded: Loaded, trace: Trace, pads: int, label: str | None = None) -> PaddingAudit:
    """Reads one text with numbers of pads, p among them, in each of the four ways.

    Args:
        pads: p, up to `MOST_PADS`.
        label: the class that the loss asks for; None: the network's own answer without pads.
    """
    task, classes = tasks.of(loaded.config), targets_of(loaded, trace, label)
    targets = classes[task.answered(len(trace.tokens))]
    used, tokens = np.unique(np.concatenate((np.full_like(trace.fed[:1], PAD), trace.fed)), axis=0, return_inverse=True)
    tokens = tokens.ravel()[1:]
    text = _Text(loaded, torch.from_numpy(used), targets)
    counts = np.array(sorted({*COUNTS, pads}))
    ways = {
        (side, masked): [_row(tokens, classes, count, side, masked, task) for count in counts.tolist()]
        for side in SIDES for masked in (False, True)
    }  # fmt: skip
    measured = text.read([_row(tokens, classes, 0, "right", True, task), *(row for rows in ways.values() for row in rows)])
    bare = next(measured)
    size = _length(bare.gradient.values())
    reads: list[PaddedRead] = []
    curves, moved, drift = {}, {}, {}
    for way, rows in ways.items():
        line = [_compared(row, next(measured), bare, size, *way) for row in rows]
        curves[way] = np.array([p for p, _ in line])
        moved[way] = np.array([read.state for _, read in line])
        drift[way] = np.array([read.ratio for _, read in line])
        reads.append(line[int(np.searchsorted(counts, pads))][1])
    return PaddingAudit(pads, targets, bare.loss, bare.p.argmax(1), tuple(reads), counts, curves, moved, drift)


def _row(tokens: np.ndarray, classes: np.ndarray, pads: int, side: str, masked: bool, task: tasks.Task) -> _Row:
    around = (pads, 0) if side == "left" else (0, pads)
    true = np.pad(np.ones(len(tokens), bool), around)
    steps = np.flatnonzero(true)
    answer = steps[task.answered(len(steps))]
    if not masked:  # nobody knows where the text ends, so an answer that is read there is read from the last column
        answer = np.where(answer == steps[-1], len(true) - 1, answer)
    fed = true if masked else np.ones_like(true)
    # A pad is asked what the special beside it is asked: the class of the text, or no tag.
    return _Row(np.pad(tokens, around), true, fed, np.pad(classes, around, mode="edge"), answer)


class _Measured(NamedTuple):
    """The uppermost states (T + p, D) and those that answer (R, D), with the probabilities (R, k) of the answer and of the
    targets (R,), the loss, and its gradient by parameter."""

    states: np.ndarray
    answering: np.ndarray
    p: np.ndarray
    asked: np.ndarray
    loss: float
    gradient: dict[str, Tensor]


class _Text(NamedTuple):
    """What is read with pads: a text by a network.

    Attributes:
        used: the different tokens of the text and its pads as they are fed, (rows,) or (rows, 1 + F).
        targets: (R,).
    """

    loaded: Loaded
    used: Tensor
    targets: np.ndarray

    def read(self, rows: Sequence[_Row]) -> Iterator[_Measured]:
        """Rows in batches with a mask, as many at once as `_MOST_NUMBERS` allows: each row has a gradient of its own."""
        size = max(1, _MOST_NUMBERS // sum(p.numel() for p in self.loaded.network.cells.parameters()))
        for first in range(0, len(rows), size):
            yield from self._batch(rows[first : first + size])

    def _batch(self, rows: Sequence[_Row]) -> Iterator[_Measured]:
        """The shorter rows are filled up at the end, and masked there as well."""
        network, longest = self.loaded.network, max(len(row.tokens) for row in rows)
        tokens, fed = (
            torch.from_numpy(np.stack([np.pad(part, (0, longest - len(part))) for part in parts], 1))
            for parts in ([row.tokens for row in rows], [row.fed for row in rows])
        )
        outputs, tape = read_masked(network, self.used[tokens], fed)
        top, logits = outputs["states"], outputs["logits"]
        losses = torch.stack([self._loss(row, logits[:, column]) for column, row in enumerate(rows)])
        found = gradients(outputs, tape, losses)
        inputs = found.pop("inputs")
        for column, row in enumerate(rows):
            gradient = self._at_tables(tokens[:, column], inputs[column]) | {name: part[column] for name, part in found.items()}
            yield self._measured(row, top[:, column], logits[:, column], losses[column], gradient)

    def _at_tables(self, tokens: Tensor, inputs: Tensor) -> dict[str, Tensor]:
        """The gradients of the rows of each embedding that are used, from those of the inputs, (T + p, n)."""
        used, found = self.used.view(len(self.used), -1), {}
        for i, (path, columns) in enumerate(self.loaded.network.inputs.columns.items()):
            own, place = torch.unique(used[:, i], return_inverse=True)
            part = inputs[:, columns]
            found[f"{path}.weight"] = part.new_zeros(len(own), part.shape[1]).index_add_(0, place[tokens], part)
        return found

    def _loss(self, row: _Row, logits: Tensor) -> Tensor:
        """The run's own loss of one row, (T + p, k) logits, with the columns that are read as its steps."""
        config, fed = self.loaded.config, np.flatnonzero(row.fed)
        weights = tasks.of(config).weights(config, np.array([len(fed)]), len(fed))[:, 0]
        counted = fed[(weights > 0) & (row.classes[fed] >= 0)]
        each = -logits[counted].log_softmax(1)[np.arange(len(counted)), row.classes[counted]]
        return each.mean() if config.train.reduce == "mean" else each.sum()

    def _measured(self, row: _Row, top: Tensor, logits: Tensor, total: Tensor, gradient: dict[str, Tensor]) -> _Measured:
        states = top.detach().numpy()[: len(row.tokens)]
        p = logits.detach()[row.answer].softmax(1).numpy()
        return _Measured(states, states[row.answer], p, p[range(len(p)), self.targets], float(total.detach()), gradient)


def _compared(
    row: _Row, found: _Measured, bare: _Measured, size: float, side: str, masked: bool
) -> tuple[float, PaddedRead]:
    """The probability of the targets (the mean over tokens), and the read held against the text without pads."""
    apart = [found.gradient[name] - part for name, part in bare.gradient.items()]
    read = PaddedRead(
        side, masked, found.states, row.true, row.answer,
        state=float(np.abs(found.answering - bare.answering).max()),
        answer=float(np.abs(found.p - bare.p).max()),
        gradient=max(float(part.abs().max()) for part in apart),
        ratio=_length(apart) / size if size else float("nan"),
        loss=found.loss,
        answers=found.p.argmax(1),
    )  # fmt: skip
    return float(found.asked.mean()), read


def _length(parts: Iterable[Tensor]) -> float:
    return math.sqrt(sum(float(part.double().square().sum()) for part in parts))
