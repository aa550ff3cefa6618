"""From the text of a JSON file to records: one object per line, an array of objects, or one object that holds all rows."""

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from rnn_core.config import Problem
from rnn_core.data.encodings import MAX_RECORD, encodable
from rnn_core.data.records import Record
from rnn_core.language import N_, tr


class Number(str):
    """A number of a JSON file as it is written there; a text of digits is a plain str."""

    __slots__ = ()


_JSON = json.JSONDecoder(parse_int=Number, parse_float=Number, parse_constant=Number)
"""Numbers stay as they are written: 1.0 is the label "1.0"."""


def json_lines(lines: Iterable[str]) -> Iterator[Record[dict[str, Any]]]:
    """JSON lines: one object per line; blank lines are skipped."""
    for number, line in enumerate(lines, start=1):
        if text := line.strip():
            try:
                value = _JSON.decode(text)
            except (ValueError, RecursionError):
                yield number, {}, N_("a line that is not JSON")
            else:
                yield number, *_object(value)


def json_array(chunks: Iterable[str], name: str, at: int = 0) -> Iterator[Record[dict[str, Any]]]:
    """The objects of a JSON array: of the whole file, or of the array whose bracket is at index `at`.

    Raises:
        Problem: if the array is incomplete or not valid JSON, or an object is longer than `MAX_RECORD`.
    """
    text, skip, line, begun = "", at, 1, False
    for chunk in chunks:
        if skip:  # characters above the array
            line += chunk.count("\n", 0, skip)
            chunk, skip = chunk[skip:], max(skip - len(chunk), 0)
            if not chunk:
                continue
        text, at = text[at if begun else 0 :] + chunk, 0
        if not begun:  # there may be white space before the bracket
            at = text.find("[") + 1
            begun, line = at > 0, line + text.count("\n", 0, at or None)
            text, at = text[at:] if begun else "", 0
        while begun:
            begin = _GAP.match(text, at).end()  # type: ignore[union-attr]  # it matches everywhere
            line, at = line + text.count("\n", at, begin), begin
            if at < len(text) and text[at] == "]":
                return
            try:
                value, end = _JSON.raw_decode(text, at)
            except (ValueError, RecursionError):  # cut at the end of the chunk, or invalid
                if len(text) - at > MAX_RECORD:
                    raise Problem(
                        tr(
                            "The object that starts in line {line} of {name} is broken JSON or longer than {most:,} "
                            "characters: repair it, or write one object per line.",
                            line=line, name=name, most=MAX_RECORD,
                        )
                    ) from None
                break
            yield line, *_object(value)
            line, at = line + text.count("\n", at, end), end
    raise Problem(tr(
        "The JSON array in {name} ends early or is broken in line {line}: repair it, or export it again.",
        name=name, line=line,
    ))


def json_members(text: str) -> Iterator[tuple[str, int]]:
    """Yields the keys of the JSON object at the start of a text, which may be cut, each with the index of its value."""
    at = _SPACE.match(text).end()  # type: ignore[union-attr]  # it matches everywhere, as below
    if text[at : at + 1] != "{":
        return
    while True:
        at = _GAP.match(text, at + 1 if text[at : at + 1] == "{" else at).end()  # type: ignore[union-attr]
        try:
            key, at = _JSON.raw_decode(text, at)
            at = _SPACE.match(text, at).end()  # type: ignore[union-attr]
            if not isinstance(key, str) or text[at : at + 1] != ":":
                return
            at = _SPACE.match(text, at + 1).end()  # type: ignore[union-attr]
            yield key, at
            _, at = _JSON.raw_decode(text, at)
        except (ValueError, RecursionError):  # cut, or invalid
            return


def json_columns(chunks: Iterable[str], name: str) -> Iterator[Record[dict[str, Any]]]:
    """The rows of a JSON object that holds a list, or an object by row, for each column; or of the forms `split` (columns and
    data) and `index` (an object per row) of pandas.

    Raises:
        Problem: if it is not JSON, is longer than `MAX_COLUMNS_JSON` characters, or its columns differ in length.
    """
    pieces, size = [], 0
    for chunk in chunks:
        pieces.append(chunk)
        size += len(chunk)
        if size > MAX_COLUMNS_JSON:
            raise Problem(tr(
                "{name} is one JSON object by columns, longer than the maximum of {most:,} characters: write one object per "
                "line.",
                name=name, most=MAX_COLUMNS_JSON,
            ))  # fmt: skip
    try:
        table = _JSON.decode("".join(pieces).strip())
    except (ValueError, RecursionError):
        raise Problem(tr("{name} is broken JSON: repair it, or export it again.", name=name)) from None
    if isinstance(table.get("columns"), list) and isinstance(table.get("data"), list):
        names = [str(name) for name in table["columns"]]
        for number, row in enumerate(table["data"], start=1):
            fits = isinstance(row, list) and len(row) == len(names)
            yield number, dict(zip(names, row, strict=True)) if fits else {}, None if fits else N_("a row of another length")
        return
    if all(isinstance(row, dict) and row and not any(map(str.isdecimal, row)) for row in table.values()):
        for number, row in enumerate(table.values(), start=1):
            yield number, *_object(row)
        return
    columns = {key: [*column.values()] if isinstance(column, dict) else column for key, column in table.items()}
    columns = {key: column for key, column in columns.items() if isinstance(column, list)}
    if len(set(map(len, columns.values()))) > 1:
        raise Problem(tr("The columns of {name} differ in length: export it again, or write one object per line.", name=name))
    for number, values in enumerate(zip(*columns.values(), strict=True), start=1):
        yield number, dict(zip(columns, values, strict=True)), None


MAX_COLUMNS_JSON = 32_000_000
"""The maximum number of characters of a JSON object by columns, which is loaded as a whole."""

_SPACE = re.compile(r"\s*")
_GAP = re.compile(r"[\s,]*")


def _object(value: Any) -> tuple[dict[str, Any], str | None]:
    if not isinstance(value, dict):
        return {}, N_("JSON that is not an object")
    return {key: one for key, one in value.items() if encodable(key)}, None
