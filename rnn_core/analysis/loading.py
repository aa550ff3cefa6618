"""A saved run, ready to answer. Torch is loaded with its network."""

from typing import TYPE_CHECKING, NamedTuple

from rnn_core import tasks
from rnn_core.config import Problem, RunConfig
from rnn_core.network.cells import Cell, cell_of
from rnn_core.workspace.runs import Run, Speech

if TYPE_CHECKING:
    from rnn_core.network.models import Network


class Loaded(NamedTuple):
    """A run's network in evaluation mode, with what it needs to read and to answer. Shared: never train it."""

    id: str
    config: RunConfig
    speech: Speech
    network: "Network"

    @property
    def cell(self) -> Cell:
        return self.network.cell

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The names of the k classes that the readout tells apart."""
        return tasks.of(self.config).outcomes(self.speech.vocabulary, self.speech.labels)


class Unopened(NamedTuple):
    """A run without its network, for a trace that was saved."""

    id: str
    config: RunConfig
    speech: Speech

    @property
    def cell(self) -> Cell:
        return cell_of(self.config.model)


def unopened(run: Run) -> Unopened:
    """Raises Problem when the run is damaged."""
    return Unopened(run.id, run.config, run.speech)


def load(run: Run) -> Loaded:
    """Raises Problem when the run is damaged or has no weights yet."""
    import torch

    from rnn_core.network.models import Network, parameter_shapes

    config, speech = run.config, run.speech
    words = len(speech.vocabulary)
    outputs = tasks.of(config).outputs(words, len(speech.labels))
    misfit = f"Run {run.id} is damaged: its weights do not fit its config. Delete it, or import it again."
    if run.weight_shapes() != parameter_shapes(config.model, words, outputs):
        raise Problem(misfit)  # before room is made for a network that may be as large as a config says
    weights = run.weights()
    network = Network(config.model, words, outputs)
    try:
        network.load_state_dict({name: torch.from_numpy(array) for name, array in weights.items()})
    except (RuntimeError, TypeError):
        raise Problem(misfit) from None
    return Loaded(run.id, config, speech, network.eval().requires_grad_(False))
