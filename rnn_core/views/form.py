"""The form of a token in words and as a table, for the views that show what the network reads."""

from collections.abc import Sequence

from rnn_core.language import N_, tr
from rnn_core.results import Feature
from rnn_core.views.view import literal

NAMES = {"casing": N_("casing"), "ending2": N_("last two letters"), "ending3": N_("last three letters")}
"""The features by their names in `data.forms`; on pages these words, to be translated."""

TABLES = {"forms.casing.weight": "E_c", "forms.ending2.weight": "E_2", "forms.ending3.weight": "E_3"}
"""The letter of each feature's embedding, by the name of the parameter."""


def form_words(features: Sequence[Feature]) -> str:
    """The features of a token in one clause, as Markdown; empty without any."""
    return ", ".join(f"{tr(NAMES[one.name])} {literal(one.value, 30)}" for one in features)


def form_table(features: Sequence[Feature]) -> str:
    """The features of a token, one per line, as Markdown."""
    rows = [
        f"| {tr(NAMES[one.name])} | {literal(one.value, 30)} | "
        + tr("row {index:,} of the {size:,} of ${letter}$", index=one.index, size=one.size, letter=one.letter) + " |"
        for one in features
    ]  # fmt: skip
    head = f"| {tr('feature')} | {tr('its value')} | {tr('what it picks')} |\n| --- | --- | --- |\n"
    return head + "\n".join(rows)
