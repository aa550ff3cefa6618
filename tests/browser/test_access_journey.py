"""Every page in both themes for somebody who reads little contrast, uses a keyboard or a screen reader, or wants the numbers."""

import csv
import io
import re
from pathlib import Path
from typing import Any

import axe_playwright_python
import pytest

from rnn_core.figures.palette import luminance
from tests.browser.person import Person

pytestmark = pytest.mark.browser

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
PAGES = ("/unrolled", "/inspect", "/generate", "/learn", "/data", "/train", "/runs", "/matrix", "/bptt", "/losses", "/evaluate")

CONTRASTS = """selector => [...document.querySelectorAll(selector)].map(text => {
    const rgb = colour => colour.match(/[\\d.]+/g).map(Number)
    const fill = getComputedStyle(text)[text.namespaceURI.endsWith('svg') ? 'fill' : 'color']
    let ground = text
    while (ground && (rgb(getComputedStyle(ground).backgroundColor)[3] ?? 1) === 0) ground = ground.parentElement
    return [rgb(fill), rgb(getComputedStyle(ground ?? document.body).backgroundColor)]
})"""


def contrast(ink: list[float], ground: list[float]) -> float:
    high, low = sorted((luminance("#" + "".join(f"{round(part):02x}" for part in colour[:3])) for colour in (ink, ground)),
                       reverse=True)  # fmt: skip
    return (high + 0.05) / (low + 0.05)


def open_page(person: Person, address: str) -> None:
    """Opens a page and waits until all of it is drawn, which is later than that its script has run."""
    person.go(address)
    person.page.locator('[data-testid="stSidebarNavItems"][role="presentation"]').wait_for(state="attached")
    person.page.wait_for_function("() => !document.querySelector('[data-testid=stSkeleton]')")
    person.page.wait_for_timeout(500)
    person.settle()


@pytest.fixture(params=["light", "dark"])
def person(browser: Any, server: str, request: pytest.FixtureRequest) -> Person:
    return Person(browser, server, request.param)


def test_axe_finds_nothing_serious_on_any_page(person: Person) -> None:
    found: list[str] = []
    for address in PAGES:
        open_page(person, address)
        person.page.evaluate(AXE.read_text())
        result = person.page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
        found += [
            f"{address}: {rule['id']} ({rule['impact']}): {node['html'][:200]}"
            for rule in result["violations"] if rule["impact"] in ("serious", "critical") for node in rule["nodes"]
        ]  # fmt: skip
    assert found == []
    assert person.errors == []


def test_figures_are_drawn_in_the_colours_of_the_theme_and_can_be_read(person: Person) -> None:
    open_page(person, "/bptt")
    chart = person.chart("view-pairs")
    scale = chart.evaluate("g => g._fullData[0].colorscale.map(stop => stop[1])")[2:]  # after those for exactly nothing
    assert len(scale) == 9 and not any(colour.startswith("#0000") for colour in scale), "a placeholder was drawn"
    ground = luminance("#ffffff" if person.theme == "light" else "#13171d")
    apart = [abs(luminance(colour) - ground) for colour in scale]
    assert apart == sorted(apart) and apart[-1] > 0.7, "much must stand out most"
    for selector in (".js-plotly-plot .xtick text", ".js-plotly-plot .ytick text", ".js-plotly-plot .legendtext",
                     ".js-plotly-plot .xtitle", '[data-testid="stCaptionContainer"] p', '[role="tab"] p'):  # fmt: skip
        found = person.page.evaluate(CONTRASTS, selector)
        assert found and min(contrast(_over(ink, ground), ground) for ink, ground in found) >= 4.5, selector
    open_page(person, "/inspect")
    (button,) = person.page.evaluate(CONTRASTS, '[data-testid="stBaseButton-primary"]')
    assert contrast(*button) >= 4.5
    open_page(person, "/evaluate")
    numbers = person.chart("view-confusion").evaluate(
        """g => [...g.querySelectorAll('.heatmap-label text')]
            .map(text => getComputedStyle(text).fill.match(/\\d+/g).map(Number))"""
    )
    cells = person.chart("view-confusion").evaluate("g => g._fullData[0].colorscale.map(stop => stop[1])")
    assert len(numbers) >= 4
    assert min(contrast(numbers[0], [int(cell[i : i + 2], 16) for i in (1, 3, 5)]) for cell in cells) >= 4.5


def _over(ink: list[float], ground: list[float]) -> list[float]:
    """A colour that lets some of the ground through."""
    alpha = ink[3] if len(ink) > 3 else 1
    return [alpha * a + (1 - alpha) * b for a, b in zip(ink[:3], ground[:3], strict=True)]


def test_every_formula_has_its_own_name(browser: Any, server: str) -> None:
    person = Person(browser, server)
    for address in ("/inspect", "/bptt", "/matrix"):
        open_page(person, address)
        buttons = person.page.get_by_role("button", name=re.compile("^Formula ?: .+[?]"))
        names = buttons.all_text_contents()
        assert names and len(set(names)) == len(names)
        figures = person.page.get_by_role("figure").evaluate_all("all => all.map(one => one.getAttribute('aria-label'))")
        assert figures and len(set(figures)) == len(figures) and all("; " in name for name in figures)
    person.go("/inspect")
    person.page.get_by_role("button", name=re.compile("Formula ?: What do the hidden units hold")).click()
    person.page.locator('[data-testid="stPopoverBody"] .katex').first.wait_for()


def test_a_figure_is_saved_as_picture_and_as_numbers(browser: Any, server: str) -> None:
    person = Person(browser, server)
    person.go("/inspect")
    chart = person.chart("view-beliefs")

    def saved(button: str) -> tuple[str, bytes]:
        chart.scroll_into_view_if_needed()
        chart.hover()
        with person.page.expect_download() as download:
            chart.get_by_role("button", name=button).click()
        return download.value.suggested_filename, Path(download.value.path()).read_bytes()

    name, picture = saved("Download plot as a PNG")
    assert name == "What-would-the-network-answer-after-each-word.png" and picture.startswith(b"\x89PNG")
    name, picture = saved("Download plot as an SVG")
    assert name.endswith(".svg") and b"<svg" in picture[:200] and "negative" in picture.decode()
    name, numbers = saved("Download the data as CSV")
    assert name.endswith(".csv")
    rows = list(csv.reader(io.StringIO(numbers.decode("utf-8-sig"))))
    assert rows[0] == ["series", "x", "y", "value", "text"]
    drawn = chart.evaluate("g => Object.fromEntries(g._fullData.map(line => [line.meta, Array.from(line.y)]))")
    for series, values in drawn.items():
        assert [float(row[2]) for row in rows[1:] if row[0] == series] == values
    assert rows[1][1] == "<sos> (t = 1)"

    cells = person.chart("view-states")
    exact = cells.evaluate("g => g._fullData.at(-1).customdata.map(cell => cell[2])")
    chart = cells
    rows = list(csv.reader(io.StringIO(saved("Download the data as CSV")[1].decode("utf-8-sig"))))
    assert [float(row[3]) for row in rows[1:]] == exact
    assert person.errors == []


def test_hover_answers_anywhere_along_x_and_a_click_chooses_the_step(browser: Any, server: str) -> None:
    person = Person(browser, server)
    person.go("/inspect")
    chart = person.chart("view-beliefs")
    chart.scroll_into_view_if_needed()
    place = chart.evaluate(
        """g => { const box = g.getBoundingClientRect(), size = g._fullLayout._size
                  return {x: box.x + size.l + g._fullLayout.xaxis.d2p(3), y: box.y + size.t + 0.5 * size.h} }"""
    )
    person.page.mouse.move(place["x"] + 3, place["y"])
    person.page.wait_for_timeout(300)
    hover = chart.locator(".hoverlayer").text_content()
    assert "(t = 3)" in hover and hover.count("p = ") == 2
    person.page.mouse.click(place["x"] + 3, place["y"])
    person.settle()
    person.page.get_by_role("heading", name=re.compile("t = 3 of")).wait_for()


def test_steps_units_and_cells_are_chosen_without_a_mouse(browser: Any, server: str) -> None:
    person = Person(browser, server)
    page = person.page
    person.go("/inspect")

    def enter(label: str, value: str) -> None:
        box = page.get_by_label(label, exact=True)
        box.fill(value)
        box.press("Enter")
        person.settle()

    page.get_by_role("option").nth(1).focus()
    page.keyboard.press("ArrowRight")
    person.settle()
    page.get_by_role("heading", name=re.compile("t = 3 of")).wait_for()
    enter("Unit", "7")
    page.get_by_text(re.compile("Unit 7 at t = 3")).wait_for()
    assert "unit=7" in page.url
    person.go("/bptt")
    enter("Loss at step t", "5")
    enter("Copy of step k", "4")
    assert "step=4" in page.url and "back=3" in page.url
    person.go("/matrix?part=unit")
    enter("Step t", "4")
    enter("Unit", "3")
    assert "step=3" in page.url and "unit=3" in page.url
    assert person.errors == []


@pytest.mark.parametrize(("address", "key"), [("/inspect", "view-beliefs"), ("/bptt", "view-pairs")])
def test_the_first_figure_is_seen_at_once_on_a_projector(browser: Any, server: str, address: str, key: str) -> None:
    person = Person(browser, server, size=(1024, 768))
    person.go(address)
    seen = person.chart(key).evaluate("g => 768 - g.getBoundingClientRect().top - g._fullLayout._size.t")
    assert seen > 150


def test_the_sidebar_folds_where_it_would_take_a_third(browser: Any, server: str) -> None:
    for width, folded in ((900, "true"), (1024, "false")):
        person = Person(browser, server, size=(width, 800))
        open_page(person, "/data")
        assert person.page.get_by_test_id("stSidebar").get_attribute("data-collapsed") == folded
