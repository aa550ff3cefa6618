"""The baselines of a dataset: fitted on its training split, scored on dev and test like a network."""

import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rnn_core import baselines, tasks
from rnn_core.data.scoring import Predictions
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
        model.fit(data.pieces("train"), data.pieces("dev"), data.labels)
        figures: dict[str, Any] = {}
        for split in ("dev", "test"):
            if split in data.report.splits:
                figures |= task.figures_of(_scores(task, data, split, model), split)
        found.append(BaselineScores(name, figures, round(time.perf_counter() - began, 3)))
    return tuple(found)


def _scores(task: tasks.Task, data: SavedDataset, split: str, model: baselines.Model) -> Any:
    scorer = task.scorer(data.labels, data.scheme)
    for some in data.pieces(split):
        encoded = task.encode_examples(some, data)
        answers = _flat(model.answers(some))
        scorer.add(encoded, Predictions(answers, np.zeros(len(answers), np.float32), np.nan), task.unseen(encoded, [some]))
    return scorer.scores()


def _flat(answers: Sequence[Any]) -> np.ndarray:
    """As `Predictions.answers`: (m,) for texts, or (steps,) for tokens with −1 at `<sos>` and `<eos>`."""
    found = [number for answer in answers for number in ([-1, *answer, -1] if isinstance(answer, list) else [answer])]
    return np.array(found, np.int64)


