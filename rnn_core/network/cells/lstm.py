"""Long short-term memory with a forget gate (Hochreiter and Schmidhuber 1997; Gers et al. 2000).

The output gate is q_t (Goodfellow et al. 2016, section 10.10.1) and the memory m_t, because o_t and c are the readout's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from rnn_core.language import N_
from rnn_core.network.cells import Cell, State, Weights, candidate, gate

if TYPE_CHECKING:
    from torch import Tensor


class LSTM(Cell):
    """m_t = f_t ⊙ m_{t−1} + i_t ⊙ g_t, h_t = q_t ⊙ tanh(m_t)."""

    title = "LSTM"
    gates = ("i", "f", "g", "q")
    parts = ("h", "m")
    kept = (
        gate("i", N_("input gate")), gate("f", N_("forget gate")), candidate("g", N_("candidate")),
        gate("q", N_("output gate")),
    )  # fmt: skip
    biases = MappingProxyType({"f": 1.0})  # Jozefowicz et al. 2015
    equations = (
        r"i_t = \sigma(b_i + W_i h_{t-1} + U_i x_t)",
        r"f_t = \sigma(b_f + W_f h_{t-1} + U_f x_t)",
        r"g_t = \tanh(b_g + W_g h_{t-1} + U_g x_t)",
        r"q_t = \sigma(b_q + W_q h_{t-1} + U_q x_t)",
        r"m_t = f_t \odot m_{t-1} + i_t \odot g_t",
        r"h_t = q_t \odot \tanh(m_t)",
    )

    def step(self, p: Weights, x: Mapping[str, Tensor], state: State) -> tuple[State, tuple[Tensor, ...]]:
        i, f, g, q = (x["weight_ih"] + p.times("weight_hh", state[0])).chunk(4, dim=-1)
        i, f, g, q = i.sigmoid(), f.sigmoid(), g.tanh(), q.sigmoid()
        m = f * state[1] + i * g
        return (q * m.tanh(), m), (i, f, g, q)

    def backward(
        self, grad: State, before: State, after: State, kept: Sequence[Tensor], products: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], tuple[Tensor | None, ...]]:
        from torch import cat

        i, f, g, q = kept
        squashed = after[1].tanh()
        grad_m = grad[1] + grad[0] * q * (1 - squashed * squashed)
        delta = cat(
            (
                grad_m * g * i * (1 - i),
                grad_m * before[1] * f * (1 - f),
                grad_m * i * (1 - g * g),
                grad[0] * squashed * q * (1 - q),
            ),
            dim=-1,
        )
        return dict.fromkeys(self.products, delta), (None, grad_m * f)

    def steepness(self, after: State, kept: Sequence[Tensor]) -> dict[str, Tensor]:
        squashed = after[1].tanh()
        return {**super().steepness(after, kept), "tanh m": 1 - squashed * squashed}


CELL = LSTM
