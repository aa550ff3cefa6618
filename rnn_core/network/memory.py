"""Reusable buffers: allocating 3 MB takes as long as filling them three times."""

import math
import threading
from typing import Any

import numpy as np

LINE = 64
"""Bytes of a cache line, to which arrays are aligned: loading a vector across two lines takes as long as loading two."""

_KEPT_AT_MOST = 2**26
"""The largest buffer that is kept, in bytes; few uses need more."""


def fresh(kind: Any, *shape: int) -> np.ndarray:
    """A new array of this dtype and shape, aligned and not filled."""
    kind = np.dtype(kind)
    size = math.prod(shape) * kind.itemsize
    raw = np.empty(size + LINE, np.uint8)
    begin = -raw.ctypes.data % LINE
    return raw[begin : begin + size].view(kind).reshape(shape)


class Memory:
    """Buffers by use."""

    def __init__(self) -> None:
        self._kept: dict[tuple[str, np.dtype], np.ndarray] = {}

    def array(self, use: str, kind: np.dtype, *shape: int) -> np.ndarray:
        """A buffer, not filled; the next call with the same use returns the same memory."""
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
    """A buffer of this thread, not filled, for the duration of one call."""
    return _of_thread.memory.array(use, kind, *shape)
