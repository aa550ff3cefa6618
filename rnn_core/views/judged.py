"""The views of the Evaluate page on translations: where a run translates badly, and how."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnn_core.figures import judged as figures
from rnn_core.figures.text import units
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import (
    Coverage,
    Judged,
    LengthGroup,
    Loops,
    Marked,
    TranslationDetail,
    TranslationScores,
    Unknown,
)
from rnn_core.views import encoding
from rnn_core.views.evaluate import Rows
from rnn_core.views.inputs import Inputs
from rnn_core.views.streams import UNITS
from rnn_core.views.view import Choice, Controls, Part, Table, View, figure, literal, number

MEASURES = {"bleu": "BLEU", "chrf": "chrF", "exact": N_("exact match")}
_TEXTS = {"source": N_("source"), "translation": N_("translation"), "reference": N_("reference")}


def _detail(scores: TranslationScores) -> TranslationDetail:
    assert scores.detail is not None, "these scores have no details"
    return scores.detail


def _most_bytes(inputs: Inputs) -> int:
    return encoding.nbytes(inputs.translation_scores) + 1000


def _share(part: int, whole: int) -> str:
    """A count and its share, such as "3 (1.5%)"."""
    return f"{part:,} ({part / max(whole, 1):.1%})"


def _examples(some: tuple[Marked, ...], title: str, marks: str, of: str = "source") -> tuple[Part, ...]:
    """A table of marked tokens with their sources; none without any.

    Args:
        title: of the fold.
        marks: the title of the column of tokens.
        of: a key of `_TEXTS`: the column beside it, where the tokens stand.
    """
    if not some:
        return ()
    texts = {
        "source": [one.source for one in some],
        "translation": [one.hypothesis for one in some],
        "reference": [one.reference for one in some],
    }
    columns = {
        marks: ["   ".join(f"{token} {value:.3g}" for token, value in zip(one.tokens, one.values, strict=True)) for one in some],
        tr(_TEXTS[of]): texts.pop(of),
        **{tr(_TEXTS[name]): column for name, column in texts.items()},
    }
    return (Part("table", Table(columns, height=300, widths={marks: 150}), title),)


# ---- by length ------------------------------------------------------------------------------------------------------


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
    found = {name: _detail(scores) for name, scores in inputs.evaluations.items()}
    first = next(iter(found.values()))
    whole = {name: float(getattr(scores, controls.measure)) for name, scores in inputs.evaluations.items()}
    return ByLength(controls.measure, whole, {name: one.lengths for name, one in found.items()}, UNITS[first.cut])


def _by_length_bytes(inputs: Inputs) -> int:
    return 100 + sum(
        encoding.nbytes(_detail(scores).lengths) + 2 * len(name.encode()) + 8 for name, scores in inputs.evaluations.items()
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
        return f"{begins}{_CHRF} = {number(scores.chrf)}$$\n\n{tr(_CHRF_WORDS)}{ends}"
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
_CHRF = r"$$\mathrm{chrF} = 100 \, \frac{(1 + \beta^2) P R}{\beta^2 P + R}"
_CHRF_WORDS = N_(
    r"$\beta = 2$; P and R are the mean precision and recall of the n-grams of characters, n = 1 … 6, white space left out "
    "(Popović 2015), by sacrebleu; of several references the best one counts.",
)

BY_LENGTH: View[Measured, ByLength] = View(
    "by-length", N_("Are longer sources translated worse?"), ("evaluations",), Measured, _by_length, _draw_by_length,
    _explain_by_length, _by_length_bytes,
    choices=lambda inputs, controls: (Choice("measure", tr("Score"), tuple(MEASURES), lambda key: tr(MEASURES[key])),),
)  # fmt: skip


# ---- coverage -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Covered:
    """How much attention source tokens receive.

    Attributes:
        coverage: the numbers.
        unit: the name of a token.
    """

    coverage: Coverage
    unit: str


def _covered(inputs: Inputs, controls: Controls) -> Covered:
    detail = _detail(inputs.translation_scores)
    assert detail.coverage is not None, "there is no attention"
    return Covered(detail.coverage, UNITS[detail.cut])


def _draw_covered(found: Covered) -> tuple[Part, ...]:
    c, several = found.coverage, units(found.unit)
    said = tr(
        "Of {tokens:,} {units} of the sources, {below} receive less than {low:g} in sum, and may be left untranslated; "
        "{above} receive more than {high:g}, and may be translated twice. The mean is {mean}. Of all attention, "
        "`<sos>` receives {sos:.1%} and `<eos>` {eos:.1%}.",
        tokens=c.tokens, units=several, below=_share(c.below, c.tokens), low=c.low, above=_share(c.above, c.tokens), high=c.high,
        mean=number(c.received / c.tokens), sos=c.sos / c.steps, eos=c.eos / c.steps,
    )
    return (
        *figure(figures.coverage(c, found.unit)), Part("caption", said),
        *_examples(c.little, tr("The sources with most {units} below {low:g}", units=several, low=c.low), f"{several}, C"),
        *_examples(c.much, tr("The sources with most {units} above {high:g}", units=several, high=c.high), f"{several}, C"),
    )  # fmt: skip


def _explain_covered(found: Covered) -> str:
    c = found.coverage
    return tr(
        "The coverage of a source {unit} j is the attention that it receives over all steps t of the decoder (Tu et al. "
        "2016).\n\n"
        r"$$C_j = \sum_{{t=1}}^{{T}} \alpha_{{tj}}, \qquad \sum_j C_j = T$$"
        "\n\n"
        "The weights of each step sum to 1, so the C of a source, `<sos>` and `<eos>` included, sum to the number of "
        "steps. Here, over all sources, {steps:,} steps were written, and their attention is {received:,.1f} for the "
        "{units}, {sos:,.1f} for `<sos>` and {eos:,.1f} for `<eos>`. So the mean of a {unit} is\n\n"
        r"$$\bar C = \frac{{{received:.1f}}}{{{tokens}}} = {mean}$$"
        "\n\n"
        "A softmax is never 0, so each receives some. The bounds are a rule of thumb: a state of the encoder also knows "
        "its neighbours, and if targets have fewer {units} than sources, the mean is below 1 by itself.",
        unit=units(found.unit, 1), units=units(found.unit), steps=c.steps, received=c.received, sos=c.sos, eos=c.eos,
        tokens=c.tokens, mean=number(c.received / c.tokens),
    )


COVERAGE: View[Controls, Covered] = View(
    "coverage", N_("Is all of the source attended to?"), ("evaluation",), Controls, _covered, _draw_covered, _explain_covered,
    _most_bytes,
)  # fmt: skip


# ---- unknown tokens -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Copied:
    """Sources with tokens outside the vocabulary.

    Attributes:
        unknown: the numbers.
        unit: the name of a token.
    """

    unknown: Unknown
    unit: str


def _copied(inputs: Inputs, controls: Controls) -> Copied:
    detail = _detail(inputs.translation_scores)
    return Copied(detail.unknown, UNITS[detail.cut])


def _draw_copied(found: Copied) -> tuple[Part, ...]:
    u, one, several = found.unknown, units(found.unit, 1), units(found.unit)
    if u.having is None:
        return (Part("text", tr("Every {unit} of these sources is in the vocabulary.", unit=one)),)
    rows = {tr("all known"): u.without, tr("unknown {units}", units=several): u.having}
    there = {name: scores for name, scores in rows.items() if scores is not None}
    count, exact = tr("count"), tr("exact")
    table: Mapping[str, list[Any]] = {
        tr("sources with"): list(there), count: [one.sources for one in there.values()],
        "BLEU": [one.bleu for one in there.values()], "chrF": [one.chrf for one in there.values()],
        exact: [one.exact for one in there.values()],
    }  # fmt: skip
    formats = {count: "localized", "BLEU": "%.2f", "chrF": "%.2f", exact: "percent"}
    examples = _examples(
        u.examples, tr("Sources with unknown {units}", units=several), tr("unknown {units}; 1: to be copied", units=several)
    )
    return (Part("table", Table(table, formats=formats)), Part("caption", _said_of_unknown(u, found.unit)), *examples)


def _said_of_unknown(u: Unknown, unit: str) -> str:
    one, several = units(unit, 1), units(unit)
    said = [tr_n(
        "The sources have {n:,} unknown {unit}.", "The sources have {n:,} unknown {units}.", u.tokens, unit=one, units=several,
    )]  # fmt: skip
    if u.wanted:
        said += [
            tr("{share} stand unchanged in a reference: to copy them is right.", share=_share(u.wanted, u.tokens)), _limit(u),
        ]  # fmt: skip
    else:
        said.append(tr("None stands unchanged in a reference, so none is to be copied."))
    if u.written:
        said.append(tr(
            "{share} stand in the translation, {right:,} of them also in a reference.",
            share=_share(u.written, u.tokens), right=u.right,
        ))
    else:
        said.append(tr("None stands in the translation."))
    if u.replaced is not None:
        said.append(tr_n(
            "The run wrote `<unk>` {n:,} time, and a {unit} of the source took its place each time.",
            "The run wrote `<unk>` {n:,} times, and a {unit} of the source took its place each time.",
            u.replaced, unit=one,
        ))
    if u.replaced:
        said.append(tr(
            "`<unk>` can also stand for a {unit} that the vocabulary of the targets lacks; then the copied one is left "
            "untranslated.",
            unit=one,
        ))  # fmt: skip
    return " ".join(said)


def _limit(u: Unknown) -> str:
    """How many of the tokens that should be copied the vocabulary of the targets has."""
    if u.reachable == u.wanted:
        return tr("The vocabulary of the targets has all of these.")
    if not u.reachable:
        return tr(
            "The vocabulary of the targets has none of these {wanted:,}, and the run cannot write them.", wanted=u.wanted,
        ) if u.replaced is None else tr(
            "The vocabulary of the targets has none of these {wanted:,}, and only copying can write them.", wanted=u.wanted,
        )  # fmt: skip
    return tr(
        "The vocabulary of the targets has {reachable:,} of these {wanted:,}, and the run cannot write the others.",
        reachable=u.reachable, wanted=u.wanted,
    ) if u.replaced is None else tr(
        "The vocabulary of the targets has {reachable:,} of these {wanted:,}, and only copying can write the others.",
        reachable=u.reachable, wanted=u.wanted,
    )  # fmt: skip


def _explain_copied(found: Copied) -> str:
    u, unit = found.unknown, units(found.unit, 1)
    written = tr("`<unk>` is never written.") if u.replaced is None else tr(
        "Where `<unk>` is written, the source {unit} with the largest attention weight at this step takes its place (Luong et "
        "al. 2015).",
        unit=unit,
    )  # fmt: skip
    said = " ".join((
        tr("A source {unit} outside the vocabulary is read as `<unk>`.", unit=unit),
        written,
        tr(
            "A {unit} counts as copied if it stands in the translation as it stands in the source, and copying is right if a "
            "reference has it too.",
            unit=unit,
        ),
    ))
    parts = [said, tr(
        r"$$\text{{share to copy}} = \frac{{\text{{unknown and in a reference}}}}{{\text{{unknown}}}}{numbers}$$",
        numbers=rf" = \frac{{{u.wanted}}}{{{u.tokens}}} = {number(u.wanted / u.tokens)}" if u.tokens else "",
    )]  # fmt: skip
    if u.tokens and u.wanted:
        parts.append(tr(
            r"$$\text{{recall}} = \frac{{\text{{unknown, in a reference and in the translation}}}}"
            r"{{\text{{unknown and in a reference}}}} = \frac{{{right}}}{{{wanted}}} = {share}$$",
            right=u.right, wanted=u.wanted, share=number(u.right / u.wanted),
        ))  # fmt: skip
    if u.tokens and u.wanted and u.replaced is None:
        parts.append(tr(
            r"The vocabulary of the targets limits the recall to $\frac{{{reachable}}}{{{wanted}}} = {share}$.",
            reachable=u.reachable, wanted=u.wanted, share=number(u.reachable / u.wanted),
        ))
    return "\n\n".join(parts)


COPIED: View[Controls, Copied] = View(
    "copied", N_("What happens to unknown words?"), ("evaluation",), Controls, _copied, _draw_copied, _explain_copied,
    _most_bytes,
)  # fmt: skip


# ---- loops ----------------------------------------------------------------------------------------------------------


def _loops(inputs: Inputs, controls: Controls) -> Loops:
    return _detail(inputs.translation_scores).loops


def _draw_loops(found: Loops) -> tuple[Part, ...]:
    follows = tr(
        "In {share} of the translations, an n-gram follows itself more often than in each reference of the source.",
        share=_share(found.looping, found.sources),
    )
    ended = tr_n(
        "{n:,} translation did not end within {longest:,} tokens.", "{n:,} translations did not end within {longest:,} tokens.",
        found.unended, longest=found.longest,
    ) if found.unended else tr("All translations ended within {longest:,} tokens.", longest=found.longest)  # fmt: skip
    said = f"{follows} {ended}"
    drawn = figures.repeats(found.by_n, found.sources, found.references)
    loops = _examples(found.examples, tr("Translations that repeat themselves"), tr("n-grams, times repeated"), "translation")
    return (*figure(drawn), Part("caption", said), *loops)


def _explain_loops(found: Loops) -> str:
    most = max(found.by_n, key=lambda one: one.loops)
    return tr(
        "A decoder that is stuck writes the same tokens again and again. For each n, the places i are counted at which an "
        "n-gram follows itself at once; an n-gram that is itself a shorter one repeated counts for the shorter one only.\n\n"
        r"$$r_n(y) = \#\{{\, i : (y_i, \dots, y_{{i+n-1}}) = (y_{{i+n}}, \dots, y_{{i+2n-1}}) \,\}}$$"
        "\n\n"
        "References repeat some n-grams too, as “that that” or 11. So a translation counts as a loop only if $r_n$ is "
        "larger than in each of its references. The share of these is largest for n = {n}:\n\n"
        r"$$\frac{{{loops}}}{{{sources}}} = {share}$$"
        "\n\n"
        "For this n, an n-gram follows itself in {hypotheses:,} of the {sources:,} translations and in {references:,} of "
        "the {all_references:,} references.",
        n=most.n, loops=most.loops, sources=found.sources, share=number(most.loops / found.sources),
        hypotheses=most.hypotheses, references=most.references, all_references=found.references,
    )


LOOPS: View[Controls, Loops] = View(
    "loops", N_("Does the decoder get stuck in a loop?"), ("evaluation",), Controls, _loops, _draw_loops, _explain_loops,
    _most_bytes,
)  # fmt: skip


# ---- examples -------------------------------------------------------------------------------------------------------

MATCHES = {"all": N_("All"), "different": N_("Not exact"), "exact": N_("Exact")}
SORTINGS = {"worst": N_("Worst first"), "best": N_("Best first"), "file": N_("In the order of the file")}
MOST = 100
"""The number of rows of the table."""


@dataclass(frozen=True)
class Listed(Controls):
    """Which translations are listed, a key of `MATCHES`, and in which order, a key of `SORTINGS`."""

    match: str = "all"
    sorting: str = "worst"

    def settled(self, inputs: Inputs) -> "Listed":
        return Listed(self.match if self.match in MATCHES else "all", self.sorting if self.sorting in SORTINGS else "worst")


@dataclass(frozen=True)
class Examples:
    """Some translations with their references.

    Attributes:
        listed: in the order that was chosen.
        match, sorting: what was chosen.
        count: the number of such translations.
        sources, exact: the number of all translations, and of those that equal a reference.
    """

    listed: tuple[Judged, ...]
    match: str
    sorting: str
    count: int
    sources: int
    exact: int


def _listed(inputs: Inputs, controls: Listed) -> Examples:
    scores = inputs.translation_scores
    exact = round(scores.exact * scores.sources)
    fits = {"all": (True, False), "exact": (True,), "different": (False,)}[controls.match]
    some = [one for one in _detail(scores).examples if one.exact in fits]
    if controls.sorting != "file":
        sign = 1 if controls.sorting == "worst" else -1
        some.sort(key=lambda one: (sign * one.exact, sign * one.chrf))
    count = {"all": scores.sources, "exact": exact, "different": scores.sources - exact}[controls.match]
    return Examples(tuple(some[:MOST]), controls.match, controls.sorting, count, scores.sources, exact)


def _draw_listed(found: Examples) -> tuple[Part, ...]:
    if not found.listed:
        none = tr("No translation equals a reference.")
        if found.match == "different":
            none = tr("Every translation equals a reference.")
        return (Part("text", none),)
    columns: Mapping[str, list[Any]] = {
        tr("source"): [one.source for one in found.listed],
        tr("translation"): [one.hypothesis for one in found.listed],
        tr("references"): [" / ".join(one.references) for one in found.listed],
        "chrF": [f"{one.chrf:.1f}" for one in found.listed],
        tr("exact"): [tr("yes") if one.exact else tr("no") for one in found.listed],
    }
    opens: list[dict[str, Any]] = [{"text": one.source.removesuffix("…")} for one in found.listed]
    said = tr(
        "{share} of the translations equal a reference. {listed:,} of {count:,} are listed. Click a row to open its source "
        "on Translate.",
        share=_share(found.exact, found.sources), listed=len(found.listed), count=found.count,
    )
    return Part("caption", said), Part("rows", Rows(columns, opens, "translate"))


def _explain_listed(found: Examples) -> str:
    said = tr(
        "Translations are ordered by the chrF of each sentence, because few sentences have right 4-grams, on which BLEU "
        "depends. A translation is exact if it equals one of its references letter by letter; its chrF is 100.",
    )
    first = found.listed[0] if found.listed else None
    here = "" if first is None else f" = {number(first.chrf)}"
    row = "" if first is None else "\n\n" + tr(
        "This is the chrF of the translation in the first row: {hypothesis}",
        hypothesis=literal(first.hypothesis, 60),
    )
    return f"{said}\n\n{_CHRF}{here}$$\n\n{tr(_CHRF_WORDS)}{row}"


JUDGED: View[Listed, Examples] = View(
    "judged", N_("Which translations are worst, and which are best?"), ("evaluation",), Listed, _listed, _draw_listed,
    _explain_listed, _most_bytes,
    choices=lambda inputs, controls: (
        Choice("match", tr("Match"), tuple(MATCHES), lambda key: tr(MATCHES[key])),
        Choice("sorting", tr("Order"), tuple(SORTINGS), lambda key: tr(SORTINGS[key])),
    ),
)  # fmt: skip

VIEWS = (BY_LENGTH, COVERAGE, COPIED, LOOPS, JUDGED)
