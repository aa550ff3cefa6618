"""How a delimited table is written: its delimiter, its quotation marks, the lines above its rows, and whether it has a header.

These are guessed from the first lines of the file: the best guess gives the most lines as many fields as the first row has.
"""

import csv
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import median
from typing import Any, NamedTuple

from rnn_core.config import DataConfig
from rnn_core.data.names import known
from rnn_core.language import N_

DELIMITERS = {",": N_("comma"), "\t": N_("tab"), ";": N_("semicolon"), "|": N_("bar")}
"""The delimiters of a table and their names."""

QUOTINGS = {
    "double": N_('inside a quoted field a mark is written twice: ""'),
    "backslash": N_('inside a quoted field a mark has a backslash: \\"'),
    "spaced": N_("there are blanks before quoted fields"),
    "none": N_("marks are plain characters, and quote nothing"),
}
"""How quotation marks are used, the usual way first."""

_READERS: dict[str, dict[str, Any]] = {
    "double": {},
    "backslash": {"escapechar": "\\"},
    "spaced": {"skipinitialspace": True},
    "none": {"quoting": csv.QUOTE_NONE},
}

FEW_LINES = 200
"""The number of lines by which the delimiter is chosen; the quoting is chosen by all lines of the sample."""

_QUOTED = re.compile(r'"(?s:.)*"\s*')
_SEPARATOR = re.compile(r'\ufeff?"?sep=(.)"?\s*', re.IGNORECASE)


@dataclass(frozen=True)
class Dialect:
    """How a table is written.

    Attributes:
        delimiter: one of `DELIMITERS`.
        quoting: one of `QUOTINGS`.
        above: the number of lines above the first row.
        header: whether the first row names the columns.
        notes: sentences on unusual features.
    """

    delimiter: str
    quoting: str
    above: int
    header: bool
    notes: tuple[str, ...]


def read_by(delimiter: str, quoting: str) -> dict[str, Any]:
    """The arguments of `csv.reader` for this delimiter and quoting."""
    return {"delimiter": delimiter} | _READERS[quoting]


def parse(lines: Sequence[str], delimiter: str, quoting: str) -> Iterator[tuple[list[str], int]]:
    """The rows of some lines, each with the number of its last line, counted from 1; ends where csv.reader fails."""
    reader = csv.reader(lines, **read_by(delimiter, quoting))
    try:
        for fields in reader:
            yield fields, reader.line_num
    except csv.Error:  # a row longer than the field limit
        return


def sound(lines: Sequence[str], delimiter: str, quoting: str) -> bool:
    """Whether the lines of one row follow the rules for quotes; a stray mark may pair with another several lines below."""
    try:
        return len(list(csv.reader(lines, strict=True, **read_by(delimiter, quoting)))) == 1
    except csv.Error:
        return False


def whole_rows(lines: Sequence[str], delimiter: str, width: int) -> bool:
    """Whether each line of a row has as many non-empty fields as a row: then a quotation mark may have swallowed rows."""
    parted = [line.split(delimiter) for line in lines]
    return all(len(fields) == width and all(field.strip(' "\t\r\n') for field in fields) for fields in parted)


class _Fit(NamedTuple):
    share: float  # of the lines, those in rows as wide as the first row
    width: int
    order: int  # lower for more usual quoting
    delimiter: str
    quoting: str

def _fit(lines: Sequence[str], delimiter: str, quoting: str, whole: bool) -> _Fit:
    """How well a delimiter and a quoting fit some lines.

    Args:
        whole: whether the last line ends the file; else the last row may continue below it and does not count.
    """
    width, good, start = 0, 0.0, 0
    for fields, end in parse(lines, delimiter, quoting):
        row = lines[start:end]
        cut = end == len(lines) and not whole and end - start > 1
        start = end
        if not fields or (len(fields) == 1 and not fields[0].strip()):
            good += len(row)
            continue
        width = width or len(fields)
        if cut or len(fields) != width or (quoting != "none" and '"' in "".join(row) and not sound(row, delimiter, quoting)):
            continue
        if _unlikely(fields, quoting):
            good += 0.9 * len(row)
        else:
            good += 1 if len(row) > 1 and whole_rows(row, delimiter, width) else len(row)
    order = -list(QUOTINGS).index(quoting)
    return _Fit(good / len(lines) if width > 1 else -1.0, width, order, delimiter, quoting)


def _unlikely(fields: Sequence[str], quoting: str) -> bool:
    """Whether fields hold marks that probably quote: around one field, around several, or after a blank."""
    if quoting == "none":
        opened = [i for i, field in enumerate(fields) if field.lstrip().startswith('"')]
        closed = opened and any(field.rstrip().endswith('"') for field in fields[opened[0] + 1 :])
        return bool(closed) or any(map(_QUOTED.fullmatch, fields))
    return quoting in ("double", "backslash") and any(field[:1].isspace() and field.lstrip().startswith('"') for field in fields)


def sniff(top: Sequence[str], config: DataConfig, tabs: bool, whole: bool) -> Dialect:
    """Guesses the dialect of a table from its first lines; values stated in `config` take precedence.

    Args:
        top: the first lines with their ends.
        tabs: whether tabs are known to separate the fields, from the file's name.
        whole: whether these are all lines of the file.
    """
    notes: list[str] = []
    above = 0
    stated: str | None = config.delimiter or ("\t" if tabs else None)
    if found := _SEPARATOR.fullmatch(top[0]):
        above = 1
        if found[1] in DELIMITERS and not config.delimiter:
            stated = found[1]
        notes.append(N_("The first line, {line}, names the delimiter and is not a row.").format(line=top[0].strip()))
    rows = top[above:] or top
    comments = 0
    while comments < len(rows) and (rows[comments].startswith("#") or not rows[comments].strip()):
        comments += 1
    below = rows[comments:] or rows
    best = _best(below, stated, config.quoting, whole)
    dropped = 0
    named_below = any(map(known, next(parse(below, best.delimiter, best.quoting), ([], 0))[0]))
    for line in rows[:comments]:  # a header may begin with # too
        fields = next(parse([line], best.delimiter, best.quoting), ([], 0))[0]
        if line.strip() and len(fields) == best.width > 1 and (known(fields[0].strip("# ")) or not named_below):
            break
        dropped += 1
    else:
        dropped = comments if best.width > 1 else 0
    if said := sum(bool(line.strip()) for line in rows[:dropped]):
        one = N_("A line that begins with # was skipped above the table, as comments.")
        many = N_("{lines} lines that begin with # were skipped above the table, as comments.")
        notes.append(one if said == 1 else many.format(lines=said))
        above += dropped
    below = rows[dropped:] or rows
    if best.quoting != "double" and not config.quoting:
        way = QUOTINGS[best.quoting]
        said_of_it = N_("Quotation marks: {way}. This way, more lines have {width} fields than by the usual rules.")
        notes.append(said_of_it.format(way=way, width=best.width))
    sample = [fields for fields, _ in islice(parse(below, best.delimiter, best.quoting), FEW_LINES) if any(fields)]
    header = has_header(sample) if config.header == "auto" else config.header == "yes"
    if not header and config.header == "auto":
        notes.append(
            N_("There is no header: the first row is data, and the columns are called column 1, column 2 and so on.")
        )
    return Dialect(best.delimiter, best.quoting, above, header, tuple(notes))


def _best(lines: Sequence[str], delimiter: str | None, quoting: str | None, whole: bool) -> _Fit:
    """Chooses the delimiter by few lines, then the quoting by all; quotings differ only if there are marks or backslashes."""
    few, delimiters = lines[:FEW_LINES], [delimiter] if delimiter else list(DELIMITERS)

    def ways(some: Sequence[str]) -> list[str]:
        if quoting:
            return [quoting]
        return list(QUOTINGS) if any('"' in line for line in some) else ["double"]

    all_ = whole and len(few) == len(lines)
    first = max(max((_fit(few, one, way, all_) for way in ways(few)), key=_by_share) for one in delimiters)
    if len(few) == len(lines):
        return first
    return max((_fit(lines, first.delimiter, way, whole) for way in ways(lines)), key=_by_share)


def _by_share(fit: _Fit) -> tuple[float, int]:
    """The key by which quotings of one delimiter are compared. Width is not part of it: cuts inside quotes make rows wider."""
    return fit.share, fit.order


# ---- the header -----------------------------------------------------------------------------------------------------

_END_OF_SENTENCE = re.compile(r"[.!?…。！？]\W*$")


MOST_JUDGED = 1_000
"""The number of columns by which a header is judged; a table with more is refused."""


def has_header(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first row names the columns: each of its fields is compared with those below it.

    A field is evidence for data if it is a number above numbers, a label that is repeated below, or a text among texts. It is
    evidence for a header if it is a usual column name, or of another kind than all fields below. Without evidence: a header.
    """
    if len(rows) < 2:
        return len(rows) == 0 or any(map(known, rows[0])) or not any(map(_is_text, rows[0]))
    if len(rows[0]) > MOST_JUDGED or sum(map(known, rows[0])) > 1 or list(rows[0]) == [str(i) for i in range(len(rows[0]))]:
        return True  # the last case: pandas writes unnamed columns so
    votes = [_vote(cell, [row[i].strip() for row in rows[1:] if i < len(row) and row[i].strip()])
             for i, cell in enumerate(map(str.strip, rows[0])) if cell]  # fmt: skip
    return sum(votes) >= 0


def _vote(cell: str, below: Sequence[str]) -> int:
    """The evidence of a field for a header; negative: for data."""
    if not below:
        return 3 if known(cell) else 0
    counts = Counter(below)
    if known(cell) and cell not in counts:
        return 3
    numbers = sum(map(is_number, below)) / len(below)
    if numbers >= 0.9:
        return -2 if is_number(cell) else 2
    if len(counts) <= 50 and 2 * len(counts) <= len(below) and max(map(len, counts)) < 40:  # labels
        return -2 if cell in counts else 1
    if median(len(value) for value in below) >= 12 and _is_text(cell):
        return -2
    if median(value.count(" ") for value in below) >= 2 and cell.count(" ") < 3:
        return 1
    shapes = Counter(map(_shape, below))
    if any(map(str.isdigit, cell)) and shapes[_shape(cell)] * 2 > len(below):  # an id among ids
        return -1
    return 0


def _is_text(cell: str) -> bool:
    """Whether a field is a sentence rather than a column's name."""
    return not known(cell) and (cell.count(" ") >= 4 or len(cell) > 60 or (len(cell) > 3 and bool(_END_OF_SENTENCE.search(cell))))


def _shape(value: str) -> str:
    return re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "0", value))


def is_number(value: str) -> bool:
    """Whether a value is written as a number."""
    return bool(_NUMBER.fullmatch(value.strip()))


_NUMBER = re.compile(r"[+\-−]?(\d+([.,]\d*)?|[.,]\d+)([eE][+-]?\d+)?")
