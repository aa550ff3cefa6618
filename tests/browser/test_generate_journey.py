"""A language model as a person has it: paste a text, train, watch it write, choose another token, hunt a unit."""

import re
from typing import Any

import pytest

from tests.browser.person import Person

pytestmark = pytest.mark.browser

LINES = ('the <b>mill</b> is "open" (said Ann)\n', 'a "quiet" street (and a $lamp$)\n', "no rain fell on the roof today\n")
TEXT = "".join(LINES[i % 3] for i in range(150))


def test_from_a_pasted_text_to_a_unit(browser: Any, server: str) -> None:
    person = Person(browser, server)
    page = person.page

    person.go("/data")
    page.get_by_role("radio", name="Paste a text").or_(page.get_by_role("button", name="Paste a text")).first.click()
    box = page.get_by_label("Text", exact=True)
    box.fill(TEXT)
    box.press("Control+Enter")
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
    box.fill('the <b>mill</b> is "')
    box.press("Control+Enter")
    person.settle()
    person.press("Write")
    tokens = page.locator(".flow [role=option]")
    tokens.nth(30).wait_for()
    assert page.locator("b", has_text="mill").count() == 0, "markup in a text was rendered"
    tokens.nth(30).click()
    person.settle()
    page.wait_for_function("document.querySelectorAll('.flow [role=option]')[30].getAttribute('aria-selected') === 'true'")
    before = page.locator(".flow").first.inner_text()
    page.locator("[class*=st-key-instead-] button").first.click()
    person.settle()
    page.wait_for_function("text => document.querySelector('.flow')?.innerText !== text", arg=before)
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
