"""The one selection that every page follows and the address bar holds, and where it is kept."""

from dataclasses import dataclass, fields, replace
from typing import Any

import streamlit as st

from rnn_core.config import Problem

_KEY = "selection"
_MOST_IN_LINK = 1000
"""Longer texts, and those meant to be private, are saved and linked by an id."""

_LINKED = "linked-text"
"""The text that the session's link names by an id, and that id."""


@dataclass(frozen=True)
class Selection:
    """What is looked at.

    Attributes:
        run: a run's id.
        text: what is read.
        spaced: the text is tokens with a space between, as in labelled data: it is cut there and nowhere else.
        private: keep the text out of the address bar.
        step, unit: chosen ones, counted from 0; None where nothing has been chosen.
        layer, direction, quantity, curve: of the views on Inspect.
        label: the class whose loss is shown.
        dataset: a dataset's id, on Data and Train.
        job: the reading of a file that goes on, on Data.
        shown: `scores` or `answers`, on Evaluate.
        answers: the id of the answers for a file.
        on: what the run is evaluated on: a split, or `file`.
        cell: `row,column` of the confusion matrix.
        loss, logit, precise: of the gradients on BPTT: `last` or `every` (None: as trained), of the logit, in 64 bits.
        tags: the target of a labelling run, apart by spaces; None: its own answer.
        back: the chosen copy, a step from 0.
        down: the step at which the loss comes down into a lower layer, from 0; None: where most of it does.
        window: K, where the way back is cut.
        parameter: the code's name of the one whose copies are shown.
        pinned: ids of the runs beside this one, with commas.
        rows, source, order: on Words to matrix: the id of further texts, where the rows come from (`data` or `typed`), and
            how the words are numbered.
        pads, side, masking: of its padding audit.
        gate: whose sum is read term by term.
        batch, steps: B and T of its ledger; None: as the run was trained, and as long as the text.
        part: the open tab of Words to matrix.
        section: the open tab of BPTT.
        clip: the norm that its gradient is clipped to, as a number; None: as trained.
    """

    run: str | None = None
    text: str | None = None
    spaced: bool = False
    private: bool = False
    step: int | None = None
    unit: int | None = None
    layer: int = 0
    direction: int = 0
    quantity: str = "h"
    curve: str = "answers"
    label: str | None = None
    dataset: str | None = None
    job: str | None = None
    shown: str = "scores"
    answers: str | None = None
    on: str | None = None
    cell: str | None = None
    loss: str | None = None
    logit: bool = False
    precise: bool = False
    tags: str | None = None
    back: int | None = None
    down: int | None = None
    window: int | None = None
    parameter: str = ""
    pinned: str | None = None
    rows: str | None = None
    source: str | None = None
    order: str = "run"
    pads: int = 5
    side: str = "right"
    masking: bool = True
    gate: str | None = None
    batch: int | None = None
    steps: int | None = None
    section: str | None = None
    clip: str | None = None
    part: str | None = None


def restore() -> None:
    """At the start of every run of the app: the session's selection, at first from the link, written to the link."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = _from_link(dict(st.query_params))
    wanted = _to_link(selection())
    if dict(st.query_params) != wanted:
        st.query_params.from_dict(wanted)


def selection() -> Selection:
    """What is looked at now."""
    return st.session_state.get(_KEY) or Selection()


def select(**changes: Any) -> None:
    """Chooses something else, in the session and in the link. A new text or run forgets what was chosen within."""
    if changes.keys() & {"text", "run"}:
        changes = {"step": None, "unit": None, "spaced": False, "tags": None, "back": None, "down": None} | changes
    if "run" in changes:
        changes = {"layer": 0, "direction": 0, "quantity": "h", "label": None, "loss": None} | changes
        if changes["run"] != selection().run:
            changes = {"on": None, "cell": None, "answers": None} | changes
    st.session_state[_KEY] = replace(selection(), **changes)
    st.query_params.from_dict(_to_link(selection()))


def _to_link(chosen: Selection) -> dict[str, str]:
    link = {
        field.name: str(int(value)) if isinstance(value, bool) else str(value)
        for field in fields(Selection)
        if (value := getattr(chosen, field.name)) != field.default
    }
    text = chosen.text
    if text is not None and (chosen.private or len(text) > _MOST_IN_LINK):
        from pages.common.cache import workspace

        del link["text"]
        if st.session_state.get(_LINKED, ("",))[0] != text:
            try:
                st.session_state[_LINKED] = text, workspace().keep_text(text)
            except Problem:  # a workspace that cannot be written, or far too long: the text stays in this session alone
                st.session_state[_LINKED] = text, None
        if name := st.session_state[_LINKED][1]:
            link["text_id"] = name
    return link


def _from_link(link: dict[str, str]) -> Selection:
    """Whatever of a link makes sense; the rest is ignored."""
    found: dict[str, Any] = {}
    for field in fields(Selection):
        value = link.get(field.name)
        if value is None:
            continue
        if isinstance(field.default, bool):
            found[field.name] = value == "1"
        elif field.name in ("step", "unit", "layer", "direction", "back", "window", "pads", "batch", "steps"):
            if value.isascii() and value.isdecimal() and len(value) < 10:
                found[field.name] = int(value)
        else:
            found[field.name] = value
    if "text" not in found and "text_id" in link:
        from pages.common.cache import workspace

        found["text"] = workspace().text(link["text_id"])
        if found["text"] is not None:
            st.session_state[_LINKED] = found["text"], link["text_id"]
    return Selection(**found)
