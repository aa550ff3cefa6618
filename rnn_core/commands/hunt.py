"""`hunt`: the units of a language model are ranked by how well one alone tells a pattern in a corpus, and the hunt is saved."""

import argparse
from pathlib import Path

from rnn_core import tasks
from rnn_core.commands.command import Command, Figures
from rnn_core.commands.shared import ordinary_file, print_findings, progress, run_on_data, watching
from rnn_core.config import SPLITS, Problem
from rnn_core.training import jobs
from rnn_core.workspace import Workspace, evaluations, hunts

MOST_LISTED = 10


def _options(parser: argparse.ArgumentParser) -> None:
    from rnn_core.analysis.hunting import PATTERNS

    parser.add_argument("run", metavar="RUN")
    parser.add_argument("file", metavar="FILE", type=Path, nargs="?")
    parser.add_argument("--on", dest="split_name", choices=SPLITS, help="a split of the run's own dataset, instead of a file")
    patterns = "; ".join(f"{name}: {words}" for name, (words, _) in PATTERNS.items())
    parser.add_argument("--pattern", choices=tuple(PATTERNS), default="quotes", help=f"{patterns} (default: quotes)")
    parser.add_argument("--expression", default="", help="the regular expression of the pattern `expression`")
    of = "h, another part of the state, or a value that the cell keeps, such as a gate (default: h)"
    parser.add_argument("--of", dest="quantity", metavar="QUANTITY", default="h", help=of)
    parser.add_argument("--layer", type=int, default=1, help="counted from 1 (default: 1)")
    parser.add_argument("--file-name", help=argparse.SUPPRESS)


def _hunt(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Ranks the units of a language model by how well each alone tells a pattern in a corpus."""
    run = run_on_data(given, workspace, "read")
    if not tasks.of(run.config).schema.stream:
        raise Problem(f"{run.name} is no language model: it labels texts. Hunt with a run of the task generate.")
    if given.pattern != "expression" and given.expression:
        raise Problem("A regular expression goes with --pattern expression.")
    from rnn_core.analysis.corpus_hunt import hunt_corpus
    from rnn_core.analysis.loading import load
    from rnn_core.data.file_examples import read_examples
    from rnn_core.threads import use_threads
    from rnn_core.views.inspect.looks import quantities

    task, config = tasks.of(run.config), run.config
    data = f"{config.fingerprint}-{given.split_name}" if given.split_name else evaluations.key_of_file(
        ordinary_file(given.file), config.data
    )  # fmt: skip
    where = hunts.folder(run, data, given.pattern, given.expression, given.quantity, given.layer - 1)
    with watching(given, workspace, job, where) as job:
        weights, loaded = evaluations.weights_of(run), load(run)
        if given.quantity not in (offered := quantities(loaded)):
            raise Problem(f"The cell of {run.name} has no {given.quantity!r:.40}. It has {', '.join(offered)}.")
        if not 1 <= given.layer <= config.model.layers:
            raise Problem(f"{run.name} has {config.model.layers} layers, counted from 1: there is no layer {given.layer}.")
        use_threads(config.train.threads)
        if given.split_name:
            saved = workspace.dataset(config.fingerprint)
            pieces, name = saved.pieces(given.split_name), f"{given.split_name} of {saved.name}"
        else:
            name = given.file_name or given.file.name
            read = read_examples(given.file, config.data, task.schema, None, name, progress(job, 0.2), config.data)
            pieces = read.pieces()
            print_findings(read.warnings, read.left_out)
        rows = (example.tokens for piece in pieces for example in piece)
        found = hunt_corpus(loaded, rows, name, given.pattern, given.expression, given.quantity, given.layer - 1,
                            lambda share: job.heed(0.2 + 0.7 * share, "Reading"))  # fmt: skip
        hunts.save(job.folder, found, weights)
    best, yes = found.hunt, found.hunt.share == found.hunt.share
    return {
        "run": run.id, "data": name, "pattern": found.pattern, "of": given.quantity, "layer": given.layer,
        "tokens": found.read, "scored": best.tokens, "score": "balanced accuracy" if yes else "r2", "chance": best.chance,
        "units": [
            {"unit": int(unit), "fitted": float(fitted), "held_out": float(held_out)}
            for unit, fitted, held_out in zip(best.units, best.fitted, best.held_out, strict=True)
        ][:MOST_LISTED],
    } | ({"share": best.share} if yes else {})  # fmt: skip


COMMAND = Command(_hunt, _options, ready_made=True)
