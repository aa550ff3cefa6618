"""The loss by the place of a token, and by its frequency."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from rnn_core.figures import streams
from rnn_core.language import N_, tr
from rnn_core.results import ENDS, UNKNOWN, Group
from rnn_core.views.inputs import Inputs
from rnn_core.views.streams.shared import MANY, UNITS, detail_of, most_bytes
from rnn_core.views.view import Choice, Controls, Part, View, figure, number

PLACES = {"line": N_("in the line"), "document": N_("in the document"), "stream": N_("along the text")}


@dataclass(frozen=True)
class Position(Controls):
    """By which place tokens are grouped: a field of `PLACES`."""

    position: str = "line"

    def settled(self, inputs: Inputs) -> Self:
        return self if self.position in _positions(inputs) else replace(self, position="line")


def _positions(inputs: Inputs) -> tuple[str, ...]:
    """With a single document, the place in it is that in the text."""
    return tuple(name for name in PLACES if name != "document" or detail_of(inputs).documents > 1)


@dataclass(frozen=True)
class Grouped:
    """The losses of groups of tokens.

    Attributes:
        by: what they are grouped by: a field of `Breakdown`.
        groups: in their order.
        unit: what a token is called.
    """

    by: str
    groups: tuple[Group, ...]
    unit: str

    @property
    def tokens(self) -> int:
        return sum(one.tokens for one in self.groups)

    @property
    def nats(self) -> float:
        return sum(one.nats for one in self.groups)


def _by_position(inputs: Inputs, controls: Position) -> Grouped:
    detail = detail_of(inputs)
    return Grouped(controls.position, getattr(detail, controls.position), UNITS[detail.cut])


def _draw_positions(found: Grouped) -> tuple[Part, ...]:
    if found.by == "stream":
        return figure(streams.along({tr("loss"): found.groups}, tr(MANY[found.unit])))
    names = [_range(one, short) for one in found.groups]
    says = [
        tr("place {range}: {tokens:,} {units}", range=_range(one, _whole), tokens=one.tokens, units=tr(MANY[found.unit]))
        for one in found.groups
    ]
    return figure(streams.by_group(found.groups, names, says, tr("place {where}", where=tr(PLACES[found.by]))))


_BEGINS = {
    "line": N_(
        "A line begins at the start of the text, after a line end and after `<eos>`; a line end belongs to the line that "
        "it ends. ",
    ),
    "document": N_("A document ends with `<eos>`; the state is carried over to the next one. "),
    "stream": N_("The text is cut into parts of equal length. "),
}


def _explain_positions(found: Grouped) -> str:
    first, last = found.groups[0], found.groups[-1]
    return (
        tr(
            "The mean loss of the {units} at each place, counted from 1. {begins}The state is carried along the whole text.\n\n",
            units=tr(MANY[found.unit]), begins=tr(_BEGINS[found.by]),
        )
        + _means(found)
        + tr(
            " In the first group ({first}), the mean over {tokens_first:,} is {loss_first} nats; in the last ({last}), over "
            "{tokens_last:,}, it is {loss_last}.",
            first=_range(first, _whole), tokens_first=first.tokens, loss_first=number(first.loss), last=_range(last, _whole),
            tokens_last=last.tokens, loss_last=number(last.loss),
        )
    )


def _means(found: Grouped) -> str:
    """The formula of a group's loss, and how the loss of the whole text follows."""
    return (
        r"$$L_g = \frac{1}{n_g} \sum_{i \in g} -\log p_i, \qquad L = \frac{\sum_g n_g L_g}{\sum_g n_g}"
        rf" = \frac{{{number(found.nats)}}}{{{found.tokens}}} = {number(found.nats / found.tokens)}$$" + "\n\n"
    )


POSITIONS: View[Position, Grouped] = View(
    "positions", N_("Where is the loss large?"), ("evaluation",), Position, _by_position, _draw_positions, _explain_positions,
    most_bytes,
    choices=lambda inputs, controls: (Choice("position", tr("Place"), _positions(inputs), lambda place: tr(PLACES[place])),),
)  # fmt: skip


def _by_frequency(inputs: Inputs, controls: Controls) -> Grouped:
    detail = detail_of(inputs)
    return Grouped("frequency", detail.frequency, UNITS[detail.cut])


def _counted(one: Group) -> str:
    """What a group of a frequency is called."""
    return {ENDS: "<eos>", UNKNOWN: tr("unknown")}.get(one.first) or _range(one, short)


def _draw_frequency(found: Grouped) -> tuple[Part, ...]:
    said = {ENDS: tr("<eos> at the end of a document"), UNKNOWN: tr("not in the vocabulary")}
    says = [
        f"{said.get(one.first) or tr('{range} times in training', range=_range(one, _whole))}: {one.tokens:,} "
        f"{tr(MANY[found.unit])}" for one in found.groups
    ]
    title = tr("how often the {unit} stands in training", unit=tr(found.unit))
    return figure(streams.by_group(found.groups, [_counted(one) for one in found.groups], says, title))


def _explain_frequency(found: Grouped) -> str:
    most = max(found.groups, key=lambda one: one.nats)
    named = {ENDS: "`<eos>`", UNKNOWN: tr("tokens outside the vocabulary")}
    who = named.get(most.first, tr("those with {range} occurrences in training", range=_range(most, _whole)))
    return (
        tr(
            "The {units} of the text are grouped by their count in the training split. Those outside the vocabulary are "
            "scored as `<unk>`; the ends of documents, `<eos>`, are not counted in training and are a group of their own.\n\n",
            units=tr(MANY[found.unit]),
        )
        + _means(found)
        + tr(
            r"$$\text{{share of the total loss}} = \frac{{n_g L_g}}{{\sum_g n_g L_g}} = \frac{{{tokens} \cdot {loss}}}{{{nats}}} "
            "= {share}$$"
            "\n\n"
            "This is the largest share: {who} are {percent}% of the {units}.",
            tokens=most.tokens, loss=number(most.loss), nats=number(found.nats), who=who, units=tr(MANY[found.unit]),
            share=number(most.nats / found.nats) if found.nats else 0, percent=number(100 * most.tokens / found.tokens),
        )
    )


FREQUENCY: View[Controls, Grouped] = View(
    "frequency", N_("Are rare tokens predicted worse?"), ("evaluation",), Controls, _by_frequency, _draw_frequency,
    _explain_frequency, most_bytes,
)  # fmt: skip


def _range(one: Group, write: Callable[[int], str]) -> str:
    first, last = write(one.first), write(one.last)
    return first if one.first == one.last else f"{first}–{last}"


def _whole(value: int) -> str:
    return f"{value:,}"


def short(value: int) -> str:
    """A number for a tick: 1,536 is 1.5k."""
    return f"{value:g}" if value < 1000 else f"{value / 1000:.2g}k" if value < 100_000 else f"{value / 1000:.0f}k"
