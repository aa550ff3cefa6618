"""The main job as a person does it: upload, train, watch, inspect, evaluate, follow an error back, share the link."""

import re
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).parents[2] / "samples" / "reviews.csv"
pytestmark = pytest.mark.browser


class Person:
    """Somebody in front of a page."""

    def __init__(self, browser: Any, url: str):
        self.page = browser.new_page(viewport={"width": 1400, "height": 1000})
        self.page.set_default_timeout(60_000)
        self.errors: list[str] = []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.url = url

    def go(self, address: str) -> None:
        self.page.goto(self.url + address if address.startswith("/") else address)
        self.settle()

    def settle(self) -> None:
        app = self.page.locator('[data-testid="stApp"][data-test-script-state="notRunning"]')
        self.page.wait_for_timeout(250)
        app.wait_for()
        assert self.page.locator('[data-testid="stException"]').count() == 0, "an exception box is shown"

    def press(self, name: str, exact: bool = True) -> None:
        self.page.get_by_role("button", name=name, exact=exact).first.click()
        self.settle()

    def open(self, name: str) -> None:
        self.page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
        self.page.get_by_role("heading", name=name, level=1).wait_for()
        self.settle()

    def chart(self, key: str) -> Any:
        drawn = self.page.locator(f".st-key-{key} .js-plotly-plot")
        drawn.first.wait_for()
        return drawn.first

    def click_target(self, key: str, number: int) -> None:
        """Clicks a chart's n-th invisible point, as a person clicks the cell it lies on."""
        chart = self.chart(key)
        chart.scroll_into_view_if_needed()
        place = chart.evaluate(
            """(g, n) => {
                const trace = g._fullData.filter(t => t.type === 'scatter').at(-1)
                const box = g.getBoundingClientRect(), size = g._fullLayout._size
                return {x: box.x + size.l + g._fullLayout.xaxis.d2p(trace.x[n]),
                        y: box.y + size.t + g._fullLayout.yaxis.d2p(trace.y[n])}
            }""",
            number,
        )
        self.page.mouse.move(place["x"], place["y"])
        self.page.wait_for_timeout(200)
        self.page.mouse.click(place["x"], place["y"])
        self.settle()

    def text(self) -> str:
        return str(self.page.get_by_test_id("stMain").inner_text())


def test_from_a_csv_to_the_texts_behind_an_error_and_back(browser: Any, server: str) -> None:
    person = Person(browser, server)
    page = person.page

    person.go("/")  # a fresh workspace: there are runs to look into at once, or an invitation
    person.open("Data")
    page.locator('input[type="file"]').first.set_input_files(str(SAMPLE))
    page.get_by_role("button", name="Read and check all rows").wait_for()
    person.press("Read and check all rows")
    page.get_by_role("button", name="Train a network on this").wait_for()
    page.get_by_text("Rows kept").wait_for()

    person.press("Train a network on this")
    page.get_by_role("heading", name="Train", exact=True).wait_for()
    page.get_by_text(re.compile("parameters will be learnt")).wait_for()
    person.page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("button", name="Cancel").wait_for()
    page.get_by_text("Tokens a second").wait_for()
    first = page.get_by_test_id("stMetricValue").first.inner_text()
    page.wait_for_function(
        "before => { const m = document.querySelector('[data-testid=stMetricValue]');"
        " return m && m.innerText !== before }",
        arg=first,
    )  # the curves move
    page.get_by_role("button", name="Inspect a sentence with it").wait_for(timeout=180_000)
    person.settle()
    person.press("Inspect a sentence with it")

    page.get_by_role("heading", name="Inspect", exact=True).wait_for()
    box = page.get_by_label("Text", exact=True)
    box.fill("The soup was <b>wonderful</b> but $the$ service was rude")
    box.press("Control+Enter")
    person.settle()
    chips = page.get_by_role("option")
    chips.filter(has_text="wonderful").first.click()
    person.settle()
    page.get_by_role("heading", name=re.compile(r"Step \d+ of \d+: wonderful")).wait_for()
    values = person.chart("view-beliefs").evaluate("g => Array.from(g._fullData[0].y)")
    assert len(values) == chips.count() and all(0 <= v <= 1 for v in values)
    assert page.locator("b", has_text="wonderful").count() == 0, "markup in a user's text was rendered"

    person.open("Evaluate")
    page.get_by_role("button", name="Evaluate", exact=True).click()
    page.get_by_text("Macro F1").wait_for()
    person.settle()
    person.click_target("view-confusion", 0)
    page.get_by_role("heading", name=re.compile(r"\d+ texts of \w+ answered \w+")).wait_for()
    table = page.locator('[data-testid="stDataFrame"]').last
    table.scroll_into_view_if_needed()
    corner = table.bounding_box()
    page.mouse.click(corner["x"] + 20, corner["y"] + 52)  # the box at the left edge of the first row
    page.get_by_role("heading", name="Inspect", exact=True).wait_for()
    person.settle()
    opened = page.get_by_label("Text", exact=True).input_value()
    assert opened and "wonderful" not in opened

    link = page.url
    friend = Person(browser, server)
    friend.go(link)
    friend.page.get_by_role("option").first.wait_for()
    assert friend.page.get_by_label("Text", exact=True).input_value() == opened
    assert friend.page.get_by_role("option").all_inner_texts() == chips.all_inner_texts()
    assert person.errors == [] and friend.errors == []
