"""How much the seed decides, where a run was trained with several."""

import contextlib
import math

import streamlit as st

from pages.common.cache import workspace
from rnn_core import tasks
from rnn_core.analysis.seeds import spread
from rnn_core.config import Problem, metric_name
from rnn_core.language import tr
from rnn_core.workspace.runs import Run

SPLITS = ("test", "dev")


def say(run: Run) -> None:
    """The mean over the runs that differ from this one in their seed alone, and its 95% interval, where there are any."""
    with contextlib.suppress(Problem):
        task = tasks.of(run.config)
        metric, (least, most) = task.metric(run.speech.scheme), (0.0, 1.0 if task.higher_is_better else math.inf)
        figures = {one.config.train.seed: one.metrics() for one in workspace().seeds(run)}
        split = next((split for split in SPLITS if f"{split}_{metric}" in figures[run.config.train.seed]), None)
        scores = [one[f"{split}_{metric}"] for one in figures.values() if f"{split}_{metric}" in one]
        if found := spread(scores):
            st.caption(tr(
                ":material/casino: {count} runs differ in their seed alone. Their mean {metric} on {split} is {mean:.4f}, with a "
                "95% interval from {low:.4f} to {high:.4f}; this run, with seed {seed}, has {own:.4f}.",
                count=found.scores, metric=metric_name(metric), split=split, mean=found.mean,
                low=max(least, found.low),
                high=min(most, found.high), seed=run.config.train.seed, own=figures[run.config.train.seed][f"{split}_{metric}"],
            ))  # fmt: skip
