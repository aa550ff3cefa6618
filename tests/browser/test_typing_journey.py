"""The box with the text: Enter sends it, Shift+Enter makes a line, and the browser's Back undoes it."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person

pytestmark = pytest.mark.browser

FIRST, SECOND = "a slow start , but a great end", "warm and beautifully acted"


@pytest.mark.parametrize(("width", "opened"), [(1280, "inspect"), (400, "bptt")])
def test_enter_sends_a_text_and_back_undoes_it(width: int, opened: str, browser: Any, cold_server: str) -> None:
    person = Person(browser, cold_server)
    page = person.page
    page.set_viewport_size({"width": width, "height": 800})
    person.go(f"/{opened}?run=05-film-reviews&text={FIRST.replace(' ', '+')}")
    box = page.get_by_label("Text", exact=True)
    expect(box).to_have_value(FIRST)

    box.fill("")
    box.press_sequentially("warm and")
    box.press("Shift+Enter")
    expect(box).to_have_value("warm and\n")
    box.press_sequentially("beautifully acted")
    expect(page.get_by_text("Ctrl")).to_be_hidden()
    box.press("Enter")
    page.wait_for_url("**text=warm+and%0Abeautifully+acted*")
    expect(box).to_have_value("warm and\nbeautifully acted")

    box.fill(SECOND + "\n\n")  # pasted
    box.press("Enter")
    page.wait_for_url("**text=warm+and+beautifully+acted*")
    expect(box).to_have_value(SECOND)
    person.settle()

    page.go_back()
    expect(box).to_have_value("warm and\nbeautifully acted")
    page.go_back()
    expect(box).to_have_value(FIRST)
    person.settle()
    assert "text=a+slow" in page.url
    page.go_forward()
    expect(box).to_have_value("warm and\nbeautifully acted")
    person.settle()

    if opened == "inspect":  # a step within the text is undone before it
        page.get_by_role("option").nth(2).click()
        page.get_by_role("heading", name="t = 3 of").wait_for()
        person.settle()
        page.go_back()
        page.get_by_role("heading", name="t = 3 of").wait_for(state="detached")
        expect(box).to_have_value("warm and\nbeautifully acted")
        person.open("Evaluate")  # another page keeps the text, and so does the way back from it
        page.go_back()
        page.get_by_role("heading", name="Inspect", level=1).wait_for()
        expect(box).to_have_value("warm and\nbeautifully acted")
    assert person.errors == []
