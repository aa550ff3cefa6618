"""Translations one by one, the worst or best first."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnn_core.language import N_, tr
from rnn_core.results import (
    Judged,
)
from rnn_core.views.evaluate import Rows
from rnn_core.views.inputs import Inputs
from rnn_core.views.judged.by_length import CHRF, CHRF_WORDS
from rnn_core.views.judged.shared import detail_of, most_bytes, share_words
from rnn_core.views.view import Choice, Controls, Part, View, literal, number

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
    some = [one for one in detail_of(scores).examples if one.exact in fits]
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
        share=share_words(found.exact, found.sources), listed=len(found.listed), count=found.count,
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
    return f"{said}\n\n{CHRF}{here}$$\n\n{tr(CHRF_WORDS)}{row}"


JUDGED: View[Listed, Examples] = View(
    "judged", N_("Which translations are worst, and which are best?"), ("evaluation",), Listed, _listed, _draw_listed,
    _explain_listed, most_bytes,
    choices=lambda inputs, controls: (
        Choice("match", tr("Match"), tuple(MATCHES), lambda key: tr(MATCHES[key])),
        Choice("sorting", tr("Order"), tuple(SORTINGS), lambda key: tr(SORTINGS[key])),
    ),
)  # fmt: skip
