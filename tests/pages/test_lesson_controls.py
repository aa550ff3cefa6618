"""Lessons show views whose controls no link holds, and say what an answer was at once."""

from dataclasses import replace
from pathlib import Path

import pytest

from pages.learn.asking import _numbers
from rnn_core.config import Problem
from tests.pages.driving import Open


def test_a_temperature_of_the_lesson_is_that_of_its_view(tmp_path: Path, open_page: Open) -> None:
    app = open_page("learn", tmp_path, lesson="09-writing-and-translating", at="2", done="1")
    app.text_input[0].set_value("0.1803")
    next(button for button in app.button if button.label == "Check").click().run()
    assert not app.exception and not app.error
    assert any("drawn from 1 of the" in caption.value for caption in app.caption), "at temperature 0 one token is left"


def test_the_answer_is_offered_right_after_the_second_wrong_one(tmp_path: Path, open_page: Open) -> None:
    app = open_page("learn", tmp_path, lesson="08-tagging", at="2", done="1")
    for answer, offered in (("0", False), ("1", True)):
        app.text_input[0].set_value(answer)
        next(button for button in app.button if button.label == "Check").click().run()
        assert any(button.label == "Show me" for button in app.button) is offered


def test_the_whole_number_of_an_answer_is_no_item_of_a_list(tmp_path: Path, open_page: Open) -> None:
    app = open_page("learn", tmp_path, lesson="07-gates", at="3", done="1.2")
    app.text_input[0].set_value("192")
    next(button for button in app.button if button.label == "Check").click().run()
    assert app.success[0].value.startswith("192\\. Each of the 64 units")


def test_what_other_views_chose_does_not_reach_the_next_step(tmp_path: Path, open_page: Open) -> None:
    head, shown = "---\ntitle: a\nrun: ready/three-units\ntext: not so good\n---\n", "```view copy_shares\n```\n"
    lesson = f"{head}## One\n{shown}## Two\n{shown}"
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "mine.md").write_text(lesson, encoding="utf-8")
    app = open_page("learn", tmp_path, lesson="mine")
    held = app.session_state["session"]
    held.selection = replace(held.selection, parameter="weight_out", lock=True, window=3)
    app.run()
    assert app.query_params["parameter"] == "weight_out"
    app.button("lesson-next").click().run()
    assert not app.exception
    chosen = app.session_state["session"].selection
    assert (chosen.at, chosen.parameter, chosen.window, chosen.lock) == (2, "", None, True)


def test_what_is_no_number_is_said_and_the_step_stays(tmp_path: Path, open_page: Open) -> None:
    app = open_page("learn", tmp_path, lesson="07-gates", at="3", done="1.2")
    app.text_input[0].set_value("many")
    next(button for button in app.button if button.label == "Check").click().run()
    assert "is not a number" in app.error[0].value
    assert app.button("lesson-next").label == "Skip this step"
    assert not any(button.label == "Show me" for button in app.button), "it was no try"


@pytest.mark.parametrize(("typed", "found"), [
    ("0.25", [0.25]), ("−3", [-3]), ("1,055", [1055, 1.055]), ("1.5^3", [3.375]), ("1/12", [1 / 12]), ("2 * (3 + 4)", [14]),
    ("0,5 ** 2", [0.25]), ("2^3^2", [512]),
])  # fmt: skip
def test_a_number_may_be_computed(typed: str, found: list[float]) -> None:
    assert _numbers(typed) == pytest.approx(found)


@pytest.mark.parametrize("typed", ["many", "x", "copies.norm", "'a'", "__import__('os')", "1/0", "9^9^9^9", "(", "[1]", "1 < x"])
def test_nothing_else_is_taken_for_one(typed: str) -> None:
    with pytest.raises(Problem, match="is not a number"):
        _numbers(typed)


def test_the_last_step_leads_to_the_next_lesson(tmp_path: Path, open_page: Open) -> None:
    app = open_page("learn", tmp_path, lesson="01-words-to-matrix", at="99")
    assert app.button("lesson-following").label.endswith(": One step, unrolled")
    app.button("lesson-following").click().run()
    chosen, session = app.session_state["session"].selection, app.session_state["session"]
    assert not app.exception and (chosen.lesson, chosen.at) == ("02-one-step-unrolled", 1)
    assert session.lessons["01-words-to-matrix"].finished
    for place, asked in (("09-writing-and-translating", {}), ("01-words-to-matrix", {"lock": "1"})):
        last = open_page("learn", tmp_path, lesson=place, at="99", **asked)
        assert not any(button.key == "lesson-following" for button in last.button), "there is none, or the link is of one lesson"


def test_a_lesson_for_any_network_is_marked_by_the_one_that_is_chosen(tmp_path: Path, open_page: Open) -> None:
    head = "---\ntitle: a\nrun: ready/three-units\nown: yes\ntext: not so good\n---\n"
    ask = "```ask number\nq: How many units?\nanswer: network.units\nwhy: There are {network.units}.\n```\n"
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "mine.md").write_text(f"{head}## One\n{ask}## Two\n{ask}", encoding="utf-8")
    app = open_page("learn", tmp_path, lesson="mine")
    for run, units in (("00-three-units", "3"), ("05-film-reviews", "64")):
        assert app.session_state["session"].selection.run == run
        app.text_input[0].set_value(units)
        next(button for button in app.button if button.label == "Check").click().run()
        assert not app.exception and f"There are {units}" in app.success[0].value
        app.button("lesson-next").click().run()
        assert app.session_state["session"].selection.run == run, "it stays from step to step"
        box = next(one for one in app.selectbox if one.label == "Network")
        assert all("translation" not in name and "tagging" not in name for name in box.options)
        box.set_value("05-film-reviews" if run == "00-three-units" else run).run()
        if run == "00-three-units":
            assert app.session_state["session"].selection.at == 1 and not app.success, "it begins anew"


def test_a_lesson_for_one_network_has_no_box(tmp_path: Path, open_page: Open) -> None:
    app = open_page("learn", tmp_path, lesson="07-gates", at="3", done="1.2", run="05-film-reviews")
    assert not [one for one in app.selectbox if one.label == "Network"]


def test_a_question_above_a_text_of_ones_own_keeps_the_text_of_the_lesson(tmp_path: Path, open_page: Open) -> None:
    head = "---\ntitle: a\nrun: ready/three-units\ntext: not so good\n---\n## One\n"
    ask = "```ask number\nq: How many words? Now {text.words}.\nanswer: text.words\nwhy: There are {text.words}.\n```\n"
    typed = "```do typed\ntask: Type another.\nexample: good\n```\n"
    (tmp_path / "lessons").mkdir()
    (tmp_path / "lessons" / "mine.md").write_text(f"{head}{ask}{typed}{ask}", encoding="utf-8")
    app = open_page("learn", tmp_path, lesson="mine")
    app.text_input[0].set_value("3")
    next(button for button in app.button if button.label == "Check").click().run()
    held = app.session_state["session"]
    held.selection = replace(held.selection, text="good")
    app.run()
    assert not app.exception
    said = [one.value for one in app.markdown]
    assert "How many words? Now 3." in said and "How many words? Now 1." in said
    assert "There are 3" in app.success[0].value
