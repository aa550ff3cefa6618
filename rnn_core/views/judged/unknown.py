"""Unknown tokens of the target, and those that were copied."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rnn_core.figures.text import units
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import (
    Unknown,
)
from rnn_core.views.inputs import Inputs
from rnn_core.views.judged.shared import detail_of, example_parts, most_bytes, share_words
from rnn_core.views.streams import UNITS
from rnn_core.views.view import Controls, Part, Table, View, number


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
    detail = detail_of(inputs.translation_scores)
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
    examples = example_parts(
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
            tr("{share} stand unchanged in a reference: to copy them is right.", share=share_words(u.wanted, u.tokens)),
            _limit(u),
        ]  # fmt: skip
    else:
        said.append(tr("None stands unchanged in a reference, so none is to be copied."))
    if u.written:
        said.append(tr(
            "{share} stand in the translation, {right:,} of them also in a reference.",
            share=share_words(u.written, u.tokens), right=u.right,
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
    in_numbers = rf" = \frac{{{u.wanted}}}{{{u.tokens}}} = {number(u.wanted / u.tokens)}" if u.tokens else ""
    parts = [said, tr(
        r"$$\text{{share to copy}} = \frac{{\text{{unknown and in a reference}}}}{{\text{{unknown}}}}{numbers}$$",
        numbers=in_numbers,
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
    most_bytes,
)  # fmt: skip
