"""Rows read many at a time: wherever a block ends, the rows, their lines and their faults are the same."""

import csv
import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_core.config import DataConfig, Problem
from rnn_core.data import encodings, tables
from rnn_core.data.formats import recognise
from rnn_core.data.tables import Row, read_rows

TEXT = st.text(alphabet='ab,"\r\n 1é', max_size=60)
CSV = DataConfig(format="csv", delimiter=",", encoding="utf-8", quoting="double", header="yes")


def rows_or_problem(path: Path) -> list[Row] | str:
    try:
        format = recognise(path, CSV)
        return list(read_rows(path, format))
    except Problem as problem:
        return str(problem)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(text=TEXT, chunk=st.integers(1, 9))
def test_rows_do_not_hang_on_where_a_block_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, chunk: int
) -> None:
    path = tmp_path / "t.csv"
    path.write_bytes(("x,y\n" + text).encode())
    whole = rows_or_problem(path)
    with monkeypatch.context() as smaller:
        smaller.setattr(encodings, "CHUNK", chunk)
        smaller.setattr(tables, "BLOCK", 1)
        assert rows_or_problem(path) == whole


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8), st.sampled_from(["\n", "\r\n", "\r"]), st.integers(1, 30))
def test_lines_are_counted_as_they_stand_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, str]], end: str, chunk: int
) -> None:
    file = io.StringIO()
    writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator=end)
    wanted = []
    writer.writerow(["x", "y"])
    for row in rows:
        lines_before = len(io.StringIO(file.getvalue(), newline="").readlines())
        writer.writerow(row)
        wanted.append(Row(lines_before + 1, row))
    (tmp_path / "t.csv").write_bytes(file.getvalue().encode())
    with monkeypatch.context() as smaller:
        smaller.setattr(encodings, "CHUNK", chunk)
        found = rows_or_problem(tmp_path / "t.csv")
        assert [replace(row, note=None) for row in found if isinstance(row, Row)] == wanted
