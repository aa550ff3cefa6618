"""Evaluations on disk: scores.json and predictions.parquet in the run's folder, by fingerprint and split."""

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rnn_core.config import Problem
from rnn_core.results import ClassScores, Evaluation, Scores, SpanScores
from rnn_core.workspace import files
from rnn_core.workspace.runs import Run


def folder(run: Run, fingerprint: str, split: str) -> Path:
    """Where the evaluation of this run on this data lies, and its job."""
    return run.path / "evaluations" / f"{fingerprint[:16]}-{split}"


def save(path: Path, evaluation: Evaluation) -> None:
    """Writes an evaluation into its folder."""
    columns = {name: getattr(evaluation, name) for name in ("tokens", "truths", "answers", "confidences")}
    table = pa.table(columns) if evaluation.tokens else pa.table({name: [] for name in columns})
    files.write(path / "predictions.parquet", lambda temporary: pq.write_table(table, temporary, compression="zstd"))
    head = {"run": evaluation.run, "data": evaluation.data, "scores": scores_to_json(evaluation.scores)}
    files.write_json(path / "scores.json", head)


def load(path: Path) -> Evaluation | None:
    """The evaluation in this folder, None when there is none. Raises Problem when damaged."""
    if not (path / "scores.json").exists():
        return None
    head = files.read_json(path / "scores.json")
    try:
        columns = pq.read_table(path / "predictions.parquet").to_pydict()
        return Evaluation(head["run"], head["data"], scores_from_json(head["scores"]), **columns)
    except (OSError, pa.ArrowException, KeyError, TypeError):
        raise Problem("This saved evaluation is damaged. Evaluate again.") from None


def scores_to_json(scores: Scores) -> dict[str, Any]:
    """Scores as plain values."""
    return dataclasses.asdict(scores) | {"confusion": scores.confusion.tolist()}


def scores_from_json(values: dict[str, Any]) -> Scores:
    """The inverse of `scores_to_json`. Raises KeyError or TypeError on anything else."""

    def classes(entries: list[dict[str, Any]]) -> tuple[ClassScores, ...]:
        return tuple(ClassScores(**entry) for entry in entries)

    spans = values["spans"]
    return Scores(
        **values
        | {
            "labels": tuple(values["labels"]),
            "confusion": np.array(values["confusion"], np.int64),
            "per_class": classes(values["per_class"]),
            "spans": spans and SpanScores(**spans | {"per_type": classes(spans["per_type"])}),
        }
    )
