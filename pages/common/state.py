"""What a session holds: the one selection that every page follows and the address bar holds, and a few things beside it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING, Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.common.selection import Selection, from_link, to_link
from rnn_core.config import Problem, WriteConfig
from rnn_core.language import ENGLISH, LANGUAGES, SETS, Reader, find_reader

if TYPE_CHECKING:
    from pages.learn.progress import Progress

_KEY = "session"
_MOST_IN_LINK = 1000
"""Longer texts, and those meant to be private, are saved and linked by an id."""


@dataclass
class Session:
    """What is kept for one visitor between reruns, beside what widgets hold.

    Attributes:
        selection: what is looked at.
        linked: the text that the link names by an id, and that id; None where it could not be saved.
        training: the ids of the runs that Train shows, such as those that were started last.
        closed: the id of the run that was put away there.
        options: those of a training that were chosen by hand; they stay when the data change.
        readings: how many files have been read on Data: the form begins anew after each.
        just_read: whether one has been read since the page was drawn.
        heard: the readings whose end has been told.
        heard_picks: the number of the last click on a token that the server has heard, by the list of tokens.
        hashes: of uploads, by Streamlit's id: a file may hold 1 GB and is hashed once.
        upload: the file for Evaluate: its path, its hash and its name.
        imported: the name of the run that was imported just now.
        ticked: the ids of the runs ticked on Runs.
        trouble: a sentence on why the texts of Words to matrix could not be saved.
        reached: what was looked at when each fold was reached.
        prompt, how: of the text that is written next on Generate; the prompt is None before its first visit.
        lessons: what was done in each lesson, by its name.
        awaited: the events that a lesson waits for: `played`, or `opened` and the view whose formula is to be opened.
        happened: the awaited events that have happened in the step that is open.
        learner: a random id, by which a class counts the answers of one visitor together.
        spoken: the language of the browser, where the interface has it; else English.
    """

    selection: Selection
    linked: tuple[str, str | None] | None = None
    training: tuple[str, ...] = ()
    closed: str | None = None
    options: dict[str, object] = field(default_factory=dict)
    readings: int = 0
    just_read: bool = False
    heard: set[str] = field(default_factory=set)
    heard_picks: dict[str, int] = field(default_factory=dict)
    hashes: dict[str, str] = field(default_factory=dict)
    upload: tuple[Path, str, str] | None = None
    imported: str | None = None
    ticked: tuple[str, ...] = ()
    trouble: str | None = None
    reached: dict[str, Selection] = field(default_factory=dict)
    prompt: str | None = None
    how: WriteConfig = field(default_factory=WriteConfig)
    lessons: "dict[str, Progress]" = field(default_factory=dict)
    awaited: set[str] = field(default_factory=set)
    happened: set[str] = field(default_factory=set)
    learner: str = field(default_factory=lambda: token_hex(8))
    spoken: str = ENGLISH


def session() -> Session:
    """That of the visitor."""
    if _KEY not in st.session_state:
        st.session_state[_KEY] = Session(Selection())
    found: Session = st.session_state[_KEY]
    return found


def restore() -> None:
    """At the start of every run of the app: the session's selection, written to the link.

    The link is read at first, and where Back or Forward led to it. Any other link that differs is an older one, of a click
    that was made before the browser had the new one.
    """
    context = get_script_run_ctx()
    went_back = context is not None and context.is_history_navigation and bool(st.query_params)
    if _KEY not in st.session_state or went_back:
        session().selection = _linked(dict(st.query_params))
    of_browser = (st.context.locale or "").partition("-")[0].lower()
    session().spoken = of_browser if of_browser in LANGUAGES else ENGLISH
    wanted = _link(selection())
    if dict(st.query_params) != wanted:
        st.query_params.from_dict(wanted)


def selection() -> Selection:
    """What is looked at now."""
    return session().selection


def reader() -> Reader:
    """The visitor's language and letters; the default ones where no visitor is, such as in a thread that compiles ahead."""
    if get_script_run_ctx(suppress_warning=True) is None or _KEY not in st.session_state:
        return Reader()
    chosen = selection()
    language = chosen.language if chosen.language in LANGUAGES else session().spoken
    return Reader(language, chosen.letters if chosen.letters in SETS else Reader().letters)


find_reader(reader)


def select(**changes: Any) -> None:
    """Chooses something else, in the session and in the link. A new text or run forgets what was chosen within."""
    if changes.keys() & {"text", "run"}:
        changes = {"step": None, "unit": None, "spaced": False, "tags": None, "back": None, "down": None, "begins": "",
                   "links": "", "reference": None} | changes  # fmt: skip
    if "run" in changes:
        changes = {"layer": 0, "direction": 0, "quantity": "h", "label": None, "loss": None} | changes
        if changes["run"] != selection().run:
            changes = {"on": None, "cell": None, "answers": None, "writing": None, "branch": 0, "passage": 0} | changes
    session().selection = replace(selection(), **changes)
    st.query_params.from_dict(_link(selection()))


def happened(event: str) -> None:
    """Tells a lesson that waits for an event that it has happened."""
    if event in session().awaited:
        session().happened.add(event)


def bound(
    name: str, value: Any, read: Callable[[Any], Any] = lambda value: value, **more: Callable[[Any], Any]
) -> dict[str, Any]:
    """Arguments that make a widget show a value and choose it for a field of the selection.

    Args:
        name: of the field. The widget's key is made of it.
        value: what the widget shows: that of the field, where it is possible here.
        read: from the widget's value to the field's.
        more: the same for further fields that are chosen with it.
    """
    key = f"pick-{name}"
    st.session_state[key] = value

    def choose() -> None:
        value = st.session_state[key]
        select(**{field: read(value) for field, read in ({name: read} | more).items()})

    return {"key": key, "on_change": choose}


def tabs(name: str, titles: Mapping[str, str]) -> dict[str, Any]:
    """A tab a question, by its name; the open one is a field of the selection. It alone is to be filled: others cost nothing.

    Args:
        name: of the field.
        titles: of the tabs, by their names.
    """
    names = {title: one for one, title in titles.items()}
    chosen = getattr(selection(), name)
    open_one = titles[chosen if chosen in titles else next(iter(titles))]
    made = st.tabs(list(names), **bound(name, open_one, names.__getitem__))
    return dict(zip(titles, made, strict=True))


def _link(chosen: Selection) -> dict[str, str]:
    link, text = to_link(chosen), chosen.text
    if text is not None and (chosen.private or len(text) > _MOST_IN_LINK):
        from pages.common.cache import workspace

        del link["text"]
        linked = session().linked
        if linked is None or linked[0] != text:
            try:
                linked = text, workspace().keep_text(text)
            except Problem:  # a workspace that cannot be written, or far too long: the text stays in this session alone
                linked = text, None
            session().linked = linked
        if linked[1]:
            link["text_id"] = linked[1]
    return link


def _linked(link: dict[str, str]) -> Selection:
    found = from_link(link)
    if "text" not in found and "text_id" in link:
        from pages.common.cache import workspace

        text = workspace().text(link["text_id"])
        if text is not None:
            found["text"], session().linked = text, (text, link["text_id"])
    return Selection(**found)
