"""Progress: the share of all the work that is done, from the shares of its parts."""

from collections.abc import Callable, Mapping
from pathlib import Path

Tick = Callable[[float], object]
"""Is called with the share done, 0…1; an exception raised by it stops the work."""


def nobody(share: float) -> None:
    """Hears nothing."""


def part(progress: Tick | None, start: float, end: float) -> Tick:
    """A callback for the part of the work between the shares `start` and `end`: it calls `progress` with the whole share."""
    return (lambda share: progress(min(start + share * (end - start), end))) if progress else nobody


def parts_by_size(paths: Mapping[str, Path], progress: Tick | None, start: float, end: float) -> dict[str, Tick]:
    """Like `part`, one callback per file, with parts in proportion to the file sizes."""
    sizes = {split: max(path.stat().st_size, 1) for split, path in paths.items()}
    scale, before, ticks = (end - start) / sum(sizes.values()), start, {}
    for split, size in sizes.items():
        after = min(before + size * scale, end)
        ticks[split], before = part(progress, before, after), after
    return ticks
