"""For teachers: a link to a step with locked controls, a class whose answers are counted, and a large view for a lecture hall."""

from typing import Any
from urllib.parse import urlencode, urlsplit

import streamlit as st

from pages.common import cache, state, widgets
from rnn_core.config import Problem
from rnn_core.language import N_, Reader, reader, tr, tr_n
from rnn_core.lessons import Ask, Lesson
from rnn_core.views.view import literal
from rnn_core.workspace import classes

_EVERY = "3s"
"""How often the overview of a class is renewed."""

_LARGE = """<style>
[data-testid="stSidebar"], [data-testid="stExpandSidebarButton"] { display: none; }
html { font-size: 21px; --large: 1.3; }
[data-testid="stMainBlockContainer"] { padding-top: 1.5rem; max-width: 62rem; }
</style>"""
"""The stylesheet of the large view."""

_KEYS = """
export default function ({ parentElement }) {
  const turn = event => {
    const key = { ArrowRight: "next", PageDown: "next", ArrowLeft: "before", PageUp: "before" }[event.key]
    const typed = event.target.closest?.("input, textarea, [role=slider], [role=radio], [role=listbox], [contenteditable]")
    if (!key || typed || event.ctrlKey || event.metaKey || event.altKey) return
    const button = document.querySelector(`.st-key-lesson-${key} button`)
    if (!button) return
    event.preventDefault()
    button.click()
  }
  document.addEventListener("keydown", turn)
  return () => document.removeEventListener("keydown", turn)
}
"""

_turns_by_keys = st.components.v2.component("unrolled_lesson_keys", html="<span></span>", js=_KEYS, isolate_styles=False)


_TITLES = {
    classes.RIGHT: N_("right at once"), classes.LATER: N_("right later"), classes.WRONG: N_("wrong"),
    classes.SHOWN: N_("shown"), classes.SKIPPED: N_("skipped"),
}  # fmt: skip
"""The title of each outcome."""


def show(head: Any, lesson: Lesson) -> None:
    """The tools of a teacher; in the large view, the way out of it; on a locked link nothing."""
    chosen = state.selection()
    if chosen.present:
        st.html(_LARGE)
        _turns_by_keys(key="lesson-keys")
        head.button(tr("End presentation"), icon=":material/close_fullscreen:", type="tertiary", on_click=state.select,
                    kwargs={"present": False})  # fmt: skip
        return
    if chosen.lock:
        return
    with head.popover(tr("Teach"), icon=":material/co_present:", type="tertiary"):
        st.button(tr("Present"), icon=":material/open_in_full:", on_click=state.select, kwargs={"present": True},
                  help=tr("Large type, no sidebar; → and Page Down turn to the next step, ← and Page Up back."))  # fmt: skip
        lock = st.checkbox(tr("Lock the controls of the views"), key="lesson-lock")
        if chosen.group is None:
            st.button(tr("Open a class"), icon=":material/groups:", on_click=_open, args=(lesson,),
                      help=tr(
                          "Counts how the class answers, without names. A class is deleted when nobody has answered for "
                          "{KEPT_DAYS} days.",
                          KEPT_DAYS=classes.KEPT_DAYS,
                      ))  # fmt: skip
        else:
            st.markdown(tr("Class **{group}**: ", group=literal(chosen.group)) + _count(chosen.group))
            st.toggle(tr("How the class answered"), **state.bound("overview", chosen.overview))
        st.caption(tr("A link to this step for the class:"))
        st.code(link(lesson, lock), language=None, wrap_lines=True)


def link(lesson: Lesson, lock: bool) -> str:
    """The address of the step that is open, in the class that is open."""
    chosen = state.selection()
    place = urlsplit(st.context.url or "")
    values = {"lesson": lesson.name, "at": str(chosen.at)} | ({"lock": "1"} if lock else {})
    values |= {"group": chosen.group} if chosen.group else {}
    values |= {"language": reader().language, "letters": reader().letters} if reader() != Reader() else {}
    return f"{place.scheme}://{place.netloc}/learn?{urlencode(values)}" if place.netloc else f"/learn?{urlencode(values)}"


def _open(lesson: Lesson) -> None:
    try:
        state.select(group=classes.open_class(cache.workspace().root, lesson.name), overview=False)
    except Problem as why:
        st.toast(literal(str(why), 300), icon=":material/error:")


def _count(group: str) -> str:
    try:
        found = classes.learners(cache.workspace().root, group)
    except Problem as why:
        return literal(str(why), 300)
    return tr_n("{n} has answered.", "{n} have answered.", found) if found else tr("nobody has answered yet.")


def note(key: str, outcome: str, answer: str = "") -> None:
    """Counts an answer for the class of this link. Where it cannot be counted, a note says so and the lesson goes on.

    Args:
        key: of the question, `step-block`.
    """
    group = state.selection().group
    if group is None:
        return
    step, block = map(int, key.split("-"))
    try:
        given = classes.Given(state.session().learner, step, block, outcome, answer)
        classes.note(cache.workspace().root, group, given)
    except Problem as why:
        st.toast(literal(str(why), 300), icon=":material/groups:")


def show_overview(lesson: Lesson) -> None:
    """How the class answered, renewed by itself."""

    @st.fragment(run_every=_EVERY)
    def overview() -> None:
        with widgets.saying_problems():
            _table(lesson, state.selection().group or "")

    st.button(tr("Back to the lesson"), icon=":material/arrow_back:", on_click=state.select, kwargs={"overview": False})
    overview()


def _table(lesson: Lesson, group: str) -> None:
    root = cache.workspace().root
    if classes.lesson_of(root, group) != lesson.name:
        raise Problem(tr("This class was opened for another lesson."))
    tallies, count = classes.tallies(root, group), classes.learners(root, group)
    st.markdown(tr_n(
        "{n} learner has answered in class **{group}**.", "{n} learners have answered in class **{group}**.", count,
        group=literal(group),
    ))  # fmt: skip
    step_of, question, most = tr("step"), tr("question"), tr("most frequent wrong answer")
    outcomes = {name: tr(_TITLES[name]) for name in classes.OUTCOMES}
    columns: dict[str, list[Any]] = {name: [] for name in (step_of, question, *outcomes.values(), most)}
    for number, step in enumerate(lesson.steps):
        for block, ask in enumerate(step.blocks):
            if isinstance(ask, Ask):
                tally = tallies.get((number, block), classes.Tally())
                columns[step_of].append(number + 1)
                columns[question].append("".join(part if isinstance(part, str) else "…" for part in ask.question.parts))
                for name, title in outcomes.items():
                    columns[title].append(tally.outcomes[name])
                wrong = tally.wrongs.most_common(1)
                columns[most].append(f"{_named(ask, wrong[0][0])} ({wrong[0][1]})" if wrong else "")
    st.dataframe(columns, hide_index=True, height="content")


def _named(ask: Ask, answer: str) -> str:
    """A wrong answer in a table: the words of an option, or as it was given."""
    if answer in ask.options:
        return "".join(part if isinstance(part, str) else "…" for part in ask.options[answer].parts)
    return f"t = {answer}" if ask.kind == "step" else answer
