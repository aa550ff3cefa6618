"""All lessons, and the mistakes of those that cannot be shown."""

import streamlit as st

from pages.common import cache, state, widgets
from pages.common.bounded import kept
from pages.learn import lesson as opened
from rnn_core.config import Problem
from rnn_core.language import Reader, reader, tr, tr_n, translated
from rnn_core.lessons import Faulty, Lesson, Outline
from rnn_core.lessons.reading import outline, read
from rnn_core.views.view import literal
from rnn_core.workspace import lessons as files


@kept(32 << 20, 256)
def _read(name: str, text: str, who: Reader) -> Lesson:
    """Of this reader, whose words it holds."""
    return read(text, name, translated)


def load(name: str) -> Lesson:
    """A lesson by its name, read again when its file has changed. Raises Problem, `Faulty` where it has mistakes."""
    path = files.files(cache.workspace().root).get(name)
    if path is None:
        raise Problem(tr("There is no lesson called {name!r} here. Choose one from the list.", name=name[:60]))
    return _read(name, files.text_of(path), reader())


def show() -> None:
    """The list."""
    st.title(tr("Lessons"))
    st.caption(
        tr(
            "Short lessons on a network that you can look into. Each step shows something, asks you to predict or to do "
            "something, and marks your answer by the network's own numbers. Steps can be skipped. Take the lessons in order, "
            "or begin with any one: each explains the words that it needs.",
        )
    )
    root, found_next = cache.workspace().root, False
    for name, path in files.files(root).items():
        try:
            text, ours = files.text_of(path), path.parent == files.OWN
            if not ours:
                _read(name, text, reader())  # a teacher's, whose mistakes are named at once
            listed, progress = outline(text, name, translated), state.session().lessons.get(name)
            next_one = not found_next and (progress is None or len(progress.finished) < listed.steps)
            _entry(name, listed, ours, next_one)
            found_next |= next_one
        except Faulty as why:
            _mistakes(path.name, why)
        except Problem as why:
            widgets.problem(why)
    st.caption(tr(
        "Lessons of your own are Markdown files in the folder {root}. The project's docs/lessons.md describes them.",
        root=literal(str(root / files.FOLDER), 200),
    ))  # fmt: skip


def _entry(name: str, listed: Outline, ours: bool, next_one: bool) -> None:
    """A lesson in the list.

    Args:
        ours: whether it is the project's own, whose file begins with its number.
        next_one: whether it is the first one that is not finished.
    """
    progress = state.session().lessons.get(name)
    done, steps = len(progress.finished) if progress else 0, listed.steps
    with st.container(border=True, key=f"lesson-{name}"):
        about, button = st.columns([6, 1.2], vertical_alignment="center")
        number = f"{name.split('-')[0].lstrip('0')} · " if ours else ""
        workspace = tr("workspace")
        said = f"**{number}{listed.title}**" + ("" if ours else f" :gray-badge[{workspace}]")
        about.markdown(f"{said}  \n{listed.summary}" if listed.summary else said)
        far = tr_n("{n} step", "{n} steps", steps)
        if done:
            far = tr_n("{done} of {n} step", "{done} of {n} steps", steps, done=done)
        about.caption(tr("{far} · {minutes} min", far=far, minutes=listed.minutes))
        words = tr("Begin") if not done else tr("Begin again") if done == steps else tr("Go on")
        button.button(words, key=f"begin-{name}", on_click=open_lesson, args=(name,), width="stretch",
                      type="primary" if next_one else "secondary")  # fmt: skip


def open_lesson(name: str) -> None:
    """Opens a lesson; where it has mistakes, its page says so."""
    try:
        opened.begin(load(name), name)
    except Problem:
        state.select(lesson=name)


def _mistakes(file: str, why: Faulty) -> None:
    listed = "\n".join(tr("- line {line}: {why}", line=one.line, why=one.why) for one in why.mistakes)
    st.error(tr(
        "**{file}** cannot be shown:\n"
        "{listed}",
        file=literal(file), listed=listed,
    ), icon=":material/rule:")
