"""Tests on the values of a column: whether they are numbers, dates, labels, splits, single tokens or entity tags."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import regex

from rnn_core.data.dialects import is_number
from rnn_core.data.names import split_of
from rnn_core.data.values import as_list, as_text
from rnn_core.metrics import mark_of


def numeric(values: Sequence[str]) -> bool:
    """Whether at least nine in ten values are numbers."""
    return bool(values) and sum(map(is_number, values)) >= 0.9 * len(values)


_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?|\d{1,2}:\d{2}.*|\w{3},? .*\d{4}.*\d:\d.*|"
    r"\d{1,2}[ -]\w{3,9}[ -]\d{2,4}|\w{3,9} \d{1,2},? \d{4}"
)


def _dates(texts: Sequence[str]) -> bool:
    return sum(bool(_DATE.fullmatch(text)) for text in texts) > 0.8 * len(texts)


def never_labels(values: Sequence[Any]) -> bool:
    """Whether a column cannot be one of labels: it holds lists of several entries, dates, or nothing."""
    lists = [entries for value in values if (entries := as_list(value)) is not None]
    texts = [as_text(value).strip() for value in values]
    return not values or (2 * len(lists) > len(values) and any(len(entries) > 1 for entries in lists)) or _dates(texts)


def may_be_labels(values: Sequence[Any], texts: Sequence[str]) -> bool:
    """Whether the content of a column may be labels: few different values, and no ids, dates, lists or measurements."""
    different = Counter(texts)
    if len(different) < 2 or never_labels(values) or sum(map(len, different)) > 60 * len(different):
        return False
    if len(different) == len(texts) > 2 and numeric(texts):  # ids
        return False
    measured = any(re.search(r"[.,]\d*[1-9]", text) for text in different) and numeric(texts)
    return not (measured and len(different) > 10) and (2 * len(different) <= len(texts) or len(texts) < 20)


def look_like_splits(values: Sequence[str], column: str) -> bool:
    """Whether most values are names of splits; at least two different splits, if some values are not."""
    found = [split_of(value, column) for value in values]
    known = [split for split in found if split]
    return bool(known) and (len(known) == len(found) or (len(set(known)) > 1 and 2 * len(known) > len(found)))


def single_tokens(values: Sequence[str]) -> bool:
    """Whether most values are single tokens rather than sentences."""
    return sum(" " in value.strip() for value in values) * 2 < len(values)


_CHUNKS = {"NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP"}
"""Types of phrases, which are tagged like entities."""


def entities(values: Sequence[Any]) -> int:
    """The number of entity tags in a column; 0 if it holds anything else."""
    tags = [tag for value in values for tag in (as_list(value) or as_text(value).split())]
    marks = [mark for tag in tags if (mark := mark_of(tag))]
    if len(marks) + tags.count("O") < 0.9 * len(tags) or not tags.count("O"):
        return 0
    return sum(kind not in _CHUNKS for _, kind in marks)


def most_entities(columns: Mapping[str, Sequence[Any]]) -> str | None:
    """The column with the most entity tags, the last of equals; None if no column has any."""
    found = {column: entities(values) for column, values in columns.items()}
    return max(reversed(found), key=found.__getitem__) if any(found.values()) else None


_SPACELESS = regex.compile(
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]"
)
_LETTERS = regex.compile(r"\p{L}")


def without_spaces(texts: Sequence[str]) -> bool:
    """Whether most letters are of scripts without spaces between words (Chinese, Japanese, Thai and others), and there are few
    spaces: a file may have the words separated."""
    whole = "\n".join(texts)
    letters = len(_LETTERS.findall(whole))
    return not whole.isascii() and 2 * len(_SPACELESS.findall(whole)) > letters > 4 * len(whole.split())
