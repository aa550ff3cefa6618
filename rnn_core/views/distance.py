"""The view of the accuracy by distance, for runs on texts with a known memory."""

from dataclasses import dataclass
from typing import Any

from rnn_core.figures import distance as figures
from rnn_core.language import N_, tr
from rnn_core.results import ByDistance, DistanceGroup
from rnn_core.views import encoding
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Controls, Part, Table, View, figure, literal, number


@dataclass(frozen=True)
class Remembered:
    """The accuracy of runs on the same texts by distance.

    Attributes:
        runs: by their names.
    """

    runs: dict[str, ByDistance]


def _remembered(inputs: Inputs, controls: Controls) -> Remembered:
    return Remembered(dict(inputs.distances))


def _most_bytes(inputs: Inputs) -> int:
    return encoding.nbytes(dict(inputs.distances))


def comparable(one: ByDistance, other: ByDistance) -> bool:
    """Whether both are of the same texts, as far as their groups tell."""
    mine, theirs = ([(g.first, g.last, g.texts) for g in found.groups] for found in (one, other))
    return one.task == other.task and mine == theirs


def reach(one: ByDistance) -> DistanceGroup | None:
    """The farthest group up to which the whole interval of each group lies above the majority's level; None if there is none."""
    found = None
    for group in one.groups:
        if one.majority is None or group.low <= one.majority:
            break
        found = group
    return found


def _told(name: str, one: ByDistance) -> str:
    if one.majority is None:
        return f"{literal(name, 60)}: {one.accuracy:.1%}"
    found = reach(one)
    upto = tr("at no distance above the majority") if found is None else tr(
        "above the majority up to distance {last:,}", last=found.last,
    )  # fmt: skip
    return f"{literal(name, 60)}: {one.accuracy:.1%}, {upto}"


def _draw(found: Remembered) -> tuple[Part, ...]:
    first = next(iter(found.runs.values()))
    level = "" if first.majority is None else tr(
        " Always answering the most frequent class of training is right in {majority:.1%} (dots); a run is counted as "
        "above it while the 95% interval of each group (the band) is.",
        majority=first.majority,
    )  # fmt: skip
    said = "; ".join(_told(name, one) for name, one in found.runs.items())
    columns: dict[str, list[Any]] = {
        tr("distance"): [figures.ranged(group) for group in first.groups],
        tr("texts"): [group.texts for group in first.groups],
    }
    for name, one in found.runs.items():
        columns[_column(name)] = [
            tr("{accuracy:.1%} ({low:.1%} to {high:.1%})", accuracy=g.accuracy, low=g.low, high=g.high) for g in one.groups
        ]
    return (
        Part("caption", tr(
            "The task is **{task}**: {question} The distance is the number of words after the earliest word that the label "
            "depends on. A network has to keep that word over this distance.",
            task=first.task, question=tr(first.question),
        )),
        *figure(figures.by_distance(found.runs)),
        Part("caption", f"{said}.{level}"),
        Part("table", Table(columns), tr("The numbers, with their 95% intervals")),
    )  # fmt: skip


def _column(name: str) -> str:
    """The name of a run as a column beside "distance" and "texts"."""
    return tr("{name} (run)", name=name) if name in (tr("distance"), tr("texts")) else name


def _explain(found: Remembered) -> str:
    name, one = next(iter(found.runs.items()))
    last = one.groups[-1]
    return tr(
        "The texts are put into groups by distance, each with at least an eighth of them (the last with a sixteenth). A "
        "gradient reaches the word through one product with a Jacobian per step: where these products vanish, training "
        "cannot find out that the word matters, and the accuracy falls to what can be had without it.\n\n"
        "{name}, distance {ranged}:\n\n"
        r"$$p = \frac{{\text{{right}}}}{{\text{{texts}}}} = \frac{{{right}}}{{{texts}}} = {accuracy}$$"
        "\n\n"
        "The interval is that of Wilson 1927, with z = 1.96 and n texts:\n\n"
        r"$$\frac{{p + \frac{{z^2}}{{2n}} \pm z \sqrt{{\frac{{p(1 - p)}}{{n}} + \frac{{z^2}}{{4 n^2}}}}}}{{1 + "
        r"\frac{{z^2}}{{n}}}} = {low} \;\text{{to}}\; {high}$$",
        name=literal(name, 60), ranged=figures.ranged(last), right=last.right, texts=last.texts,
        accuracy=number(last.accuracy), low=number(last.low), high=number(last.high),
    )


BY_DISTANCE: View[Controls, Remembered] = View(
    "by-distance", N_("How far back does the network remember?"), ("distances",), Controls, _remembered, _draw, _explain,
    _most_bytes,
)  # fmt: skip

VIEWS = (BY_DISTANCE,)
