"""The minimal gated recurrent unit (Feng et al. 2024, "Were RNNs all we needed?"): no gate reads the state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from rnn_core.language import N_
from rnn_core.network.cells import STEP, Cell, Declared, State, Weights, gate, linear

if TYPE_CHECKING:
    from torch import Tensor


class MinGRU(Cell):
    """h_t = (1 − z_t) ⊙ h_{t−1} + z_t ⊙ n_t, where z_t and n_t come from x_t alone."""

    title = "minGRU"
    gates = ("z", "n")
    kept = (gate("z", N_("update gate")), linear("n", N_("candidate")))
    pace = "0.8 to 1.05"  # tagging, and sentences of 20 tokens
    biases = MappingProxyType({"z": -2.0})  # z = 0 keeps the state: as open as the GRU's, whose z = 1 does
    equations = (
        r"z_t = \sigma(b_z + U_z x_t)",
        r"n_t = b_n + U_n x_t",
        r"h_t = (1 - z_t) \odot h_{t-1} + z_t \odot n_t",
    )

    def parameters(self, n: int, d: int) -> dict[str, Declared]:
        return {name: one for name, one in super().parameters(n, d).items() if one.of != STEP}

    def step(self, p: Weights, x: Mapping[str, Tensor], state: State) -> tuple[State, tuple[Tensor, ...]]:
        z, n = x["weight_ih"].chunk(2, dim=-1)
        z = z.sigmoid()
        return (state[0] + z * (n - state[0]),), (z, n)

    def backward(
        self, grad: State, before: State, after: State, kept: Sequence[Tensor], products: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], tuple[Tensor | None, ...]]:
        from torch import cat

        z, n = kept
        delta = cat((grad[0] * (n - before[0]) * z * (1 - z), grad[0] * z), dim=-1)
        return {"weight_ih": delta}, (grad[0] * (1 - z),)


CELL = MinGRU
