"""An LSTM with layer normalisation (Ba et al. 2016, "Layer normalization", equations 20 to 22 of the supplementary material).

LN(v) = (v − µ) / σ with mean and standard deviation over all numbers of v, for W h and for U x over those of all four gates; the
gains α stand before it, and the one b here stands for the sum of b and the biases of both normalisations, which are added up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from rnn_core.language import N_
from rnn_core.network.cells import INPUT, PLAIN, STEP, Cell, Declared, State, Sum, Weights, candidate
from rnn_core.network.cells.lstm import LSTM

if TYPE_CHECKING:
    from torch import Tensor

EPSILON = 1e-5
"""Added to the variance, as torch.nn.LayerNorm does; the state before the first step is zero."""


class LayerNormLSTM(Cell):
    """The gates are of LN(W h_{t−1}) and LN(U x_t), and h_t = q_t ⊙ tanh(LN(m_t))."""

    title = N_("LSTM with layer normalisation")
    gates = LSTM.gates
    parts = LSTM.parts
    kept = (*LSTM.kept, candidate("s", "squashed memory"))
    biases = LSTM.biases
    equations = (
        r"i_t = \sigma(b_i + \alpha_{h,i} \odot \mathrm{LN}(W h_{t-1})_i + \alpha_{x,i} \odot \mathrm{LN}(U x_t)_i)",
        r"f_t = \sigma(b_f + \alpha_{h,f} \odot \mathrm{LN}(W h_{t-1})_f + \alpha_{x,f} \odot \mathrm{LN}(U x_t)_f)",
        r"g_t = \tanh(b_g + \alpha_{h,g} \odot \mathrm{LN}(W h_{t-1})_g + \alpha_{x,g} \odot \mathrm{LN}(U x_t)_g)",
        r"q_t = \sigma(b_q + \alpha_{h,q} \odot \mathrm{LN}(W h_{t-1})_q + \alpha_{x,q} \odot \mathrm{LN}(U x_t)_q)",
        r"m_t = f_t \odot m_{t-1} + i_t \odot g_t",
        r"s_t = \tanh(\beta_m + \alpha_m \odot \mathrm{LN}(m_t))",
        r"h_t = q_t \odot s_t",
    )
    pace = "0.25 to 0.3"
    by_unit = False

    def parameters(self, n: int, d: int) -> dict[str, Declared]:
        ones = (1.0,) * 4
        return {
            "weight_ih": Declared("U", (4 * d, n), "glorot", INPUT),
            "weight_hh": Declared("W", (4 * d, d), "orthogonal", STEP),
            "bias": Declared("b", (4 * d,), tuple(self.biases.get(one, 0.0) for one in self.gates), PLAIN),
            "gain_ih": Declared("α_x", (4 * d,), ones, PLAIN),
            "gain_hh": Declared("α_h", (4 * d,), ones, PLAIN),
            "gain_memory": Declared("α_m", (d,), (1.0,), PLAIN),
            "bias_memory": Declared("β_m", (d,), (0.0,), PLAIN),
        }

    def step(self, p: Weights, x: Mapping[str, Tensor], state: State) -> tuple[State, tuple[Tensor, ...]]:
        past = p["gain_hh"] * _normalised(p.times("weight_hh", state[0]))
        i, f, g, q = (p["bias"] + past + p["gain_ih"] * _normalised(x["weight_ih"])).chunk(4, dim=-1)
        i, f, g, q = i.sigmoid(), f.sigmoid(), g.tanh(), q.sigmoid()
        m = f * state[1] + i * g
        s = (p["bias_memory"] + p["gain_memory"] * _normalised(m)).tanh()
        return (q * s, m), (i, f, g, q, s)

    def sums(self, p: Weights, before: State, after: State, kept: Sequence[Tensor]) -> Mapping[str, Sum]:
        past, word = p.times("weight_hh", before[0]), p.times("weight_ih", before[0])
        scaled = {"h": p["gain_hh"] / _deviation(past), "x": p["gain_ih"] / _deviation(word)}
        whole = {
            "b": p["bias"], "α h": p["gain_hh"], "α x": p["gain_ih"], "LN h": _normalised(past), "LN x": _normalised(word),
            "past": scaled["h"], "word": scaled["x"],
            "shift": -scaled["h"] * past.mean(-1, keepdim=True) - scaled["x"] * word.mean(-1, keepdim=True),
        }  # fmt: skip
        found = {}
        for row, name in enumerate(self.gates):
            of = {key: value.chunk(4, dim=-1)[row] for key, value in whole.items()}
            named = {
                rf"\alpha_{{h,{name}}}": of["α h"], rf"\mathrm{{LN}}(W h_{{t-1}})_{name}": of["LN h"],
                rf"\alpha_{{x,{name}}}": of["α x"], rf"\mathrm{{LN}}(U x_t)_{name}": of["LN x"],
                r"\beta_m": p["bias_memory"], r"\alpha_m": p["gain_memory"], r"\mathrm{LN}(m_t)": _normalised(after[1]),
            }  # fmt: skip
            others = {f"b_{name}": of["b"], r"-\alpha \mu / \sigma": of["shift"]}
            found[name] = Sum(of["past"], of["word"], "α/σ", "α/σ", others, named)
        return found


def _normalised(v: Tensor) -> Tensor:
    from torch.nn.functional import layer_norm

    return layer_norm(v, v.shape[-1:], eps=EPSILON)


def _deviation(v: Tensor) -> Tensor:
    return (v.var(-1, unbiased=False, keepdim=True) + EPSILON).sqrt()


CELL = LayerNormLSTM
