"""Words to matrix of a run that reads one text and writes another."""

from collections.abc import Sequence

from pages.common import inputs, state, text_choice, view_panel, widgets
from pages.understand.matrix.table import TABS_OF_TWO
from rnn_core import tasks
from rnn_core.config import TranslateConfig
from rnn_core.language import tr
from rnn_core.workspace.runs import Run

_MORE = 3
"""Example texts beside the selected one."""


def show(run: Run, shown: Sequence[str]) -> None:
    """The tabs of these names."""
    with widgets.saying_problems():
        task, how = tasks.of(run.config), run.config.data.tokens
        others = [text for text in text_choice.examples(run) if text != state.selection().text][:_MORE]
        more = tuple(tuple(token for token, _, _ in task.cut(text, how)) for text in others)
        read = inputs.of_translation(run, TranslateConfig(), second_text=(more, more))
    for name, tab in state.tabs("part", {name: tr(TABS_OF_TWO[name][0]) for name in shown}).items():
        if tab.open:
            with tab, widgets.saying_problems():
                view_panel.rows(TABS_OF_TWO[name][1], lambda name: True, read)
