"""What the loss asks for at each step of some texts, as cells."""

import numpy as np

from rnn_core.figures import palette
from rnn_core.figures.frame import FIRST, TIGHT, Figure, frame, targets
from rnn_core.figures.one_hot import CELL, KINDS, LETTERS, row_height, shown_steps
from rnn_core.figures.text import escape, wrapped
from rnn_core.language import tr
from rnn_core.results import LabelMatrix


def label_matrix(found: LabelMatrix, step: int) -> Figure:
    """Texts (rows) × steps: each cell that the loss counts has its label and the label's number. A click gives `[step]`."""
    shown = shown_steps(found.classes.shape[1], step)
    part = found.classes[:, shown]
    names = dict(zip(found.used.tolist(), found.names, strict=True))
    written, says, picks = [], [], []
    for row, tokens in enumerate(found.tokens):
        line = []
        for label, t in zip(part[row].tolist(), shown.tolist(), strict=True):
            token = escape(tokens[t], 60) if t < len(tokens) else tr("pad")
            line.append("–" if label < 0 else f"{wrapped(names[label], LETTERS)}<br><b>{label}</b>")
            asked = tr("no loss counts here") if label < 0 else tr(
                "label {name}, number {label}", name=escape(names[label], 60), label=label,
            )  # fmt: skip
            says.append(tr("text {number}, t = {t}: {token}<br>{asked}", number=row + 1, t=t + FIRST, token=token, asked=asked))
            picks.append(t)
        written.append(line)
    data = [dict(
        type="heatmap",
        z=(part >= 0).astype(np.uint8), x0=int(shown[0]) + FIRST, dx=1, zmin=0, zmax=1, showscale=False, hoverinfo="skip",
        colorscale=[[0, KINDS["pad"]], [1, KINDS["word"]]], xgap=2, ygap=2,
        text=written, texttemplate="%{text}", textfont={"color": palette.INK, "size": 12},
    )]  # fmt: skip
    down, across = (axis.ravel() for axis in np.indices(part.shape, np.int32))
    data.append(targets(across + shown[0] + FIRST, down, np.array(picks, np.int32), says))
    rows = len(found.tokens)
    ticks = [
        tr("text {number}", number=row) if given else tr("text {number} (own answer)", number=row)
        for row, given in enumerate(found.given, 1)
    ]
    return frame(
        data,
        row_height(written) * rows + 60,
        ("labels", found.tokens),
        meta={"least": 140 + CELL * len(shown)},
        xaxis={"range": [shown[0] + FIRST - 0.5, shown[-1] + FIRST + 0.5], "dtick": 1, "title": {"text": tr("step t")},
               "showgrid": False},
        yaxis={"range": [rows - 0.5, -0.5], "tickvals": list(range(rows)), "ticktext": ticks, "showgrid": False},
        shapes=[{"type": "rect", "x0": step + FIRST - 0.5, "x1": step + FIRST + 0.5, "y0": -0.5, "y1": rows - 0.5,
                 "line": {"color": palette.ORANGE, "width": 3}}],
        hoverdistance=-1,
        margin=TIGHT,
    )  # fmt: skip
