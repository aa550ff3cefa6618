"""One lesson: the step that is open, what is to be done in it, and the way through."""

import contextlib
from dataclasses import fields
from typing import Any

import streamlit as st

from pages.common import cache, run_choice, running, state, view_panel, widgets
from pages.common.selection import Selection
from pages.common.unrolled import canvas, circuit
from pages.learn import asking, doing, looked, teaching
from pages.learn.progress import Progress, from_link
from pages.read.inspect import chips
from pages.read.translate import alignment
from pages.understand.evaluate import rows
from rnn_core import tasks
from rnn_core.analysis.loading import unopened
from rnn_core.config import Problem
from rnn_core.language import tr, translated
from rnn_core.lessons import Ask, Do, Faulty, Lesson, Quantities, Said, Shown, Step
from rnn_core.lessons.fences import UNROLLED
from rnn_core.lessons.quantities import chosen, held
from rnn_core.lessons.reading import outline
from rnn_core.results import OVERFLOW
from rnn_core.views import view
from rnn_core.views.view import View
from rnn_core.workspace import lessons as files
from rnn_core.workspace.runs import Run

view_panel.COMPONENTS |= {
    "unrolled": canvas.show, "circuit": circuit.show, "rows": rows.texts, "tokens": chips.tokens, "running": running.text,
    "alignment": alignment.beside,  # no attention is set by hand
}  # fmt: skip


_KEPT = ("lesson", "lock", "present", "group", "overview", "private", "dataset", "job")
"""Of the selection, what stays when a step is entered."""


def begin(lesson: Lesson, name: str) -> None:
    """Opens a lesson: its first step that is not finished, or all of it again."""
    progress = state.session().lessons.get(name)
    if progress is None or len(progress.finished) == len(lesson.steps):
        progress = state.session().lessons[name] = Progress()
    at = next(step for step in range(len(lesson.steps)) if step not in progress.finished)
    state.select(lesson=name, run=None)
    enter(lesson, progress, at)


def run_at(lesson: Lesson, at: int) -> Run:
    """The run of a step, counted from 0: the one that the lesson names; the chosen one of the same task where it takes any.

    Raises:
        Problem: if the named run is not here.
    """
    named, chosen = looked.run_of(lesson.given_at(at)["run"]), state.selection().run
    if lesson.own and chosen not in (None, named.id):
        with contextlib.suppress(Problem):
            run = cache.workspace().run(chosen)
            if run.trained and run.config.data.task == named.config.data.task:
                return run
    return named


def enter(lesson: Lesson, progress: Progress, at: int) -> None:
    """Opens a step, counted from 0, with what is looked at there. Where the run is not here, the page says so."""
    state.session().happened.clear()
    usual = {one.name: one.default for one in fields(Selection) if one.name not in _KEPT}  # whatever other views chose
    given, controls = lesson.given_at(at), controls_of(lesson.steps[at])
    try:
        run: str | None = run_at(lesson, at).id
    except Problem:
        run = None
    looks = {"run": run, "text": given.get("text", ""), "label": given.get("label"), "loss": given.get("loss")}
    state.select(**usual | controls | looks | {"at": at + 1, "done": progress.link})


def leave() -> None:
    """Back to the list."""
    state.select(lesson=None, lock=False, present=False, group=None, overview=False)


def controls_of(step: Step) -> dict[str, Any]:
    """What its views show at first, as far as a link holds it."""
    return {field: value for block in step.blocks if isinstance(block, Shown) for field, value in block.controls.items()
            if hasattr(state.selection(), field)}  # fmt: skip


def show(name: str) -> None:
    """The page of a lesson."""
    from pages.learn.listing import load

    head = st.container(horizontal=True, horizontal_alignment="distribute", vertical_alignment="center")
    head.button(tr("All lessons"), icon=":material/arrow_back:", type="tertiary", on_click=leave)
    try:
        lesson = load(name)
    except Faulty as why:
        st.error(str(why), icon=":material/rule:")
        return
    except Problem as why:
        widgets.problem(why)
        return
    progress = state.session().lessons.setdefault(name, from_link(state.selection().done, lesson))
    at = max(0, min(state.selection().at, len(lesson.steps)) - 1)
    step = lesson.steps[at]
    if not _stands(lesson, at):
        enter(lesson, progress, at)
    teaching.show(head, lesson)
    st.title(lesson.title)
    if state.selection().overview:
        teaching.show_overview(lesson)
        return
    _show_way(lesson, progress, at)
    with widgets.saying_problems():
        if lesson.own:
            _choose_run(lesson, at)
        now = looked.now(lesson.given_at(at), run_at(lesson, at))
    quantities = held(now.resolve, chosen(**{name: getattr(state.selection(), name) for name in ("step", "unit", "back")}))
    if at == 0 and lesson.before:
        st.markdown(lesson.before.filled(quantities))
    st.header(step.title)
    if _show_blocks(step, at, progress, now, quantities):
        _finish(lesson, progress, at)
    _show_next(lesson, progress, at)


def _choose_run(lesson: Lesson, at: int) -> None:
    """The box in which the learner takes another run of the same task. The lesson then begins anew."""
    named, now = looked.run_of(lesson.given_at(at)["run"]), run_at(lesson, at)
    fitting = [run for run in cache.workspace().runs() if run.trained and run.config.data.task == named.config.data.task]
    runs = {run.id: run for run in (named, *fitting)}
    labels = widgets.distinct({one: run_choice.run_label(run) for one, run in runs.items()})

    def take() -> None:
        progress = state.session().lessons[lesson.name] = Progress()
        state.select(run=st.session_state["lesson-run"])
        enter(lesson, progress, 0)

    st.session_state["lesson-run"] = now.id
    st.selectbox(tr("Network"), list(runs), format_func=labels.__getitem__, key="lesson-run", on_change=take,
                 help=tr("The lesson also works with a network of your own. It begins anew with another one."))  # fmt: skip


def _stands(lesson: Lesson, at: int) -> bool:
    """Whether the selection is still what the step looks at: other pages share it."""
    selected, given = state.selection(), lesson.given_at(at)
    try:
        run = run_at(lesson, at).id
    except Problem:
        return True
    types = any(isinstance(block, Do) and block.event == "typed" for block in lesson.steps[at].blocks)
    return selected.run == run and selected.text is not None and (types or selected.text == given.get("text", ""))


def _show_way(lesson: Lesson, progress: Progress, at: int) -> None:
    """The steps as a row of numbers; a click opens one."""
    marks = {step: f" :material/{'check' if done else 'remove'}:" for step, done in progress.finished.items()}

    def turn() -> None:
        enter(lesson, progress, st.session_state["lesson-step"])

    st.session_state["lesson-step"] = at
    st.segmented_control(
        tr("Steps of the lesson"), range(len(lesson.steps)), key="lesson-step", on_change=turn,
        format_func=lambda step: f"{step + 1}{marks.get(step, '')}", label_visibility="collapsed",
    )  # fmt: skip


def _show_blocks(step: Step, at: int, progress: Progress, now: looked.Looked, quantities: Quantities) -> bool:
    """The blocks up to the first one that is not done; whether all are."""
    state.session().awaited = doing.awaited(step)
    typed = [number for number, block in enumerate(step.blocks) if isinstance(block, Do) and block.event == "typed"]
    before = looked.Looked(now.run, {**now.given, "text": now.first}, now.first)  # above a text of one's own, the lesson's
    asked_before = held(before.resolve)
    for number, block in enumerate(step.blocks):
        match block:
            case Said(words=words):
                with widgets.saying_problems():
                    st.markdown(words.filled(quantities))
            case Shown():
                with widgets.saying_problems():
                    _show_view(block, now)
            case Ask():
                of = (before, asked_before) if typed and number < typed[0] else (now, quantities)
                if not asking.show(block, progress.goal(at, number), f"{at}-{number}", *of):
                    return False
            case Do():
                key = f"{state.selection().lesson}-{at}-{number}"
                if not doing.show(block, progress.goal(at, number), key, quantities, now):
                    return False
    return True


def _show_view(block: Shown, now: looked.Looked) -> None:
    shown = view(_picture(now, block) if block.name == UNROLLED else block.name)
    read = now.resolve(shown.needs)
    if "text" in shown.needs and read.trace.overflows:
        raise Problem(tr(OVERFLOW))
    view_panel.show(shown, read, choices=not state.selection().lock, **_unlinked(shown, block), **block.fixed)


def _unlinked(shown: View[Any, Any], block: Shown) -> dict[str, Any]:
    """The controls that no link holds, such as a temperature: those of the lesson, else the usual ones."""
    return {one.name: block.controls.get(one.name, one.default) for one in fields(shown.controls)
            if one.name not in block.fixed and not hasattr(state.selection(), one.name)}  # fmt: skip


def _picture(now: looked.Looked, block: Shown) -> str:
    """The view of the picture that is chosen, of this run's task."""
    task, picture = tasks.of(now.run.config), block.fixed.get("picture", state.selection().picture)
    if picture == "backwards":
        return "unrolled-pair-back" if task.translates else "unrolled-back"
    return "unrolled-over" if picture == "over" and unopened(now.run).updates else task.views["unrolled"][0]


def _finish(lesson: Lesson, progress: Progress, at: int) -> None:
    """Notes that a step without open goals is done, or skipped where a question was."""
    if lesson.steps[at].goals and at not in progress.finished:
        progress.finished[at] = not any(goal.skipped for (step, _), goal in progress.goals.items() if step == at)
        state.select(done=progress.link)
        st.rerun()


def _following(lesson: Lesson) -> tuple[str, str] | None:
    """The name and title of the lesson after this one of the same folder; None on a teacher's link, which leads to one lesson."""
    found, selected = files.files(cache.workspace().root), state.selection()
    if selected.lock or selected.group or lesson.name not in found:
        return None
    names = [name for name, path in found.items() if path.parent == found[lesson.name].parent]
    for name in names[names.index(lesson.name) + 1 :][:1]:
        with contextlib.suppress(Problem):
            return name, outline(files.text_of(found[name]), name, translated).title
    return None


def _show_next(lesson: Lesson, progress: Progress, at: int) -> None:
    """The buttons to the next step and to the one before."""
    last, done = at + 1 == len(lesson.steps), progress.finished.get(at, not lesson.steps[at].goals)

    def turn(to: int) -> None:
        progress.finished.setdefault(at, done)
        if to < len(lesson.steps):
            enter(lesson, progress, to)
        else:
            leave()

    def go_on() -> None:
        from pages.learn.listing import open_lesson

        progress.finished.setdefault(at, done)
        if following:
            open_lesson(following[0])

    row = st.container(horizontal=True, key="lesson-ways")
    if at:
        row.button(tr("Back"), key="lesson-before", icon=":material/arrow_back:", on_click=enter, args=(lesson, progress, at - 1))
    following = _following(lesson) if last and done else None
    words = tr("Finish") if last else tr("Next step")
    icon = ":material/check:" if last else ":material/arrow_forward:"
    kind: Any = "secondary" if following else "primary" if done else "tertiary"
    row.button(words if done else tr("Skip this step"), key="lesson-next", type=kind, on_click=turn,
               args=(at + 1,), icon=icon, icon_position="right")  # fmt: skip
    if following:
        row.button(tr("Next lesson: {title}", title=following[1]), key="lesson-following", type="primary", on_click=go_on,
                   icon=":material/arrow_forward:", icon_position="right")  # fmt: skip
