"""A long text as lines with their ends."""

from collections.abc import Iterable, Iterator

LONGEST = 10_000
"""The maximum length of a line in characters; a longer line is split, without losing a character."""


def text_lines(pieces: Iterable[str]) -> Iterator[tuple[int, str]]:
    """Yields the numbers, from 1, and texts of lines, with LF as line end; lines longer than `LONGEST` are split."""
    rest, number = "", 1
    for piece in pieces:
        text = rest + piece
        held = "\r" if text.endswith("\r") else ""  # its LF may be in the next piece
        *whole, rest = text.removesuffix("\r").replace("\r\n", "\n").replace("\r", "\n").split("\n")
        rest += held
        for line in whole:
            yield from ((number, part) for part in _parts(line + "\n"))
            number += 1
        *long, rest = _parts(rest)
        yield from ((number, part) for part in long)
    if rest:
        yield number, rest.replace("\r", "\n")


def _parts(line: str) -> Iterator[str]:
    """Splits a line into parts of up to `LONGEST` characters, after a space if there is one; at least one part."""
    while len(line) > LONGEST:
        end = line.rfind(" ", LONGEST // 2, LONGEST) + 1 or LONGEST
        yield line[:end]
        line = line[end:]
    yield line
