"""A saved run, ready to answer. Torch is loaded with its network."""

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from rnn_core import tasks
from rnn_core.config import Problem, RunConfig
from rnn_core.language import tr
from rnn_core.network.cells import Cell, cell_of
from rnn_core.workspace import snapshots
from rnn_core.workspace.runs import Run, Speech

if TYPE_CHECKING:
    from rnn_core.network.models import Network


class Loaded(NamedTuple):
    """A run's network in evaluation mode on some device, with what it needs to read and to answer. Shared: never train it.

    Attributes:
        run: its folder; None if it is of no saved run.
        updates: those of its snapshots.
    """

    id: str
    config: RunConfig
    speech: Speech
    network: "Network"
    run: Run | None = None
    updates: tuple[int, ...] = ()

    @property
    def cell(self) -> Cell:
        return cell_of(self.config.model)

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The names of the k classes that the readout tells apart."""
        return tasks.of(self.config).outcomes(self.speech.vocabulary, self.speech.labels)


class Unopened(NamedTuple):
    """A run without its network, for a trace that was saved. Attributes as of `Loaded`."""

    id: str
    config: RunConfig
    speech: Speech
    run: Run
    updates: tuple[int, ...] = ()

    @property
    def cell(self) -> Cell:
        return cell_of(self.config.model)


def unopened(run: Run) -> Unopened:
    """Raises Problem when the run is damaged."""
    return Unopened(run.id, run.config, run.speech, run, _updates(run))


def _updates(run: Run) -> tuple[int, ...]:
    """The updates of its snapshots; those of a damaged file are not there, and the run opens all the same."""
    with suppress(Problem):
        return snapshots.updates(run)
    return ()


def readout_of(loaded: Loaded | Unopened) -> np.ndarray:
    """V, (k, D). Raises Problem when the run is damaged."""
    if isinstance(loaded, Unopened):
        return loaded.run.weights()["weight_out"]
    from rnn_core.network.device import array

    return array(loaded.network.weight_out)


def load(run: Run, device: str = "cpu") -> Loaded:
    """A run's network on a device, whichever it was trained on.

    Args:
        device: `cpu`, `cuda` or `auto`, as `--device` has it.

    Raises:
        Problem: when the run is damaged or has no weights yet, or the device is not there.
    """
    import torch

    from rnn_core.network.device import device_of
    from rnn_core.network.tensors import put, shapes_of

    place, config, speech, task = device_of(device), run.config, run.speech, tasks.of(run.config)
    misfit = tr("Run {id} is damaged: its weights do not fit its config. Delete it, or import it again.", id=run.id)
    if run.weight_shapes() != shapes_of(lambda: task.network(config, speech)):
        raise Problem(misfit)
    weights = run.weights()
    network = task.network(config, speech)
    try:
        put(network, {name: torch.from_numpy(array) for name, array in weights.items()})
    except (RuntimeError, TypeError):
        raise Problem(misfit) from None
    # Views of today look into the plain stack, which is every task's network so far.
    opened = cast("Network", network.to(place).eval().requires_grad_(False))
    return Loaded(run.id, config, speech, opened, run, _updates(run))
