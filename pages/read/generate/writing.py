"""The tab that writes: the prompt, the text with its probabilities, and what else could have come."""

import time
from typing import Any

import streamlit as st

from pages.common import cache, inputs, state, text_choice, view_panel, widgets
from pages.common.cache import workspace
from pages.read.generate import long, settings, tree
from rnn_core import tasks
from rnn_core.config import WriteConfig
from rnn_core.language import tr
from rnn_core.language.retold import retold
from rnn_core.results import OVERFLOW
from rnn_core.views import view
from rnn_core.views.view import literal
from rnn_core.workspace.explorations import Branch, Writing
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import KEPT_DAYS

MOST_SECONDS = 30
"""After which a text ends that a large network writes slowly."""

_REDRAWN_S = 0.06


def show(run: Run) -> None:
    """The whole tab. Writes by itself where nothing was written yet."""
    held, chosen = state.session(), state.selection()
    writing = workspace().writing(chosen.writing) if chosen.writing else None
    gone = chosen.writing is not None and writing is None
    if gone:
        st.info(tr("The text of this link is no longer kept: texts are deleted after {days} days without use.",
                   days=KEPT_DAYS["explorations"]),
                icon=":material/link_off:")  # fmt: skip
    if writing is not None and (writing.run != run.id or chosen.branch >= len(writing.branches)):
        writing = None
    if writing is not None and held.prompt is None:
        held.prompt, held.how = writing.prompt, writing.branches[chosen.branch].how

    examples = text_choice.examples(run)
    prompt, how = settings.prompt(examples[0]), settings.how()
    buttons = st.container(horizontal=True, vertical_alignment="center")
    asked = buttons.button(tr("Write"), type="primary", icon=":material/edit:")
    asked |= buttons.button(tr("Write with the next seed"), icon=":material/casino:", on_click=settings.other_seed)
    settings.examples(examples, buttons)
    place = st.empty()
    if asked and how.length > settings.MOST_LENGTH:
        with widgets.saying_problems():
            long.start(run, prompt, how)
    elif asked or (writing is None and not gone and not chosen.long):
        base = writing if writing is not None and writing.prompt == prompt else Writing(run.id, prompt)
        _write(place, run, base, None, 0, "", how)
    long.show(run)
    if writing is not None:
        _look(place, run, writing, how)


def _look(place: Any, run: Run, writing: Writing, how: WriteConfig) -> None:
    """The text of the chosen branch, token by token."""
    task, branch = tasks.of(run.config), state.selection().branch
    if state.selection().text != (whole := writing.whole(branch)):
        state.select(text=whole)
    read = inputs.of_text(run)
    if read.trace.overflows:
        widgets.problem(tr(OVERFLOW))
        return
    for warning in read.trace.warnings:
        st.warning(literal(retold(warning), 300), icon=":material/help:")
    if unknown := int((~read.trace.known[1:-1]).sum()):
        st.caption(tr(
            r"Not in the vocabulary, so read as \<unk\>: {unknown} of {all} tokens of this text.",
            unknown=unknown, all=len(read.trace.tokens) - 2,
        ))
    tree.branches(writing, branch)
    given = len(task.cut(writing.beginning(branch), run.config.data.tokens))
    _say_end(writing.branches[branch], len(read.trace.tokens) - 2 - given)
    view_panel.show(view("written"), read, given=given)
    left, right = st.columns([3, 2], gap="medium")
    with left:
        view_panel.show(view("choice"), read, temperature=how.temperature, top_k=how.top_k, top_p=how.top_p)
    step = view("written").chosen(state.selection(), given=given).settled(read).at
    with right:
        if instead := tree.alternatives(read, step, how):
            _write(place, run, writing, branch, *instead, how)
    view_panel.rows((("next-losses",), ("states",)), task.views["generate"].__contains__, read)
    _look_back(run, read.trace.text)


def _say_end(branch: Branch, count: int) -> None:
    """Why a text is shorter than was asked for.

    Args:
        count: of the tokens that were written.
    """
    asked, stop = branch.how.length, branch.how.stop_text
    if count < asked and not (stop and branch.text.endswith(stop)):
        st.caption(tr(
            r"It ended after {count:,} of {asked:,} tokens: \<eos\> was drawn, which ends a document, or {seconds} s "
            "were over.",
            count=count, asked=asked, seconds=MOST_SECONDS,
        ))  # fmt: skip


def _look_back(run: Run, text: str) -> None:
    """The gradient of each loss at each step of the text, once it is asked for."""
    back = st.expander(tr("Which past tokens does the gradient of each loss reach?"), key="backwards", on_change="rerun")
    if not back.open:
        return
    with back, widgets.saying_problems():
        asked = (text, False, None, None, False, False)
        found = cache.backward(run, *asked, False)
        if found.cut:
            st.info(retold(found.cut), icon=":material/content_cut:")
        way = inputs.of(target=((str(run.path), cache.version_of(run), *asked), found))
        view_panel.choose(view("pairs"), way)
        view_panel.show(view("pairs"), way, choices=False)
        st.page_link("pages/understand/bptt/bptt.py", label=tr("Open this text on BPTT"), icon=":material/undo:")


def _write(place: Any, run: Run, writing: Writing, parent: int | None, at: int, chosen: str, how: WriteConfig) -> None:
    """Writes a further text into `place` as it grows, saves it, and has it shown from then on."""
    begun, number = writing.with_branch(Branch(parent, at, chosen, "", how)), len(writing.branches)
    beginning, parts, shown = begun.beginning(number), list[str](), 0.0
    network, end = cache.loaded(run).network, time.monotonic() + MOST_SECONDS
    for token in tasks.of(run.config).write(network, run.config, run.speech.vocabulary, beginning, how):
        parts.append(token.text)
        now = time.monotonic()
        if now - shown > _REDRAWN_S:
            place.code(beginning + "".join(parts), language=None, wrap_lines=True)
            shown = now
        if now > end:
            break
    text = "".join(parts)
    if not (beginning + text).strip():
        st.warning(tr("The network ended the text at once. Try another seed or a prompt."), icon=":material/edit_off:")
        return
    kept = writing.with_branch(Branch(parent, at, chosen, text, how))
    read = len(tasks.of(run.config).cut(beginning, run.config.data.tokens))
    state.select(text=beginning + text, writing=workspace().keep_writing(kept), branch=number, step=read + (1 if text else 0))
    st.rerun()
