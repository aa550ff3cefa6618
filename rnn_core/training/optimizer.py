"""Adam and SGD that update only those rows of an embedding that a batch reads.

A batch holds a few hundred different words of many thousand, and only their embeddings have a gradient. SGD leaves the
others unchanged. Dense Adam does not: its first moment m continues to move a word after its gradient, by less each time.
These steps need no gradient, so they are applied together when the word is next read. If s is the update that last
touched a word, without a gradient since, dense Adam (Kingma and Ba 2015) would have moved it at update τ > s by

    −lr · m β₁^(τ−s) / (1 − β₁^τ)  /  (√(v β₂^(τ−s) / (1 − β₂^τ)) + ε)  =  −lr · m ρ^(τ−s) w_τ / (√v + ε_τ)

with ρ = β₁ / √β₂, w_τ = √(1 − β₂^τ) / (1 − β₁^τ) and ε_τ = ε √(1 − β₂^τ) β₂^(−(τ−s)/2), of which the value at τ = s + 1 is
used for all τ. The sum over τ is then one number, from a table; the share of lr that a schedule plans for update τ is a factor
of w_τ. The weights equal those of dense Adam up to rounding and up to ε, which is 1e-8, while √v is rarely below 1e-5.
"""

import copy
import math
from collections import Counter
from collections.abc import Mapping
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from rnn_core.config import TrainConfig
from rnn_core.network.dense import Dense
from rnn_core.network.embedding import Embedding
from rnn_core.threads import share_out
from rnn_core.training import kernels
from rnn_core.training.kernels import BETA1, BETA2, EPSILON
from rnn_core.training.schedule import Schedule

_RATIO = BETA1 / math.sqrt(BETA2)
_MEMORY = 400
"""The number of updates k after which ρ^k is negligible in double precision."""


class _Moments:
    """Weights (N, n) with Adam's two moments."""

    def __init__(self, weights: np.ndarray):
        self.weights, self.mean, self.square = weights, np.zeros_like(weights), np.zeros_like(weights)

    def update(self, rows: np.ndarray, gradient: np.ndarray, scale: float, rate: float, update: int) -> None:
        kernels.adam(rows, self.weights, self.mean, self.square, gradient, scale, rate, update)


class _Table:
    """An embedding that is updated by rows, in place.

    Attributes:
        last: (N,) the update that each row is up to date with.
    """

    def __init__(self, embedding: Embedding, adam: bool):
        self.embedding, self.weights = embedding, embedding.weight.detach().numpy()
        self.moments = _Moments(self.weights) if adam else None
        self.last = np.zeros(len(self.weights), np.int64)


def by_rows(network: nn.Module) -> dict[str, Embedding]:
    """The embeddings of a network that are updated by rows, by path: those not shared with another module."""
    shared = Counter(id(p) for _, p in network.named_parameters(remove_duplicate=False))
    return {
        path: module
        for path, module in network.named_modules()
        if isinstance(module, Embedding) and shared[id(module.weight)] == 1
    }


def decays(parameter: Tensor) -> bool:
    """Whether weight decay makes a parameter smaller: a matrix, and no bias. Embeddings that are updated by rows stay too."""
    return parameter.ndim >= 2


class Optimizer:
    """Updates a network: its embeddings by the rows of each batch, all other parameters as a whole.

    For each batch: compute the gradients, then `step`. Rows are brought up to date before they are read (`Embedding.attach`);
    those not in recent batches may lag behind until `catch_up`. An embedding that two modules share is updated as a whole,
    because the other one, such as a softmax over all words, gives every row a gradient.

    Args:
        network: the network, in CPU memory.
        config: optimizer, learning rate and its schedule, weight decay, and clip.
        updates: the number of updates of the whole training, at which a cosine schedule ends.

    Attributes:
        dense: all parameters except those embeddings, and their gradients.
        schedule: the learning rate of each update. It may halve only where all rows are up to date (`catch_up`).
    """

    def __init__(self, network: nn.Module, config: TrainConfig, updates: int = 0):
        tables = by_rows(network)
        self.config, self.dense, self.schedule = config, Dense(network, tables.values()), Schedule(config, updates)
        self._adam, self._row = config.optimizer == "adam", self.dense.weights[None]
        self._rest = _Moments(self._row) if self._adam else None
        self._tables = {path: _Table(embedding, self._adam) for path, embedding in tables.items()}
        for table in self._tables.values():
            table.embedding.attach(partial(self._make_up_for, table))
        parts = zip(self.dense.parts(self.dense.weights), self.dense.parameters, strict=True)
        self._matrices = [part for part, p in parts if decays(p)] if config.weight_decay else []
        self.updates = 0
        self._powers = np.empty((5, 0))

    @property
    def tables(self) -> list[Embedding]:
        """The embeddings that are updated by rows."""
        return [table.embedding for table in self._tables.values()]

    def zero_grad(self) -> None:
        """Sets the gradients in `dense` to zero; autograd accumulates there."""
        self.dense.receive()

    def step(self, given: Mapping[int, tuple[np.ndarray, np.ndarray]]) -> float:
        """Makes one update from the gradients in `dense` and those of the rows that were read.

        Args:
            given: for each embedding, by `id`: the rows read, (u,), and ∂L/∂ of them, (u, n).

        Returns:
            The gradient norm, embeddings included, before clipping.
        """
        dense = self.dense.gradients[None]
        norm = math.hypot(*(torch.linalg.vector_norm(torch.from_numpy(g)) for g in (dense, *(g for _, g in given.values()))))
        clip = self.config.clip
        scale = min(1.0, clip / (norm + 1e-6)) if clip else 1.0  # as in torch's clip_grad_norm_
        self.updates += 1
        rate = self.schedule.rate(self.updates)
        for part in self._matrices:
            part *= 1 - rate * self.config.weight_decay
        if self._rest:
            self._rest.update(np.zeros(1, np.int64), dense, scale, rate, self.updates)
        else:
            self._row -= dense * (rate * scale)
        for table in self._tables.values():
            rows, gradient = given[id(table.embedding)]
            if table.moments:
                table.moments.update(rows, gradient, scale, rate, self.updates)
                table.last[rows] = self.updates
            else:
                table.weights[rows] -= gradient * (rate * scale)
        return norm

    def catch_up(self) -> None:
        """Brings all rows up to date: before the weights are averaged, scored or saved."""
        for table in self._tables.values():
            self._make_up_for(table, np.arange(len(table.last)))

    def up_to_date(self) -> dict[str, Tensor]:
        """Copies of the embeddings with all rows up to date, by the parameter's name.

        Unlike `catch_up` it changes nothing of the training: a row that misses three updates would round otherwise if it was
        brought up to date in between.
        """
        found = {}
        for path, table in self._tables.items():
            moments, last = copy.deepcopy(table.moments), table.last.copy()
            self._coast(moments, last, np.arange(len(last)))
            found[f"{path}.weight"] = torch.from_numpy(moments.weights if moments else table.weights.copy())
        return found

    def _make_up_for(self, table: _Table, rows: np.ndarray) -> None:
        self._coast(table.moments, table.last, rows)

    def _coast(self, moments: _Moments | None, last: np.ndarray, rows: np.ndarray) -> None:
        """Applies the updates that rows have missed, in place; they had no gradient in these."""
        if moments:
            share_out(
                kernels.coast, len(rows), 1000, rows, moments.weights, moments.mean, moments.square, last,
                self.updates, self.schedule.reached, self._by_update(),
            )  # fmt: skip

    def _by_update(self) -> np.ndarray:
        """The table that `kernels.coast` reads, (5, > updates).

        For each s: Σ_{k≥1} ρ^k w_{s+k}, the sum of a word's steps after update s, in units of lr · m / √v, with the planned
        share of lr in w; ρ^s, β₁^s and β₂^s; and ε √(1 − β₂^(s+1)).
        """
        if self.updates >= self._powers.shape[1]:
            size = self.updates * 3 // 2 + 1000
            t = np.arange(1, size + _MEMORY, dtype=np.float64)
            w = np.sqrt(1 - BETA2**t) / (1 - BETA1**t) * self.schedule.planned(t)
            still_to_move = np.convolve(w, _RATIO ** np.arange(1, _MEMORY + 1)[::-1], "valid")
            s = np.arange(size, dtype=np.float64)
            self._powers = np.stack(
                (still_to_move, _RATIO**s, BETA1**s, BETA2**s, EPSILON * np.sqrt(1 - BETA2 ** (s + 1)))
            )
        return self._powers

    # ---- what a checkpoint holds ------------------------------------------------------------------------------------

    def state(self) -> dict[str, Tensor]:
        """The tensors of a checkpoint, by name."""
        held = {"updates": torch.tensor(self.updates), "halvings": torch.tensor(self.schedule.halvings)}
        for path, table in self._tables.items():
            held[f"last.{path}"] = torch.from_numpy(table.last)
            if moments := table.moments:
                held[f"mean.{path}"], held[f"square.{path}"] = map(torch.from_numpy, (moments.mean, moments.square))
        if self._rest:
            for name, row in (("mean", self._rest.mean), ("square", self._rest.square)):
                held[f"{name}:rest"] = torch.from_numpy(np.concatenate(self.dense.parts(row[0]))[None])
        return held

    def restore(self, held: dict[str, Tensor]) -> None:
        """Restores the result of `state`. Raises KeyError or ValueError if it is from another network."""
        if "last" in held:  # of formats 1 and 2
            held = {_RENAMED.get(name, name): value for name, value in held.items()}
        self.updates, self.schedule.halvings = int(held["updates"]), int(held.get("halvings", 0))
        for path, table in self._tables.items():
            table.last[:] = held[f"last.{path}"].numpy()
            if moments := table.moments:
                moments.mean[:], moments.square[:] = held[f"mean.{path}"].numpy(), held[f"square.{path}"].numpy()
        for name in ("mean", "square") if self._rest else ():
            parts = self.dense.parts(getattr(self._rest, name)[0])
            if f"{name}.0" in held:  # early checkpoints have separate moments for each parameter
                given = [held[f"{name}.{i}"].numpy().ravel() for i in range(len(parts))]
            else:
                given = np.split(held[f"{name}:rest"].numpy()[0], np.cumsum([len(part) for part in parts])[:-1])
            for part, values in zip(parts, given, strict=True):
                part[:] = values


_RENAMED = {"last": "last.embedding", "mean.words": "mean.embedding", "square.words": "square.embedding",
            "mean.rest": "mean:rest", "square.rest": "square:rest"}  # fmt: skip
"""Names in checkpoints of formats 1 and 2, for a network with one embedding."""
