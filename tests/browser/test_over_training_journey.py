"""Over training as a person has it: the slider, its keys, playing, and the numbers of the analysis at every stop."""

import re
from typing import Any

import pytest
from playwright.sync_api import expect

from rnn_core.analysis.loading import load
from rnn_core.analysis.over_training import over_training
from rnn_core.analysis.trace import trace
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import READY_MADE
from tests.browser.person import Person
from tests.browser.test_unrolled_journey import printed, state_of

pytestmark = pytest.mark.browser
RUN = READY_MADE / "00-three-units"
TEXT = "a slow <b>start</b> , but a great end ."
ADDRESS = f"/unrolled?run={RUN.name}&text={TEXT.replace(' ', '+')}&picture=over"


def test_each_stop_shows_its_numbers_on_one_scale(browser: Any, server: str) -> None:
    person = Person(browser, server)
    page = person.page
    page.add_init_script("localStorage.setItem('unrolled-played', '1')")
    person.go(ADDRESS)
    page.locator(".dot").first.wait_for()
    run = load(Run(RUN))
    seen = trace(run, TEXT)
    over, last = over_training(run, seen), len(seen.tokens) - 1
    assert page.locator(".stop").all_text_contents() == [
        f"{update:,}{'best' if i == over.best else ''}" for i, update in enumerate(over.updates.tolist())
    ]  # fmt: skip
    slider, live, detail = page.get_by_role("slider", name="The weights by which"), page.locator(".live"), page.locator(".detail")
    assert slider.input_value() == str(over.best), "at first the run's own weights"
    url, target = page.url, int(over.targets[-1])
    slider.focus()
    slider.press("Home")
    highest = over.losses.max()
    for i, update in enumerate(over.updates.tolist()):
        when = f"the run's own weights, best at update {update:,}" if i == over.best else f"after {update:,} update"
        expect(live).to_have_text(re.compile(re.escape(when)))
        label, p = seen.labels[over.classes[i, -1, 0]], printed(float(over.p[i, -1, 0]))
        assert f": {label} {p}; " in (live.text_content() or "") and when in (slider.get_attribute("aria-valuetext") or "")
        said, way = detail.inner_text(), over.ways[i]
        assert f"L = {printed(way.total)} nats" in said and f"‖∂L/∂W‖ = {printed(float(way.norms[0]))}" in said
        assert f"= {printed(float(over.losses[i, -1]))} nats" in said
        assert f"share of {printed(100 * float(way.shares[0, -1]))} %" in said
        assert (f"at update 0 it was {printed(over.ways[0].total)}" in said) == (i > 0)
        bars = page.locator("rect.loss").evaluate_all("all => all.map(one => Number(one.getAttribute('height')))")
        assert bars == pytest.approx([max(0.5, 42 * float(loss) / highest) for loss in over.losses[i]], abs=0.01)
        dots = page.locator(".dot").evaluate_all("all => all.map(one => Number(one.getAttribute('cy')))")
        assert dots == pytest.approx([152 - 68 * float(p) for p in over.target_p[i]], abs=0.01)
        hung = page.locator("rect.share").evaluate_all("all => all.map(one => one.getAttribute('fill').startsWith('url'))")
        assert hung == [share < 0 for share in way.shares[0].tolist()]
        slider.press("ArrowRight")
    stage = page.locator(".stage")
    stage.focus()
    stage.press("Home")
    expect(live).to_have_text(re.compile(rf"^t = 1 of {last + 1}, <sos>"))
    assert slider.input_value() == str(len(over.updates) - 1), "a step of the text is chosen, not other weights"

    page.locator(".stop").nth(1).click()
    expect(live).to_have_text(re.compile("after 1 update$"))
    stage.focus()
    stage.press(" ")
    state_of(page, "playing")
    page.wait_for_timeout(300)
    stage.press(" ")
    assert page.locator(".unrolled").get_attribute("data-state") != "playing"
    between = int(slider.input_value())
    dots = page.locator(".dot").evaluate_all("all => all.map(one => Number(one.getAttribute('cy')))")
    assert dots == pytest.approx([152 - 68 * float(p) for p in over.target_p[between]], abs=0.01), "it stops at a set of weights"
    page.get_by_role("button", name="Play: go through the training").click()
    expect(slider).to_have_value(str(len(over.updates) - 1), timeout=20_000)
    expect(page.locator(".unrolled")).not_to_have_attribute("data-state", "playing")
    assert page.url == url and page.locator(".token b").count() == 0 and not person.errors
    assert seen.labels[target] in detail.inner_text()


def test_reduced_motion_jumps_and_a_narrow_page_keeps_its_width(browser: Any, server: str) -> None:
    context = browser.new_context(viewport={"width": 400, "height": 900}, reduced_motion="reduce", color_scheme="dark")
    page = context.new_page()
    page.goto(server + ADDRESS)
    page.locator(".dot").first.wait_for(timeout=60_000)
    run = load(Run(RUN))
    over = over_training(run, trace(run, TEXT))
    places = [152 - 68 * float(p[0]) for p in over.target_p]
    page.locator(".stage").press("Home")  # it opens at its last step
    page.get_by_role("button", name="Play: go through the training").click()
    seen = set()
    for _ in range(40):
        seen.add(page.locator(".dot").first.evaluate("one => Number(one.getAttribute('cy'))"))
        page.wait_for_timeout(50)
    assert len(seen) > 1 and all(min(abs(y - place) for place in places) < 0.01 for y in seen), "no dot lies between two sets"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), "the page itself does not scroll sideways"
