"""The share done of all the work, from the shares done of its parts."""

from collections.abc import Callable, Mapping
from pathlib import Path

Tick = Callable[[float], object]
"""Hears the share of some work that is done; what it raises ends the work."""


def nobody(share: float) -> None:
    """Hears nothing."""


def part(progress: Tick | None, start: float, end: float) -> Tick:
    """Turns the share done of a part of the work, which takes it from `start` to `end`, into the share done of all."""
    return (lambda share: progress(min(start + share * (end - start), end))) if progress else nobody


def parts_by_size(paths: Mapping[str, Path], progress: Tick | None, start: float, end: float) -> dict[str, Tick]:
    """As `part`, one for each file: a file's part is as large as the file."""
    sizes = {split: max(path.stat().st_size, 1) for split, path in paths.items()}
    scale, before, ticks = (end - start) / sum(sizes.values()), start, {}
    for split, size in sizes.items():
        after = min(before + size * scale, end)
        ticks[split], before = part(progress, before, after), after
    return ticks
