"""Files as people have them: each kind of file that was once read wrongly, made anew here, and what must be found in it."""

import json
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rnn_core.config import DataConfig, Problem
from rnn_core.data import encodings, formats
from rnn_core.data.datasets import Dataset
from rnn_core.data.dialects import has_header
from rnn_core.data.formats import recognise
from rnn_core.data.tables import read_rows
from rnn_core.data.values import as_spans
from tests.tiny import guess, guess_tokens, read_dataset, read_examples

N = 60
WORDS = ("slow", "start", "cold", "soup", "kind", "waiter", "long", "walk", "quiet", "room", "old", "chair")


def text(i: int) -> str:
    return " ".join(WORDS[(i * k + k) % len(WORDS)] for k in range(3, 10)) + f" {i}"


def label(i: int) -> str:
    return ("neg", "pos", "neg")[i % 3]


def rows(line: Callable[[int], str], header: str = "", n: int = N) -> str:
    return header + "".join(map(line, range(n)))


def read(folder: Path, name: str, content: str | bytes, **stated: Any) -> Dataset:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    task = stated.pop("task", None) or guess(path, **{k: v for k, v in stated.items() if k in ("label", "header")})
    return read_dataset({"train": path}, DataConfig(**{"task": task, "dev_share": 0, "test_share": 0} | stated))


def said(dataset: Dataset) -> str:
    return " ".join((*dataset.report.notes, *dataset.report.warnings))


# ---- headers --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "below", "header"),
    [
        (["3", "Oil rises again", "Prices of oil rose again on Monday, traders said."],
         ["1", "A short title", "And a description that goes on for some more words."], False),
        (["ham", "Go on until the end, it is great there"], ["ham", "Ok, I will be there in a moment"], False),
        (["Sports", "The team won its third match on Sunday."], ["World", "The talks went on until late at night."], False),
        (["0", "what a nice day it was today"], ["4", "another tweet with some words in it"], False),
        (["label", "text"], ["1", "some words of a text"], True),
        (["v1", "v2"], ["ham", "Go on until the end, it is great"], True),
        (["id", "comment", "toxic"], ["0001d958c54c6e35", "you are kind and good", "0"], True),
        (["target", "ids", "date", "user"], ["0", "1467810369", "Mon Apr 06 22:19:45 2009", "somebody"], True),
        (["0", "1467810369", "Mon Apr 06 22:19:45 PDT 2009", "someone", "my text is this one here"],
         ["0", "1467810672", "Mon Apr 06 22:19:49 PDT 2009", "another", "is upset that he cannot write"], False),
        (["sentiment", "review"], ["positive", "positive reviews are rare, this is one"], True),
    ],
)  # fmt: skip
def test_a_header_is_judged_by_the_rows_below(first: list[str], below: list[str], header: bool) -> None:
    varied = [[f"{cell} {i}" if cell.count(" ") > 1 else cell for cell in below] for i in range(9)]
    assert has_header([first, *varied]) is header


def test_the_first_row_is_kept_where_it_is_data_and_the_user_decides(tmp_path: Path) -> None:
    content = rows(lambda i: f'"{i % 4 + 1}","Title {i}","{text(i)}, and so on"\n')
    found = read(tmp_path, "a.csv", content)
    assert (found.report.rows_kept, found.labels) == (N, ("1", "2", "3", "4"))
    assert "a.csv: There is no header" in said(found)
    assert found.splits["train"][0].row == "a.csv line 1"
    assert read(tmp_path, "a.csv", content, header="yes").report.rows_kept == N - 1
    named = rows(lambda i: f"{text(i)},{label(i)}\n", "text,label\n")
    assert read(tmp_path, "b.csv", named, header="no", text="column 1", label="column 2").report.rows_kept == N + 1


def test_dev_is_read_without_a_header_where_training_has_none(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(rows(lambda i: f"{label(i)},{text(i)}\n"))
    (tmp_path / "b.csv").write_text("pos,fine\nneg,bad\n")  # too few rows to judge by
    found = read_dataset({"train": tmp_path / "a.csv", "dev": tmp_path / "b.csv"}, DataConfig(test_share=0))
    assert {split: len(kept) for split, kept in found.splits.items()} == {"train": N, "dev": 2}


@pytest.mark.parametrize("above", ["sep=;\n", '"sep=;"\n', "# made by hand\n# in May\n", "\n\n"])
def test_lines_above_the_header_are_passed_over(tmp_path: Path, above: str) -> None:
    found = read(tmp_path, "a.csv", above + rows(lambda i: f"{text(i)};{label(i)}\n", "text;label\n"))
    assert (found.report.rows_kept, found.labels) == (N, ("neg", "pos"))
    assert found.splits["train"][0].row == f"a.csv line {above.count(chr(10)) + 2}"
    assert bool(above.strip()) == ("skipped" in said(found) or "is not a row" in said(found))


def test_a_header_may_begin_with_a_hash_and_rows_too(tmp_path: Path) -> None:
    found = read(tmp_path, "a.csv", rows(lambda i: f"#{i},{text(i)},{label(i)}\n", "#id,text,label\n"))
    assert (found.report.rows_kept, found.config.label) == (N, "label")


# ---- quotation marks ------------------------------------------------------------------------------------------------


def test_marks_that_are_no_quotes(tmp_path: Path) -> None:
    odd = {7: '"Never closed ', 20: 'and "closed', 33: '"one', 41: 'two"'}
    content = rows(lambda i: f"{i}\t{label(i)}\t{odd.get(i, '')}{text(i)}\n", "id\tlabel\ttweet\n")
    found = read(tmp_path, "a.tsv", content)
    assert (found.report.rows_kept, found.labels) == (N, ("neg", "pos"))
    assert "plain characters" in said(found)
    assert found.splits["train"][7].text == f'"Never closed {text(7)}'


def test_marks_with_a_backslash_and_blanks_before_a_quote(tmp_path: Path) -> None:
    escaped = rows(lambda i: f'"so \\"nice, good\\" {text(i)}",{label(i)}\n', "text,label\n")
    found = read(tmp_path, "a.csv", escaped)
    assert (found.report.rows_kept, found.splits["train"][0].text) == (N, f'so "nice, good" {text(0)}')
    blank = rows(lambda i: f'{label(i)}, "{text(i)}, and more"\n', "label, text\n")
    found = read(tmp_path, "b.csv", blank)
    assert (found.report.rows_kept, found.splits["train"][0].text) == (N, f"{text(0)}, and more")


def test_usual_quotes_win_where_all_ways_fit(tmp_path: Path) -> None:
    content = rows(lambda i: f'"{text(i)} ""so"" \\\\it","{label(i)}"\n', "text,label\n")
    found = read(tmp_path, "a.csv", content)
    assert found.splits["train"][0].text == f'{text(0)} "so" \\\\it'
    assert found.report.notes == ()


def test_rows_inside_of_a_quoted_field_are_named(tmp_path: Path) -> None:
    pair = '"opened here,neg\nby chance closed",pos\n'
    content = rows(lambda i: f'"{text(i)}, as quoted",{label(i)}\n', "text,label\n") + pair
    found = read(tmp_path, "a.csv", content)
    entry = found.report.left_out[0]
    assert entry.reason == "rows may have been swallowed between two quotation marks, and kept"
    assert (entry.rows, found.report.rows_kept) == ((f"a.csv line {N + 2}",), N + 1)


# ---- columns --------------------------------------------------------------------------------------------------------


def test_content_comes_before_a_title(tmp_path: Path) -> None:
    content = rows(lambda i: f"{i},{'short title' if i % 2 else ''},{text(i)},{i % 5 + 1}\n", ",Title,Review Text,Rating\n")
    found = read(tmp_path, "a.csv", content)
    assert (found.config.text, found.config.label, found.labels) == ("Review Text", "Rating", ("1", "2", "3", "4", "5"))
    assert found.report.rows_kept == N


@pytest.mark.parametrize(
    ("header", "row", "wanted"),
    [
        ("id,text,date,kind", "{i},{t},2024-05-{d:02d},{l}", "kind"), ("text,tags,stars", '{t},"[""a"", ""b{i}""]",{l}', "stars"),
        ("number,text,origin,group", "{i},{t},web page {i},{l}", "group"), ("text,price,verdict", "{t},{i}.25,{l}", "verdict"),
    ],
)  # fmt: skip
def test_ids_dates_lists_and_measures_are_no_labels(tmp_path: Path, header: str, row: str, wanted: str) -> None:
    found = read(tmp_path, "a.csv", rows(lambda i: row.format(i=i, t=text(i), l=label(i), d=i % 28 + 1) + "\n", header + "\n"))
    assert (found.config.text, found.config.label) == ("text", wanted)


@pytest.mark.parametrize("name", ["Sentence#", "Sentence #", "sentence_id", "SentenceId"])
def test_of_several_tag_columns_the_one_with_entities(tmp_path: Path, name: str) -> None:
    sentence = [("Ann", "NNP", "B-PER"), ("saw", "VB", "O"), ("Rome", "NNP", "B-LOC")]
    content = rows(lambda i: "".join(f"{i},{w},{p},{t}\n" for w, p, t in sentence), f"{name},Word,Pos,Tag\n")
    found = read(tmp_path, "a.csv", content)
    assert (found.config.task, found.scheme, found.report.rows_kept) == ("tag", "IOB2", N)
    assert "'Pos' may hold tags too" in said(found)


def test_chunks_are_no_entities_where_there_are_some(tmp_path: Path) -> None:
    content = rows(lambda i: "Ann NNP B-NP B-PER\nsaw VBD B-VP O\nRome NNP B-NP B-LOC\n\n")
    assert read(tmp_path, "a.conll", content).labels == ("B-LOC", "B-PER", "O")
    assert read(tmp_path, "b.conll", rows(lambda i: "Ann B-PER O\nsaw O O\n\n")).config.label == "column 2"


def test_a_split_column_may_hold_true_and_false(tmp_path: Path) -> None:
    content = rows(lambda i: f"{label(i)},{text(i)},{i % 4 == 0}\n", "label,text,is_valid\n")
    found = read(tmp_path, "a.csv", content)
    assert {split: len(kept) for split, kept in found.splits.items()} == {"train": 45, "dev": 15}
    content = rows(lambda i: f"{label(i)},{text(i)},{int(i % 4 > 0)}\n", "label,text,is_train\n")
    assert {split: len(kept) for split, kept in read(tmp_path, "b.csv", content).splits.items()} == {"train": 45, "dev": 15}


def test_single_words_are_asked_about(tmp_path: Path) -> None:
    content = rows(lambda i: f"{WORDS[i % 12]},{('NN', 'JJ')[i % 2]}\n", "word,kind\n")
    with pytest.raises(Problem, match="single word") as caught:
        read(tmp_path, "a.csv", content)
    assert "--task classify" in caught.value.typed
    assert "single word" in said(read(tmp_path, "a.csv", content, task="classify"))


# ---- formats that have a name ---------------------------------------------------------------------------------------

TAGGED = "Ann|NNP|B-PER saw|VB|O Rome|NNP|B-LOC .|.|O\n"


@pytest.mark.parametrize(
    ("name", "content", "task", "labels"),
    [
        ("a.txt", rows(lambda i: f"__label__{label(i)} {text(i)}\n"), "classify", ("neg", "pos")),
        ("a.csv", rows(lambda i: f"__label__{label(i)} , {text(i)}\n"), "classify", ("neg", "pos")),
        ("a.txt", rows(lambda i: f"{text(i)} .@{label(i)}\n"), "classify", ("neg", "pos")),
        ("a.txt", rows(lambda i: f"{label(i)} {text(i)}\n"), "classify", ("neg", "pos")),
        ("a.txt", rows(lambda i: f"DESC:{label(i)} {text(i)} ?\n"), "classify", ("DESC:neg", "DESC:pos")),
        ("a.txt", TAGGED * N, "tag", ("B-LOC", "B-PER", "O")),
        ("a.txt", ("Ann/NNP saw/VB it/PRP now/RB ./.\n" * 5 + "Ann/NNP saw/VB a/b/NN ./.\n") * 10,
         "tag", (".", "NN", "NNP", "PRP", "RB", "VB")),
        ("a.conll", "Ann Marie\t_\tO\tB-PER\nsaw\t_\tO\tO\n\n" * N, "tag", ("B-PER", "O")),
        ("a.json", json.dumps({"version": "1", "about": ["x"], "data": [{"text": text(i), "label": label(i)} for i in range(N)]}),
         "classify", ("neg", "pos")),
        ("a.json", json.dumps({"text": [*map(text, range(N))], "label": [*map(label, range(N))]}), "classify", ("neg", "pos")),
        ("a.json", json.dumps({"text": {str(i): text(i) for i in range(N)}, "label": {i: label(i) for i in range(N)}}, indent=1),
         "classify", ("neg", "pos")),
        ("a.json", json.dumps({"columns": ["text", "label"], "index": [0], "data": [[text(i), label(i)] for i in range(N)]}),
         "classify", ("neg", "pos")),
        ("a.json", json.dumps({f"r{i}": {"text": text(i), "label": label(i)} for i in range(N)}), "classify", ("neg", "pos")),
        ("a.jsonl", rows(lambda i: json.dumps({"text": text(i), "label": [label(i)]}) + "\n"), "classify", ("neg", "pos")),
        ("a.csv", rows(lambda i: f'{text(i)},"[\'{label(i)}\']"\n', "text,label\n"), "classify", ("neg", "pos")),
    ],
)  # fmt: skip
def test_formats_that_have_a_name(tmp_path: Path, name: str, content: str, task: str, labels: tuple[str, ...]) -> None:
    found = read(tmp_path, name, content)
    assert (found.config.task, found.labels, found.report.rows_kept) == (task, labels, N)


def test_a_sentence_alone_is_tags_and_not_a_table(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_text("Ann\tB-PER\nsaw\tO\nRome\tB-LOC\n")
    assert guess(path) == "tag"
    examples = read_examples(path, DataConfig(task="tag"), ["B-PER", "O", "B-LOC"])
    assert next(examples.pieces())[0].tokens == ("Ann", "saw", "Rome")


@pytest.mark.parametrize(
    ("name", "content", "named"),
    [
        ("a.ann", "T1\tPER 0 3\tAnn\nT2\tLOC 8 12\tRome\n", "BRAT"),
        ("a.json", json.dumps([{"id": 1, "data": {"text": "Ann"}, "annotations": [{"result": [{"value": {"start": 0}}]}]}]),
         "Label Studio"),
        ("a.json", json.dumps({"data": [{"title": "x", "paragraphs": [{"context": "y"}]}]}), "SQuAD"),
        ("a.csv", "<?xml version='1.0'?>\n<a/>\n", "XML"),
    ],
)  # fmt: skip
def test_what_is_not_read_is_refused_by_its_name(tmp_path: Path, name: str, content: str, named: str) -> None:
    with pytest.raises(Problem, match=named):
        read(tmp_path, name, content)


def test_class_names_inside_of_parquet(tmp_path: Path) -> None:
    features = {
        "tokens": {"feature": {"dtype": "string", "_type": "Value"}, "_type": "Sequence"},
        "ner_tags": {"feature": {"names": ["O", "B-PER", "B-LOC"], "_type": "ClassLabel"}, "_type": "Sequence"},
    }
    table = pa.table({"tokens": [["Ann", "saw", "Rome"]] * N, "ner_tags": [[1, 0, 2]] * N})
    marks = {"huggingface": json.dumps({"info": {"features": features}})}
    pq.write_table(table.replace_schema_metadata(marks), tmp_path / "a.parquet")
    found = read_dataset({"train": tmp_path / "a.parquet"}, DataConfig(task=guess(tmp_path / "a.parquet")))
    assert (found.labels, found.scheme) == (("B-LOC", "B-PER", "O"), "IOB2")
    features = {"label": {"names": ["neg", "pos"], "_type": "ClassLabel"}}
    table = pa.table({"text": [*map(text, range(N))], "label": [i % 3 - 1 for i in range(N)]})
    marks = {"huggingface": json.dumps({"info": {"features": features}})}
    pq.write_table(table.replace_schema_metadata(marks), tmp_path / "b.parquet")
    found = read_dataset({"train": tmp_path / "b.parquet"}, DataConfig())
    assert (found.labels, found.report.left_out[0].reason, found.report.rows_kept) == (("neg", "pos"), "no label", 40)


SENTENCE = "Ann-Marie saw  Rome, twice."


@pytest.mark.parametrize(
    "entry",
    [
        {"text": SENTENCE, "label": [[0, 9, "PER"], [15, 19, "LOC"]]},
        {"id": 5, "text": SENTENCE, "entities": [{"id": 1, "label": "LOC", "start_offset": 15, "end_offset": 19},
                                                 {"id": 2, "label": "PER", "start_offset": 0, "end_offset": 9}]},
        {"text": SENTENCE, "tokens": [{"text": "Ann", "id": 0}], "spans": [{"start": 0, "end": 9, "label": "PER"},
                                                                           {"start": 15, "end": 19, "label": "LOC"}]},
        {"text": SENTENCE, "label": [{"start": 0, "end": 9, "text": "Ann-Marie", "labels": ["PER"]},
                                     {"start": 15, "end": 19, "text": "Rome", "labels": ["LOC"]}]},
    ],
)  # fmt: skip
def test_spans_of_characters_become_tags(tmp_path: Path, entry: dict[str, Any]) -> None:
    found = read(tmp_path, "a.jsonl", (json.dumps(entry) + "\n") * N)
    assert (found.config.task, found.scheme, found.report.rows_kept) == ("tag", "IOB2", N)
    example = found.splits["train"][0]
    assert list(zip(example.tokens, example.target, strict=True)) == [
        ("Ann-Marie", "B-PER"), ("saw", "O"), ("Rome", "B-LOC"), (",", "O"), ("twice", "O"), (".", "O"),
    ]  # fmt: skip


def test_spans_part_words_and_may_not_overlap(tmp_path: Path) -> None:
    good = {"text": "Rome-based firm", "label": [[0, 4, "a place"], [5, 15, "X"]]}
    bad = [{"text": "Rome", "label": [[0, 4, "LOC"], [2, 3, "X"]]}, {"text": "Rome", "label": [[0, 9, "LOC"]]}]
    lines = [json.dumps(entry) + "\n" for entry in (*[good] * 9, *bad, {"text": "no entity", "label": []})]
    found = read(tmp_path, "a.jsonl", "".join(lines))
    example = found.splits["train"][0]
    assert list(zip(example.tokens, example.target, strict=True)) == [
        ("Rome", "B-a_place"), ("-", "O"), ("based", "B-X"), ("firm", "I-X"),
    ]  # fmt: skip
    assert {entry.reason for entry in found.report.left_out} == {"spans that overlap", "a span that ends beyond its text"}
    assert found.splits["train"][-1].target == ("O", "O")
    assert as_spans([[5, 2, "X"]]) is None and as_spans("no list") is None and as_spans([["a", "b", "c"]]) is None


def test_much_left_out_is_said_and_more_is_refused(tmp_path: Path) -> None:
    def content(lost: int) -> str:
        return rows(lambda i: f"{text(i)},{'' if i < lost else label(i)}\n", "text,label\n")

    assert said(read(tmp_path, "a.csv", content(12))) == said(read(tmp_path, "a.csv", content(0)))
    assert read(tmp_path, "a.csv", content(13)).report.warnings[0] == (
        "13 of the 60 rows of a.csv cannot be used, all: no label (first at a.csv line 2)."
    )
    with pytest.raises(Problem, match="31 of the 60 rows"):
        read(tmp_path, "a.csv", content(31))


# ---- labels ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("labels", "parts"),
    [
        (["neg", "Neg", "pos"], ["only in capitals", "'Neg' (20) and 'neg' (20)"]), (["true", "TRUE", "False"], ["'TRUE' (20)"]),
        (["0", "0.0", "1"], ["'0' (20) and '0.0' (20)"]), (["pos", "N/A", "null"], ["may mean a missing value", "'N/A' (20)"]),
    ],
)  # fmt: skip
def test_labels_that_are_alike_are_warned_of_once(tmp_path: Path, labels: list[str], parts: list[str]) -> None:
    found = read(tmp_path, "a.csv", rows(lambda i: f"{text(i)},{labels[i % 3]}\n", "text,label\n"))
    warnings = [warning for warning in found.report.warnings if "class of its own" in warning]
    assert len(warnings) == 1 and all(part in warnings[0] for part in parts), found.report.warnings


def test_several_labels_for_one_text(tmp_path: Path) -> None:
    lists = rows(lambda i: json.dumps({"text": text(i), "label": ["a", "b"]}) + "\n")
    with pytest.raises(Problem, match="multi-label"):
        read(tmp_path, "a.jsonl", lists)
    with pytest.raises(Problem, match="multi-label"):
        read(tmp_path, "a.txt", rows(lambda i: f"__label__a __label__b {text(i)}\n"))
    joined = rows(lambda i: f'{text(i)},"{("drama", "comedy", "drama, comedy", "comedy, war", "war")[i % 5]}"\n', "text,genre\n")
    assert "Some labels are lists of labels: 'drama, comedy' (12), 'comedy, war' (12)" in said(read(tmp_path, "a.csv", joined))
    hot = rows(lambda i: f"{text(i)},{i % 2},{i % 3 // 2},{i % 5 // 4}\n", "comment_text,toxic,obscene,threat\n")
    assert "as in multi-label data" in said(read(tmp_path, "b.csv", hot))


@pytest.mark.parametrize(
    ("labels", "order"),
    [
        (["1", "-1", "0"], ("-1", "0", "1")), (["+1", "−1", "0"], ("−1", "0", "+1")),
        (["10.0", "9.0", "-2.5"], ("-2.5", "9.0", "10.0")),
        (["5 stars", "1 star", "10 stars"], ("1 star", "5 stars", "10 stars")), (["5", "3", "1"], ("1", "3", "5")),
    ],
)  # fmt: skip
def test_labels_stand_in_the_order_of_their_numbers(tmp_path: Path, labels: list[str], order: tuple[str, ...]) -> None:
    found = read(tmp_path, "a.csv", rows(lambda i: f"{text(i)},{labels[i % 3]}\n", "text,label\n"))
    assert found.labels == order == tuple(found.report.splits["train"].label_counts)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.csv", rows(lambda i: f"{i},{text(i)}\n", "id,text\n")), ("a.csv", rows(lambda i: f"{text(i)}\n", "text\n")),
        ("a.csv", rows(lambda i: f"{i},{text(i)},{('web', 'app')[i % 2]}\n", "id,text,origin\n")),
        ("a.txt", rows(lambda i: f"{text(i)}\n")),
    ],
)  # fmt: skip
def test_a_file_without_labels_is_not_scored(tmp_path: Path, name: str, content: str) -> None:
    (tmp_path / "train.csv").write_text(rows(lambda i: f"{text(i)},{label(i)}\n", "text,label\n"))
    (tmp_path / name).write_text(content)
    with pytest.raises(Problem, match=r"no (column of )?labels.*`predict`"):
        read_examples(tmp_path / name, DataConfig(), ["neg", "pos"])
    with pytest.raises(Problem, match=r"no (column of )?labels.*`predict`"):
        read_dataset({"train": tmp_path / "train.csv", "test": tmp_path / name}, DataConfig())


# ---- schemes --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("way", ["{0}_{1}", "{1}-{0}", "{1}_{0}", "{0}-{1}"])
def test_tags_may_be_written_in_other_ways(tmp_path: Path, way: str) -> None:
    b, i = way.format("B", "PER"), way.format("I", "PER")
    assert read(tmp_path, "a.tsv", f"Ann\t{b}\nLee\t{i}\nwon\tO\n\n" * N).scheme == "IOB2"


def test_a_few_odd_tags_do_not_lose_the_scheme(tmp_path: Path) -> None:
    content = "Ann\tB-PER\nLee\tI-PER\nwon\tO\n\n" * N + "Rome\tB_LOC\nfell\tX\n\n"
    found = read(tmp_path, "a.tsv", content)
    assert found.scheme == "IOB2" and "'B_LOC' (1)" in said(found) and "'X' (1)" in said(found)


# ---- scripts, spellings, encodings ----------------------------------------------------------------------------------


@pytest.mark.parametrize("words", ["这部电影非常好看", "この映画はとても面白い", "หนังเรื่องนี้ดีมาก"])
def test_texts_without_spaces_are_read_by_characters(tmp_path: Path, words: str) -> None:
    content = rows(lambda i: f"{words}{i}。,{label(i)}\n", "text,label\n")
    assert "without spaces" in said(read(tmp_path, "a.csv", content))
    assert guess_tokens(tmp_path / "a.csv", DataConfig()) == "char"
    assert "without spaces" not in said(read(tmp_path, "a.csv", content, tokens="char"))
    parted = " ".join(words[i : i + 2] for i in range(0, len(words), 2))  # as a segmenter gives it
    for i, line in enumerate((f"{parted} {{}},x\n", "some words {},x\n")):
        (tmp_path / f"{i}.csv").write_text(rows(lambda n, line=line: line.format(n), "text,label\n"))  # type: ignore[misc]
        assert guess_tokens(tmp_path / f"{i}.csv", DataConfig()) == "word"


def test_punctuation_is_no_known_word(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(rows(lambda i: f"{text(i)} .,{label(i)}\n", "text,label\n"))
    (tmp_path / "b.csv").write_text("text,label\nstrange things .,pos\nslow .,neg\n")
    found = read_dataset({"train": tmp_path / "a.csv", "test": tmp_path / "b.csv"}, DataConfig(dev_share=0))
    assert "without any word known from training: 1 in test" in said(found)


def test_signs_are_known_words_where_there_is_nothing_else(tmp_path: Path) -> None:
    content = rows(lambda i: f"{'()'[i % 2]} [ {')' * (i // 2)} {']' * (i % 7)},{label(i)}\n", "text,label\n")
    (tmp_path / "a.csv").write_text(content)
    (tmp_path / "b.csv").write_text("text,label\n( ] !,pos\n! ?,neg\n")
    found = read_dataset({"train": tmp_path / "a.csv", "test": tmp_path / "b.csv"}, DataConfig(dev_share=0))
    assert "without any word known from training: 1 in test" in said(found)


def test_spellings_of_a_word_are_one_word(tmp_path: Path) -> None:
    ways = ["it’s a café", "it's a caf\u00e9", unicodedata.normalize("NFD", "it's a café")]
    found = read(tmp_path, "a.csv", rows(lambda i: f"{ways[i % 3]} {i},{label(i)}\n", "text,label\n"))
    words = found.vocabulary.words
    assert "'s" in words and "café" in words and "’s" not in words and unicodedata.normalize("NFD", "café") not in words
    assert found.vocabulary.counts[words.index("café")] == found.vocabulary.counts[words.index("'s")] == N
    assert found.vocabulary.encode(["’s", unicodedata.normalize("NFD", "café")]) == found.vocabulary.encode(["'s", "café"])
    assert "2 words are written in several ways" in said(found)
    assert found.splits["train"][0].text == f"{ways[0]} 0", "texts stay as they were written"


def test_the_same_words_are_the_same_text_and_may_not_have_two_labels(tmp_path: Path) -> None:
    content = rows(lambda i: f"{text(i // 3).replace(' ', ' ' * (i % 3 + 1))},{label(i // 3)}\n", "text,label\n")
    found = read(tmp_path, "a.csv", content, dev_share=0.3)
    homes = {split: {example.tokens for example in kept} for split, kept in found.splits.items()}
    assert not homes["train"] & homes["dev"] and "different labels" not in said(found)
    content = rows(lambda i: f"{text(i // 3)},{label(i)}\n", "text,label\n")
    assert f"20 texts have different labels in different rows, such as '{text(0)}'" in said(read(tmp_path, "b.csv", content))


def test_utf8_with_some_broken_bytes_is_mended_and_counted(tmp_path: Path) -> None:
    content = rows(lambda i: f"{text(i)} schön 🙂,{label(i)}\n", "text,label\n").encode()
    cut = content.replace("🙂".encode(), "🙂".encode()[:3], 2)
    found = read(tmp_path, "a.csv", cut)
    entry = found.report.left_out[0]
    assert (found.report.rows_kept, entry.count, entry.rows) == (N, 2, ("a.csv line 2", "a.csv line 3"))
    assert entry.reason == "bytes that are not UTF-8, replaced by \ufffd, and kept"
    with pytest.raises(Problem, match="is not utf-8 text"):
        read(tmp_path, "a.csv", cut, encoding="utf-8")
    later = content * 300 + b"caf\xe9,pos\n"
    assert read(tmp_path, "b.csv", later).report.left_out[0].count == 1
    lines = rows(lambda i: json.dumps({"text": f"schön {i}", "label": i % 2 > 0, "n": None}, ensure_ascii=False) + "\n").encode()
    assert read(tmp_path, "b.jsonl", lines.replace("ö".encode(), b"\xf6", 1)).report.left_out[0].count == 1
    tokens = rows(lambda i: f"{i},schön,O\n{i},Rome,B-LOC\n", "sentence_id,token,tag\n").encode()
    found = read(tmp_path, "c.csv", tokens.replace("ö".encode(), b"\xf6", 1))
    assert (found.report.rows_kept, found.report.left_out[0].count) == (N, 1)


def test_only_the_columns_asked_for_must_be_there(tmp_path: Path) -> None:
    content = rows(lambda i: f"{text(i)},{label(i)}{('', ',x', ',x,', ',,,')[i % 4]}\n", "text,label,notes\n")
    assert read(tmp_path, "a.csv", content).report.rows_kept == N
    shifted = rows(lambda i: f"{text(i)},{label(i)},x,y\n" if i == 5 else f"{text(i)},{label(i)},x\n", "text,label,notes\n")
    assert read(tmp_path, "b.csv", shifted).report.left_out[0].reason == "too many fields (3 were expected)"


# ---- bounds ---------------------------------------------------------------------------------------------------------


def test_very_many_columns_are_refused_at_once(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="100,000 columns"):
        read(tmp_path, "a.csv", ",".join(["text"] * 100_000) + "\n" + "a," * 99_999 + "b\n")


def test_an_open_quote_is_looked_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    looks = []
    parse = formats.parse
    monkeypatch.setattr(formats, "parse", lambda *args: looks.append(1) or parse(*args))
    (tmp_path / "a.csv").write_text('text,label\n"open,x\n' + "some words of a text,y\n" * 40_000)
    assert recognise(tmp_path / "a.csv", DataConfig()).quoting == "none"
    assert len(looks) == 1


def test_a_value_that_comes_again_is_held_once(tmp_path: Path) -> None:
    long = "a long text " * 50_000
    pq.write_table(pa.table({"text": [long] * 3000, "label": ["x", "y"] * 1500}), tmp_path / "a.parquet")
    assert (tmp_path / "a.parquet").stat().st_size < 1_000_000
    format = recognise(tmp_path / "a.parquet", DataConfig())
    texts = [row.values[0] for row in read_rows(tmp_path / "a.parquet", format)]
    assert len(texts) == 3000 and len({id(text) for text in texts}) < 20
    pq.write_table(pa.table({"text": [long] * 300, "label": ["x", "y"] * 150}), tmp_path / "c.parquet",
                   use_dictionary=False, compression="zstd")  # fmt: skip
    with pytest.raises(Problem, match="MB decompressed"):
        recognise(tmp_path / "c.parquet", DataConfig())
    too_long = "x" * (encodings.MAX_RECORD + 1)
    pq.write_table(pa.table({"text": [too_long, "b"], "label": ["x", "y"]}), tmp_path / "b.parquet")
    assert next(read_rows(tmp_path / "b.parquet", recognise(tmp_path / "b.parquet", DataConfig()))).fault


def test_halves_of_characters_in_json(tmp_path: Path) -> None:
    content = rows(lambda i: f'{{"text": "{text(i)}", "label": "{label(i)}", "\\ud800": "x"}}\n')
    found = read(tmp_path, "a.jsonl", content)
    assert found.report.rows_kept == N and found.report.files[0]["columns"] == {"text": "text", "label": "label"}


# ---- found in a second round ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "line", "header", "wanted"),
    [
        ("a.csv", '{n},"{t}, and so on"\n', "", ("and so on", "0")), ("a.csv", '"{t}, and so on",{n}\n', "", ("and so on", "0")),
        ("a.csv", '{n}, "{t}, and, so on", x\n', "", ("so on", "0")), ("a.tsv", "{l}\t{t} of this story\n", "", ("story", "neg")),
        ("a.csv", '{n},"the worst, of all time"\n', "", ("time", "0")),
        ("a.tsv", "{l}\t{t}{more}\n", "label\ttext\tsource\n", ("", "neg")),
        ("a.csv", "{t},{l}\n", "# made by me, 2020\ntext,label\n", ("", "neg")),
        ("a.tsv", "{t},{l}\n", "text,label\n", ("", "neg")),
        ("a.csv", "{t},{l}\n", "0,1\n", ("", "neg")), ("a.csv", "__label__{l},{t}\n", "label,text\n", ("", "neg")),
        ("a.txt", "{t} __label__{l}\n", "", ("", "neg")), ("a.txt", "__label__{l}\t{t}\n", "", ("", "neg")),
        ("a.txt", "{t} @ {l}\n", "", ("", "neg")), ("a.txt", "{l}: {t}\n", "", ("", "neg")),
        ("a.csv", "{t},{l},{n}.5{i}\n", "text,sentiment_label,score\n", ("", "neg")),
    ],
)  # fmt: skip
def test_tables_that_were_read_wrongly(tmp_path: Path, name: str, line: str, header: str, wanted: tuple[str, str]) -> None:
    def row(i: int) -> str:
        return line.format(t=text(i), l=label(i), n=i % 2, i=i, more="\tweb" * (i % 2))

    found = read(tmp_path, name, rows(row, header))
    example = found.splits["train"][0]
    assert found.report.rows_kept == N and len(found.labels) == 2
    assert example.text.endswith(wanted[0] or text(0)) and example.target == wanted[1]


@pytest.mark.parametrize(
    ("name", "content", "scheme"),
    [
        ("a.bio", "B-PER\tAnn\nI-PER\tLee\nO\twon\n\n", "IOB2"), ("a.tsv", "Word\tTag\nAnn\tB-PER\nwon\tO\n\n", "IOB2"),
        ("a.conll", "# id 7 domain=a split=b\nAnn _ _ B-PER\nwon _ _ O\n\n", "IOB2"),
        ("a.bmes", "A B-X\nb M-X\nc E-X\nd O\n\n", "IOBES"),
        ("a.tsv", "Ann\tb-per\nwon\to\n\n", "IOB2"), ("a.tsv", "Ann\tB-PER\nwon\tOUT\nby\tOUT\n\n", "IOB2"),
        ("a.tsv", "# newdoc id = 1\nAnn\tB-PER\nwon\tO\n\n", "IOB2"),
        ("a.csv", "tokens,ner_tags\n" + "\"['Ann' 'won']\",\"['B-PER' 'O']\"\n", "IOB2"),
    ],
)  # fmt: skip
def test_tags_that_were_read_wrongly(tmp_path: Path, name: str, content: str, scheme: str) -> None:
    first, _, below = content.partition("\n")
    head, again = (first + "\n", below) if "ag" in first else ("", content)
    found = read(tmp_path, name, head + again * N)
    example = found.splits["train"][0]
    assert (found.scheme, found.report.rows_kept) == (scheme, N)
    assert example.tokens[0] in ("Ann", "A") and example.target[0].upper().startswith("B-")


def test_tags_of_no_known_form_are_said(tmp_path: Path) -> None:
    found = read(tmp_path, "a.tsv", "Ann\tB.PER\nwon\tO\n\n" * N)
    assert found.scheme is None and "look like entities ('B.PER')" in said(found)


def test_what_is_no_text_and_what_is_no_class(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="a list or an object instead of a text"):
        lists = rows(lambda i: json.dumps({"text": [text(i), "x"], "label": label(i)}) + "\n")
        read(tmp_path, "a.jsonl", lists, task="classify")
    with pytest.raises(Problem, match=r"'price' holds numbers.*regression"):
        read(tmp_path, "a.csv", rows(lambda i: f"{text(i)},{i}.{i % 9 + 1}\n", "text,price\n"))
    with pytest.raises(Problem, match=r"multi-label.*'terms'"):
        read(tmp_path, "a.csv", rows(lambda i: f"{text(i)},\"['a', 'b{i}']\"\n", "text,terms\n"))
    blank = rows(lambda i: f"{text(i)},{label(i)}\n" if i < 20 else ",\n", "text,label\n")
    assert read(tmp_path, "b.csv", blank).report.rows_kept == 20, "empty rows of a spreadsheet are no reason to refuse it"


def test_a_column_of_0_and_1_is_no_label_of_a_file_to_score(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(rows(lambda i: f"{text(i)},{i % 2}\n", "text,label\n"))
    (tmp_path / "b.csv").write_text(rows(lambda i: f"{i},{text(i)},{i % 2}\n", "id,text,verified\n"))
    with pytest.raises(Problem, match=r"no column of labels.*`predict`"):
        read_dataset({"train": tmp_path / "a.csv", "test": tmp_path / "b.csv"}, DataConfig())


def test_splits_of_which_some_are_none(tmp_path: Path) -> None:
    names = ("train", "train", "holdout", "unsup")
    found = read(tmp_path, "a.csv", rows(lambda i: f"{text(i)},{label(i)},{names[i % 4]}\n", "text,label,usage\n"))
    assert {split: len(kept) for split, kept in found.splits.items()} == {"train": 30, "test": 15}
    assert found.report.left_out[0].reason == "no known split in the column 'usage' (train, dev or test)"


def test_small_cyrillic_letters_are_cp1251(tmp_path: Path) -> None:
    content = rows(lambda i: f"какой хороший фильм номер {i};{('да', 'нет')[i % 2]}\n", "text;label\n")
    assert read(tmp_path, "a.csv", content.encode("cp1251")).labels == ("да", "нет")
