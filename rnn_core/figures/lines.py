"""What changes along the steps of a text, and along the epochs of a training."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnn_core.config import metric_name
from rnn_core.figures import palette
from rnn_core.figures.frame import (
    FIRST,
    LABEL,
    LEGEND,
    LOWER,
    NO_FADE,
    UNSEEN,
    UPPER,
    Figure,
    chosen,
    frame,
    named,
    rule,
    stacked,
    step_axis,
    step_words,
    steps,
    targets,
)  # fmt: skip
from rnn_core.figures.text import escape
from rnn_core.language import tr
from rnn_core.results import History

FEW_CLASSES = 8
"""Up to this number of classes all are drawn; beyond, those that lead somewhere."""

FEW_STEPS = 200
"""Up to this number of steps each class has points of its own to hover and click; beyond, one row of them for all."""

MOST_POINTS = 1000
"""Points of that row: a screen has no more pixels, and each costs the browser time."""


def beliefs(
    p: np.ndarray,
    labels: Sequence[str],
    tokens: Sequence[str],
    colours: Mapping[str, str],
    decided: int | None = None,
    step: int | None = None,
    cut: tuple[int, int] | None = None,
) -> Figure:
    """The probability of each class at every step. A click gives `[step]`.

    Args:
        p: (T, k).
        labels, tokens: (k,), (T,).
        decided: the decision step, which is marked.
        step: the chosen one.
        cut: the first step that training and evaluation leave out, which is marked, and the end of these; where they begin with
            the text, the end is marked.
    """
    p = np.asarray(p, np.float32)
    count, k = p.shape
    drawn = range(k) if k <= FEW_CLASSES else np.unique(p.argmax(1)).tolist()
    t, picks = steps(count), np.arange(count, dtype=np.int32)
    data: list[dict[str, Any]] = []
    for i in drawn:
        label = labels[i]
        line = {"color": colours[label], "width": 2.5}
        common = {"x": t, "y": np.ascontiguousarray(p[:, i]), "name": escape(label, LABEL), "line": line}
        if count > FEW_STEPS:
            data.append(dict(type="scatter", **common, mode="lines", hoverinfo="skip"))
            continue
        data.append(dict(
            type="scatter",
            **common,
            mode="lines+markers",
            customdata=picks,
            meta=escape(label, 60),  # in the template itself, %{…} in a label would be read
            hovertemplate="p = %{y:.3f}<extra>%{meta}</extra>",
            **UNSEEN,
        ))
    if count > FEW_STEPS:
        lead = p.argmax(1)
        best = p[np.arange(count), lead]
        says = [f"{escape(labels[i], 60)}: p = {value:.3f}" for i, value in zip(lead.tolist(), best.tolist(), strict=True)]
        every = -(-count // MOST_POINTS)
        data.append(targets(t[::every], best[::every], picks[::every], says[::every]))
    marks = [rule(decided, tr("decided at t = {t}", t=FIRST + decided), count)] if decided is not None else []
    if cut is not None:
        ends = cut[0] > 1  # step 0 is <sos>
        at = cut[0] if ends else cut[1]
        words = tr("training cuts before t = {t}", t=FIRST + at) if ends else tr("training begins at t = {t}", t=FIRST + at)
        upright, note = rule(at, words, count)
        x = FIRST + at - 0.5
        marks.append((upright | {"x0": x, "x1": x}, note | {"x": x, "y": 0.94}))
    legend = LEGEND
    if len(drawn) < k:
        said = tr("{drawn} of {k} classes: those that lead at some step ", drawn=len(drawn), k=k)
        legend = LEGEND | {"title": {"text": said, "side": "top"}}
    return frame(
        data,
        300,
        ("beliefs", tokens),
        xaxis=named(step_axis(tokens), step_words(tokens)),
        yaxis={"range": [-0.03, 1.15], "tickvals": [0, 0.25, 0.5, 0.75, 1], "title": {"text": tr("probability")}},
        shapes=[*chosen(step), *(line for line, _ in marks)],
        annotations=[note for _, note in marks],
        legend=legend,
        showlegend=True,
    )


def step_losses(
    losses: np.ndarray,
    tokens: Sequence[str],
    label: str | None = None,
    step: int | None = None,
    counted: np.ndarray | None = None,
    colour: str = palette.BLUE,
    wide: bool = False,
) -> Figure:
    """−log p(label) at each step. A click gives `[step]`.

    Args:
        losses: (T,) in nats; nan where a step has no target.
        label: the target, None when each step has its own.
        counted: (T,) bool, the steps whose loss this run was trained on: their bars are filled, the others hollow.
        wide: whether the figure has the whole width of a page.
    """
    losses = np.asarray(losses, np.float32)
    counted = np.ones(len(losses), bool) if counted is None else np.asarray(counted, bool)
    data: list[dict[str, Any]] = []
    for filled, name in ((True, tr("part of the training loss")), (False, tr("never trained on"))):
        at = np.flatnonzero((counted == filled) & np.isfinite(losses))
        if not len(at):
            continue
        common: dict[str, Any] = {
            "x": (at + FIRST).astype(np.int32),
            "y": losses[at],
            "name": name,
            "hoverinfo": "skip",
        }
        if len(losses) > FEW_STEPS and len(at) > 1:  # thousands of bars would be hairlines, and slow to draw
            fill = palette.faint(colour, 0.6 if filled else 0.15)
            line = {"color": colour, "width": 1}
            data.append(dict(type="scatter", **common, fill="tozeroy", fillcolor=fill, line=line, mode="lines"))
            continue
        line = {"color": colour, "width": 1.5}
        marker = {"color": colour if filled else palette.faint(colour, 0.12), "line": line}
        data.append(dict(type="bar", **common, marker=marker))
    at = np.flatnonzero(np.isfinite(losses)).astype(np.int32)  # each trace would answer with its own nearest step
    data.append(targets(at + FIRST, losses[at], at, tr("loss %{y:.4f} nats")))
    target = tr("label of the step") if label is None else escape(label, LABEL)
    return frame(
        data,
        300,
        ("losses", tokens),
        barmode="overlay",
        bargap=0.25,
        xaxis=named(step_axis(tokens, width=850 if wide else 420), step_words(tokens)),
        yaxis={"rangemode": "tozero", "title": {"text": tr("−log p({target})", target=target)}},
        shapes=chosen(step),
        showlegend=True,
    )


def text_loss(parts: np.ndarray, tokens: Sequence[str], step: int | None = None) -> Figure:
    """w_t L(t) at each step, and the sum up to it, which ends at L. A click gives `[step]`.

    Args:
        parts: (T,) w_t L(t) in nats.
    """
    common: dict[str, Any] = {"x": steps(len(parts)), "customdata": np.arange(len(parts), dtype=np.int32)}
    looks: dict[str, Any] = {"type": "bar", "marker": {"color": palette.BLUE}, **NO_FADE}
    if len(parts) > FEW_STEPS:  # thousands of bars would be hairlines, and slow to draw
        looks = {"type": "scatter", "mode": "lines", "fill": "tozeroy", "line": {"color": palette.BLUE, "width": 1}}
    data: list[dict[str, Any]] = [
        dict(**looks, **common, y=np.asarray(parts, np.float32), name=tr("w L(t) of this step"),
             hovertemplate="w L(t) = %{y:.4f}<extra></extra>"),
        dict(type="scatter", **common, y=np.cumsum(parts).astype(np.float32), name=tr("sum so far, L at the end"), mode="lines",
             line={"color": palette.ORANGE, "width": 2, "shape": "hv"},
             hovertemplate=tr("sum so far %{y:.4f}") + "<extra></extra>"),
    ]  # fmt: skip
    return frame(
        data,
        300,
        ("text loss", tuple(tokens)),
        bargap=0.25,
        xaxis=named(step_axis(tokens, width=850), step_words(tokens)),
        yaxis={"rangemode": "tozero", "title": {"text": "nats"}},
        shapes=chosen(step),
        showlegend=True,
    )


def curves(histories: Mapping[str, History], metric: str, higher: bool = True) -> Figure:
    """Loss of training and dev, and the dev metric that chooses the best epoch (starred), over the epochs.

    Args:
        histories: by the runs' names.
        metric: accuracy, macro_f1, f1 or another that dev is scored by.
        higher: whether its best value is the highest, or the lowest.
    """
    name, key = tr(metric_name(metric)), f"dev_{metric}"
    data: list[dict[str, Any]] = []
    for (run, history), colour in zip(histories.items(), palette.qualitative(max(len(histories), 1)), strict=False):
        look = {"name": escape(run, LABEL), "legendgroup": run, "meta": escape(run, 60)}
        hover = "%{y:.4f}<extra>%{meta} "
        data.append(dict(
            type="scatter",
            x=np.asarray(history.epoch_at, np.float32),
            y=np.asarray(history.losses, np.float32),
            mode="lines" if len(history.losses) > 1 else "lines+markers",  # a line of one point is not seen
            line={"color": colour, "width": 2},
            hovertemplate=hover + tr("train loss") + "</extra>",
            **look,
        ))
        for place, field, dash in ((UPPER, "dev_loss", "dash"), (LOWER, key, "solid")):
            epochs, values = _dev(history, field)
            if not len(epochs):
                continue
            data.append(dict(
                type="scatter",
                x=epochs,
                y=values,
                mode="lines+markers",
                line={"color": colour, "width": 2.5, "dash": dash},
                marker={"size": 6},
                hovertemplate=hover + (tr("dev {name}", name=name) if place == LOWER else tr("dev loss")) + "</extra>",
                showlegend=False,
                **place,
                **look,
            ))
        best = best_epoch(history, metric, higher)
        if best is not None:
            epochs, values = _dev(history, key)
            data.append(dict(
                type="scatter",
                x=[best],
                y=values[epochs == best],
                mode="markers",
                marker={"symbol": "star", "size": 16, "color": colour, "line": {"color": palette.GREY, "width": 1}},
                hovertemplate=tr("best: %{y:.4f}") + "<extra>%{meta}</extra>",
                showlegend=False,
                **LOWER,
                **look,
            ))
    ends = [float(at) for history in histories.values() for at in (*history.epoch_at[-1:], *_dev(history, "dev_loss")[0][-1:])]
    end = max(ends, default=1.0)
    below = {"title": {"text": tr("epoch")}, "range": [-0.02 * end, 1.03 * end],
             "unifiedhovertitle": {"text": tr("epoch %{x:.4~g}")}}  # fmt: skip
    losses = [values for history in histories.values() for values in (history.losses, _dev(history, "dev_loss")[1])]
    scores = tr("dev {name}<br>(★ best)", name=name) if higher else tr("dev {name}<br>(★ best: the lowest)", name=name)
    scored = [_dev(history, key)[1] for history in histories.values()]
    return frame(
        data,
        460,
        ("curves", tuple(histories)),
        **stacked(
            below,
            {"title": {"text": tr("loss in nats<br>(line: train, dashes: dev)")}} | _from_zero(losses),
            {"title": {"text": scores}} | _seen(scored),
        ),
        showlegend=len(histories) > 1,
    )


def _from_zero(values: Sequence[np.ndarray]) -> dict[str, Any]:
    """The range of an axis from 0 to the greatest value, which plotly widens beyond 0 for a single one."""
    return {"range": [0, 1.06 * (max((float(v) for some in values for v in some if np.isfinite(v)), default=0) or 1)]}


def _seen(values: Sequence[np.ndarray]) -> dict[str, Any]:
    """The range of an axis of scores: as plotly chooses it where they differ."""
    different = {float(v) for some in values for v in some}
    return {} if len(different) > 1 else _from_zero(values) | ({"range": [0, 1.03]} if max(different, default=0) <= 1 else {})


def best_epoch(history: History, metric: str, higher: bool = True) -> int | None:
    """The epoch with the best dev metric; None without dev. Ties go to the lower dev loss, then to the earlier epoch.

    Args:
        higher: whether the highest value is the best, or the lowest.
    """
    key = f"dev_{metric}"
    rows = [row for row in history.epochs if row.get(key) is not None]
    if not rows:
        return None
    sign = -1 if higher else 1
    return int(min(rows, key=lambda row: (sign * row[key], _or_infinite(row.get("dev_loss")), row["epoch"]))["epoch"])


def _or_infinite(value: float | None) -> float:
    return float("inf") if value is None else value


def _dev(history: History, field: str) -> tuple[np.ndarray, np.ndarray]:
    """The epochs that have a field, and its values there."""
    rows = [row for row in history.epochs if row.get(field) is not None]
    return np.array([row["epoch"] for row in rows], np.int32), np.array([row[field] for row in rows], np.float32)
