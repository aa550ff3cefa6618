"""Long texts are cut to a number of tokens, and HTML tags are taken out, before a text becomes numbers."""

import re
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from rnn_core.config import DataConfig
from rnn_core.data.tokens import tokenise

_TAG = r"<(?:/?[A-Za-z][^<>]*|!--[^<>]*--)>"
"""An element's tag, such as <br />, or a comment."""


def parts(config: DataConfig) -> tuple[int, int]:
    """How many tokens a text that is too long keeps of its start, and how many of its end."""
    most = config.max_tokens
    return {"start": (most, 0), "end": (0, most), "both": (most - most // 2, most // 2)}[config.keep]


def shortened(text: str, config: DataConfig) -> str:
    """A text that is too long, cut to the tokens that are kept; what is kept of start and end is joined by a space."""
    spans = tokenise(text, config.tokens)
    if len(spans) <= config.max_tokens:
        return text
    head, tail = parts(config)
    kept = [text[: spans[head - 1][2]]] if head else []
    kept += [text[spans[-tail][1] :]] if tail else []
    return config.between.join(kept)


def without_tags(texts: pa.Array) -> pa.Array:
    """Texts with a space in the place of each HTML tag; a text that is nothing else stays as it is."""
    bare = pc.replace_substring_regex(texts, pattern=_TAG, replacement=" ")
    return pc.if_else(pc.equal(pc.utf8_trim_whitespace(bare), ""), texts, bare)


def blank_tags(text: str) -> str:
    """A text with spaces in the place of HTML tags, as many as each has characters, so that every place stays the same."""
    found: Any = re.sub(_TAG, lambda tag: " " * len(tag.group()), text)
    return found if found.strip() else text
