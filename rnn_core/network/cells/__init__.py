"""The cells, written as their equations. Each other file here is one cell, found by its name. Loads no torch.

All else (unrolling over time, initialisation, the trace of one text, gradients, the ledger of parameters, the equations with
numbers) is derived from what a `Cell` declares and from its step. Letters as in the docs: U input→hidden, W hidden→hidden,
b bias, φ the activation, n input width, d hidden units, G gates stacked in the rows of U, W and b. h_0 = 0 (and m_0 = 0).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache, cached_property
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from rnn_core.config import ModelConfig
from rnn_core.language import N_

if TYPE_CHECKING:
    from torch import Tensor

State = tuple["Tensor", ...]
"""(h,) or (h, m), each (B, d)."""

INPUT, STEP, PLAIN = "input", "step", ""
"""What a parameter is used for, `Declared.of`: a matrix times the inputs, which is multiplied for all steps at once; a matrix
that the step multiplies by `Weights.times`; a vector that the step reads. Else it is a bias: the name of the matrix to whose
product, and there to the last rows, it is added."""

Start = Literal["glorot", "orthogonal"] | tuple[float, ...]
"""How a parameter is initialised: each block of rows drawn, or filled with a constant of its own."""


class Declared(NamedTuple):
    """One parameter of a cell.

    Attributes:
        letter: in the formulas.
        shape: of the tensor; its rows come in blocks of d.
        start: how it starts under the `orthogonal` initialisation.
        of: what it is used for: `INPUT`, `STEP`, `PLAIN`, or the matrix to whose product it is added.
    """

    letter: str
    shape: tuple[int, ...]
    start: Start
    of: str


class Kept(NamedTuple):
    """What a step keeps for inspection beside the state, (B, d).

    Attributes:
        name: its letter in the equations.
        title: in words.
        kind: `gate` is σ of a sum, `candidate` is tanh of a sum, `linear` has no non-linearity.
        range: the least and the greatest value; None: unbounded.
    """

    name: str
    title: str
    kind: Literal["gate", "candidate", "linear"]
    range: tuple[float, float] | None

    @property
    def words(self) -> str:
        """Title and letter, in English, as results keep them; `tr` translates those of `_WORDS`."""
        return f"{self.title} {self.name}"


_WORDS = (N_("input gate i"), N_("forget gate f"), N_("candidate g"), N_("output gate q"), N_("squashed memory s"),
          N_("reset gate r"), N_("update gate z"), N_("candidate n"), N_("recurrent part q"))  # fmt: skip
"""What the cells here keep, for the catalogue."""


def gate(name: str, title: str) -> Kept:
    return Kept(name, title, "gate", (0, 1))


def candidate(name: str, title: str) -> Kept:
    return Kept(name, title, "candidate", (-1, 1))


def linear(name: str, title: str) -> Kept:
    return Kept(name, title, "linear", None)


class Weights(Protocol):
    """The parameters of one layer and direction as a step uses them."""

    def times(self, name: str, v: Tensor) -> Tensor:
        """M v, with the bias that is declared for it, (B, rows). Each matrix is used once in a step."""

    def __getitem__(self, name: str) -> Tensor:
        """A vector, (rows,), or one copy of it for each text, (B, rows)."""


class Given:
    """Products and vectors that are known already, as `Weights`."""

    def __init__(self, products: Mapping[str, Tensor]):
        self.products = products

    def times(self, name: str, v: Tensor) -> Tensor:
        return self.products[name]

    def __getitem__(self, name: str) -> Tensor:
        return self.products[name]


class Sum(NamedTuple):
    """How the sum of a gate is made of its products: past · W h + word · U x + b + others, each (B, d).

    Attributes:
        past_name, word_name: how the factors are called.
        others: further terms, by their LaTeX.
        named: what else the cell's equations name and is no product, by its LaTeX.
    """

    past: Tensor | float = 1.0
    word: Tensor | float = 1.0
    past_name: str = ""
    word_name: str = ""
    others: Mapping[str, Tensor] = MappingProxyType({})
    named: Mapping[str, Tensor] = MappingProxyType({})


class Cell:
    """One recurrent step.

    Attributes:
        title: for people.
        gates: names of the G blocks of d rows in U, W and b, in torch.nn's order.
        parts: names of the state's parts; the first, h, is what is read out.
        kept: what `step` returns beside the state.
        biases: by gate, what its bias starts from under the `orthogonal` initialisation; 0 where it is not named.
        equations: LaTeX, one line an equation.
        options: the options of `ModelConfig` that mean something for this cell alone.
        pace: of a cell without a kernel, the tokens per second that it trains at, as a share of the LSTM's; empty: not measured.
        by_unit: whether, with its products given, each unit's step is its own, and all matrices of the step multiply h_{t−1}.
            Then the way back through a whole text is a few elementwise products.
    """

    title: str
    gates: tuple[str, ...]
    parts: tuple[str, ...] = ("h",)
    kept: tuple[Kept, ...] = ()
    biases: Mapping[str, float] = MappingProxyType({})
    equations: tuple[str, ...]
    options: tuple[str, ...] = ()
    pace: str = ""
    by_unit: bool = True

    @classmethod
    def of(cls, config: ModelConfig) -> Cell:
        """The cell with the options of a config."""
        return cls()

    def parameters(self, n: int, d: int) -> dict[str, Declared]:
        """The parameters of one layer and direction, by the name the code spells."""
        rows = len(self.gates) * d
        return {
            "weight_ih": Declared("U", (rows, n), "glorot", INPUT),
            "weight_hh": Declared("W", (rows, d), "orthogonal", STEP),
            "bias": Declared("b", (rows,), tuple(self.biases.get(gate, 0.0) for gate in self.gates), "weight_ih"),
        }

    def step(self, p: Weights, x: Mapping[str, Tensor], state: State) -> tuple[State, tuple[Tensor, ...]]:
        """The state after one step, and what `kept` names, (B, d) each.

        Args:
            p: the parameters.
            x: the products of the matrices that are declared for the inputs, with their biases, (B, rows) each.
            state: the state before, each part (B, d).
        """
        raise NotImplementedError

    def backward(
        self, grad: State, before: State, after: State, kept: Sequence[Tensor], products: Mapping[str, Tensor]
    ) -> tuple[dict[str, Tensor], tuple[Tensor | None, ...]]:
        """The step backwards with its products given, for cells that work unit by unit. By autograd; a cell may write the chain
        rule out, which takes less time.

        Args:
            grad: ∂L/∂(state after), each part (B, d), everything that reads it added up.
            before, after, kept: the states around the step and what `step` kept.
            products: by name those of `products`, (B, rows); a vector is the product of itself with 1.

        Returns:
            δ, ∂L/∂ of each product, (B, rows), and the part of ∂L/∂(state before) that passes none of them (None where there is
            none): the caller adds δ · W to h's.
        """
        import torch

        with torch.enable_grad():
            given = {name: product.detach().requires_grad_() for name, product in products.items()}
            start = tuple(part.detach().requires_grad_() for part in before)
            made, _ = self.step(Given(given), given, start)
            found = torch.autograd.grad(made, [*given.values(), *start], grad, allow_unused=True, materialize_grads=True)
        return dict(zip(given, found, strict=False)), found[len(given) :]

    def slope(self, after: State) -> Tensor | None:
        """φ′(a), (B, d), where the cell is h = φ(b + W h + U x) and nothing else: then ‖W‖ · max φ′ bounds ∂h_t/∂h_{t−1}."""
        return None

    def steepness(self, after: State, kept: Sequence[Tensor]) -> dict[str, Tensor]:
        """By non-linearity its slope over the steepest there is, (B, d), from the state after a step and what the step kept."""
        found = {}
        for one, value in zip(self.kept, kept, strict=True):
            if one.kind != "linear":
                found[one.name] = 4 * value * (1 - value) if one.kind == "gate" else 1 - value * value
        return found

    def sums(self, p: Weights, before: State, after: State, kept: Sequence[Tensor]) -> Mapping[str, Sum]:
        """By gate how its sum is made, where it is not b + W h + U x. `p` gives the products of the step that was taken."""
        return {}

    # ---- derived from the declaration --------------------------------------------------------------------------------

    @property
    def name(self) -> str:
        """That of its file, and of the option."""
        return type(self).__module__.rpartition(".")[2]

    @cached_property
    def declared(self) -> dict[str, Declared]:
        """The parameters with n = d = 1: a row stands for a block of d."""
        return self.parameters(1, 1)

    @cached_property
    def of_inputs(self) -> tuple[str, ...]:
        """The matrices times the inputs."""
        return tuple(name for name, one in self.declared.items() if one.of == INPUT)

    @cached_property
    def of_step(self) -> tuple[str, ...]:
        """The matrices that the step multiplies."""
        return tuple(name for name, one in self.declared.items() if one.of == STEP)

    @property
    def followed(self) -> str:
        """The matrix whose copies are followed backwards: the recurrent one, else, for a cell without one, that of the inputs."""
        return (*self.of_step, *self.of_inputs)[0]

    @cached_property
    def products(self) -> tuple[str, ...]:
        """The parameters whose copies have a δ of their own: the matrices, and the vectors that the step reads."""
        plain = tuple(name for name, one in self.declared.items() if one.of == PLAIN)
        return (*self.of_inputs, *self.of_step, *plain)

    def biases_of(self, product: str) -> list[str]:
        """The biases that are added to a matrix's product."""
        return [name for name, one in self.declared.items() if one.of == product]

    def product_of(self, parameter: str) -> str:
        """The product whose δ is that of a parameter: its own, or that it is added to."""
        return parameter if parameter in self.products else self.declared[parameter].of

    @property
    def bounded(self) -> bool:
        """Whether the cell has a `slope`, by which its way back is bounded."""
        return type(self).slope is not Cell.slope

    @property
    def kept_names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.kept)

    def hidden(self, parameters: Mapping[str, Tensor]) -> int:
        """d, from the parameters of a layer and direction."""
        name, one = next(iter(self.declared.items()))
        return len(parameters[name]) // one.shape[0]


@cache
def kind(name: str) -> type[Cell]:
    """The class of a cell, one of `config.CELLS`."""
    found: type[Cell] = import_module(f"{__name__}.{name}").CELL
    return found


def cell_of(config: ModelConfig) -> Cell:
    """The cell that a config asks for."""
    return kind(config.cell).of(config)


def title(config: ModelConfig) -> str:
    """A config's cell for people, with the options that are its own."""
    chosen = ", ".join(str(getattr(config, name)) for name in kind(config.cell).options)
    return kind(config.cell).title + (f" ({chosen})" if chosen else "")
