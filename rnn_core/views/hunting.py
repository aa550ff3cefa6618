"""Which unit alone tells a pattern in the text, and the text coloured by a unit."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rnn_core.analysis import hunting
from rnn_core.analysis.hunting import PATTERNS
from rnn_core.figures import palette
from rnn_core.language import N_, tr
from rnn_core.results import Hunt
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, Held, bytes_of, name_of, pick_step, quantities, series
from rnn_core.views.view import Choice, Part, Table, View, literal
from rnn_core.views.writing import Running, pieces

MOST_LISTED = 10
THIS_TEXT = N_("this text")


@dataclass(frozen=True)
class Hunted(Held):
    """A pattern, and the unit by which the text is coloured; None: the best one."""

    pattern: str = "quotes"
    expression: str = ""
    among: str | None = None

    def settled(self, inputs: Inputs) -> Self:
        offered = quantities(inputs.run)
        among = self.among if self.among in offered else inputs.run.cell.parts[-1]
        pattern = self.pattern if self.pattern in PATTERNS else "quotes"
        held = super().settled(inputs)
        return replace(held, quantity=among, among=among, pattern=pattern)


@dataclass(frozen=True)
class Found:
    """The units that tell a pattern, and the text by one of them.

    Attributes:
        hunt: the scores.
        running: the text, coloured by the unit.
        pattern: what is looked for, in words.
        quantity: of which quantity the units are, in words.
        unit: the one that colours the text.
        decides: whether the colour is its distance from its threshold, on the side where it says yes; else its value.
        marked: the first place of the pattern in the text, as Markdown.
        yes: whether the pattern is yes or no; else it is a number.
        data: where the units were hunted.
        read: how many tokens were read there; evenly chosen ones of them are scored.
    """

    hunt: Hunt
    running: Running
    pattern: str
    quantity: str
    unit: int
    decides: bool
    marked: str
    yes: bool
    data: str
    read: int


def _found(inputs: Inputs, controls: Hunted) -> Found:
    trace = inputs.trace
    marked = hunting.marked(trace.text, controls.pattern, controls.expression)
    wanted = hunting.at_tokens(marked, trace.offsets[1:-1])
    hunt = hunting.hunt(series(trace, controls)[1:-1], wanted)
    yes = wanted.dtype == bool
    pattern = hunting.called(controls.pattern, controls.expression)
    return _coloured(inputs, controls, hunt, pattern, THIS_TEXT, _first(pieces(trace), wanted) if yes else "")


def _found_in_corpus(inputs: Inputs, controls: Hunted) -> Found:
    return _coloured(inputs, controls, inputs.hunt.hunt, inputs.hunt.pattern, inputs.hunt.data, "", inputs.hunt.read)


def _coloured(
    inputs: Inputs, controls: Hunted, hunt: Hunt, pattern: str, data: str, marked: str, read: int | None = None
) -> Found:
    """The units that were found, and the text by one of them."""
    trace, values = inputs.trace, series(inputs.trace, controls)[1:-1]
    unit = int(hunt.units[0]) if controls.unit is None else controls.unit
    place = np.flatnonzero(hunt.units == unit)
    own, yes = values[:, unit].astype(float), not np.isnan(hunt.share)
    decides = yes and len(place) > 0
    strength = (own - hunt.thresholds[place[0]]) * (1 if hunt.above[place[0]] else -1) if decides else own
    scale = max(float(np.abs(strength).max()), 1e-9)
    tokens, steps = pieces(trace), np.arange(1, len(own) + 1)
    says = tuple(f"t = {step + 1}: {value:+.3f}" for step, value in zip(steps.tolist(), own.tolist(), strict=True))
    shown = Running(tokens, strength / scale, says, 0, steps, controls.at, palette.POSITIVE, palette.NEGATIVE)
    return Found(
        hunt, shown, pattern, name_of(inputs.run, "quantity")(controls.quantity), unit,
        decides, marked, yes, data, read or hunt.tokens,
    )  # fmt: skip


def _first(tokens: Sequence[str], wanted: np.ndarray) -> str:
    """The first stretch of tokens that the pattern marks, as Markdown."""
    start = int(wanted.argmax())
    end = start + int(np.append(wanted[start:], False).argmin())
    return literal("".join(tokens[start:end]), 60)


def _draw(found: Found) -> tuple[Part, ...]:
    hunt, score = found.hunt, tr("balanced accuracy") if found.yes else "r²"
    listed = slice(0, MOST_LISTED)
    table = Table({
        tr("unit"): hunt.units[listed].tolist(),
        tr("{score}, fitted", score=score): hunt.fitted[listed].tolist(),
        tr("{score}, held out", score=score): hunt.held_out[listed].tolist(),
        tr("says yes") if found.yes else tr("as the number grows"): [
            _direction(found, i) for i in range(len(hunt.units[listed]))
        ],
    }, formats=dict.fromkeys((tr("{score}, fitted", score=score), tr("{score}, held out", score=score)), "%.3f"))  # fmt: skip
    return Part("text", _words(found)), Part("table", table)


def _draw_with_text(found: Found) -> tuple[Part, ...]:
    sides = tr("green where it says yes, purple where it says no") if found.decides else tr("green above 0, purple below")
    said = tr(
        "Coloured by unit {unit} of {quantity}: {sides}. Click a token to choose a step.",
        unit=found.unit, quantity=found.quantity, sides=sides,
    )
    return *_draw(found), Part("running", found.running), Part("caption", said)


def _direction(found: Found, place: int) -> str:
    above = bool(found.hunt.above[place])
    if not found.yes:
        return tr("grows") if above else tr("falls")
    threshold = float(found.hunt.thresholds[place])
    return tr("above {threshold:.3f}", threshold=threshold) if above else tr("below {threshold:.3f}", threshold=threshold)


def _words(found: Found) -> str:
    hunt = found.hunt
    best = float(hunt.held_out[0])
    score, chance = (tr("balanced accuracy"), "0.5") if found.yes else ("r²", "0")
    said = tr(
        "Unit **{unit}** of {quantity} tells “{pattern}” best in {data}: its {score} on held-out text is **{best:.3f}**. "
        "Chance is {chance}; the best unit for the pattern moved along the text gets {moved:.3f}. ",
        unit=hunt.units[0], quantity=found.quantity, pattern=literal(found.pattern, 60),
        data=tr(THIS_TEXT) if found.data == THIS_TEXT else literal(found.data, 60), score=score, best=best,
        chance=chance, moved=hunt.chance,
    )
    if found.yes:
        first = tr(", first “{marked}”", marked=found.marked) if found.marked else ""
        said += tr(
            "The pattern covers {share:.1%} of the {tokens:,} tokens{first}. ",
            share=hunt.share, tokens=hunt.tokens, first=first,
        )
    if found.read > hunt.tokens:
        said += tr("All {read:,} tokens were read, and evenly chosen ones scored. ", read=found.read)
    learnt = best - hunt.chance > 0.1
    return said + ("" if learnt else tr("So no unit alone tells it much better than chance."))


def _explain(found: Found) -> str:
    score = (
        tr(
            r"$$\text{balanced accuracy} = \tfrac{1}{2} \left( \frac{\text{right yes}}{\text{all yes}}"
            r" + \frac{\text{right no}}{\text{all no}} \right)$$"
        )
        if found.yes
        else r"$$r^2 = \frac{\left(\sum_t (x_t - \bar x)(y_t - \bar y)\right)^2}"
        r"{\sum_t (x_t - \bar x)^2 \, \sum_t (y_t - \bar y)^2}$$"
    )
    rule = tr(
        "A unit says yes on one side of a threshold. The text is cut into {blocks} blocks. Threshold and direction are chosen "
        "on every other block, and scored on the held-out rest:",
        blocks=hunting.BLOCKS,
    ) if found.yes else tr(
        "The text is cut into {blocks} blocks. The direction is chosen on every other block, and scored on the held-out rest:",
        blocks=hunting.BLOCKS,
    )  # fmt: skip
    return tr(
        "{rule}\n\n"
        "{formula}\n\n"
        "Many units are tried, so the best one looks good where it was chosen: {fitted:.3f} there, {held_out:.3f} held "
        "out. The same hunt for the pattern moved along the text to {places} other places gives {chance:.3f}.",
        rule=rule, formula=score, fitted=float(found.hunt.fitted[0]),
        held_out=float(found.hunt.held_out[0]), places=hunting.ROTATIONS, chance=found.hunt.chance,
    )


def _choices(inputs: Inputs, controls: Hunted) -> tuple[Choice, ...]:
    run, model = inputs.run, inputs.run.config.model
    return (
        Choice("pattern", tr("Pattern"), tuple(PATTERNS), lambda name: tr(PATTERNS[name][0]), form="box"),
        Choice("among", tr("Units of"), quantities(run), name_of(run, "quantity"), form="box"),
        Choice("layer", tr("Layer"), tuple(range(model.layers)), name_of(run, "layer")),
    )


HUNT: View[Hunted, Found] = View(
    "hunt",
    N_("Which unit alone tells a pattern?"),
    NEEDS,
    Hunted,
    _found,
    _draw_with_text,
    _explain,
    bytes_of("T", each=400),
    pick_step,
    _choices,
)

IN_CORPUS: View[Hunted, Found] = View(
    "corpus-hunt", "", (*NEEDS, "hunt"), Hunted, _found_in_corpus, _draw, _explain, bytes_of("T", each=400),
)  # fmt: skip

VIEWS = (HUNT, IN_CORPUS)
