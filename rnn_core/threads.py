"""The threads that share compiled loops out."""

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
    """From here on loops are shared out among `count` threads, and torch, whose products are small beside them, has one."""
    global _threads
    _threads = count
    torch.set_num_threads(1)


@contextmanager
def shared_with_torch() -> Iterator[None]:
    """torch has the threads of `use_threads` too, for large products of its own. Loops and products never run at once."""
    torch.set_num_threads(most_threads())
    try:
        yield
    finally:
        torch.set_num_threads(1)


@contextmanager
def flushed_denormals() -> Iterator[None]:
    """Numbers too small for a normal float, on which a processor is some hundred times slower, are zero in this thread.

    Only around training: Python and pandas warn or read numbers otherwise where they are zero.
    """
    torch.set_flush_denormal(True)
    try:
        yield
    finally:
        torch.set_flush_denormal(False)


def most_threads() -> int:
    """As many threads as `use_threads` said, or as torch has."""
    return _threads or torch.get_num_threads()


def share_out(kernel: Callable[..., None], count: int, group: int, *arguments: Any) -> None:
    """Calls kernel(first, last, …) for 0 ≤ first < last ≤ count, in `most_threads`.

    Args:
        kernel: a compiled loop over some of `count` things that know nothing of each other.
        group: shares are multiples of it, but for the last.
        arguments: what follows.
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
"""Threads that wait for each other must all be at work: two layers at once might share out the helpers and wait for ever."""


def together(kernel: Callable[..., None], threads: int, *arguments: Any) -> None:
    """Calls kernel(me, threads, barrier, …) in each of several threads at once, 0 ≤ me < threads.

    Args:
        kernel: a compiled loop that shares its work out itself, and whose threads wait for each other at `barrier`, (2,): how
            often one has come, and whether one has failed. They must wait there at the end, because nobody waits for a helper
            to return: that would take longer than a small part of the work.
        threads: how many; `most_threads` at most.
        arguments: what follows.
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
            barrier[1] = 1  # nobody waits for this one
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
        except BaseException as fault:  # as when somebody presses Ctrl-C right here
            faults.append(fault)
            barrier[1] = 1
        if faults:
            for _ in range(handed):  # what they write to may be used again
                ended.get()
            raise faults[0]


def _have_helpers(count: int) -> None:
    """Starts helpers until there are `count` of them: all parts of a layer must be at work at once."""
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
