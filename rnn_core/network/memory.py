"""Arrays whose memory is kept for the next use: to get 3 MB anew takes as long as to fill them thrice."""

import math
import threading
from typing import Any

import numpy as np

LINE = 64
"""Bytes of a line of the cache, where an array begins: a vector that lies across two takes as long as two."""

_KEPT_AT_MOST = 2**26
"""Bytes; what needs more is seldom."""


def fresh(kind: Any, *shape: int) -> np.ndarray:
    """An array of this dtype and shape that nobody else has, not filled."""
    kind = np.dtype(kind)
    size = math.prod(shape) * kind.itemsize
    raw = np.empty(size + LINE, np.uint8)
    begin = -raw.ctypes.data % LINE
    return raw[begin : begin + size].view(kind).reshape(shape)


class Memory:
    """Arrays by what they are for."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, np.dtype], np.ndarray] = {}

    def array(self, use: str, kind: np.dtype, *shape: int) -> np.ndarray:
        """An array, not filled, of memory that nobody reads any more when the same use is asked for again."""
        count = math.prod(shape)
        kept = self._kept.get((use, kind))
        if kept is None or len(kept) < count:
            kept = fresh(kind, count)
            if kept.nbytes <= _KEPT_AT_MOST:
                self._kept[use, kind] = kept
        return kept[:count].reshape(shape)


class _OfThread(threading.local):
    def __init__(self) -> None:
        self.memory = Memory()


_of_thread = _OfThread()


def scratch(use: str, kind: np.dtype, *shape: int) -> np.ndarray:
    """An array, not filled, for as long as one call of this thread takes."""
    return _of_thread.memory.array(use, kind, *shape)
