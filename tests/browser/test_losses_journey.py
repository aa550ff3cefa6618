"""The two losses as a person tries them: one click trains both, and the comparison appears where it is watched."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from rnn_core.commands import main
from rnn_core.training import jobs
from tests.browser.person import Person

REVIEWS = str(Path(__file__).parents[2] / "samples" / "reviews.csv")
pytestmark = pytest.mark.browser


def test_both_losses_are_trained_with_one_click_and_compared(
    browser: Any, server: str, tmp_path_factory: pytest.TempPathFactory, capsys: pytest.CaptureFixture[str]
) -> None:
    root = next(tmp_path_factory.getbasetemp().glob("server*")) / "workspace"
    person = Person(browser, server)
    page = person.page
    person.go("/")
    assert main(["data", "--train", REVIEWS, "--name", "Both ways", "--workspace", str(root)]) == 0
    data = json.loads(capsys.readouterr().out.splitlines()[-1])["dataset"]

    person.go(f"/train?dataset={data}")
    epochs = page.get_by_label("Epochs", exact=True)
    epochs.fill("3")
    epochs.press("Enter")
    person.settle()
    name = page.get_by_label("Name of the run")
    name.fill("Twins")
    name.press("Enter")
    person.settle()
    page.set_viewport_size({"width": 1280, "height": 800})
    page.get_by_text("All options").click()
    page.get_by_label("Seed", exact=True).wait_for()
    button = page.get_by_role("button", name="Train with both losses")
    button.scroll_into_view_if_needed()
    button.click()
    for loss in ("every", "last"):  # one below the other
        page.get_by_role("heading", name=f"Twins, loss {loss}").wait_for()
    page.wait_for_timeout(500)
    place = page.get_by_role("heading", name="Twins, loss every").bounding_box()
    assert 0 < place["y"] < 400, "the progress is in view although the form is longer than the page"
    if jobs.SLOTS == 1:  # the second waits, unless the first was fast enough
        page.get_by_text(re.compile("Queued: starts when the training before it has finished|Trained in")).first.wait_for()
    person.settle()
    # on busy cores a click may still be under way: a page opened before the server has turned to it would take its place

    page.get_by_test_id("stSidebarNav").get_by_role("link", name="Last or every step").click()
    page.get_by_role("heading", name="Loss at the last step, or at every step?").wait_for()
    page.get_by_text("Half of the words read").wait_for(timeout=120_000)  # the page goes on by itself once both have ended
    person.settle()
    assert "Twins, loss" in page.get_by_role("combobox", name="Run").first.input_value()
    lines = person.chart("view-right-so-far").evaluate("g => g._fullData.map(l => Array.from(l.y))")
    assert len(lines) == 4 and all(len(line) == 21 and all(0 <= y <= 1 for y in line) for line in lines)
    for key in ("view-decided", "view-loss-reach"):
        assert person.chart(key).evaluate("g => g._fullData.length") == 2
    assert person.chart("twin-curves").evaluate("g => new Set(g._fullData.map(l => l.name)).size") >= 2
    page.get_by_test_id("stDataFrame").last.scroll_into_view_if_needed()
    table = page.get_by_test_id("stDataFrame").last.locator("td")  # behind the canvas, once that is drawn
    table.filter(has_text="test accuracy").first.wait_for(state="attached")
    cells = table.all_text_contents()
    assert "test accuracy" in cells and "3" in cells
    assert "24 dev texts" in person.text()
    assert person.errors == []
