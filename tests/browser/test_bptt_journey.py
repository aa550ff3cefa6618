"""Backpropagation through time as a person looks into it: type, click a row of the map, move K, pin a run, share the link."""

from typing import Any

import pytest

from rnn_core.workspace import Workspace
from tests.browser.person import Person
from tests.tiny import config_of, model_of, saved_run

pytestmark = pytest.mark.browser
WALK = "g => g._fullData.map(line => Array.from(line.y, value => value || 0))"


def test_a_loss_is_walked_back_and_shared(browser: Any, server: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    workspace = Workspace(next(tmp_path_factory.getbasetemp().glob("server*")) / "workspace")
    person = Person(browser, server)
    page = person.page
    person.go("/")
    elman, lstm = (saved_run(workspace, config_of(model=model_of(cell), name=name)).id
                   for cell, name in (("tanh", "An Elman net"), ("lstm", "An LSTM")))  # fmt: skip
    person.go(f"/bptt?run={elman}")

    box = page.get_by_label("Text", exact=True)
    box.fill("the film was <b>not</b> good")
    box.press("Control+Enter")
    person.settle()
    steps = person.chart("view-walk").evaluate("g => g._fullData[0].x.length")
    person.click_target("view-pairs", 5 * steps + 2)
    page.get_by_text("From the loss at t = 6").wait_for()
    page.get_by_text("to the copy k = 3").wait_for()
    drawn = person.chart("view-walk").evaluate(WALK)
    assert drawn[2][0] == 0 and drawn[2][5] > 0, "copy 1 of W receives nothing"

    page.get_by_role("tab", name="Truncation").click()
    person.settle()
    page.locator('[data-testid="stSlider"] input').first.focus()
    page.keyboard.press("ArrowLeft")
    person.settle()
    page.get_by_text("of K = 4").first.wait_for()
    assert "window=4" in page.url and "section=truncation" in page.url
    friend = Person(browser, server)
    friend.go(page.url)
    friend.page.get_by_text("of K = 4").first.wait_for()

    page.get_by_role("tab", name="Other runs").click()
    person.settle()
    page.get_by_role("combobox", name="Runs beside this one").press_sequentially("LSTM")
    page.get_by_role("option", name="An LSTM").click()
    person.settle()
    page.wait_for_function("document.querySelector('.st-key-view-beside .js-plotly-plot')._fullData.length === 2")

    assert f"pinned={lstm}" in page.url and "window=4" in page.url and "back=2" in page.url
    friend.go(page.url)
    assert friend.chart("view-walk").evaluate(WALK) == drawn
    assert friend.chart("view-beside").evaluate("g => g._fullData.length") == 2
    assert friend.page.get_by_label("Text", exact=True).input_value() == "the film was <b>not</b> good"
    assert person.errors == [] and friend.errors == []
