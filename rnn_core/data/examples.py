"""From rows to examples: texts and their targets, for every layout. Rows that cannot be used are counted with their reasons."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from rnn_core.config import DataConfig
from rnn_core.data.contents import without_spaces
from rnn_core.data.encodings import encodable
from rnn_core.data.formats import Format
from rnn_core.data.layouts import Layout
from rnn_core.data.names import split_of
from rnn_core.data.records import FASTTEXT
from rnn_core.data.schema import TEXT, Schema
from rnn_core.data.tables import BLOCK, Block, Row, listed, read_blocks, read_rows
from rnn_core.data.tokens import tokenise
from rnn_core.data.values import Span, as_list, as_spans, as_text
from rnn_core.language import N_
from rnn_core.results import LeftOut

NO_BREAK = "\u00a0"
_PLAIN_SPACE = re.compile(r"[ \t\r\n\v\f]+")
_UNUSABLE = re.compile(r"[\0\ud800-\udfff]")
"""NUL, and lone surrogates, which JSON can spell and no file can hold."""

UNUSABLE = N_("a NUL byte or half a character")
"""The reason for leaving out a text with one of these."""

EMPTY = N_("nothing in the row")
"""The reason for leaving out an empty row, such as a spreadsheet may append."""

NO_TEXT, NO_LABEL = N_("no text"), N_("no label")
"""The reasons for leaving out a row with an empty text, or without its label."""

SHOWN = 20
"""The number of rows named per reason."""


class Text(NamedTuple):
    """A text as in the file, and its tokens, as in `Example`."""

    text: str
    tokens: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """One text or sentence with its target.

    Attributes:
        text: the text as in the file, or the tokens joined by spaces; it ends with the last token kept.
        tokens: (m,) without specials; none contains a plain space, unless tokens are characters.
        target: the label, or (m,) tags; empty if the data have no labels.
        row: its place, such as "train.csv line 12".
        further: the texts of further tokens sides by name, such as the translation.
    """

    text: str
    tokens: tuple[str, ...]
    target: str | tuple[str, ...]
    row: str
    further: Mapping[str, Text] = field(default_factory=dict)


@dataclass
class Tally:
    """The rows that were left out, or cut, counted by reason."""

    read: int = 0
    reasons: dict[str, list[str]] = field(default_factory=dict)
    counts: dict[str, int] = field(default_factory=dict)
    kept: set[str] = field(default_factory=set)

    def note(self, reason: str, where: str, unused: bool = True) -> None:
        """Counts one row; the first `SHOWN` are named. `unused`: whether it is left out; otherwise it is kept."""
        if not unused:
            self.kept.add(reason)
        self.counts[reason] = self.counts.get(reason, 0) + 1
        rows = self.reasons.setdefault(reason, [])
        if len(rows) < SHOWN:
            rows.append(where)

    def left_out(self, unused: bool = False) -> tuple[LeftOut, ...]:
        """The reasons, most frequent first; with `unused`, only those for which rows were left out."""
        listed = [reason for reason in self.counts if not (unused and reason in self.kept)]
        order = sorted(listed, key=lambda reason: -self.counts[reason])
        return tuple(LeftOut(reason, self.counts[reason], tuple(self.reasons[reason])) for reason in order)


@dataclass(frozen=True)
class Found:
    """Consecutive examples of a file, not cut yet, and the rows between them that cannot be used.

    Attributes:
        texts: an Arrow array of the texts as in the file, or a list of the tokens of each.
        targets: the label of each as an Arrow dictionary array, whose dictionary may name a label twice; or a list of the tags
            of each. Every label is empty if the data have none.
        splits: the split of each; None without a split column.
        lines: the line where each starts.
        faults: (line, reason) of the rows that are left out.
        notes: (line, reason) of the rows that are doubtful, but kept.
        further: an Arrow array of texts for each further tokens side, by name.
    """

    texts: Any
    targets: Any
    splits: list[str] | None
    lines: list[int]
    faults: list[tuple[int, str]]
    notes: list[tuple[int, str]]
    further: dict[str, Any] = field(default_factory=dict)


class _Fault(Exception):
    """The reason why one row cannot be used."""


def read_file(
    path: Path,
    format: Format,
    config: DataConfig,
    schema: Schema,
    layout: Layout,
    tick: Callable[[float], object] | None = None,
) -> Iterator[Found]:
    """Yields the examples of a file in blocks.

    Args:
        config: the options, with the columns of all sides and of the layout filled in.
        tick: is called with the share read, 0…1.
    """
    more = (config.split, config.sentence if layout == "token" else None)
    columns = [*(getattr(config, name) or "" for name in schema.columns), *filter(None, more)]
    for block in (_grouped if layout == "token" else read_blocks)(path, format, columns, tick):
        sides = dict(zip(schema.columns, block.columns, strict=False))
        splits = None
        if config.split:
            splits = [split_of(as_text(value), config.split) or "" for value in listed(block.columns[len(sides)])]
        label = sides[schema.labels.name] if schema.labels else None
        further = {name: sides[name] for name in schema.texts[1:]}
        found = Found(sides[TEXT], label, splits, block.lines, block.faults, block.notes, further)
        yield _tagged(found, layout, config) if schema.per_token else _whole(found, config)


def _grouped(
    path: Path, format: Format, columns: Sequence[str], tick: Callable[[float], object] | None
) -> Iterator[Block]:
    """Blocks of sentences from one token per row: consecutive rows with one sentence id; an empty id repeats the one above."""
    sentences = _sentences(read_rows(path, format, columns, tick))
    while some := list(islice(sentences, BLOCK)):
        sound = [values for _, values, fault, _ in some if not fault]
        lines = [line for line, _, fault, _ in some if not fault]
        faults = [(line, fault) for line, _, fault, _ in some if fault]
        notes = [(line, note) for line, _, fault, note in some if note and not fault]
        yield Block(lines, [list(column) for column in zip(*sound, strict=True)] or [[], [], []], faults, notes)


def _sentences(rows: Iterable[Row]) -> Iterator[tuple[int, tuple[list[str], list[str], Any], str | None, str | None]]:
    """Yields (line, (tokens, tags, split), fault, note)."""
    seen: set[str] = set()
    now: str | None = None
    start, tokens, tags, split, fault = 0, [], [], None, None  # type: int, list[str], list[str], Any, str | None
    note: str | None = None
    for row in rows:
        token, tag, *own, given = row.values or (None, None, None, None)
        given = as_text(given).strip() or now or ""
        if given != now:
            if tokens or fault:
                yield start, (tokens, tags, split), fault, note
            now, start, tokens, tags, split, fault = given, row.line, [], [], own[0] if own else None, None
            note = None
            if given in seen:
                fault = N_("a sentence with other rows further up (keep the rows of a sentence together)")
            seen.add(given)
        if row.fault and not fault:
            start, fault = row.line, row.fault
        note = note or row.note
        tokens.append(as_text(token))
        tags.append(as_text(tag))
    if tokens or fault:
        yield start, (tokens, tags, split), fault, note


def _whole(found: Found, config: DataConfig) -> Found:
    """Checks rows of texts, with or without a label."""
    texts = {TEXT: found.texts, **found.further}
    if all(found.splits or [True]) and all(isinstance(some, pa.Array) and not _any_blank(some) for some in texts.values()):
        labels = _no_labels(found) if found.targets is None else _plain_labels(found.targets)
        if labels is not None:
            return replace(found, targets=labels)
    columns = {name: getattr(config, name) for name in texts}
    odd_kinds = {
        row: columns[name] for name, some in texts.items() for row, value in enumerate(listed(some))
        if isinstance(value, (list, dict))
    }  # fmt: skip
    texts = {name: [value if type(value) is str else as_text(value) for value in listed(some)] for name, some in texts.items()}
    labels, several = (None, set()) if found.targets is None else _labels(listed(found.targets))
    parts = [*texts.values(), *([labels] if labels is not None else [])]
    found = replace(found, texts=texts[TEXT], targets=labels, further={name: texts[name] for name in found.further})

    def check(row: int) -> None:
        if row in odd_kinds:
            raise _Fault(N_("a list or an object instead of a text in the column {column!r}").format(column=odd_kinds[row]))
        if not any(part[row].strip() for part in parts):
            raise _Fault(EMPTY)
        for name, some in texts.items():
            if not some[row].strip():
                raise _Fault(
                    N_("no text in the column {column!r}").format(column=columns[name]) if found.further else NO_TEXT
                )
        if row in several:
            raise _Fault(N_("several labels for one text (multi-label)"))
        if labels is not None and not labels[row]:
            raise _Fault(NO_LABEL)
        if unusable([part[row] for part in parts]):
            raise _Fault(UNUSABLE)

    whole = "\n".join(chain.from_iterable(parts))  # checked as one string; row by row only if that finds a fault
    odd = any(not all(part) or any(map(str.isspace, part)) for part in parts) or "\0" in whole or not encodable(whole)
    if odd or several or odd_kinds or not all(found.splits or [True]):
        found = _sound(found, config, check)
    targets = _no_labels(found) if found.targets is None else pa.array(found.targets, pa.string()).dictionary_encode()
    further = {name: pa.array(some, pa.string()) for name, some in found.further.items()}
    return replace(found, texts=pa.array(found.texts, pa.string()), targets=targets, further=further)


def _any_blank(texts: pa.Array) -> bool:
    return pc.any(pc.or_(pc.utf8_is_space(texts), pc.equal(pc.binary_length(texts), 0))).as_py() or False


def _no_labels(found: Found) -> pa.Array:
    return pa.DictionaryArray.from_arrays(pa.array(np.zeros(len(found.lines), np.int32)), pa.array([""]))


def _plain_labels(labels: Any) -> pa.Array | None:
    """Labels without surrounding white space; None if one is empty or may be a list."""
    if not isinstance(labels, pa.Array):
        return None
    targets = labels.dictionary_encode()
    names = [name.strip() for name in targets.dictionary.to_pylist()]  # few different labels, each often
    if not all(names) or any(name.startswith(("[", "(", "{", FASTTEXT)) for name in names):
        return None
    return pa.DictionaryArray.from_arrays(targets.indices, pa.array(names, pa.string()))


def _labels(values: Sequence[Any]) -> tuple[list[str], set[int]]:
    """The label of each row, empty if there is none, and the rows with several labels."""
    labels = [value.strip() if type(value) is str else value for value in values]
    several = set()
    for row, value in enumerate(labels):
        if type(value) is not str or value.startswith(("[", "(", "{", FASTTEXT)):
            value = value.removeprefix(FASTTEXT) if isinstance(value, str) else value
            entries = as_list(value)
            labels[row] = as_text(value).strip() if entries is None else "".join(entries[:1]).strip()
            several |= {row} if entries and len(entries) > 1 else set()
    return labels, several


def _tagged(found: Found, layout: Layout, config: DataConfig) -> Found:
    texts, targets = listed(found.texts), listed(found.targets)
    tokens: list[Any] = [None] * len(found.lines)
    tags = tokens.copy()

    def take(row: int) -> None:
        tokens[row], tags[row] = _tokens_and_tags(texts[row], targets[row], layout, config)

    return _sound(replace(found, texts=tokens, targets=tags), config, take)


def _sound(found: Found, config: DataConfig, check: Callable[[int], None]) -> Found:
    """The rows with a known split for which `check` raises no fault."""
    kept, faults = [], list(found.faults)
    for row, line in enumerate(found.lines):
        try:
            if found.splits and not found.splits[row]:
                raise _Fault(N_("no known split in the column {column!r} (train, dev or test)").format(column=config.split))
            check(row)
            kept.append(row)
        except _Fault as reason:
            faults.append((line, str(reason)))

    def those_kept(values: Any) -> Any:
        return values and [values[row] for row in kept]

    lines = those_kept(found.lines)
    there = set(lines) if found.notes else ()
    notes = [note for note in found.notes if note[0] in there]
    further = {name: those_kept(some) for name, some in found.further.items()}
    return Found(those_kept(found.texts), those_kept(found.targets), those_kept(found.splits), lines, faults, notes, further)


def _tokens_and_tags(text: Any, tags: Any, layout: Layout, config: DataConfig) -> tuple[list[str], list[str]]:
    if layout == "spans":
        spans = as_spans(tags)
        if spans is None:
            raise _Fault(N_("no spans of characters in the column {column!r}").format(column=config.label))
        tokens, marks = _between_spans(as_text(text), spans)
    elif layout == "sentence":
        tokens, marks = _parts(as_text(text)), _parts(as_text(tags))
    else:
        listed, marked = as_list(text), as_list(tags)
        if listed is None or marked is None:
            column = config.text if listed is None else config.label
            raise _Fault(N_("no list in the column {column!r}").format(column=column))
        tokens = whole_tokens(listed)
        marks = [mark.strip() for mark in marked]
    if not tokens:
        raise _Fault(NO_TEXT)
    if not marks:
        raise _Fault(N_("no tags"))
    if len(tokens) != len(marks):
        raise _Fault(N_("different numbers of tokens and tags"))
    if not all(tokens) or not all(marks):
        raise _Fault(N_("an empty token or tag"))
    if unusable(tokens) or unusable(marks):
        raise _Fault(UNUSABLE)
    return tokens, marks


def whole_tokens(given: Sequence[str]) -> list[str]:
    """Tokens of a file, stripped; a plain space within a token becomes a no-break space."""
    return [_PLAIN_SPACE.sub(NO_BREAK, token.strip(" \t\r\n\v\f")) for token in given]


def _between_spans(text: str, spans: Sequence[Span]) -> tuple[list[str], list[str]]:
    """The words of a text with IOB2 tags; a word is split where a span begins or ends inside it."""
    how = "char" if without_spaces([text]) else "word"  # cuts at entities alone would reveal them
    tokens: list[str] = []
    tags: list[str] = []
    at = 0
    for begin, end, kind in [*sorted(spans), (len(text), len(text), "")]:
        if end > len(text):
            raise _Fault(N_("a span that ends beyond its text"))
        if begin < at:
            raise _Fault(N_("spans that overlap"))
        pieces = text[at:begin], text[begin:end]
        outside, inside = ([token for token, _, _ in tokenise(piece, how) if token.strip()] for piece in pieces)
        name = "_".join(kind.split())
        tokens += outside + inside
        tags += ["O"] * len(outside) + [f"{'I' if i else 'B'}-{name}" for i in range(len(inside))]
        at = end
    return tokens, tags


def _parts(text: str) -> list[str]:
    return [part for part in _PLAIN_SPACE.split(text) if part]


def unusable(parts: Iterable[str]) -> bool:
    """Whether one of the texts contains a NUL or a lone surrogate."""
    return any(map(_UNUSABLE.search, parts))
