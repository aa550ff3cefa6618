"""A user's text, drawn as it was written."""

import textwrap
import unicodedata

import numpy as np

from rnn_core.language import N_, tr

# Plotly reads <b>, &lt; and $…$ in every text it draws, and knows these entities.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "$": "&#36;"})
UNITS = {
    "token": (N_("token"), N_("tokens")), "character": (N_("character"), N_("characters")), "word": (N_("word"), N_("words")),
    "text": (N_("text"), N_("texts")), "source": (N_("source"), N_("sources")), "step": (N_("step"), N_("steps")),
    "line": (N_("line"), N_("lines")),
}  # fmt: skip
"""The names of units, in the singular and in the plural."""

_SIGNS = {"\n": "⏎", "\t": "⇥", "\r": "␍", "\x7f": "␡", "": "∅"}


def visible(text: str, most: int | None = None) -> str:
    """A user's text with its control characters and lone spaces made visible, cut to `most` characters with "…"."""
    if most is not None and len(text) > most:
        text = text[: most - 1] + "…"
    if text.isprintable() and text.strip():
        return text
    lone = not text.strip(" \u00a0\u3000")
    return "".join(_sign(letter, lone) for letter in text) or _SIGNS[""]


def _sign(letter: str, lone: bool) -> str:
    if letter in _SIGNS:
        return _SIGNS[letter]
    if letter < " ":
        return chr(0x2400 + ord(letter))
    if letter.isspace() and lone:
        return "␣"
    kind = unicodedata.category(letter)
    if kind == "Cs":  # half a surrogate pair cannot be written as UTF-8
        return "\ufffd"
    # Direction marks would turn round the text beside them. Joiners stay: emoji and Persian need them.
    if kind in ("Cc", "Zl", "Zp") or unicodedata.bidirectional(letter) in _TURNS:
        return f"⟨{ord(letter):04X}⟩"
    return letter


def wrapped(text: str, width: int, lines: int = 2) -> str:
    """`escape`, on up to some lines of up to `width` characters that end between words; what has no room ends in "…"."""
    found = textwrap.wrap(visible(text), width, break_long_words=False)
    shown = found[:lines]
    if len(found) > lines:
        shown[-1] = f"{shown[-1][: width - 1]}…"
    return "<br>".join(visible(line, width).translate(_ESCAPES) for line in shown)


def units(unit: str, count: int = 2) -> str:
    """The singular or plural name of a unit, a key of `UNITS`, for a count, in the reader's language."""
    return tr(UNITS[unit][count != 1])


def percent(p: float) -> str:
    """A probability in percent; one below 0.1% with its first digit, so that small ones can be told apart."""
    return f"{p:.1%}" if p >= 0.001 or p == 0 else f"{np.format_float_positional(100 * p, 1, fractional=False, trim='-')}%"


_TURNS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def escape(text: str, most: int | None = None) -> str:
    """Any user's text for plotly, so that it is drawn as written: no tags, entities or formulas are read in it.

    Args:
        text: a token, a label, a name.
        most: show up to this number of characters (24 does for a label), the last of them "…".
    """
    return visible(text, most).translate(_ESCAPES)
