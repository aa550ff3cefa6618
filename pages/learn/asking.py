"""Questions: the form, the mark, and the right answer after two tries."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import streamlit as st

from pages.common import widgets
from pages.learn import curve, teaching
from pages.learn.looked import Looked
from pages.learn.progress import Goal
from rnn_core.config import Problem
from rnn_core.figures.text import visible
from rnn_core.language import tr
from rnn_core.lessons import Ask, Quantities
from rnn_core.lessons.expressions import Value, parse
from rnn_core.lessons.marking import mark, option, solution
from rnn_core.lessons.quantities import held
from rnn_core.lessons.words import said
from rnn_core.views.view import literal
from rnn_core.workspace import classes


def show(ask: Ask, goal: Goal, key: str, now: Looked, quantities: Quantities) -> bool:
    """A question, and whether it is answered, shown or skipped."""
    if ask.given:
        now = Looked(now.run, {**now.given, **ask.given})
        quantities = held(now.resolve)
    with st.container(border=True, key=f"ask-{key}"), widgets.saying_problems():
        st.markdown(ask.question.filled(quantities))
        if goal.done:
            _show_answer(ask, goal, now, quantities)
            return True
        if ask.kind == "curve":  # it answers by itself in the browser, and a form takes widgets of Streamlit alone
            given = _box(ask, key, now)
            sent = given is not None and goal.answer != str(given)
            shown, skipped = _ways_out(goal, st.button, key)
        else:
            with st.form(f"form-{key}", border=False):
                given = _box(ask, key, now)
                row = st.container(horizontal=True)
                sent = row.form_submit_button(tr("Check"), type="primary", icon=":material/task_alt:")
                shown, skipped = _ways_out(goal, row.form_submit_button, key)
        if sent:
            _take(ask, goal, given, key, quantities)
        if shown or skipped:
            goal.done, goal.shown, goal.skipped = True, shown, skipped
            teaching.note(key, classes.SHOWN if shown else classes.SKIPPED)
            st.rerun()
        if goal.mark:
            st.warning(goal.mark.said or tr("That is not it. Look again."), icon=":material/close:")
    return False


def _ways_out(goal: Goal, button: Callable[..., bool], key: str) -> tuple[bool, bool]:
    """The buttons that end a question without its answer: whether the answer is to be shown, or the question skipped."""
    shown = goal.may_show and button(tr("Show me"), key=f"show-{key}", icon=":material/visibility:")
    return shown, button(tr("Skip this question"), key=f"skip-{key}", type="tertiary")


def _box(ask: Ask, key: str, now: Looked) -> Any:
    """What the answer is given with: text of a number, the key of an option, or a step from 1."""
    if ask.kind == "choice":
        words = {name: words.filled(held(now.resolve)) for name, words in ask.options.items()}
        return st.radio(tr("Answer"), list(words), None, words.__getitem__, key=f"box-{key}", label_visibility="collapsed")
    if ask.kind == "step":
        tokens = now.resolve(("text",)).trace.tokens
        return st.pills(tr("Step"), range(1, len(tokens) + 1), key=f"box-{key}", label_visibility="collapsed",
                        format_func=lambda step: f"{step} {literal(visible(tokens[step - 1], 30))}")  # fmt: skip
    if ask.kind == "curve":
        return curve.draw(now.resolve(("text",)).trace.tokens, f"box-{key}")
    title = tr("Answer in {unit}", unit=ask.unit) if ask.unit else tr("Answer")
    return st.text_input(title, key=f"box-{key}", max_chars=200, width=240)


def _take(ask: Ask, goal: Goal, given: Any, key: str, quantities: Quantities) -> None:
    """Marks an answer; what is none is said."""
    if given in (None, ""):
        goal.mark = None
        st.info(tr("Choose an answer first.") if ask.kind != "number" else tr("Type a number first."))
        return
    try:
        answers = _read(ask, given)
    except Problem as why:  # said where it was typed; the rest of the page stays
        goal.mark = None
        widgets.problem(why)
        return
    typed, marks = str(given), [mark(ask, one, str(given), quantities) for one in answers]
    goal.answer, goal.mark = typed, next((one for one in marks if one.right), marks[0])
    teaching.note(key, classes.RIGHT if goal.mark.right else classes.WRONG, typed)
    if goal.mark.right:
        goal.done = True
        st.rerun()
    goal.tries += 1
    if goal.may_show:
        st.rerun()  # the button that shows the answer was left out above


def _read(ask: Ask, given: Any) -> Sequence[Value]:
    """What the answer can mean. Raises Problem where it is no number."""
    if ask.kind == "choice":
        return [str(given)]
    if ask.kind == "step":
        return [float(given)]
    return [np.array(given, np.float64)] if ask.kind == "curve" else _numbers(given)


def _numbers(typed: str) -> Sequence[float]:
    """A number with a point or a comma, or one that is computed, such as `1.5^3` or `1/12`.

    `1,055` can be 1.055, and 1055 as the pages write it; of both the likelier one first."""
    plain = typed.strip().replace("−", "-").replace("^", "**").replace(" ", "")
    grouped = [float(plain.replace(",", ""))] if re.fullmatch(r"-?[1-9]\d{0,2}(,\d{3})+(\.\d+)?", plain) else []
    try:
        return [*grouped, float(plain.replace(",", "."))]
    except ValueError:
        if grouped:
            return grouped
    try:
        found = parse(plain.replace(",", "."), ()).value(dict[str, Value]().__getitem__)
    except Problem:
        found = ""
    if not isinstance(found, float):
        raise Problem(tr("{typed!r} is not a number, such as 0.25.", typed=typed[:40]))
    return [found]


def _show_answer(ask: Ask, goal: Goal, now: Looked, quantities: Quantities) -> None:
    """The right answer and why, or that the question was skipped."""
    if goal.mark and goal.mark.right:
        given = tr("Right") if ask.kind == "curve" else _named(ask, goal.answer, now)
        st.success(rf"{given}\. {goal.mark.said}", icon=":material/check:")
    elif goal.shown:
        steps = len(now.resolve(("text",)).trace.tokens) if ask.kind == "step" else 0
        right = solution(ask, steps, quantities)
        answer = option(str(right)) if ask.kind == "choice" and right is not None else right
        shown = "" if right is None or ask.kind == "curve" else tr("The answer: {named}. ", named=_named(ask, right, now))
        st.info(shown + ask.why.filled(quantities, answer), icon=":material/visibility:")
    else:
        st.caption(tr("Skipped."))
        return
    if ask.kind == "curve":
        drawn = [] if goal.answer == "" else json.loads(goal.answer)
        tokens = now.resolve(("text",)).trace.tokens
        curve.compare(tokens, drawn, np.asarray(solution(ask, len(tokens), quantities)))


def _named(ask: Ask, answer: Any, now: Looked) -> str:
    """An answer in words, as Markdown."""
    if ask.kind == "choice":
        return ask.options[str(answer)].filled(held(now.resolve)).rstrip(".")
    if ask.kind == "step":
        step = int(float(answer))
        return tr("t = {t}, “{token}”", t=step, token=literal(now.resolve(("text",)).trace.tokens[step - 1]))
    words = literal(answer) if isinstance(answer, str) else said(answer)
    return f"{words} {ask.unit}".strip()
