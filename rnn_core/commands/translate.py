"""`translate`: a run writes the translation of a text."""

import argparse

from rnn_core import tasks
from rnn_core.commands.command import Command, Figures
from rnn_core.commands.options import add_device, add_options, stated
from rnn_core.config import Problem, TranslateConfig, make, plain
from rnn_core.training import jobs
from rnn_core.workspace import Workspace


def _options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("run", metavar="RUN")
    add_device(parser)
    parser.add_argument("text", metavar="TEXT")
    add_options(parser, TranslateConfig)


def _translate(given: argparse.Namespace, workspace: Workspace, job: jobs.Job) -> Figures:
    """Translates a text with a run of translation."""
    from rnn_core.analysis.loading import load

    run, how = workspace.run(given.run), make(TranslateConfig, stated(TranslateConfig, given))
    task = tasks.of(run.config)
    if not task.translates:
        raise Problem(f"A run of {task.short} does not translate: choose a run of translation.")
    cut = [token for token, _, _ in task.cut(given.text, run.config.data.tokens)]
    if not cut:
        raise Problem("There is nothing to translate. Type a text.")
    loaded = load(run, given.device)
    ((text, p),) = task.translate(loaded.network, run.config, [cut], run.speech, how)
    return {"run": run.id, "source": given.text, "text": text, "probability": round(p, 6), **plain(how)}


COMMAND = Command(_translate, _options, writes=False, ready_made=True)
