"""The baselines of a dataset: fitted on its training split, scored on dev and test like a network."""

import time
from collections.abc import Callable
from typing import Any

from rnn_core import baselines, tasks
from rnn_core.results import BaselineScores
from rnn_core.workspace.datasets import SavedDataset


def compared(data: SavedDataset, tick: Callable[[float, str], object] = lambda share, name: None) -> tuple[BaselineScores, ...]:
    """Fits and scores the baselines that the task of a dataset names, in its order.

    Args:
        tick: hears the share done and the name of the baseline that is next; what it raises ends the work.
    """
    task = tasks.of(data.config)
    found = []
    for number, name in enumerate(task.baselines):
        tick(number / len(task.baselines), name)
        began = time.perf_counter()
        model = baselines.model(name, data.config)
        speech, train = task.learned(data, data.pieces("train"))
        model.fit(train, task.learned(data, data.pieces("dev"))[1], speech)
        figures: dict[str, Any] = {}
        for split in ("dev", "test"):
            if split in data.report.splits:
                figures |= task.floor(model, *task.learned(data, data.pieces(split)), split)
        found.append(BaselineScores(name, figures, round(time.perf_counter() - began, 3)))
    return tuple(found)
