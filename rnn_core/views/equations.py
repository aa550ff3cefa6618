"""The views of one unit at one step: the cell's equations with live numbers, and what its sums consist of."""

import re
from dataclasses import dataclass, replace
from functools import partial
from typing import Self

from rnn_core.analysis.equations import unit_step
from rnn_core.figures import terms as figures
from rnn_core.language import N_, formula, tr, tr_n
from rnn_core.results import GateTerms, UnitStep
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import Held, place
from rnn_core.views.view import Choice, Part, Table, View, number


@dataclass(frozen=True)
class Gate(Held):
    """A unit of the state h, and the gate whose sum is shown; None: the unit farthest from 0, and the first gate."""

    gate: str | None = None

    def settled(self, inputs: Inputs) -> Self:
        held, gates = super().settled(inputs), inputs.network.cell.gates
        unit = held.unit
        if unit is None:
            unit = int(abs(inputs.trace.states[held.layer, held.direction, held.at]).argmax())
        return replace(held, unit=unit, quantity="h", gate=self.gate if self.gate in gates else gates[0])


@dataclass(frozen=True)
class Unit:
    """One unit at one step, and the gate whose sum is shown.

    Attributes:
        token: that of the step.
        equations: of the cell, as LaTeX.
        hidden: d.
        directions: how many there are.
    """

    found: UnitStep
    gate: str
    token: str
    equations: tuple[str, ...]
    hidden: int
    directions: int

    @property
    def terms(self) -> GateTerms:
        return next(terms for terms in self.found.gates if terms.gate == self.gate)

    @property
    def below(self) -> list[str]:
        """What the inputs of the layer are called."""
        if self.found.layer == 0:
            return [f"x[{i}]" for i in range(len(self.terms.inputs))]
        arrows = ("→", "←") if self.directions == 2 else ("",)
        return [tr("h{arrow}[{j}] below", arrow=arrow, j=j) for arrow in arrows for j in range(self.hidden)]

    @property
    def where(self) -> str:
        return place(self.found.step, self.token)


def unit_of(inputs: Inputs, controls: Gate) -> Unit:
    assert controls.unit is not None and controls.gate is not None
    found = inputs.once(_found, controls.layer, controls.direction, controls.at, controls.unit)
    cell, network = inputs.network.cell, inputs.network.network
    token, hidden = inputs.trace.tokens[controls.at], inputs.run.config.model.hidden
    return Unit(found, controls.gate, token, tuple(cell.equations), hidden, network.directions)


def _found(inputs: Inputs, *place: int) -> UnitStep:
    return unit_step(inputs.network, inputs.trace, *place)


def most_bytes(inputs: Inputs) -> int:
    """Of each gate four rows of float64 and a few numbers: two rows as long as the state, two as long as the widest input."""
    model, cell = inputs.run.config.model, inputs.network.cell
    widest = max(model.input_width, (1 + model.bidirectional) * model.hidden)
    return (len(cell.gates) + 2) * (16 * model.hidden + 16 * widest + 1024) + 4096


_TERM = re.compile(
    r"W(?:_(?P<past>[a-z]))? h_\{t-1\}|U(?:_(?P<word>[a-z]))? x_t|(?<![a-zA-Z\\])b(?:_(?P<bias>[a-z]))?(?![a-zA-Z])"
    r"|(?P<before>[a-z])_\{t-1\}|(?P<now>[a-z])_t"
)
_FUNCTION = re.compile(r"(\\[a-zA-Z]+(?:\{\w+\})?)\((.*)\)")
_PLUS_MINUS = re.compile(r"\+ \(-([\d.]+)\)")
_NEEDLESS = re.compile(r"\(\((-[\d.]+)\)")


def without_past(equation: str) -> str:
    """An equation of a cell with h_{t−1} = 0: without the terms that the state before is a factor of."""
    left, right = equation.split(" = ", 1)
    before, inner, after = "", right, ""
    if (whole := _FUNCTION.fullmatch(right)) and _terms_of(whole[2]):
        before, inner, after = f"{whole[1]}(", whole[2], ")"
    kept = [term for term in _terms_of(inner) if "{t-1}" not in term]
    return f"{left} = {before}{' + '.join(kept) or '0'}{after}"


def _terms_of(right: str) -> list[str]:
    """The terms of a sum, brackets left whole; none where its brackets are not its own."""
    terms, depth = [""], 0
    for part in re.split(r"( \+ |[(){}])", right):
        depth += (part in "({") - (part in ")}") if part else 0
        if depth < 0:
            return []
        if part == " + " and depth == 0:
            terms.append("")
        else:
            terms[-1] += part
    return terms


def live(unit: Unit) -> str:
    """The cell's equations, each with this unit's numbers in it, as LaTeX. The state before is h_{t+1} for the direction that
    reads from the end."""
    found = unit.found
    gates = {terms.gate: terms for terms in found.gates}
    only = found.gates[0].gate
    inner = found.gates[-1]
    values = {terms.gate: terms.total for terms in found.gates} | found.values  # Elman's a is kept nowhere else

    def value(match: re.Match[str]) -> str:
        letters, text = match.groupdict(), match.group()
        if text in found.named:
            result = found.named[text]
        elif text.startswith("W"):
            result = float(gates[letters["past"] or only].hidden.sum())
        elif text.startswith("U"):
            result = gates[letters["word"] or only].word
        elif text.startswith("b"):
            letter = letters["bias"] or only
            result = gates[letter].bias if letter in gates else inner.inner_bias
        else:
            result = found.before[letters["before"]] if letters["before"] else values[letters["now"]]
        return f"({result:.4f})" if result < 0 else f"{result:.4f}"

    lines = []
    special = "|".join(re.escape(name) for name in sorted(found.named, key=len, reverse=True))
    pattern = re.compile(f"{special}|{_TERM.pattern}" if special else _TERM.pattern)
    for equation in unit.equations:
        left, right = equation.split(" = ", 1)
        numbers = pattern.sub(value, right).replace(r"\odot", r"\cdot")
        numbers = _NEEDLESS.sub(r"(\1", _PLUS_MINUS.sub(r"- \1", numbers))
        shown = right.replace("{t-1}", "{t+1}") if found.direction else right
        lines.append(rf"{left}[{found.unit}] &= {shown} \\ &= {numbers} = {values[left[0]]:.4f}")
    return formula(r"\begin{aligned} " + r" \\[4pt] ".join(lines) + r" \end{aligned}")


def heading(unit: Unit) -> str:
    """Which unit at which step, and its state, as Markdown."""
    return tr(
        "Unit {unit} of layer {layer} at {where}: **h = {h:.4f}**",
        unit=unit.found.unit, layer=unit.found.layer + 1, where=unit.where, h=unit.found.values["h"],
    )


_view = partial(
    View[Gate, Unit], needs=("run", "text"), controls=Gate, compute=unit_of, most_bytes=most_bytes,
)  # fmt: skip


def _show_step(unit: Unit) -> tuple[Part, ...]:
    return Part("text", heading(unit)), Part("formula", live(unit)), Part("caption", check(unit))


def all_terms(unit: Unit) -> dict[str, list[str] | list[float]]:
    """Every product of the gate's sum and its biases, the largest first; the last column adds up to a."""
    d, n = len(unit.terms.hidden), len(unit.terms.inputs)
    parts = figures.largest_terms(unit.terms, unit.found.unit, unit.below, most=d + n)
    return {
        tr("term"): [part.name for part in parts],
        tr("what it is"): [part.says for part in parts],
        tr("value"): [part.value for part in parts],
    }


def _draw_terms(unit: Unit) -> tuple[Part, ...]:
    return (
        Part("figure", figures.terms(figures.largest_terms(unit.terms, unit.found.unit, unit.below), unit.terms.total)),
        Part("table", Table(all_terms(unit), 300), tr("Every term")),
    )


def _choose_gate(inputs: Inputs, controls: Gate) -> tuple[Choice, ...]:
    return (Choice("gate", tr("Gate"), inputs.network.cell.gates, lambda name: tr("gate {name}", name=name)),)


def _explain_terms(unit: Unit) -> str:
    terms, found = unit.terms, unit.found
    count = len(terms.hidden) + len(terms.inputs)
    scaled = ""
    if terms.factor_name:
        scaled += tr(
            " All that comes from the state before is multiplied by {factor_name} = {factor}.",
            factor_name=terms.factor_name, factor=number(terms.factor),
        )
    if terms.word_name:
        scaled += tr(
            " All that comes from the input is multiplied by {word_name} = {word_factor}.",
            word_name=terms.word_name, word_factor=number(terms.word_factor),
        )
    others = {"b": terms.bias} if terms.bias or not terms.others else {}
    others |= {tr(figures.plain(name)): value for name, value in terms.others.items()}
    further = "".join(f"{name}: {number(value)}; " for name, value in others.items())
    word, total = number(terms.word), number(terms.total)
    numbers = tr("All of U x: {word}; {further}a = {total}.", word=word, further=further, total=total)
    written = formula(r"$$a[u] = b[u] + \textstyle\sum_i U[u,i]\, x_t[i]$$")
    kinds = tr("of what is read (orange); this cell has no W, so nothing of the state before comes in")
    if len(terms.hidden):
        strongest = max(range(len(terms.hidden)), key=lambda j: abs(terms.hidden[j]))
        w = float(terms.weights_hidden[strongest])
        h = float(terms.hidden[strongest]) / w if w else 0.0
        written = formula(r"$$a[u] = b[u] + \textstyle\sum_j W[u,j]\, h_{t-1}[j] + \sum_i U[u,i]\, x_t[i]$$")
        kinds = tr("of the state before (blue), or of what is read (orange)")
        numbers = tr(
            "The largest from the state before is of unit {strongest}: weight {w} times {h} is {hidden}. All of W h: "
            "{past}; all of U x: {word}; {further}a = {total}.",
            strongest=strongest, w=number(w), h=number(h), hidden=number(float(terms.hidden[strongest])),
            past=number(terms.past), word=word, further=further, total=total,
        )
    return tr(
        "The sum of gate {gate} of unit {unit} at {where} has {products} and a bias. Each product is a weight times a "
        "number: {kinds}. The twelve largest are drawn one by one, the others added up.{scaled}\n\n"
        "{formula}\n\n"
        "{numbers} {check}",
        gate=terms.gate, unit=found.unit, where=unit.where, products=tr_n("{n:,} product", "{n:,} products", count), kinds=kinds,
        scaled=scaled, formula=written, numbers=numbers, check=check(unit),
    )


def check(unit: Unit) -> str:
    """How far the sums are from the state that Inspect shows, in a sentence."""
    return tr(
        "The states and gates computed from these terms differ from those of the trace by at most {difference:.1e}.",
        difference=unit.found.difference,
    )


STEP = _view("unit-step", "", render=_show_step, explain=check)
TERMS = _view(
    "terms", N_("What does this unit's sum consist of?"), render=_draw_terms, explain=_explain_terms, choices=_choose_gate
)

VIEWS = (STEP, TERMS)
