"""What the tests of the BPTT page's views look at: a random run and a text full of markup."""

from rnn_core.analysis.trace import trace
from rnn_core.data.examples import Example
from rnn_core.views.bptt import Asked, backward
from rnn_core.workspace import Workspace
from tests.views.test_views import NASTY, loaded


def asked_of(workspace: Workspace, cell: str = "gru", task: str = "classify", **more: object) -> Asked:
    one = loaded(workspace, cell, task, **more)
    target = NASTY[1] if task == "classify" else None
    examples = [Example("", ("film", "film"), NASTY[0] if task == "classify" else NASTY[:2], 0)] * 3
    back = backward(one, trace(one, "\x00".join(NASTY), NASTY), target, examples=examples)
    top = one.config.model.layers - 1
    return Asked(back, 5, 2, top, 0, "weight_hh", 3)
