"""`evaluate`: a run is scored on labelled data, and the evaluation saved beside it."""

import argparse
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path

from rnn_core import tasks
from rnn_core.commands.command import Command, Figures
from rnn_core.commands.options import add_columns, add_device, add_options, columns, stated
from rnn_core.commands.shared import (
    ordinary_file,
    print_findings,
    progress,
    run_on_data,
    saying_that_loops_compile,
    watching,
)
from rnn_core.config import SPLITS, EvaluateConfig, Problem, make
from rnn_core.data.examples import Example
from rnn_core.data.schema import TEXT
from rnn_core.results import Answers, Evaluation, LeftOut
from rnn_core.training import jobs
from rnn_core.workspace import Workspace, evaluations


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    add_device(parser)
    parser.add_argument("file", metavar="FILE", type=Path, nargs="?")
    parser.add_argument("--on", dest="split_name", choices=SPLITS, help="a split of the run's own dataset, instead of a file")
    parser.add_argument("--file-name", help=argparse.SUPPRESS)
    parser.add_argument("--key", help=argparse.SUPPRESS)  # what a page calls this evaluation
    add_options(parser, EvaluateConfig)
    add_columns(parser)


@dataclass(frozen=True)
class _Again:
    """Examples that are read anew by each iteration. `read` gives them in pieces."""

    read: Callable[[], Iterator[list[Example]]]

    def __iter__(self) -> Iterator[list[Example]]:
        return self.read()


def _evaluate(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Scores a run on a labelled file, or on a split of its own dataset."""
    run = run_on_data(given, workspace, "evaluate on")
    from rnn_core.analysis.by_distance import by_distance
    from rnn_core.analysis.evaluate import evaluate
    from rnn_core.analysis.loading import load
    from rnn_core.data.file_examples import read_examples
    from rnn_core.threads import use_threads

    task, config = tasks.of(run.config), columns(given, run.config.data)
    how = make(EvaluateConfig, stated(EvaluateConfig, given))
    task.check_evaluation(how)
    if given.split_name:
        key, split = run.config.fingerprint, given.split_name
    else:
        key, split = given.key or evaluations.key_of_file(ordinary_file(given.file), config), "file"
    with watching(given, workspace, job, evaluations.folder(run, key, split, how)) as job, saying_that_loops_compile():
        weights = evaluations.weights_of(run)
        loaded = load(run, given.device)
        use_threads(run.config.train.threads)
        warnings: tuple[str, ...] = ()
        left_out: tuple[LeftOut, ...] = ()
        if given.split_name:
            saved = workspace.dataset(run.config.fingerprint)
            pieces, name = _Again(lambda: saved.pieces(split)), f"{split} of {saved.name}"
            texts = saved.report.splits[split].examples if split in saved.report.splits else 0
        else:
            name = given.file_name or given.file.name
            speech = loaded.speech
            read = read_examples(
                ordinary_file(given.file), config, task.schema, speech.labels, name, progress(job, 0.5), run.config.data,
                {TEXT: speech.vocabulary, **speech.vocabularies},
            )  # fmt: skip
            pieces, texts, warnings, left_out = _Again(read.pieces), read.count, read.warnings, read.left_out
            print_findings(warnings, left_out)
        folders = {how: job.folder}
        fixed = replace(how, dynamic=None)
        static = evaluations.folder(run, key, split, fixed)
        if how.dynamic is not None and not _is_current(static, weights):
            folders = {fixed: static, **folders}  # what it is compared with
        first = 0.0 if given.split_name else 0.5
        share = (1 - first) / len(folders)

        def made(how: EvaluateConfig, begun: float, keep: Callable[[Answers], object]) -> Evaluation:
            found = evaluate(loaded, pieces, texts, name, keep, lambda done: job.heed(begun + done * share, "Answering"), how)
            return replace(found, weights=weights, warnings=warnings, left_out=left_out)

        for number, (one, folder) in enumerate(folders.items()):
            evaluation = evaluations.save(folder, partial(made, one, first + number * share))
    scores = evaluation.scores
    told = "by-distance" in task.views.get("evaluate", ())
    distances = by_distance(evaluations.answers(folder), run.majority) if told else None
    return (
        {
            "run": run.id,
            "data": name,
            "texts": evaluation.texts,
            "left_out": {entry.reason: entry.count for entry in evaluation.left_out},
            "warnings": list(evaluation.warnings),
            "majority_class": run.majority,
        }
        | evaluation.options
        | ({} if how.dynamic is None else {"static_loss": _loss(static)})
        | task.figures_of(scores, "test", run.majority)
        | task.details_of(scores)
        | ({"by_distance": [asdict(group) for group in distances.groups]} if distances else {})
    )


def _is_current(folder: Path, weights: str) -> bool:
    """Whether there is an evaluation of these weights, with all its details."""
    try:
        found = evaluations.load(folder)
    except Problem:
        return False
    return found is not None and found.weights == weights and getattr(found.scores, "breakdown", None) is not None


def _loss(folder: Path) -> float | None:
    found = evaluations.load(folder)
    return found.scores.loss if found else None


COMMAND = Command(_evaluate, _options, ready_made=True)
