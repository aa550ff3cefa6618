"""A view on a page: its question, its explanation one click away, what is chosen, and the components that show it."""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from itertools import groupby
from typing import Any

import streamlit as st

from pages.common import charts, state
from pages.common.bounded import kept
from rnn_core.figures.frame import Figure
from rnn_core.language import tr
from rnn_core.views import view as named
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Code, Controls, Part, Table, View

_COLUMNS = st.column_config

MOST_ROWS = 24
"""Up to this number of rows all of a table is seen; of more, some, and the others on scrolling."""

CODE_HEIGHT = 480
"""In pixels; more of a file is seen on scrolling."""

_BELOW_EACH_OTHER = """<style>[class*="st-key-beside-"] > [data-testid="stLayoutWrapper"] > [data-testid="stHorizontalBlock"]
> [data-testid="stColumn"] {min-width: min(100%, 22rem)}</style>"""
"""Views of one row stand below each other where the page is too narrow for both."""


@kept(256 << 20, 1024)
def keep(key: Any, _compute: Callable[[], Any]) -> Any:
    """Results of views, and what several of them share, for everybody, by their keys."""
    return _compute()


def rows(
    table: Sequence[Sequence[str]],
    fits: Callable[[str], bool],
    inputs: Inputs,
    led: str | None = None,
    others: Mapping[str, Callable[[], None]] = {},
    **fixed: Any,
) -> None:
    """The views of a page's table that fit, those of one row side by side.

    Args:
        led: the view whose choices stand elsewhere.
        others: what a page has of its own among the views, by the names in its table.
        fixed: controls that the page chooses.
    """
    for row in table:
        shown = [name for name in row if fits(name)]
        places: Sequence[AbstractContextManager[Any]] = [nullcontext()]
        if len(shown) > 1:
            with st.container(key=f"beside-{shown[0]}"):
                st.html(_BELOW_EACH_OTHER)
                places = st.columns(len(shown), gap="medium")
        for place, name in zip(places, shown, strict=False):
            with place:
                if name in others:
                    others[name]()
                else:
                    show(named(name), inputs, name != led, **fixed)


def show(view: View[Any, Any], inputs: Inputs, choices: bool = True, **fixed: Any) -> None:
    """A view, whose controls are those of the selection; a click chooses what it stands for.

    Args:
        choices: whether the controls can be chosen here.
        fixed: controls that the page chooses.
    """
    controls = view.chosen(state.selection(), **fixed).settled(inputs.only(view.needs))
    found = view.answer(inputs, controls)
    question = view.heading(found) if view.heading else tr(view.question)
    if view.question:
        _head(view, question, view.explain(found))
    if choices:
        choose(view, inputs, controls, fixed)
    key, drawn = f"view-{view.name}", 0
    for fold, parts in groupby(view.render(found), lambda part: part.fold):
        with st.expander(fold) if fold else nullcontext():
            for part in parts:
                drawn += part.kind == "figure"
                _show_part(part, key if drawn < 2 else f"{key}-{drawn}", question, view.pick)


def choose(
    view: View[Any, Any], inputs: Inputs, controls: Controls | None = None, fixed: Collection[str] = (), titled: bool = False
) -> None:
    """The widgets of a view's controls.

    Args:
        controls: the settled ones; None: those of the selection.
        fixed: those that cannot be chosen.
        titled: whether the titles of rows and boxes are seen, which then stand where the page puts them.
    """
    needed = inputs.only(view.needs)
    controls = controls or view.chosen(state.selection()).settled(needed)
    offered = [one for one in view.choices(needed, controls) if one.field not in fixed and len(one.values) > 1]
    where = st.container(horizontal=True, vertical_alignment="bottom") if len(offered) > 1 and not titled else st
    for one in offered:
        value = getattr(controls, one.field) if one.shown is None else one.shown
        seen: dict[str, Any] = {"label_visibility": "visible" if titled else "collapsed"}
        if one.form == "slider":
            where.slider(one.title, *one.values, **state.bound(one.field, value))
        elif one.form == "number":
            low, high = one.values
            where.number_input(one.title, low, high, help=one.help, width=160,
                               placeholder=tr("{low} to {high}", low=low, high=high),
                               **state.bound(one.field, value))  # fmt: skip
        elif one.form == "step":
            where.number_input(one.title, *one.values, help=one.help, width=160,
                               **state.bound(one.field, value + 1, lambda t: t - 1))  # fmt: skip
        elif one.form == "box":
            where.selectbox(one.title, one.values, format_func=one.words, **seen,
                            **state.bound(one.field, value, lambda value: None if value == "" else value))  # fmt: skip
        else:
            where.segmented_control(one.title, one.values, format_func=one.words, required=True, wrap=True, **seen,
                                    **state.bound(one.field, value))  # fmt: skip


def _head(view: View[Any, Any], question: str, explained: str) -> None:
    """The question, and the button that explains it, whose name holds the question, though that is not seen there again."""
    head = st.container(horizontal=True, vertical_alignment="center", gap="small", key=f"head-{view.name}")
    head.markdown(f"##### {question}")
    name, event = tr("Formula:gray[: {question}]", question=question), f"opened {view.name}"
    heard: Any = (lambda: state.happened(event)) if event in state.session().awaited else "ignore"
    with head.popover(name, type="tertiary", width="content", key=f"formula-{view.name}", on_change=heard,
                      help=tr("How this is computed, with these numbers")):  # fmt: skip
        st.markdown(explained)


def _show_part(part: Part, key: str, question: str, pick: Callable[[list[Any]], dict[str, Any]] | None) -> None:
    if part.kind == "figure":
        _chart(part.content, key, question, pick)
    else:
        COMPONENTS[part.kind](part.content)


def _table(table: Table) -> None:
    config: dict[str, Any] = {name: _COLUMNS.NumberColumn(format=how) for name, how in table.formats.items()}
    config |= {name: _COLUMNS.TextColumn(width=width) for name, width in table.widths.items()}
    rows = max(map(len, table.columns.values()), default=0)
    height: Any = table.height or ("content" if rows <= MOST_ROWS else "auto")
    st.dataframe(table.columns, hide_index=True, column_config=config, height=height, placeholder="")


def _chart(drawn: Figure, key: str, question: str, pick: Callable[[list[Any]], dict[str, Any]] | None) -> None:
    def picked() -> None:
        points = st.session_state[key]["selection"]["points"]
        if points and pick:
            data = points[0].get("customdata")
            if data is not None:
                values = [data[i] for i in sorted(data)] if isinstance(data, dict) else data
                state.select(**pick(values if isinstance(values, list) else [values]))

    if least := drawn["layout"].get("meta", {}).get("least"):  # where that is too wide for the page, it scrolls
        st.html(f"<style>.st-key-{key} {{overflow-x: auto}} .st-key-{key} > div {{min-width: {least}px}}</style>")
    charts.draw(drawn, key, question, picked if pick else None)


def _code(code: Code) -> None:
    st.download_button(tr("Download {file}", file=code.file), code.source, code.file, "text/plain", key=f"download-{code.file}",
                       icon=":material/download:", on_click="ignore")  # fmt: skip
    st.code(code.source, code.language, height=CODE_HEIGHT)


COMPONENTS: dict[str, Callable[[Any], object]] = {
    "table": _table, "code": _code, "text": st.markdown, "caption": st.caption, "formula": st.latex,
}  # fmt: skip
"""What shows a part of a result, by its kind, beside figures. A page may add a component of its own."""
