"""The answers of sequence tagging: one tag per token, with its probability."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnn_core.figures.frame import LABEL, Figure, chosen, frame, named, step_axis, step_words, steps, targets
from rnn_core.figures.text import escape
from rnn_core.language import tr


def confidences(
    p: np.ndarray, labels: Sequence[str], tokens: Sequence[str], colours: Mapping[str, str], step: int | None = None
) -> Figure:
    """One bar per token: its height the probability of its tag, its colour the tag. A click gives `[step]`.

    `<sos>` and `<eos>` have no tag and no bar.

    Args:
        p: (T, k) the probabilities.
        labels, tokens: (k,), (T,).
    """
    count = len(tokens)
    inner = np.arange(count)[1:-1]
    best = p.argmax(1)
    data: list[dict[str, Any]] = []
    for i in np.unique(best[inner]).tolist():
        at = inner[best[inner] == i]
        label = labels[i]
        data.append(dict(
            type="bar",
            x=steps(count)[at],
            y=np.ascontiguousarray(p[at, i], np.float32),
            name=escape(label, LABEL),
            width=0.86,  # the same for all: left to itself, plotly takes the gaps within each tag
            marker={"color": colours[label]},
            hoverinfo="skip",
        ))
    says = [f"{escape(labels[best[t]], 60)}: p = {p[t, best[t]]:.3f}" for t in inner.tolist()]
    data.append(targets(steps(count)[inner], p[inner, best[inner]], inner.astype(np.int32), says))  # one for all tags
    return frame(
        data,
        300,
        ("confidences", tuple(tokens)),
        barmode="overlay",
        shapes=chosen(step),
        xaxis=named(step_axis(tokens), step_words(tokens)),
        yaxis={"range": [0, 1.02], "title": {"text": tr("probability of the tag")}},
        showlegend=True,
    )
