"""Loops compiled by Numba, and their cache.

Numba compiles a loop at its first call and caches the result beside its file; here the cache is valid until any file with
compiled loops changes. docs/performance.md compares the loops with calls of torch and numpy.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any, cast

from numba import config, njit
from numba.core import caching, event
from numba.extending import intrinsic, overload

OPTIONS: dict[str, Any] = {"nogil": True, "error_model": "numpy"}
"""The loops release the interpreter's lock, and divisions are not checked. No option lets the compiler change rounding: new and
cached code may differ in their instructions, and training must give the same weights with both."""


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compiles a function for the types of its first call."""
    options = vars(config)
    before = options["CACHE_LOCATOR_CLASSES"]
    options["CACHE_LOCATOR_CLASSES"] = _LOCATORS  # read when the dispatcher is made
    try:
        return njit(cache=True, **OPTIONS)(function)
    except RuntimeError:  # no folder for the cache is writable
        return njit(**OPTIONS)(function)
    finally:
        options["CACHE_LOCATOR_CLASSES"] = before


def as_instructions(function: Callable[..., Any]) -> Callable[..., Any]:
    """Makes an intrinsic: its calls in compiled loops are replaced by LLVM instructions; Numba adds the first argument."""
    return cast(Callable[..., Any], intrinsic(function))


def stands_for(name: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator for a function from types to an implementation: compiled loops call that implementation by this name."""
    return cast(Callable[..., Any], overload(cast(Any, name), jit_options=cast(Any, OPTIONS)))


@contextmanager
def when_compiling(say: Callable[[], object]) -> Iterator[None]:
    """Calls `say` once, when the first loop is compiled within the context; never if all are cached."""
    said: list[object] = []

    class Listener(event.Listener):
        def on_start(self, event: Any) -> None:
            if not said:
                said.append(say())

        def on_end(self, event: Any) -> None:
            pass

    with event.install_listener("numba:compile", Listener()):
        yield


@cache
def stamp(root: Path = Path(__file__).parent) -> str:
    """A hash of all files with compiled loops below a folder, and of this file: loops call those of other files."""
    texts = (path.read_bytes() for path in sorted(root.rglob("*.py")))
    return sha256(b"".join(text for text in texts if _COMPILED.search(text))).hexdigest()


_COMPILED = re.compile(rb"^@(compiled|as_instructions|stands_for|njit)\b|^OPTIONS\b", re.MULTILINE)


class _Stamped:
    """A cache locator whose stamp covers the loops of all files, not only of one."""

    def get_source_stamp(self) -> str:
        return stamp()


class Named(_Stamped, caching.UserProvidedCacheLocator):
    """The folder in NUMBA_CACHE_DIR."""


class Beside(_Stamped, caching.InTreeCacheLocator):
    """The folder of the file."""


class OfUser(_Stamped, caching.UserWideCacheLocator):
    """The user's cache folder."""


_LOCATORS = ",".join(f"{__name__}.{kind.__name__}" for kind in (Named, Beside, OfUser))
