"""A run's answers to every row of a file, written row by row beside the row's own columns, in bounded memory."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from rnn_core import metrics, tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.trace import LONGEST
from rnn_core.config import Problem
from rnn_core.data.examples import NO_TEXT, UNUSABLE, unusable, whole_tokens
from rnn_core.data.formats import place
from rnn_core.data.reading import uncollected
from rnn_core.data.shortening import blank_tags
from rnn_core.data.tables import Row
from rnn_core.data.tokens import graphemes, tokenise, words
from rnn_core.data.unlabelled import ABSENT, Unlabelled
from rnn_core.data.values import as_list, as_text
from rnn_core.data.written import CONLL, FORMATS, conll_sentence, free_names, table
from rnn_core.language import N_, tr
from rnn_core.results import FileAnswers

WINDOW, CHARACTERS, PROBABILITIES = 8_192, 4_000_000, 1_000_000
"""Rows, and about how many characters and probabilities of theirs, that are held at a time; texts of similar length are
batched within them."""

MOST_CLASSES = 1_000
"""Classes whose probabilities get a column each; with more of them only that of the answer is written."""

_REASONS = 50
_TYPES = {str: pa.string(), float: pa.float64(), list[str]: pa.list_(pa.string()), list[float]: pa.list_(pa.float64())}
_ENTITY = pa.struct([("type", pa.string()), ("text", pa.string()), ("start", pa.int64()), ("end", pa.int64())])

Tick = Callable[[float], object]


@dataclass(slots=True)
class _Item:
    """What is read as one text, and what was answered.

    Attributes:
        rows: the rows that it stands in: one, or one per token.
        tokens: (m,); empty when there is no answer.
        starts, ends: (m,) where each token stands in `text`; empty where that is not asked for.
        problem: why there is no answer.
        unused: why a row plays no part, for each row; None where it does.
        answer: the values of `Task.answer_columns`; empty without an answer.
    """

    rows: list[Row]
    tokens: list[str] = field(default_factory=list)
    text: str = ""
    starts: Sequence[int] = ()
    ends: Sequence[int] = ()
    problem: str | None = None
    unused: list[str | None] = field(default_factory=list)
    answer: tuple[Any, ...] = ()


@uncollected()
def answer_file(
    loaded: Loaded,
    source: Unlabelled,
    out: Path,
    suffix: str,
    all_classes: bool = True,
    spaced: bool = False,
    tick: Tick = lambda share: None,
) -> FileAnswers:
    """Writes every row of a file in its order, with the answer beside it; a row without one says why.

    The columns are those of `Task.answer_columns`. Answers that are lists, one value per token, have the tokens beside them, and
    tags of a scheme the entities as spans with character offsets. The answers are those of `trace` on the same text: no text is
    cut at the length that training cut it at.

    Args:
        loaded: the run.
        source: the file.
        out: what to write; moving it to its place when it is whole is the caller's work.
        suffix: the format, one of `Task.formats`.
        all_classes: whether the probability of every class is written.
        spaced: the tokens of a text stand apart by spaces already, so it is cut there and nowhere else.
        tick: hears the share of the file done; what it raises ends the work.

    Raises:
        Problem: when the file cannot be read to its end, or the format does not suit the task.
    """
    task = tasks.of(loaded.config)
    if suffix not in task.formats:
        others = " or ".join(task.formats)
        said = tr("{format} cannot hold this run's answers ({task}).", format=tr(FORMATS[suffix]), task=tr(task.title))
        raise Problem(said, f"--out FILE with {others}")
    first = 0.1 if source.format.kind == "jsonl" else 0.0  # its keys are collected before
    source = source.with_all_columns(lambda share: tick(share * first))
    share = first

    def read(done: float) -> None:
        nonlocal share
        share = first + done * (1 - first)
        tick(share)

    tally = _Tally(bool(task.schema.labels))
    columns = _Columns.of(loaded, source, all_classes and len(loaded.speech.labels) <= MOST_CLASSES)
    writer = _conll(out, source, columns) if suffix == CONLL else _table(out, suffix, columns)
    with writer as write:
        most = min(WINDOW, PROBABILITIES // max(1, len(loaded.speech.labels)) or 1)
        for rows in _windows(_grouped(source, read), most):
            items = [_item(group, loaded, source, spaced, bool(columns.scheme)) for group in rows]
            _answer([item for item in items if not item.problem], loaded, lambda _: tick(share))
            write(items)
            tally.add(items)
    if not tally.rows:
        raise Problem(tr("{name} has no rows: there is nothing to answer.", name=source.format.name))
    names = tuple(columns.schema.names)
    told = (dict(counter) for counter in (tally.reasons, tally.notes, tally.labels))
    return FileAnswers(names, columns.own, tally.rows, tally.answered, *told)


# ---- rows to items --------------------------------------------------------------------------------------------------


def _grouped(source: Unlabelled, tick: Tick) -> Iterator[list[Row]]:
    """Rows that are read together: each alone, or with one token per row those that follow each other with one sentence id; an
    empty id is that of the row above. A sentence of more than `LONGEST` rows comes in pieces."""
    rows = source.rows(tick)
    if source.layout != "token":
        yield from ([row] for row in rows)
        return
    at = place(source.format, source.sentence or "")
    group: list[Row] = []
    now = ""
    for row in rows:
        given = ("" if row.fault else as_text(row.values[at]).strip()) or now
        if group and (given != now or len(group) > LONGEST):
            yield group
            group = []
        now = given
        group.append(row)
    if group:
        yield group


def _windows(groups: Iterable[list[Row]], most: int) -> Iterator[list[list[Row]]]:
    """The groups, as many at a time as have `most` rows or `CHARACTERS`."""
    held: list[list[Row]] = []
    rows = characters = 0
    for group in groups:
        held.append(group)
        rows += len(group)
        characters += sum(len(v) if isinstance(v, str) else 16 if v is None else len(str(v)) for r in group for v in r.values)
        if rows >= most or characters >= CHARACTERS:
            yield held
            held, rows, characters = [], 0, 0
    if held:
        yield held


def _item(rows: list[Row], loaded: Loaded, source: Unlabelled, spaced: bool, located: bool) -> _Item:
    """What is read of these rows. `located`: with the places of the tokens in the text."""
    item = _Item(rows)
    at = source.format.header.index(source.text)
    if source.layout == "token":
        tokens = [_token(row, at) for row in rows]
        item.unused = [None if token else _fault(source, row) or NO_TEXT for row, token in zip(rows, tokens, strict=True)]
        _given(item, [token for token in tokens if token])
        item.unused = [item.problem or why for why in item.unused]
        return item
    (row,) = rows
    if row.fault:
        item.problem = _fault(source, row)
    elif source.layout == "text":
        _typed(item, as_text(row.values[at]), loaded, spaced, located)
    elif (listed := as_list(row.values[at])) is not None:
        _given(item, whole_tokens(listed))
    else:
        no_list = N_("no list in the column {column!r}").format(column=source.text)
        item.problem = no_list if as_text(row.values[at]).strip() else NO_TEXT
    item.unused = [item.problem]
    return item


def _fault(source: Unlabelled, row: Row) -> str | None:
    """Why a row could not be read, with its place: its values may not be known."""
    return row.fault and f"{'row' if source.format.kind == 'parquet' else 'line'} {row.line}: {row.fault}"


def _token(row: Row, at: int) -> str:
    """The token of a row, empty where it cannot be used."""
    (token,) = whole_tokens([""] if row.fault else [as_text(row.values[at])])
    return "" if unusable([token]) else token


def _given(item: _Item, tokens: list[str]) -> None:
    """An item of tokens that the file has cut itself: its text has a space between each."""
    item.tokens, item.text = tokens, " ".join(tokens)
    sizes = np.array([len(token) for token in tokens], int)
    item.ends = (np.cumsum(sizes + 1) - 1).tolist()
    item.starts = (np.array(item.ends, int) - sizes).tolist()
    item.problem = _why_not(item.text, len(tokens)) or (None if all(tokens) else N_("an empty token"))


def _typed(item: _Item, text: str, loaded: Loaded, spaced: bool, located: bool) -> None:
    """An item of a text, which is cut into tokens as `trace` does."""
    how = loaded.config.data.tokens
    item.text = text
    text = blank_tags(text) if loaded.config.data.strip_html else text
    if not text.strip():
        item.problem = NO_TEXT
        return
    if spaced:
        cut = [(token, 0, 0) for token in text.split()]
        at = 0
        for i, (token, _, _) in enumerate(cut):
            at = text.index(token, at)
            cut[i] = (token, at, at := at + len(token))
    elif located:
        cut = tokenise(text, how, LONGEST + 1)
    else:
        some = graphemes(text, LONGEST + 1) if how == "char" else words(text, LONGEST + 1, how)
        item.tokens, item.problem = list(some), _why_not(text, len(some))
        return
    item.tokens, item.starts, item.ends = map(list, zip(*cut, strict=True)) if cut else ([], [], [])
    item.problem = _why_not(text, len(cut))


def _why_not(text: str, tokens: int) -> str | None:
    if not tokens:
        return NO_TEXT
    if tokens > LONGEST:
        return N_("more than {most:,} tokens").format(most=LONGEST)
    return UNUSABLE if unusable((text,)) else None


# ---- items to answers -----------------------------------------------------------------------------------------------


def _answer(items: Sequence[_Item], loaded: Loaded, tick: Tick) -> None:
    """Fills in what the network answers."""
    if not items:
        return
    task = tasks.of(loaded.config)
    encoded = task.encode([item.tokens for item in items], None, loaded.speech)
    found = task.decode(loaded.network, loaded.config, encoded, loaded.speech, tick)
    for item, answer in zip(items, found, strict=True):
        item.answer = answer


def _entities(item: _Item, scheme: str) -> list[dict[str, Any]]:
    """The entities among an item's tags by the scheme's strict rule, with character offsets, the end exclusive."""
    found = []
    for kind, first, after in metrics.spans(item.answer[0], scheme):
        start, end = item.starts[first], item.ends[after - 1]
        found.append({"type": kind, "text": item.text[start:end], "start": start, "end": end})
    return found


class _Tally:
    """Counts rows and answers, and how often each label was answered, where answers are labels."""

    def __init__(self, labelled: bool) -> None:
        self.labelled = labelled
        self.rows = self.answered = 0
        self.reasons, self.notes, self.labels = Counter[str](), Counter[str](), Counter[str]()

    def add(self, items: Sequence[_Item]) -> None:
        given = [item.answer[0] for item in items if item.answer]
        if self.labelled:
            self.labels.update(chain.from_iterable(one if isinstance(one, list) else (one,) for one in given))
        for item in items:
            for row, why in zip(item.rows, item.unused, strict=True):
                self.rows += 1
                self.notes.update([row.note] if row.note else [])
                if why is None:
                    self.answered += 1
                    continue
                reason = row.fault or why
                self.reasons[reason if reason in self.reasons or len(self.reasons) < _REASONS else N_("other reasons")] += 1


# ---- answers to columns ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Columns:
    """The columns written, those of the file first.

    Attributes:
        schema: all of them.
        own: how many are the file's.
        layout: of the file.
        answers: how many hold the answer.
        by_token: whether an answer has one value per token, beside which the tokens are written.
        scheme: by which entities are found, None without them.
    """

    schema: pa.Schema
    own: int
    layout: str
    answers: int
    by_token: bool
    scheme: str | None

    @classmethod
    def of(cls, loaded: Loaded, source: Unlabelled, all_classes: bool) -> "_Columns":
        text, labels = pa.string(), loaded.speech.labels if all_classes else ()
        added = {name: _TYPES[kind] for name, kind in tasks.of(loaded.config).answer_columns(labels).items()}
        answers, by_token = len(added), pa.types.is_list(added["answer"])
        scheme = loaded.speech.scheme if by_token and source.layout != "token" else None
        if source.layout == "token":  # and each row is one of them
            added = {name: kind.value_type for name, kind in added.items()}
        elif by_token:
            tokens = {"text": text} if source.layout == "lists" else {"tokens": pa.list_(text)}
            added = tokens | added | ({"entities": pa.list_(_ENTITY)} if scheme else {})
        added |= {"problem": text}
        header = source.format.header
        own = [name.encode("utf-8", "backslashreplace").decode() for name in header]  # JSON can spell half a character
        types = [source.types.get(name, text) for name in header]
        names = free_names([], own) + free_names(own, added)
        schema = pa.schema([*zip(names, [*types, *added.values()], strict=True)])
        return cls(schema, len(own), source.layout, answers, by_token, scheme)

    def filled(self, items: Sequence[_Item]) -> list[list[Any]]:
        """The values of some rows, column by column."""
        rows = [row for item in items for row in item.rows]
        nothing = (None,) * self.own
        columns = [list(column) for column in zip(*(row.values or nothing for row in rows), strict=True)]
        if self.layout == "token":
            return columns + self._each_token(items)
        answers = [item.answer[: self.answers] or (None,) * self.answers for item in items]
        held = [list(column) for column in zip(*answers, strict=True)]
        if self.by_token:
            told = [item.text if self.layout == "lists" else item.tokens for item in items]
            held.insert(0, [None if item.problem else one for item, one in zip(items, told, strict=True)])
        if self.scheme:
            held.append([None if item.problem else _entities(item, self.scheme) for item in items])
        return columns + held + [[item.problem for item in items]]

    def _each_token(self, items: Sequence[_Item]) -> list[list[Any]]:
        """Answer, probability and problem of rows that hold one token each."""
        found: list[tuple[Any, ...]] = []
        for item in items:
            given, nothing = zip(*item.answer, strict=True), (None,) * self.answers
            found += [(*(next(given) if why is None else nothing), why) for why in item.unused]
        return [list(column) for column in zip(*found, strict=True)]


@contextmanager
def _table(out: Path, suffix: str, columns: _Columns) -> Iterator[Callable[[Sequence[_Item]], None]]:
    with table(out, columns.schema, suffix) as write:
        yield lambda items: write(columns.filled(items))


@contextmanager
def _conll(out: Path, source: Unlabelled, columns: _Columns) -> Iterator[Callable[[Sequence[_Item]], None]]:
    """Sentences with one token per line and the answer in the last column.

    Columns that a file has by the token stand before it, the token first where they come from a table; all others are
    comments above the sentence, and so is the reason where there is no answer.
    """
    names = columns.schema.names
    at = source.format.header.index(source.text)
    order = [at, *(i for i in range(columns.own) if i != at)]

    def sentence(item: _Item) -> str:
        problems = [(names[-1], why) for why in dict.fromkeys(item.unused) if why]
        if item.problem:
            width = 1 + columns.own if source.layout != "text" else 2
            return conll_sentence([()] * width, [*comments(item), *problems])
        if source.format.by_sentence:
            return conll_sentence([*item.rows[0].values, item.answer[0]])
        if source.layout == "token":
            used = [row.values for row, why in zip(item.rows, item.unused, strict=True) if why is None]
            return conll_sentence([*([as_text(values[i]) for values in used] for i in order), item.answer[0]], problems)
        return conll_sentence([item.tokens, item.answer[0]], comments(item))

    def comments(item: _Item) -> list[tuple[str, str]]:
        if source.format.by_sentence or source.layout == "token":
            return []
        return [(name, as_text(value)) for name, value in zip(names, item.rows[0].values, strict=False) if value is not ABSENT]

    with out.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
        yield lambda items: file.writelines(map(sentence, items))
