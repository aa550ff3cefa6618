"""The task that fits a file."""

import json
from pathlib import Path

import pytest

from tests.tiny import guess


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
        ("source,target\nwe go,nous allons\nno,non\nyes,oui\n", "t.csv", "translate"),
        ("id,en,fr\n1,we go,nous allons\n2,I do not,non merci\n3,yes we do,mais oui\n", "t.csv", "translate"),
        ("text,target\nwe go,0\nno,1\nyes,0\nI see,1\n", "t.csv", "classify"),
        ("source,target\nwe go,good\nno,bad\nyes,good\nI see,bad\n", "t.csv", "classify"),
        ("question,answer\nIs it?,yes\nCan we?,no\nDo you?,yes\nWill it?,no\n", "t.csv", "classify"),
        ('{"text": ["we", "go"], "labels": ["A"]}\n{"text": ["no"], "labels": ["B"]}\n', "t.jsonl", "classify"),
    ],
)  # fmt: skip
def test_the_task_is_guessed(tmp_path: Path, content: str, name: str, task: str) -> None:
    (tmp_path / name).write_text(content)
    assert guess(tmp_path / name) == task


@pytest.mark.parametrize(("bad", "task"), [(1, "tag"), (2, "tag"), (3, "classify")])
def test_a_few_bad_rows_do_not_change_the_guess(tmp_path: Path, bad: int, task: str) -> None:
    tags = [["A"] if i < bad else ["A", "B"] for i in range(10)]
    (tmp_path / "t.csv").write_text("sentence,tags\n" + "".join(f"we go,{' '.join(row)}\n" for row in tags))
    rows = [json.dumps({"tokens": ["we", "go"], "tags": row}) for row in tags]
    (tmp_path / "t.jsonl").write_text("\n".join(rows))
    assert [guess(tmp_path / name) for name in ("t.csv", "t.jsonl")] == [task, task]
