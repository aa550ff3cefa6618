"""The letters of formulas as in the reader's course: h or s for the state, and U, W, V or W_xh, W_hh, W_hy for the matrices.

Messages are written in the letters of Goodfellow, Bengio and Courville, *Deep Learning* (2016), chapter 10: h, U, W, V. Only the
words of a message are changed, before values are put into them, so the text of a user keeps its letters.
"""

import re
from collections.abc import Mapping
from enum import Enum

PLAIN = "h"
"""The set of letters that messages are written in."""

SETS: Mapping[str, str] = {"h": "h, U, W, V", "s": "s, U, W, V", "hh": "h, W_xh, W_hh, W_hy"}
"""The sets by their names in links: the state, input to hidden, hidden to hidden, hidden to output."""

_INDEX: Mapping[str, str] = {"U": "xh", "W": "hh", "V": "hy"}


class Braces(Enum):
    """What braces in a message mean: themselves; fields of `str.format`; or expressions of a lesson, outside of mathematics."""

    PLAIN = 0
    FIELDS = 1
    EXPRESSIONS = 2


_MATH = re.compile(r"(\$\$.*?\$\$|\$[^$\n]+\$)", re.DOTALL)

_LETTER = "A-Za-zÀ-ÖØ-öø-ɏ"
"""Letters with and without accents, so that no letter of "höher" is a state; signs such as ² and ᵀ are none."""

_KEPT = r"\{\{|\}\}|\{[^{}]*\}"
"""Braces that are doubled, and a field or an expression."""

_MATRIX = (
    rf"(?<![{_LETTER}0-9_\\])(?P<matrix>[UWV])(?![{_LETTER}0-9(])"
    rf"(?P<index>_(?:(?P<gate>[ifgqzrn])(?![{_LETTER}0-9])|\{{\{{?(?P<braced>[ifgqzrn])\}}\}}?|))?"
)
"""A matrix of a cell, with the gate that it belongs to. One with any other index, such as W_a of an attention, is another one,
and U(a, b) is a uniform distribution."""

_STATE = rf"(?<![{_LETTER}0-9_\\])h(?![{_LETTER}0-9])"
_STATE_IN_WORDS = rf"(?<!\}} )(?<!\d )(?<!\d){_STATE}"
"""Behind a number, h stands for hours."""


def lettered(message: str, letters: str, braces: Braces = Braces.PLAIN, mathematics: bool = False) -> str:
    """A message in a set of letters, by its name in `SETS`.

    Args:
        mathematics: whether all of it is LaTeX; else the parts between dollar signs are.
    """
    if letters == PLAIN:
        return message
    if mathematics:
        return _changed(message, letters, braces, True)
    parts = _MATH.split(message)
    return "".join(_changed(part, letters, braces, bool(number % 2)) for number, part in enumerate(parts))


def _changed(part: str, letters: str, braces: Braces, mathematics: bool) -> str:
    kept = braces is Braces.FIELDS or (braces is Braces.EXPRESSIONS and not mathematics)
    changed = _MATRIX if letters == "hh" else _STATE if mathematics else _STATE_IN_WORDS
    left, right = (("{{", "}}") if braces is Braces.FIELDS else ("{", "}")) if mathematics else ("", "")

    def put(found: re.Match[str]) -> str:
        if letters == "s":
            return "s" if found[0] == "h" else found[0]
        if not (matrix := found.groupdict().get("matrix")):
            return found[0]
        gate = found["gate"] or found["braced"]
        if found["index"] is not None and not gate:
            return found[0]
        index = _INDEX[matrix]
        return f"W_{left}{index[0] + gate if gate else index}{right}"

    return re.sub(f"{_KEPT}|{changed}" if kept else changed, put, part)
