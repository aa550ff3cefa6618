"""Examples on disk, as they were read and as numbers: written while files are read, memory-mapped afterwards.

A folder holds examples.parquet (every example in the order of reading), splits.npy (which split each is of),
vocabulary.json, and of each split SPLIT.indices.npy, SPLIT.starts.npy and SPLIT.targets.npy, the arrays of `Encoded`.
"""

import json
from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rnn_core.config import SPLITS, DataConfig
from rnn_core.data.batches import Encoded
from rnn_core.data.examples import Example, Found
from rnn_core.data.numbering import READABLE, Counts, Numbering, Numbers, signs
from rnn_core.data.schema import Schema
from rnn_core.data.tokens import graphemes, tokenise
from rnn_core.data.vocabulary import EOS, SOS, SPECIALS, UNK, Vocabulary, folding, unified

ROW_GROUP = 16_000_000
"""Bytes of examples that are written to examples.parquet at a time."""

PIECE = 1_000_000
"""Tokens that are worked on at a time once all are read."""

ROWS = 2_000
"""Examples that are read back at a time."""

TRAIN = 0


def _array(folder: Path, split: str, name: str) -> Path:
    return folder / f"{split}.{name}.npy"


def read_pieces(folder: Path, config: DataConfig, schema: Schema, chosen: np.ndarray) -> Iterator[list[Example]]:
    """The examples of a folder for which `chosen` is true, `ROWS` at a time.

    Raises:
        OSError, KeyError, TypeError, ValueError, pyarrow.ArrowException: when the files are damaged.
    """

    per_token, stream = schema.per_token, schema.stream

    def example(text: str, target: Any, file: str, line: int) -> Example:
        if per_token:
            return Example(text, tuple(text.split(" ")), tuple(target), f"{file} {line}")
        if stream:  # the end of a line is a token too
            tokens = text.split(" ") if config.tokens == "word" else graphemes(text, len(text))
            return Example(text, tuple(tokens), target, f"{file} {line}")
        return Example(text, tuple([token for token, _, _ in tokenise(text, config.tokens)]), target, f"{file} {line}")

    with pq.ParquetFile(folder / "examples.parquet") as file:
        if file.metadata.num_rows != len(chosen):
            raise ValueError("splits.npy is of other examples")

        def rows() -> Iterator[tuple[Any, ...]]:
            before = 0
            for batch in file.iter_batches(ROWS):
                some = batch.filter(pa.array(chosen[before : before + len(batch)]))
                before += len(batch)
                yield from zip(*[some.column(name).to_pylist() for name in ("text", "target", "file", "line")], strict=True)

        found = rows()
        while piece := [example(*row) for row in islice(found, ROWS)]:
            yield piece


# ---- read back ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stored:
    """The examples in a folder; each thing is read when it is asked for.

    Attributes:
        folder: where they lie.
        config: how they were read, columns filled in.
        schema: what each is made of.
    """

    folder: Path
    config: DataConfig
    schema: Schema

    def pieces(self, split: str) -> Iterator[list[Example]]:
        """The examples of one split, `ROWS` at a time."""
        code = SPLITS.index(split) if split in SPLITS else -1
        return read_pieces(self.folder, self.config, self.schema, np.load(self.folder / "splits.npy", mmap_mode="r") == code)

    def examples(self, split: str) -> list[Example]:
        """The examples of one split, all at once; `pieces` where they may be many."""
        return [example for some in self.pieces(split) for example in some]

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of the training split."""
        return Vocabulary.from_json(json.loads((self.folder / "vocabulary.json").read_bytes()))

    def encoded(self, split: str) -> Encoded:
        """One split as numbers, by `vocabulary` and by the labels of training; memory-mapped."""
        per_token = self.schema.per_token
        if not _array(self.folder, split, "starts").exists():
            return Encoded.of([], [], self.vocabulary, (), per_token)
        indices, starts, targets = (
            np.asarray(np.load(_array(self.folder, split, name), mmap_mode="r")) for name in ("indices", "starts", "targets")
        )
        if starts[-1] != len(indices) or len(targets) != (len(indices) if per_token else len(starts) - 1):
            raise ValueError("the arrays of a split do not fit together")
        return Encoded(indices, starts, targets, per_token)


# ---- written --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Counted:
    """One split in numbers.

    Attributes:
        examples, tokens: how many.
        labels: how often each label stands there, in order of first appearance.
        lengths: number of texts of 0, 1, 2 … tokens.
        unknown: tokens outside the vocabulary.
        strange: texts without a single word of the vocabulary; punctuation is none.
        signs: number of texts by what stands in them, as `signs` says it.
    """

    examples: int
    tokens: int
    labels: dict[str, int]
    lengths: tuple[int, ...]
    unknown: int
    strange: int
    signs: np.ndarray


class Writer:
    """Takes examples in and puts them on disk, their tokens as provisional numbers; `finish` gives them their final ones.

    What is kept in memory is a few numbers per example, and the different tokens. examples.parquet is written beside the
    rest of the work and is whole when the `with` of a writer ends.
    """

    def __init__(self, folder: Path, config: DataConfig, schema: Schema):
        self.folder, self.config, self.schema = folder, config, schema
        self.per_token = schema.per_token
        self.given = schema.per_token or schema.stream  # the tokens come as lists
        self.numbering = Numbering(None if self.given else config.tokens, config.max_tokens, folding(config.lowercase))
        self.labels = Numbers()
        self.forgot = False
        self._lengths, self._labels, self._texts = array("i"), array("i"), array("q")
        self._signs, self._splits = array("B"), array("b")
        self._tokens_path, self._tags_path = folder / ".tokens", folder / ".tags"
        self._tokens, self._tags = self._tokens_path.open("wb"), self._tags_path.open("wb")
        target = pa.list_(pa.string()) if self.per_token else pa.string()
        self._schema = pa.schema({"text": pa.string(), "target": target, "file": pa.string(), "line": pa.int64()})
        often = ["target.list.element" if self.per_token else "target", "file"]
        self._table = pq.ParquetWriter(
            folder / "examples.parquet", self._schema, compression="zstd", use_dictionary=often, write_statistics=False
        )
        self._waiting: list[pa.RecordBatch] = []
        self._beside = ThreadPoolExecutor(1)
        self._writing: Future[None] | None = None

    def __enter__(self) -> "Writer":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._beside.shutdown()
        for file in (self._tokens, self._tags, self._table):
            file.close()
        if self._writing and not kind:
            self._writing.result()

    def __len__(self) -> int:
        return len(self._lengths)

    def add(self, found: Found, file: str, split: str) -> list[int]:
        """Takes examples in.

        Args:
            file: where the lines are counted, such as "train.csv line".
            split: what they are of when they do not say so themselves.

        Returns:
            The lines of those that were cut.
        """
        if not found.lines:
            return []
        numbers, lengths, signs_, cut, same = self.numbering.of(found.texts)
        if self.per_token:
            texts = [" ".join(tokens[: self.config.max_tokens]) for tokens in found.texts]
            targets = [tags[: self.config.max_tokens] for tags in found.targets]
            np.fromiter((self.labels[tag] for tags in targets for tag in tags), np.int32).tofile(self._tags)
        else:
            texts = [*map(self.config.between.join, found.texts)] if self.given else found.texts.to_pylist()
            targets = found.targets.cast(pa.string())
            number = np.array([self.labels[name] for name in found.targets.dictionary.to_pylist()], np.int32)
            self._labels.frombytes(number[found.targets.indices.to_numpy()].tobytes())
        for row in cut:
            if not self.given:
                end = tokenise(texts[row], self.config.tokens, self.config.max_tokens)[-1][2]
                texts[row] = texts[row][:end]
            signs_[row] = signs(texts[row])
        numbers.astype(np.int32, copy=False).tofile(self._tokens)
        self._lengths.frombytes(lengths.astype(np.int32).tobytes())
        self._signs.frombytes(signs_.tobytes())
        self._texts.frombytes(same.tobytes())
        splits = bytes(map(SPLITS.index, found.splits)) if found.splits else bytes([SPLITS.index(split)]) * len(texts)
        self._splits.frombytes(splits)
        kept = texts if len(cut) or self.given else found.texts
        self._waiting.append(pa.record_batch([kept, targets, pa.repeat(file, len(texts)), found.lines], schema=self._schema))
        if sum(batch.nbytes for batch in self._waiting) > ROW_GROUP:
            self._write_table()
        if self.numbering.full:
            self._forget()
        return [found.lines[row] for row in cut]

    def _write_table(self) -> None:
        if self._writing:
            self._writing.result()  # no more than two waiting parts are held, and no fault is passed over
        self._writing = self._beside.submit(self._table.write_table, pa.Table.from_batches(self._waiting, self._schema))
        self._waiting = []

    def _forget(self) -> None:
        """Forgets the rarer tokens, also in what is written already."""
        self.forgot = True
        self._tokens.flush()
        counts = np.zeros(len(self.numbering.tokens), np.int64)
        with self._tokens_path.open("rb") as file:
            while len(numbers := np.fromfile(file, np.int32, PIECE)):
                counts += np.bincount(numbers, minlength=len(counts))
        new = self.numbering.keep(counts)
        with self._tokens_path.open("r+b") as file:
            place = 0
            while len(numbers := np.fromfile(file, np.int32, PIECE)):
                file.seek(place)
                new[numbers].tofile(file)
                place = file.tell()

    def read(self) -> "Written":
        """What was taken in, once it is all."""
        if self._waiting:
            self._write_table()
        for file in (self._tokens, self._tags):
            file.close()
        return Written(self)


class Written:
    """What a `Writer` took in, to be looked at and given its splits and final numbers.

    Attributes:
        tokens: every token by its number; "" for those forgotten.
        labels: every label by its number, in order of first appearance.
        texts: (m,) a number for each text, equal for texts that are equal word for word.
        classes: (m,) the number of the label of each; none when there is one tag per token.
        splits: (m,) the split of each, as its place in `SPLITS`.
    """

    def __init__(self, writer: Writer):
        self.folder, self.config, self.per_token = writer.folder, writer.config, writer.per_token
        self.tokens, self.labels = list(writer.numbering.tokens), list(writer.labels)
        self.texts = np.frombuffer(writer._texts, np.int64)
        self.classes = np.frombuffer(writer._labels, np.int32)
        self.splits = np.frombuffer(writer._splits, np.int8).copy()
        self.signs = np.frombuffer(writer._signs, np.uint8)
        self.lengths = np.frombuffer(writer._lengths, np.int32)
        self._tokens_path, self._tags_path = writer._tokens_path, writer._tags_path

    def __len__(self) -> int:
        return len(self.lengths)

    @cached_property
    def starts(self) -> np.ndarray:
        """(m + 1,) where the tokens of each begin; not made before splits are cut, which takes the most memory."""
        starts = np.zeros(len(self) + 1, np.int64)
        np.cumsum(self.lengths, out=starts[1:])
        return starts

    def rows(self, split: str) -> np.ndarray:
        """The examples of one split."""
        return np.flatnonzero(self.splits == SPLITS.index(split))

    @property
    def present(self) -> list[str]:
        """The splits that have examples."""
        return [split for code, split in enumerate(SPLITS) if (self.splits == code).any()]

    def _pieces(self) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Some examples that follow each other, and the numbers of their tokens and tags."""
        with self._tokens_path.open("rb") as tokens, self._tags_path.open("rb") as tags:
            start = 0
            while start < len(self):
                end = int(np.searchsorted(self.starts, self.starts[start] + PIECE, "right")) - 1
                end = max(end, start + 1)
                count = int(self.starts[end] - self.starts[start])
                numbers = np.fromfile(tokens, np.int32, count), np.fromfile(tags, np.int32, count)
                yield slice(start, end), *numbers
                start = end

    def example(self, row: int) -> tuple[tuple[str, ...], str | tuple[str, ...]]:
        """The tokens of one example, and its label or tags."""
        place, count = 4 * int(self.starts[row]), int(self.lengths[row])
        tokens = tuple([self.tokens[i] for i in np.fromfile(self._tokens_path, np.int32, count, offset=place)])
        if not self.per_token:
            return tokens, self.labels[self.classes[row]]
        return tokens, tuple([self.labels[i] for i in np.fromfile(self._tags_path, np.int32, count, offset=place)])

    def tags(self, split: str, tick: Callable[[float], object]) -> Iterator[list[str]]:
        """The tags of each example of a split."""
        code = SPLITS.index(split)
        for rows, _, tags in self._pieces():
            tick(rows.stop / len(self))
            starts = self.starts[rows.start : rows.stop + 1] - self.starts[rows.start]
            for row in np.flatnonzero(self.splits[rows] == code).tolist():
                yield [self.labels[i] for i in tags[starts[row] : starts[row + 1]].tolist()]

    def count(self, tick: Callable[[float], object]) -> tuple[Counts, dict[str, Counts]]:
        """How often each token comes in training, by folded number (see `folded`), and each label in each split."""
        tokens, labels = Counts(len(self.folded[0])), {split: Counts(len(self.labels)) for split in self.present}
        for rows, numbers, tags in self._pieces():
            tick(rows.stop / len(self))
            of_token = np.repeat(self.splits[rows], self.lengths[rows])
            train = numbers if (of_token == TRAIN).all() else numbers[of_token == TRAIN]
            tokens.add(self.folded[1][train])
            for split, counts in labels.items():
                code = SPLITS.index(split)
                counts.add(tags[of_token == code] if self.per_token else self.classes[rows][self.splits[rows] == code])
        return tokens, labels

    @cached_property
    def folded(self) -> tuple[list[str], np.ndarray]:
        """The tokens as the vocabulary is to see them, and which of them each number is."""
        if not self.config.lowercase and all(map(str.isascii, self.tokens)):
            return self.tokens, np.arange(len(self.tokens), dtype=np.int32)
        numbers = Numbers()
        fold = folding(self.config.lowercase)
        which = np.fromiter((numbers[fold(token)] for token in self.tokens), np.int32, len(self.tokens))
        return list(numbers), which

    @property
    def unified(self) -> int:
        """How many words are written in several ways that count as one, whatever their capitals."""
        spelled = [word for token in self.tokens if not token.isascii() and (word := unified(token)) != token]
        if not spelled:
            return 0
        written = set(self.tokens)
        return sum(count > 1 or word in written for word, count in Counter(spelled).items())

    @property
    def contradictory(self) -> tuple[int, int]:
        """How many texts stand there with several labels, and the first row of one of them; (0, 0) without any."""
        if self.per_token or not len(self):
            return 0, 0
        order = np.argsort(self.texts, kind="stable")
        texts, classes = self.texts[order], self.classes[order]
        new = np.r_[True, texts[1:] != texts[:-1]]
        group = np.cumsum(new) - 1
        differs = classes != classes[np.flatnonzero(new)][group]
        found = np.unique(group[differs])
        return len(found), int(order[differs].min()) if len(found) else 0

    def vocabulary(self, counts: Counts) -> Vocabulary:
        """What `Vocabulary.build` gives for the texts of training, from the tokens that `count` counted."""
        tokens = self.folded[0]
        order = counts.by_count()[: self.config.vocabulary + 1 + len(SPECIALS)].tolist()
        kept = [i for i in order if i and tokens[i] not in SPECIALS][: self.config.vocabulary]
        return Vocabulary(
            SPECIALS + tuple([tokens[i] for i in kept]),
            (0,) * len(SPECIALS) + tuple(counts.counts[kept].tolist()),
            self.config.lowercase,
        )

    def finish(
        self,
        vocabulary: Vocabulary,
        labels: Sequence[str],
        label_counts: dict[str, Counts],
        tick: Callable[[float], object],
    ) -> dict[str, Counted]:
        """Writes splits.npy, vocabulary.json and the arrays of each split; what stands in each."""
        np.save(self.folder / "splits.npy", self.splits)
        (self.folder / "vocabulary.json").write_text(json.dumps(vocabulary.to_json(), ensure_ascii=False), encoding="utf-8")
        number = {label: i for i, label in enumerate(labels)}
        targets = np.array([number.get(label, -1) for label in self.labels], np.int64)
        index = np.array(vocabulary.encode(self.tokens), np.int32)
        telling = np.array([i != UNK and bool(signs(word) & READABLE) for i, word in enumerate(vocabulary.words)])
        present = self.present
        unknown, strange = dict.fromkeys(present, 0), dict.fromkeys(present, 0)
        with _Arrays(self, self.per_token) as arrays:
            for rows, numbers, tags in self._pieces():
                tick(rows.stop / len(self))
                indices, lengths = index[numbers], self.lengths[rows]
                of_token = np.repeat(self.splits[rows], lengths)
                for split in present:
                    code = SPLITS.index(split)
                    chosen = self.splits[rows] == code
                    mine, own = indices[of_token == code], lengths[chosen]
                    if not len(own):
                        continue
                    unknown[split] += int((mine == UNK).sum())
                    strange[split] += int((~np.logical_or.reduceat(telling[mine], np.cumsum(own) - own)).sum())
                    wanted = targets[tags[of_token == code]] if self.per_token else targets[self.classes[rows][chosen]]
                    arrays.write(split, mine, own, wanted)
        for path in (self._tokens_path, self._tags_path):
            path.unlink()
        found = {}
        for split in present:
            mine = self.splits == SPLITS.index(split)
            sizes = np.bincount(self.lengths[mine])
            found[split] = Counted(
                int(sizes.sum()),
                int(sizes @ np.arange(len(sizes))),
                {self.labels[i]: int(label_counts[split].counts[i]) for i in label_counts[split].by_first()},
                tuple(sizes.tolist()),
                unknown[split],
                strange[split],
                np.bincount(self.signs[mine], minlength=8),
            )
        return found


class _Arrays:
    """The array files of each split, written end to end."""

    def __init__(self, written: Written, per_token: bool):
        self.per_token = per_token
        self._files: dict[tuple[str, str], BinaryIO] = {}
        self._ends = dict.fromkeys(written.present, 0)
        for split in written.present:
            rows = written.rows(split)
            count, steps = len(rows), int(written.lengths[rows].sum()) + 2 * len(rows)
            self._open(written.folder, split, "indices", np.int32, steps)
            self._open(written.folder, split, "starts", np.int64, count + 1)
            self._open(written.folder, split, "targets", np.int64, steps if per_token else count)
            np.zeros(1, np.int64).tofile(self._files[split, "starts"])

    def _open(self, folder: Path, split: str, name: str, kind: type, size: int) -> None:
        file = self._files[split, name] = _array(folder, split, name).open("wb")
        head = {"descr": np.lib.format.dtype_to_descr(np.dtype(kind)), "fortran_order": False, "shape": (size,)}
        np.lib.format.write_array_header_1_0(file, head)

    def __enter__(self) -> "_Arrays":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()

    def write(self, split: str, indices: np.ndarray, lengths: np.ndarray, targets: np.ndarray) -> None:
        """Some examples more: the indices of their tokens end to end, their lengths, and their targets."""
        ends = np.cumsum(lengths + 2, dtype=np.int64)
        inside = np.ones(ends[-1], bool)
        inside[ends - lengths - 2] = inside[ends - 1] = False
        steps = np.empty(ends[-1], np.int32)
        steps[ends - lengths - 2], steps[ends - 1], steps[inside] = SOS, EOS, indices
        if self.per_token:
            tags = np.full(ends[-1], -1, np.int64)
            tags[inside] = targets
            targets = tags
        steps.tofile(self._files[split, "indices"])
        (ends + self._ends[split]).tofile(self._files[split, "starts"])
        targets.tofile(self._files[split, "targets"])
        self._ends[split] += int(ends[-1])
