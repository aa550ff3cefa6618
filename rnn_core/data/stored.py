"""Examples on disk, as they were read and as numbers, memory-mapped. `writer` and `finish` write them.

A folder holds examples.parquet (every example in the order of reading), splits.npy (the split of each), vocabulary.json, and for
each split SPLIT.indices.npy, SPLIT.starts.npy and SPLIT.targets.npy, the arrays of `Encoded`. A further side NAME has
vocabulary.NAME.json. A tokens side also has SPLIT.NAME.indices.npy, SPLIT.NAME.starts.npy and a column in examples.parquet; a
characters side has SPLIT.NAME.numbers.npy, and NAME.parquet with the different tokens as the file spells them. A feature of
the form of words has SPLIT.NAME.indices.npy; datasets of earlier versions have none.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from rnn_core.config import SPLITS, DataConfig
from rnn_core.data.batches import Encoded
from rnn_core.data.examples import Example, Text
from rnn_core.data.schema import TEXT, Schema
from rnn_core.data.sides import Characters, Form, Spellings, Tokens
from rnn_core.data.tokens import graphemes, tokenise
from rnn_core.data.vocabulary import Vocabulary

ROWS = 2_000
"""Examples per block when they are read back."""


def array_path(folder: Path, split: str, name: str, side: str = TEXT) -> Path:
    """The path of an array of a split."""
    return folder / (f"{split}.{name}.npy" if side == TEXT else f"{split}.{side}.{name}.npy")


def vocabulary_path(folder: Path, side: str = TEXT) -> Path:
    """The path of the vocabulary of a side."""
    return folder / ("vocabulary.json" if side == TEXT else f"vocabulary.{side}.json")


def spellings_path(folder: Path, side: str) -> Path:
    """The path of the tokens of a characters side, as the file spells them."""
    return folder / f"{side}.parquet"


def text_column(side: str) -> str:
    """The column of examples.parquet with the texts of a further tokens side."""
    return f"text_{side}"


def read_pieces(folder: Path, config: DataConfig, schema: Schema, chosen: np.ndarray) -> Iterator[list[Example]]:
    """Yields the examples of a folder for which `chosen` is true, in blocks of `ROWS`.

    Raises:
        OSError, KeyError, TypeError, ValueError, pyarrow.ArrowException: if the files are damaged.
    """

    per_token, stream, further = schema.per_token, schema.stream, schema.texts[1:]

    def tokens(text: str) -> tuple[str, ...]:
        return tuple([token for token, _, _ in tokenise(text, config.tokens)])

    def example(text: str, target: Any, file: str, line: int, *more: str) -> Example:
        if per_token:
            return Example(text, tuple(text.split(" ")), tuple(target), f"{file} {line}")
        if stream:  # a line end is a token too
            parts = text.split(" ") if config.tokens != "char" else graphemes(text, len(text))
            return Example(text, tuple(parts), target, f"{file} {line}")
        second = {name: Text(one, tokens(one)) for name, one in zip(further, more, strict=True)}
        return Example(text, tokens(text), target, f"{file} {line}", second)

    columns = ("text", "target", "file", "line", *map(text_column, further))
    with pq.ParquetFile(folder / "examples.parquet") as file:
        if file.metadata.num_rows != len(chosen):
            raise ValueError("splits.npy belongs to other examples")

        def rows() -> Iterator[tuple[Any, ...]]:
            before = 0
            for batch in file.iter_batches(ROWS):
                some = batch.filter(pa.array(chosen[before : before + len(batch)]))
                before += len(batch)
                yield from zip(*[some.column(name).to_pylist() for name in columns], strict=True)

        found = rows()
        while piece := [example(*row) for row in islice(found, ROWS)]:
            yield piece


@dataclass(frozen=True)
class Stored:
    """The examples in a folder, read on demand.

    Attributes:
        folder: the folder of the files.
        config: how they were read, with columns filled in.
        schema: the sides of an example.
    """

    folder: Path
    config: DataConfig
    schema: Schema

    def _chosen(self, split: str) -> np.ndarray:
        """A mask of the examples of a split among all."""
        code = SPLITS.index(split) if split in SPLITS else -1
        return np.load(self.folder / "splits.npy", mmap_mode="r") == code

    def pieces(self, split: str) -> Iterator[list[Example]]:
        """Yields the examples of one split, in blocks of `ROWS`."""
        return read_pieces(self.folder, self.config, self.schema, self._chosen(split))

    def examples(self, split: str) -> list[Example]:
        """All examples of one split; `pieces` is for large splits."""
        return [example for some in self.pieces(split) for example in some]

    def lines(self, split: str) -> np.ndarray:
        """(m,) the line of its file where each example of a split begins, in the order of `encoded`; for Parquet the row."""
        table = pq.read_table(self.folder / "examples.parquet", columns=["line"])
        return pc.filter(table.column(0).combine_chunks(), pa.array(self._chosen(split))).to_numpy(zero_copy_only=False)

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """The words of the training split."""
        return self._vocabulary(TEXT)

    @cached_property
    def vocabularies(self) -> dict[str, Vocabulary]:
        """The words, or characters, of the training split for each further side, by name."""
        return {name: self._vocabulary(name) for name in self.schema.further if name not in self._absent}

    @cached_property
    def _absent(self) -> frozenset[str]:
        """The features of the form of words that these data lack, because an earlier version read them."""
        return frozenset(name for name in self.schema.forms if not vocabulary_path(self.folder, name).exists())

    def _vocabulary(self, side: str) -> Vocabulary:
        return Vocabulary.from_json(json.loads(vocabulary_path(self.folder, side).read_bytes()))

    @cached_property
    def _spellings(self) -> dict[str, Spellings]:
        return {
            name: Spellings.of(
                pq.read_table(spellings_path(self.folder, name)).column(0).to_pylist(), self.vocabularies[name]
            )
            for name in self.schema.spelled
        }  # fmt: skip

    def encoded(self, split: str) -> Encoded:
        """One split, encoded by the vocabularies and the labels of training; memory-mapped."""
        per_token = self.schema.per_token
        if not array_path(self.folder, split, "starts").exists():
            empty = np.empty(0, np.int32), np.zeros(1, np.int64)
            sides: dict[str, Tokens | Characters] = {name: Tokens(*empty) for name in self.schema.texts[1:]}
            sides |= {name: Characters(*empty, self._spellings[name]) for name in self.schema.spelled}
            sides |= {name: Form(*empty) for name in self.schema.forms if name not in self._absent}
            return Encoded(*empty, np.empty(0, np.int64), per_token, sides)

        def load(name: str, side: str = TEXT) -> np.ndarray:
            return np.asarray(np.load(array_path(self.folder, split, name, side), mmap_mode="r"))

        texts = {name: Tokens(load("indices", name), load("starts", name)) for name in self.schema.texts}
        first, targets = texts[TEXT], load("targets")
        if any(side.starts[-1] != len(side.indices) or len(side.starts) != len(first.starts) for side in texts.values()):
            raise ValueError("the arrays of a split do not fit together")
        if len(targets) != (len(first.indices) if per_token else len(first.starts) - 1):
            raise ValueError("the targets of a split belong to other texts")
        sides = {name: texts[name] for name in self.schema.texts[1:]}
        for name, of in self.schema.forms.items():
            if name not in self._absent:
                sides[name] = Form(values := load("indices", name), texts[of].starts)
                if len(values) != len(texts[of].indices):
                    raise ValueError("the forms of a split belong to other texts")
        for name, of in self.schema.spelled.items():
            numbers = load("numbers", name)
            if len(numbers) != len(texts[of].indices):
                raise ValueError("the characters of a split belong to other texts")
            sides[name] = Characters(numbers, texts[of].starts, self._spellings[name])
        return Encoded(first.indices, first.starts, targets, per_token, sides)
