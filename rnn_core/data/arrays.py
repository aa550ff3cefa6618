"""The arrays of a dataset on disk, written in pieces."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np

from rnn_core.data.stored import array_path

KINDS = {"indices": np.int32, "numbers": np.int32, "starts": np.int64, "targets": np.int64}
"""The dtype of each array, by its name."""


class Frame:
    """Adds the specials around the tokens of texts that are stored end to end.

    Args:
        lengths: (m,) the number of tokens of each text.

    Attributes:
        ends: (m,) the index where each text ends, specials included.
    """

    def __init__(self, lengths: np.ndarray):
        self.ends = np.cumsum(lengths + 2, dtype=np.int64)
        self._first, self._last = self.ends - lengths - 2, self.ends - 1
        self._inside = np.ones(self.ends[-1], bool)
        self._inside[self._first] = self._inside[self._last] = False

    def around(self, values: np.ndarray, first: int, last: int) -> np.ndarray:
        """Values per token, with `first` before and `last` after those of each text."""
        steps = np.empty(self.ends[-1], values.dtype)
        steps[self._first], steps[self._last], steps[self._inside] = first, last, values
        return steps


class Arrays:
    """The array files of each split, written end to end.

    Args:
        folder: the folder of the files.
        sizes: the number of values of each, by split, side and name.
    """

    def __init__(self, folder: Path, sizes: Mapping[tuple[str, str, str], int]):
        self._files: dict[tuple[str, str, str], BinaryIO] = {}
        self._ends = Counter[tuple[str, str]]()
        for (split, side, name), size in sizes.items():
            file = self._files[split, side, name] = array_path(folder, split, name, side).open("wb")
            head = {"descr": np.lib.format.dtype_to_descr(np.dtype(KINDS[name])), "fortran_order": False, "shape": (size,)}
            np.lib.format.write_array_header_1_0(file, head)
            if name == "starts":
                np.zeros(1, np.int64).tofile(file)

    def __enter__(self) -> "Arrays":
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            file.close()

    def write(self, split: str, side: str, name: str, values: np.ndarray) -> None:
        """Appends values."""
        values.tofile(self._files[split, side, name])

    def write_starts(self, split: str, side: str, ends: np.ndarray) -> None:
        """Appends the starts of the texts that follow, from the ends of the current ones."""
        (ends + self._ends[split, side]).tofile(self._files[split, side, "starts"])
        self._ends[split, side] += int(ends[-1])
