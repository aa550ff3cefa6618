"""The main job as a person does it: upload, train, watch, inspect, evaluate, follow an error back, share the link."""

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person

SAMPLE = Path(__file__).parents[2] / "samples" / "reviews.csv"
pytestmark = pytest.mark.browser


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
    page.get_by_text("Tokens per second").wait_for()
    first = page.get_by_test_id("stMetricValue").first.inner_text()
    page.wait_for_function(
        "before => { const m = document.querySelector('[data-testid=stMetricValue]');"
        " return m && m.innerText !== before || document.body.innerText.includes('Trained in') }",
        arg=first,
    )  # the curves move, unless the second that passes between two looks was enough
    page.get_by_role("button", name="Inspect a sentence with it").wait_for(timeout=180_000)
    page.wait_for_timeout(1500)  # a person looks before clicking
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
    page.get_by_role("heading", name=re.compile(r"t = \d+ of \d+: wonderful")).wait_for()
    values = person.chart("view-beliefs").evaluate("g => Array.from(g._fullData[0].y)")
    assert len(values) == chips.count() and all(0 <= v <= 1 for v in values)
    assert page.locator("b", has_text="wonderful").count() == 0, "markup in a user's text was rendered"

    person.open("Evaluate")
    page.get_by_role("button", name="Evaluate", exact=True).click()
    page.get_by_text("Macro F1").wait_for()
    person.settle()
    person.click_target("view-confusion", 0)
    page.get_by_text(re.compile(r"(Right|Wrong): \d+ texts labelled \w+, answered \w+")).wait_for()
    person.settle()
    page.locator(".rows tbody tr").first.locator("td").last.click()  # anywhere in the row
    page.get_by_role("heading", name="Inspect", exact=True).wait_for()
    person.settle()
    opened = page.get_by_label("Text", exact=True).input_value()
    assert opened and "wonderful" not in opened

    page.go_back()
    page.get_by_role("heading", name="Evaluate", exact=True).wait_for()
    texts = page.locator(".rows tbody button")
    texts.first.wait_for()
    page.get_by_role("button", name="All mistakes").focus()
    for _ in range(20):  # by the keyboard, nothing opens before Enter
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.shadowRoot?.activeElement?.matches('.rows button') ?? false"):
            break
    last = min(2, texts.count() - 1)
    for _ in range(last):
        page.keyboard.press("ArrowDown")
    wanted = texts.nth(last).inner_text()
    assert page.get_by_role("heading", name="Evaluate", exact=True).count() == 1
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Inspect", exact=True).wait_for()
    person.settle()
    expect(page.get_by_label("Text", exact=True)).to_have_value(wanted)  # the box may be drawn before its text comes
    opened = wanted

    link = page.url
    friend = Person(browser, server)
    friend.go(link)
    friend.page.get_by_role("option").first.wait_for()
    expect(friend.page.get_by_label("Text", exact=True)).to_have_value(opened)
    assert friend.page.get_by_role("option").all_inner_texts() == chips.all_inner_texts()
    assert person.errors == [] and friend.errors == []
