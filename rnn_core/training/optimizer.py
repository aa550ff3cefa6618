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
from torch import Tensor, nn

from rnn_core.config import TrainConfig
from rnn_core.network.models import Network

BETA1, BETA2, EPSILON = 0.9, 0.999, 1e-8
"""Adam's defaults."""

_RATIO = BETA1 / math.sqrt(BETA2)
_MEMORY = 400
"""Updates after which ρ^k is nothing in double precision."""


class Optimizer:
    """Updates a network: its embedding by the rows of each batch, everything else by torch's fused optimizers.

    For each batch: `look_up` its words, compute the loss with that table, backward, `step`. Embeddings of words not in
    recent batches may lag behind until `catch_up`.

    Args:
        network: its parameters are updated in place.
        config: optimizer, learning rate and clip.
    """

    def __init__(self, network: Network, config: TrainConfig):
        self.config, self.network = config, network
        self._rest = [p for p in network.parameters() if p is not network.embedding]
        self._adam = config.optimizer == "adam"
        kind = torch.optim.Adam if self._adam else torch.optim.SGD
        self._dense = kind(self._rest, lr=config.learning_rate, fused=True)
        self.updates = 0
        words = len(self._embedding)
        if self._adam:
            self._mean, self._square = torch.zeros_like(self._embedding), torch.zeros_like(self._embedding)
        self._last = torch.zeros(words, dtype=torch.int64)  # the update that each word is up to date with
        self._moments: tuple[Tensor, Tensor] = ()  # type: ignore[assignment]  # m and v of the words last looked up
        self._still_to_move = np.zeros(0)

    @property
    def _embedding(self) -> Tensor:
        return self.network.embedding.detach()

    def look_up(self, rows: Tensor) -> Tensor:
        """The embeddings of these different words, (u, n), up to date and ready to collect a gradient."""
        table = self._embedding.index_select(0, rows)
        if self._adam:
            self._moments = self._mean.index_select(0, rows), self._square.index_select(0, rows)
            self._make_up_for(self._last[rows], table, *self._moments)
        return table.requires_grad_()

    def step(self, rows: Tensor, table: Tensor) -> float:
        """One update from the gradients of the network and of `table`, as `look_up` just gave it.

        Returns:
            The norm of the whole gradient, words included, before it was clipped.
        """
        norm = float(nn.utils.clip_grad_norm_([*self._rest, table], self.config.clip or math.inf))
        self._dense.step()
        self._dense.zero_grad(set_to_none=True)
        self.updates += 1
        gradient, rate, table = table.grad, self.config.learning_rate, table.detach()
        assert gradient is not None
        if self._adam:
            mean, square = self._moments
            mean.lerp_(gradient, 1 - BETA1)
            square.mul_(BETA2).addcmul_(gradient, gradient, value=1 - BETA2)
            root = square.sqrt().div_(math.sqrt(1 - BETA2**self.updates)).add_(EPSILON)
            table.addcdiv_(mean, root, value=-rate / (1 - BETA1**self.updates))
            self._mean.index_copy_(0, rows, mean)
            self._square.index_copy_(0, rows, square)
            self._last[rows] = self.updates
        else:
            table.sub_(gradient, alpha=rate)
        self._embedding.index_copy_(0, rows, table)
        return norm

    def catch_up(self) -> None:
        """Brings every word up to date: before the weights are averaged, scored or saved as a run's."""
        if self._adam:
            self._make_up_for(self._last, self._embedding, self._mean, self._square)
            self._last.fill_(self.updates)

    def _make_up_for(self, last: Tensor, table: Tensor, mean: Tensor, square: Tensor) -> None:
        """Moves words in place by the updates since `last`, in which they had no gradient."""
        gap = (self.updates - last).numpy()
        if not gap.any():
            return

        def column(values: np.ndarray) -> Tensor:
            return torch.from_numpy(values).to(table.dtype)[:, None]

        far = self._moves(last.numpy()) - _RATIO**gap * self._moves(np.array(self.updates))
        root = square.sqrt().add_(column(EPSILON * np.sqrt(1 - BETA2 ** (last.numpy() + 1.0))))
        table.addcdiv_(mean * column(far * self.config.learning_rate), root, value=-1)
        mean.mul_(column(BETA1**gap))
        square.mul_(column(BETA2**gap))

    def _moves(self, updates: np.ndarray) -> np.ndarray:
        """Σ_{k≥1} ρ^k w_{s+k} for each s: how far a word still goes after update s, in units of lr · m / √v."""
        if self.updates >= len(self._still_to_move):
            size = 2 * self.updates + 1000
            t = np.arange(1, size + _MEMORY, dtype=np.float64)
            w = np.sqrt(1 - BETA2**t) / (1 - BETA1**t)
            self._still_to_move = np.convolve(w, _RATIO ** np.arange(1, _MEMORY + 1)[::-1], "valid")
        return self._still_to_move[updates]

    # ---- what a checkpoint holds ------------------------------------------------------------------------------------

    def state(self) -> dict[str, Tensor]:
        """Everything a resumed training needs, by name."""
        held = {"last": self._last, "updates": torch.tensor(self.updates)}
        if self._adam:
            held |= {"mean": self._mean, "square": self._square}
        for index, values in self._dense.state_dict()["state"].items():
            held |= {f"dense.{index}.{name}": value for name, value in values.items() if value is not None}
        return held

    def restore(self, held: dict[str, Tensor]) -> None:
        """Goes back to what `state` gave. Raises KeyError or RuntimeError when it is from another network."""
        self._last.copy_(held["last"])
        self.updates = int(held["updates"])
        if self._adam:
            self._mean.copy_(held["mean"])
            self._square.copy_(held["square"])
        dense = self._dense.state_dict()
        for name, value in held.items():
            if name.startswith("dense."):
                _, index, part = name.split(".")
                dense["state"].setdefault(int(index), {})[part] = value
        self._dense.load_state_dict(dense)
