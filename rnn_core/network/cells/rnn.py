"""The Elman network (Elman 1990)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rnn_core.config import ModelConfig
from rnn_core.language import N_
from rnn_core.network.cells import Cell, State, Weights

if TYPE_CHECKING:
    from torch import Tensor


class Elman(Cell):
    """h_t = φ(b + W h_{t−1} + U x_t)."""

    title = N_("Elman RNN")
    gates = ("a",)
    options = ("activation",)

    def __init__(self, activation: str):
        self.activation = activation
        phi = {"tanh": r"\tanh", "relu": r"\operatorname{ReLU}", "sigmoid": r"\sigma"}[activation]
        self.equations = (r"a_t = b + W h_{t-1} + U x_t", rf"h_t = {phi}(a_t)")

    @classmethod
    def of(cls, config: ModelConfig) -> Cell:
        return cls(config.activation)

    def step(self, p: Weights, x: Mapping[str, Tensor], state: State) -> tuple[State, tuple[Tensor, ...]]:
        a = x["weight_ih"] + p.times("weight_hh", state[0])
        return (getattr(a, self.activation)(),), ()  # Tensor.tanh, Tensor.relu, Tensor.sigmoid

    def slope(self, after: State) -> Tensor:
        """φ′(a) written in h = φ(a); ReLU's is 0 at 0, as torch has it."""
        h = after[0]
        if self.activation == "tanh":
            return 1 - h * h
        return (h > 0).to(h.dtype) if self.activation == "relu" else h * (1 - h)

    def backward(
        self, grad: State, before: State, after: State, kept: Sequence[Tensor], products: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], tuple[Tensor | None, ...]]:
        delta = grad[0] * self.slope(after)
        return dict.fromkeys(self.products, delta), (None,)

    def steepness(self, after: State, kept: Sequence[Tensor]) -> dict[str, Tensor]:
        return {"φ": self.slope(after) * (4 if self.activation == "sigmoid" else 1)}


CELL = Elman
