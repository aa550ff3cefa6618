"""The config of a run."""

from typing import Annotated

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from rnn_core.config.data import DataConfig
from rnn_core.config.fields import STRICT
from rnn_core.config.model import ModelConfig
from rnn_core.config.problem import Misfit
from rnn_core.config.training import TrainConfig
from rnn_core.language import N_, tr

FORMAT = 4
"""The number of the run format this code writes; a run with a higher one is refused."""

SPLITS = ("train", "dev", "test")


@dataclass(frozen=True, config=STRICT)
class RunConfig:
    """Everything that decides a run's weights, bit for bit, with the dataset that `fingerprint` names."""

    data: DataConfig
    model: ModelConfig
    train: TrainConfig
    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{64}$", title=N_("Fingerprint"), description=N_("sha256 of the data"))]
    name: str
    format: int = FORMAT

    @model_validator(mode="after")
    def _fits_together(self) -> "RunConfig":
        if self.model.bidirectional and self.train.truncate:
            raise Misfit(
                tr(
                    "Truncation reads in one direction, because the backward direction begins at the end of the text, "
                    "where no chunk but the last reaches; leave out one of the two.",
                ),
                "--no-bidirectional or --truncate 0",
            )
        if self.train.schedule == "cosine" and self.train.minutes and not self.train.updates:
            raise Misfit(
                tr(
                    "A cosine schedule needs the number of updates, which a limit in minutes does not give; limit the "
                    "updates too, or choose another schedule.",
                ),
                "--updates N or --schedule constant",
            )
        return self
