"""Reads records from a Parquet file."""

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from rnn_core.config import Problem
from rnn_core.data.encodings import MAX_RECORD
from rnn_core.data.records import Record
from rnn_core.language import N_, tr

MOST_INFLATED, INFLATION = 64_000_000, 200
"""A Parquet column is refused if its decompressed size exceeds this number of bytes and this multiple of its compressed size:
text compresses to a tenth at best."""


def parquet_header(path: Path, name: str) -> tuple[str, ...]:
    """The column names of a Parquet file. Raises Problem if it is not one, or would fill the memory."""
    import pyarrow.parquet as pq  # the import takes 0.1 s, and few files need it

    with _parquet_problems(name), pq.ParquetFile(path) as file:
        groups = [file.metadata.row_group(number) for number in range(file.num_row_groups)]
        for column in (group.column(i) for group in groups for i in range(group.num_columns)):
            size, compressed = column.total_uncompressed_size, max(column.total_compressed_size, 1)
            if size > max(MOST_INFLATED, INFLATION * compressed):
                raise Problem(
                    tr(
                        "{name} would take {megabytes:,.0f} MB decompressed, {times:,.0f} times its compressed size: text does "
                        "not compress that well. Save it as CSV, or export it again.",
                        name=name, megabytes=size / 1e6, times=size / compressed,
                    )
                )
        return tuple(file.schema_arrow.names)


def parquet_rows(
    path: Path, places: Sequence[int], name: str, tick: Callable[[float], object] | None = None
) -> Iterator[Record[tuple[Any, ...]]]:
    """Yields the values of the columns at `places` row by row, from row 1; classes by name, if the file names them.

    A repeated value is held once, so that a small file cannot fill the memory.

    Raises:
        Problem: if the file is damaged.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    with _parquet_problems(name):
        schema = pq.read_schema(path)
        texts = [field.name for field in schema if pa.types.is_string(field.type) or pa.types.is_large_string(field.type)]
        classes = [_class_names(schema, schema.names[i]) for i in places]
        with pq.ParquetFile(path, read_dictionary=texts) as file:
            names = file.schema_arrow.names
            alone = len(set(names)) == len(names)  # pyarrow cannot select one of two columns with the same name
            for batch in file.iter_batches(batch_size=256, columns=[names[i] for i in places] if alone else None):
                columns = [_parquet_values(batch.column(names[i] if alone else i)) for i in places]
                for values in zip(*columns, strict=True):
                    number += 1
                    if any(isinstance(value, str) and len(value) > MAX_RECORD for value in values):
                        yield number, (), N_("a value of more than {most:,} characters").format(most=MAX_RECORD)
                        continue
                    named = zip(values, classes, strict=True)
                    yield number, tuple([_as_class(value, names_) if names_ else value for value, names_ in named]), None
                if tick:
                    tick(number / file.metadata.num_rows)


def _parquet_values(column: Any) -> list[Any]:
    """The values of a column; for a dictionary column, the same object for equal values."""
    import pyarrow as pa

    if not pa.types.is_dictionary(column.type):
        return column.to_pylist()
    values = column.dictionary.to_pylist()
    return [None if i is None else values[i] for i in column.indices.to_pylist()]


def _class_names(schema: Any, column: str) -> list[str]:
    """The class names of a column of numbers, as Hugging Face's datasets stores them in the schema's metadata; or []."""
    try:
        features = json.loads((schema.metadata or {})[b"huggingface"])["info"]["features"]
        feature = features[column]
        while isinstance(feature, (dict, list)) and "names" not in feature:
            feature = feature[0] if isinstance(feature, list) else feature["feature"]
        names = feature["names"]
        return list(map(str, names)) if isinstance(names, list) else []
    except (KeyError, ValueError, TypeError, IndexError, RecursionError):
        return []


def _as_class(value: Any, names: Sequence[str]) -> Any:
    """The name of a class, or of each class in a list; −1 means no class."""
    if isinstance(value, list):
        return [_as_class(one, names) for one in value]
    if not isinstance(value, int):
        return value
    return names[value] if 0 <= value < len(names) else None


class _parquet_problems:
    """Turns any exception of pyarrow on a damaged file into a Problem."""

    def __init__(self, name: str) -> None:
        self.name = name

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        import pyarrow as pa

        if isinstance(error, (pa.ArrowException, OSError, ValueError, KeyError, OverflowError, MemoryError)):
            raise Problem(tr(
                "{name} is not a complete Parquet file: export it again, or save it as CSV.",
                name=self.name,
            )) from None
