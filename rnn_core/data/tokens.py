"""From text to tokens: words, or characters (grapheme clusters)."""

import re
from collections.abc import Iterator, Sequence
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

_WORDS = regex.compile(
    rf"""
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
    """,
    regex.VERBOSE | regex.DOTALL,
)
_CHARACTERS = regex.compile(r"\X", regex.DOTALL)
_BETWEEN_SPACES = re.compile(r"\S+")  # the stdlib's \s is str.isspace, by which texts are split elsewhere too


def tokenise(text: str, how: str, most: int | None = None) -> list[tuple[str, int, int]]:
    """The tokens of a text, each with its start and end in the text.

    Tokens never overlap, `text[start:end]` is the token, and every character that is not white space is in one.

    Args:
        how: "word": contractions split as do|n't, it|'s; U.S., well-acted, 3.5 and addresses stay whole; any other sign
            is a token of its own. "char": one grapheme cluster per token, white space included.
        most: the maximum number of tokens; None: no maximum.
    """
    if how == "char":
        return [(found.group(), *found.span()) for found in islice(_CHARACTERS.finditer(text), most)]
    tokens: list[tuple[str, int, int]] = []
    for found in _BETWEEN_SPACES.finditer(text):
        if most is not None and len(tokens) >= most:
            break
        piece, at = found.group(), found.start()
        spans = _short(piece) if len(piece) <= 32 else islice(_spans(piece), most)
        tokens += [(token, at + start, at + end) for token, start, end in spans]
    return tokens[:most]


def words(piece: str, most: int) -> list[str]:
    """The first tokens of a short text without their places, as `tokenise` gives them for "word", but faster."""
    if piece.isalnum():
        return [piece]
    if len(piece) > 256:
        return [token for token, _, _ in tokenise(piece, "word", most)]
    return [token for part in piece.split() for token in _WORDS.findall(part)][:most]


def graphemes(text: str, most: int) -> Sequence[str]:
    """The first `most` grapheme clusters of a text."""
    if text.isascii() and "\r" not in text:  # CR LF is the only cluster of two ASCII characters
        return text[:most]
    return [found.group() for found in islice(_CHARACTERS.finditer(text), most)]


def _spans(piece: str) -> Iterator[tuple[str, int, int]]:
    return ((found.group(), *found.span()) for found in _WORDS.finditer(piece))


@lru_cache(1 << 16)
def _short(piece: str) -> tuple[tuple[str, int, int], ...]:
    """Words repeat and no token crosses white space, so most pieces are found in the cache."""
    return tuple(_spans(piece))
