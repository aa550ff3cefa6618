"""The scores of a stream in detail, from the loss of each token. Loads no torch."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from rnn_core.data.examples import Example
from rnn_core.data.streams import END
from rnn_core.data.vocabulary import EOS, SPECIALS, Vocabulary
from rnn_core.metrics import Calibration
from rnn_core.results import ENDS, UNKNOWN, Breakdown, Context, Group, Passage

PARTS, WORST = 100, 10
"""The number of parts of a stream, and of passages that are kept."""

WINDOWS = {"char": 200, "word": 40, "elided": 40}
"""The number of tokens of a passage, by how texts are cut."""

PLACES, LONGEST = 512, 256
"""The number of places that are read anew, and the greatest number of tokens that are read before each."""

MOST_LETTERS = 200
"""Characters of a token that are kept."""

_BLOCK = 2**20
"""Tokens at a time, so that memory does not grow with intermediate results."""

_AT_ONCE = np.array([1] + [k << i for i in range(40) for k in (2, 3)], np.int64)
"""Where groups of places begin: 1, 2, 3, 4, 6, 8, 12 …"""

_COUNTS = np.array([ENDS, UNKNOWN, *(1 << i for i in range(60))], np.int64)
"""Where groups of frequencies begin."""


class Read(NamedTuple):
    """What was measured by reading anew.

    Attributes:
        at: (m,) the places.
        nats: by the number of tokens read, (m,) −log p at these places.
    """

    at: np.ndarray
    nats: dict[int, np.ndarray]


def places(tokens: int) -> tuple[np.ndarray, tuple[int, ...]]:
    """Evenly spread places of a stream, (m,), and the numbers of tokens that can be read before each: 0, 1, 2, 4 …

    Args:
        tokens: N, at least 2.
    """
    longest = min(LONGEST, 1 << (tokens // 2).bit_length() - 1)
    at = np.linspace(longest, tokens - 1, min(PLACES, tokens - longest)).astype(np.int64)
    return at, (0, *(1 << i for i in range(longest.bit_length())))


def breakdown(
    stream: np.ndarray, nats: np.ndarray, best: np.ndarray, right: np.ndarray, vocabulary: Vocabulary, how: str, read: Read | None
) -> Breakdown:
    """The scores of a stream in detail; its passages have no tokens yet (`with_texts`).

    Args:
        stream: (N,) the tokens.
        nats, best, right: (N,) −log p of each, the probability of the most probable token, and whether that was right.
        how: how texts are cut, `char` or `word`.
        read: the losses at some places by the number of tokens read before; None: they were not measured.
    """
    newline = vocabulary.encode(["\n"])[0]
    ends = np.flatnonzero(stream[:-1] == EOS) + 1
    lines = np.flatnonzero(stream[:-1] == newline) + 1 if newline >= len(SPECIALS) else ends[:0]
    documents = np.concatenate([[0], ends])
    starts = {"line": np.union1d(documents, lines), "document": documents}
    frequency = np.array(vocabulary.counts, np.int64)
    frequency[EOS] = ENDS
    found = {name: _Groups(_AT_ONCE) for name in starts} | {"frequency": _Groups(_COUNTS)}
    calibration = Calibration()
    for first in range(0, len(stream), _BLOCK):
        here = slice(first, first + _BLOCK)
        at, losses = np.arange(first, first + len(stream[here])), nats[here]
        for name, begins in starts.items():
            found[name].add(at - begins[np.searchsorted(begins, at, "right") - 1] + 1, losses)
        found["frequency"].add(frequency[stream[here]], losses)
        calibration.add(best[here], right[here])
    window, stride, worst = _worst(nats, WINDOWS[how])
    return Breakdown(
        cut=how,
        **{name: groups.found() for name, groups in found.items()},
        stream=_parts(nats),
        documents=len(documents),
        places=len(read.at) if read else 0,
        context=tuple(_context(count, some) for count, some in read.nats.items()) if read else (),
        carried=float(nats[read.at].mean(dtype=np.float64)) if read else 0.0,
        calibration=calibration.bins(),
        window=window,
        stride=stride,
        worst=worst,
    )


class _Groups:
    """Sums losses by the range in which a number lies. `begins`: (g,) the lowest number of each range."""

    def __init__(self, begins: np.ndarray):
        self._begins, self._greatest = begins, 0
        self._tokens, self._nats = np.zeros(len(begins), np.int64), np.zeros(len(begins))

    def add(self, values: np.ndarray, nats: np.ndarray) -> None:
        which = np.searchsorted(self._begins, values, "right") - 1
        self._tokens += np.bincount(which, minlength=len(self._begins))
        self._nats += np.bincount(which, nats, len(self._begins))
        self._greatest = max(self._greatest, int(values.max()))

    def found(self) -> tuple[Group, ...]:
        """The ranges that have tokens; the last one ends at the greatest number."""
        lasts = np.append(self._begins[1:] - 1, self._greatest).clip(max=self._greatest)
        return tuple(
            Group(int(self._begins[i]), max(int(lasts[i]), int(self._begins[i])), int(n), float(self._nats[i] / n))
            for i, n in enumerate(self._tokens.tolist()) if n
        )  # fmt: skip


def _parts(nats: np.ndarray) -> tuple[Group, ...]:
    ends = len(nats) * np.arange(min(PARTS, len(nats)) + 1) // min(PARTS, len(nats))
    sums = np.add.reduceat(nats, ends[:-1], dtype=np.float64)
    sizes = np.diff(ends)
    return tuple(
        Group(first + 1, last, size, total / size)
        for first, last, size, total in zip(ends[:-1].tolist(), ends[1:].tolist(), sizes.tolist(), sums.tolist(), strict=True)
    )


def _context(read: int, nats: np.ndarray) -> Context:
    values = nats.astype(np.float64)
    error = float(values.std(ddof=1) / np.sqrt(len(values))) if len(values) > 1 else 0.0
    return Context(read, float(values.mean()), error)


def _worst(nats: np.ndarray, window: int) -> tuple[int, int, tuple[Passage, ...]]:
    """The length of a passage, the step between candidates, and the passages with the highest mean loss that do not overlap,
    each with up to one length of the stream before it. Their losses are rounded to 4 decimals."""
    window = min(window, len(nats))
    stride = max(1, window // 4)
    whole = nats[: len(nats) - len(nats) % stride]
    blocks = np.add.reduceat(whole, np.arange(0, len(whole), stride), dtype=np.float64)
    per = window // stride
    sums = np.convolve(blocks, np.ones(per), "valid")
    free, chosen = np.ones(len(sums), bool), list[int]()
    for i in np.argsort(-sums, kind="stable").tolist():
        if free[i]:
            chosen.append(i * stride)
            free[max(0, i - per + 1) : i + per] = False
            if len(chosen) == WORST:
                break
    length = per * stride
    passages = []
    for start in chosen:
        given = min(start, length)
        losses = nats[start - given : start + length].astype(np.float64).round(4)
        passages.append(Passage(start - given, given, (), tuple(losses.tolist())))
    return length, stride, tuple(passages)


def with_texts(found: Breakdown, pieces: Iterable[Sequence[Example]]) -> Breakdown:
    """The same with the tokens of its passages, as the file spells them.

    Args:
        pieces: the examples of the stream, in its order.
    """
    spans = {(one.start, one.start + len(one.losses)): list[str]() for one in found.worst}
    last, place = max((end for _, end in spans), default=0), 0
    for some in pieces:
        for example in some:
            tokens = _tokens_of(example)
            for (start, end), into in spans.items():
                if place < end and start < place + len(tokens):
                    into += tokens[max(0, start - place) : end - place]
            place += len(tokens)
        if place >= last:
            break
    texts = (tuple(token[:MOST_LETTERS] for token in tokens) for tokens in spans.values())
    return replace(found, worst=tuple(replace(one, tokens=text) for one, text in zip(found.worst, texts, strict=True)))


def _tokens_of(example: Example) -> Sequence[str]:
    return (*example.tokens, SPECIALS[EOS]) if example.target == END else example.tokens
