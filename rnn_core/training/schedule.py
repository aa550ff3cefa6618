"""The learning rate over a training: a warm-up, then constant, along a cosine, or halved where dev no longer improves."""

import numpy as np

from rnn_core.config import TrainConfig


class Schedule:
    """The learning rate η_τ of each update τ, counted from 1.

    With w updates of warm-up (Goyal et al. 2017), of M updates in all:

        η_τ = η · min(1, τ / w) · s_τ,  s_τ = 1                                           constant
                                        s_τ = ½ (1 + cos(π (τ − 1 − w) / (M − w)))        cosine, from τ = w + 1 (Loshchilov
                                                                                          and Hutter 2017, without restarts)
                                        s_τ = ½ ^ (epochs without a better dev score)     plateau

    Args:
        config: learning rate η, schedule and warm-up.
        updates: M, at which a cosine schedule ends.

    Attributes:
        halvings: how often a plateau has halved the learning rate.
    """

    def __init__(self, config: TrainConfig, updates: int):
        self.config, self.updates = config, updates
        self.halvings = 0

    def planned(self, update: np.ndarray) -> np.ndarray:
        """η_τ / η as known before the training, without the halvings, for updates of any shape."""
        warm = self.config.warmup
        share = np.minimum(1.0, update / warm) if warm else np.ones(np.shape(update))
        if self.config.schedule == "cosine":
            done = np.clip((update - 1 - warm) / max(1, self.updates - warm), 0, 1)
            share = share * (1 + np.cos(np.pi * done)) / 2
        return share

    @property
    def reached(self) -> float:
        """η with the halvings so far."""
        return self.config.learning_rate * 0.5**self.halvings

    def rate(self, update: int) -> float:
        """η_τ."""
        return self.reached * float(self.planned(np.array(update, np.float64)))

    def worse(self) -> None:
        """Tells a plateau of an epoch without a better dev score."""
        self.halvings += self.config.schedule == "plateau"
