"""A long text as lines with their ends."""

from collections.abc import Iterable, Iterator

LONGEST = 10_000
"""Characters of the longest line; a longer one is cut into several, of which no character is lost."""


def text_lines(pieces: Iterable[str]) -> Iterator[tuple[int, str]]:
    """The lines of a text with their ends, which become LF, numbered from 1; those longer than `LONGEST` in parts."""
    rest, number = "", 1
    for piece in pieces:
        text = rest + piece
        held = "\r" if text.endswith("\r") else ""  # its LF may come with the next piece
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
    """A line in parts of up to `LONGEST` characters, cut behind a space where there is one; at least one part."""
    while len(line) > LONGEST:
        end = line.rfind(" ", LONGEST // 2, LONGEST) + 1 or LONGEST
        yield line[:end]
        line = line[end:]
    yield line
