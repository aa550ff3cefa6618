"""The scores of a simple model."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class BaselineScores:
    """The scores of a simple model on the data of a run.

    Attributes:
        name: of its file in `rnn_core/baselines`.
        figures: as of a run, such as `dev_accuracy` and `test_accuracy`, by the same names.
        seconds: for fitting and scoring.
    """

    name: str
    figures: Mapping[str, Any]
    seconds: float
