"""A stream in parts that are read side by side, as cells."""

import numpy as np

from rnn_core.figures import palette
from rnn_core.figures.frame import FIRST, TIGHT, Figure, frame, targets, upright
from rnn_core.figures.one_hot import CELL, KINDS, LETTERS, row_height
from rnn_core.figures.text import escape, wrapped
from rnn_core.language import tr
from rnn_core.results import StreamParts

MOST_STEPS = 10
"""Steps of each part that are drawn."""


def stream_parts(found: StreamParts) -> Figure:
    """Parts (rows) × steps: each cell has its input and, in bold, its target. Chunks alternate in colour, with a line between."""
    inputs, goals = found.inputs[:, :MOST_STEPS], found.targets[:, :MOST_STEPS]
    rows, steps = inputs.shape
    chunk = np.arange(steps) // found.size
    kinds = np.where(inputs < 0, 0, np.where(inputs == 0, 1, 2 + chunk % 2))
    written, says = [], []
    for row in range(rows):
        line = []
        for t, (i, j) in enumerate(zip(inputs[row].tolist(), goals[row].tolist(), strict=True)):
            given, wanted = (found.words[i], found.words[j]) if i >= 0 else ("", "")
            line.append(f"{wrapped(given, LETTERS)}<br><b>{wrapped(wanted, LETTERS)}</b>" if i >= 0 else "–")
            here = tr("part {row}, step {t}, chunk {chunk}<br>", row=row + 1, t=t + FIRST, chunk=chunk[t] + 1)
            said = tr(
                "input {given}, target {wanted}",
                given=escape(given, 60), wanted=escape(wanted, 60),
            ) if i >= 0 else tr("behind the end of this part")
            says.append(here + said)
        written.append(line)
    colours = [KINDS["pad"], KINDS["special"], *palette.LIGHT.sequential[:2]]
    data = [dict(
        type="heatmap",
        z=kinds.astype(np.uint8), x0=FIRST, dx=1, zmin=0, zmax=3, showscale=False, hoverinfo="skip",
        colorscale=[[i / 3, colour] for i, colour in enumerate(colours)], xgap=2, ygap=2,
        text=written, texttemplate="%{text}", textfont={"color": palette.INK, "size": 12},
    )]  # fmt: skip
    down, across = (axis.ravel() for axis in np.indices(kinds.shape, np.int32))
    data.append(targets(across + FIRST, down, np.zeros(kinds.size, np.int32), says))
    return frame(
        data,
        row_height(written) * rows + 60,
        ("stream", found.words),
        meta={"least": 90 + CELL * steps},
        xaxis={"range": [FIRST - 0.5, steps + FIRST - 0.5], "dtick": 1, "title": {"text": tr("step t of the part")},
               "showgrid": False},
        yaxis={"range": [rows - 0.5, -0.5], "tickvals": list(range(rows)), "showgrid": False,
               "ticktext": [tr("part {row}", row=row + 1) for row in range(rows)]},
        shapes=[upright(first + FIRST - 0.5) for first in range(found.size, steps, found.size)],
        hoverdistance=-1,
        margin=TIGHT,
    )  # fmt: skip
