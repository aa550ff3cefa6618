"""How the tests of views ask them: a run and a text, and what is chosen."""

from typing import Any

from pages.common.selection import Selection
from rnn_core.analysis.loading import Loaded
from rnn_core.figures.frame import Figure
from rnn_core.results import Trace
from rnn_core.views import encoding
from rnn_core.views.inputs import Inputs, given
from rnn_core.views.view import View


class Looking:
    """A text read by a run and the part that is looked at; called with a view, its result."""

    def __init__(self, run: Loaded, text: Trace, more: dict[str, Any] | None = None, **chosen: Any) -> None:
        self.inputs, self.selection = given(run=run, text=text, **(more or {})), Selection(**chosen)

    def __call__(self, view: View[Any, Any]) -> Any:
        return answer(view, self.inputs, self.selection)


def answer(view: View[Any, Any], inputs: Inputs, chosen: Any = None) -> Any:
    """The result, after making sure that it and its controls come back from bytes and JSON as they were, and how large it is."""
    controls = view.controls() if chosen is None else view.chosen(chosen)
    assert encoding.from_json(view.controls, encoding.to_json(controls)) == controls
    found = view.answer(inputs, controls)
    assert isinstance(found, view.result)
    data = encoding.encode(found)
    back = encoding.decode(view.result, data)
    assert type(back) is type(found) and encoding.encode(back) == data
    assert view.explain(back) == view.explain(found)
    assert encoding.nbytes(found) <= view.most_bytes(inputs.only(view.needs)), view.name
    return found


def figure(view: View[Any, Any], found: Any) -> Figure:
    """The one figure that shows a result."""
    (drawn,) = [part.content for part in view.render(found) if part.kind == "figure"]
    return drawn
