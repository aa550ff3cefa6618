"""Results kept between reruns and shared by everybody, as `st.cache_resource` keeps them, but bounded by their bytes."""

import contextlib
import inspect
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from dataclasses import is_dataclass
from functools import wraps
from typing import Any, Generic, ParamSpec, TypeVar, cast

import streamlit as st

from rnn_core.language import tr

P = ParamSpec("P")
R = TypeVar("R")


class Kept(Generic[P, R]):
    """A function whose results are kept, by those of its arguments whose names do not begin with `_`.

    Args:
        most_bytes: what all results may hold together. The one that was used longest ago goes first; the latest stays
            however large it is, because the next rerun asks for it.
        most: how many are kept at most.
        spinner: a message that is said while one takes long.
    """

    def __init__(self, compute: Callable[P, R], most_bytes: int, most: int, spinner: str = ""):
        self._compute, self._most_bytes, self._most, self._spinner = compute, most_bytes, most, spinner
        self._signature = inspect.signature(compute)
        self._held: OrderedDict[Hashable, tuple[R, int]] = OrderedDict()
        self._lock = threading.RLock()
        self._at_work: dict[Hashable, threading.Lock] = {}

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        given = self._signature.bind(*args, **kwargs).arguments
        key = tuple(value for name, value in given.items() if not name.startswith("_"))
        with self._lock:
            mine = self._at_work.setdefault(key, threading.Lock())
        with mine:  # who asks for the same in the meantime waits for it
            with self._lock:
                found = self._held.get(key)
            if found is None:
                with st.spinner(tr(self._spinner)) if self._spinner else contextlib.nullcontext():
                    found = self._compute(*args, **kwargs), 0
            self._keep(key, found[0], nbytes(found[0], given.values()))
        return found[0]

    def _keep(self, key: Hashable, value: R, size: int) -> None:
        """Makes it the latest one; its size is measured at each use, because a result may hold what it found out since."""
        with self._lock:
            self._held[key] = value, size
            self._held.move_to_end(key)
            while len(self._held) > 1 and (len(self._held) > self._most or self.held_bytes > self._most_bytes):
                self._held.popitem(last=False)
            for unused in self._at_work.keys() - self._held.keys() - {key}:
                if not self._at_work[unused].locked():
                    del self._at_work[unused]

    @property
    def held_bytes(self) -> int:
        """What all results hold together."""
        with self._lock:
            return sum(size for _, size in self._held.values())

    def clear(self) -> None:
        """Forgets all of them."""
        with self._lock:
            self._held.clear()


def kept(most_bytes: int, most: int, spinner: str = "") -> Callable[[Callable[P, R]], Kept[P, R]]:
    """Makes a function a `Kept` one."""

    def decorated(compute: Callable[P, R]) -> Kept[P, R]:
        return cast("Kept[P, R]", wraps(compute)(Kept(compute, most_bytes, most, spinner)))

    return decorated


def nbytes(value: Any, but: Iterable[Any] = ()) -> int:
    """Bytes of the arrays, tensors and parameters within a value, each counted once.

    Args:
        value: dataclasses, tuples, lists and dictionaries of such are looked into; of a long list, the first is taken for all.
        but: what others hold, and is not counted, nor are its parts.
    """
    seen = {id(part) for whole in but for part in (whole, *(whole if isinstance(whole, tuple) else ()))}

    def measured(part: Any) -> int:
        if isinstance(part, (str, bytes, int, float, bool, type(None))) or id(part) in seen:
            return 0
        seen.add(id(part))
        if isinstance(size := getattr(part, "nbytes", None), int):
            return size
        if isinstance(part, (list, tuple)):
            simple = bool(part) and isinstance(part[0], (str, int, float))
            if simple or len(part) > _MANY:
                return len(part) * (8 if simple else measured(part[0]) + 64)
            return sum(map(measured, part))
        if isinstance(part, dict):
            return sum(map(measured, part.values()))
        if is_dataclass(part):
            return sum(map(measured, vars(part).values()))
        if callable(parameters := getattr(part, "parameters", None)):
            return sum(map(measured, parameters()))
        return 0

    return measured(value)


_MANY = 1000
"""Longer lists are estimated."""
