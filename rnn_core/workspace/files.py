"""Files that are written atomically, and errors of the disk as sentences."""

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
from rnn_core.language import N_, tr

MOST_BYTES = 64 << 20
"""The maximum size of a JSON file in bytes, unless another bound is given."""

MOST_OBJECTS = 2_000_000
"""The maximum number of lists and objects in a JSON file, or of lines in a JSON-lines file: each takes about 64 bytes of memory
and 3 on disk."""

OWNER = secrets.token_hex(6)
"""The name of this process in its temporary files, by which `leftovers` finds their owner."""

TOO_LARGE = {
    errno.ENOSPC: N_("the disk is full. Free some space and try again"),
    errno.EDQUOT: N_("the disk quota is used up. Free some space and try again"),
    errno.EFBIG: N_("the file is larger than this system allows. Raise that limit (ulimit -f) and try again"),
}
_MOVE = {
    errno.EROFS: N_("the disk is read-only"),
    errno.EACCES: N_("writing there is not allowed"),
    errno.EPERM: N_("writing there is not allowed"),
    errno.ENOTDIR: N_("there is a file where a folder should be"),
    errno.EEXIST: N_("there is a file where a folder should be"),
}


@contextmanager
def saying_disk_trouble(path: Path) -> Iterator[None]:
    """Turns an OSError of writing, such as a full or read-only disk, into a `Problem` that names the path."""
    try:
        yield
    except OSError as error:
        raise disk_trouble(path, error) from error


def disk_trouble(path: Path, error: OSError) -> Problem:
    """The Problem of a path that cannot be written."""
    code, shown, typed = error.errno or 0, str(path)[:300], "--workspace DIR to name one for this command"
    if code in TOO_LARGE:
        return Problem(tr("{path} cannot be written: {why}.", path=shown, why=tr(TOO_LARGE[code])))
    if code in _MOVE:
        return Problem(tr("{path} cannot be written: {why}. Set UNROLLED_WORKSPACE to another place.", path=shown,
                          why=tr(_MOVE[code])), typed)  # fmt: skip
    return Problem(tr("{path} cannot be written: {why}. Try again, or set UNROLLED_WORKSPACE to another place.", path=shown,
                      why=error.strerror or error), typed)  # fmt: skip


def temporary_name(kind: str, what: str = "") -> str:
    """The name of a temporary file of this process, `.kind~OWNER~what`, by which `leftovers` recognises it."""
    return f".{kind}~{OWNER}~{what}"


def typed_path(named: str) -> Path:
    """A path as typed by a user, with `~` expanded; it need not exist.

    Raises:
        Problem: if it is not a valid path.
    """
    shown = named[:60] + ("…" if len(named) > 60 else "")
    try:
        path = Path(named).expanduser().absolute()
        os.lstat(path)
    except RuntimeError:
        raise Problem(tr(
            "The path {path!r} begins with the name of an unknown user. Write the path out from its first slash.", path=shown
        )) from None  # fmt: skip
    except ValueError:
        said = tr("The path {path!r} contains a character that is invalid in a path. Type it again.", path=shown)
        raise Problem(said) from None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            said = tr("The path {path!r} is longer than this system allows. Choose a shorter one.", path=shown)
            raise Problem(said) from None
    return path


Version = tuple[int, int, int] | None


def version(path: Path) -> Version:
    """A value that changes when a file is replaced; None if there is no file."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def write(path: Path, fill: Callable[[Path], Any]) -> None:
    """Calls `fill` with a temporary path beside `path` and moves the result there in one step.

    Raises:
        Problem: if the disk is full or the path cannot be written; `path` is then unchanged.
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


def write_json(path: Path, values: Any, indent: int | None = 1) -> None:
    """Writes JSON atomically; NaN and infinity become null. `indent`: None writes it on one line."""
    text = json.dumps(_finite(values), ensure_ascii=False, indent=indent, allow_nan=False)
    write(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def bounded(path: Path, most: int = MOST_BYTES) -> bytes:
    """The content of a file. Raises Problem if it is larger than `most` bytes, and OSError."""
    with path.open("rb") as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise Problem(tr(
            "{folder} is damaged: {name} is larger than {most:,.0f} MB. Delete it, or import it again.",
            folder=path.parent.name, name=path.name, most=most / 2**20,
        ))  # fmt: skip
    return content


def read_json(path: Path, most: int = MOST_BYTES) -> Any:
    """Reads the values that `write_json` wrote. Raises Problem if the file is missing, damaged or larger than `most` bytes."""
    try:
        return _parsed(bounded(path, most))
    except FileNotFoundError:
        raise Problem(tr(
            "{folder} is incomplete: {name} is missing. Delete it, or import it again.",
            folder=path.parent.name, name=path.name,
        )) from None
    except (ValueError, OSError, RecursionError):
        raise Problem(tr(
            "{folder} is damaged: {name} cannot be read. Delete it, or import it again.",
            folder=path.parent.name, name=path.name,
        )) from None


def as_line(values: dict[str, Any]) -> str:
    """One line of a JSON-lines file; NaN and infinity become null."""
    return json.dumps(_finite(values), ensure_ascii=False, allow_nan=False) + "\n"


def append_line(path: Path, values: dict[str, Any]) -> None:
    """Appends one line of JSON."""
    with saying_disk_trouble(path), path.open("a", encoding="utf-8") as file:
        file.write(as_line(values))


def read_lines(path: Path, most: int = MOST_BYTES, most_lines: int = MOST_OBJECTS) -> Iterator[dict[str, Any]]:
    """Yields the JSON lines of a file, without incomplete or damaged lines.

    Raises:
        Problem: if the file is larger than `most` bytes or has more than `most_lines` lines or objects.
    """
    if not path.exists():
        return
    content = bounded(path, most)
    if max(content.count(sign) for sign in (b"\n", b"{", b"[")) > most_lines:
        raise Problem(tr(
            "{folder} is damaged: {name} has more than {most:,} lines. Delete it, or import it again.",
            folder=path.parent.name, name=path.name, most=most_lines,
        ))  # fmt: skip
    for line in filter(None, content.split(b"\n")[:-1]):
        try:
            values = _parsed(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(values, dict):
            yield values


def _parsed(content: bytes) -> Any:
    """Parses JSON, with None for NaN and infinity. Raises ValueError for lone surrogates and for too many lists or objects."""
    if content.count(b"[") + content.count(b"{") > MOST_OBJECTS:
        raise ValueError("too many lists and objects")
    text = content.decode("utf-8")
    values = json.loads(text, parse_constant=lambda _: None)
    if "\\u" in text:
        json.dumps(values, ensure_ascii=False).encode("utf-8")  # a lone surrogate can neither be written nor sent
    return values


def _finite(values: Any) -> Any:
    """The same values, with None for each NaN or infinity."""
    if isinstance(values, dict):
        return {name: _finite(value) for name, value in values.items()}
    if isinstance(values, (list, tuple)):
        return [_finite(value) for value in values]
    return None if isinstance(values, float) and not math.isfinite(values) else values


def readable(path: Path, shown: str) -> Path:
    """Returns the path if it is a regular file, or missing, which its reader reports.

    Raises:
        Problem: if it is a pipe, a device or a system file, such as those in /proc, which cannot be read twice or to the
            end.
    """
    try:
        seen = path.stat()
        ordinary = stat.S_ISREG(seen.st_mode) or stat.S_ISDIR(seen.st_mode)
        if stat.S_ISREG(seen.st_mode) and not seen.st_size:
            with path.open("rb") as file:
                ordinary = not file.read(1)  # a file of size 0 with content is generated by the system
    except (FileNotFoundError, NotADirectoryError, PermissionError, ValueError):
        return path
    except OSError as error:
        raise Problem(tr(
            "{shown} cannot be read ({error}): choose an ordinary file.",
            shown=shown[:200], error=error.strerror or error,
        )) from None
    if not ordinary:
        raise Problem(tr(
            "{shown} is not an ordinary file but a pipe, a device or a system file: save its content as a file, and choose "
            "that.",
            shown=shown[:200],
        ))  # fmt: skip
    return path


def remove(folder: Path) -> None:
    """Deletes a folder, if it exists; it is moved first, so that no reader finds a part of it."""
    with saying_disk_trouble(folder), suppress(FileNotFoundError):  # another session has removed it
        aside = folder.with_name(temporary_name("deleted", folder.name))
        os.replace(folder, aside)
        shutil.rmtree(aside, ignore_errors=True)
