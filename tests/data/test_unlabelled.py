"""Files to be answered are read with all their rows and columns, labels or not."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rnn_core.config import DataConfig, Problem, make
from rnn_core.data.unlabelled import ABSENT, LINES, Unlabelled
from tests.tiny import look_into


def read(path: Path, task: str = "classify", by_line: bool | None = None, like: str | None = None, **stated: Any) -> Unlabelled:
    return look_into(path, make(DataConfig, {"task": task} | stated), None, by_line, like).with_all_columns()


def values(source: Unlabelled) -> list[tuple[Any, ...]]:
    return [row.values for row in source.rows()]


def write(path: Path, content: str) -> Path:
    path.write_bytes(content.encode())
    return path


@pytest.mark.parametrize(
    ("name", "content", "kind", "column", "texts"),
    [
        ("a.csv", "id,text\n1,good\n2,\n", "csv", "text", ["good", ""]),
        ("a.csv", "text\ngood\nbad\n", "csv", "text", ["good", "bad"]),
        ("a.csv", 'review\n"good, or not"\nbad\n', "csv", "review", ["good, or not", "bad"]),
        ("a.csv", "review\ngood, or not\nbad\n", "", "review", ["good, or not", "bad"]),  # however it is read
        ("a.tsv", "n\twords of a text\n1\tgood film\n2\tbad film\n", "csv", "words of a text", ["good film", "bad film"]),
        ("a.txt", "good, really\nbad, really\n", LINES, "text", ["good, really", "bad, really"]),
        ("a.txt", "good\n\nbad\r\nlast", LINES, "text", ["good", "", "bad", "last"]),
        ("a.txt", "text\ngood\nbad\n", LINES, "text", ["good", "bad"]),
        ("a.txt", "one line alone", LINES, "text", ["one line alone"]),
        ("a", 'it says "open\nand more\n', LINES, "text", ['it says "open', "and more"]),
        ("a.txt", "id\ttext\n1\tgood, so\n2\tbad\n", "csv", "text", ["good, so", "bad"]),
        ("a.txt", "id;review_text;x\n1;good, so;3\n2;bad;4\n", "csv", "review_text", ["good, so", "bad"]),
        ("a.txt", "a b c\n\nd e f\n\ng h i\n", LINES, "text", ["a b c", "", "d e f", "", "g h i"]),
        ("a.jsonl", '{"id": 1, "message": "good"}\n{"message": "bad"}\n', "jsonl", "message", ["good", "bad"]),
        ("a.json", '[{"message": "good"}, {"message": "bad", "n": 2}]', "jsonl", "message", ["good", "bad"]),
    ],
)  # fmt: skip
def test_texts_are_found_without_labels(
    tmp_path: Path, name: str, content: str, kind: str, column: str, texts: list[str]
) -> None:
    source = read(write(tmp_path / name, content))
    assert (source.format.kind if kind else "", source.text, source.layout) == (kind, column, "text")
    assert [row[source.format.header.index(column)] for row in values(source)] == texts


def test_what_is_stated_wins(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "text,note\ngood film,so\nbad,so\n")
    assert read(path, text="note").text == "note"
    assert read(path, like="note").text == "note" and read(path, like="note", text="text").text == "text"
    assert read(path, like="absent").text == "text"
    assert values(read(path, by_line=True)) == [("text,note",), ("good film,so",), ("bad,so",)]
    plain = write(tmp_path / "a.txt", "good, so\nbad, so\n")
    assert read(plain, by_line=False).format.header == ("good", "so")
    assert read(plain, format="csv").format.header == ("good", "so")
    with pytest.raises(Problem, match="no column 'x'"):
        read(path, text="x")


def test_rows_that_cannot_be_read_keep_their_place_and_their_fields(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", 'id,text,n\n1,good,2\n2\n3,a,b,c\n4,"x,y",5\n\n5,so,6\n')
    rows = list(read(path).rows())
    assert [row.values[0] for row in rows] == ["1", "2", "3", "4", "5"]
    assert [row.values for row in rows if row.fault] == [("2", "", ""), ("3", "a", "b,c")]
    assert [row.line for row in rows if row.fault] == [3, 4]


def test_rows_that_lack_fields_behind_their_text_are_sound(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "id,text,n,m\n1,good film,2,3\n" + "2,bad\n3,so so,x\n" * 9)
    rows = list(read(path).rows())
    assert [row.values for row in rows[1:3]] == [("2", "bad", "", ""), ("3", "so so", "x", "")]
    assert not any(row.fault for row in rows)
    assert sum(bool(row.fault) for row in read(path, text="n").rows()) == 9


def test_a_file_without_a_header_keeps_its_first_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "".join(f"{i},A film as long as {i} others.\n" for i in range(9)))
    source = read(path)
    assert source.format.header == ("column 1", "column 2") and source.text == "column 2" and len(values(source)) == 9
    assert len(values(read(path, header="yes"))) == 8
    lines = write(tmp_path / "a.txt", "text\ngood\nbad\n")
    assert len(values(read(lines, header="no"))) == 3 and len(values(read(lines))) == 2


@pytest.mark.parametrize(
    ("header", "text"),
    [("title,review_text,n", "review_text"), ("headline,id,url", "headline"), ("id,label,words", "words"),
     ("n,text,summary", "text"), ("id,sentence number,note", "note")],
)  # fmt: skip
def test_the_text_is_found_by_its_name_before_its_length(tmp_path: Path, header: str, text: str) -> None:
    numbers = ("n", "id", "label", "url", "sentence number")
    cells = [f"{'' if name in numbers else 'a long one '}{{i}}" for name in header.split(",")]
    rows = [",".join(cells).format(i=i) for i in range(5)]
    assert read(write(tmp_path / "a.csv", header + "\n" + "\n".join(rows) + "\n")).text == text


def test_bytes_that_are_not_utf_8_are_read_by_the_line_too(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_bytes(("schöne Sätze über Züge\n" * 400).encode() + b"cut \xf0\x9f\n")
    assert len(values(read(tmp_path / "a.txt"))) == 401


def test_a_file_of_which_most_rows_do_not_fit_is_refused_with_advice(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", "good, so\nbad\nso, la, la\nx\ny\n")
    with pytest.raises(Problem, match=r"4 of the first 4 rows.*delimiter.*each line as one text") as problem:
        read(path)
    assert "--lines" in problem.value.typed


def test_json_keeps_every_key_and_the_kind_of_every_value(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [{"text": f"t{i}", "n": i, "f": i / 2, "b": True, "l": ["a"], "m": i} for i in range(300)]
    lines += [{"text": "last", "late": {"a": 1}, "m": "word"}]
    source = read(write(tmp_path / "a.jsonl", "\n".join(map(json.dumps, lines))))
    assert source.format.header == ("text", "n", "f", "b", "l", "m", "late")
    kinds = [source.types[name] for name in source.format.header]
    text = pa.string()
    assert kinds == [text, pa.int64(), pa.float64(), pa.bool_(), pa.list_(text), text, text]
    assert values(source)[-1] == ("last", ABSENT, ABSENT, ABSENT, ABSENT, "word", {"a": "1"})


def test_parquet_keeps_its_types_where_the_values_fit(tmp_path: Path) -> None:
    columns = {"id": pa.array([1, None], pa.int16()), "text": ["good", None], "tags": [["x"], []]}
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    source = read(tmp_path / "a.parquet")
    assert source.types["id"] == pa.int16() and source.types["tags"] == pa.list_(pa.string())
    assert values(source) == [(1, "good", ["x"]), (None, None, [])]


@pytest.mark.parametrize(
    ("name", "content", "layout", "text", "sentence"),
    [
        ("a.conll", "1 We PRON\n2 go VERB\n\n1 No X\n\n", "lists", "column 2", None),
        ("a.tsv", "we\tA\ngo\tB\n\nno\tC\n", "lists", "token", None),
        ("a.csv", "Sentence #,Word,POS\nSentence: 1,We,A\n,go,B\nSentence: 2,No,C\n", "token", "Word", "Sentence #"),
        ("a.jsonl", '{"tokens": ["We", "go"]}\n{"tokens": []}\n', "lists", "tokens", None),
        ("a.csv", 'tokens,n\n"[\'We\', \'go\']",1\n', "lists", "tokens", None),
        ("a.csv", "id,text\n1,We go home\n2,And so on\n", "text", "text", None),
        ("a.txt", "We go home.\nAnd, so, on\n", "text", "text", None),
        ("a.csv", "id,text\n1,We\n2,And\n", "text", "text", None),
    ],
)  # fmt: skip
def test_sentences_are_found_in_every_layout(
    tmp_path: Path, name: str, content: str, layout: str, text: str, sentence: str | None
) -> None:
    path = write(tmp_path / name, content)
    source = read(path, "tag", format="token_tag" if "\t" in content else None)
    assert (source.layout, source.text, source.sentence) == (layout, text, sentence)


def test_sentences_are_refused_where_whole_texts_are_answered(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="one token per line"):
        read(write(tmp_path / "a.conll", "We A\ngo B\n\nNo C\n"))


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("a.csv", b"", "empty"), ("a.csv", b"text\n", "no rows"), ("a.csv", b"PK\x03\x04" + bytes(99), "Excel"),
     ("a.txt", bytes(range(256)) * 9, "binary"), ("a.jsonl", b"[1, 2]\n", "no JSON objects")],
)  # fmt: skip
def test_what_is_no_table_of_texts_gets_one_sentence(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(Problem, match=said):
        read(tmp_path / name)
