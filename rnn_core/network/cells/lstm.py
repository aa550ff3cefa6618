"""Long short-term memory with a forget gate (Hochreiter and Schmidhuber 1997; Gers et al. 2000)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING

from rnn_core.network.cells import Cell, State, Weights, candidate, gate

if TYPE_CHECKING:
    from torch import Tensor


class LSTM(Cell):
    """c_t = f_t ⊙ c_{t−1} + i_t ⊙ g_t, h_t = o_t ⊙ tanh(c_t)."""

    title = "LSTM"
    gates = ("i", "f", "g", "o")
    parts = ("h", "c")
    kept = (gate("i", "input gate"), gate("f", "forget gate"), candidate("g", "candidate"), gate("o", "output gate"))
    biases = MappingProxyType({"f": 1.0})  # Jozefowicz et al. 2015
    equations = (
        r"i_t = \sigma(b_i + W_i h_{t-1} + U_i x_t)",
        r"f_t = \sigma(b_f + W_f h_{t-1} + U_f x_t)",
        r"g_t = \tanh(b_g + W_g h_{t-1} + U_g x_t)",
        r"o_t = \sigma(b_o + W_o h_{t-1} + U_o x_t)",
        r"c_t = f_t \odot c_{t-1} + i_t \odot g_t",
        r"h_t = o_t \odot \tanh(c_t)",
    )

    def step(self, p: Weights, x: Mapping[str, Tensor], state: State) -> tuple[State, tuple[Tensor, ...]]:
        i, f, g, o = (x["weight_ih"] + p.times("weight_hh", state[0])).chunk(4, dim=-1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = f * state[1] + i * g
        return (o * c.tanh(), c), (i, f, g, o)

    def backward(
        self, grad: State, before: State, after: State, kept: Sequence[Tensor], products: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], tuple[Tensor | None, ...]]:
        from torch import cat

        i, f, g, o = kept
        squashed = after[1].tanh()
        grad_c = grad[1] + grad[0] * o * (1 - squashed * squashed)
        delta = cat(
            (
                grad_c * g * i * (1 - i),
                grad_c * before[1] * f * (1 - f),
                grad_c * i * (1 - g * g),
                grad[0] * squashed * o * (1 - o),
            ),
            dim=-1,
        )
        return dict.fromkeys(self.products, delta), (None, grad_c * f)

    def steepness(self, after: State, kept: Sequence[Tensor]) -> dict[str, Tensor]:
        squashed = after[1].tanh()
        return {**super().steepness(after, kept), "tanh c": 1 - squashed * squashed}


CELL = LSTM
