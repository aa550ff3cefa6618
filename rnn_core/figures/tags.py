"""The answers of labelling: one tag per token, with its probability."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from rnn_core.figures.frame import LABEL, NO_FADE, Figure, chosen, frame, step_axis, step_words, steps
from rnn_core.figures.palette import literal
from rnn_core.results import Trace


def confidences(trace: Trace, colours: Mapping[str, str], step: int | None = None) -> Figure:
    """One bar per token: its height the probability of its tag, its colour the tag. A click gives `[step]`.

    `<sos>` and `<eos>` have no tag and no bar.
    """
    count = len(trace.tokens)
    inner = np.arange(count)[1:-1]
    best = trace.readouts.argmax(1)
    words = step_words(trace.tokens)
    data: list[dict[str, Any]] = []
    for i in np.unique(best[inner]).tolist():
        at = inner[best[inner] == i]
        label = trace.labels[i]
        data.append(dict(
            type="bar",
            x=steps(count)[at],
            y=np.ascontiguousarray(trace.readouts[at, i], np.float32),
            name=literal(label, LABEL),
            width=0.86,  # the same for all: left to itself, plotly takes the gaps within each tag
            marker={"color": colours[label]},
            customdata=at.astype(np.int32),
            hovertext=[words[t] for t in at.tolist()],
            meta=literal(label, 60),
            hovertemplate="%{hovertext}<br>%{meta}: p = %{y:.3f}<extra></extra>",
            **NO_FADE,
        ))
    return frame(
        data,
        300,
        ("confidences", trace.text),
        barmode="overlay",
        shapes=chosen(step),
        xaxis=step_axis(trace.tokens),
        yaxis={"range": [0, 1.02], "title": {"text": "probability of the tag"}},
        showlegend=True,
    )
