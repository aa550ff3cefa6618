"""What a forward pass did, step by step: a tape that recurrent layers write to while `record` is on.

    with record(network, Edits(recurrence=False)) as tape:
        outputs = network(batch)
    tape["cells.0.0"].after[0]  # h of the lowest layer, (T, B, d)

So the forward pass that trains is the one that is looked into, and every other reading of a text is an edit of it.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar

from torch import Tensor, nn

from rnn_core.network.recorded import Edits, Put, Recorded
from rnn_core.network.recording import Run


class Tape(dict[str, Recorded]):
    """By `PATH.LAYER.DIRECTION`, as parameters are named.

    Attributes:
        named: what modules put there by a name of their own, such as attention.
        open: by module, the layers of those that are run step by step from outside, as long as steps may follow.
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
        """Keeps a layer and direction of a module; of one that runs several times, the n-th under a name with `#n`."""
        name = ".".join(filter(None, (self.path(module), str(layer), str(direction))))
        self._runs[name] += 1
        self[name if self._runs[name] == 1 else f"{name}#{self._runs[name]}"] = done

    def close(self, module: nn.Module) -> None:
        """Writes the steps that a module has taken one by one; those that follow are another run."""
        for run in self.open.pop(module, ()):
            self.write(module, run.layer, run.direction, run.done())

    def path(self, module: nn.Module) -> str | None:
        """Where a module stands in the recorded one: "cells", or "" for itself; None: it is no part of it."""
        return self._paths.get(id(module))

    def edits(self, module: nn.Module) -> Edits:
        """Those of a module."""
        path = self.path(module)
        return _NONE if path is None else self._edits.get(path, _NONE)


_NONE = Edits()
_current: ContextVar[Tape | None] = ContextVar("tape", default=None)


@contextmanager
def record(network: nn.Module, edits: Edits | Mapping[str, Edits] = _NONE) -> Iterator[Tape]:
    """Within it, the recurrent layers of a module run step by step and write to the tape.

    Args:
        edits: of all recurrent layers, or by the path of each module of them.
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
    """The tape that is on in this thread, or None."""
    return _current.get()
