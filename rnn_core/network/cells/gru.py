"""Gated recurrent unit (Cho et al. 2014), torch's form: the reset gate acts after the product with W."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from rnn_core.language import N_
from rnn_core.network.cells import Cell, Declared, State, Sum, Weights, candidate, gate, linear

if TYPE_CHECKING:
    from torch import Tensor


class GRU(Cell):
    """h_t = (1 − z_t) ⊙ n_t + z_t ⊙ h_{t−1}."""

    title = "GRU"
    gates = ("r", "z", "n")
    kept = (
        gate("r", N_("reset gate")), gate("z", N_("update gate")), candidate("n", N_("candidate")),
        linear("q", N_("recurrent part")),
    )  # fmt: skip
    biases = MappingProxyType({"z": 2.0})  # z = 1 keeps the state; measured by benchmarks/gate_bias.py
    equations = (
        r"r_t = \sigma(b_r + W_r h_{t-1} + U_r x_t)",
        r"z_t = \sigma(b_z + W_z h_{t-1} + U_z x_t)",
        r"q_t = W_n h_{t-1} + b_q",
        r"n_t = \tanh(b_n + U_n x_t + r_t \odot q_t)",
        r"h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}",
    )

    def parameters(self, n: int, d: int) -> dict[str, Declared]:
        return super().parameters(n, d) | {"bias_inner": Declared("b_q", (d,), (0.0,), "weight_hh")}

    def step(self, p: Weights, x: Mapping[str, Tensor], state: State) -> tuple[State, tuple[Tensor, ...]]:
        x_r, x_z, x_n = x["weight_ih"].chunk(3, dim=-1)
        h_r, h_z, q = p.times("weight_hh", state[0]).chunk(3, dim=-1)
        r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
        n = (x_n + r * q).tanh()
        return (n + z * (state[0] - n),), (r, z, n, q)

    def backward(
        self, grad: State, before: State, after: State, kept: Sequence[Tensor], products: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], tuple[Tensor | None, ...]]:
        from torch import cat

        r, z, n, q = kept
        delta_z = grad[0] * (before[0] - n) * z * (1 - z)
        delta_n = grad[0] * (1 - z) * (1 - n * n)
        delta_r = delta_n * q * r * (1 - r)
        through_input = cat((delta_r, delta_z, delta_n), dim=-1)
        through_hidden = cat((delta_r, delta_z, delta_n * r), dim=-1)
        return {"weight_ih": through_input, "weight_hh": through_hidden}, (grad[0] * z,)

    def sums(self, p: Weights, before: State, after: State, kept: Sequence[Tensor]) -> Mapping[str, Sum]:
        return {"n": Sum(past=kept[0], past_name="r")}


CELL = GRU
