"""An LSTM whose gates see the memory (Gers and Schmidhuber 2000, "Recurrent nets that time and count")."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rnn_core.language import N_
from rnn_core.network.cells import PLAIN, Cell, Declared, State, Sum, Weights
from rnn_core.network.cells.lstm import LSTM

if TYPE_CHECKING:
    from torch import Tensor


class PeepholeLSTM(LSTM):
    """i and f see m_{t−1}, q sees m_t, each unit its own memory: p is diagonal."""

    title = N_("LSTM with peepholes")
    pace = "0.3 to 0.4"
    equations = (
        r"i_t = \sigma(b_i + W_i h_{t-1} + U_i x_t + p_i \odot m_{t-1})",
        r"f_t = \sigma(b_f + W_f h_{t-1} + U_f x_t + p_f \odot m_{t-1})",
        r"g_t = \tanh(b_g + W_g h_{t-1} + U_g x_t)",
        r"m_t = f_t \odot m_{t-1} + i_t \odot g_t",
        r"q_t = \sigma(b_q + W_q h_{t-1} + U_q x_t + p_q \odot m_t)",
        r"h_t = q_t \odot \tanh(m_t)",
    )

    def parameters(self, n: int, d: int) -> dict[str, Declared]:
        return super().parameters(n, d) | {"peephole": Declared("p", (3 * d,), (0.0, 0.0, 0.0), PLAIN)}

    def step(self, p: Weights, x: Mapping[str, Tensor], state: State) -> tuple[State, tuple[Tensor, ...]]:
        i, f, g, q = (x["weight_ih"] + p.times("weight_hh", state[0])).chunk(4, dim=-1)
        p_i, p_f, p_q = p["peephole"].chunk(3, dim=-1)
        i, f, g = (i + p_i * state[1]).sigmoid(), (f + p_f * state[1]).sigmoid(), g.tanh()
        m = f * state[1] + i * g
        q = (q + p_q * m).sigmoid()
        return (q * m.tanh(), m), (i, f, g, q)

    def backward(
        self, grad: State, before: State, after: State, kept: Sequence[Tensor], products: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], tuple[Tensor | None, ...]]:
        return Cell.backward(self, grad, before, after, kept, products)

    def sums(self, p: Weights, before: State, after: State, kept: Sequence[Tensor]) -> Mapping[str, Sum]:
        p_i, p_f, p_q = p["peephole"].chunk(3, dim=-1)
        return {
            "i": Sum(others={r"p_i \odot m_{t-1}": p_i * before[1]}),
            "f": Sum(others={r"p_f \odot m_{t-1}": p_f * before[1]}),
            "q": Sum(others={r"p_q \odot m_t": p_q * after[1]}),
        }


CELL = PeepholeLSTM
