"""Words to matrix of a run that reads one text and writes another."""

from collections.abc import Sequence

from pages.common import cache, inputs, state, view_panel, widgets
from pages.understand.matrix.table import TABS_OF_TWO
from rnn_core.workspace.runs import Run


def show(run: Run, shown: Sequence[str]) -> None:
    """The tabs of these names."""
    with widgets.saying_problems():
        read = inputs.of(run=((str(run.path), cache.version_of(run)), cache.loaded(run)))
    for name, tab in state.tabs("part", {name: TABS_OF_TWO[name][0] for name in shown}).items():
        if tab.open:
            with tab, widgets.saying_problems():
                view_panel.rows(TABS_OF_TWO[name][1], lambda name: True, read)
