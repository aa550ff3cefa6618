"""Evaluations on disk: scores.json and predictions.parquet in the run's folder, by fingerprint and split."""

import dataclasses
import hashlib
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rnn_core.config import DataConfig, Problem, plain
from rnn_core.data.encodings import open_binary
from rnn_core.results import ClassScores, Evaluation, LeftOut, Scores, SpanScores
from rnn_core.workspace import files
from rnn_core.workspace.runs import Run


def folder(run: Run, fingerprint: str, split: str) -> Path:
    """Where the evaluation of this run on this data lies, and its job."""
    return run.path / "evaluations" / f"{fingerprint[:16]}-{split}"


def key_of_file(path: Path, config: DataConfig) -> str:
    """What names the data in a file, read in this way. Raises Problem when the file cannot be read."""
    with open_binary(path, path.name) as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(json.dumps([content, plain(config)], sort_keys=True).encode()).hexdigest()


def weights_of(run: Run) -> str:
    """What names the run's weights as they are now; empty while it has none."""
    try:
        with (run.path / "weights.safetensors").open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def save(path: Path, evaluation: Evaluation) -> None:
    """Writes an evaluation into its folder."""
    columns = {name: getattr(evaluation, name) for name in ("tokens", "truths", "answers", "confidences")}
    table = pa.table(columns) if evaluation.tokens else pa.table({name: [] for name in columns})
    files.write(path / "predictions.parquet", lambda temporary: pq.write_table(table, temporary, compression="zstd"))
    head = {name: getattr(evaluation, name) for name in ("run", "data", "weights", "warnings")}
    left_out = [dataclasses.asdict(entry) for entry in evaluation.left_out]
    files.write_json(path / "scores.json", head | {"left_out": left_out, "scores": scores_to_json(evaluation.scores)})


def load(path: Path) -> Evaluation | None:
    """The evaluation in this folder, None when there is none. Raises Problem when damaged."""
    if not (path / "scores.json").exists():
        return None
    head = files.read_json(path / "scores.json")
    try:
        columns = pq.read_table(path / "predictions.parquet").to_pydict()
        return Evaluation(
            head["run"],
            head["data"],
            scores_from_json(head["scores"]),
            weights=head["weights"],
            warnings=tuple(head["warnings"]),
            left_out=tuple(LeftOut(e["reason"], e["count"], tuple(e["rows"])) for e in head["left_out"]),
            **columns,
        )
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError):
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
