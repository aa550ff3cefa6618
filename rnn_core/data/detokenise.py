"""From tokens back to a text, with spaces where people write them."""

from collections.abc import Iterable, Sequence

import regex

from rnn_core.data.tokens import ELISION

_OPEN = frozenset(("(", "[", "{", "“", "‘", "„", "¿", "¡", "``"))
_CLOSED = frozenset((".", ",", "..", "...", "…", ")", "]", "}", "”", "’", "%", "°", "''"))
_TIGHT = frozenset(("/", "--", "–"))
_CLITIC = regex.compile(r"[nN]['’][tT]|['’](?:[sSmMdD]|[rR][eE]|[vV][eE]|[lL][lL])")

_ELISIONS = 5
"""Different elided words, from which on a vocabulary is taken for one of French or a language like it."""


def style(how: str, words: Iterable[str]) -> str:
    """How tokens of a vocabulary are put together again: as they are cut, but "word" if "elided" finds few elided words, as in
    English.

    Args:
        how: as for `tokenise`.
        words: the vocabulary.
    """
    if how != "elided":
        return how
    elided = {word.lower() for word in words if word[-1:] in ("'", "’") and ELISION.fullmatch(word)}
    return "elided" if len(elided) >= _ELISIONS else "word"


def detokenise(tokens: Sequence[str], how: str) -> str:
    """A text whose tokens are these.

    Tokens do not tell the white space between them, so it is guessed from the signs, except for characters. Straight quotation
    marks open and close in turn.

    Args:
        how: as `style` returns it. "word": as English is written, "elided": as French, with a space before ? ! ; : and
            inside « », and none after an elided word.
    """
    if how == "char":
        return "".join(tokens)
    spaced = how == "elided"
    parts: list[str] = []
    before, glued, opened = "", True, set[str]()
    for token in tokens:
        left, right = _sides(token, before, spaced, token in opened)
        parts += [token] if glued or left else [" ", token]
        if token in ("'", '"') and (right or token in opened):
            opened ^= {token}
        before, glued = token, right
    return "".join(parts)


def _sides(token: str, before: str, spaced: bool, opened: bool) -> tuple[bool, bool]:
    """Whether a token is joined to the one before and to the one after.

    Args:
        spaced: whether ? ! ; : « » have a space.
        opened: whether a straight quotation mark like this one is open.
    """
    if token in ("'", '"'):
        left = opened or (token == "'" and before[-1:] in ("s", "S"))  # a few days' rest
        return left, not left
    if token in ("?", "!"):
        return not spaced or before in ("?", "!"), False
    if token in (";", ":", "»"):
        return not spaced, False
    if token == "«":
        return False, not spaced
    if token in ("$", "€", "£"):
        left = before[-1:].isdigit()
        return left, not left
    if token in _TIGHT:
        return True, True
    return token in _CLOSED or bool(_CLITIC.fullmatch(token)), token in _OPEN or (spaced and bool(ELISION.fullmatch(token)))
