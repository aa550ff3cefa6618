"""From words to numbers: index and one-hot matrices, what pads do, what makes up a sum, and amounts side by side."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnn_core.figures import palette
from rnn_core.figures.frame import FIRST, Figure, frame, targets
from rnn_core.figures.palette import literal
from rnn_core.results import PAD, GateTerms, OneHotWindow, TextMatrix

MOST_ROWS, MOST_STEPS = 10, 14
"""Texts and steps of the index matrix that are drawn, so that every cell can be read."""

KINDS = {"pad": "#c3c8cf", "special": "#a6c8e4", "unknown": "#f0c27f", "word": "#e9eef3"}
"""The colours of cells; black is read on each of them."""

INK = "#101010"
_TIGHT = {"l": 8, "r": 8, "t": 8, "b": 8}


def shown_steps(longest: int, step: int) -> np.ndarray:
    """The steps of the index matrix that are drawn around a step, from 0."""
    first = min(max(step - MOST_STEPS // 2, 0), max(longest - MOST_STEPS, 0))
    return np.arange(first, min(first + MOST_STEPS, longest))


def indices(matrix: TextMatrix, step: int) -> Figure:
    """Texts (rows) × steps: each cell has its token and its index. A click gives `[step]`."""
    shown = shown_steps(matrix.indices.shape[1], step)
    rows = matrix.tokens[:MOST_ROWS]
    kinds, says, picks = np.zeros((len(rows), len(shown)), int), [], []
    written = []
    for r, tokens in enumerate(rows):
        line = []
        for c, t in enumerate(shown.tolist()):
            index = int(matrix.indices[r, t])
            kind = ("pad", "unknown", "special", "special", "word")[min(index, 4)]
            kinds[r, c] = list(KINDS).index(kind)
            token = tokens[t] if t < len(tokens) else PAD
            line.append(f"{literal(token, 9)}<br><b>{index}</b>")
            fed = f", read as {literal(matrix.words[index])}" if kind == "unknown" else ""
            says.append(f"text {r + 1}, t = {t + FIRST}: {literal(token, 60)}{fed}<br>index {index}")
            picks.append(t)
        written.append(line)
    colours = list(KINDS.values())
    last = len(colours) - 1
    data = [dict(
        type="heatmap",
        z=kinds.astype(np.uint8), x0=int(shown[0]) + FIRST, dx=1, zmin=0, zmax=last, showscale=False, hoverinfo="skip",
        colorscale=[[i / last, colour] for i, colour in enumerate(colours)], xgap=2, ygap=2,
        text=written, texttemplate="%{text}", textfont={"color": INK, "size": 13},
    )]  # fmt: skip
    down, across = (axis.ravel() for axis in np.indices(kinds.shape, np.int32))
    data.append(targets(across + shown[0] + FIRST, down, np.array(picks, np.int32), says))
    return frame(
        data,
        44 * len(rows) + 60,
        ("indices", matrix.tokens[:MOST_ROWS]),
        xaxis={"range": [shown[0] + FIRST - 0.5, shown[-1] + FIRST + 0.5], "dtick": 1, "title": {"text": "step t"},
               "showgrid": False, "side": "bottom"},
        yaxis={"range": [len(rows) - 0.5, -0.5], "tickvals": list(range(len(rows))), "showgrid": False,
               "ticktext": [f"text {i + 1}, length {n}" for i, n in enumerate(matrix.lengths[: len(rows)].tolist())]},
        shapes=[{"type": "rect", "x0": step + FIRST - 0.5, "x1": step + FIRST + 0.5, "y0": -0.5, "y1": len(rows) - 0.5,
                 "line": {"color": palette.ORANGE, "width": 3}}],  # seen between pale cells in light and in dark
        hoverdistance=-1,
        margin=_TIGHT,
    )  # fmt: skip


def one_hot(part: OneHotWindow, words: Sequence[str]) -> Figure:
    """Texts (rows) × columns of the one-hot matrix, one block of columns per step. A click gives `[step]`."""
    r, s, c = part.values.shape
    size, total = len(words), s * c
    places = np.arange(total) + np.repeat(np.arange(s), c)  # an empty column between two steps
    grid = np.full((r, total + s - 1), np.nan, np.float32)
    grid[:, places] = part.values.reshape(r, total)
    names = [words[i] for i in part.columns.tolist()]
    data = [dict(
        type="heatmap",
        z=grid, zmin=0, zmax=1, colorscale=[[0, "#e9eef3"], [1, "#125a9c"]], showscale=False, hoverinfo="skip",
        xgap=1, ygap=1, texttemplate="%{z:.0f}", textfont={"size": 11},
    )]  # fmt: skip
    says, picks = [], []
    for row in range(r):
        for t in part.steps.tolist():
            for index, name in zip(part.columns.tolist(), names, strict=True):
                column = t * size + index
                says.append(f"text {row + 1}, t = {t + FIRST}, word {index} ({literal(name, 40)})<br>"
                            f"column {t} · {size:,} + {index} = {column:,}")  # fmt: skip
                picks.append(t)
    data.append(targets(np.tile(places, r), np.repeat(np.arange(r), total), np.array(picks, np.int32), says))
    middles = places.reshape(s, c).mean(1)
    notes = [{"x": float(x), "y": 1, "yref": "paper", "yanchor": "bottom", "showarrow": False, "font": {"size": 13},
              "text": f"t = {t + FIRST}"} for x, t in zip(middles, part.steps.tolist(), strict=True)]  # fmt: skip
    numbered = [f"{literal(name, 10)} {i}" for i, name in zip(part.columns, names, strict=True)]
    ticks = {"tickvals": places.tolist(), "ticktext": numbered * s, "tickangle": -90, "tickfont": {"size": 10}}
    return frame(
        data,
        26 * r + 150,
        ("one-hot", tuple(names), tuple(part.steps)),
        xaxis={"showgrid": False} | ticks,
        yaxis={"range": [r - 0.5, -0.5], "tickvals": list(range(r)), "ticktext": [f"text {i + 1}" for i in part.rows.tolist()],
               "showgrid": False},
        annotations=notes,
        hoverdistance=-1,
        margin=_TIGHT | {"t": 26},
    )  # fmt: skip


WAYS = {
    ("right", False): ("right, read like tokens", palette.ORANGE, "solid"),
    ("left", False): ("left, read like tokens", "#CC79A7", "solid"),
    ("right", True): ("right, masked", palette.BLUE, "solid"),
    ("left", True): ("left, masked", "#4BA3D9", "dash"),
}
"""Each way to pad: its name and look."""


def pad_curves(counts: np.ndarray, curves: Mapping[tuple[str, bool], np.ndarray], pads: int, title: str) -> Figure:
    """A number against the count of pads, a line each way to pad."""
    data: list[dict[str, Any]] = []
    at = np.arange(len(counts), dtype=np.int32)  # evenly spaced: a few pads matter as much as many
    for way, (name, colour, dash) in WAYS.items():
        data.append(dict(
            type="scatter",
            x=at, y=np.asarray(curves[way], np.float64), name=name, mode="lines+markers",
            line={"color": colour, "dash": dash, "width": 2.5}, marker={"size": 7},
            text=[f"{count} pads" for count in counts.tolist()],
            hovertemplate="%{text}: %{y:.6f}<extra>" + name + "</extra>",
        ))  # fmt: skip
    place = int(np.searchsorted(counts, pads))
    return frame(
        data,
        300,
        ("pads", title),
        xaxis={"tickvals": at.tolist(), "ticktext": [f"{count}" for count in counts.tolist()], "title": {"text": "pads p"}},
        yaxis={"title": {"text": title}, "rangemode": "tozero"},
        shapes=[{"type": "line", "x0": place, "x1": place, "y0": 0, "y1": 1, "yref": "paper",
                 "line": {"color": palette.GREY, "dash": "dot", "width": 2}}],
        showlegend=True,
    )  # fmt: skip


class Part(NamedTuple):
    """A part of a sum: what it is called, its value, `past`, `word` or `bias`, and what hover says of it."""

    name: str
    value: float
    kind: str
    says: str


def largest_terms(terms: GateTerms, unit: int, below: Sequence[str], most: int = 12) -> list[Part]:
    """What a gate's sum is made of: the largest terms first, then the rest added up, then the biases.

    Args:
        unit: u, the row of W and U.
        below: (n,) what the inputs are called.
    """
    times, scale = (f"{name} · " if name else "" for name in (terms.factor_name, terms.word_name))
    past = zip(terms.hidden * terms.factor, terms.weights_hidden, (f"h[{j}]" for j in range(len(terms.hidden))), strict=True)
    word = zip(terms.inputs * terms.word_factor, terms.weights_inputs, below, strict=True)
    parts = [Part(f"{times}W · {name}", float(value), "past", f"{times}W[{unit}, {name[2:-1]}] = {weight:.4f}, times {name}")
             for value, weight, name in past]  # fmt: skip
    parts += [Part(f"{scale}U · {name}", float(value), "word", f"{scale}U[{unit}, {i}] = {weight:.4f}, times {name}")
              for i, (value, weight, name) in enumerate(word)]  # fmt: skip
    parts.sort(key=lambda part: -abs(part.value))
    shown, left = parts[:most], parts[most:]
    for kind, name in (("past", f"{times}W · h"), ("word", f"{scale}U · x")):
        rest = [part.value for part in left if part.kind == kind]
        if rest:
            shown.append(Part(f"{name}: the other {len(rest)}", sum(rest), kind, f"{len(rest)} products added up"))
    if terms.bias or not terms.others:
        shown.append(Part("b", terms.bias, "bias", f"b[{unit}]"))
    shown += [Part(plain(name), value, "bias", plain(name)) for name, value in terms.others.items()]
    inner = Part(f"{times}{terms.inner_name}", terms.factor * terms.inner_bias, "bias", "the bias of W h")
    return shown + [inner] * (terms.inner_bias != 0)


def plain(latex: str) -> str:
    """A short formula of LaTeX in plain signs."""
    signs = {r"\odot": "⊙", r"\mu": "µ", r"\alpha": "α", r"\sigma": "σ", "_{t-1}": "(t−1)", "_t": "(t)", "-": "−"}
    for sign, written in signs.items():
        latex = latex.replace(sign, written)
    return latex


def terms(parts: Sequence[Part], total: float) -> Figure:
    """The terms of a sum as bars, and the sum."""
    looks = {"past": ("W h: from the state before", palette.BLUE), "word": ("U x: from what is read", palette.ORANGE),
             "bias": ("bias", palette.GREY), "sum": ("sum", "#009E73")}  # fmt: skip
    every = [*parts, Part("sum", total, "sum", "b + W h + U x")]
    data: list[dict[str, Any]] = []
    for kind, (name, colour) in looks.items():
        rows = [i for i, part in enumerate(every) if part.kind == kind]
        if rows:
            data.append(dict(
                type="bar",
                y=rows, x=[every[i].value for i in rows], orientation="h", name=name, marker={"color": colour},
                text=[f"{every[i].value:+.4f}" for i in rows], textposition="outside", cliponaxis=False,
                hovertext=[every[i].says for i in rows], hovertemplate="%{hovertext}: %{x:+.6f}<extra></extra>",
            ))  # fmt: skip
    low, high = min(0.0, *(part.value for part in every)), max(0.0, *(part.value for part in every))
    room = 0.16 * ((high - low) or 1)
    return frame(
        data,
        24 * len(every) + 100,
        ("terms", len(every)),
        barmode="overlay",
        bargap=0.25,
        xaxis={"range": [low - room, high + room]},
        yaxis={"range": [len(every) - 0.5, -0.5], "tickvals": list(range(len(every))), "showgrid": False,
               "ticktext": [part.name for part in every]},
        showlegend=True,
    )  # fmt: skip


def amounts(names: Sequence[str], values: Sequence[float], says: Sequence[str], title: str) -> Figure:
    """Amounts as bars, each with its number in words."""
    at: dict[str, Any] = {"tickvals": list(range(len(names))), "ticktext": list(names)}
    data = [dict(
        type="bar",
        y=np.arange(len(names), dtype=np.int32), x=np.asarray(values, np.float64), orientation="h", text=list(says),
        textposition="outside", cliponaxis=False, marker={"color": palette.BLUE}, hoverinfo="skip",
    )]  # fmt: skip
    return frame(
        data,
        30 * len(names) + 70,
        ("amounts", title, tuple(names)),
        bargap=0.3,
        xaxis={"title": {"text": title}, "range": [0, 1.7 * (max(values, default=0) or 1)]},
        yaxis=at | {"range": [len(names) - 0.5, -0.5], "showgrid": False},
        margin=_TIGHT,
    )
