"""The picture of a one-hot vector has its 1 in the right place, and is bounded for a large vocabulary."""

import numpy as np
import pytest

from rnn_core.figures import vectors
from tests.figures.validated import validated


@pytest.mark.parametrize(("index", "size"), [(0, 12), (11, 12), (4136, 8000), (999_999, 1_000_000), (20_000, 20_001)])
def test_the_one_is_where_it_is_said_to_be(index: int, size: int) -> None:
    figure = validated(vectors.one_hot_vector(index, size))
    grid, each = figure.data[0].z, vectors.places_per_cell(size)
    flat = grid.ravel()
    assert np.flatnonzero(flat == 1).tolist() == [index // each] and np.nansum(flat) == 1
    assert np.isfinite(flat).sum() == -(-size // each) <= vectors.MOST_CELLS
    note = figure.layout.annotations[0]
    assert grid[int(note.y), int(note.x)] == 1 and f"at {index:,}" in note.text
    first = int(figure.layout.yaxis.ticktext[-1].replace(",", ""))
    assert first == figure.layout.yaxis.tickvals[-1] * grid.shape[1] * each
