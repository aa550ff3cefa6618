"""Whatever a user's file holds is shown as it is written: no markup, formula or code of theirs is ever rendered."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.person import Person

pytestmark = pytest.mark.browser

LABELS = ("**bold** :red[x]", "<i>it</i> $x^2$")
NAME = "$y$ <b>file<b> :smile: _x_.csv"
RENDERED = "strong:text-is('bold'), i:has-text('it'), em:has-text('x'), b:has-text('file'), .katex:has-text('x')"


def test_labels_columns_and_file_names_are_text(browser: Any, server: str, tmp_path: Path) -> None:
    path = tmp_path / NAME
    rows = [f'"<u>good</u> ${i}$ `code` film",{LABELS[0]}\n"a bad [link](x) =1+{i}",{LABELS[1]}\n' for i in range(30)]
    path.write_text("<b>text</b> :blue[t],label $z$\n" + "".join(rows), encoding="utf-8")
    person = Person(browser, server)
    page = person.page
    person.go("/")
    person.open("Data")
    page.locator('input[type="file"]').first.set_input_files(str(path))
    page.get_by_role("button", name="Read and check all rows").wait_for()
    person.settle()
    assert NAME in person.text()
    person.press("Read and check all rows")
    page.get_by_role("heading", name=NAME.removesuffix(".csv"), exact=True).wait_for()
    person.settle()
    ticks = person.chart("labels").evaluate("g => g.querySelector('svg.main-svg').textContent")
    assert all(label in ticks for label in LABELS), ticks
    assert page.locator(RENDERED).count() == 0

    person.press("Train a network on this")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("button", name="Inspect a sentence with it").wait_for(timeout=120_000)
    page.wait_for_timeout(1500)  # a person looks before clicking
    person.settle()
    assert page.locator(RENDERED).count() == 0
    person.press("Inspect a sentence with it")
    box = page.get_by_label("Text", exact=True)
    box.fill("<u>good</u> $5$ `code` **film** :smile:")
    box.press("Control+Enter")
    person.settle()
    page.get_by_role("option").filter(has_text="smile").first.wait_for()
    assert any(label in person.text() for label in LABELS)
    assert page.locator(f"{RENDERED}, u, strong:text-is('film')").count() == 0
    assert person.errors == []
