"""Loops over numbers that Numba compiles, and the threads that share them out.

Numba compiles a loop when it is first called and keeps the result beside its file, until that file changes: so loops
that call each other stand in one file. docs/performance.md has what they gave over calls of torch and numpy.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from itertools import pairwise
from typing import Any

import torch
from numba import njit
from torch import Tensor

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy", "fastmath": {"contract"}}
"""No lock of the interpreter is held; a division needs no check; a·b + c may be rounded once. NaN stays NaN."""


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as machine code for the types it is first called with."""
    try:
        return njit(cache=True, **OPTIONS)(function)
    except RuntimeError:  # there is no folder to keep it in that can be written
        return njit(**OPTIONS)(function)


_threads: int | None = None


def use_threads(count: int) -> None:
    """From here on loops are shared out among so many threads, and torch, whose products are small beside them, has one."""
    global _threads
    _threads = count
    torch.set_num_threads(1)


def share_out(kernel: Callable[..., None], count: int, group: int, *arguments: Any) -> None:
    """Calls kernel(first, last, …) for 0 ≤ first < last ≤ count, in as many threads as `use_threads` said, or as torch has.

    Args:
        kernel: a compiled loop over some of `count` things that know nothing of each other.
        group: shares are multiples of it, but for the last.
        arguments: what follows; tensors are passed as numpy arrays of the same memory.
    """
    passed = [a.numpy() if isinstance(a, Tensor) else a for a in arguments]
    most = _threads or torch.get_num_threads()
    threads = max(1, min(most, count // group))
    ends = [count * i // threads // group * group for i in range(threads)] + [count]
    others = [_helpers(most).submit(kernel, a, b, *passed) for a, b in pairwise(ends[1:])]
    kernel(0, ends[1], *passed)
    for other in others:
        other.result()


@cache
def _helpers(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "share")
