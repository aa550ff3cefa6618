"""Thread pool for compiled loops."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import pairwise
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

import numpy as np
import torch

_threads: int | None = None


def use_threads(count: int) -> None:
    """Sets the number of threads for compiled loops; torch, whose products are small in comparison, gets one."""
    global _threads
    _threads = count
    torch.set_num_threads(1)


@contextmanager
def shared_with_torch() -> Iterator[None]:
    """Gives torch the threads of `use_threads` too, for its own large products. Loops and these products never run at once."""
    torch.set_num_threads(most_threads())
    try:
        yield
    finally:
        torch.set_num_threads(1)


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Flushes denormal numbers to zero in this thread; CPUs are about a hundred times slower with them.

    Only for training: Python and pandas give warnings or wrong numbers in this mode.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def most_threads() -> int:
    """The number of threads from `use_threads`, or torch's."""
    return _threads or torch.get_num_threads()


def share_out(kernel: Callable[..., None], count: int, group: int, *arguments: Any) -> None:
    """Calls kernel(first, last, …) for 0 ≤ first < last ≤ count, in `most_threads`.

    Args:
        kernel: a compiled loop over some of `count` independent items.
        group: all shares but the last are multiples of it.
        arguments: further arguments of the kernel.
    """
    threads = max(1, min(most_threads(), count // group))
    if threads == 1:
        kernel(0, count, *arguments)
        return
    ends = [count * i // threads // group * group for i in range(threads)] + [count]
    faults: SimpleQueue[BaseException | None] = SimpleQueue()

    def part(first: int, last: int) -> None:
        try:
            kernel(first, last, *arguments)
            faults.put(None)
        except BaseException as fault:
            faults.put(fault)

    _have_helpers(threads - 1)
    for first, last in pairwise(ends[1:]):
        _handed_over.put(partial(part, first, last))
    part(0, ends[1])
    for fault in [faults.get() for _ in range(threads)]:
        if fault:
            raise fault


_one_layer = Lock()
"""All threads of a barrier must run at once: two layers at the same time could each get a part of the pool, and deadlock."""


def together(kernel: Callable[..., None], threads: int, *arguments: Any) -> None:
    """Calls kernel(me, threads, barrier, …) in each of several threads at once, 0 ≤ me < threads.

    Args:
        kernel: a compiled loop that divides its work itself, with a barrier for its threads, `barrier` (2,): the number of
            arrivals, and whether a thread has failed. All must wait at the barrier at the end, because the return of a helper is
            not awaited: that would take longer than a small part of the work.
        threads: their number, up to `most_threads`.
        arguments: further arguments of the kernel.
    """
    barrier = np.zeros(2, np.int64)
    if threads == 1:
        kernel(0, 1, barrier, *arguments)
        return
    faults: list[BaseException] = []
    ended: SimpleQueue[None] = SimpleQueue()

    def part(me: int) -> None:
        try:
            if not barrier[1]:
                kernel(me, threads, barrier, *arguments)
        except BaseException as fault:
            faults.append(fault)
            barrier[1] = 1  # the others do not wait for this thread
        if me:
            ended.put(None)

    handed = 0
    with _one_layer:
        try:
            _have_helpers(threads - 1)
            for me in range(1, threads):
                _handed_over.put(partial(part, me))
                handed += 1
            part(0)
        except BaseException as fault:  # such as Ctrl-C at this line
            faults.append(fault)
            barrier[1] = 1
        if faults:
            for _ in range(handed):  # their output buffers may be reused
                ended.get()
            raise faults[0]


def _have_helpers(count: int) -> None:
    """Starts helpers until there are `count`: all threads of a layer must run at once."""
    with _starting:
        while len(_helpers) < count:
            helper = Thread(target=_help, name="helper", daemon=True)
            helper.start()
            _helpers.append(helper)


def _help() -> None:
    torch.set_flush_denormal(True)
    while True:
        _handed_over.get()()


_handed_over: SimpleQueue[Callable[[], None]] = SimpleQueue()
_helpers: list[Thread] = []
_starting = Lock()
