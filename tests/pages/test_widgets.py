"""A watched job never costs a click."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.common import widgets
from pages.train.runs import listing
from rnn_core.training import jobs
from rnn_core.views.view import literal
from rnn_core.workspace import Workspace
from tests.pages.driving import Open, sound


def test_a_click_counts_when_the_job_ends_while_the_page_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def page() -> None:
        from pathlib import Path

        import streamlit as st

        from pages.common import widgets

        widgets.watch(Path("job"), "job")
        if st.button("Go on"):
            st.session_state["went"] = True

    found = [jobs.Status("done"), jobs.Status("running")]  # then done
    monkeypatch.setattr(jobs, "status", lambda folder: found.pop(0) if found else jobs.Status("done"))
    app = sound(AppTest.from_function(page).run())
    app.button[0].click()
    sound(app.run())
    assert "went" in app.session_state


def test_a_job_at_work_shows_how_far_it_is_and_one_that_failed_says_why(tmp_path: Path) -> None:
    def page(folder: str) -> None:
        from pathlib import Path

        from pages.common import widgets

        widgets.watch(Path(folder), "job")

    with jobs.work(tmp_path / "job", "short", tmp_path) as job:
        job.say("running", 0.5, "Reading <b>")
        app = sound(AppTest.from_function(page, args=(str(tmp_path / "job"),)).run())
        assert [button.label for button in app.button] == ["Cancel"]
        assert not app.error
    job.say("failed", message="It did not work.")
    app = sound(AppTest.from_function(page, args=(str(tmp_path / "job"),)).run())
    assert app.error[0].value == r"It did not work\."


def test_what_nobody_foresaw_on_a_page_is_a_sentence_that_names_its_log(
    filled: Path, open_page: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("who would have <b>thought</b>")

    app = open_page("runs", filled)
    monkeypatch.setattr(listing, "rows", broken)
    app.run()
    log = filled / "errors.log"
    assert not app.exception and len(app.error) == 1 and app.title[0].value == "Runs"
    assert "ZeroDivisionError" in app.error[0].value and literal(str(log), 400) in app.error[0].value
    assert log.read_text().rstrip().endswith("ZeroDivisionError: who would have <b>thought</b>")
    monkeypatch.undo()


def test_what_nobody_foresaw_while_a_job_is_watched_is_a_sentence_too(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    def page(folder: str) -> None:
        from pathlib import Path

        from pages.common import widgets

        widgets.watch(Path(folder), "job", lambda status: {}["who would have thought"])

    monkeypatch.setenv("UNROLLED_WORKSPACE", str(workspace.root))
    with jobs.work(workspace.root / "job", "short", workspace.root) as job:
        job.say("running", 0.5)
        app = AppTest.from_function(page, args=(str(workspace.root / "job"),)).run()
    assert not app.exception and len(app.error) == 1 and "unexpected error occurred" in app.error[0].value
    assert "KeyError" in (workspace.root / "errors.log").read_text()


def test_things_of_one_name_are_told_apart_by_their_ids() -> None:
    names = {"20260101-000000-aaaaaa": "film", "20260101-000000-bbbbbb": "film", "c": "news"}
    assert list(widgets.distinct(names).values()) == ["film (aaaaaa)", "film (bbbbbb)", "news"]
