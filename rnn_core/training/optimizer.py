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
from typing import cast

import numpy as np
import torch
from torch import Tensor

from rnn_core.compiled import share_out
from rnn_core.config import TrainConfig
from rnn_core.network.models import Network
from rnn_core.training import kernels
from rnn_core.training.kernels import BETA1, BETA2

_RATIO = BETA1 / math.sqrt(BETA2)
_MEMORY = 400
"""Updates after which ρ^k is nothing in double precision."""


class _Moments:
    """Weights (N, n) with Adam's two moments of their gradient."""

    def __init__(self, weights: Tensor):
        self.weights, self.mean, self.square = weights, torch.zeros_like(weights), torch.zeros_like(weights)

    def update(self, rows: np.ndarray, gradient: Tensor, scale: float, rate: float, update: int) -> None:
        arrays = (a.numpy() for a in (self.weights, self.mean, self.square, gradient))
        kernels.adam(rows, *arrays, scale, rate, update)


class Optimizer:
    """Updates a network: its embedding by the rows of each batch, everything else whole.

    For each batch: `look_up` its words, compute the loss with that table, backward, `step`. Embeddings of words not in
    recent batches may lag behind until `catch_up`.

    Args:
        network: its parameters are updated in place; it stays on its device and of its dtype.
        config: optimizer, learning rate and clip.
    """

    def __init__(self, network: Network, config: TrainConfig):
        self.config, self.network = config, network
        self._rest = [p for p in network.parameters() if p is not network.embedding]
        # all but the embedding, end to end as one row: each parameter becomes a view of its part
        self._row = torch.cat([p.detach().flatten() for p in self._rest])[None]
        for p, part in zip(self._rest, self._row[0].split([p.numel() for p in self._rest]), strict=True):
            p.data = part.view_as(p)
        self._adam = config.optimizer == "adam"
        self.updates = 0
        if self._adam:
            self._words, self._dense = _Moments(self._embedding), _Moments(self._row)
        self._last = torch.zeros(len(network.embedding), dtype=torch.int64)  # the update that each word is up to date with
        self._still_to_move = np.zeros(0)

    @property
    def _embedding(self) -> Tensor:
        return self.network.embedding.detach()

    def look_up(self, rows: Tensor) -> Tensor:
        """The embeddings of these different words, (u, n), up to date and ready to collect a gradient."""
        self._make_up_for(rows)
        return self._embedding.index_select(0, rows).requires_grad_()

    def step(self, rows: Tensor, table: Tensor) -> float:
        """One update from the gradients of the network and of `table`, as `look_up` just gave it.

        Returns:
            The norm of the whole gradient, words included, before it was clipped.
        """
        assert self._rest[0].data_ptr() == self._row.data_ptr(), "the network's parameters have been moved or cast"
        words, *gradients = (cast(Tensor, p.grad) for p in (table, *self._rest))
        words, dense = words.contiguous(), torch.cat([g.flatten() for g in gradients])[None]
        norm = math.hypot(torch.linalg.vector_norm(dense), torch.linalg.vector_norm(words))
        clip, rate = self.config.clip, self.config.learning_rate
        scale = min(1.0, clip / (norm + 1e-6)) if clip else 1.0  # as torch's clip_grad_norm_ has it
        self.updates += 1
        if self._adam:
            self._dense.update(np.zeros(1, np.int64), dense, scale, rate, self.updates)
            self._words.update(rows.numpy(), words, scale, rate, self.updates)
            self._last.numpy()[rows.numpy()] = self.updates
        else:
            self._row.sub_(dense, alpha=rate * scale)
            self._embedding.index_add_(0, rows, words, alpha=-rate * scale)
        for p in self._rest:
            p.grad = None
        return norm

    def catch_up(self) -> None:
        """Brings every word up to date: before the weights are averaged, scored or saved as a run's."""
        self._make_up_for(torch.arange(len(self._last)))

    def _make_up_for(self, rows: Tensor) -> None:
        """Moves words in place by the updates since they were last up to date, in which they had no gradient."""
        if self._adam:
            words = self._words
            share_out(
                kernels.coast, len(rows), 1000, rows, words.weights, words.mean, words.square, self._last,
                self.updates, self.config.learning_rate, self._moves(),
            )  # fmt: skip

    def _moves(self) -> np.ndarray:
        """Σ_{k≥1} ρ^k w_{s+k} for each s: how far a word still goes after update s, in units of lr · m / √v."""
        if self.updates >= len(self._still_to_move):
            size = 2 * self.updates + 1000
            t = np.arange(1, size + _MEMORY, dtype=np.float64)
            w = np.sqrt(1 - BETA2**t) / (1 - BETA1**t)
            self._still_to_move = np.convolve(w, _RATIO ** np.arange(1, _MEMORY + 1)[::-1], "valid")
        return self._still_to_move

    # ---- what a checkpoint holds ------------------------------------------------------------------------------------

    def state(self) -> dict[str, Tensor]:
        """Everything a resumed training needs, by name."""
        held = {"last": self._last, "updates": torch.tensor(self.updates)}
        if self._adam:
            for name, moments in (("words", self._words), ("rest", self._dense)):
                held |= {f"mean.{name}": moments.mean, f"square.{name}": moments.square}
        return held

    def restore(self, held: dict[str, Tensor]) -> None:
        """Goes back to what `state` gave. Raises KeyError or RuntimeError when it is from another network."""
        if "mean.0" in held:  # checkpoints had the moments of each parameter by itself at first
            parts = range(len(self._rest))
            held = held | {f"{m}.rest": torch.cat([held[f"{m}.{i}"].flatten() for i in parts])[None] for m in ("mean", "square")}
        for name, values in self.state().items():
            if name != "updates":
                values.copy_(held[name])
        self.updates = int(held["updates"])
