"""A file as one stream of tokens, and a stream in parts that are read side by side."""

import hashlib
import json
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.config import DataConfig, Problem, plain
from rnn_core.data import text_lines
from rnn_core.data.batches import Encoded
from rnn_core.data.schema import STREAM
from rnn_core.data.sources import READER, Plan, sources_of
from rnn_core.data.streams import END, MARK, Streams, cut, joined, look_into, numbers_of, spans_of, stream_of, tokens_of
from rnn_core.data.top import look
from rnn_core.data.vocabulary import EOS, SOS, Vocabulary


@given(st.integers(2, 90), st.integers(1, 7), st.integers(1, 9), st.none() | st.integers(2, 20))
def test_every_token_is_the_target_of_one_step_and_follows_its_input(count: int, side: int, size: int, most: int | None) -> None:
    if count < 2 * side:
        with pytest.raises(Problem, match="too few"):
            Streams(np.arange(count), side)
        return
    found = Streams(np.arange(100, 100 + count), side, most)
    targets: list[list[int]] = [[] for _ in range(side * found.groups)]
    inputs: list[list[int]] = [[] for _ in range(side * found.groups)]
    for group in range(found.groups):
        for first in range(0, found.steps(group), size):
            fed, wanted, lengths = found.chunk(first, size, group)
            assert len(fed) <= size and fed.shape == wanted.shape == (len(fed), side)
            for k, length in enumerate(lengths.clip(0).tolist()):
                inputs[group * side + k] += fed[:length, k].tolist()
                targets[group * side + k] += wanted[:length, k].tolist()
    assert [*chain.from_iterable(targets)] == list(range(100, 100 + count)), "none is lost and none comes twice"
    assert all(fed == [SOS, *wanted[:-1]][: len(wanted)] for fed, wanted in zip(inputs, targets, strict=True))
    assert max(map(len, targets)) - min(map(len, targets)) <= 1 and max(map(len, targets)) <= (most or count)


def test_next_token_targets_of_a_text_by_hand() -> None:
    found = Streams(np.array([10, 11, 12, 13, 14, 15, 16]), 2)
    inputs, targets, lengths = found.chunk(0, 10)
    assert targets[:, 0].tolist() == [10, 11, 12, 13] and inputs[:, 0].tolist() == [SOS, 10, 11, 12]
    assert targets[:3, 1].tolist() == [14, 15, 16] and inputs[:3, 1].tolist() == [SOS, 14, 15]
    assert lengths.tolist() == [4, 3]


@given(st.text(alphabet="ab \n\r.é'", max_size=40))
def test_the_characters_of_a_text_are_its_tokens(text: str) -> None:
    plain = text.replace("\r\n", "\n").replace("\r", "\n")
    assert joined(tokens_of(text, "char"), "char") == plain
    assert all(token == "\n" or not token.isspace() for token in tokens_of(text, "word"))
    assert tokens_of(text, "word").count("\n") == plain.count("\n")


def test_words_and_ends_of_lines() -> None:
    assert tokens_of("It's a start.\r\n\r\nAn end", "word") == ["It", "'s", "a", "start", ".", "\n", "\n", "An", "end"]
    assert joined(["a", "start", "\n", "\n", "An", "end"], "word") == "a start\n\nAn end"
    assert [*cut("a b c\n", "word", 2)] == [["a", "b"], ["c", "\n"]]


def rows(path: Path, **options: object) -> list[tuple[str, str, int]]:
    text = look_into(look(path, DataConfig(**options), None, True), DataConfig(task="classify", **options))  # type: ignore[arg-type]
    how = text.config.tokens
    return [
        (joined(tokens, how), target, line)
        for found in text.rows()
        for tokens, target, line in zip(found.texts, found.targets.to_pylist(), found.lines, strict=True)
    ]


@pytest.mark.parametrize("how", ["char", "word", "elided"])
@pytest.mark.parametrize("chunk", [1, 3, 1 << 20])
def test_a_plain_file_is_one_document_of_lines(
    tmp_path: Path, how: str, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rnn_core.data.encodings.CHUNK", chunk)
    path = tmp_path / "verses.md"
    path.write_bytes(b"# Two verses\r\n\r\nThe ship sails,\rthe night falls")
    assert rows(path, tokens=how) == [
        ("# Two verses\n", "", 1), ("\n", "", 2), ("The ship sails ,\n" if how != "char" else "The ship sails,\n", "", 3),
        ("the night falls", END, 4),
    ]  # fmt: skip


@pytest.mark.parametrize("chunk", [3, 1 << 20])
def test_a_mark_ends_a_document_of_a_plain_file(tmp_path: Path, chunk: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnn_core.data.encodings.CHUNK", chunk)
    path = tmp_path / "stories.txt"
    mark = b"<|endoftext|>"
    path.write_bytes(mark + b"\nOne.\r\nTwo.\r\n" + mark + b"\r\n" + mark + b"\nThree." + mark + b" Four.\n\n" + mark + b"\n")
    assert rows(path, tokens="char") == [
        ("One.\n", "", 2), ("Two.\n", END, 3), ("Three.", END, 6), (" Four.\n", "", 6), ("\n", END, 7),
    ]  # fmt: skip


@given(st.lists(st.text(alphabet="ab \n.'", min_size=1, max_size=9).filter(str.strip), min_size=1, max_size=4), st.booleans())
@pytest.mark.parametrize("how", ["char", "word", "elided"])
def test_a_typed_text_has_the_tokens_of_the_file(how: str, documents: list[str], line_ends: bool) -> None:
    """The stream of a file of documents is the text typed, with `<eos>` for each mark and at the end of the file."""
    content = (MARK + "\n" * line_ends).join(documents)
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.txt"
        path.write_text(content)
        text = look_into(look(path, DataConfig(tokens=how), None, True), DataConfig(task="generate", tokens=how))  # type: ignore[arg-type]
        found = [row for some in text.rows() for row in zip(some.texts, some.targets.to_pylist(), strict=True)]
    vocabulary = Vocabulary.build([tokens_of("ab aa bb a.b .'\n", how), ["\n", " "]], 99)
    encoded = Encoded.of([tokens for tokens, _ in found], [target for _, target in found], vocabulary, (END,), False)
    typed = tokens_of(content, how)
    assert stream_of(encoded).tolist() == [*numbers_of(typed, vocabulary), EOS]
    spans = spans_of(content, how)
    assert [token for token, _, _ in spans] == typed and typed.count(MARK) == len(documents) - 1
    assert all(content[a:b].startswith(token) for token, a, b in spans)


def test_a_file_with_marks_is_another_dataset_than_before_and_others_are_not(tmp_path: Path) -> None:
    plans = []
    for content in ("The lamp.\n", "The lamp.<|endoftext|>\n"):
        for name in ("a.txt", "a.csv"):
            path = tmp_path / name
            path.write_text("id,text\n" + f"1,{content}" * 9 if name == "a.csv" else content * 9)
            config = DataConfig(task="generate", delimiter="," if name == "a.csv" else None)
            found = Plan.of(sources_of({"train": path}, config, STREAM), STREAM)
            sha = hashlib.sha256(path.read_bytes()).hexdigest()
            digest = hashlib.sha256(f"train {sha}\n".encode())
            digest.update(json.dumps(plain(found.config) | {"reader": READER}, sort_keys=True).encode())
            plans.append(found.fingerprint == digest.hexdigest())
    assert plans == [True, True, False, True]


def test_a_long_line_loses_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(text_lines, "LONGEST", 20)
    path = tmp_path / "one.txt"
    text = " ".join(f"word{i}" for i in range(300))
    path.write_text(text)
    found = rows(path, tokens="char", max_tokens=7)
    assert "".join(part for part, _, _ in found) == text and {line for _, _, line in found} == {1}
    assert max(len(part) for part, _, _ in found) <= 7
    assert [target for _, target, _ in found if target] == [END]


def test_the_rows_of_a_table_are_documents(tmp_path: Path) -> None:
    path = tmp_path / "poems.csv"
    path.write_text('title,text\nOne,"a line\nand another"\nTwo,\nThree,short\n')
    text = look_into(look(path, DataConfig(), None, True), DataConfig(task="classify"))
    assert text.config.text == "text" and text.documents
    (found,) = text.rows()
    assert found.texts == [["a", "line", "\n"], ["and", "another"], ["short"]]
    assert found.targets.to_pylist() == ["", END, END] and found.faults == [(4, "no text")]


def test_documents_end_with_eos_in_the_stream_and_nothing_else_is_put_between_rows() -> None:
    vocabulary = Vocabulary.build([["a", "b", "c"]], 10)
    texts = [["a", "b"], ["c"], ["b"]]
    encoded = Encoded.of(texts, ["", END, END], vocabulary, (END,), False)
    a, b, c = vocabulary.encode(["a", "b", "c"])
    assert stream_of(encoded).tolist() == [a, b, c, EOS, b, EOS]
