"""Unrolled, the first page: the network along a text, a column for each step."""

from collections.abc import Sequence

import streamlit as st

from pages.common import cache, inputs, state, text_choice, view_panel, widgets
from pages.common.unrolled import canvas, circuit, one_unit
from rnn_core import tasks
from rnn_core.analysis.loading import unopened
from rnn_core.config import ModelConfig, Problem, TranslateConfig
from rnn_core.language import tr
from rnn_core.language.retold import retold
from rnn_core.results import OVERFLOW
from rnn_core.views import view
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import literal
from rnn_core.workspace.runs import Run

view_panel.COMPONENTS["circuit"] = circuit.show

MOST_ADDED = 60
"""Tokens that a network adds to the text."""

head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
head.title("Unrolled", width="stretch")
head.page_link("pages/learn/learn.py", label=tr("New to this? Take the lessons"), icon=":material/school:", width="content")
st.caption(
    tr(
        "**Unrolled** trains a recurrent network on your own text and shows what happens inside it, step by step. Here a "
        "network reads a text: it keeps one state, and at each word it makes a new one from the old one and the word, "
        "always with the same parameters. Type a text of your own, press Play, or point at anything.",
    )
)


def _open_unit(run: Run, text: str) -> None:
    """The panel of the unit that was opened: its cell as a circuit and as equations with numbers, and the terms of a sum."""
    chosen, model = state.selection(), run.config.model
    if chosen.unit is None or chosen.step is None or chosen.unit >= model.hidden:
        return
    read = inputs.of_text(run, text=text)
    held = view("circuit").chosen(chosen).settled(read)
    st.divider()
    head, close = st.columns([5, 1], vertical_alignment="center")
    head.subheader(_opened(held.unit, held.layer, held.direction, held.at + 1, model))
    close.button(tr("Close"), icon=":material/close:", width="stretch", on_click=state.select, kwargs={"unit": None})
    view_panel.rows((("circuit",), ("terms",)), lambda name: True, read)


def _opened(unit: int, layer: int, direction: int, t: int, model: ModelConfig) -> str:
    """Which unit is open, and at which step: its layer and direction where there are several."""
    place = {"unit": unit, "layer": layer + 1, "t": t}
    if not model.bidirectional:
        if model.layers > 1:
            return tr("Unit {unit} of layer {layer} opened at t = {t}", **place)
        return tr("Unit {unit} opened at t = {t}", **place)
    if model.layers > 1:
        if direction:
            return tr("Unit {unit} of layer {layer} from the end opened at t = {t}", **place)
        return tr("Unit {unit} of layer {layer} from the start opened at t = {t}", **place)
    if direction:
        return tr("Unit {unit} from the end opened at t = {t}", **place)
    return tr("Unit {unit} from the start opened at t = {t}", **place)


@st.fragment
def _picture() -> None:
    """The text and the picture, which run again without the rest of the page."""
    run = text_choice.run_and_text("unrolled", fitting=True)
    pair = tasks.of(run.config).translates
    with widgets.saying_problems():
        name, read, warnings = (_pair if pair else _text)(run)
        for warning in warnings:
            st.warning(literal(retold(warning), 300), icon=":material/help:")
        view_panel.show(view(name), read)
        if not pair:
            _open_unit(run, read.trace.text)
    if canvas.asked_for_page():
        st.switch_page("pages/read/translate/translate.py" if pair else "pages/read/inspect/inspect.py")


def _text(run: Run) -> tuple[str, Inputs, Sequence[str]]:
    """The view of the selected text, its inputs, and warnings. Raises Problem."""
    picture, task, text = state.selection().picture, tasks.of(run.config), state.selection().text or ""
    writes = "unrolled-writing" in task.views["unrolled"]
    prompt = len(task.cut(text, run.config.data.tokens)) if writes else 0
    if writes and (added := _added()):
        text = cache.continued(run, text, added)
    if picture == "backwards":
        name, read = "unrolled-back", inputs.of_text(run, text=text, target=inputs.way_back(run, text))
    elif picture == "over" and unopened(run).updates:
        name, read = "unrolled-over", inputs.of_text(run, text=text)
    else:
        name = task.views["unrolled"][0]
        read = inputs.of_text(run, False, text, **({"prompt": (prompt, prompt)} if writes else {}))
    if read.trace.overflows:
        raise Problem(tr(OVERFLOW))
    return name, read, read.trace.warnings


def _added() -> int:
    """How many tokens the network adds to the text."""
    value = min(state.selection().added, MOST_ADDED)
    st.slider(tr("Tokens that the network writes after it"), 0, MOST_ADDED, **state.bound("added", value))
    return value


def _pair(run: Run) -> tuple[str, Inputs, Sequence[str]]:
    """The same for the selected text and its translation, by greedy search."""
    if state.selection().picture == "backwards":
        read = inputs.pair_way_back(run)
        return "unrolled-pair-back", read, read.pair.translation.warnings
    read = inputs.of_translation(run, TranslateConfig())
    if read.translation.overflows:
        raise Problem(tr(OVERFLOW))
    return "unrolled-pair", read, read.translation.warnings


_picture()
by_hand = st.expander(tr("One unit, by hand"), key="by-hand", on_change="rerun")
if by_hand.open:
    with by_hand:
        one_unit.show()
cache.torch_ahead()
