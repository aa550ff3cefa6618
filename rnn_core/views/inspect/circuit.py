"""One unit of a cell along a text: every quantity of the cell's equations at every step, and how each is made of others."""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Self

import numpy as np

from rnn_core.analysis.equations import unit_along
from rnn_core.figures.squash import phi
from rnn_core.figures.terms import plain
from rnn_core.figures.text import visible
from rnn_core.language import N_, formula, tr
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, Held, place
from rnn_core.views.view import Part, View, number


@dataclass(frozen=True)
class OfUnit(Held):
    """A unit of the state h; None: the one farthest from 0 at the step."""

    def settled(self, inputs: Inputs) -> Self:
        held = super().settled(inputs)
        unit = held.unit
        if unit is None:
            unit = int(abs(inputs.trace.states[held.layer, held.direction, held.at]).argmax())
        return replace(held, unit=unit, quantity="h")


@dataclass(frozen=True)
class Quantity:
    """A number of a cell for one unit.

    Attributes:
        latex: how it is written. The left side of an equation, or a part of a right side.
        says: what it is, in the reader's words; empty as long as nobody reads it.
        op: how it is made of `parts`: `+`, `⊙`, `1−` or one of `FUNCTIONS`; empty where the equations do not say.
        parts: by index.
        defined: whether it is the left side of an equation.
        share: whether it lies between 0 and 1 and is how much of something passes.
    """

    latex: str
    says: str = ""
    op: str = ""
    parts: tuple[int, ...] = ()
    defined: bool = False
    share: bool = False


@dataclass(frozen=True)
class Circuit:
    """The quantities of one unit along a text.

    Attributes:
        cell: its name.
        kept: the titles of the quantities that it keeps, in English, by their letters.
        quantities: (Q,) each once.
        equations: the indices of those that are defined, in the order of the cell's equations.
        values: (T, Q) float32, computed in float64 from the trace's numbers before each step.
        tokens: (T,) as fed.
        step, unit, layer, direction: which, from 0.
        difference: the largest absolute difference of an equation's two sides, and of a quantity from the trace.
    """

    cell: str
    kept: dict[str, str]
    quantities: tuple[Quantity, ...]
    equations: tuple[int, ...]
    values: np.ndarray
    tokens: tuple[str, ...]
    step: int
    unit: int
    layer: int
    direction: int
    difference: float

    def value(self, index: int) -> float:
        """Of a quantity at the step."""
        return float(self.values[self.step, index])


FUNCTIONS = {r"\sigma": "σ", r"\tanh": "tanh", r"\operatorname{ReLU}": "ReLU"}
"""The non-linearities of the equations, by their LaTeX."""

_PHI = {"σ": "sigmoid", "tanh": "tanh", "ReLU": "relu"}
_OPENS = {"(1 - ": "1−"} | {f"{latex}(": op for latex, op in FUNCTIONS.items()}
_LATEX = {op: latex for latex, op in FUNCTIONS.items()}
_SIGNS = {"+": " + ", "⊙": r" \cdot "}
_PARTS = {
    "h_t": N_("state h"), "m_t": N_("memory m"), "h_{t-1}": N_("state h before"), "m_{t-1}": N_("memory m before"),
}  # fmt: skip


@dataclass(frozen=True)
class _Node:
    """A part of an equation: a symbol, or an operation on other parts."""

    latex: str
    op: str = ""
    parts: tuple["_Node", ...] = ()


def _read(right: str, symbols: Iterable[str]) -> _Node:
    """The right side of an equation. Of several symbols that begin at a place, the longest is meant.

    Raises:
        ValueError: where it is not a sum of products of symbols, functions and 1 minus something.
    """
    longest = sorted(symbols, key=len, reverse=True)
    at = 0

    def eat(text: str) -> bool:
        nonlocal at
        found = right.startswith(text, at)
        at += len(text) * found
        return found

    def joined(sign: str, op: str, part: Callable[[], _Node]) -> _Node:
        start, parts = at, [part()]
        while eat(sign):
            parts.append(part())
        return _Node(right[start:at], op, tuple(parts)) if parts[1:] else parts[0]

    def total() -> _Node:
        return joined(" + ", "+", lambda: joined(r" \odot ", "⊙", factor))

    def factor() -> _Node:
        start = at
        for begins, op in _OPENS.items():
            if eat(begins):
                inner = total()
                if eat(")"):
                    return _Node(right[start:at], op, (inner,))
        if any(map(eat, longest)):
            return _Node(right[start:at])
        raise ValueError(f"{right!r} cannot be read from {right[at:]!r} on")

    found = total()
    if at < len(right):
        raise ValueError(f"{right!r} cannot be read from {right[at:]!r} on")
    return found


def quantities_of(equations: Sequence[str], symbols: Iterable[str], shares: Collection[str] = ()) -> tuple[Quantity, ...]:
    """The quantities of a cell's equations; those that are defined come first, in the order of the equations.

    Args:
        symbols: what the equations name beside their left sides, as LaTeX.
        shares: symbols of gates.

    Raises:
        ValueError: for an equation that cannot be read.
    """
    rights = dict(one.split(" = ", 1) for one in equations)
    found = {left: Quantity(left, defined=True, share=left in shares) for left in rights}
    places = {left: i for i, left in enumerate(rights)}

    def add(node: _Node) -> int:
        if node.latex not in places:
            parts = tuple(map(add, node.parts))
            share = node.latex in shares or (node.op == "1−" and found[node.parts[0].latex].share)
            places[node.latex] = len(places)
            found[node.latex] = Quantity(node.latex, op=node.op, parts=parts, share=share)
        return places[node.latex]

    for left, right in rights.items():
        made = _read(right, {*symbols, *rights})
        found[left] = replace(found[left], op=made.op, parts=tuple(map(add, made.parts)))
    return tuple(found.values())


def said(found: Circuit) -> Circuit:
    """The same with what each quantity is, in words."""
    quantities = found.quantities
    words = {left: tr(message) for left, message in _PARTS.items()} | {
        f"{name}_t": f"{tr(title)} {name}" for name, title in found.kept.items()
    }
    says: dict[int, str] = {}
    for i in found.equations:
        latex = quantities[i].latex
        says[i] = words.get(latex) or tr("pre-activation {letter}", letter=tr(latex[0]))

    def say(i: int, of: str) -> str:
        if i not in says:
            one = quantities[i]
            made = [say(part, of) for part in one.parts]
            says[i] = _said(one, made, of, words)
        return says[i]

    for i in found.equations:
        for part in quantities[i].parts:
            say(part, says[i])
    return replace(found, quantities=tuple(replace(one, says=says[i]) for i, one in enumerate(quantities)))


def _said(one: Quantity, made: Sequence[str], of: str, words: Mapping[str, str]) -> str:
    """What a part of the equation of `of` is, made of parts that are called so."""
    if not one.op:
        return words.get(one.latex) or _plain(one.latex)
    if one.op == "+":
        return tr("pre-activation of {of}", of=of)
    if one.op == "⊙":
        return reduce(lambda left, right: tr("{left} times {right}", left=left, right=right), made)
    return tr("1 minus {made}", made=made[0]) if one.op == "1−" else tr("{op} of {made}", op=one.op, made=made[0])


def _plain(latex: str) -> str:
    if product := re.fullmatch(r"([A-Z](?:_\w)?) (?:(x_t)|h_\{t-1\})", latex):
        matrix = tr(product[1])
        return tr("input through {matrix}", matrix=matrix) if product[2] else tr("state before through {matrix}", matrix=matrix)
    return tr(re.sub(r"\\mathrm\{(\w+)\}", r"\1", plain(latex)))


def _circuit(inputs: Inputs, controls: OfUnit) -> Circuit:
    assert controls.unit is not None
    cell, trace = inputs.network.cell, inputs.trace
    at = controls.layer, controls.direction, controls.unit
    known = inputs.once(_known, *at)
    quantities = quantities_of(cell.equations, known, {f"{one.name}_t" for one in cell.kept if one.kind == "gate"})
    values: dict[int, np.ndarray] = {}

    def value(i: int) -> np.ndarray:
        """By the equations, where they say how it is made."""
        if i not in values:
            one = quantities[i]
            parts = [known.get(quantities[part].latex, value(part)) for part in one.parts]
            values[i] = known[one.latex] if not parts else _made(one.op, parts)
        return values[i]

    made = {one.latex: value(i) for i, one in enumerate(quantities)}
    apart = [made[latex] - known[latex] for latex in made if latex in known]
    held = {"h": trace.states, "m": trace.cells} | trace.gates
    apart += [known[f"{name}_t"] - array[at[0], at[1], :, at[2]] for name, array in held.items() if array is not None]
    return Circuit(
        cell.name, {one.name: one.title for one in cell.kept}, quantities,
        tuple(i for i, one in enumerate(quantities) if one.defined),
        np.stack([known.get(latex, by_equation) for latex, by_equation in made.items()], 1).astype(np.float32),
        tuple(visible(token, 40) for token in trace.tokens), controls.at, controls.unit, controls.layer, controls.direction,
        max(float(np.abs(one).max()) for one in apart),
    )  # fmt: skip


def _made(op: str, parts: Sequence[np.ndarray]) -> np.ndarray:
    if op == "+":
        return np.sum(parts, 0)
    if op == "⊙":
        return np.prod(parts, 0)
    return 1 - parts[0] if op == "1−" else phi(_PHI[op], parts[0])


def _known(inputs: Inputs, *place: int) -> dict[str, np.ndarray]:
    return unit_along(inputs.network, inputs.trace, *place)


def _most_bytes(inputs: Inputs) -> int:
    """Of each equation at most two dozen quantities, with a number at each step."""
    cell, tokens = inputs.network.cell, inputs.trace.tokens
    return len(cell.equations) * 24 * (4 * len(tokens) + 256) + sum(len(one.encode()) + 16 for one in tokens) + 4096


def _explain(found: Circuit) -> str:
    def numbers(i: int, outer: bool = False) -> str:
        one = found.quantities[i]
        if not one.op or (one.defined and not outer):
            value = number(found.value(i))
            return f"({value})" if value.startswith("-") else value
        parts = [numbers(part) for part in one.parts]
        if one.op in _SIGNS:
            return _SIGNS[one.op].join(parts)
        return f"(1 - {parts[0]})" if one.op == "1−" else f"{_LATEX[one.op]}({parts[0]})"

    lines = [rf"{found.quantities[i].latex} &= {numbers(i, True)} = {number(found.value(i))}" for i in found.equations]
    aligned = formula(r"\begin{aligned} " + r" \\ ".join(lines) + r" \end{aligned}")
    return tr(
        "Unit {unit} of layer {layer} at {step}: each equation of the cell with the numbers of this unit. A product ⊙ is "
        "taken unit by unit, so a gate of 0.9 lets 90% of a number pass.\n\n"
        "$${aligned}$$"
        "\n\n"
        "The two sides of each equation, and these numbers and those of the trace, differ by at most {difference:.1e}.",
        unit=found.unit, layer=found.layer + 1, step=place(found.step, found.tokens[found.step]), aligned=aligned,
        difference=found.difference,
    )


CIRCUIT: View[OfUnit, Circuit] = View(
    "circuit", N_("How does this unit come to its state?"), NEEDS, OfUnit, _circuit,
    lambda found: (Part("circuit", said(found)),), _explain, _most_bytes,
)  # fmt: skip

VIEWS = (CIRCUIT,)
