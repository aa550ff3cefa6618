"""Recurrent layers as one torch module."""

import math
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from rnn_core.network.cells import PLAIN, Cell, State
from rnn_core.network.device import host
from rnn_core.network.dropout import Dropout
from rnn_core.network.embedding import Rows
from rnn_core.network.recorded import Edits
from rnn_core.network.recording import Run, with_gradient
from rnn_core.network.recurrence import Applied, Parameters, run
from rnn_core.network.tape import Tape, current


class Recurrent(nn.Module):
    """A cell unrolled over time, in stacked layers, in one direction or both.

    Parameters are named `{layer}.{direction}.weight_ih` and so on, as the cell declares them.

    States are tuples of parts, (h,) or (h, m), each (layers · directions, B, d) as in torch.nn: layer by layer, and within a
    layer the forward direction first.

    Args:
        cell: the cell.
        n: input width.
        d: hidden units per direction.
        layers: the number of layers.
        bidirectional: whether there is a backward direction, which reads each text from its own end.
        dropout: the dropout probability for the inputs of each layer but the lowest, in training.
        initialisation: as for `initialise`.
        variational: as for `Dropout`.
    """

    def __init__(
        self,
        cell: Cell,
        n: int,
        d: int,
        layers: int = 1,
        bidirectional: bool = False,
        dropout: float = 0.0,
        initialisation: str = "orthogonal",
        variational: bool = False,
    ):
        super().__init__()
        self.cell, self.hidden, self.layers, self.directions = cell, d, layers, 2 if bidirectional else 1
        self.dropout = Dropout(dropout, variational)
        width = n
        for layer in range(layers):
            declared = cell.parameters(width, d)
            self.add_module(
                str(layer),
                nn.ModuleList(
                    nn.ParameterDict({name: nn.Parameter(torch.empty(p.shape)) for name, p in declared.items()})
                    for _ in range(self.directions)
                ),
            )
            width = d * self.directions
        for layer, direction in self.each():
            initialise(cell, self.layer(layer, direction), initialisation)

    def layer(self, layer: int, direction: int) -> Parameters:
        """The parameters of one layer and direction, by name."""
        return dict(self._modules[str(layer)][direction].items())  # type: ignore[index]

    def applied(self, layer: int, direction: int) -> Applied:
        """The same in the form that a step uses."""
        return Applied(self.cell, self.layer(layer, direction))

    def each(self) -> Iterator[tuple[int, int]]:
        """The indices of all layers and directions."""
        for layer in range(self.layers):
            for direction in range(self.directions):
                yield layer, direction

    def zero(self, batch: int, like: Tensor) -> State:
        """The zero state, with the dtype and device of `like`."""
        return tuple(like.new_zeros(self.layers * self.directions, batch, self.hidden) for _ in self.cell.parts)

    def forward(self, x: Tensor | Rows, lengths: Tensor, start: State | None = None) -> tuple[Tensor, State]:
        """Returns the states of the top layer, (T, B, D), both directions side by side and zero at pads, and the state after
        each text's last step. While a tape is recording, the layers run step by step.

        Args:
            x: inputs, (T, B, n), padded at the end.
            lengths: steps of each text without padding, (B,).
            start: the state before the first step; None: zero. The backward direction's first step is each text's last.
        """
        tape = current()
        if tape is not None and tape.path(self) is not None:
            return self._recorded(tape, x.whole() if isinstance(x, Rows) else x, lengths, start)
        which = None
        if isinstance(x, Rows):
            x, which = x
        ends = []
        for layer in range(self.layers):
            here = slice(layer * self.directions, (layer + 1) * self.directions)
            x, end = run(
                self.cell, self._dropped(x, layer), lengths,
                [self.layer(layer, k) for k in range(self.directions)],
                None if start is None else tuple(part[here] for part in start), which,
            )  # fmt: skip
            which = None
            ends.append(end)
        return x, tuple(torch.cat(parts) for parts in zip(*ends, strict=True)) if len(ends) > 1 else ends[0]

    def step(self, x: Tensor, state: State) -> tuple[State, list[dict[str, Tensor]]]:
        """One step of all layers, for generation token by token. The h of the top layer is state[0][-1].

        Under a tape, consecutive steps with the same number of texts are one run, which is written to the tape at the end of
        `record`.

        Args:
            x: inputs, (B, n), or one for all texts, (1, n).
            state: the state before the step.

        Returns:
            The state after it, and for each layer the values that the cell kept, by name, (B, d).

        Raises:
            ValueError: if there is a backward direction, which would begin at the end of the text.
        """
        if self.directions > 1:
            raise ValueError("a backward direction cannot be read step by step")
        tape = current()
        runs = [] if tape is None or tape.path(self) is None else self._open(tape, len(x))
        if runs and not len(runs[0]) and (start := runs[0].edits.start):
            state = tuple(part.expand(-1, len(x), -1) for part in start)
        after, kept = [], []
        for layer in range(self.layers):
            x, before = self._dropped(x, layer), tuple(part[layer] for part in state)
            if runs:
                new, extra = runs[layer].read(x, before)
            else:
                p = self.applied(layer, 0)
                new, extra = self.cell.step(p, p.inputs(x), before)
            after.append(new)
            kept.append(dict(zip(self.cell.kept_names, extra, strict=True)))
            x = new[0]
        return tuple(torch.stack(parts) for parts in zip(*after, strict=True)), kept

    def _dropped(self, x: Tensor, layer: int) -> Tensor:
        """The inputs of a layer, with dropout above the lowest."""
        return self.dropout.states(x, layer) if layer else x

    def _open(self, tape: Tape, texts: int) -> Sequence[Run]:
        """The run of the next step, for each layer."""
        runs = tape.open.get(self)
        if not runs or runs[0].texts != texts:
            tape.close(self)
            runs = tape.open[self] = [self._run(layer, 0, tape.edits(self)) for layer in range(self.layers)]
        return runs

    def _run(self, layer: int, direction: int, edits: Edits) -> Run:
        return Run(self.applied(layer, direction), edits, layer, direction)

    def _recorded(self, tape: Tape, x: Tensor, lengths: Tensor, start: State | None) -> tuple[Tensor, State]:
        edits = tape.edits(self)
        start = tuple(part.expand(-1, x.shape[1], -1) for part in edits.start or start or self.zero(x.shape[1], x))
        true = torch.arange(len(x), device=x.device)[:, None] < lengths
        mask = None if edits.mask is None and bool(host(true.all())) else true if edits.mask is None else edits.mask
        tape.close(self)
        x, ends = with_gradient(x), []
        for layer in range(self.layers):
            x, tops = with_gradient(self._dropped(x, layer)), []
            for k in range(self.directions):
                run = self._run(layer, k, edits)
                ends.append(run.over(x, tuple(part[layer * self.directions + k] for part in start), mask))
                done = run.done()
                tape.write(self, layer, k, done)
                tops.append(done.after[0])
            x = torch.cat(tops, 2) if len(tops) > 1 else tops[0]
        return x if mask is None else x * true[:, :, None], tuple(torch.stack(parts) for parts in zip(*ends, strict=True))


@torch.no_grad()
def initialise(cell: Cell, parameters: Parameters, scheme: str) -> None:
    """Sets the parameters of one layer and direction, drawing from torch's global generator.

    Args:
        scheme: `orthogonal`: as the cell declares each block of rows: U Glorot uniform (Glorot and Bengio 2010), W orthogonal
            (Saxe et al. 2014), biases 0 except for gates that keep the state, which start mostly open (`Cell.biases`). `torch`:
            matrices and biases uniform in ±1/√d as in torch.nn, where one bias here is the sum of torch's two; parameters that
            torch.nn lacks, as declared.
    """
    d = cell.hidden(parameters)
    bound = 1 / math.sqrt(d)
    for name, p in parameters.items():
        one = cell.declared[name]
        if scheme == "torch" and one.of != PLAIN:
            p.uniform_(-bound, bound)
            if one.of in cell.of_inputs and cell.of_step:  # the sum of torch's two, unless the cell has the second one itself
                others = sum(len(parameters[other]) for product in cell.of_step for other in cell.biases_of(product))
                both = p[: len(p) - others]
                both.add_(torch.empty_like(both).uniform_(-bound, bound))
            continue
        for i, block in enumerate(p.split(d)):
            if one.start == "glorot":
                nn.init.xavier_uniform_(block)
            elif one.start == "orthogonal":
                nn.init.orthogonal_(block)
            else:
                block.fill_(one.start[i])
