"""Scores of translations by the length of the source."""

from dataclasses import dataclass

from rnn_core.figures import judged as figures
from rnn_core.figures.text import units
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import (
    LengthGroup,
    TranslationScores,
)
from rnn_core.views import encoding
from rnn_core.views.inputs import Inputs
from rnn_core.views.judged.shared import MEASURES, detail_of
from rnn_core.views.streams import UNITS
from rnn_core.views.view import Choice, Controls, Part, View, figure, literal, number


@dataclass(frozen=True)
class Measured(Controls):
    """The score that is shown, a key of `MEASURES`."""

    measure: str = "bleu"

    def settled(self, inputs: Inputs) -> "Measured":
        return self if self.measure in MEASURES else Measured()


@dataclass(frozen=True)
class ByLength:
    """A score by the length of the source.

    Attributes:
        measure: a key of `MEASURES`.
        whole: the score of all translations of each run, by its name.
        series: the groups of each run; the same groups for all of them.
        unit: the name of a token.
    """

    measure: str
    whole: dict[str, float]
    series: dict[str, tuple[LengthGroup, ...]]
    unit: str


def comparable(one: TranslationScores, other: TranslationScores) -> bool:
    """Whether both have the same groups of source lengths, with the same numbers of sources."""
    if one.detail is None or other.detail is None:
        return False
    (mine, theirs) = ([(g.first, g.last, g.scores.sources) for g in found.lengths] for found in (one.detail, other.detail))
    return mine == theirs


def _by_length(inputs: Inputs, controls: Measured) -> ByLength:
    found = {name: detail_of(scores) for name, scores in inputs.evaluations.items()}
    first = next(iter(found.values()))
    whole = {name: float(getattr(scores, controls.measure)) for name, scores in inputs.evaluations.items()}
    return ByLength(controls.measure, whole, {name: one.lengths for name, one in found.items()}, UNITS[first.cut])


def _by_length_bytes(inputs: Inputs) -> int:
    return 100 + sum(
        encoding.nbytes(detail_of(scores).lengths) + 2 * len(name.encode()) + 8 for name, scores in inputs.evaluations.items()
    )


def _at(group: LengthGroup, found: ByLength) -> str:
    """The score of a group, such as "13.48 for 3–5 tokens"."""
    value = _number(getattr(group.scores, found.measure), found.measure)
    return tr("{value} for {lengths}", value=value, lengths=_lengths(group, found.unit))


def _lengths(group: LengthGroup, unit: str) -> str:
    return f"{figures.ranged(group)} {units(unit, group.last)}"


def _number(value: float | None, measure: str) -> str:
    return tr("not defined") if value is None else f"{value:.1%}" if measure == "exact" else f"{value:.2f}"


def _draw_by_length(found: ByLength) -> tuple[Part, ...]:
    title = tr(MEASURES[found.measure])
    said = "; ".join(
        tr(
            "{name}: {number} in all, from {first} to {last}",
            name=literal(name, 60), number=_number(found.whole[name], found.measure), first=_at(groups[0], found),
            last=_at(groups[-1], found),
        )
        for name, groups in found.series.items()
    )
    gaps = [figures.ranged(group) for group in next(iter(found.series.values())) if group.scores.bleu is None]
    none = (
        tr(
            " For {gaps} {units} BLEU is not defined: no translation has four tokens.",
            gaps=", ".join(gaps), units=units(found.unit),
        )
        if gaps and found.measure == "bleu" else ""
    )  # fmt: skip
    drawn = figures.by_length(found.series, found.measure, title, found.unit)
    return (*figure(drawn), Part("caption", f"{title}, {said}.{none}"))


def _explain_by_length(found: ByLength) -> str:
    name, groups = next(iter(found.series.items()))
    last = groups[-1]
    scores = last.scores
    begins = tr(
        "The sources are put into groups by their number of {units}, each with at least an eighth of the sources (the last "
        "with a sixteenth). The score of a group is that of its translations alone, against all references of each source.",
        units=units(found.unit),
    ) + "\n\n"  # fmt: skip
    ends = "\n\n" + tr_n(
        "Here: {name}, {n:,} source of {lengths}. Without attention, all that the decoder knows of the source is one vector, "
        "however long the source is.",
        "Here: {name}, {n:,} sources of {lengths}. Without attention, all that the decoder knows of the source is one vector, "
        "however long the source is.",
        scores.sources, name=literal(name, 60), lengths=_lengths(last, found.unit),
    )  # fmt: skip
    if found.measure == "exact":
        formula = tr(
            r"$$\text{{exact match}} = \frac{{\text{{translations that equal a reference}}}}{{\text{{sources}}}}"
            r" = \frac{{{equal}}}{{{sources}}} = {share}$$",
            equal=round(scores.exact * scores.sources), sources=scores.sources, share=number(scores.exact),
        )
        return begins + formula + ends
    if found.measure == "chrf":
        return f"{begins}{CHRF} = {number(scores.chrf)}$$\n\n{tr(CHRF_WORDS)}{ends}"
    if scores.bleu is None:
        return begins + f"{_BLEU}$$\n\n{tr(_BLEU_WORDS)}" + ends
    p = r" \cdot ".join(map(number, scores.precisions))
    bleu = f"{_BLEU} = {number(scores.brevity)} \\cdot ({p})^{{1/4}} = {number(scores.bleu)}$$"
    return f"{begins}{bleu}\n\n{tr(_BLEU_WORDS)}{ends}"


_BLEU = r"$$\mathrm{BLEU} = \mathrm{BP} \cdot \Big( \prod_{n=1}^{4} p_n \Big)^{1/4}"
_BLEU_WORDS = N_(
    "$p_n$ is the share, in percent, of the n-grams of the translations that stand in a reference of their source, each "
    r"counted as often as it stands in one reference at most; BP = $\min(1, e^{1 - r/c})$ is the brevity penalty, with c "
    "tokens in the translations and r in the references nearest in length (Papineni et al. 2002), by sacrebleu with its "
    "13a tokeniser. Where no n-gram is right, $p_n$ is smoothed.",
)
CHRF = r"$$\mathrm{chrF} = 100 \, \frac{(1 + \beta^2) P R}{\beta^2 P + R}"
CHRF_WORDS = N_(
    r"$\beta = 2$; P and R are the mean precision and recall of the n-grams of characters, n = 1 … 6, white space left out "
    "(Popović 2015), by sacrebleu; of several references the best one counts.",
)

BY_LENGTH: View[Measured, ByLength] = View(
    "by-length", N_("Are longer sources translated worse?"), ("evaluations",), Measured, _by_length, _draw_by_length,
    _explain_by_length, _by_length_bytes,
    choices=lambda inputs, controls: (Choice("measure", tr("Score"), tuple(MEASURES), lambda key: tr(MEASURES[key])),),
)  # fmt: skip
