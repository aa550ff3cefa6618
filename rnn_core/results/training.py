"""What a training wrote down."""

from dataclasses import dataclass
from typing import Any

import numpy as np


@dataclass(frozen=True)
class History:
    """What a training run wrote down.

    Attributes:
        steps: (u,) the update numbers at which the training loss was noted.
        losses: (u,) mean training loss per text since the note before, in nats.
        epoch_at: (u,) the epoch (with fraction) of each note.
        epochs: one dict per epoch: epoch, train_loss, dev_loss, dev_… scores, seconds, tokens_per_second.
    """

    steps: np.ndarray
    losses: np.ndarray
    epoch_at: np.ndarray
    epochs: tuple[dict[str, Any], ...]
