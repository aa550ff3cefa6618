"""Loops over numbers that Numba compiles, and where they are kept.

Numba compiles a loop when it is first called and keeps the result beside its file, here until any file with compiled
loops changes. docs/performance.md has what they gave over calls of torch and numpy.
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
"""No lock of the interpreter is held, and a division needs no check. Nothing is left to the compiler that could change a bit:
a function that was just compiled is not always the same instructions as the one that was kept, and training must give the
same weights with both."""


def compiled(function: Callable[..., Any]) -> Callable[..., Any]:
    """The function as machine code for the types it is first called with."""
    options = vars(config)
    before = options["CACHE_LOCATOR_CLASSES"]
    options["CACHE_LOCATOR_CLASSES"] = _LOCATORS  # read when the function is made
    try:
        return njit(cache=True, **OPTIONS)(function)
    except RuntimeError:  # there is no folder to keep it in that can be written
        return njit(**OPTIONS)(function)
    finally:
        options["CACHE_LOCATOR_CLASSES"] = before


def as_instructions(function: Callable[..., Any]) -> Callable[..., Any]:
    """What stands in compiled loops where this is called, as LLVM's instructions; called without Numba's first argument."""
    return cast(Callable[..., Any], intrinsic(function))


def stands_for(name: Callable[..., Any]) -> Callable[..., Any]:
    """Of a function of types that gives a function: compiled, that is what is called by this name."""
    return cast(Callable[..., Any], overload(cast(Any, name), jit_options=cast(Any, OPTIONS)))


@contextmanager
def when_compiling(say: Callable[[], object]) -> Iterator[None]:
    """Calls `say` once, as soon as a loop is compiled in here; never when all are found kept."""
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
    """A hash of all files with compiled loops below a folder, and of this one: loops are made of those of other files."""
    texts = (path.read_bytes() for path in sorted(root.rglob("*.py")))
    return sha256(b"".join(text for text in texts if _COMPILED.search(text))).hexdigest()


_COMPILED = re.compile(rb"^@(compiled|as_instructions|stands_for|njit)\b|^OPTIONS\b", re.MULTILINE)


class _Stamped:
    """Numba asks the stamp of one file; what is kept is for the loops of all."""

    def get_source_stamp(self) -> str:
        return stamp()


class Named(_Stamped, caching.UserProvidedCacheLocator):
    """In the folder that NUMBA_CACHE_DIR names."""


class Beside(_Stamped, caching.InTreeCacheLocator):
    """Beside the file."""


class OfUser(_Stamped, caching.UserWideCacheLocator):
    """In the user's cache folder."""


_LOCATORS = ",".join(f"{__name__}.{kind.__name__}" for kind in (Named, Beside, OfUser))
