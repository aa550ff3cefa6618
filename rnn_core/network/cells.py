"""The cells, written as their equations: one step forwards, the same step backwards.

Everything else (unrolling over time, the trace of one text, gradients, the ledger of parameters) is written once
over what a `Cell` declares. Letters as in the docs: U input→hidden, W hidden→hidden, b bias, φ the activation,
n input width, d hidden units, G gates stacked in the rows of U, W and b. h_0 = 0 (and c_0 = 0). Declarations load no torch.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from rnn_core.config import ModelConfig

if TYPE_CHECKING:
    from torch import Tensor

State = tuple["Tensor", ...]
"""(h,) or (h, c), each (B, d)."""


class Declared(NamedTuple):
    """One parameter of a cell: its letter in the formulas and its shape."""

    letter: str
    shape: tuple[int, ...]


class Cell:
    """One recurrent step.

    `step` and `backward` are elementwise: the caller has multiplied, because it can do so for all steps at once.

    Attributes:
        gates: names of the G blocks of d rows in U, W and b, in torch.nn's order.
        parts: names of the state's parts; the first, h, is what is read out.
        kept: names of what `step` returns beside the state, each (B, d).
        biases: by gate, what its bias starts from under the `orthogonal` initialisation; 0 where it is not named.
        equations: LaTeX, one line an equation.
    """

    gates: tuple[str, ...]
    parts: tuple[str, ...] = ("h",)
    kept: tuple[str, ...] = ()
    biases: Mapping[str, float] = MappingProxyType({})
    equations: tuple[str, ...]

    def parameters(self, n: int, d: int) -> dict[str, Declared]:
        """The parameters of one layer and direction, by the name the code spells."""
        g = len(self.gates) * d
        return {
            "weight_ih": Declared("U", (g, n)),
            "weight_hh": Declared("W", (g, d)),
            "bias": Declared("b", (g,)),
        }

    def step(self, a_input: Tensor, a_hidden: Tensor, state: State) -> tuple[State, tuple[Tensor, ...]]:
        """The state after one step, and what `kept` names.

        Args:
            a_input: U x_t + b, (B, G·d).
            a_hidden: W h_{t−1} (with the inner bias, where the cell has one), (B, G·d).
            state: the state before, each part (B, d).
        """
        raise NotImplementedError

    def backward(
        self, grad: State, before: State, after: State, kept: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor, tuple[Tensor | None, ...]]:
        """The step backwards, by the chain rule.

        Args:
            grad: ∂L/∂(state after), each part (B, d), everything that reads it added up.
            before, after, kept: the states around the step and what `step` kept.

        Returns:
            ∂L/∂a_input and ∂L/∂a_hidden, (B, G·d) each, and the part of ∂L/∂(state before) that does not pass
            through W (None where there is none): the caller adds ∂L/∂a_hidden · W to h's.
        """
        raise NotImplementedError


class Elman(Cell):
    """The Elman network (Elman 1990): h_t = φ(b + W h_{t−1} + U x_t)."""

    gates = ("a",)

    def __init__(self, activation: str):
        self.activation = activation
        phi = {"tanh": r"\tanh", "relu": r"\operatorname{ReLU}", "sigmoid": r"\sigma"}[activation]
        self.equations = (r"a_t = b + W h_{t-1} + U x_t", rf"h_t = {phi}(a_t)")

    def step(self, a_input: Tensor, a_hidden: Tensor, state: State) -> tuple[State, tuple[Tensor, ...]]:
        phi = getattr(a_input + a_hidden, self.activation)  # Tensor.tanh, Tensor.relu, Tensor.sigmoid
        return (phi(),), ()

    def slope(self, h: Tensor) -> Tensor:
        """φ′(a) written in h = φ(a); ReLU's is 0 at 0, as torch has it."""
        if self.activation == "tanh":
            return 1 - h * h
        return (h > 0).to(h.dtype) if self.activation == "relu" else h * (1 - h)

    def backward(
        self, grad: State, before: State, after: State, kept: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor, tuple[Tensor | None, ...]]:
        delta = grad[0] * self.slope(after[0])
        return delta, delta, (None,)


class LSTM(Cell):
    """Long short-term memory with a forget gate (Hochreiter and Schmidhuber 1997; Gers et al. 2000)."""

    gates = ("i", "f", "g", "o")
    parts = ("h", "c")
    kept = ("i", "f", "g", "o")
    biases = MappingProxyType({"f": 1.0})  # Jozefowicz et al. 2015
    equations = (
        r"i_t = \sigma(b_i + W_i h_{t-1} + U_i x_t)",
        r"f_t = \sigma(b_f + W_f h_{t-1} + U_f x_t)",
        r"g_t = \tanh(b_g + W_g h_{t-1} + U_g x_t)",
        r"o_t = \sigma(b_o + W_o h_{t-1} + U_o x_t)",
        r"c_t = f_t \odot c_{t-1} + i_t \odot g_t",
        r"h_t = o_t \odot \tanh(c_t)",
    )

    def step(self, a_input: Tensor, a_hidden: Tensor, state: State) -> tuple[State, tuple[Tensor, ...]]:
        i, f, g, o = (a_input + a_hidden).chunk(4, dim=-1)
        i, f, g, o = i.sigmoid(), f.sigmoid(), g.tanh(), o.sigmoid()
        c = f * state[1] + i * g
        return (o * c.tanh(), c), (i, f, g, o)

    def backward(
        self, grad: State, before: State, after: State, kept: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor, tuple[Tensor | None, ...]]:
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
        return delta, delta, (None, grad_c * f)


class GRU(Cell):
    """Gated recurrent unit (Cho et al. 2014), torch's form: the reset gate acts after the product with W."""

    gates = ("r", "z", "n")
    kept = ("r", "z", "n", "q")
    biases = MappingProxyType({"z": 2.0})  # z = 1 keeps the state; measured by benchmarks/gate_bias.py
    equations = (
        r"r_t = \sigma(b_r + W_r h_{t-1} + U_r x_t)",
        r"z_t = \sigma(b_z + W_z h_{t-1} + U_z x_t)",
        r"q_t = W_n h_{t-1} + b_q",
        r"n_t = \tanh(b_n + U_n x_t + r_t \odot q_t)",
        r"h_t = (1 - z_t) \odot n_t + z_t \odot h_{t-1}",
    )

    def parameters(self, n: int, d: int) -> dict[str, Declared]:
        return super().parameters(n, d) | {"bias_inner": Declared("b_q", (d,))}

    def step(self, a_input: Tensor, a_hidden: Tensor, state: State) -> tuple[State, tuple[Tensor, ...]]:
        x_r, x_z, x_n = a_input.chunk(3, dim=-1)
        h_r, h_z, q = a_hidden.chunk(3, dim=-1)
        r, z = (x_r + h_r).sigmoid(), (x_z + h_z).sigmoid()
        n = (x_n + r * q).tanh()
        return (n + z * (state[0] - n),), (r, z, n, q)

    def backward(
        self, grad: State, before: State, after: State, kept: Sequence[Tensor]
    ) -> tuple[Tensor, Tensor, tuple[Tensor | None, ...]]:
        from torch import cat

        r, z, n, q = kept
        delta_z = grad[0] * (before[0] - n) * z * (1 - z)
        delta_n = grad[0] * (1 - z) * (1 - n * n)
        delta_r = delta_n * q * r * (1 - r)
        through_input = cat((delta_r, delta_z, delta_n), dim=-1)
        through_hidden = cat((delta_r, delta_z, delta_n * r), dim=-1)
        return through_input, through_hidden, (grad[0] * z,)


def cell_of(config: ModelConfig) -> Cell:
    """The cell that a config asks for."""
    return {"rnn": lambda: Elman(config.activation), "lstm": LSTM, "gru": GRU}[config.cell]()
