"""The ring round the chosen token: it moves at once, and no late answer moves it back."""

import re
from typing import Any

import pytest

from tests.browser.person import Person

pytestmark = pytest.mark.browser


CHOSEN = """chips => chips.flatMap((chip, step) => chip.getAttribute('aria-selected') === 'true' ? [step] : [])"""


@pytest.mark.parametrize("address", ["/inspect?step=1", "/generate?reading=surprise"])
def test_the_ring_follows_keys_at_once_and_other_choices_after_them(browser: Any, server: str, address: str) -> None:
    person = Person(browser, server)
    page = person.page
    person.go(address)
    chips = page.get_by_role("option")
    chips.nth(2).click()
    seen = chips.evaluate_all(
        f"""async chips => {{
            const seen = [], chosen = {CHOSEN}, wait = ms => new Promise(done => setTimeout(done, ms))
            for (let step = 2; step < 6; step++) {{
                chips[step].dispatchEvent(new KeyboardEvent('keydown', {{key: 'ArrowRight', bubbles: true}}))
                seen.push(chosen(chips))
                await wait(60)
            }}
            for (let look = 0; look < 60; look++) {{
                seen.push(chosen(chips))
                await wait(50)
            }}
            return seen
        }}"""
    )
    assert seen[:4] == [[3], [4], [5], [6]] and all(one == [6] for one in seen[4:]), seen
    person.settle()
    if address.startswith("/inspect"):
        page.get_by_role("heading", name=re.compile(r"t = 7 of ")).wait_for()
        person.press("Back", exact=False)
        page.get_by_role("heading", name=re.compile(r"t = 6 of ")).wait_for()
        page.wait_for_timeout(500)
        assert chips.evaluate_all(CHOSEN) == [5]
    else:
        assert "step=7" in page.url  # <sos> has no place in a written text
    assert person.errors == []
