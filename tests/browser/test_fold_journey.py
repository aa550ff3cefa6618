"""What lies below the fold of Inspect is left out while nobody looks, and is there, and current, once somebody does."""

from typing import Any

import pytest

from tests.browser.person import Person

pytestmark = pytest.mark.browser
STATES = ".st-key-view-states .js-plotly-plot"


def test_figures_below_the_fold_are_drawn_when_they_are_reached(browser: Any, server: str) -> None:
    person = Person(browser, server)
    page = person.page
    page.set_viewport_size({"width": 1280, "height": 600})
    person.go("/")
    person.go("/inspect?run=05-film-reviews")
    person.chart("view-states")  # before the browser has said what is in view, everything is drawn

    def read(text: str) -> None:
        box = page.get_by_label("Text", exact=True)
        box.scroll_into_view_if_needed()
        page.wait_for_timeout(500)
        box.fill(text)
        box.press("Control+Enter")
        person.settle()

    read("a slow start , but the last hour is funny")
    page.wait_for_selector(STATES, state="detached")
    assert person.chart("view-beliefs").evaluate("g => g._fullData[0].x.length") == 12
    height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")

    page.mouse.move(700, 500)
    for _ in range(40):
        page.mouse.wheel(0, 100)
        page.wait_for_timeout(50)
    page.wait_for_selector(STATES)
    page.wait_for_selector(".st-key-view-embedding .js-plotly-plot")
    person.settle()
    assert person.chart("view-states").evaluate("g => g._fullData[0].z[0].length") == 12
    assert abs(page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight") - height) < 150

    person.click_target("view-states", 4 * 64 + 7)  # step after step, 64 units each
    page.get_by_text("Unit 7 at t = 5").wait_for()
    assert "step=4" in page.url and "unit=7" in page.url
    shown = person.chart("view-states").evaluate("g => [g._fullLayout.shapes.length, g.querySelectorAll('.points path').length]")
    assert shown[0] == 4 and shown[1] <= 1, "two outlines of two boxes each, and no element for each cell"

    read("warm and beautifully acted")
    page.wait_for_selector(STATES, state="detached")
    assert person.errors == []
