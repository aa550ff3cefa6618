"""One long vector of zeros and ones, as a picture."""

import numpy as np

from rnn_core.figures import palette
from rnn_core.figures.frame import TIGHT, Figure, frame, outline
from rnn_core.language import tr

MOST_CELLS = 20_000
"""Cells of the picture; of a longer vector, each stands for several places."""

PALE, DARK = palette.faint(palette.GREY, 0.2), palette.ORANGE
"""A zero and a one."""


def places_per_cell(size: int) -> int:
    """How many places of a vector of this size share a cell."""
    return -(-size // MOST_CELLS)


def one_hot_vector(index: int, size: int) -> Figure:
    """A one-hot vector, row after row from the top left.

    Args:
        index: the place of the 1.
        size: N.
    """
    each = places_per_cell(size)
    cells = -(-size // each)
    columns = min(cells, 50 if cells <= 500 else 100 if cells <= 5000 else 200)
    rows = -(-cells // columns)
    grid = np.full(rows * columns, np.nan, np.float32)  # behind the last place there is nothing
    grid[:cells] = 0
    cell = index // each
    grid[cell] = 1
    down, across = divmod(cell, columns)
    data = [dict(
        type="heatmap",
        z=grid.reshape(rows, columns), zmin=0, zmax=1, colorscale=[[0, PALE], [1, DARK]], showscale=False, hoverinfo="skip",
    )]  # fmt: skip
    stride = -(-rows // 8)
    ticks = list(range(0, rows, stride))
    note = {"x": across, "y": down, "text": tr("<b>1</b> at {index:,}", index=index), "font": {"size": 14}, "showarrow": True,
            "arrowcolor": palette.GREY, "arrowwidth": 2,
            "ax": -60 if across > columns / 2 else 60, "ay": 34 if down < rows / 2 else -34}  # fmt: skip
    per_row = columns * each
    return frame(
        data,
        max(110, min(320, 22 * rows + 60)),
        ("one-hot vector", size),
        xaxis={"range": [-0.5, columns - 0.5], "showgrid": False, "showticklabels": False,
               "title": {"text": tr("{per_row:,} places per row", per_row=per_row)}},
        yaxis={"range": [rows - 0.5, -0.5], "showgrid": False, "tickvals": ticks,
               "ticktext": [f"{row * per_row:,}" for row in ticks]},
        shapes=outline(across - 0.5, across + 0.5, down - 0.5, down + 0.5),
        annotations=[note],
        margin=TIGHT,
    )  # fmt: skip
