"""From the bytes of a file to its text: its encoding, and its lines or chunks in bounded memory."""

import codecs
import re
from collections.abc import Callable, Iterator
from io import BufferedReader, StringIO, TextIOWrapper
from itertools import chain, islice
from pathlib import Path

from charset_normalizer import from_bytes

from rnn_core.config import Problem
from rnn_core.language import tr

ENCODINGS = (
    "utf-8", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "ascii", "cp1252", "latin-1", "iso8859-15", "cp1250",
    "iso8859-2", "cp1251", "koi8-r", "koi8-u", "iso8859-5", "cp1253", "iso8859-7", "cp1254", "cp1255", "cp1256",
    "iso8859-6", "cp1257", "cp1258", "cp874", "cp932", "euc-jp", "iso2022-jp", "gb18030", "big5", "cp949", "mac-roman",
    "cp437", "cp850", "cp866",
)  # fmt: skip
"""The encodings offered to users, by Python's names for them."""

ENCODING_NAMES = {name: name for name in ENCODINGS} | {
    "cp932": "cp932 (Shift-JIS)", "gb18030": "gb18030 (GBK)", "cp949": "cp949 (EUC-KR)",
}  # fmt: skip
"""How encodings are named for people."""

MAX_RECORD = 1_000_000
"""The maximum length of a line, record or sentence in characters."""

CHUNK = 1 << 20
"""Characters per read; fewer at first, because often only the head of a file is needed."""

HEAD = 1_000_000
"""The number of bytes from which encoding and format are guessed."""

_ALIASES = {codecs.lookup(name).name: name for name in ENCODINGS} | {
    "utf-8-sig": "utf-8", "gbk": "gb18030", "gb2312": "gb18030", "shift_jis": "cp932", "euc_kr": "cp949",
}  # fmt: skip
_MARKS = {  # utf-32 first: its little-endian mark begins with that of utf-16
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF8: "utf-8",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_GUESSED = ["cp1252", "cp932", "gb18030", "koi8_r", "cp1251", "big5"]
"""The encodings that charset_normalizer may choose from. Others (EUC-JP, Korean) fit too many files of other encodings."""


def open_binary(path: Path, name: str) -> BufferedReader:
    """Opens a file. Raises Problem if it is missing, a folder, or may not be read."""
    try:
        if path.exists() and not (path.is_file() or path.is_dir()):
            raise Problem(tr("{name} is a device or a pipe: choose a file on disk.", name=name))
        return path.open("rb")
    except FileNotFoundError:
        raise Problem(tr("There is no file {name}: check the path.", name=name)) from None
    except IsADirectoryError:
        raise Problem(tr("{name} is a folder: choose one file in it.", name=name)) from None
    except PermissionError:
        raise Problem(tr(
            "{name} may not be read: give this program permission to read it, or choose a copy.",
            name=name,
        )) from None
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        raise Problem(tr("{name} cannot be opened ({error}): choose another file.", name=name, error=error)) from None


def known_encoding(encoding: str, name: str) -> str:
    """The name in `ENCODINGS` for any spelling of an encoding. Raises Problem if there is none."""
    try:
        return _ALIASES[codecs.lookup(encoding).name]
    except (LookupError, ValueError):
        choices = ", ".join(ENCODINGS)
        raise Problem(
            tr(
                "The encoding {encoding!r} stated for {name} is not known: choose one of {choices}.",
                encoding=encoding[:40], name=name, choices=choices,
            ),
            "--encoding NAME",
        ) from None


REPLACED = "\ufffd"
"""The replacement for bytes that do not decode."""


def guess_encoding(head: bytes, name: str) -> tuple[str, bool]:
    """Guesses the encoding of a file from its first bytes: by a byte order mark, as UTF-16, as UTF-8, else by its letters.

    Returns:
        The encoding, and whether bytes that do not decode are to be replaced: true for UTF-8 with letters beyond ASCII.

    Raises:
        Problem: if no encoding fits.
    """
    for mark, encoding in _MARKS.items():
        if head.startswith(mark):
            return encoding, encoding == "utf-8"
    if unmarked := _unmarked_utf16(head):
        return unmarked, False
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)  # not final: the last character may be cut
        return "utf-8", not head.isascii()
    except UnicodeDecodeError:
        if _nearly_utf8(head):
            return "utf-8", True
    # Encodings differ only in letters beyond ASCII: such lines are kept, whole. In all listed ones byte 10 ends a line.
    telling = [line for line in head.split(b"\n")[: -1 if b"\n" in head else None] if not line.isascii()]
    best = from_bytes(b"\n".join(telling or [head])[:100_000], cp_isolation=_GUESSED).best()
    if best is None:
        raise Problem(
            tr(
                "{name} is a binary file, or text in an encoding that is not recognised: choose its encoding, or save the "
                "table as CSV (UTF-8).",
                name=name,
            ),
            "--encoding NAME",
        )
    found = _ALIASES[codecs.lookup(best.encoding).name]
    letters = [letter for letter in str(best) if letter.isalpha() and not letter.isascii()]
    if found == "koi8-r" and 2 * sum(map(str.isupper, letters)) > len(letters):
        found = "cp1251"  # whose small letters are koi8-r's capitals
    return found, False


def _nearly_utf8(head: bytes) -> bool:
    """Whether nearly all bytes beyond ASCII form UTF-8 characters: in other encodings they do so only by chance."""
    text = head.decode("utf-8", "replace")
    broken = text.count(REPLACED)
    return sum(not character.isascii() for character in text if character != REPLACED) >= 20 * max(broken - 1, 0) + 4


def _unmarked_utf16(head: bytes) -> str | None:
    """UTF-16 without a byte order mark: zero bytes at even or odd places only, and line ends in the decoded pairs."""
    high, low = head[1::2].count(0), head[0::2].count(0)
    if max(high, low) * 50 < len(head):
        return None
    encoding = "utf-16-le" if high > low else "utf-16-be"
    text = head[: len(head) // 2 * 2].decode(encoding, "replace")
    ends, bytes_10 = text.count("\n"), head.count(b"\n")
    return encoding if min(high, low) * 4 < max(high, low) and ends and ends * 2 >= bytes_10 else None


def line_blocks(
    path: Path, encoding: str, name: str, tick: Callable[[float], object] | None = None, mended: bool = False
) -> Iterator[str]:
    """The text of a file in pieces of whole lines, with their ends (LF, CR LF or CR) unchanged.

    Args:
        tick: is called with the share read, 0…1.
        mended: whether bytes that do not decode are replaced by `REPLACED`.

    Raises:
        Problem: if bytes do not decode and are not mended, or a line has more than `MAX_RECORD` characters.
    """
    begun, given = "", 0  # the unfinished last line of the chunks so far; the number of pieces
    for chunk in chunks(path, encoding, name, tick, mended):
        text = begun + chunk
        end = 1 + max(text.rfind("\n"), text.rfind("\r", 0, -1))  # LF may follow a CR
        whole, begun = text[:end], text[end:]
        first = _LINE_END.search(whole)
        if max(first.end() if first else 0, len(begun)) > MAX_RECORD:  # the lines between are shorter than a chunk
            number = 1 + sum(map(count_lines, islice(line_blocks(path, encoding, name, mended=mended), given)))
            number += 0 if first and first.end() > MAX_RECORD else count_lines(whole)
            raise Problem(
                tr(
                    "Line {number} of {name} is longer than {most:,} characters: put every text on a line of its "
                    "own, or split the file.",
                    number=number, name=name, most=MAX_RECORD,
                )
            )
        if whole:
            yield whole
            given += 1
    if begun:
        yield begun


_LINE_END = re.compile(r"\r\n?|\n")


def lone_returns(text: str) -> int:
    """The number of CR that no LF follows."""
    returns = text.count("\r")
    return returns and returns - text.count("\r\n")  # searching for two characters is slow


def count_lines(text: str) -> int:
    """The number of lines of a text."""
    ends = text.count("\n") + lone_returns(text)
    return ends + bool(text and text[-1] not in "\r\n")


def split_lines(text: str) -> list[str]:
    """The lines of a text with their ends; `str.splitlines` would split at other characters too."""
    return StringIO(text, newline="").readlines()


def lines(
    path: Path, encoding: str, name: str, tick: Callable[[float], object] | None = None, mended: bool = False
) -> Iterator[str]:
    """The lines of a file one by one; see `line_blocks`."""
    return chain.from_iterable(map(split_lines, line_blocks(path, encoding, name, tick, mended)))


def chunks(
    path: Path, encoding: str, name: str, tick: Callable[[float], object] | None = None, mended: bool = False
) -> Iterator[str]:
    """The text of a file in pieces of up to `CHUNK` characters. Raises Problem if bytes do not decode, unless mended."""
    with open_binary(path, name) as binary:
        size = max(path.stat().st_size, 1)
        file = TextIOWrapper(binary, encoding=encoding, newline="", errors="replace" if mended else "strict")
        try:
            at_once = min(1 << 16, CHUNK)
            piece = file.read(at_once).removeprefix("\ufeff")  # the byte order mark is not part of the text
            while piece:
                yield piece
                if tick:
                    tick(min(binary.tell() / size, 1.0))
                at_once = min(2 * at_once, CHUNK)
                piece = file.read(at_once)
        except UnicodeError:  # utf-16 without its mark raises the plain UnicodeError
            raise _undecodable(path, encoding, name) from None
        except OSError as error:
            raise Problem(tr(
                "{name} cannot be read to its end ({error}): choose another file.",
                name=name, error=error,
            )) from None


def _undecodable(path: Path, encoding: str, name: str) -> Problem:
    """The Problem of the first bytes that do not decode; the file is read again to find their position."""
    decoder = codecs.getincrementaldecoder(encoding)()
    done, line = 0, 1
    with open_binary(path, name) as file:
        while True:
            chunk = file.read(1 << 16)
            try:
                line += decoder.decode(chunk, final=not chunk).count("\n")
            except UnicodeError as error:
                if isinstance(error, UnicodeDecodeError):  # its positions include the bytes kept from before
                    start = done + len(chunk) - len(error.object) + error.start
                    line += error.object[: error.start].decode(encoding, "replace").count("\n")
                    said = tr(
                        "{name} is not {encoding} text at byte {byte:,} (line {line:,}): choose the file's encoding, or save the "
                        "file as UTF-8.",
                        name=name, encoding=encoding, byte=start, line=line,
                    )  # fmt: skip
                else:
                    said = tr(
                        "{name} is not {encoding} text: choose the file's encoding, or save the file as UTF-8.",
                        name=name, encoding=encoding,
                    )  # fmt: skip
                return Problem(said, "--encoding NAME")
            done += len(chunk)
            if not chunk:
                return Problem(tr("{name} changed while it was read: read it again.", name=name))


def encodable(text: str) -> bool:
    """Whether a text can be encoded as UTF-8: lone surrogates, which JSON and a shell can pass, cannot."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True
