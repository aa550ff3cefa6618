"""The scores of translations in detail: by source length, the coverage of the source, and repeated n-grams."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnn_core.figures import palette
from rnn_core.figures.frame import LOWER, NO_FADE, UPPER, Figure, bar_axis, frame, stacked
from rnn_core.figures.text import escape, units
from rnn_core.language import tr
from rnn_core.results import Coverage, LengthGroup, ProbedPlace, Repeats


def by_length(series: Mapping[str, Sequence[LengthGroup]], measure: str, title: str, unit: str) -> Figure:
    """A score of each group of source lengths, a line per run, and below it the number of sources of each group.

    Args:
        series: the same groups for each run, by the names of the runs.
        measure: the field of `Corpus` that is shown; a group without a value is a gap.
        title: its name.
        unit: the name of a token.
    """
    first = next(iter(series.values()))
    names = [ranged(group) for group in first]
    at, share = np.arange(len(first), dtype=np.int32), measure == "exact"
    data: list[dict[str, Any]] = []
    for (name, groups), colour in zip(series.items(), (palette.BLUE, palette.ORANGE), strict=False):
        values = np.array([getattr(group.scores, measure) for group in groups], np.float64)  # None becomes NaN
        data.append(dict(
            type="scatter", x=at, y=values, mode="lines+markers", name=escape(name), line={"color": colour, "width": 2.5},
            marker={"size": 8}, hovertemplate=f"%{{y:{'.1%' if share else '.2f'}}}", **UPPER, **NO_FADE,
        ))  # fmt: skip
    counts = np.array([group.scores.sources for group in first], np.float64)
    data.append(dict(
        type="bar", x=at, y=counts, name=tr("sources"), showlegend=False, marker={"color": palette.GREY},
        hovertemplate="%{y:,}", **LOWER, **NO_FADE,
    ))  # fmt: skip
    across = bar_axis(names) | {"title": {"text": tr("{units} of the source", units=units(unit))}}
    up = {"title": {"text": title}, "rangemode": "tozero", **({"tickformat": ".0%"} if share else {})}
    return frame(
        data, 400, ("by length", measure), bargap=0.25, showlegend=True,
        **stacked(across, up, {"title": {"text": tr("sources")}, "rangemode": "tozero"}),
    )  # fmt: skip


def by_place(series: Mapping[str, Sequence[ProbedPlace]], unit: str) -> Figure:
    """The share of tokens that a readout names rightly at each place of the source, a line per run, and that of the commonest.

    Args:
        series: by the names of the runs; the first one's places have the commonest tokens.
        unit: the name of a token.
    """
    drawn = [(name, [one.place for one in places], [one.right for one in places], colour, "solid")
             for (name, places), colour in zip(series.items(), (palette.BLUE, palette.ORANGE), strict=False)]  # fmt: skip
    first = next(iter(series.values()))
    always = tr("always the commonest")
    drawn.append((always, [one.place for one in first], [one.commonest for one in first], palette.GREY, "dot"))
    data: list[dict[str, Any]] = [dict(
        type="scatter", x=np.array(x, np.int32), y=np.array(y, np.float64), mode="lines+markers", name=escape(name),
        line={"color": colour, "width": 2.5, "dash": dash}, marker={"size": 8}, hovertemplate="%{y:.1%}", **NO_FADE,
    ) for name, x, y, colour, dash in drawn]  # fmt: skip
    return frame(
        data, 300, "by place", showlegend=True,
        xaxis={"title": {"text": tr("place of the {unit} in the source", unit=units(unit, 1))}, "dtick": 1},
        yaxis={"title": {"text": tr("named rightly")}, "tickformat": ".0%", "rangemode": "tozero"},
    )  # fmt: skip


def ranged(group: LengthGroup) -> str:
    """The range of lengths of a group, such as "3–5"."""
    return f"{group.first:,}" if group.first == group.last else f"{group.first:,}–{group.last:,}"


def coverage(found: Coverage, unit: str) -> Figure:
    """The number of source tokens by the attention that they receive in sum, those outside of the two bounds in colour."""
    starts = found.width * np.arange(len(found.counts))
    middle = starts + found.width / 2
    colours = [palette.ORANGE if start < found.low else palette.PINK if start >= found.high else palette.BLUE for start in starts]
    ends = [f"{start:g}–{start + found.width:g}" for start in starts[:-1].tolist()] + [
        tr("{start:g} or more", start=starts[-1])
    ]
    data: list[dict[str, Any]] = [dict(
        type="bar", x=middle, y=np.array(found.counts, np.float64), width=np.full(len(starts), 0.92 * found.width),
        marker={"color": colours}, name=units(unit), text=ends, textposition="none",
        hovertemplate=f"%{{text}}: %{{y:,}} {units(unit)}<extra></extra>", **NO_FADE,
    )]  # fmt: skip
    edges = np.arange(0, starts[-1] + 0.01, 0.5)
    return frame(
        data, 300, "coverage",
        xaxis={
            "title": {"text": tr("attention received in sum, C")}, "tickvals": edges.tolist(),
            "ticktext": [f"{x:g}" for x in edges], "unifiedhovertitle": {"text": "C"},
        },
        yaxis={"title": {"text": tr("{units} of the source", units=units(unit))}, "rangemode": "tozero"},
    )  # fmt: skip


def repeats(found: Sequence[Repeats], hypotheses: int, references: int) -> Figure:
    """The share of translations, and of references, in which an n-gram follows itself at once, for each n.

    Args:
        hypotheses, references: the numbers of both.
    """
    at = np.arange(len(found), dtype=np.int32)
    bars = (
        (tr("translations"), [one.hypotheses / hypotheses for one in found], palette.BLUE),
        (tr("references"), [one.references / references for one in found], palette.GREY),
        (tr("translations, more often than in each reference"), [one.loops / hypotheses for one in found], palette.ORANGE),
    )
    data: list[dict[str, Any]] = [dict(
        type="bar", x=at, y=np.array(values), name=name, marker={"color": colour}, hovertemplate="%{y:.1%}", **NO_FADE,
    ) for name, values, colour in bars]  # fmt: skip
    across = bar_axis([str(one.n) for one in found]) | {"title": {"text": "n"}}
    return frame(
        data, 300, "repeats", barmode="group", bargap=0.25, showlegend=True, xaxis=across,
        yaxis={"title": {"text": tr("share")}, "tickformat": ".1~%", "rangemode": "tozero"},
    )  # fmt: skip
