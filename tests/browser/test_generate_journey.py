"""A language model as a person has it: paste a text, train, watch it write, choose another token, hunt a unit."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person

pytestmark = pytest.mark.browser

WHO = ("Ann", "Ben", "Cleo", "Dora", "Emil", "Fay", "Gus")
WHAT = ("a <b>mill</b>", "one $lamp$", "the quiet street", "some rain", "an open gate")
TEXT = "".join(
    f'{WHO[i % 7]} saw {WHAT[i % 5]} (near {WHO[i % 3]}) and said "{WHAT[i % 4]}" at {i % 12} o\'clock.\n' for i in range(120)
)


def test_from_a_pasted_text_to_a_unit(browser: Any, server: str) -> None:
    person = Person(browser, server)
    page = person.page

    person.go("/data")
    page.get_by_role("radio", name="Paste a text").or_(page.get_by_role("button", name="Paste a text")).first.click()
    box = page.get_by_label("Text", exact=True)
    box.fill(TEXT)
    box.press("Control+Enter")
    person.settle()
    page.get_by_text("Generation: the next token of a text").first.click()  # every line might also begin with a label
    person.settle()
    person.press("Read and check all rows")
    page.get_by_role("button", name="Train a network on this").wait_for()
    person.press("Train a network on this")
    page.get_by_text(re.compile("parameters will be learnt")).wait_for()
    for label, value in (("Hidden units d", "24"), ("Epochs", "3")):
        field = page.get_by_label(label, exact=True)
        field.fill(value)
        field.press("Enter")
        person.settle()
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_text("The text that it writes after an epoch").wait_for(timeout=180_000)
    page.get_by_text(re.compile(r"Trained in .*: 3 epochs")).wait_for(timeout=180_000)
    person.settle()

    person.open("Generate")
    box = page.get_by_label("Prompt")
    box.fill('Ann saw a <b>mill</b> (')
    box.press("Control+Enter")
    person.settle()
    person.press("Write")
    tokens = page.locator(".flow [role=option]")
    tokens.nth(30).wait_for()
    assert page.locator("b", has_text="mill").count() == 0, "markup in a text was rendered"
    tokens.nth(30).click()
    person.settle()
    expect(tokens.nth(30)).to_have_attribute("aria-selected", "true")
    before = page.locator(".flow").first.inner_text()
    page.locator("[class*=st-key-instead-] button").first.click()
    person.settle()
    expect(page.locator(".flow").first).not_to_have_text(before, timeout=60_000)
    person.settle()
    after = page.locator(".flow").first.inner_text()
    assert after[:20] == before[:20], "the text before the chosen token stays"
    page.locator("[class*=st-key-branch-] button").first.wait_for()
    link = page.url

    page.get_by_role("tab", name="Hunt for a unit").click()
    person.settle()
    box = page.get_by_label("Text", exact=True)
    box.fill(TEXT[:3000])
    box.press("Control+Enter")
    person.settle()
    page.get_by_text(re.compile(r"Unit \d+ of .* best in this text")).wait_for()
    page.get_by_role("button", name="Hunt in it").click()
    page.get_by_text(re.compile(r"best in \w+ of pasted")).wait_for(timeout=120_000)

    again = Person(browser, link)
    again.page.goto(link)
    again.settle()
    again.page.locator(".flow").first.wait_for()
    assert again.page.locator(".flow").first.inner_text() == after, "a link shows the same text"
    assert not person.errors and not again.errors
