"""Adam and SGD that touch only the embeddings of the words in a batch.

A batch holds a few hundred different words of many thousand, and only their embeddings have a gradient. SGD leaves the
others as they are. Dense Adam does not: its first moment m goes on moving a word after its gradient, by less each time.
Those steps need no gradient, so they are made up for when the word is next looked at, all at once. With s the update
that last touched a word, and no gradient since, dense Adam (Kingma and Ba 2015) would have moved it at update τ > s by

    −lr · m β₁^(τ−s) / (1 − β₁^τ)  /  (√(v β₂^(τ−s) / (1 − β₂^τ)) + ε)  =  −lr · m ρ^(τ−s) w_τ / (√v + ε_τ)

with ρ = β₁ / √β₂, w_τ = √(1 − β₂^τ) / (1 − β₁^τ) and ε_τ = ε √(1 − β₂^τ) β₂^(−(τ−s)/2), of which the value at τ = s + 1 is
taken for all. The sum over τ is then one number, from a table. So the weights are those of dense Adam up to rounding and
to ε, which is 1e-8 beside a √v that is seldom under 1e-5.
"""

import math

import numpy as np
import torch
from torch import Tensor

from rnn_core.config import TrainConfig
from rnn_core.network.dense import Dense
from rnn_core.network.models import Network
from rnn_core.threads import share_out
from rnn_core.training import kernels
from rnn_core.training.kernels import BETA1, BETA2, EPSILON

_RATIO = BETA1 / math.sqrt(BETA2)
_MEMORY = 400
"""Updates after which ρ^k is nothing in double precision."""


class _Moments:
    """Weights (N, n) with Adam's two moments of their gradient."""

    def __init__(self, weights: np.ndarray):
        self.weights, self.mean, self.square = weights, np.zeros_like(weights), np.zeros_like(weights)

    def update(self, rows: np.ndarray, gradient: np.ndarray, scale: float, rate: float, update: int) -> None:
        kernels.adam(rows, self.weights, self.mean, self.square, gradient, scale, rate, update)


class Optimizer:
    """Updates a network: its embedding by the rows of each batch, everything else whole.

    For each batch: `look_up` its words, find the gradients with that table, `step`. Embeddings of words not in recent
    batches may lag behind until `catch_up`.

    Args:
        network: its embedding is updated in place.
        dense: all its other parameters, likewise, and their gradients.
        config: optimizer, learning rate and clip.
    """

    def __init__(self, network: Network, dense: Dense, config: TrainConfig):
        self.config, self.dense = config, dense
        self._embedding, self._row = network.embedding.detach().numpy(), dense.weights[None]
        self._adam = config.optimizer == "adam"
        self.updates = 0
        if self._adam:
            self._words, self._rest = _Moments(self._embedding), _Moments(self._row)
        self._last = np.zeros(len(network.embedding), np.int64)  # the update that each word is up to date with
        self._table = np.empty((5, 0))

    def look_up(self, rows: np.ndarray) -> np.ndarray:
        """The embeddings of these different words (u,), up to date, (u, n)."""
        self._make_up_for(rows)
        return self._embedding[rows]

    def step(self, rows: np.ndarray, words: np.ndarray) -> float:
        """One update from the gradients of the words (u,), (u, n), and those of `dense`.

        Returns:
            The norm of the whole gradient, words included, before it was clipped.
        """
        dense = self.dense.gradients[None]
        norm = math.hypot(*(torch.linalg.vector_norm(torch.from_numpy(g)) for g in (dense, words)))
        clip, rate = self.config.clip, self.config.learning_rate
        scale = min(1.0, clip / (norm + 1e-6)) if clip else 1.0  # as torch's clip_grad_norm_ has it
        self.updates += 1
        if self._adam:
            self._rest.update(np.zeros(1, np.int64), dense, scale, rate, self.updates)
            self._words.update(rows, words, scale, rate, self.updates)
            self._last[rows] = self.updates
        else:
            self._row -= dense * (rate * scale)
            self._embedding[rows] -= words * (rate * scale)
        return norm

    def catch_up(self) -> None:
        """Brings every word up to date: before the weights are averaged, scored or saved as a run's."""
        self._make_up_for(np.arange(len(self._last)))

    def _make_up_for(self, rows: np.ndarray) -> None:
        """Moves words in place by the updates since they were last up to date, in which they had no gradient."""
        if self._adam:
            words = self._words
            share_out(
                kernels.coast, len(rows), 1000, rows, words.weights, words.mean, words.square, self._last,
                self.updates, self.config.learning_rate, self._by_update(),
            )  # fmt: skip

    def _by_update(self) -> np.ndarray:
        """The table that `kernels.coast` reads, (5, > updates).

        For each s: Σ_{k≥1} ρ^k w_{s+k}, how far a word still goes after update s, in units of lr · m / √v; ρ^s, β₁^s and
        β₂^s; and ε √(1 − β₂^(s+1)).
        """
        if self.updates >= self._table.shape[1]:
            size = self.updates * 3 // 2 + 1000
            t = np.arange(1, size + _MEMORY, dtype=np.float64)
            w = np.sqrt(1 - BETA2**t) / (1 - BETA1**t)
            still_to_move = np.convolve(w, _RATIO ** np.arange(1, _MEMORY + 1)[::-1], "valid")
            s = np.arange(size, dtype=np.float64)
            self._table = np.stack(
                (still_to_move, _RATIO**s, BETA1**s, BETA2**s, EPSILON * np.sqrt(1 - BETA2 ** (s + 1)))
            )
        return self._table

    # ---- what a checkpoint holds ------------------------------------------------------------------------------------

    def state(self) -> dict[str, Tensor]:
        """Everything a resumed training needs, by name."""
        held = {"last": torch.from_numpy(self._last), "updates": torch.tensor(self.updates)}
        if self._adam:
            words, rest = self._words, self._rest
            held |= {"mean.words": torch.from_numpy(words.mean), "square.words": torch.from_numpy(words.square)}
            for name, row in (("mean.rest", rest.mean), ("square.rest", rest.square)):
                held[name] = torch.from_numpy(np.concatenate(self.dense.parts(row[0]))[None])
        return held

    def restore(self, held: dict[str, Tensor]) -> None:
        """Goes back to what `state` gave. Raises KeyError or ValueError when it is from another network."""
        self._last[:] = held["last"].numpy()
        self.updates = int(held["updates"])
        if self._adam:
            for name in ("mean", "square"):
                getattr(self._words, name)[:] = held[f"{name}.words"].numpy()
                parts = self.dense.parts(getattr(self._rest, name)[0])
                if f"{name}.0" in held:  # checkpoints had the moments of each parameter by itself at first
                    given = [held[f"{name}.{i}"].numpy().ravel() for i in range(len(parts))]
                else:
                    given = np.split(held[f"{name}.rest"].numpy()[0], np.cumsum([len(part) for part in parts])[:-1])
                for part, values in zip(parts, given, strict=True):
                    part[:] = values
