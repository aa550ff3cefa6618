"""Somebody brings a file without labels, has every row answered, and takes the answers home."""

import csv
from pathlib import Path
from typing import Any

import pytest

from tests.browser.person import Person

pytestmark = pytest.mark.browser


def test_a_file_without_labels_comes_back_with_answers(browser: Any, server: str, tmp_path: Path) -> None:
    path = tmp_path / "mine <b>x.csv"
    path.write_text("id,text\n" + '1,a good film\n2,\n3,"=HYPERLINK(""x"") bad"\n' * 40)
    person = Person(browser, server)
    page = person.page
    person.go("/")
    person.open("Evaluate")
    page.get_by_text("Answers for a file", exact=True).click()
    page.get_by_text("A file with texts").wait_for()
    person.settle()
    page.locator('input[type="file"]').first.set_input_files(str(path))
    page.get_by_role("button", name="Answer every row").wait_for()
    person.settle()
    page.get_by_role("button", name="Answer every row").click()
    button = page.get_by_role("button", name="Download the answers")
    button.wait_for(timeout=120_000)
    person.settle()
    assert "120 rows · 80 answered · 40 without an answer (no text: 40)" in person.text()
    assert page.locator("b:text-is('x.csv')").count() == 0
    with page.expect_download() as waiting:
        button.click()
    waiting.value.save_as(tmp_path / "answers.csv")
    with (tmp_path / "answers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["id"] for row in rows] == ["1", "2", "3"] * 40
    assert rows[2]["text"] == '\'=HYPERLINK("x") bad'
    assert [bool(row["answer"]) for row in rows] == [True, False, True] * 40

    link = page.url
    again = Person(browser, server)
    again.go(link)
    again.page.get_by_role("button", name="Download the answers").wait_for()
    assert person.errors == again.errors == []
