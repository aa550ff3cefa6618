"""Words to matrix as a person goes through it: type, step through the tabs, move the pads, click a unit, share the link."""

from typing import Any

import pytest

from rnn_core.workspace import Workspace
from tests.browser.person import Person
from tests.tiny import config_of, model_of, saved_run

pytestmark = pytest.mark.browser
TEXT = "the film was <b>not</b> good"
LINES = "g => g._fullData.map(line => Array.from(line.y))"


def test_a_text_becomes_numbers_and_the_choices_are_shared(
    browser: Any, server: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    from playwright.sync_api import expect

    workspace = Workspace(next(tmp_path_factory.getbasetemp().glob("server*")) / "workspace")
    person = Person(browser, server)
    page = person.page
    person.go("/matrix")
    run = saved_run(workspace, config_of(model=model_of("lstm"), name="An LSTM of four")).id
    person.go(f"/matrix?run={run}")

    def turn(tab: str) -> None:
        page.get_by_role("tab", name=tab).click()
        person.settle()

    box = page.get_by_label("Text", exact=True)
    box.fill(TEXT)
    box.press("Control+Enter")
    person.settle()
    cells = person.chart("view-indices").evaluate("g => g._fullData[0].text[0].map(String)")
    assert "sos" in cells[0] and any(cell.startswith("film<br>") for cell in cells)

    turn("Pads")
    page.locator('[data-testid="stSlider"] input').first.focus()
    page.keyboard.press("ArrowRight")
    person.settle()
    page.get_by_text("6 on the left").first.wait_for(state="attached")
    page.get_by_text("off", exact=True).click()
    person.settle()
    curves = person.chart("view-pad_drift").evaluate(LINES)
    assert len(curves) == 4 and max(curves[0]) > 1e-3 > max(curves[2]) and max(curves[3]) < 1e-3

    turn("Parameters and memory")
    batch = page.get_by_label("Texts in a batch B", exact=True)
    batch.fill("7")
    batch.press("Enter")
    person.settle()

    turn("One unit, one step")
    person.click_target("view-states", 3 * 4 + 2)  # step after step, four units each
    page.get_by_text("Unit 2 of layer 1 at t = 4").wait_for()
    page.get_by_text("gate f", exact=True).click()
    person.settle()
    sums = person.chart("view-terms").evaluate("g => g._fullData.map(bar => Array.from(bar.x))")

    turn("Without recurrence")
    assert len(person.chart("view-alone").evaluate(LINES)) == 2
    turn("One unit, one step")

    for part in (f"run={run}", "pads=6", "masking=0", "batch=7", "step=3", "unit=2", "gate=f", "part=unit"):
        assert part in page.url, page.url
    friend = Person(browser, server)
    friend.go(page.url)
    friend.page.get_by_text("Unit 2 of layer 1 at t = 4").wait_for()
    assert friend.chart("view-terms").evaluate("g => g._fullData.map(bar => Array.from(bar.x))") == sums
    expect(friend.page.get_by_label("Text", exact=True)).to_have_value(TEXT)
    friend.page.get_by_role("tab", name="Parameters and memory").click()
    friend.settle()
    expect(friend.page.get_by_label("Texts in a batch B", exact=True)).to_have_value("7")  # set once it stands
    friend.page.get_by_role("tab", name="Pads").click()
    friend.settle()
    assert friend.chart("view-pad_drift").evaluate(LINES) == curves
    assert person.errors == [] and friend.errors == []
