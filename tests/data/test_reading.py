"""What reading by blocks gives: the very tokens, vocabulary and arrays that one text after another would."""

import random
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from benchmarks import reading
from rnn_core.config import DataConfig
from rnn_core.data import finish, numbering, splits
from rnn_core.data.batches import Encoded
from rnn_core.data.numbering import Counts, Numbering, signs
from rnn_core.data.records import CsvReader
from rnn_core.data.tokens import graphemes, tokenise, words
from rnn_core.data.vocabulary import Vocabulary
from tests.data.test_datasets import table
from tests.tiny import read_dataset

ROOT = Path(__file__).parents[2]
ANY = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)
ODD = st.text(alphabet="aInlqut'’.-,3@/: \n\r\t\x1c\x85\u2003#_é\u0301\u200d👍🏽👩सก็ہسש日<>", max_size=30)
PLAIN = st.text(alphabet="aInt'’.-,3@/: \n\x85\u2003#é\u0301👍🏽ก็ה日<", max_size=30).filter(lambda text: bool(text.strip()))
TEXT = (ANY | ODD).filter(lambda text: bool(text.strip()))
ON_FILES = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)


def tokens_of(text: str, how: str) -> list[str]:
    return [token for token, _, _ in tokenise(text, how)]


@given(st.lists(TEXT, min_size=1, max_size=6), st.sampled_from(["word", "char", "elided"]), st.sampled_from([1, 3, 100]))
def test_texts_are_numbered_by_the_tokens_of_tokenise(texts: list[str], how: str, most: int) -> None:
    numberer = Numbering(how, most)
    for some in (texts, texts[::-1]):  # the second time most pieces are known
        numbers, lengths, found, cut, same = numberer.of(pa.array(some, pa.string()))
        named = list(numberer.tokens)
        wanted = [tokens_of(text, how) for text in some]
        assert [named[i] for i in numbers] == [token for tokens in wanted for token in tokens[:most]]
        assert lengths.tolist() == [min(len(tokens), most) for tokens in wanted]
        assert cut.tolist() == [row for row, tokens in enumerate(wanted) if len(tokens) > most]
        heads = [tuple(tokens[:most]) for tokens in wanted]
        assert (same[:, None] == same).tolist() == [[one == other for other in heads] for one in heads]
        assert all(row in cut or found[row] == signs(text) for row, text in enumerate(some))


@given(TEXT, st.integers(1, 9))
def test_short_cuts_give_what_tokenise_gives(text: str, most: int) -> None:
    for how in ("word", "elided"):
        assert words(text, most, how) == tokens_of(text, how)[:most]
    assert list(graphemes(text, most)) == tokens_of(text, "char")[:most]


@given(TEXT, st.sampled_from(["word", "char", "elided"]), st.integers(1, 9))
def test_a_text_that_was_cut_has_the_same_tokens_when_it_is_read_again(text: str, how: str, most: int) -> None:
    kept = tokenise(text, how, most)
    assert tokenise(text[: kept[-1][2]], how) == kept


@given(st.lists(st.lists(st.integers(0, 5), max_size=6), max_size=6))
def test_counting_in_pieces_keeps_who_came_first(pieces: list[list[int]]) -> None:
    counts, whole = Counts(6), [number for piece in pieces for number in piece]
    for piece in pieces:
        counts.add(np.array(piece, np.int32))
    assert counts.counts.tolist() == [whole.count(i) for i in range(6)]
    assert counts.by_first() == sorted(set(whole), key=whole.index)
    assert counts.by_count().tolist() == sorted(set(whole), key=lambda i: (-whole.count(i), whole.index(i)))


def test_counting_many_at_once_keeps_who_came_first() -> None:
    numbers = np.random.default_rng(0).integers(0, 60_000, 200_000)
    counts, first = Counts(60_000), np.unique(numbers, return_index=True)
    counts.add(numbers)
    assert counts.by_first() == first[0][np.argsort(first[1])].tolist()


def test_what_cannot_be_used_is_found_in_what_arrow_read(tmp_path: Path) -> None:
    lines = ["good one, good ", "bad one,bad", "\u2003,bad", ",good", "no label,", "no label, \u2003", "another,good", "one,bad"]
    rows = [line.split(",") for line in lines]
    dataset = read_dataset({"train": table(tmp_path / "t.csv", rows)}, DataConfig(dev_share=0, test_share=0))
    assert [(example.text, example.target) for example in dataset.examples("train")] == [
        ("good one", "good"), ("bad one", "bad"), ("another", "good"), ("one", "bad"),
    ]  # fmt: skip
    assert {entry.reason: [row.split()[-1] for row in entry.rows] for entry in dataset.report.left_out} == {
        "no text": ["4", "5"], "no label": ["6", "7"],
    }  # fmt: skip


FIELD = st.text(alphabet='ab,"\n é\x85\u2028\ufeff', max_size=6)
UNQUOTED = st.sampled_from(["", "a", "NA", "null", " b", "é\u2028", "\ufeff", "1"])
LINE = st.lists(UNQUOTED | FIELD.map(lambda f: '"' + f.replace('"', '""') + '"') | FIELD, min_size=1, max_size=3)


@given(st.lists(LINE, min_size=1, max_size=5), st.sampled_from(["\n", "\r\n", "\r", "\n\n"]), st.booleans())
def test_arrow_reads_a_piece_of_a_table_as_python_does_or_not_at_all(rows: list[list[str]], end: str, ended: bool) -> None:
    text = end.join(",".join(row) for row in rows) + (end if ended else "")
    arrow, python = CsvReader(",", "t.csv"), CsvReader(",", "t.csv")
    found = arrow.columns(text, 2, [1, 0, 1])
    if found is None:
        assert arrow.line == 1
        return
    columns = [column.to_pylist() for column in found]
    records = python.records(text)
    python.end()
    assert records == [(line, [x, y], None) for line, (y, x, _) in enumerate(zip(*columns, strict=True), start=1)]
    assert columns[0] == columns[2] and arrow.line == python.line


def test_arrow_reads_what_is_quoted_by_the_rules() -> None:
    text = '"a ""b"", c",x\r\nplain,"y"\r\n"",""\r\nNA,\r\n'
    columns = CsvReader(",", "t.csv").columns(text, 2, [0, 1]) or []
    assert [column.to_pylist() for column in columns] == [['a "b", c', "plain", "", "NA"], ["x", "y", "", ""]]


def test_arrow_and_python_agree_on_what_white_space_is() -> None:
    characters = [*map(chr, range(0xD800)), *map(chr, range(0xE000, sys.maxunicode + 1))]
    assert pc.utf8_is_space(pa.array(characters)).to_pylist() == [*map(str.isspace, characters)]


CSV: dict[str, Any] = {"format": "csv", "delimiter": ",", "encoding": "utf-8", "quoting": "double", "header": "yes",
                       "dev_share": 0, "test_share": 0}  # fmt: skip


@ON_FILES
@given(
    st.lists(st.tuples(PLAIN, st.sampled_from("xyz"), st.sampled_from(["train", "dev", "test"])), min_size=4, max_size=12),
    st.fixed_dictionaries({"tokens": st.sampled_from(["word", "char", "elided"]), "lowercase": st.booleans(),
                           "vocabulary": st.sampled_from([10, 500]), "max_tokens": st.sampled_from([3, 400])}),
    st.sampled_from([1, 7, 1000]),
)  # fmt: skip
def test_arrays_and_vocabulary_are_those_of_the_examples(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[str, str, str]], options: dict[str, Any], piece: int
) -> None:
    rows = [("a b", "x", "train"), ("b <unk> B", "y", "train"), *rows]
    path = table(tmp_path / "t.csv", rows, ("text", "label", "split"))
    with monkeypatch.context() as smaller:
        smaller.setattr(finish, "PIECE", piece)
        dataset = read_dataset({"train": path}, DataConfig(split="split", **CSV, **options))
    train = dataset.examples("train")
    vocabulary = Vocabulary.build([e.tokens for e in train], options["vocabulary"], options["lowercase"])
    assert dataset.vocabulary == vocabulary
    for split in ("train", "dev", "test"):
        examples = dataset.examples(split)
        assert [e.target for e in examples] == [label for _, label, named in rows if named == split]
        wanted = Encoded.of([e.tokens for e in examples], [e.target for e in examples], vocabulary, dataset.labels, False)
        same(dataset.encoded(split), wanted)
        tokens = [token for e in examples for token in vocabulary.encode(e.tokens)]
        if examples:
            assert dataset.report.splits[split].unknown_share == tokens.count(1) / len(tokens)


@pytest.mark.parametrize("most", [2, 400])
def test_arrays_of_tagged_sentences_are_those_of_the_examples(monkeypatch: pytest.MonkeyPatch, most: int) -> None:
    monkeypatch.setattr(finish, "PIECE", 50)
    dataset = read_dataset({"train": ROOT / "samples" / "entities.tsv"}, DataConfig(task="tag", max_tokens=most))
    for split, examples in dataset.splits.items():
        texts, tags = [e.tokens for e in examples], [e.target for e in examples]
        same(dataset.encoded(split), Encoded.of(texts, tags, dataset.vocabulary, dataset.labels, True))
    assert dataset.vocabulary == Vocabulary.build([e.tokens for e in dataset.splits["train"]], 20_000)


def same(found: Encoded, wanted: Encoded) -> None:
    for name in ("indices", "starts", "targets"):
        one, other = getattr(found, name), getattr(wanted, name)
        assert one.dtype == other.dtype and np.array_equal(one, other), name
    assert found.per_token == wanted.per_token


def test_random_strings_do_not_fill_the_memory_and_frequent_words_stay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = random.Random(0)
    rows = [(f"often {rng.randbytes(8).hex()} and {rng.randbytes(8).hex()}", "xy"[i % 2]) for i in range(3000)]
    for name, most in (("MOST_TOKENS", 40), ("MOST_CHARACTERS", 2000), ("MOST_PIECES", 100), ("FREQUENT", 10)):
        monkeypatch.setattr(numbering, name, most)
    monkeypatch.setattr("rnn_core.data.tables.BLOCK", 20)
    monkeypatch.setattr("rnn_core.data.encodings.CHUNK", 500)
    dataset = read_dataset({"train": table(tmp_path / "t.csv", rows)}, DataConfig(dev_share=0, test_share=0))
    assert any("more than" in warning and "different words" in warning for warning in dataset.report.warnings)
    words_, counts = dataset.vocabulary.words, dataset.vocabulary.counts
    assert dict(zip(words_, counts, strict=True))["often"] == dict(zip(words_, counts, strict=True))["and"] == 3000
    assert len(words_) < 100
    encoded = dataset.encoded("train")
    assert encoded.starts.tolist() == list(range(0, 6 * 3001, 6))
    assert (encoded.indices.reshape(-1, 6)[:, 1] == words_.index("often")).all()


def test_progress_never_goes_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnn_core.data.encodings.CHUNK", 97)
    monkeypatch.setattr(finish, "PIECE", 100)
    for count in range(10, 200, 7):
        files = {split: table(tmp_path / f"{split}.csv", [(f"text {i}", "xy"[i % 2]) for i in range(count * size)])
                 for split, size in (("train", 3), ("dev", 1))}  # fmt: skip
        heard: list[float] = []
        read_dataset(files, DataConfig(), progress=heard.append)
        assert heard == sorted(heard) and heard[-1] == 1 and len(heard) > 20


def test_the_cut_is_that_of_a_plain_loop() -> None:
    """Runs were trained on it, and a file that is read again must not give them other splits."""
    texts, classes = np.arange(40) // 2, np.arange(40) // 2 % 3
    found = splits.cut(texts, classes, {"dev": 0.2, "test": 0.1}, 7)
    examples = list(zip(texts.tolist(), classes.tolist(), strict=True))
    assert found.tolist() == [
        {"train": 0, "dev": 1, "test": 2}[split] for split in plain_cut(examples, {"dev": 0.2, "test": 0.1}, 7)
    ]


def plain_cut(examples: list[tuple[int, int]], shares: dict[str, float], seed: int) -> list[str]:
    """Written down the plain way."""
    groups: dict[int, dict[int, list[int]]] = {}
    for i, (text, label) in enumerate(examples):
        groups.setdefault(label, {}).setdefault(text, []).append(i)
    owed, chosen, rng = dict.fromkeys(shares, 0.0), ["train"] * len(examples), random.Random(seed)
    for label in sorted(groups):
        shuffled = list(groups[label].values())
        rng.shuffle(shuffled)
        for split, share in shares.items():
            owed[split] += max(1, round(share * len(examples))) * sum(map(len, shuffled)) / len(examples)
        for group in shuffled[1:]:
            split = max(owed, key=lambda s: owed[s])
            if max(owed.values()) > 1 - 1e-6 and owed[split] > len(group) / 2 - 1e-6:
                owed[split] -= len(group)
                for i in group:
                    chosen[i] = split
    return chosen


@pytest.mark.parametrize("size", [0, 1, 2, 3, 7, 8, 9, 1000])
def test_shuffling_is_that_of_the_standard_library(size: int) -> None:
    here, there = list(range(size)), list(range(size))
    ours, theirs = random.Random(3), random.Random(3)
    splits._shuffle(here, ours, lambda: None)
    theirs.shuffle(there)
    assert here == there and ours.random() == theirs.random()


def test_a_large_file_is_read_in_bounded_memory(tmp_path: Path) -> None:
    rng = random.Random(0)
    line = [f"word{rng.randrange(30_000)}" for _ in range(2000)]
    with (tmp_path / "t.csv").open("w", encoding="utf-8") as file:
        file.write("text,label\n")
        for i in range(300_000):
            file.write(f"{' '.join(rng.choices(line, k=12))} {i},{i % 2}\n")
    _, megabytes = reading.by_command(tmp_path / "t.csv", str(tmp_path / "w"))
    assert megabytes < 450, "30 MB as Python objects took 800"
