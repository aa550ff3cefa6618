"""An opened unit as a person has it: its circuit's numbers are the trace's, and what is touched lights in the equations."""

from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Locator, expect

from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import READY_MADE
from tests.browser.person import Person
from tests.browser.test_unrolled_journey import printed

pytestmark = pytest.mark.browser
RUN = READY_MADE / "05-film-reviews"
TEXT, UNIT = "not a <b>good</b> film , but i loved it", 3


def numbers(panel: Locator) -> dict[str, str]:
    """What is said of each part of the circuit."""
    said = panel.locator(".part").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
    return dict(one.rsplit(": ", 1) for one in said)


def test_the_numbers_of_every_step_and_what_lights(browser: Any, server: str) -> None:
    person = Person(browser, server)
    page = person.page
    page.add_init_script("localStorage.setItem('unrolled-played', '1')")
    page.goto(f"{server}/unrolled?run={RUN.name}&text={TEXT.replace(' ', '+')}&unit={UNIT}&step=3")
    panel = page.locator(".opened")
    panel.locator(".equation").first.wait_for(timeout=60_000)
    person.settle()
    run = load(Run(RUN))
    seen, own = trace(run, TEXT), {name: p.numpy() for name, p in run.network.layer(0, 0).items()}
    last, d = len(seen.tokens) - 1, seen.states.shape[-1]
    assert seen.cells is not None
    url = page.url
    expect(panel.locator(".at")).to_have_text(f"t = 4 of {last + 1}, {seen.tokens[3]}")
    back, on = (panel.get_by_role("button", name=name, exact=True) for name in ("One step back", "One step on"))
    for _ in range(3):
        back.click()
    expect(back).to_have_attribute("aria-disabled", "true")
    for t in range(last + 1):
        expect(panel.locator(".at")).to_have_text(f"t = {t + 1} of {last + 1}, {seen.tokens[t]}")
        i, f, g, q = (float(seen.gates[name][0, 0, t, UNIT]) for name in "ifgq")
        m, h = float(seen.cells[0, 0, t, UNIT]), float(seen.states[0, 0, t, UNIT])
        before = float(seen.cells[0, 0, t - 1, UNIT]) if t else 0.0
        past = seen.states[0, 0, t - 1].astype(np.float64) if t else np.zeros(d)
        wanted = {
            "input gate i": i, "forget gate f": f, "candidate g": g, "output gate q": q, "memory m before": before,
            "forget gate f times memory m before": f * before, "input gate i times candidate g": i * g, "memory m": m,
            "tanh of memory m": float(np.tanh(m)), "state h": h,
        }  # fmt: skip
        for row, name in enumerate(("input gate i", "forget gate f", "candidate g", "output gate q")):
            at = row * d + UNIT
            a = own["bias"][at] + own["weight_hh"][at] @ past + own["weight_ih"][at] @ seen.embeddings[t].astype(np.float64)
            wanted[f"pre-activation of {name}"] = float(a)
        said = numbers(panel)
        for name, value in wanted.items():
            close(said[name], value)
        rows = panel.locator(".numbers").all_inner_texts()
        closing = [row.rsplit("= ", 1)[1] for row in rows]
        for text, value in zip(closing, (i, f, g, q, m, h), strict=True):
            close(text, value)
        if t < last:
            on.click()
    expect(on).to_have_attribute("aria-disabled", "true")
    assert page.url == url and not person.errors, "nothing of this went to the server"

    rail = f"{said['forget gate f']} · {said['memory m before']}"
    panel.locator('.part[aria-label^="forget gate f times"]').focus()
    expect(panel.locator(".equation span.lit").filter(has_text=rail)).to_have_count(1)
    expect(panel.locator(".told")).to_contain_text(f"{rail} = {said['forget gate f times memory m before']}")
    expect(panel.locator('.part[aria-label^="output gate"]')).to_have_css("opacity", "0.35")  # waits for the transition
    page.keyboard.press("ArrowDown")
    focused = page.evaluate("document.querySelector('*:focus')?.shadowRoot?.activeElement?.getAttribute('aria-label') ?? "
                            "document.activeElement.getAttribute('aria-label')")  # fmt: skip
    assert focused and focused.startswith("forget gate f: ")
    expect(panel.locator(".told")).to_contain_text("% open")
    expect(panel.locator("figcaption")).to_contain_text(f"= {said['forget gate f']}: forget gate f, slope")
    symbol = panel.locator('.symbol[aria-label="candidate g"]')
    expect(symbol).to_have_count(2)
    symbol.last.hover()
    expect(panel.locator(".part.lit")).to_have_count(1)
    expect(panel.locator(".part.lit")).to_have_attribute("aria-label", f"candidate g: {said['candidate g']}")
    expect(panel.locator(".right span.lit")).to_have_count(2), "on the left of its equation, and in that of the memory"
    page.mouse.move(2, 2)
    page.keyboard.press("Escape")
    expect(panel.locator(".lit")).to_have_count(0)
    panel.get_by_role("button", name=f"Go to t = {last + 1}").click()
    page.get_by_text(f"Unit {UNIT} opened at t = {last + 1}").wait_for()
    person.settle()
    assert f"step={last}" in page.url
    page.goto(f"{server}/inspect?run={RUN.name}&text={TEXT.replace(' ', '+')}&unit={UNIT}&step={last}&inside=cell")
    panel.locator(".equation").first.wait_for(timeout=60_000)
    assert numbers(panel) == said and not person.errors


def close(said: str, value: float) -> None:
    """A number as it is printed; its last digit may be the neighbour's, as float32 has seven of them."""
    shown = float(said.replace("−", "-"))
    assert said == printed(value) or abs(shown - value) <= 6e-4 * abs(value) + 1e-7, (said, value)


def test_on_a_narrow_page_the_circuit_scrolls_and_no_label_overlaps(browser: Any, server: str) -> None:
    context = browser.new_context(viewport={"width": 400, "height": 900}, reduced_motion="reduce", color_scheme="dark")
    page = context.new_page()
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{server}/unrolled?run={RUN.name}&text=a+good+film&unit=0&step=1")
    panel = page.locator(".opened")
    panel.locator(".equation").first.wait_for(timeout=60_000)
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth + 1"), "the page itself does not scroll sideways"
    assert panel.locator(".wide").evaluate("one => one.scrollWidth > one.clientWidth"), "the circuit scrolls"
    assert panel.locator(".wire").first.evaluate("one => getComputedStyle(one).transitionDuration") == "0s"
    texts = panel.locator(".circuit text").evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(at => [at.left, at.right, at.top, at.bottom])"
    )
    for i, (left, right, top, bottom) in enumerate(texts):
        for other in texts[i + 1 :]:
            assert right <= other[0] or other[1] <= left or bottom - 3 <= other[2] or other[3] - 3 <= top, "labels overlap"
    assert not errors
