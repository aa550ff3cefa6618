"""Loops over numbers that Numba compiles, and the threads that share them out.

Numba compiles a loop when it is first called and keeps the result beside its file. docs/performance.md has what the
loops gave over calls of torch and numpy.
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


def share_out(kernel: Callable[..., None], count: int, group: int, *arguments: Any) -> None:
    """Calls kernel(first, last, …) for 0 ≤ first < last ≤ count, in as many threads as torch may use.

    Args:
        kernel: a compiled loop over some of `count` things that know nothing of each other.
        group: shares are multiples of it, but for the last.
        arguments: what follows; tensors are passed as numpy arrays of the same memory.
    """
    passed = [a.numpy() if isinstance(a, Tensor) else a for a in arguments]
    threads = max(1, min(torch.get_num_threads(), count // group))
    ends = [count * i // threads // group * group for i in range(threads)] + [count]
    others = [_helpers(threads).submit(kernel, a, b, *passed) for a, b in pairwise(ends[1:])]
    kernel(0, ends[1], *passed)
    for other in others:
        other.result()


@cache
def _helpers(threads: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, "share")
