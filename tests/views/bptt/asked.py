"""What the tests of the BPTT page's views look at: a random run and a text full of markup."""

from dataclasses import replace
from typing import Any, Self

from rnn_core.analysis.backward import Backward, backward
from rnn_core.analysis.trace import trace
from rnn_core.data.examples import Example
from rnn_core.views.bptt import Asked, Way
from rnn_core.views.bptt.asked import looked_at
from rnn_core.views.inputs import given
from rnn_core.views.view import View
from rnn_core.workspace import Workspace
from tests.views.looking import answer
from tests.views.test_views import NASTY, loaded


class Looking:
    """A way back and the part that is looked at; called with a view, its result."""

    def __init__(self, way: Backward, **chosen: Any) -> None:
        self.way, self.inputs, self.controls = way, given(target=way), Way(**chosen)

    def __call__(self, view: View[Any, Any]) -> Any:
        return answer(view, self.inputs, self.controls if view.controls is Way else None)

    def but(self, **changes: Any) -> Self:
        """The same with something else chosen."""
        found = type(self)(self.way)
        found.inputs, found.controls = self.inputs, replace(self.controls, **changes)
        return found

    @property
    def asked(self) -> Asked:
        return looked_at(self.inputs, self.controls.settled(self.inputs))


def asked_of(workspace: Workspace, cell: str = "gru", task: str = "classify", **more: object) -> Looking:
    one = loaded(workspace, cell, task, **more)
    target = NASTY[1] if task == "classify" else None
    examples = [Example("", ("film", "film"), NASTY[0] if task == "classify" else NASTY[:2], 0)] * 3
    back = backward(one, trace(one, "\x00".join(NASTY), NASTY), target, examples=examples)
    top = one.config.model.layers - 1
    return Looking(back, step=5, back=2, layer=top, parameter="weight_hh", window=3)
