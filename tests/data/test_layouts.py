"""How a row holds texts and labels, or tokens and tags."""

import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tests.data.test_columns import TAG, shown
from tests.tiny import preview


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


def test_a_token_a_row_needs_its_sentence(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("word,tag\nwe,A\ngo,B\n")
    found = preview(tmp_path / "t.csv", TAG)
    assert found.layout is None
    assert "choose the sentence column" in (found.problem or "")
