"""Whatever a user's file holds is shown as it is written: no markup, formula or code of theirs is ever rendered."""

from pathlib import Path
from typing import Any

import pytest

from tests.browser.person import Person

pytestmark = pytest.mark.browser

LABELS = ("**bold** :red[x] http://evil.example/x?y=1", "<i>it</i> $x^2$ www.evil.example a@evil.example")
NAME = "$y$ <b>file<b> :smile: _x_ www.evil.example a@evil.example.csv"
RENDERED = (
    "strong:text-is('bold'), i:has-text('it'), em:has-text('x'), b:has-text('file'), .katex:has-text('x'), "
    "a[href*='evil.example'], a[href^='mailto']"
)


def test_labels_columns_and_file_names_are_text(browser: Any, server: str, tmp_path: Path) -> None:
    path = tmp_path / NAME
    rows = [f'"<u>good</u> ${i}$ `code` film, of which one could say much more",{LABELS[0]}\n'
            f'"a bad [link](x) =1+{i} and a film of which there is little to say",{LABELS[1]}\n' for i in range(30)]
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
    assert all(label[:20] in ticks for label in LABELS), ticks  # long ones are cut
    assert page.locator(RENDERED).count() == 0

    person.press("Train a network on this")
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("button", name="Inspect a sentence with it").wait_for(timeout=120_000)
    page.wait_for_timeout(1500)  # a person looks before clicking
    person.settle()
    assert page.locator(RENDERED).count() == 0
    person.press("Inspect a sentence with it")
    box = page.get_by_label("Text", exact=True)
    box.fill("<u>good</u> $5$ `code` **film** :smile: https://evil.example/x a@evil.example")
    box.press("Control+Enter")
    person.settle()
    page.get_by_role("option").filter(has_text="smile").first.wait_for()
    assert any(label in person.text() for label in LABELS)
    assert page.locator(f"{RENDERED}, u, strong:text-is('film')").count() == 0
    for name in ("BPTT", "Words to matrix", "Last or every step", "Evaluate", "Runs"):
        page.get_by_test_id("stSidebarNav").get_by_role("link", name=name).click()
        page.wait_for_timeout(1500)
        person.settle()
        assert page.locator(RENDERED).count() == 0, name
    page.locator('[data-testid="stFileUploaderDropzoneInput"]').first.wait_for(state="attached")  # below the table
    box = page.get_by_test_id("stDataFrame").first.bounding_box()
    page.mouse.click(box["x"] + 12, box["y"] + 52)  # the first run's tick
    person.settle()
    person.press("Settings")
    page.get_by_text("fingerprint").first.wait_for(state="attached")  # folded away
    assert page.locator(RENDERED).count() == 0
    person.press("Delete")
    page.get_by_role("button", name="Keep").wait_for()
    assert page.locator(RENDERED).count() == 0
    assert "evil.example" in page.get_by_role("dialog").inner_text()
    assert person.errors == []
