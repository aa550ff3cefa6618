"""The values of a table: text, lists written as text, or spans of characters."""

import ast
import json
import math
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any


def as_text(value: Any) -> str:
    """A value as the file writes it, as far as known; None and NaN give the empty text."""
    if isinstance(value, str):
        return value
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, (list, dict)) else str(value)


def as_written(value: Any) -> str:
    """A value as a preview shows it; for a list, its first entries joined by spaces."""
    return " ".join(map(as_text, value[:200])) if isinstance(value, list) else as_text(value)


_NUMPY = re.compile(r"(?<=['\"])\s+(?=['\"])")


def as_list(value: Any) -> list[str] | None:
    """The entries of a list, or of text that is a list in JSON or Python; None for anything else."""
    if isinstance(value, str):
        if not value.lstrip().startswith(("[", "(", "{")):
            return None
        value = _NUMPY.sub(", ", value)  # numpy writes ['a' 'b']
        try:
            value = json.loads(value, parse_int=str, parse_float=str, parse_constant=str)
        except RecursionError:
            return None
        except ValueError:  # pandas writes lists to CSV as ['a', 'b']
            try:
                value = ast.literal_eval(value.strip())
            except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
                return None
            value = [*value] if isinstance(value, (tuple, set)) else value
    return [as_text(entry) for entry in value] if isinstance(value, list) else None


Span = tuple[int, int, str]
"""A span of characters: its start, its end, and its type."""

_BEGINS, _ENDS = ("start", "start_offset", "begin", "from"), ("end", "end_offset", "stop", "to")
_TYPES = ("label", "labels", "type", "tag", "entity", "entity_group", "class")


def as_spans(value: Any) -> list[Span] | None:
    """Spans of characters as doccano, Prodigy, Label Studio and others write them: lists of begin, end and type, or objects
    with such keys. None for anything else."""
    entries = value if isinstance(value, list) else None
    if isinstance(value, str) and value.lstrip().startswith("["):
        with suppress(ValueError, RecursionError):
            entries = json.loads(value)
    if not isinstance(entries, list):
        return None
    found = [_span(entry) for entry in entries]
    return [span for span in found if span] if all(found) else None


def _span(entry: Any) -> Span | None:
    if isinstance(entry, dict):
        begin, end, kind = (next((entry[key] for key in keys if key in entry), None) for keys in (_BEGINS, _ENDS, _TYPES))
        entry = [begin, end, kind[0] if isinstance(kind, list) and len(kind) == 1 else kind]
    if not isinstance(entry, (list, tuple)) or len(entry) != 3 or not isinstance(entry[2], str):
        return None
    begin, end = (int(at) if isinstance(at, int) or (isinstance(at, str) and at.isdecimal()) else -1 for at in entry[:2])
    return (begin, end, entry[2]) if 0 <= begin <= end else None


def hold_spans(values: Sequence[Any]) -> bool:
    """Whether a column holds lists of spans of characters, at least one of them not empty."""
    found = [as_spans(value) for value in values]
    return any(found) and all(spans is not None for spans in found)
