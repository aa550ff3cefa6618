"""Shared by the views of how translations are judged."""

from rnn_core.language import N_, tr
from rnn_core.results import (
    Marked,
    TranslationDetail,
    TranslationScores,
)
from rnn_core.views import encoding
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Part, Table

MEASURES = {"bleu": "BLEU", "chrf": "chrF", "exact": N_("exact match")}
_TEXTS = {"source": N_("source"), "translation": N_("translation"), "reference": N_("reference")}


def detail_of(scores: TranslationScores) -> TranslationDetail:
    assert scores.detail is not None, "these scores have no details"
    return scores.detail


def most_bytes(inputs: Inputs) -> int:
    return encoding.nbytes(inputs.translation_scores) + 1000


def share_words(part: int, whole: int) -> str:
    """A count and its share, such as "3 (1.5%)"."""
    return f"{part:,} ({part / max(whole, 1):.1%})"


def example_parts(some: tuple[Marked, ...], title: str, marks: str, of: str = "source") -> tuple[Part, ...]:
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
