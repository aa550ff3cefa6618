"""A file on the server can be named by who sits there, as the app is started without options; the app listens to nobody else."""

import socket
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.browser.person import Person

pytestmark = pytest.mark.browser

REVIEWS = Path(__file__).parents[2] / "samples" / "reviews.csv"


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_who_sits_at_the_server_names_a_file(browser: Any, server: str, host: str) -> None:
    person = Person(browser, server.replace("127.0.0.1", host))
    person.go("/")
    person.open("Data")
    person.page.get_by_text("Name a path on the server").click()
    person.settle()
    box = person.page.get_by_role("textbox", name="Path of train")
    box.fill(str(REVIEWS))
    box.press("Enter")
    person.page.get_by_role("button", name="Read and check all rows").wait_for()
    assert person.errors == []


def test_the_app_listens_on_this_machine_alone(server: str) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as some:
        some.connect(("192.0.2.1", 9))  # sends nothing: it tells the address that others know this machine by
        address = some.getsockname()[0]
    if address.startswith("127."):
        pytest.skip("this machine has no other address")
    with pytest.raises(OSError, match=r"refused|timed out|unreachable"):
        socket.create_connection((address, urlsplit(server).port or 80), timeout=5).close()
