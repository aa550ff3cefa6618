"""The view of the one vector between an encoder and its decoder: what a linear readout finds in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnn_core.figures import judged as figures
from rnn_core.language import N_, tr
from rnn_core.results import VectorProbe
from rnn_core.views import encoding
from rnn_core.views.inputs import Inputs
from rnn_core.views.streams import UNITS
from rnn_core.views.view import Controls, Part, Table, View, figure, literal, number


@dataclass(frozen=True)
class Probed:
    """Readouts of the vectors of one run or two.

    Attributes:
        probes: by the names of the runs.
        unit: the name of a token.
    """

    probes: dict[str, VectorProbe]
    unit: str


def _probed(inputs: Inputs, controls: Controls) -> Probed:
    told = {name: scores.detail for name, scores in inputs.evaluations.items() if scores.detail is not None}
    cut = next(iter(told.values())).cut
    return Probed({name: one.vector for name, one in told.items() if one.vector is not None}, UNITS[cut])


def _most_bytes(inputs: Inputs) -> int:
    return 1000 + sum(
        encoding.nbytes(scores.detail and scores.detail.vector) + 2 * len(name.encode())
        for name, scores in inputs.evaluations.items()
    )


def _draw(found: Probed) -> tuple[Part, ...]:
    unit, probes = found.unit, found.probes.values()
    columns: Mapping[str, list[Any]] = {
        "run": [literal(name, 60) for name in found.probes],
        "numbers": [one.numbers for one in probes],
        tr("length, R²"): [one.explained for one in probes],
        tr("off by, {unit}s", unit=unit): [one.off for one in probes],
        tr("words, AUC"): [one.found for one in probes],
    }
    formats = {"numbers": "localized", tr("length, R²"): "%.3f", tr("off by, {unit}s", unit=unit): "%.2f", tr("words, AUC"): "%.3f"}
    first = next(iter(probes))
    said = tr(
        "Linear readouts of the state from which the decoder starts, over {sources:,} sources, each source left out of the "
        "fit that reads it. **Length**: 1 is perfect, 0 is as good as the mean, which is off by {off_mean:.2f} {unit}s. "
        "**Words**: how well the vector tells whether each of the {words} commonest {unit}s is in the source; 0.5 is "
        "chance.",
        sources=first.sources, off_mean=first.off_mean, unit=unit, words=first.words,
    )
    parts: list[Part] = [Part("table", Table(columns, formats=formats)), Part("caption", said)]
    if any(one.places for one in probes):
        parts += figure(figures.by_place({name: one.places for name, one in found.probes.items()}, unit))
        parts.append(Part("caption", _of_places(found)))
    return tuple(parts)


def _of_places(found: Probed) -> str:
    said = "; ".join(
        tr(
            "{right:.1%} at the first place and {right2:.1%} at place {place} with {name}",
            right=one.places[0].right, right2=one.places[-1].right, place=one.places[-1].place, name=literal(name, 60),
        )
        for name, one in found.probes.items() if one.places
    )  # fmt: skip
    places = next(one.places for one in found.probes.values() if one.places)
    return tr(
        "**Order**: a readout names the {unit} at a place of the source. It is right in {said}. Always naming the "
        "commonest {unit} of the place would be right in {commonest:.1%} and {commonest2:.1%} (grey). Without attention, "
        "all that the decoder knows of the source passes through this vector; with it, training need not put all into the "
        "vector.",
        unit=found.unit, said=said, commonest=places[0].commonest, commonest2=places[-1].commonest,
    )


def _explain(found: Probed) -> str:
    name, one = next(iter(found.probes.items()))
    said = tr(
        "A readout of the vector s is fitted by ridge regression with an intercept, each number of s scaled to a variance "
        "of 1, and read on a source that the fit leaves out (Hastie, Tibshirani and Friedman 2009, section 7.10). λ is the "
        "best of six by this error.\n\n"
        r"$$\hat y = w \cdot s + w_0, \qquad \min_{{w, w_0}} \sum_i (y_i - \hat y_i)^2 + \lambda \lVert w \rVert^2$$"
        "\n\n"
        "**Length** (y is the number of {unit}s; here {name}, λ = {penalty:g}):\n\n",
        unit=found.unit, name=literal(name, 60), penalty=one.penalty,
    )
    if one.spread:
        said += (
            r"$$R^2 = 1 - \frac{\sum_i (y_i - \hat y_i)^2}{\sum_i (y_i - \bar y)^2} = "
            rf"1 - \frac{{{one.errors:.1f}}}{{{one.spread:.1f}}} = {number(one.explained)}$$"
        )
    else:
        said += tr("All sources have the same length, so R² is not defined.")
    said += (
        tr(
            "\n\n"
            "**Words** (y is 1 if the {unit} is in the source, else 0): AUC is the share of pairs of a source with the "
            "{unit} and one without it in which ŷ is higher for the first, and here its mean over {words} {unit}s",
            unit=found.unit, words=one.words,
        )
        + (f", {number(one.found)}. " if one.found is not None else ". ")
        + tr(
            "**Order**: y is 1 for the {unit} at the place and 0 for the others; the largest ŷ names the {unit}. The grey "
            "line always names the commonest one of the place. A readout that is not linear could find more (Adi et al. "
            "2017).",
            unit=found.unit,
        )
    )
    return said


VECTOR: View[Controls, Probed] = View(
    "vector", N_("What does the vector between encoder and decoder hold?"), ("evaluations",), Controls, _probed, _draw, _explain,
    _most_bytes,
)  # fmt: skip

VIEWS = (VECTOR,)
