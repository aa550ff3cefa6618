"""Results and controls as bytes and as JSON, and back: dataclasses of plain values and NumPy arrays, by their annotations."""

import io
import json
import math
import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import numpy as np

T = TypeVar("T")

_KINDS = "biuf"
"""Kinds of dtype that an array may have: booleans, whole numbers, floating point."""


def encode(value: Any) -> bytes:
    """A dataclass as a JSON head, after its length in eight bytes, and its arrays behind in NumPy's own format.

    Raises:
        TypeError: for anything but plain values, tuples, dictionaries, dataclasses and arrays of numbers.
    """
    arrays: list[np.ndarray] = []
    head = json.dumps(_plain(value, arrays), ensure_ascii=False, allow_nan=False).encode()
    body = io.BytesIO()
    for array in arrays:
        np.save(body, array, allow_pickle=False)
    return len(head).to_bytes(8, "little") + head + body.getvalue()


def decode(kind: type[T], data: bytes) -> T:
    """The value of this type that `encode` was given."""
    size = 8 + int.from_bytes(data[:8], "little")
    head, body, arrays = json.loads(data[8:size]), io.BytesIO(data[size:]), []
    while body.tell() < len(data) - size:
        arrays.append(np.load(body, allow_pickle=False))
    found: T = _read(kind, head, arrays)
    return found


def to_json(controls: Any) -> str:
    """Controls, or another dataclass without arrays, as JSON."""
    return json.dumps(_plain(controls, None), ensure_ascii=False, allow_nan=False)


def from_json(kind: type[T], text: str) -> T:
    """The controls of this type that `to_json` was given; fields that are not there have their defaults."""
    found: T = _read(kind, json.loads(text), [])
    return found


def nbytes(value: Any) -> int:
    """Bytes of the arrays and texts in a value, and eight for every other plain value in it."""
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, str):
        return len(value.encode())
    if isinstance(value, Mapping):
        return sum(nbytes(part) for item in value.items() for part in item)
    if isinstance(value, tuple):
        return sum(map(nbytes, value))
    if is_dataclass(value):
        return sum(nbytes(getattr(value, field.name)) for field in fields(value))
    return 8


def _plain(value: Any, arrays: list[np.ndarray] | None) -> Any:
    """As JSON has it. An array becomes its place in `arrays`, a number that is not finite its name."""
    if isinstance(value, np.ndarray) and arrays is not None and value.dtype.kind in _KINDS:
        arrays.append(value)
        return len(arrays) - 1
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    if isinstance(value, tuple):
        return [_plain(part, arrays) for part in value]
    if isinstance(value, Mapping):
        return [[_plain(key, arrays), _plain(part, arrays)] for key, part in value.items()]
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name), arrays) for field in fields(value)}
    raise TypeError(f"{type(value).__name__} is neither plain nor an array of numbers")


def _read(kind: Any, value: Any, arrays: list[np.ndarray]) -> Any:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (types.UnionType, Union):
        if value is None:
            return None
        (kind,) = (one for one in inner if one is not type(None))
        return _read(kind, value, arrays)
    if kind is np.ndarray:
        return arrays[value]
    if kind is float:
        return float(value)
    if origin is tuple:
        each = inner[:1] * len(value) if inner[-1] is Ellipsis else inner
        return tuple(_read(one, part, arrays) for one, part in zip(each, value, strict=True))
    if origin is dict:
        return {_read(inner[0], key, arrays): _read(inner[1], part, arrays) for key, part in value}
    if isinstance(kind, type) and is_dataclass(kind):
        return kind(**{name: _read(one, value[name], arrays) for name, one in _hints(kind).items() if name in value})
    return value


@cache
def _hints(kind: Any) -> dict[str, Any]:
    """The types of a dataclass's fields."""
    hints = get_type_hints(kind)
    return {field.name: hints[field.name] for field in fields(kind)}
