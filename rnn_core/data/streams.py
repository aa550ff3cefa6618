"""Long texts without labels: a file as one stream of tokens, and a stream cut into parts that are processed side by side.

A stream is stored as rows, the lines of the text with their ends, so its examples can be shown like those of other data. A row
that ends a document is followed by `<eos>` in the stream; nothing else is inserted between rows. Each row of a table is a
document. A plain text is one document, or several, each ended by `<|endoftext|>`, as GPT-2's data are (Radford et al. 2019).
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np
import pyarrow as pa

from rnn_core.config import DataConfig, Problem
from rnn_core.data.batches import Encoded
from rnn_core.data.columns import guess_text, with_columns
from rnn_core.data.dialects import is_number
from rnn_core.data.encodings import chunks
from rnn_core.data.examples import NO_TEXT, UNUSABLE, Example, Found, unusable
from rnn_core.data.formats import Format, place
from rnn_core.data.layouts import Layout
from rnn_core.data.schema import STREAM
from rnn_core.data.tables import BLOCK, read_rows
from rnn_core.data.text_lines import text_lines
from rnn_core.data.tokens import graphemes, tokenise, words
from rnn_core.data.top import Top
from rnn_core.data.values import as_text
from rnn_core.data.vocabulary import EOS, SOS, Vocabulary
from rnn_core.language import N_, tr

END = N_("end of a document")
"""The target of a row that ends a document."""

MARK = "<|endoftext|>"
"""Ends a document of a plain text; a line end directly after it belongs to it. In a typed text it is the token `<eos>`."""

CARRIED = 32
"""The number of chunks over which training carries a state before it is reset to zero."""

Tick = Callable[[float], object]


@dataclass(frozen=True)
class Text:
    """A file and how its text is read.

    Attributes:
        config: the options; for a table, with the text column filled in.
        notes: sentences on how it is read.
    """

    path: Path
    config: DataConfig
    format: Format
    notes: tuple[str, ...] = ()

    @property
    def documents(self) -> bool:
        """Whether the rows of a table are documents; otherwise the file is one text."""
        return self.format.kind != "text"

    @property
    def layout(self) -> Layout:
        return "documents" if self.documents else "lines"

    def rows(self, tick: Tick | None = None) -> Iterator[Found]:
        """The rows of the stream with their tokens, in blocks; the target of the last row of each document is `END`."""
        found = self._documents(tick) if self.documents else self._lines(tick)
        while some := list(islice(found, BLOCK)):
            sound = [(tokens, target, line) for tokens, target, line in some if tokens]
            texts, targets, lines = map(list, zip(*sound, strict=True)) if sound else ([], [], [])
            faults = [(line, why) for tokens, why, line in some if not tokens]
            yield Found(texts, pa.array(targets, pa.string()).dictionary_encode(), None, lines, faults, [])

    def _lines(self, tick: Tick | None) -> Iterator[tuple[list[str], str, int]]:
        format = self.format
        text = chunks(self.path, format.encoding or "utf-8", format.name, tick, format.mended)
        before: tuple[list[str], str, int] | None = None
        for number, line in text_lines(text):
            if unusable((line,)):
                yield [], UNUSABLE, number
                continue
            *ended, last = line.split(MARK)
            for part, target in [*((part, END) for part in ended), ("" if ended and last == "\n" else last, "")]:
                for tokens in cut(part, self.config.tokens, self.config.max_tokens):
                    if before:
                        yield before
                    before = tokens, "", number
                if target and before:
                    yield before[0], END, before[2]
                    before = None
        if before:
            yield before[0], END, before[2]

    def _documents(self, tick: Tick | None) -> Iterator[tuple[list[str], str, int]]:
        for row in read_rows(self.path, self.format, [self.config.text or ""], tick):
            text = "" if row.fault else as_text(row.values[0])
            if row.fault or not text.strip() or unusable((text,)):
                yield [], row.fault or (UNUSABLE if text.strip() else NO_TEXT), row.line
                continue
            parts = [
                tokens
                for _, line in text_lines([text])
                for tokens in cut(line, self.config.tokens, self.config.max_tokens)
            ]
            for number, tokens in enumerate(parts, start=1):
                yield tokens, END if number == len(parts) else "", row.line


def look_into(top: Top, config: DataConfig, like: DataConfig | None = None) -> Text:
    """Decides how the text of a file is read: from the text column of a table, or the whole file.

    Args:
        top: the top of the file, from `look` with `stream=True`.
        like: the options of the training file; its text column is used if this file has it.

    Raises:
        Problem: if the file has no column of texts.
    """
    if top.format.kind != "text" and like and like.text in top.format.header and not config.text:
        config = with_columns(config, text=like.text)
    return Text(top.path, with_text(top, config), top.format, top.format.notes)


def with_text(top: Top, config: DataConfig) -> DataConfig:
    """`config` with the text column filled in. Raises Problem if a stated column is missing, or all columns hold numbers."""
    format = top.format
    if format.kind == "text":
        return config
    filled = with_columns(config, text=guess_text(format, top.rows, config, STREAM))
    if not config.text:
        at = place(format, filled.text or "")
        if all(is_number(as_text(row.values[at])) for row in top.rows):
            raise Problem(tr(
                "{name} has no column of text: its columns hold numbers. Choose another file.",
                name=format.name,
            ), "--text COLUMN")
    return filled


def cut(line: str, how: str, most: int) -> Iterator[list[str]]:
    """The tokens of a line in rows of up to `most` tokens; the line end is the token "\\n".

    Args:
        how: as for `tokenise`.
    """
    if how == "char":
        tokens = list(graphemes(line, len(line)))
    else:
        tokens = list(words(line, len(line), how)) if line.strip() else []
        tokens += ["\n"] * line.endswith("\n")
    for first in range(0, len(tokens), most):
        yield tokens[first : first + most]


def tokens_of(text: str, how: str) -> list[str]:
    """The tokens of a text, such as a prompt, tokenised as a stream is; `MARK` is a token."""
    first, *others = _AT_MARKS.split(text)
    found = _tokens(first, how)
    for part in others:
        found += [MARK, *_tokens(part, how)]
    return found


_AT_MARKS = re.compile(re.escape(MARK) + r"(?:\r\n|\r|\n)?")


def _tokens(text: str, how: str) -> list[str]:
    return [token for _, line in text_lines([text]) for row in cut(line, how, len(line) + 1) for token in row]


def spans_of(text: str, how: str) -> list[tuple[str, int, int]]:
    """The tokens of a text, tokenised as a stream is, each with its start and end in the text; a line end and `MARK` are tokens
    too."""
    found, begin = [], 0
    for mark in _AT_MARKS.finditer(text):
        found += [*_spans(text[begin : mark.start()], how, begin), (MARK, mark.start(), mark.end())]
        begin = mark.end()
    return found + _spans(text[begin:], how, begin)


def _spans(text: str, how: str, begin: int) -> list[tuple[str, int, int]]:
    if how == "char":
        return [(token, begin + a, begin + b) for token, a, b in tokenise(text, how)]
    found = []
    for line in re.finditer(r"[^\n]*\n?", text):
        start = begin + line.start()
        found += [(token, start + a, start + b) for token, a, b in tokenise(line.group(), how)]
        if line.group().endswith("\n"):
            found.append(("\n", begin + line.end() - 1, begin + line.end()))
    return found


def numbers_of(tokens: Sequence[str], vocabulary: Vocabulary) -> list[int]:
    """The vocabulary indices of the tokens of a typed text."""
    return [EOS if token == MARK else index for token, index in zip(tokens, vocabulary.encode(tokens), strict=True)]


def joined(tokens: Iterable[str], how: str) -> str:
    """Tokens of a stream as text: characters end to end; words with spaces between them, except around line ends."""
    if how == "char":
        return "".join(tokens)
    return " ".join(tokens).replace(" \n", "\n").replace("\n ", "\n")


def stream_of(encoded: Encoded) -> np.ndarray:
    """The tokens of a split as one stream, (N,) int64: without the specials around rows, with `<eos>` after each document."""
    inside = np.ones(len(encoded.indices), bool)
    inside[encoded.starts[:-1]] = False
    inside[encoded.starts[1:] - 1] = encoded.targets == 0
    return encoded.indices[inside].astype(np.int64)


def stream_from(pieces: Iterable[Sequence[Example]], vocabulary: Vocabulary, most: int | None = None) -> np.ndarray:
    """The stream that the rows of a split make, given in pieces. `most`: no piece is read once there are so many tokens."""
    parts, count = [np.empty(0, np.int64)], 0
    for some in pieces:
        if most is not None and count >= most:
            break
        if some:
            encoded = Encoded.of([e.tokens for e in some], [str(e.target) for e in some], vocabulary, (END,), False)
            parts.append(stream_of(encoded))
            count += len(parts[-1])
    return np.concatenate(parts)[:most]


class Streams:
    """A stream in contiguous parts, of which B are processed side by side; every token is the target of exactly one step.

    The input of a step is the token before its target; each part begins with `<sos>` and a state of zero. There are more parts
    than B, because a network that starts from zero only once predicts separate texts badly.

    Args:
        tokens: the stream, (N,).
        count: B.
        most: the maximum number of tokens per part; None: B parts in total.

    Attributes:
        groups: the number of groups of B parts, processed one after the other.

    Raises:
        Problem: if the stream has fewer than two tokens for each of B parts.
    """

    def __init__(self, tokens: np.ndarray, count: int, most: int | None = None):
        if len(tokens) < 2 * count:
            raise Problem(
                tr(
                    "The text has {tokens:,} tokens, too few for {count:,} parts side by side: lower the batch size, or "
                    "add text.",
                    tokens=len(tokens), count=count,
                ),
                "a lower --batch",
            )
        self.tokens, self.count = tokens, count
        self.groups = -(-len(tokens) // (count * most)) if most else 1
        parts = count * self.groups
        self._lengths = np.full(parts, len(tokens) // parts)
        self._lengths[: len(tokens) % parts] += 1
        self._ends = np.cumsum(self._lengths)

    def steps(self, group: int = 0) -> int:
        """T, the length of the longest part of a group; the others are at most one step shorter, and padded at the end."""
        return int(self._lengths[group * self.count])

    def chunk(self, first: int, size: int, group: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Inputs and targets of up to `size` steps from `first` on, (T, B), and the number of true steps, (B,)."""
        own = slice(group * self.count, (group + 1) * self.count)
        lengths = self._lengths[own]
        begins = self._ends[own] - lengths
        steps = np.arange(first, min(first + size, self.steps(group)))[:, None]
        targets = self.tokens[np.minimum(begins + steps, len(self.tokens) - 1)]
        inputs = np.where(steps > 0, self.tokens[np.maximum(begins + steps - 1, 0)], SOS)
        return inputs, targets, np.minimum(lengths - first, len(steps))
