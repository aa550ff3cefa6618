"""From text to tokens: words, or characters (grapheme clusters)."""

import re
from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import islice

import regex

_EXTEND = r"[\p{M}\p{Grapheme_Cluster_Break=Extend}\u200d]"
"""Code points that extend the character before them: combining marks (Hindi, Arabic, Thai), joiners, emoji modifiers."""

_LETTER = rf"(?:[\p{{L}}\p{{N}}_]{_EXTEND}*+)"
_END = rf"(?![\p{{L}}\p{{N}}_]|{_EXTEND})"
_NOT = rf"(?:[nN]['’][tT]{_END})"
_CLITIC = rf"(?:['’](?:[sSmMdD]|[rR][eE]|[vV][eE]|[lL][lL]){_END})"
_RUN = rf"(?:(?!{_NOT}){_LETTER})+"

_WORD = rf"""
      (?:https?://|www\.)[^<>"]*[^<>".,;:!?)'\]]{_EXTEND}*  # an address, without the punctuation after it
    | [\p{{L}}\p{{N}}_.+-]{{1,64}}+@[\p{{L}}\p{{N}}-]{{1,255}}+(?:\.[\p{{L}}\p{{N}}]+)+{_EXTEND}*  # e-mail
    | [@\#]{_LETTER}+                                       # @name, #topic
    | -[lrLR][rscRSC][bB]-(?!{_EXTEND})                     # a bracket as the Penn Treebank writes it
    | {_NOT} | {_CLITIC}                                    # don't → do n't; it's → it 's; also if already split
    | (?:Mr|Mrs|Ms|Dr|Jr|Sr)\.(?!{_EXTEND})
    | \p{{L}}(?:\.\p{{L}}{_END})+(?:\.(?!{_EXTEND}))?       # U.S., e.g.
    | {_RUN}(?:(?: -                                        # well-acted
               | (?!{_CLITIC})(?<=[\p{{L}}\p{{M}}])['’](?=\p{{L}})  # o'clock
               | (?<=\p{{N}})[.,:/](?=\p{{N}})              # 3.5, 1,000, 10:30
               ){_RUN})*
    | (?:\.{{2,}}|-{{2,}}|``|'')(?!{_EXTEND})               # marks of several characters, whole as in treebanks
    | \X                                                    # any other sign; an emoji of several characters is one
"""
_VOWEL = r"[aàâäáeéèêëiîïíìoôöóòuùûüúyhœæ]"
_ELISION = rf"""(?i:(?:
      [cçdlmnstv] | j | qu | jusqu | lorsqu | puisqu | quoiqu                                   # French; some Catalan, Italian
    | un | (?:ness|alc|ciasc|qualc)un | que(?:st|ll) | gliel | (?:de|da|a|ne|su|co)?gl | ch     # Italian: articles, pronouns,
    | (?:de|da|a|ne|su|co)ll | anch | neanch | com | dov | cos | quand | sant | bell | tutt     # and words that end so
    | mezz | senz | nient
    )['’](?={_VOWEL}|[\p{{N}}"“«(\[]|\Z)
    | (?:j|qu)(?!{_CLITIC}(?!['’]))['’](?=\p{{L}}))                                             # j'suis, as it is spoken
"""
"""An elided word with its apostrophe: before a vowel or h, or the end, since a text may be split already or cut there."""

ELISION = regex.compile(_ELISION, regex.VERBOSE)
"""Matches a whole token that is an elided word."""

PATTERNS = {
    how: regex.compile(pattern, regex.VERBOSE | regex.DOTALL)
    for how, pattern in {
        "word": _WORD,
        "elided": rf"(?<![\p{{L}}\p{{N}}])['’](?={_ELISION}) | {_ELISION} | po['’]{_END} | {_WORD}",
    }.items()
}
"""The patterns of the ways to cut that are by words."""

_CHARACTERS = regex.compile(r"\X", regex.DOTALL)
_BETWEEN_SPACES = re.compile(r"\S+")  # the stdlib's \s is str.isspace, by which texts are split elsewhere too


def tokenise(text: str, how: str, most: int | None = None) -> list[tuple[str, int, int]]:
    """The tokens of a text, each with its start and end in the text.

    Tokens never overlap, `text[start:end]` is the token, and every character that is not white space is in one.

    Args:
        how: "word": contractions split as do|n't, it|'s; U.S., well-acted, 3.5 and addresses stay whole; any other sign
            is a token of its own. "elided": as "word", but an elided word of French, Italian or Catalan is a token with
            its apostrophe: l'|homme, qu'|on, dell'|anno; aujourd'hui and po' stay whole. "char": one grapheme cluster per
            token, white space included.
        most: the maximum number of tokens; None: no maximum.
    """
    if how == "char":
        return [(found.group(), *found.span()) for found in islice(_CHARACTERS.finditer(text), most)]
    tokens: list[tuple[str, int, int]] = []
    short = _SHORT[how]
    for found in _BETWEEN_SPACES.finditer(text):
        if most is not None and len(tokens) >= most:
            break
        piece, at = found.group(), found.start()
        spans = short(piece) if len(piece) <= 32 else islice(_spans(piece, how), most)
        tokens += [(token, at + start, at + end) for token, start, end in spans]
    return tokens[:most]


def words(piece: str, most: int, how: str = "word") -> list[str]:
    """The first tokens of a short text without their places, as `tokenise` gives them for "word" or "elided", but faster."""
    if piece.isalnum():
        return [piece]
    if len(piece) > 256:
        return [token for token, _, _ in tokenise(piece, how, most)]
    pattern = PATTERNS[how]
    return [token for part in piece.split() for token in pattern.findall(part)][:most]


def graphemes(text: str, most: int) -> Sequence[str]:
    """The first `most` grapheme clusters of a text."""
    if text.isascii() and "\r" not in text:  # CR LF is the only cluster of two ASCII characters
        return text[:most]
    return [found.group() for found in islice(_CHARACTERS.finditer(text), most)]


def _spans(piece: str, how: str) -> Iterator[tuple[str, int, int]]:
    return ((found.group(), *found.span()) for found in PATTERNS[how].finditer(piece))


def _remembered(how: str) -> Callable[[str], tuple[tuple[str, int, int], ...]]:
    """The spans of a short piece. Words repeat and no token crosses white space, so most pieces are found in the cache."""
    return lru_cache(1 << 16)(lambda piece: tuple(_spans(piece, how)))


_SHORT = {how: _remembered(how) for how in PATTERNS}
