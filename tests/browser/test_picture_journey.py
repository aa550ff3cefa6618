"""The picture beside the rest of a page: it opens at the page's step, is inked where it is read, and can be reached."""

from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.person import Person

pytestmark = pytest.mark.browser
RUN = "05-film-reviews"
AT = f"run={RUN}&text=a+slow+start+,+but+a+great+end+."


def visit(browser: Any, server: str, address: str, **more: Any) -> Person:
    """Somebody who has seen the picture play before, at an address where it stands."""
    person = Person(browser, server, **more)
    person.page.add_init_script("localStorage.setItem('unrolled-played', '1')")
    person.go(address)
    return person


def seen_at(page: Any, step: int) -> None:
    """The picture speaks of a step, counted from 0, marks its column, and shows it."""
    expect(page.locator(".detail")).to_contain_text(f"t = {step + 1} ")
    expect(page.locator("g.column.here")).to_have_attribute("data-t", str(step))
    place, stage = page.locator("g.column.here .cell").first.bounding_box(), page.locator(".stage").bounding_box()
    assert place is not None and stage is not None
    assert place["x"] > stage["x"] + 80 and place["x"] + place["width"] <= stage["x"] + stage["width"] + 1


def test_the_picture_opens_at_the_chosen_step_and_follows_the_page(browser: Any, server: str) -> None:
    person = visit(browser, server, f"/unrolled?{AT}&step=3&unit=2&picture=backwards")
    page = person.page
    page.get_by_text("Unit 2 opened at t = 4").wait_for()
    page.locator(".share").first.wait_for()
    seen_at(page, 3)
    expect(page.locator(".gutter")).to_contain_text("100 %")  # nothing of it is hidden
    page.get_by_text("loss: every", exact=True).click()
    url = page.url
    page.get_by_role("button", name="One step on", exact=True).click()  # of the circuit
    seen_at(page, 4)
    page.locator(".stage").focus()
    page.locator(".stage").press("ArrowRight")
    seen_at(page, 5)
    assert page.url == url, "nothing of this went to the server"
    page.get_by_role("button", name="Go to t = 5").click()
    page.get_by_text("Unit 2 opened at t = 5").wait_for()
    person.settle()
    seen_at(page, 4)
    expect(page.locator('[data-loss="every"]')).to_have_attribute("aria-pressed", "true")  # its mode is still the chosen one
    assert not person.errors


@pytest.mark.parametrize("path", ["/inspect", "/bptt"])
def test_so_does_the_folded_one(browser: Any, server: str, path: str) -> None:
    person = visit(browser, server, f"{path}?{AT}&step=3")
    page = person.page
    page.locator(".st-key-unrolled-folded summary").click()
    page.locator(".unrolled .dot").first.wait_for()
    seen_at(page, 3)
    if path == "/inspect":
        person.press("Next")
        seen_at(page, 4)
    assert not person.errors


@pytest.mark.parametrize(
    ("run", "text"), [("00-english-french", "She reads a book."), ("00-notebook", "The state of the network at")]
)
def test_a_picture_that_scrolls_opens_at_the_step_it_speaks_of(browser: Any, server: str, run: str, text: str) -> None:
    person = visit(browser, server, f"/unrolled?run={run}&text={text.replace(' ', '+')}", size=(900, 1000))
    page = person.page
    page.locator(".minimap:not(.hidden)").wait_for()
    last = int(page.locator(".stage").get_attribute("aria-valuemax") or 0)
    expect(page.locator(".detail")).to_contain_text(f"t = {last} ")
    expect(page.locator(f'g.column[data-t="{last - 1}"] .cell').first).to_be_in_viewport()
    expect(page.locator(".gutter")).to_be_in_viewport(ratio=0.9)  # it stays where it is
    if run == "00-notebook":
        page.get_by_role("heading", name="What happens at each character?").wait_for()
    if run == "00-english-french":
        assert page.locator(".attends").count(), "the attention of that step is there at rest"
    assert not person.errors


def test_the_same_parameter_is_found_by_keys_and_touch(browser: Any, server: str) -> None:
    person = visit(browser, server, f"/unrolled?{AT}", has_touch=True)
    page = person.page
    page.locator(".dot").first.wait_for()
    lit, steps = page.locator("g.column .pill.lit"), page.locator("g.column").count()
    page.locator(".stage").focus()
    page.keyboard.press("Tab")
    expect(page.locator(".parameters button:focus")).to_have_attribute("data-key", "V")
    expect(lit).to_have_count(steps)
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("button", name="W (hidden to hidden)")).to_be_focused()
    expect(lit).to_have_count(steps - 1)
    expect(page.locator(".tip")).to_contain_text("one matrix")
    places = (".sheet > svg:first-child", ".gutter")
    thread, lead = (page.locator(f"{place} .thread").get_attribute("d") or "" for place in places)
    assert lead.startswith("M80,") and lead.endswith("H88") and thread.startswith("M88,"), "it leads to the letter"
    for dim in (".gutter > text", ".ways", ".loss", ".sheet > canvas"):
        shown = page.locator(dim).first.evaluate("""one => {
            while (getComputedStyle(one).filter === "none") one = one.parentElement
            return getComputedStyle(one).filter
        }""")
        assert shown == "opacity(0.35)", dim
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(lit).to_have_count(steps - 1)  # it is kept
    page.locator(".stage").focus()
    page.keyboard.press("Escape")
    expect(lit).to_have_count(0)
    page.locator('g.column .pill[data-key="U"]').nth(2).tap()
    expect(lit).to_have_count(steps)
    expect(page.locator(".parameters button[aria-pressed=true]")).to_have_attribute("data-key", "U")
    expect(page.locator(".tip")).to_contain_text("U (input to hidden): one matrix")
    expect(page.locator(".tip")).to_be_visible()
    page.locator('g.column .pill[data-key="U"]').nth(4).tap()
    expect(lit).to_have_count(0)
    expect(page.locator(".tip")).to_be_hidden()
    assert not person.errors


@pytest.mark.parametrize(("run", "text", "why"), [
    ("00-parts-of-speech", "The old man sings .", "this network also reads from the end"),
    ("00-english-french", "She reads a book.", "no nudges"),
    (RUN, "a good film", ""),
])  # fmt: skip
def test_where_scissors_are_missing_a_sentence_says_why(browser: Any, server: str, run: str, text: str, why: str) -> None:
    person = visit(browser, server, f"/unrolled?run={run}&text={text.replace(' ', '+')}&picture=backwards")
    page = person.page
    page.locator(".share").first.wait_for()
    assert page.locator(".scissors").count() == (not why)
    if why:
        expect(page.locator(".bar .why")).to_contain_text(why)
    names = page.locator(".bar button").evaluate_all("all => all.map(one => [one.textContent, one.getAttribute('aria-label')])")
    assert all(name.startswith(seen) for seen, name in names), "what is read aloud contains what is seen"
    if why:
        return
    scissors = page.get_by_role("slider", name="Scissors")
    scissors.focus()
    scissors.press("ArrowRight")
    scissors.press("ArrowRight")
    cap, line = page.locator(".cap").first.bounding_box(), scissors.bounding_box()
    assert cap is not None and line is not None
    assert cap["x"] > line["x"] + line["width"] / 2 + 2, "the dashed line lies beside the cap"
    assert scissors.evaluate("one => getComputedStyle(one).outlineStyle") == "none"
    assert scissors.locator("span").evaluate("one => getComputedStyle(one).outlineStyle") == "solid", "the sign alone is framed"


INK = """one => {
    const on = getComputedStyle(document.querySelector('[data-testid="stApp"]')).backgroundColor, root = one.closest('.unrolled')
    const channels = colour => {
        const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true })
        canvas.fillStyle = on
        canvas.fillRect(0, 0, 1, 1)
        canvas.fillStyle = colour
        canvas.fillRect(0, 0, 1, 1)
        return [...canvas.getImageData(0, 0, 1, 1).data].slice(0, 3).map(part => part / 255)
            .map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
    }
    const light = ([r, g, b]) => 0.2126 * r + 0.7152 * g + 0.0722 * b + 0.05, style = getComputedStyle(one)
    const a = light(channels(style.fill === 'none' ? style.stroke : style.fill)), b = light(channels(on))
    return Math.max(a, b) / Math.min(a, b)
}"""
"""How much the ink of a shape stands out from the page, by WCAG."""


def test_wide_and_dark_or_light_what_is_read_is_inked(browser: Any, server: str) -> None:
    colours = {}
    for theme in ("light", "dark"):
        person = visit(browser, server, f"/unrolled?{AT}&picture=backwards", theme=theme, size=(1920, 1100))
        page = person.page
        page.locator(".share").first.wait_for()
        page.mouse.move(2, 2)
        ink = {one: page.locator(f'g.column[data-t="3"] {one}').first.evaluate(INK)
               for one in (".cell", ".arrow", ".pill text", ".token", ".loss")}  # fmt: skip
        assert ink[".pill text"] >= 4.5 and ink[".token"] >= 7, (theme, ink)
        assert ink[".cell"] < 2 and ink[".arrow"] < 2 and ink[".loss"] > ink[".cell"] + 0.5, (theme, ink)
        place = page.locator('g.column[data-t="3"] .token').bounding_box()
        assert place is not None
        page.mouse.move(place["x"] + 5, place["y"] + 5)
        shown = page.locator('g.column[data-t="3"] .arrow').first.evaluate(INK)
        assert shown > ink[".arrow"] + 0.5, "under the pointer it has its full strength"
        assert page.locator(".minimap.hidden").count() == 1, "a wide page shows all of it"
        colours[theme] = [page.locator(of).first.evaluate(f"one => getComputedStyle(one).{what}")
                          for of, what in ((".token", "fill"), (".gradient", "stroke"), (".dot", "stroke"))]  # fmt: skip
        assert not person.errors
    light, dark = colours["light"], colours["dark"]
    assert light[0] != dark[0] and light[1] != dark[1] and light[2] == dark[2], "the answers' colours are those of the classes"
