"""Evaluations on disk: scores.json and predictions.parquet in the run's folder, by fingerprint and split."""

import contextlib
import dataclasses
import hashlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pydantic import TypeAdapter

from rnn_core.config import USUAL, DataConfig, EvaluateConfig, Problem, plain, set_options
from rnn_core.data.encodings import open_binary
from rnn_core.language import tr
from rnn_core.results import (
    Answer,
    Answers,
    Breakdown,
    ClassScores,
    Evaluation,
    LeftOut,
    Mistake,
    Scores,
    SpanScores,
    TokenScores,
    TranslationDetail,
    TranslationScores,
)
from rnn_core.workspace import files
from rnn_core.workspace.runs import Run

T = TypeVar("T")
_FINGERPRINT = re.compile(r"[0-9a-f]{8,64}")


BREAKDOWN, DETAIL = 1, 1
"""The format numbers of the scores in detail, of a stream and of translations; those of another format are left out, as in older
evaluations."""


def folder(run: Run, fingerprint: str, split: str, how: EvaluateConfig = USUAL) -> Path:
    """The folder of the evaluation of a run on these data, and of its job.

    Args:
        how: the options; each that differs from its default is part of the name.

    Raises:
        Problem: if the fingerprint is not one.
    """
    if not _FINGERPRINT.fullmatch(fingerprint):
        raise Problem(tr(
            "{fingerprint!r} is not a fingerprint of data. Leave out --key, which is for pages.",
            fingerprint=fingerprint[:60],
        ))
    named = [f"-{name}" if value is True else f"-{name}-{value:g}" for name, value in set_options(how).items()]
    return run.path / "evaluations" / "".join((fingerprint[:16], "-", split, *named))


def key_of_file(path: Path, config: DataConfig) -> str:
    """The key of the data in a file, read with this config. Raises Problem if the file cannot be read."""
    with open_binary(path, path.name) as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
    return hashlib.sha256(json.dumps([content, plain(config)], sort_keys=True).encode()).hexdigest()


def weights_of(run: Run) -> str:
    """The hash of the run's current weights; empty if it has none."""
    try:
        with (run.path / "weights.safetensors").open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return ""


def save(path: Path, evaluate: Callable[[Callable[[Answers], None]], Evaluation]) -> Evaluation:
    """Writes an evaluation into its folder while it is made, so that the answers are never all in memory.

    Args:
        evaluate: makes the evaluation, and passes the answers on in pieces.

    Raises:
        Problem: if the disk is full or the folder cannot be written; an earlier evaluation is then unchanged.
    """
    made: list[Evaluation] = []

    def fill(temporary: Path) -> None:
        writers: list[pq.ParquetWriter] = []
        with contextlib.ExitStack() as stack:

            def keep(some: Answers) -> None:
                if not writers:
                    writers.append(stack.enter_context(pq.ParquetWriter(temporary, _schema(some), compression="zstd")))
                schema = writers[0].schema
                writers[0].write_table(pa.table({name: getattr(some, name) for name in schema.names}, schema=schema))

            made.append(evaluate(lambda some: keep(some) if some.tokens else None))
            if not writers:
                keep(Answers([], [], [], []))

    files.write(path / "predictions.parquet", fill)
    (evaluation,) = made
    head = {name: getattr(evaluation, name) for name in ("run", "data", "texts", "weights", "warnings")}
    head |= {"options": evaluation.options} if evaluation.options else {}
    left_out = [dataclasses.asdict(entry) for entry in evaluation.left_out]
    scores = scores_to_json(evaluation.scores)
    files.write_json(path / "scores.json", head | {"left_out": left_out, "scores": scores}, indent=None)
    return evaluation


def _schema(some: Answers) -> pa.Schema:
    """The columns for answers: one label per text, or a list with one label per token."""
    kinds = {"truths": pa.string(), "answers": pa.string(), "confidences": pa.float64()}
    if any(isinstance(truth, list) for truth in some.truths[:1]):
        kinds = {name: pa.list_(kind) for name, kind in kinds.items()}
    return pa.schema({"tokens": pa.list_(pa.string())} | kinds)


def load(path: Path) -> Evaluation | None:
    """The evaluation in this folder; None if there is none. Raises Problem if it is damaged."""
    if not (path / "scores.json").exists():
        return None
    head = files.read_json(path / "scores.json")
    with _saying_damage():
        return Evaluation(
            head["run"],
            head["data"],
            pq.read_metadata(path / "predictions.parquet").num_rows or head.get("texts", 0),  # for a stream, no rows are kept
            scores_from_json(head["scores"]),
            weights=head["weights"],
            warnings=tuple(head["warnings"]),
            left_out=tuple(LeftOut(e["reason"], e["count"], tuple(e["rows"])) for e in head["left_out"]),
            options=head.get("options") or {name: head[name] for name in ("dynamic",) if name in head},  # of older ones
        )


def answers(path: Path) -> Iterator[Answers]:
    """Yields all answers of an evaluation in pieces. Raises Problem if it is damaged."""
    with _saying_damage(), pq.ParquetFile(path / "predictions.parquet") as file:
        names = ("tokens", "truths", "answers", "confidences")
        for batch in file.iter_batches(256, columns=names):
            yield Answers(*(batch.column(name).to_pylist() for name in names))


def behind(path: Path, truth: str, answer: str, most: int) -> list[Answer]:
    """The answers in one cell of the confusion matrix: most confident first if wrong, least confident first if right.

    Args:
        path: the folder of the evaluation.
        most: the maximum number of answers.

    Raises:
        Problem: if the evaluation is damaged.
    """
    with _saying_damage(), pq.ParquetFile(path / "predictions.parquet") as file:
        found = _where(file, lambda truths, answers: pc.and_(pc.equal(truths, truth), pc.equal(answers, answer)))
        found = found[np.argsort(found["confidence"] if truth == answer else -found["confidence"], kind="stable")][:most]
        return [where for where, _, _ in _answers(file, found)]


def mistakes(path: Path, most: int, each: Callable[[Mistake], T]) -> tuple[list[T], int]:
    """The wrong answers in all cells of the confusion matrix, most confident first, and their total number.

    Args:
        path: the folder of the evaluation.
        most: the maximum number of answers.
        each: maps a mistake to the value that is returned for it, so that the tokens of all mistakes are never held at once.

    Raises:
        Problem: if the evaluation is damaged.
    """
    with _saying_damage(), pq.ParquetFile(path / "predictions.parquet") as file:
        found = _where(file, pc.not_equal)
        first = found[np.argsort(-found["confidence"], kind="stable")][:most]
        return [each(Mistake(*one)) for one in _answers(file, first)], len(found)


def confidences(path: Path) -> tuple[np.ndarray, np.ndarray]:
    """The probability of each answer (m,), and whether it was right (m,); of tags, of all tokens in turn.

    Args:
        path: the folder of the evaluation.

    Raises:
        Problem: if the evaluation is damaged.
    """
    with _saying_damage(), pq.ParquetFile(path / "predictions.parquet") as file:
        columns = [one.combine_chunks() for one in file.read(columns=["truths", "answers", "confidences"]).columns]
        if pa.types.is_list(columns[0].type):
            columns = [one.flatten() for one in columns]
        truths, answers, p = columns
        return p.to_numpy(), pc.equal(truths, answers).to_numpy(zero_copy_only=False)


def _answers(file: pq.ParquetFile, found: np.ndarray) -> Iterator[tuple[Answer, str, str]]:
    """Yields the answers at the given rows and tokens, with the true and the predicted label; reads only their row groups."""
    texts, end, some = np.unique(found["text"]), 0, []
    for group in range(file.num_row_groups):
        start, end = end, end + file.metadata.row_group(group).num_rows
        mine = texts[(start <= texts) & (texts < end)]
        if len(mine):
            some.append(file.read_row_group(group, columns=["tokens", "truths", "answers"]).take(mine - start))
    if not some:
        return
    held = pa.concat_tables(some).combine_chunks()
    for text, token, sure in found.tolist():
        tokens, truth, answer = (held.column(i)[int(np.searchsorted(texts, text))].as_py() for i in range(3))
        if token < 0:
            yield Answer(tokens, None, sure), truth, answer
        else:
            yield Answer(tokens, token, sure), truth[token], answer[token]


def _where(file: pq.ParquetFile, which: Callable[[pa.Array, pa.Array], pa.Array]) -> np.ndarray:
    """The places where `which` is true of truth and answer: text, token (−1 for a whole text) and confidence."""
    found, before = [np.empty(0, [("text", np.int64), ("token", np.int64), ("confidence", np.float64)])], 0
    for batch in file.iter_batches(columns=["truths", "answers", "confidences"]):
        columns = batch.columns
        starts = columns[0].offsets.to_numpy() if (per_token := pa.types.is_list(columns[0].type)) else np.zeros(1)
        truths, answers, confidences = [column.flatten() for column in columns] if per_token else columns
        at = np.flatnonzero(which(truths, answers).to_numpy(zero_copy_only=False))
        here = np.empty(len(at), found[0].dtype)
        text = np.searchsorted(starts - starts[0], at, "right") - 1 if per_token else at
        here["text"], here["token"] = before + text, at - (starts - starts[0])[text] if per_token else -1
        here["confidence"] = confidences.to_numpy()[at]
        found.append(here)
        before += len(batch)
    return np.concatenate(found)


@contextlib.contextmanager
def _saying_damage() -> Iterator[None]:
    try:
        yield
    except (OSError, pa.ArrowException, KeyError, TypeError, ValueError, AttributeError):
        raise Problem(tr("This saved evaluation is damaged. Evaluate again.")) from None


def scores_to_json(scores: Scores | TokenScores | TranslationScores) -> dict[str, Any]:
    """Scores as plain values."""
    values = dataclasses.asdict(scores)
    if isinstance(scores, Scores):
        return values | {"confusion": values["confusion"].tolist()}
    name, number = ("detail", DETAIL) if isinstance(scores, TranslationScores) else ("breakdown", BREAKDOWN)
    detail = values.pop(name)
    return values | ({name: {"format": number, **detail}} if detail else {})


def scores_from_json(values: dict[str, Any]) -> Scores | TokenScores | TranslationScores:
    """The inverse of `scores_to_json`. Raises KeyError, TypeError or ValueError for other values."""
    if "signatures" in values:
        found = _detail(TranslationDetail, values.get("detail"), DETAIL)
        return TranslationScores(**values | {"signatures": tuple(values["signatures"]), "detail": found})
    if "confusion" not in values:
        return TokenScores(**values | {"breakdown": _detail(Breakdown, values.get("breakdown"), BREAKDOWN)})

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


def _detail(kind: type[T], values: dict[str, Any] | None, number: int) -> T | None:
    """Scores in detail; None without any, or if they have another format number."""
    detail = dict(values or {})
    return TypeAdapter(kind).validate_python(detail) if detail.pop("format", None) == number else None
