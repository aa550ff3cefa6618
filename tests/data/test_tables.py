"""The table reader: kinds, encodings, round trips, and every bad file with its sentence."""

import csv
import io
import json
import os
import random
import tracemalloc
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rnn_core.config import DataConfig, Problem
from rnn_core.data.formats import DELIMITERS, ENCODINGS, Format, recognise
from rnn_core.data.tables import Row, read_rows

GUESS = DataConfig()


def write(folder: Path, name: str, content: str | bytes, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
    return path


def read(path: Path, config: DataConfig = GUESS) -> tuple[Format, list[Row]]:
    format = recognise(path, config)
    return format, list(read_rows(path, format))


def refused(path: Path, *parts: str, config: DataConfig = GUESS) -> None:
    with pytest.raises(Problem) as caught:
        read(path, config)
    message = str(caught.value)
    assert message.endswith(".")
    assert "\n" not in message
    for part in parts:
        assert part in message


# ---- kinds ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("delimiter", DELIMITERS)
def test_delimiters_are_guessed(tmp_path: Path, delimiter: str) -> None:
    rows = ["id", "text", "label"], ["1", "a, b; c | d", "x"], ["2", 'say "hi"\nthere', "y"]
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter).writerows(rows)
    format, found = read(write(tmp_path, "t.csv", file.getvalue()))
    assert (format.kind, format.delimiter, format.header) == ("csv", delimiter, tuple(rows[0]))
    assert [list(row.values) for row in found] == list(rows[1:])
    assert [row.line for row in found] == [2, 3]


def test_a_tsv_with_a_header_is_a_table_and_one_with_blank_lines_holds_tokens(tmp_path: Path) -> None:
    table = write(tmp_path, "t.tsv", "text\tlabel\ngood\tx\n\nbad\ty\n")
    assert read(table)[0].kind == "csv"
    tokens = write(tmp_path, "u.tsv", '"\tPUNCT\n#\tSYM\n\nGo\tVERB\n"\tPUNCT\n')
    format, rows = read(tokens)
    assert (format.kind, format.header) == ("token_tag", ("token", "tag"))
    assert [row.values for row in rows] == [(['"', "#"], ["PUNCT", "SYM"]), (["Go", '"'], ["VERB", "PUNCT"])]
    assert [row.line for row in rows] == [1, 4]


def test_conll(tmp_path: Path) -> None:
    text = (
        "-DOCSTART- -X- O O\n\n# id 7\nEU NNP B-NP B-ORG\n# SYM O O\n\nPeter NNP B-NP B-PER\nshort NN\n\nRuns VBZ O O\n"
    )
    format, rows = read(write(tmp_path, "eng.txt", text))
    assert (format.kind, len(format.header)) == ("conll", 4)
    assert rows[0].values[0] == ["EU", "#"]
    assert rows[1].fault == "a line of 2 columns where 4 were expected"
    assert rows[1].line == 8
    assert rows[2].values == (["Runs"], ["VBZ"], ["O"], ["O"])


def test_conllu_passes_over_comments_ranges_and_empty_nodes(tmp_path: Path) -> None:
    def line(id: str, form: str, tag: str) -> str:
        return "\t".join([id, form, "_", tag, *["_"] * 6]) + "\n"

    text = "# sent_id = 1\n" + line("1-2", "don't", "_") + line("1", "do", "AUX") + line("2", "n't", "PART")
    format, rows = read(write(tmp_path, "x.txt", text + line("2.1", "go", "VERB") + "\n"))
    assert format.kind == "conllu"
    assert rows[0].values[1] == ["do", "n't"]
    assert next(read_rows(tmp_path / "x.txt", format, ["UPOS"])).values == (["AUX", "PART"],)


def test_json_lines_keep_numbers_as_written_and_leave_out_what_is_no_object(tmp_path: Path) -> None:
    text = '{"text": "a", "label": 1.0}\n[1]\n\n{"text": "b", "label": 1, "more": null}\nnot json\n' + "[" * 99_999
    format, rows = read(write(tmp_path, "t.jsonl", text))
    assert format.header == ("text", "label", "more")
    assert [row.values for row in rows if not row.fault] == [("a", "1.0", None), ("b", "1", None)]
    assert [(row.line, row.fault) for row in rows if row.fault] == [
        (2, "JSON that is not an object"), (5, "a line that is not JSON"), (6, "a line that is not JSON"),
    ]  # fmt: skip


@pytest.mark.parametrize("indent", [None, 1])
def test_a_json_array_is_read_in_pieces(tmp_path: Path, indent: int | None) -> None:
    objects = [{"text": f"text {i} " + "x" * (i % 999), "label": ["]", "{"]} for i in range(500)]
    format, rows = read(write(tmp_path, "t.json", "\n " + json.dumps(objects, indent=indent) + "\n"))
    assert format.json == "array"
    assert [dict(zip(format.header, row.values, strict=True)) for row in rows] == objects
    assert rows[1].line == (2 if indent is None else 10)


def test_parquet(tmp_path: Path) -> None:
    table = pa.table({"tokens": [["a", "b"], ["c"]], "n": [1, None], "label": ["x", "y"]})
    pq.write_table(table, tmp_path / "t.parquet")
    format, rows = read(tmp_path / "t.parquet")
    assert (format.kind, format.encoding) == ("parquet", None)
    assert [row.values for row in rows] == [(["a", "b"], 1, "x"), (["c"], None, "y")]
    assert format.where(rows[1].line) == "t.parquet row 2"


def test_parquet_columns_are_told_apart_by_their_place(tmp_path: Path) -> None:
    values = [["a", "b"], [1, 2], ["x", "y"], ["p", "q"], [[1], [2]]]
    table = pa.Table.from_arrays([pa.array(column) for column in values], [" text", "", "label", "label", "dot.ted"])
    pq.write_table(table, tmp_path / "t.parquet")
    format, rows = read(tmp_path / "t.parquet")
    assert format.header == ("text", "column 2", "label", "label (2)", "dot.ted")
    assert [row.values for row in rows] == [("a", 1, "x", "p", [1]), ("b", 2, "y", "q", [2])]
    chosen = read_rows(tmp_path / "t.parquet", format, ["label (2)", "text", "text"])
    assert [row.values for row in chosen] == [("p", "a", "a"), ("q", "b", "b")]
    pq.write_table(table.select([0, 2, 4]), tmp_path / "u.parquet")
    format = recognise(tmp_path / "u.parquet", GUESS)
    assert next(read_rows(tmp_path / "u.parquet", format, ["dot.ted", "text"])).values == ([1], "a")


def test_parquet_tells_how_far_it_is(tmp_path: Path) -> None:
    pq.write_table(pa.table({"text": ["a"] * 600, "label": ["b"] * 600}), tmp_path / "t.parquet")
    heard: list[float] = []
    assert len(list(read_rows(tmp_path / "t.parquet", recognise(tmp_path / "t.parquet", GUESS), tick=heard.append))) == 600
    assert heard == sorted(heard) and len(heard) > 1 and heard[-1] == 1


def test_names_that_are_empty_or_twice_become_unique(tmp_path: Path) -> None:
    assert read(write(tmp_path, "t.csv", "a,,a,<b>=1+1</b>\n1,2,3,4\n"))[0].header == (
        "a", "column 2", "a (2)", "<b>=1+1</b>",
    )  # fmt: skip


def test_what_is_stated_wins(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", "text|a;label|b\nx|1;y|2\n")
    assert read(path, DataConfig(delimiter=";"))[0].header == ("text|a", "label|b")
    assert read(path, DataConfig(delimiter="|"))[0].header == ("text", "a;label", "b")


# ---- encodings ------------------------------------------------------------------------------------------------------

RUSSIAN = (
    "text,label\n" + "Очень хороший фильм,да\nЕда была холодной и невкусной,нет\nНикогда больше не приду,нет\n" * 3
)
CHINESE = "text,label\n" + "这部电影非常好看,好\n服务态度很差，不会再来,差\n菜很好吃，价格便宜,好\n" * 3
JAPANESE = "text,label\n" + "この映画はとても面白かった。,良\n料理は冷たくて残念でした。,悪\n" * 3
FRENCH = "text,label\n" + "Un café très agréable, déjà vu,oui\n“Quelle” Bäckerei — schön,non\n".replace(", ", " ") * 3


@pytest.mark.parametrize(
    ("text", "written", "guessed"),
    [
        (RUSSIAN, "utf-8", "utf-8"), (CHINESE, "utf-8-sig", "utf-8"), (FRENCH, "utf-16", "utf-16"),
        (FRENCH, "utf-16-le", "utf-16-le"), (RUSSIAN, "utf-16-be", "utf-16-be"), (CHINESE, "utf-16-le", "utf-16-le"),
        (JAPANESE, "utf-32", "utf-32"), (FRENCH, "cp1252", "cp1252"), (JAPANESE, "shift_jis", "cp932"),
        (CHINESE, "gbk", "gb18030"), (RUSSIAN, "koi8-r", "koi8-r"), (RUSSIAN, "cp1251", "cp1251"),
    ],
)  # fmt: skip
def test_encodings_are_guessed(tmp_path: Path, text: str, written: str, guessed: str) -> None:
    format, rows = read(write(tmp_path, "t.csv", text, written))
    assert (format.encoding, format.header) == (guessed, ("text", "label"))
    assert [",".join(row.values) for row in rows] == text.splitlines()[1:]


def test_one_accent_in_much_ascii_is_enough(tmp_path: Path) -> None:
    text = "text,label\n" + "a plain line,x\n" * 3000 + "the café was fine,y\n" + "a plain line,x\n" * 3000
    assert read(write(tmp_path, "t.csv", text, "cp1252"))[1][3000].values[0] == "the café was fine"


def test_the_first_megabyte_may_cut_a_character(tmp_path: Path) -> None:
    text = "text,label\n" + "日本語の文章です,良\n" * 80_000
    for written, guessed in (("utf-8", "utf-8"), ("cp932", "cp932"), ("utf-16-le", "utf-16-le")):
        path = write(tmp_path, "t.csv", text, written)
        assert recognise(path, GUESS).encoding == guessed


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_every_encoding_offered_can_be_stated(tmp_path: Path, encoding: str) -> None:
    path = write(tmp_path, "t.csv", "text,label\nabc,x\n", encoding)
    assert read(path, DataConfig(encoding=encoding))[1] == [Row(2, ("abc", "x"))]


def test_bytes_that_do_not_decode(tmp_path: Path) -> None:
    good = "text,label\n" + "ein schöner Tag,x\n" * 9000
    path = write(tmp_path, "t.csv", good.encode() + b"caf\xe9,y\n")
    refused(
        path,
        "t.csv is not utf-8",
        f"byte {len(good.encode()) + 3:,} ",
        "line 9,002",
        "choose",
        config=DataConfig(encoding="utf-8"),
    )
    refused(write(tmp_path, "u.csv", "text,label\nab,c\n"), "utf-16", config=DataConfig(encoding="utf-16"))
    refused(path, "'klingon'", "choose one of utf-8", config=DataConfig(encoding="klingon"))
    refused(path, "unicode_escape", config=DataConfig(encoding="unicode_escape"))


def test_an_encoding_nobody_can_tell(tmp_path: Path) -> None:
    refused(write(tmp_path, "t.csv", b"text,label\n" + bytes(range(128, 256)) * 9), "encoding", "choose")


# ---- round trip, and any bytes --------------------------------------------------------------------------------------

FIELD = st.text(st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from(",;|\t\"'\r\n a"), max_size=12)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    rows=st.integers(2, 4).flatmap(lambda n: st.lists(st.lists(FIELD, min_size=n, max_size=n), min_size=1, max_size=6)),
    delimiter=st.sampled_from(list(DELIMITERS)),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC]),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
)
def test_what_csv_writes_comes_back(
    tmp_path: Path, rows: list[list[str]], delimiter: Any, quoting: Any, encoding: str
) -> None:
    file = io.StringIO()
    header = [f"c{i}" for i in range(len(rows[0]))]
    csv.writer(file, delimiter=delimiter, quoting=quoting).writerows([header, *rows])
    path = write(tmp_path, "t.csv", file.getvalue(), encoding)
    config = DataConfig(format="csv", delimiter=delimiter, encoding=encoding, quoting="double", header="yes")
    found = read(path, config)[1]
    assert [list(row.values) for row in found] == rows
    assert [row.line for row in found] == sorted({row.line for row in found})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(
    data=st.binary(max_size=200)
    | st.text('ab,\t\n\r"{}[]: 1#\0é|;', max_size=80).map(lambda text: ("a\tb\n" + text).encode())
    | st.text('ab,\n"{}[]: 1', max_size=80).map(lambda text: ('[{"a":1,"b":2},' + text).encode())
    | st.binary(max_size=99).map(lambda tail: b"PAR1" + tail + b"PAR1"),
    suffix=st.sampled_from(["csv", "tsv", "txt", "json", "jsonl", "parquet", "conllu", "conll", "data"]),
    encoding=st.sampled_from([None, "utf-8", "utf-16", "utf-32", "cp932", "iso2022-jp", "gb18030"]),
    kind=st.sampled_from([None, None, "csv", "jsonl", "conll", "conllu", "token_tag", "parquet"]),
)
def test_any_bytes_are_read_or_refused_in_a_sentence(
    tmp_path: Path, data: bytes, suffix: str, encoding: str | None, kind: Any
) -> None:
    try:
        format, rows = read(write(tmp_path, f"t.{suffix}", data), DataConfig(encoding=encoding, format=kind))
    except Problem as problem:
        assert str(problem).endswith(".")  # noqa: PT017 - either outcome is right
    else:
        assert all(row.fault or len(row.values) == len(format.header) for row in rows)


# ---- refused --------------------------------------------------------------------------------------------------------


def test_no_file_a_folder_and_no_permission(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    refused(tmp_path / "none.csv", "no file none.csv")
    refused(tmp_path, "is a folder")
    path = write(tmp_path, "t.csv", "text,label\na,b\n")
    path.chmod(0)
    if os.access(path, os.R_OK):  # root reads everything

        def closed(*_: Any, **__: Any) -> None:
            raise PermissionError

        monkeypatch.setattr(Path, "open", closed)
    refused(path, "t.csv may not be read", "permission")


@pytest.mark.parametrize("content", ["", " \n\n", "\ufeff", "\ufeff\n"])
def test_an_empty_file(tmp_path: Path, content: str) -> None:
    refused(write(tmp_path, "t.csv", content), "t.csv", "choose a file with text in it")


def test_one_column(tmp_path: Path) -> None:
    refused(write(tmp_path, "t.csv", "text\nabc\n"), "only the column 'text'", "no column of labels", "`predict`")
    refused(write(tmp_path, "t.jsonl", '{"text": "a"}\n'), "only the column 'text'")
    refused(write(tmp_path, "t.txt", "Just prose.\nOf many words and more.\n"), "only one column", "no column of labels")
    refused(write(tmp_path, "t.csv", "text,label\na,b\n"), "No semicolon separates", config=DataConfig(delimiter=";"))


@pytest.mark.parametrize("rows", ["good,x\n" * 50, "good,x\n" * 200_000])
def test_a_quote_that_swallows_the_file(tmp_path: Path, rows: str) -> None:
    path = write(tmp_path, "t.csv", 'text,label\ngood,x\n"never closed,y\n' + rows)
    where = "The quotation mark that opens in the row at line 3 of t.csv"
    refused(path, where, "close it", "plain characters", config=DataConfig(quoting="double"))
    format, found = read(path)
    assert format.quoting == "none"
    assert [row.values for row in found[:3]] == [("good", "x"), ('"never closed', "y"), ("good", "x")]
    assert len(found) == 2 + rows.count("\n")


def test_a_quote_that_swallows_some_rows(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", 'text,label\n"never closed,y\ngood,x\n"fine, is it",y\nlast,x\n')
    rows = read(path, DataConfig(quoting="double"))[1]
    assert rows[0].fault == "a quotation mark opens in this row and swallows lines up to line 4"
    assert rows[1] == Row(5, ("last", "x"))


@pytest.mark.parametrize(
    ("magic", "what"),
    [
        (b"PK\x03\x04", "save the sheet as CSV"), (b"\x89PNG\r\n", "PNG"), (b"PAR1", "Parquet"), (b"%PDF-1.7", "PDF"),
        (bytes(range(256)) * 9, "binary"), (b"text,label\n" + b"\x01\x02\x00\x07" * 200, "binary"),
    ],
)  # fmt: skip
def test_binary_files(tmp_path: Path, magic: bytes, what: str) -> None:
    refused(write(tmp_path, "t.csv", magic + b"\0\1\2" * 99), what)


@pytest.mark.parametrize("tail", [b"", b"PAR1", random.Random(0).randbytes(99)], ids=["nothing", "magic", "noise"])
def test_damaged_parquet(tmp_path: Path, tail: bytes) -> None:
    pq.write_table(pa.table({"text": ["a"] * 99, "label": ["b"] * 99}), tmp_path / "whole.parquet")
    whole = (tmp_path / "whole.parquet").read_bytes()
    refused(write(tmp_path, "t.parquet", whole[: len(whole) // 2] + tail), "t.parquet is not a complete Parquet file")
    refused(write(tmp_path, "u.parquet", b"text,label\n"), "u.parquet is not a complete Parquet file")


def test_json_that_is_no_objects(tmp_path: Path) -> None:
    refused(write(tmp_path, "t.jsonl", "1\n[2]\nabc\n"), "holds no JSON objects")
    refused(write(tmp_path, "t.json", '[{"text": "a", "label": "b"},\n {"text": '), "ends early", "line 2")


def test_many_columns_are_refused_from_the_header(tmp_path: Path) -> None:
    refused(write(tmp_path, "t.csv", ",".join(f"c{i}" for i in range(100_000)) + "\n"), "100,000 columns", "1,000")


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.tsv", "t.json", "t.conll"])
def test_a_line_of_50_mb_is_not_loaded(tmp_path: Path, name: str) -> None:
    start = b"[" if name == "t.json" else b"text\tlabel\na\tb\n\nc\td\n"
    path = write(tmp_path, name, start + b'{"' + b"x" * 50_000_000)
    tracemalloc.start()
    refused(path, name, "1,000,000 characters")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 20e6


def test_a_sentence_without_end(tmp_path: Path) -> None:
    path = write(tmp_path, "t.conll", "a b\n\n" + "token O\n" * 200_000)
    refused(path, "The sentence that starts in line 3", "blank line")


# ---- left out -------------------------------------------------------------------------------------------------------


def test_rows_of_another_width_and_a_missing_column(tmp_path: Path) -> None:
    path = write(tmp_path, "t.csv", "text,label\na\nb,x,y\n\nc,z\n")
    format, rows = read(path)
    assert [row.fault for row in rows] == [
        "too few fields (2 were expected)", "too many fields (2 were expected)", None,
    ]  # fmt: skip
    assert [row.line for row in rows] == [2, 3, 5]
    with pytest.raises(Problem, match=r"t\.csv has no column 'stars': choose among its columns 'text', 'label'"):
        list(read_rows(path, format, ["stars"]))
