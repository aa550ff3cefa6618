"""Files written whole or not at all, and disk trouble said in a sentence."""

import errno
import json
import math
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rnn_core.config import Problem

_TROUBLE = {
    errno.ENOSPC: "the disk is full. Free some space and try again",
    errno.EDQUOT: "the disk quota is used up. Free some space and try again",
    errno.EROFS: "the place is read-only. Choose another with --workspace or UNROLLED_WORKSPACE",
    errno.EACCES: "writing there is not allowed. Choose another with --workspace or UNROLLED_WORKSPACE",
    errno.EPERM: "writing there is not allowed. Choose another with --workspace or UNROLLED_WORKSPACE",
    errno.ENOTDIR: "a file stands where a folder should be. Choose another with --workspace or UNROLLED_WORKSPACE",
    errno.EEXIST: "a file stands where a folder should be. Choose another with --workspace or UNROLLED_WORKSPACE",
}


@contextmanager
def saying_disk_trouble(path: Path) -> Iterator[None]:
    """Turns whatever keeps the disk from being written, full or read-only, into a `Problem` that names the place."""
    try:
        yield
    except OSError as error:
        why = _TROUBLE.get(error.errno or 0) or f"{error.strerror or error}. Try again, or choose another place with --workspace"
        raise Problem(f"{str(path)[:300]} cannot be written: {why}.") from error


def typed_path(named: str) -> Path:
    """A path as a person types it, `~` filled in; whether anything is there is not asked.

    Raises:
        Problem: when no file can be called so.
    """
    shown = f"The path {named[:60] + ('…' if len(named) > 60 else '')!r}"
    try:
        path = Path(named).expanduser().absolute()
        os.lstat(path)
    except RuntimeError:
        raise Problem(f"{shown} begins with a user who is not known here. Write the path out from its first slash.") from None
    except ValueError:
        raise Problem(f"{shown} holds a character that no path can hold. Type it again.") from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            raise Problem(f"{shown} is longer than this system allows. Choose a shorter one.") from None
    return path


def write(path: Path, fill: Callable[[Path], Any]) -> None:
    """Calls `fill` with a temporary path beside `path` and moves the result there in one step.

    Raises:
        Problem: when the disk is full or the place cannot be written; `path` is then as it was.
    """
    with saying_disk_trouble(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        os.close(handle)
        temporary = Path(name)
        try:
            fill(temporary)
            temporary.chmod(0o644)
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def write_json(path: Path, values: Any) -> None:
    """JSON, written whole; NaN and infinity become null."""
    text = json.dumps(_finite(values), ensure_ascii=False, indent=1, allow_nan=False)
    write(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def read_json(path: Path) -> Any:
    """What `write_json` wrote. Raises Problem when the file is missing or damaged."""
    try:
        return _parsed(path.read_bytes())
    except FileNotFoundError:
        raise Problem(f"{path.parent.name} is incomplete: {path.name} is missing. Delete it, or import it again.") from None
    except (ValueError, OSError, RecursionError):
        raise Problem(f"{path.parent.name} is damaged: {path.name} cannot be read. Delete it, or import it again.") from None


def as_line(values: dict[str, Any]) -> str:
    """One line of a JSON-lines file; NaN and infinity become null."""
    return json.dumps(_finite(values), ensure_ascii=False, allow_nan=False) + "\n"


def append_line(path: Path, values: dict[str, Any]) -> None:
    """One JSON line more."""
    with saying_disk_trouble(path), path.open("a", encoding="utf-8") as file:
        file.write(as_line(values))


def read_lines(path: Path) -> list[dict[str, Any]]:
    """The JSON lines of a file; a last line that is only half written is dropped, and so is a damaged one."""
    lines = []
    if path.exists():
        for line in filter(None, path.read_bytes().split(b"\n")[:-1]):
            try:
                values = _parsed(line)
            except (ValueError, RecursionError):
                continue
            if isinstance(values, dict):
                lines.append(values)
    return lines


def _parsed(content: bytes) -> Any:
    """JSON that this app can show: null for NaN and infinity. Raises ValueError where there is half a character."""
    text = content.decode("utf-8")
    values = json.loads(text, parse_constant=lambda _: None)
    if "\\u" in text:
        json.dumps(values, ensure_ascii=False).encode("utf-8")  # a surrogate alone can neither be written nor sent
    return values


def _finite(values: Any) -> Any:
    """The same values, None for each float that JSON has no word for."""
    if isinstance(values, dict):
        return {name: _finite(value) for name, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [_finite(value) for value in values]
    return None if isinstance(values, float) and not math.isfinite(values) else values


def remove(folder: Path) -> None:
    """Deletes a folder, if it is there: moved aside first, so that nobody meets half of it."""
    with saying_disk_trouble(folder), suppress(FileNotFoundError):  # another session was faster
        aside = folder.with_name(f".deleted-{folder.name}-{os.getpid()}")
        os.replace(folder, aside)
        shutil.rmtree(aside, ignore_errors=True)
