"""The tasks. Each other file in this folder is one task, found by its name. Loads no torch.

A task's object defines all that depends on the task: its data, its network, the steps that the loss counts, decoding, scores,
and the words, options and views of pages.
"""

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any, TypeVar

import numpy as np

from rnn_core import config as options_of
from rnn_core.config import TASKS, DataConfig, Problem, RunConfig
from rnn_core.data.guessing import guess_schema
from rnn_core.data.top import Top
from rnn_core.language import tr
from rnn_core.results import Trace
from rnn_core.tasks._base import Fed, Floor, Scorer, Speech, Suggestion, Task, Tick

__all__ = [
    "Fed", "Floor", "Lacking", "Scorer", "Speech", "Suggestion", "Task", "Tick", "by_label", "guess", "make", "names",
    "number_of", "of", "task",
]  # fmt: skip

C = TypeVar("C", DataConfig, RunConfig)


class Lacking(Problem):
    """Raised if there is no task of a name."""


def names() -> tuple[str, ...]:
    """The names of all tasks, from their files, without importing them."""
    return TASKS


@cache
def task(name: str) -> Task:
    """The task of a name. Raises Lacking, a Problem, if there is none."""
    if name not in TASKS:
        raise Lacking(tr("This needs the task {name!r}, which this version lacks. Update the app.", name=name[:60]))
    found: Task = import_module(f"{__name__}.{name}").TASK
    return found


def of(config: DataConfig | RunConfig) -> Task:
    """The task of a dataset or a run."""
    return task(config.data.task if isinstance(config, RunConfig) else config.task)


def make(kind: type[C], values: dict[str, Any]) -> C:
    """A config from plain values, checked by `config.make` and by its task.

    Raises:
        Problem: it names the first option that does not fit, and valid values.
    """
    data = values.get("data") if kind is RunConfig else values
    if isinstance(data, dict) and isinstance(name := data.get("task"), str):
        task(name)
    made = options_of.make(kind, values)
    of(made).check(made)
    return made


def guess(top: Top, stated: DataConfig = DataConfig()) -> str:  # noqa: B008 - immutable
    """Guesses the task of a labelled file from its first rows; returns its name.

    Args:
        stated: options with the known columns.

    Raises:
        Problem: if the file has no rows, or they may be texts as well as tokens.
    """
    schema = guess_schema(top, stated)
    return next((one for one in names() if task(one).schema == schema), names()[0])


def by_label(seen: Trace, rows: np.ndarray) -> list[dict[str, float]]:
    """The probability of each class by name, for each of the rows (m, k)."""
    return [{label: round(float(p), 6) for label, p in zip(seen.labels, row, strict=True)} for row in rows]


def number_of(labels: Sequence[str], label: str) -> int:
    """The index of a label. Raises Problem if it is not one of `labels`."""
    if label not in labels:
        listed = ", ".join(labels[:20]) + (" …" if len(labels) > 20 else "")
        raise Problem(tr("This run has no label {label!r}. Choose one of: {listed}.", label=label[:60], listed=listed))
    return labels.index(label)
