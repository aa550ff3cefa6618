"""Translation as a person has it: upload pairs, train, translate, point at the map, force a word and a link, evaluate."""

import re
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person

SAMPLE = Path(__file__).parents[2] / "samples" / "dates.csv"
pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def run(chromium: Any, server: str) -> str:
    """The id of a run that somebody trained on uploaded pairs."""
    person = Person(chromium, server)
    page = person.page
    person.go("/data")
    page.locator('input[type="file"]').first.set_input_files(str(SAMPLE))
    page.get_by_role("button", name="Read and check all rows").wait_for()
    person.settle()
    person.press("Read and check all rows")  # the task is guessed from the columns
    page.get_by_role("button", name="Train a network on this").wait_for()
    person.press("Train a network on this")
    page.get_by_text(re.compile("parameters will be learnt")).wait_for()
    for label, value in (("Hidden units d", "48"), ("Epochs", "3")):
        field = page.get_by_label(label, exact=True)
        field.fill(value)
        field.press("Enter")
        person.settle()
    page.get_by_role("button", name="Train", exact=True).click()
    page.get_by_role("button", name="Translate with it").wait_for(timeout=180_000)
    person.settle()
    person.press("Translate with it")
    page.get_by_role("heading", name="Translate", exact=True).wait_for()
    (found,) = parse_qs(urlsplit(page.url).query)["run"]
    assert not person.errors
    page.close()
    return found


def lit(page: Any, which: str) -> list[float]:
    """The strengths of the colour behind the words of one side."""
    found = page.locator(f".{which} span").evaluate_all("ones => ones.map(one => Number(one.style.getPropertyValue('--a')))")
    return [float(value) for value in found]


def test_a_translation_and_a_forced_word(browser: Any, server: str, run: str) -> None:
    person = Person(browser, server)
    page = person.page
    person.go(f"/translate?run={run}")
    box = page.get_by_label("Text", exact=True)
    box.fill("9 <b>May</b> 2020")
    box.press("Enter")
    person.settle()
    assert page.locator("b", has_text="May").count() == 0, "markup in a user's text was rendered"
    box.fill("9 May 2020")
    box.press("Enter")
    person.settle()
    written, read = page.locator(".targets span"), page.locator(".sources span")
    expect(read).to_have_count(12)
    assert written.count() > 5

    row = lit(page, "sources")  # the chosen word lights the source by its weights
    assert sum(row) == pytest.approx(1, abs=0.02)
    written.nth(3).hover()
    assert lit(page, "sources") != row and sum(lit(page, "sources")) == pytest.approx(1, abs=0.02)
    read.nth(2).hover()
    assert any(lit(page, "targets")) and not any(lit(page, "sources"))
    written.nth(0).click()
    person.settle()
    written.nth(0).press("ArrowDown")
    person.settle()
    expect(written.nth(1)).to_have_attribute("aria-selected", "true")
    assert "step=1" in page.url

    before = written.all_inner_texts()
    button = page.locator(".st-key-instead-0 button")
    word = button.inner_text()
    button.click()
    person.settle()
    expect(page.get_by_label("The translation begins with", exact=True)).to_have_value(before[0] + word)
    after = written.all_inner_texts()
    assert after[0] == before[0] and after[1] == word != before[1]
    page.get_by_role("button", name="▶ Watch it write").click()
    expect(page.locator(".unwritten").first).to_be_attached()
    expect(page.locator(".unwritten")).to_have_count(0, timeout=20_000)

    person.go(page.url)  # the link shows the same
    person.settle()
    written.nth(1).wait_for()
    assert written.all_inner_texts() == after

    cells = page.locator(".cells")  # a double click makes a step look at one character alone, another one lets it go
    box = cells.bounding_box()
    assert box is not None
    width, height = box["width"] / read.count(), box["height"] / written.count()
    at = {"x": width * 2.5, "y": height * 1.5}
    cells.dblclick(position=at)
    page.locator(".link").wait_for()
    person.settle()
    assert "links=2-3" in page.url and written.all_inner_texts()[0] == after[0]
    mark = page.locator(".link").bounding_box()
    assert mark is not None and abs(mark["x"] - box["x"] - 2 * width) < 3 and abs(mark["y"] - box["y"] - height) < 3
    expect(page.get_by_role("combobox", name="At t = 2, attend only to")).to_have_value(re.compile("^3 · "))
    cells.dblclick(position=at)
    expect(page.locator(".link")).to_have_count(0)
    person.settle()
    assert "links" not in page.url
    assert not person.errors


def test_scores_of_translations(browser: Any, server: str, run: str) -> None:
    person = Person(browser, server)
    page = person.page
    person.go(f"/evaluate?run={run}")
    person.press("Evaluate")
    bleu = page.get_by_test_id("stMetric").filter(has_text="BLEU")
    bleu.wait_for(timeout=120_000)
    person.settle()
    searched = page.get_by_text(re.compile("each translated once by greedy search"))
    expect(searched).not_to_contain_text("copied")

    person.press("Options", exact=False)
    page.get_by_test_id("stPopoverBody").get_by_text("Copy unknown words").click()
    person.settle()
    assert "copy=1" in page.url
    expect(bleu).to_have_count(0)  # these scores are not made yet
    page.keyboard.press("Escape")
    person.press("Evaluate")
    bleu.wait_for(timeout=120_000)
    person.settle()
    expect(searched).to_contain_text("greedy search, unknown words copied")
    page.get_by_role("heading", name="What does the vector between encoder and decoder hold?").wait_for()

    page.locator(".st-key-formula-copied button").first.click()
    person.settle()
    opened = page.get_by_test_id("stPopoverBody").filter(has_text="is read as")
    opened.wait_for()
    assert "Luong et al. 2015" in opened.inner_text()
    page.keyboard.press("Escape")

    row = page.locator(".rows tbody tr").nth(2)
    source = row.locator("button").inner_text()
    row.click()
    page.get_by_role("heading", name="Translate", exact=True).wait_for()
    person.settle()
    expect(page.get_by_label("Text", exact=True)).to_have_value(source)
    assert "".join(page.locator(".sources span").all_inner_texts()[1:-1]).replace("␣", " ") == source
    assert not person.errors
