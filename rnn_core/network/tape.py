"""The record of a forward pass, step by step: recurrent layers write to a tape within `record`.

    with record(network, Edits(recurrence=False)) as tape:
        outputs = network(batch)
    tape["cells.0.0"].after[0]  # h of the lowest layer, (T, B, d)

The recorded forward pass is that of training, and every variant of it is an edit.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from torch import Tensor, nn

from rnn_core.network.recorded import Edits, Put, Recorded
from rnn_core.network.recording import Run


class Tape(dict[str, Recorded]):
    """The records by `PATH.LAYER.DIRECTION`, as parameters are named.

    Attributes:
        named: further tensors that modules put on the tape, such as attention.
        open: by module, the unfinished runs of layers that are called step by step.
    """

    def __init__(self, network: nn.Module, edits: Mapping[str, Edits]):
        super().__init__()
        self.named: dict[str, Put] = {}
        self.open: dict[nn.Module, Sequence[Run]] = {}
        self._paths = {id(module): path for path, module in network.named_modules()}
        self._edits = edits
        self._runs: Counter[str] = Counter()

    def put(self, name: str, tensor: Tensor, axes: Sequence[str]) -> None:
        """Keeps a tensor of the forward pass under a name, such as ("attention", (S, T, B), ("source", "target", "text"))."""
        self.named[name] = Put(tensor, tuple(axes))

    def write(self, module: nn.Module, layer: int, direction: int, done: Recorded) -> None:
        """Keeps the record of a layer and direction of a module; if it runs several times, the name of the n-th has `#n`."""
        name = ".".join(filter(None, (self.path(module), str(layer), str(direction))))
        self._runs[name] += 1
        self[name if self._runs[name] == 1 else f"{name}#{self._runs[name]}"] = done

    def close(self, module: nn.Module) -> None:
        """Writes the single steps of a module so far as one run; further steps are another run."""
        for run in self.open.pop(module, ()):
            self.write(module, run.layer, run.direction, run.done())

    def path(self, module: nn.Module) -> str | None:
        """The path of a module in the recorded one, such as "cells", or "" for itself; None: it is not part of it."""
        return self._paths.get(id(module))

    def edits(self, module: nn.Module) -> Edits:
        """The edits of a module."""
        path = self.path(module)
        return _NONE if path is None else self._edits.get(path, _NONE)


_NONE = Edits()
_current: ContextVar[Tape | None] = ContextVar("tape", default=None)


@contextmanager
def record(network: nn.Module, edits: Edits | Mapping[str, Edits] = _NONE) -> Iterator[Tape]:
    """A context in which the recurrent layers of a module run step by step and write to a tape.

    Args:
        edits: the edits of all recurrent layers, or edits by the path of each `Recurrent`.
    """
    if isinstance(edits, Edits):
        edits = {path: edits for path, _ in network.named_modules()}
    tape = Tape(network, edits)
    token = _current.set(tape)
    try:
        yield tape
        for module in list(tape.open):
            tape.close(module)
    finally:
        _current.reset(token)


def current() -> Tape | None:
    """The tape of this thread, or None."""
    return _current.get()
