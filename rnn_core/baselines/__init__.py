"""Simple models that a network has to beat: each learns from the training split alone, and is scored like a network.

A task names its baselines (`Task.baselines`), and each is a file of this folder that defines `Baseline`.
"""

from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any, Protocol

from rnn_core.config import DataConfig
from rnn_core.data.examples import Example
from rnn_core.data.vocabulary import Vocabulary


class Known(Protocol):
    """The words and labels of the training split, as a dataset has them."""

    @property
    def vocabulary(self) -> Vocabulary: ...

    @property
    def labels(self) -> tuple[str, ...]: ...


class Model(Protocol):
    """One baseline. It is made from the config of the data, which says how texts are cut and whether capitals count.

    Attributes:
        title: its name for people, such as "tf-idf with logistic regression".
    """

    title: str

    def fit(self, train: Iterable[Sequence[Example]], dev: Iterable[Sequence[Example]], speech: Known) -> None:
        """Learns from the training split, given in pieces.

        Args:
            dev: chooses between settings, where there are any; it may be empty.
        """

    def answers(self, examples: Sequence[Example]) -> Any:
        """As `Task.floor` of its task takes them: for labels, the index of one for each example, or a list of one for each
        token."""


def model(name: str, config: DataConfig) -> Model:
    """A new baseline, by the name of its file."""
    made: Model = import_module(f"{__name__}.{name}").Baseline(config)
    return made


def title(name: str) -> str:
    """A baseline's name for people, in English; `tr` translates it."""
    found: str = import_module(f"{__name__}.{name}").Baseline.title
    return found
