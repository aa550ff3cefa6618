"""A file before it is imported."""

from pathlib import Path

import pytest

from rnn_core.config import DataConfig, Problem
from tests.tiny import preview


def test_a_preview_is_short_and_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "x").write_text("text,label\n" + f'"{"long " * 100}",<b>x</b>\n' * 99)
    found = preview(tmp_path / "x", DataConfig(label="stars"), name="films.csv", rows=5)
    assert len(found.rows) == 5
    assert (len(found.rows[0][0]), found.rows[0][1]) == (200, "<b>x</b>")
    assert found.problem == "films.csv has no column 'stars': choose among its columns 'text', 'label'."


def test_rows_that_show_the_encoding_are_added_to_a_preview(tmp_path: Path) -> None:
    plain = "plain text,a\n"
    late = f"{'long ' * 100}café {'long ' * 100},b\n"
    (tmp_path / "t.csv").write_bytes(f"text,label\n{plain * 400}un café,b\n{plain}{late}{plain * 9}".encode("cp1252"))
    found = preview(tmp_path / "t.csv", DataConfig(encoding="cp1252"))
    assert [row[0] for row in found.rows[:20]] == ["plain text"] * 20
    assert found.rows[20] == ("un café", "b") and len(found.rows) == 22
    assert "café" in found.rows[21][0] and len(found.rows[21][0]) <= 200
    assert preview(tmp_path / "t.csv", DataConfig(encoding="koi8-r")).rows[20][0] == "un cafИ"
    (tmp_path / "t.csv").write_text("text,label\n" + "é,a\n" * 90, encoding="utf-8")
    assert len(preview(tmp_path / "t.csv", DataConfig()).rows) == 25
    (tmp_path / "t.csv").write_text("text,label\n" + plain * 90 + "é,a,too much\n" + plain, encoding="utf-8")
    assert len(preview(tmp_path / "t.csv", DataConfig()).rows) == 20


def test_a_header_alone_and_tags_for_a_classifier(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("text,label\n")
    with pytest.raises(Problem, match=r"t\.csv has no rows below its header"):
        preview(tmp_path / "t.csv", DataConfig())
    (tmp_path / "t.tsv").write_text("we\tA\n\ngo\tB\n")
    assert "choose the task sequence tagging" in (preview(tmp_path / "t.tsv", DataConfig()).problem or "")
