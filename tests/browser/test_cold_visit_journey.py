"""The first visit after the server's start: a link that somebody was sent opens its page, and nothing else."""

from typing import Any

import pytest

from tests.browser.person import Person

pytestmark = pytest.mark.browser


@pytest.mark.parametrize(
    ("link", "title"),
    [("/evaluate", "Evaluate"), ("/bptt?text=a+good+film", "Backpropagation through time"), ("/runs", "Runs"), ("/", "Unrolled")],
)
def test_a_link_opens_its_page_on_a_server_that_nobody_has_visited(
    link: str, title: str, browser: Any, cold_server: str
) -> None:
    person = Person(browser, cold_server)
    person.go(link)
    person.page.get_by_role("heading", name=title, level=1, exact=True).wait_for()
    person.page.wait_for_timeout(1000)  # a note would come before the page is drawn, and stay
    assert person.page.get_by_role("dialog").count() == 0
    assert person.page.get_by_text("Page not found").count() == 0
    assert person.errors == []
