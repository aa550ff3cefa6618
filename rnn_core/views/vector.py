"""The view of the one vector between an encoder and its decoder: what a linear readout finds in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnn_core.figures import judged as figures
from rnn_core.language import N_, tr
from rnn_core.results import VectorProbe
from rnn_core.views import encoding
from rnn_core.views.inputs import Inputs
from rnn_core.views.streams import MANY, UNITS
from rnn_core.views.view import Controls, Part, Table, View, figure, literal, number


@dataclass(frozen=True)
class Probed:
    """Readouts of the vectors of one run or two.

    Attributes:
        probes: by the names of the runs.
        unit: the name of a token, to be translated.
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
    units, probes = tr(MANY[found.unit]), found.probes.values()
    numbers, length, off, auc = tr("numbers"), tr("length, R²"), tr("off by, {units}", units=units), tr("words, AUC")
    columns: Mapping[str, list[Any]] = {
        tr("run"): [literal(name, 60) for name in found.probes],
        numbers: [one.numbers for one in probes],
        length: [one.explained for one in probes],
        off: [one.off for one in probes],
        auc: [one.found for one in probes],
    }
    formats = {numbers: "localized", length: "%.3f", off: "%.2f", auc: "%.3f"}
    first = next(iter(probes))
    said = tr(
        "Linear readouts of the state from which the decoder starts, over {sources:,} sources, each source left out of the "
        "fit that reads it. **Length**: 1 is perfect, 0 is as good as the mean, which is off by {off_mean:.2f} {units}. "
        "**Words**: how well the vector tells whether each of the {words} commonest {units} is in the source; 0.5 is "
        "chance.",
        sources=first.sources, off_mean=first.off_mean, units=units, words=first.words,
    )
    parts: list[Part] = [Part("table", Table(columns, formats=formats)), Part("caption", said)]
    if any(one.places for one in probes):
        parts += figure(figures.by_place({name: one.places for name, one in found.probes.items()}, found.unit))
        parts.append(Part("caption", _of_places(found)))
    return tuple(parts)


def _of_places(found: Probed) -> str:
    said = "; ".join(
        tr(
            "{first:.1%} at the first place and {last:.1%} at place {place} with {name}",
            first=one.places[0].right, last=one.places[-1].right, place=one.places[-1].place, name=literal(name, 60),
        )
        for name, one in found.probes.items() if one.places
    )  # fmt: skip
    places = next(one.places for one in found.probes.values() if one.places)
    return tr(
        "**Order**: a readout names the {unit} at a place of the source. It is right in {said}. Always naming the "
        "commonest {unit} of the place would be right in {first:.1%} and {last:.1%} (grey). Without attention, "
        "all that the decoder knows of the source passes through this vector; with it, training need not put all into the "
        "vector.",
        unit=tr(found.unit), said=said, first=places[0].commonest, last=places[-1].commonest,
    )


def _explain(found: Probed) -> str:
    name, one = next(iter(found.probes.items()))
    said = tr(
        "A readout of the vector s is fitted by ridge regression with an intercept, each number of s scaled to a variance "
        "of 1, and read on a source that the fit leaves out (Hastie, Tibshirani and Friedman 2009, section 7.10). λ is the "
        "best of six by this error.\n\n"
        r"$$\hat y = w \cdot s + w_0, \qquad \min_{{w, w_0}} \sum_i (y_i - \hat y_i)^2 + \lambda \lVert w \rVert^2$$"
        "\n\n"
        "**Length** (y is the number of {units}; here {name}, λ = {penalty:g}):\n\n",
        units=tr(MANY[found.unit]), name=literal(name, 60), penalty=one.penalty,
    )
    if one.spread:
        said += (
            r"$$R^2 = 1 - \frac{\sum_i (y_i - \hat y_i)^2}{\sum_i (y_i - \bar y)^2} = "
            rf"1 - \frac{{{one.errors:.1f}}}{{{one.spread:.1f}}} = {number(one.explained)}$$"
        )
    else:
        said += tr("All sources have the same length, so R² is not defined.")
    auc = "" if one.found is None else f", {number(one.found)}"
    return said + tr(
        "\n\n"
        "**Words** (y is 1 if the {unit} is in the source, else 0): AUC is the share of pairs of a source with the "
        "{unit} and one without it in which ŷ is higher for the first, and here its mean over {words} {units}{auc}. "
        "**Order**: y is 1 for the {unit} at the place and 0 for the others; the largest ŷ names the {unit}. The grey "
        "line always names the commonest one of the place. A readout that is not linear could find more (Adi et al. "
        "2017).",
        unit=tr(found.unit), units=tr(MANY[found.unit]), words=one.words, auc=auc,
    )


VECTOR: View[Controls, Probed] = View(
    "vector", N_("What does the vector between encoder and decoder hold?"), ("evaluations",), Controls, _probed, _draw, _explain,
    _most_bytes,
)  # fmt: skip

VIEWS = (VECTOR,)
