"""Tables that are written come back as they were, and no cell of a CSV file is a formula."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rnn_core.config import DataConfig, Problem
from rnn_core.data.formats import recognise
from rnn_core.data.json_records import Number
from rnn_core.data.tables import read_rows
from rnn_core.data.unlabelled import ABSENT
from rnn_core.data.written import conll_sentence, csv_bytes, free_names, neutral, table

FORMULAS = ['=HYPERLINK("http://x")', "+1+cmd|' /C calc'!A0", "-2+3", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "=1+1", "-", "+49 1"]
PLAIN = ["", "a = b", " =1", "'=1", "-3.5", "+1", "1e-5", "-.5", "-7.", "12", "good - bad", "é", "−1"]


@pytest.mark.parametrize("text", FORMULAS)
def test_what_a_spreadsheet_would_run_begins_with_a_quote(text: str) -> None:
    assert neutral(text) == "'" + text


@pytest.mark.parametrize("text", PLAIN)
def test_other_texts_and_numbers_stay(text: str) -> None:
    assert neutral(text) == text


def write(path: Path, schema: pa.Schema, kind: str, columns: list[list[Any]], piece: int = 2) -> None:
    with table(path, schema, kind) as add:
        for start in range(0, len(columns[0]), piece):
            add([column[start : start + piece] for column in columns])


TEXTS = [*FORMULAS, *PLAIN, 'quoted "so", and; so\nover lines', "\ufeffmark", "🙂 \u2028", "x" * 5000]
SCHEMA = pa.schema([("=name", pa.string()), ("n", pa.float64()), ("list", pa.list_(pa.string()))])
COLUMNS = [TEXTS, [i - 5 + 0.25 for i in range(len(TEXTS))], [None if i % 3 else ["a b", "=c"] for i in range(len(TEXTS))]]


def test_csv_comes_back_with_formulas_quoted_and_numbers_as_they_are(tmp_path: Path) -> None:
    write(tmp_path / "x.csv", SCHEMA, ".csv", COLUMNS)
    header, *rows = csv.reader(io.StringIO((tmp_path / "x.csv").read_bytes().decode(), newline=""))
    assert header == ["'=name", "n", "list"]
    assert [row[0] for row in rows] == [("'" if text in FORMULAS else "") + text for text in TEXTS]
    assert [float(row[1]) for row in rows] == COLUMNS[1] and rows[0][1] == "-4.75"
    assert [json.loads(row[2]) if row[2] else None for row in rows] == COLUMNS[2]
    read = read_rows(tmp_path / "x.csv", recognise(tmp_path / "x.csv", DataConfig(delimiter=",")))
    assert [row.fault for row in read] == [None] * len(TEXTS)
    assert csv_bytes(SCHEMA.names, zip(*COLUMNS, strict=True)) == (tmp_path / "x.csv").read_bytes()


def test_json_lines_and_parquet_keep_every_text_and_type(tmp_path: Path) -> None:
    wanted = [dict(zip(SCHEMA.names, row, strict=True)) for row in zip(*COLUMNS, strict=True)]
    write(tmp_path / "x.jsonl", SCHEMA, ".jsonl", COLUMNS)
    assert [json.loads(line) for line in (tmp_path / "x.jsonl").read_bytes().decode().split("\n")[:-1]] == wanted
    write(tmp_path / "x.parquet", SCHEMA, ".parquet", COLUMNS)
    found = pq.read_table(tmp_path / "x.parquet")
    assert found.schema.equals(SCHEMA) and found.to_pylist() == wanted


def test_numbers_of_json_stay_numbers_and_keys_that_are_absent_stay_absent(tmp_path: Path) -> None:
    schema = pa.schema([("n", pa.float64()), ("k", pa.int64()), ("deep", pa.string())])
    deep = {"a": [Number("1"), "1", True, None]}
    columns = [[Number("0.10"), Number("NaN")], [Number("-12345678901234567"), ABSENT], [deep, "x"]]
    write(tmp_path / "x.jsonl", schema, ".jsonl", columns)
    first, second = map(json.loads, (tmp_path / "x.jsonl").read_text().splitlines())
    assert first == {"n": 0.1, "k": -12345678901234567, "deep": {"a": [1, "1", True, None]}}
    assert second == {"n": None, "deep": "x"}
    write(tmp_path / "x.csv", schema, ".csv", columns)
    rows = list(csv.reader((tmp_path / "x.csv").read_text().splitlines()))
    assert rows[1] == ["0.10", "-12345678901234567", '{"a": [1, "1", true, null]}'] and rows[2] == ["NaN", "", "x"]
    columns[0][1] = None
    write(tmp_path / "x.parquet", schema, ".parquet", columns)
    assert pq.read_table(tmp_path / "x.parquet").to_pylist() == [
        {"n": 0.1, "k": -12345678901234567, "deep": '{"a": [1, "1", true, null]}'}, {"n": None, "k": None, "deep": "x"},
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [".csv", ".jsonl", ".parquet"])
def test_halves_of_characters_are_written_out(tmp_path: Path, kind: str) -> None:
    write(tmp_path / "x", pa.schema([("t", pa.string()), ("l", pa.list_(pa.string()))]), kind, [["a\ud800"], [["\udfff"]]])
    held = (tmp_path / "x").read_bytes()
    if kind == ".jsonl":
        assert json.loads(held) == {"t": "a\ud800", "l": ["\udfff"]}
    elif kind == ".csv":
        assert b"a\\ud800" in held
    else:
        assert pq.read_table(tmp_path / "x").to_pylist() == [{"t": "a\\ud800", "l": ["\\udfff"]}]


def test_values_that_parquet_cannot_hold_are_said(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"'n'.*CSV or JSON lines"):
        write(tmp_path / "x", pa.schema([("n", pa.int64())]), ".parquet", [["word"]])


def test_names_that_are_taken_get_a_number() -> None:
    assert free_names(["Answer", "answer (2)", "x"], ["answer", "probability", "probability"]) == [
        "answer (3)", "probability", "probability (2)",
    ]  # fmt: skip


@pytest.mark.parametrize("width", [2, 3, 4, 5, 6])
def test_conll_comes_back_and_no_comment_is_taken_for_a_token(tmp_path: Path, width: int) -> None:
    columns = [[f"w{i}{t}" for t in range(3)] for i in range(width)]
    columns[0][1], columns[-1][2] = "two words\tand more", ""
    comments = [("id", ""), ("id", "x"), ("why", "no text"), ("why", "one of three")]
    written = conll_sentence(columns, comments) + conll_sentence([()] * width, comments) + conll_sentence(columns)
    (tmp_path / "x.conll").write_text(written)
    format = recognise(tmp_path / "x.conll", DataConfig(task="tag", format="conll"))
    rows = list(read_rows(tmp_path / "x.conll", format))
    columns[0][1], columns[-1][2] = "two\u00a0words\u00a0and\u00a0more", "_"
    assert [(row.values, row.fault) for row in rows] == [(tuple(columns), None)] * 2
