"""Files written whole or not at all, and disk trouble said in a sentence."""

import errno
import json
import math
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from rnn_core.config import Problem

MOST_BYTES = 64 << 20
"""Bytes of the largest JSON file that is read, where no other bound is named."""

MOST_OBJECTS = 2_000_000
"""Lists and objects in a JSON file, or lines of a JSON-lines file: each takes some 64 bytes of memory, and 3 on disk."""

OWNER = secrets.token_hex(6)
"""What names this process in its temporary files, so that `leftovers` can tell whose they are."""

TOO_LARGE = {
    errno.ENOSPC: "the disk is full. Free some space and try again",
    errno.EDQUOT: "the disk quota is used up. Free some space and try again",
    errno.EFBIG: "the file is larger than this system allows. Raise that limit (ulimit -f) and try again",
}
_MOVE = {
    errno.EROFS: "the place is read-only",
    errno.EACCES: "writing there is not allowed",
    errno.EPERM: "writing there is not allowed",
    errno.ENOTDIR: "a file stands where a folder should be",
    errno.EEXIST: "a file stands where a folder should be",
}


@contextmanager
def saying_disk_trouble(path: Path) -> Iterator[None]:
    """Turns whatever keeps the disk from being written, full or read-only, into a `Problem` that names the place."""
    try:
        yield
    except OSError as error:
        raise disk_trouble(path, error) from error


def disk_trouble(path: Path, error: OSError) -> Problem:
    """What keeps a place from being written, as a sentence."""
    code, typed = error.errno or 0, "--workspace DIR to name one for this command"
    if code in TOO_LARGE:
        why, typed = TOO_LARGE[code], ""
    elif code in _MOVE:
        why = f"{_MOVE[code]}. Set UNROLLED_WORKSPACE to another place"
    else:
        why = f"{error.strerror or error}. Try again, or set UNROLLED_WORKSPACE to another place"
    return Problem(f"{str(path)[:300]} cannot be written: {why}.", typed)


def temporary_name(kind: str, what: str = "") -> str:
    """The name of something that this process is about to make: `.kind~OWNER~what`. `leftovers` knows it by that."""
    return f".{kind}~{OWNER}~{what}"


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


Version = tuple[int, int, int] | None


def version(path: Path) -> Version:
    """What tells a file from the one that is written in its place; None when there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def write(path: Path, fill: Callable[[Path], Any]) -> None:
    """Calls `fill` with a temporary path beside `path` and moves the result there in one step.

    Raises:
        Problem: when the disk is full or the place cannot be written; `path` is then as it was.
    """
    with saying_disk_trouble(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=temporary_name(path.name[:100]), dir=path.parent)
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


def bounded(path: Path, most: int = MOST_BYTES) -> bytes:
    """What a file holds. Raises Problem when that is more than `most` bytes, and OSError."""
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise Problem(f"{path.parent.name} is damaged: {path.name} is larger than {most / 2**20:,.0f} MB. Delete it, or "
                      "import it again.")  # fmt: skip
    return content


def read_json(path: Path, most: int = MOST_BYTES) -> Any:
    """What `write_json` wrote. Raises Problem when the file is missing, damaged or larger than `most` bytes."""
    try:
        return _parsed(bounded(path, most))
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


def read_lines(path: Path, most: int = MOST_BYTES, most_lines: int = MOST_OBJECTS) -> Iterator[dict[str, Any]]:
    """The JSON lines of a file; a last line that is only half written is dropped, and so is a damaged one.

    Raises:
        Problem: when the file is larger than `most` bytes or has more than `most_lines` lines or objects.
    """
    if not path.exists():
        return
    content = bounded(path, most)
    if max(content.count(sign) for sign in (b"\n", b"{", b"[")) > most_lines:
        raise Problem(f"{path.parent.name} is damaged: {path.name} has more than {most_lines:,} lines. Delete it, or import it "
                      "again.")  # fmt: skip
    for line in filter(None, content.split(b"\n")[:-1]):
        try:
            values = _parsed(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(values, dict):
            yield values


def _parsed(content: bytes) -> Any:
    """JSON that this app can show: null for NaN and infinity. Raises ValueError where there is half a character or too much."""
    if content.count(b"[") + content.count(b"{") > MOST_OBJECTS:
        raise ValueError("more lists and objects than a file of ours has")
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


def readable(path: Path, shown: str) -> Path:
    """The same path, when an ordinary file lies there or nothing does, which the reader says.

    Raises:
        Problem: at a pipe, a device or a file of the system's, such as those below /proc, which cannot be read twice or to
            their end.
    """
    try:
        seen = path.stat()
        ordinary = stat.S_ISREG(seen.st_mode) or stat.S_ISDIR(seen.st_mode)
        if stat.S_ISREG(seen.st_mode) and not seen.st_size:
            with path.open("rb") as file:
                ordinary = not file.read(1)  # a file that holds something and has no size is made as it is read
    except (FileNotFoundError, NotADirectoryError, PermissionError, ValueError):
        return path
    except OSError as error:
        raise Problem(f"{shown[:200]} cannot be read ({error.strerror or error}): choose an ordinary file.") from None
    if not ordinary:
        raise Problem(f"{shown[:200]} is no ordinary file but a pipe, a device or one that the system makes up: save what it "
                      "holds as a file, and choose that.")  # fmt: skip
    return path


def remove(folder: Path) -> None:
    """Deletes a folder, if it is there: moved aside first, so that nobody meets half of it."""
    with saying_disk_trouble(folder), suppress(FileNotFoundError):  # another session was faster
        aside = folder.with_name(temporary_name("deleted", folder.name))
        os.replace(folder, aside)
        shutil.rmtree(aside, ignore_errors=True)
