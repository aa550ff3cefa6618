"""Writes examples to disk while files are read: as they were read, and as provisional numbers."""

from array import array
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rnn_core.config import SPLITS, DataConfig
from rnn_core.data.examples import Found
from rnn_core.data.numbering import Numbering, Numbers, signs
from rnn_core.data.schema import TEXT, Schema
from rnn_core.data.shortening import shortened, without_tags
from rnn_core.data.stored import text_column
from rnn_core.data.tokens import tokenise
from rnn_core.data.vocabulary import folding

ROW_GROUP = 16_000_000
"""Bytes of examples per write to examples.parquet."""

PIECE = 1_000_000
"""Tokens per block when numbers change because rare tokens are dropped."""


class TokensWriter:
    """Writes the texts of a tokens side: the numbers of their tokens to a file; a few numbers per text stay in memory.

    Args:
        path: the file.
        config: the options by which texts become tokens.
        between: the string between tokens that are given as lists; None: texts are given.
    """

    def __init__(self, path: Path, config: DataConfig, between: str | None):
        self.path, self.forgot = path, False
        self.numbering = Numbering(config.tokens if between is None else None, config.max_tokens, folding(config.lowercase))
        self.lengths, self.same, self.signs = array("i"), array("q"), array("B")
        self._config, self._between = config, between
        self._file = path.open("wb")

    def add(self, texts: Any) -> tuple[Any, np.ndarray]:
        """Adds texts, or lists of tokens.

        Returns:
            The texts as they are kept, and the rows that were cut.
        """
        if self._config.strip_html and self._between is None:
            texts = without_tags(texts)
        numbers, lengths, signs_, cut, same = self.numbering.of(texts)
        if len(cut) and self._config.keep != "start" and self._between is None:
            given = texts.to_pylist()
            for row in cut:
                given[row] = shortened(given[row], self._config)
            texts = pa.array(given, pa.string())
            numbers, lengths, signs_, _, same = self.numbering.of(texts)
        if self._between is not None:
            kept = [self._between.join(tokens[: self._config.max_tokens]) for tokens in texts]
        else:
            kept = texts.to_pylist() if len(cut) else texts
        for row in cut:
            if self._between is None:
                end = tokenise(kept[row], self._config.tokens, self._config.max_tokens)[-1][2]
                kept[row] = kept[row][:end]
            signs_[row] = signs(kept[row])
        numbers.astype(np.int32, copy=False).tofile(self._file)
        self.lengths.frombytes(lengths.astype(np.int32).tobytes())
        self.signs.frombytes(signs_.tobytes())
        self.same.frombytes(same.tobytes())
        if self.numbering.full:
            self._forget()
        return kept, cut

    def _forget(self) -> None:
        """Drops the rarer tokens, also in the part of the file that is written already."""
        self.forgot = True
        self._file.flush()
        counts = np.zeros(len(self.numbering.tokens), np.int64)
        with self.path.open("rb") as file:
            while len(numbers := np.fromfile(file, np.int32, PIECE)):
                counts += np.bincount(numbers, minlength=len(counts))
        new = self.numbering.keep(counts)
        with self.path.open("r+b") as file:
            place = 0
            while len(numbers := np.fromfile(file, np.int32, PIECE)):
                file.seek(place)
                new[numbers].tofile(file)
                place = file.tell()

    def close(self) -> None:
        """Writes the rest."""
        self._file.close()


class Writer:
    """Writes examples to disk, with provisional numbers for tokens; `finish` replaces these by final indices.

    A few numbers per example and the different tokens are kept in memory. A thread writes examples.parquet, which is complete
    when the `with` block of the writer ends.
    """

    def __init__(self, folder: Path, config: DataConfig, schema: Schema):
        self.folder, self.config, self.schema = folder, config, schema
        between = " " if schema.per_token else config.between if schema.stream else None
        self.texts = {name: TokensWriter(folder / f".tokens.{name}", config, between) for name in schema.texts}
        self.labels = Numbers()
        self.classes, self.splits = array("i"), array("b")
        self.tags_path = folder / ".tags"
        self._tags = self.tags_path.open("wb")
        target = pa.list_(pa.string()) if schema.per_token else pa.string()
        kinds = {"text": pa.string(), "target": target, "file": pa.string(), "line": pa.int64()}
        self._schema = pa.schema(kinds | {text_column(name): pa.string() for name in schema.texts[1:]})
        often = ["target.list.element" if schema.per_token else "target", "file"]
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
        for side in self.texts.values():
            side.close()
        self._tags.close()
        self._table.close()
        if self._writing and not kind:
            self._writing.result()

    def __len__(self) -> int:
        return len(self.splits)

    @property
    def forgot(self) -> bool:
        """Whether rare tokens were dropped."""
        return any(side.forgot for side in self.texts.values())

    def add(self, found: Found, file: str, split: str) -> list[int]:
        """Adds examples.

        Args:
            file: the prefix of a line number, such as "train.csv line".
            split: their split, unless `found` gives one.

        Returns:
            The lines of the examples that were cut.
        """
        if not found.lines:
            return []
        given = {TEXT: found.texts, **found.further}
        added = {name: side.add(given[name]) for name, side in self.texts.items()}
        texts = {name: kept for name, (kept, _) in added.items()}
        if self.schema.per_token:
            targets = [tags[: self.config.max_tokens] for tags in found.targets]
            np.fromiter((self.labels[tag] for tags in targets for tag in tags), np.int32).tofile(self._tags)
        else:
            targets = found.targets.cast(pa.string())
            number = np.array([self.labels[name] for name in found.targets.dictionary.to_pylist()], np.int32)
            self.classes.frombytes(number[found.targets.indices.to_numpy()].tobytes())
        count = len(found.lines)
        self.splits.frombytes(bytes(map(SPLITS.index, found.splits)) if found.splits else bytes([SPLITS.index(split)]) * count)
        columns = [texts.pop(TEXT), targets, pa.repeat(file, count), found.lines, *texts.values()]
        self._waiting.append(pa.record_batch(columns, schema=self._schema))
        if sum(batch.nbytes for batch in self._waiting) > ROW_GROUP:
            self._write_table()
        return [found.lines[row] for row in sorted({row for _, cut in added.values() for row in cut.tolist()})]

    def _write_table(self) -> None:
        if self._writing:
            self._writing.result()  # at most two parts are held, and exceptions of the thread are raised
        self._writing = self._beside.submit(self._table.write_table, pa.Table.from_batches(self._waiting, self._schema))
        self._waiting = []

    def close(self) -> None:
        """Writes the rest, after all examples were added."""
        if self._waiting:
            self._write_table()
        for side in self.texts.values():
            side.close()
        self._tags.close()
