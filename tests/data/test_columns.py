"""Guessing columns and layouts, and the preview of a file before it is imported."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rnn_core import tasks
from rnn_core.config import DataConfig, Problem
from rnn_core.data.values import as_list
from tests.tiny import preview

TAG = DataConfig(task="tag")
LONG = "a rather long text, to be read"


def shown(folder: Path, content: str, config: DataConfig = DataConfig(), name: str = "t.csv") -> tuple[str | None, ...]:  # noqa: B008
    path = folder / name
    path.write_text(content, encoding="utf-8")
    found = preview(path, config)
    assert found.problem is None
    return found.config.text, found.config.label, found.config.sentence, found.config.split, found.layout


@pytest.mark.parametrize(
    ("header", "text", "label"),
    [
        ("id,review,sentiment", "review", "sentiment"), ("Category,ID,Message", "Message", "Category"),
        ("x,review_text,airline_sentiment", "review_text", "airline_sentiment"),
        ("id,reviewText,Stars", "reviewText", "Stars"), ("label,n,content", "content", "label"),
    ],
)  # fmt: skip
def test_columns_are_guessed_by_name(tmp_path: Path, header: str, text: str, label: str) -> None:
    assert shown(tmp_path, f"{header}\n1,2,3\n4,5,6\n") == (text, label, None, None, "text")


def test_columns_are_guessed_by_content(tmp_path: Path) -> None:
    rows = "".join(f'{i},"{LONG} {i}",{"ab"[i % 2]},same\n' for i in range(9))
    assert shown(tmp_path, "one,two,three,four\n" + rows) == ("two", "three", None, None, "text")


def test_a_split_column_must_hold_splits(tmp_path: Path) -> None:
    assert shown(tmp_path, "text,label,split\na,x,Train\nb,y,validation\n")[3] == "split"
    assert shown(tmp_path, "text,label,set\na,x,blue\nb,y,test\n")[3] is None


def test_the_user_corrects_a_guess(tmp_path: Path) -> None:
    assert shown(tmp_path, "text,other,label\na,b,x\nc,d,y\n", DataConfig(text="other"))[:2] == ("other", "label")


def test_layouts(tmp_path: Path) -> None:
    assert shown(tmp_path, "sentence,tags\nwe go,A B\nno,C\n", TAG) == ("sentence", "tags", None, None, "sentence")
    kaggle = "Sentence #,Word,POS,Tag\nSentence: 1,We,P,O\n,go,V,O\nSentence: 2,No,P,O\n"
    assert shown(tmp_path, kaggle, TAG) == ("Word", "Tag", "Sentence #", None, "token")
    listed = {"tokens": ["we", "go"], "ner_tags": [0, 1]}
    assert shown(tmp_path, json.dumps(listed) + "\n", TAG, "t.jsonl") == ("tokens", "ner_tags", None, None, "lists")
    quoted = 'id,tokens,tags\n1,"[""we"", ""go""]","[""A"", ""B""]"\n'
    assert shown(tmp_path, quoted, TAG) == ("tokens", "tags", None, None, "lists")
    assert shown(tmp_path, "we\tA\ngo\tB\n\nno\tC\n", TAG, "t.tsv") == ("token", "tag", None, None, "lists")
    assert shown(tmp_path, "1 we P A\n2 go V B\n\n1 no P C\n", TAG, "t.conll")[:2] == ("column 2", "column 4")
    pq.write_table(pa.table({"words": [["a", "b"]], "pos": [["A", "B"]]}), tmp_path / "t.parquet")
    assert preview(tmp_path / "t.parquet", TAG).layout == "lists"


@pytest.mark.parametrize(
    ("content", "name", "task"),
    [
        ("we\tA\ngo\tB\n\nno\tC\n", "t.tsv", "tag"),
        ("tokens,tags\n\"['we', 'go']\",\"['A', 'B']\"\n\"['no']\",['C']\n", "t.csv", "tag"),
        ('{"tokens": ["we", "go"], "ner_tags": [0, 1]}\n', "t.jsonl", "tag"),
        ("sentence,tags\nwe go,A B\nno,C\n", "t.csv", "tag"),
        ("Sentence #,Word,POS,Tag\nSentence: 1,We,P,O\n,go,V,O\nSentence: 2,No,P,O\n", "t.csv", "tag"),
        ("text,label\nwe go,A\nno,C\n", "t.csv", "classify"), ("text,label\ngood,A\nno,C\n", "t.csv", "classify"),
        ("word,sentence,label\nbank,by the bank,A\nrun,a long run,B\n", "t.csv", "classify"),
        ("text,tags\n,\n,\n", "t.csv", "classify"), ("text,label\na b,x,y\n", "t.csv", "classify"),
        ('{"text": ["we", "go"], "labels": ["A"]}\n{"text": ["no"], "labels": ["B"]}\n', "t.jsonl", "classify"),
    ],
)  # fmt: skip
def test_the_task_is_guessed(tmp_path: Path, content: str, name: str, task: str) -> None:
    (tmp_path / name).write_text(content)
    assert tasks.guess(tmp_path / name) == task


@pytest.mark.parametrize(("bad", "task"), [(1, "tag"), (2, "tag"), (3, "classify")])
def test_a_few_bad_rows_do_not_change_the_guess(tmp_path: Path, bad: int, task: str) -> None:
    tags = [["A"] if i < bad else ["A", "B"] for i in range(10)]
    (tmp_path / "t.csv").write_text("sentence,tags\n" + "".join(f"we go,{' '.join(row)}\n" for row in tags))
    rows = [json.dumps({"tokens": ["we", "go"], "tags": row}) for row in tags]
    (tmp_path / "t.jsonl").write_text("\n".join(rows))
    assert [tasks.guess(tmp_path / name) for name in ("t.csv", "t.jsonl")] == [task, task]


def test_a_token_a_row_needs_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("word,tag\nwe,A\ngo,B\n")
    found = preview(tmp_path / "t.csv", TAG)
    assert found.layout is None
    assert "choose the sentence column" in (found.problem or "")


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
    assert "choose the task of labelling" in (preview(tmp_path / "t.tsv", DataConfig()).problem or "")


@pytest.mark.parametrize("written", ['["a", "b,", "1"]', "['a', 'b,', '1']", "['a', \"b,\", 1]"])
def test_lists_are_read_as_json_or_as_python_writes_them(written: str) -> None:
    assert as_list(written) == ["a", "b,", "1"]


@pytest.mark.parametrize("written", ["[__import__('os')]", "[a]", "[" * 5000, "a b", "['a'"])
def test_what_only_looks_like_a_list_is_text(written: str) -> None:
    assert as_list(written) is None
