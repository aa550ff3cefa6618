"""The language and the letters of formulas, chosen by hand in the sidebar, by a link, and by the browser."""

from typing import Any

from playwright.sync_api import expect

from tests.browser.person import Person

PAGES = {
    "unrolled": "Unrolled", "inspect": "Inspizieren", "learn": "Lektionen", "data": "Daten", "train": "Trainieren",
    "runs": "Läufe", "matrix": "Wörter zur Matrix", "bptt": "Backpropagation Through Time", "evaluate": "Auswerten",
    "generate": "Generieren", "translate": "Übersetzen",
}  # fmt: skip


def test_somebody_reads_german_in_the_letters_of_their_course(browser: Any, server: str) -> None:
    person = Person(browser, server)
    page = person.page
    person.go("/bptt")
    expect(page.get_by_role("heading", level=1)).to_have_text("Backpropagation through time")
    person.press("English · h, U, W, V", exact=False)
    page.get_by_role("radiogroup", name="Language").get_by_text("Deutsch").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Backpropagation Through Time")
    person.settle()
    page.get_by_role("radiogroup", name="Buchstaben").get_by_text("h, W_xh, W_hh, W_hy").click()
    expect(page.get_by_text("Kopien von W_hh", exact=True)).to_be_visible()
    person.settle()
    assert "language=de" in page.url and "letters=hh" in page.url
    assert page.evaluate("document.documentElement.lang") == "de"
    page.keyboard.press("Escape")
    person.open("Inspizieren")  # it stays from page to page, and after a reload
    page.reload()
    person.settle()
    expect(page.get_by_role("heading", level=1)).to_have_text("Inspizieren")
    other = Person(browser, server)
    other.go("/inspect")  # somebody else reads English
    expect(other.page.get_by_role("heading", level=1)).to_have_text("Inspect")
    assert not person.errors and not other.errors


def test_a_browser_in_german_reads_german_on_every_page(browser: Any, server: str) -> None:
    person = Person(browser, server, size=(1024, 768), locale="de-DE")
    for name, title in PAGES.items():
        person.go(f"/{name}")
        expect(person.page.get_by_role("heading", level=1)).to_have_text(title)
        wide = person.page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth - innerWidth")
        assert wide <= 0, f"{name} is wider than the screen by {wide} pixels"
    person.go("/inspect?language=en")
    expect(person.page.get_by_role("heading", level=1)).to_have_text("Inspect")
    assert not person.errors
