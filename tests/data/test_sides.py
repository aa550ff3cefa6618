"""Examples of several sides: two texts with a vocabulary each, and the characters of tokens, from files to batches."""

import csv
import json
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rnn_core import tasks
from rnn_core.config import DataConfig, Problem, make, plain
from rnn_core.data import finish, numbering
from rnn_core.data.batches import Encoded, encode
from rnn_core.data.columns import guess_columns
from rnn_core.data.datasets import Dataset, read_dataset
from rnn_core.data.file_examples import read_examples
from rnn_core.data.guessing import guess_tokens
from rnn_core.data.preview import preview
from rnn_core.data.schema import CLASSES, Schema, Side
from rnn_core.data.sides import Characters, Tokens
from rnn_core.data.sources import Plan, sources_of
from rnn_core.data.top import look
from rnn_core.data.vocabulary import EOS, PAD, SOS, SPECIALS, UNK, Vocabulary
from rnn_core.workspace import Workspace
from rnn_core.workspace import datasets as saved_datasets
from tests.tiny import stand_in

PAIR = Schema((Side("text", "tokens"), Side("target", "tokens")))
LETTERS = Schema((Side("text", "tokens"), Side("letters", "characters", of="text"), Side("label", "tags")))
ENTAILMENT = Schema((Side("text", "tokens"), Side("target", "tokens"), Side("label", "class")))
LATIN, GREEK = "abcdefgh", "αβγδεζηθ"


def word(rng: random.Random, alphabet: str) -> str:
    return "".join(rng.choice(alphabet) for _ in range(rng.randint(1, 3)))


def pairs(count: int, seed: int = 0) -> list[tuple[str, str]]:
    """Texts of 1 to 8 Latin words, each with one of 1 to 12 Greek words; every fifth text comes twice."""
    rng = random.Random(seed)
    found: list[tuple[str, str]] = []
    for i in range(count):
        source = found[-1][0] if i % 5 == 4 else " ".join(word(rng, LATIN) for _ in range(rng.randint(1, 8)))
        found.append((source, " ".join(word(rng, GREEK) for _ in range(rng.randint(1, 12)))))
    return found


def table(path: Path, rows: Sequence[Sequence[str]], header: Sequence[str]) -> Path:
    with path.open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([header, *rows])
    return path


def read(path: Path, schema: Schema, **options: Any) -> Dataset:
    return read_dataset(Plan.of(sources_of({"train": path}, DataConfig(**options), schema), schema))


def most_common(texts: Sequence[Sequence[str]]) -> dict[str, int]:
    return dict(Counter(token for tokens in texts for token in tokens))


def named(vocabulary: Vocabulary, indices: np.ndarray) -> list[str]:
    return [vocabulary.words[i] for i in indices.tolist()]


def texts_of(side: Tokens | Characters, vocabulary: Vocabulary) -> list[list[str]]:
    """The words of each text of a side, specials included, text by text from the arrays."""
    assert isinstance(side, Tokens)
    return [named(vocabulary, side.indices[a:b]) for a, b in zip(side.starts, side.starts[1:], strict=False)]


# ---- two texts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("piece", [7, 1_000_000])
def test_two_texts_have_a_vocabulary_and_lengths_each(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(finish, "PIECE", piece)
    rows = pairs(400)
    path = table(tmp_path / "pairs.csv", [(str(i), *row) for i, row in enumerate(rows)], ("id", "en", "el"))
    found = read(path, PAIR, vocabulary=60)
    assert (found.config.text, found.config.target, found.config.label) == ("en", "el", None)
    assert found.labels == () and found.scheme is None and found.report.rows_kept == 400
    homes: dict[str, set[str]] = {}
    seen: list[int] = []
    for split in ("train", "dev", "test"):
        lines, examples, encoded = found.lines(split), found.examples(split), found.encoded(split)
        assert [rows[line - 2] for line in lines.tolist()] == [(e.text, e.further["target"].text) for e in examples]
        assert [e.row for e in examples] == [f"pairs.csv line {line}" for line in lines]
        assert len(encoded) == len(lines) == found.report.splits[split].examples and (encoded.targets == -1).all()
        seen += lines.tolist()
        own = [tuple(text.split() for text in rows[line - 2]) for line in lines.tolist()]
        for name, vocabulary, texts in zip(
            ("text", "target"), (found.vocabulary, found.vocabularies["target"]), zip(*own, strict=True), strict=True
        ):
            if split == "train":
                counts = most_common(texts)
                kept = sorted(counts, key=lambda token: -counts[token])[:60]  # stable, as a vocabulary is
                assert vocabulary.words == (*SPECIALS, *kept) and vocabulary.counts[4:] == tuple(counts[w] for w in kept)
            side = encoded.sides[name]
            wanted = [["<sos>", *(t if t in vocabulary.words else "<unk>" for t in text), "<eos>"] for text in texts]
            assert texts_of(side, vocabulary) == wanted
            unknown = sum(text.count("<unk>") for text in wanted)
            tokens, lengths = sum(map(len, texts)), Counter(map(len, texts))
            said = found.report.splits[split] if name == "text" else found.report.sides["target"]
            share, sizes = said.unknown_share, said.lengths
            if name == "target":
                share, sizes = share[split], sizes[split]  # type: ignore[index]
                assert found.report.sides["target"].tokens[split] == tokens
            assert 0 < share == unknown / tokens and sizes == tuple(lengths[n] for n in range(max(lengths) + 1))
        for source, _ in (rows[line - 2] for line in lines.tolist()):
            homes.setdefault(source, set()).add(split)
    assert sorted(seen) == list(range(2, 402)), "every row of the file is in one split"
    assert all(len(home) == 1 for home in homes.values()), "equal sources stay together"
    assert {s: counted.examples for s, counted in found.report.splits.items()} == pytest.approx(
        {"train": 320, "dev": 40, "test": 40}, abs=2
    )
    assert found.report.sides["target"].vocabulary_size == len(found.vocabularies["target"]) == 64
    assert "Identical texts stay in one split." in found.report.cut and "class" not in found.report.cut
    assert found.report.files[0]["columns"] == {"text": "en", "target": "el"}
    assert [(tokens, target) for tokens, target in found.report.examples] == [
        (tuple(rows[row - 2][0].split()), "") for row in found.lines("train")[:: len(found.lines("train")) // 10][:10]
    ]
    assert found.report.sides["target"].examples[0] == tuple(rows[found.lines("train")[0] - 2][1].split())


def test_batches_of_each_side_are_of_the_same_texts(tmp_path: Path) -> None:
    found = read(table(tmp_path / "pairs.csv", pairs(60), ("source", "target")), PAIR, dev_share=0, test_share=0)
    encoded, examples = found.encoded("train"), found.examples("train")
    rows = np.array([5, 0, 17])
    for some, chosen in ((encoded, rows), (encoded.part(rows), np.arange(3))):
        target = some.sides["target"].batch(chosen)
        assert np.array_equal(some.batch(chosen).tokens, some.sides["text"].batch(chosen).indices)
        assert target.indices.dtype == np.int64 and target.indices.shape == (target.lengths.max(), 3)
        for b, row in enumerate(rows.tolist()):
            text, length = examples[row].further["target"].tokens, int(target.lengths[b])
            assert named(found.vocabularies["target"], target.indices[:length, b]) == ["<sos>", *text, "<eos>"]
            assert (target.indices[length:, b] == PAD).all()


def test_each_text_is_cut_by_itself_and_its_row_counted_once(tmp_path: Path) -> None:
    rows = [("a b c d", "x"), ("a", "x y z w"), ("a b c d", "x y z w"), ("a", "x")]
    found = read(table(tmp_path / "t.csv", rows, ("source", "target")), PAIR, max_tokens=3, dev_share=0, test_share=0)
    (cut,) = found.report.left_out
    assert cut.count == 3 and "cut after 3 tokens" in cut.reason
    assert [(e.text, e.further["target"].text) for e in found.examples("train")] == [
        ("a b c", "x"), ("a", "x y z"), ("a b c", "x y z"), ("a", "x"),
    ]  # fmt: skip
    encoded = found.encoded("train")
    assert [np.diff(encoded.sides[name].starts).tolist() for name in ("text", "target")] == [[5, 3, 5, 3], [3, 5, 5, 3]]


def test_rows_with_an_empty_side_are_left_out_and_counted(tmp_path: Path) -> None:
    rows = [*pairs(30), ("no greek", ""), ("no greek", "  "), ("", "μόνο"), ("", ""), ("a\0b", "x")]
    found = read(table(tmp_path / "t.csv", rows, ("en", "el")), PAIR, dev_share=0, test_share=0)
    assert found.report.rows_kept == 30 and found.report.rows_read == 35
    assert {entry.reason: [row.split()[-1] for row in entry.rows] for entry in found.report.left_out} == {
        "no text in the column 'el'": ["32", "33"], "no text in the column 'en'": ["34"], "nothing in the row": ["35"],
        "a NUL byte or half a character": ["36"],
    }  # fmt: skip


def test_a_dataset_of_two_texts_is_saved_and_opened(
    tmp_path: Path, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Pairs(type(tasks.task("classify"))):  # type: ignore[misc]
        schema = PAIR

    stand_in(monkeypatch, Pairs())
    path = table(tmp_path / "pairs.csv", pairs(100), ("source", "target"))
    config = tasks.make(DataConfig, {"target": "target"})
    saved = saved_datasets.read(workspace.root, {"train": path}, config, "Pairs")
    again = workspace.dataset(saved.fingerprint)
    fresh = read(path, PAIR)
    assert again.fingerprint == fresh.fingerprint and again.report == fresh.report
    assert again.vocabularies == fresh.vocabularies and again.vocabulary == fresh.vocabulary and again.labels == ()
    for split in ("train", "dev", "test"):
        assert np.array_equal(again.lines(split), fresh.lines(split)) and again.examples(split) == fresh.examples(split)
        for name, side in again.encoded(split).sides.items():
            other = fresh.encoded(split).sides[name]
            assert np.array_equal(side.indices, other.indices) and np.array_equal(side.starts, other.starts)
    (again.path / "train.target.starts.npy").unlink()
    with pytest.raises(Problem, match="damaged"):
        again.encoded("train")


def test_the_same_is_encoded_without_a_file(tmp_path: Path) -> None:
    found = read(table(tmp_path / "pairs.csv", pairs(50), ("source", "target")), PAIR, dev_share=0, test_share=0)
    examples, whole = found.examples("train"), found.encoded("train")
    vocabularies = {"text": found.vocabulary, **found.vocabularies}
    texts, second = [e.tokens for e in examples], [e.further["target"].tokens for e in examples]
    again = encode(PAIR, texts, None, vocabularies, (), {"target": second})
    for name, side in again.sides.items():
        assert np.array_equal(side.indices, whole.sides[name].indices) and np.array_equal(side.starts, whole.sides[name].starts)
    assert list(encode(PAIR, texts, None, vocabularies, (), {}).sides) == ["text"], "what is not known is not there"


def test_a_file_to_evaluate_on_takes_the_columns_of_training(tmp_path: Path) -> None:
    found = read(table(tmp_path / "a.csv", pairs(40), ("en", "el")), PAIR)
    other = table(tmp_path / "b.csv", [(b, "x y", a) for a, b in pairs(9)], ("el", "note", "en"))
    examples = read_examples(other, DataConfig(), PAIR, (), like=found.config)
    assert examples.count == 9 and examples.config.target == "el"
    assert [(e.text, e.further["target"].text) for some in examples.pieces() for e in some] == pairs(9)


def test_two_texts_may_have_a_label_too(tmp_path: Path) -> None:
    rng = random.Random(0)
    rows = [(*row, rng.choice(["yes", "no"])) for row in pairs(200)]
    found = read(table(tmp_path / "t.csv", rows, ("premise", "hypothesis", "label")), ENTAILMENT)
    assert (found.config.text, found.config.target, found.config.label) == ("premise", "hypothesis", "label")
    for split in ("train", "dev", "test"):
        encoded, lines = found.encoded(split), found.lines(split)
        assert [found.labels[i] for i in encoded.targets] == [rows[line - 2][2] for line in lines]
        assert np.diff(encoded.sides["target"].starts).tolist() == [len(rows[line - 2][1].split()) + 2 for line in lines]
    assert not any("different labels" in w for w in read(table(tmp_path / "u.csv", [*rows[:3] * 9], ("text", "target", "label")),
                                                       ENTAILMENT).report.warnings)  # fmt: skip


# ---- which columns --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "stated", "wanted"),
    [
        (("id", "source", "target"), {}, ("source", "target")), (("target", "source", "x"), {}, ("source", "target")),
        (("tgt", "src", "n"), {}, ("src", "tgt")), (("note", "en", "de"), {}, ("en", "de")),
        (("note", "German", "English"), {}, ("German", "English")), (("text_de", "note", "text_en"), {}, ("text_de", "text_en")),
        (("answer", "note", "question"), {}, ("question", "answer")), (("output", "input", "x"), {}, ("input", "output")),
        (("one", "two", "three"), {}, ("one", "two")), (("note", "en", "de"), {"text": "de"}, ("de", "en")),
        (("note", "en", "de"), {"target": "note"}, ("en", "note")), (("src", "tgt", "n"), {"text": "tgt"}, ("tgt", "src")),
        (("src", "tgt", "n"), {"text": "tgt", "target": "src"}, ("tgt", "src")),
    ],
)  # fmt: skip
def test_the_columns_are_guessed(
    tmp_path: Path, header: tuple[str, ...], stated: dict[str, str], wanted: tuple[str, str]
) -> None:
    rows = [(f"first text {i} here", f"the other text {i}", f"and a third one {i}") for i in range(30)]
    if "id" in header:
        rows = [(str(i), *row[1:]) for i, row in enumerate(rows)]
    path = table(tmp_path / "t.csv", rows, header)
    config = DataConfig(**stated)
    top = look(path, config)
    found = guess_columns(top.format, top.rows, config, PAIR)
    assert (found.text, found.target) == wanted
    assert preview(top, config, PAIR).layout == "texts"


@pytest.mark.parametrize(
    ("rows", "header", "stated", "said"),
    [
        ([("a text", "7")] * 9, ("text", "n"), {}, ["t.csv", "two columns of text", "only 'text'", "--text"]),
        ([("1", "7")] * 9, ("m", "n"), {}, ["t.csv", "two columns of text", "none"]),
        ([("a b", "c d")] * 9, ("en", "de"), {"text": "en", "target": "en"}, ["'en'", "both texts"]),
        ([("a b", "c d")] * 9, ("en", "de"), {"target": "fr"}, ["'fr'"]),
        ([("a", "")] * 8 + [("a", "b")] * 4, ("en", "de"), {"target": "de"}, ["8 of the 12 rows", "no text in the column 'de'"]),
        ([("a b", "")] * 9, ("en", "de"), {"target": "de"}, ["No row of t.csv", "'en' and 'de'", "no text in the column 'de'"]),
    ],
)
def test_odd_tables_get_one_clear_sentence(
    tmp_path: Path, rows: list[tuple[str, ...]], header: tuple[str, ...], stated: dict[str, str], said: list[str]
) -> None:
    with pytest.raises(Problem) as why:
        read(table(tmp_path / "t.csv", rows, header), PAIR, **stated)
    assert all(part in f"{why.value} {why.value.typed}" for part in said) and "\n" not in str(why.value), str(why.value)


def test_sentences_with_tags_are_no_pairs(tmp_path: Path) -> None:
    (tmp_path / "t.conll").write_text("a O\nb B-X\n\nc O\nd O\n")
    with pytest.raises(Problem, match="two columns of text"):
        read(tmp_path / "t.conll", PAIR)


def test_one_text_without_spaces_is_enough_for_characters(tmp_path: Path) -> None:
    rows = [("a good film", "这是一部好电影"), ("a bad film", "这是一部坏电影")] * 5
    path = table(tmp_path / "t.csv", rows, ("en", "zh"))
    assert guess_tokens(look(path, DataConfig()), DataConfig(), PAIR) == "char"
    assert any("without spaces" in warning for warning in read(path, PAIR, dev_share=0, test_share=0).report.warnings)


def test_what_was_saved_before_holds_what_it_held(tmp_path: Path, workspace: Workspace) -> None:
    """The fingerprint of a dataset and the config of a run hold no option that came later and is not used."""
    (tmp_path / "tiny.csv").write_text("text,label\n" + "".join(f"a b {i},{'xy'[i % 2]}\n" for i in range(40)))
    saved = saved_datasets.read(workspace.root, {"train": tmp_path / "tiny.csv"}, DataConfig(), "Tiny")
    assert saved.fingerprint == "5290309aa23fbb8de5217e654d690bd88b926f6de544bd538d399331880db135", "as before there were sides"
    head = json.loads((saved.path / "dataset.json").read_text())
    assert head["report"].pop("sides") == {}
    (saved.path / "dataset.json").write_text(json.dumps(head))
    assert workspace.dataset(saved.fingerprint).report == saved.report
    assert "target" not in plain(DataConfig()) and plain(DataConfig(target="x"))["target"] == "x"
    assert make(DataConfig, plain(DataConfig(target="x"))) == DataConfig(target="x")
    assert "target" not in tasks.task("classify").options(DataConfig) and "label" in tasks.task("classify").options(DataConfig)
    with pytest.raises(Problem, match="one text per row"):
        tasks.make(DataConfig, {"target": "x"})


@pytest.mark.parametrize(
    "sides",
    [
        (), (Side("target", "tokens"),), (Side("text", "tokens"), Side("text", "class")),
        (Side("text", "tokens"), Side("c", "characters")), (Side("text", "tokens"), Side("c", "characters", of="label")),
        (Side("text", "tokens"), Side("a", "class"), Side("b", "tags")),
        (Side("text", "tokens"), Side("target", "tokens"), Side("label", "tags")), (Side("text", "tokens", of="text"),),
    ],
)  # fmt: skip
def test_sides_that_do_not_go_together_are_no_schema(sides: tuple[Side, ...]) -> None:
    with pytest.raises(ValueError, match=r"must|several|second"):
        Schema(sides)


# ---- characters -----------------------------------------------------------------------------------------------------


def sentences(count: int, seed: int = 0) -> list[list[tuple[str, str]]]:
    """Sentences of words with tags; many words come once, with capitals, accents and signs."""
    rng = random.Random(seed)
    rare = [*LATIN, *GREEK, "É", "e\u0301", "’", "-", "Ø", "🙂", "👩‍🚀", "字"]

    def token() -> str:
        common = rng.random() < 0.5
        return rng.choice(["the", "The", "old", "man"]) if common else "".join(rng.choices(rare, k=rng.randint(1, 9)))

    return [[(token(), rng.choice("ABO")) for _ in range(rng.randint(1, 12))] for _ in range(count)]


def conll(path: Path, some: list[list[tuple[str, str]]]) -> Path:
    path.write_text("\n\n".join("\n".join(f"{t}\t{tag}" for t, tag in s) for s in some) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize("piece", [11, 1_000_000])
def test_the_letters_of_unknown_words_are_recovered_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, piece: int
) -> None:
    monkeypatch.setattr(finish, "PIECE", piece)
    some = sentences(200)
    found = read(conll(tmp_path / "t.conll", some), LETTERS, task="tag", vocabulary=10, max_tokens=10)
    letters = found.vocabularies["letters"]
    assert found.report.sides["letters"].vocabulary_size == len(letters) == 14
    assert letters == Vocabulary.build((as_letters(token) for e in found.examples("train") for token in e.tokens), 10)
    unknown = 0
    for split in ("train", "dev", "test"):
        encoded, examples = found.encoded(split), found.examples(split)
        side = encoded.sides["letters"]
        assert isinstance(side, Characters) and len(side.numbers) == len(encoded.indices)
        for row, example in enumerate(examples):
            assert side.tokens(row) == list(example.tokens)
            indices = encoded.indices[encoded.starts[row] + 1 : encoded.starts[row + 1] - 1]
            unknown += int((indices == UNK).sum())
        batch = encoded.batch(rows := np.arange(min(7, len(encoded))))
        spelled = side.batch(rows)
        steps, texts = batch.tokens.shape
        assert spelled.indices.shape == (spelled.lengths.max(), steps * texts)
        for b, row in enumerate(rows.tolist()):
            for t in range(steps):
                own = spelled.indices[: spelled.lengths[t * texts + b], t * texts + b].tolist()
                assert (spelled.indices[len(own) :, t * texts + b] == PAD).all()
                if t >= batch.lengths[b]:
                    assert own == []
                elif t in (0, batch.lengths[b] - 1):
                    assert own == [EOS if t else SOS]
                else:
                    assert own == letters.encode(as_letters(examples[row].tokens[t - 1]))
        again = encode(LETTERS, [e.tokens for e in examples], [e.target for e in examples],
                       {"text": found.vocabulary, **found.vocabularies}, found.labels, {})  # fmt: skip
        same_letters(again, encoded)
        part = encoded.part(rows)
        assert [part.sides["letters"].tokens(i) for i in range(len(rows))] == [side.tokens(i) for i in rows]  # type: ignore[union-attr]
    assert unknown > 100


def same_letters(one: Encoded, other: Encoded) -> None:
    """Both spell every text alike, whatever the order of their spellings."""
    rows = np.arange(len(one))
    a, b = one.sides["letters"].batch(rows), other.sides["letters"].batch(rows)
    assert np.array_equal(a.indices, b.indices) and np.array_equal(a.lengths, b.lengths)
    assert np.array_equal(one.targets, other.targets)


def as_letters(token: str) -> list[str]:
    """The characters of the words above: an accent or an astronaut's parts go with the sign before."""
    joined = token.replace("e\u0301", "\0").replace("👩‍🚀", "\1")
    found: list[str] = []
    for sign in joined:
        if sign == "\u0301":
            found[-1] += sign
        else:
            found.append({"\0": "e\u0301", "\1": "👩‍🚀"}.get(sign, sign))
    return found


def test_the_vocabulary_of_characters_is_that_of_the_training_tokens(tmp_path: Path) -> None:
    found = read(conll(tmp_path / "t.conll", sentences(150)), LETTERS, task="tag", lowercase=True)
    spelled = [as_letters(token) for e in found.examples("train") for token in e.tokens]
    assert found.vocabularies["letters"] == Vocabulary.build(spelled, 20_000)
    assert "T" in found.vocabularies["letters"].words and "The" not in found.vocabulary.words, "capitals are kept in spellings"


def test_characters_may_spell_either_of_two_texts(tmp_path: Path) -> None:
    schema = replace(PAIR, sides=(*PAIR.sides, Side("signs", "characters", of="target")))
    rows = pairs(80)
    found = read(table(tmp_path / "t.csv", rows, ("source", "target")), schema, vocabulary=10)
    side = found.encoded("dev").sides["signs"]
    assert isinstance(side, Characters)
    assert [side.tokens(i) for i in range(len(found.lines("dev")))] == [rows[n - 2][1].split() for n in found.lines("dev")]
    assert {*found.vocabularies["signs"].words[4:]} <= {*GREEK}
    assert list(found.encoded("dev").sides) == ["text", "target", "signs"]


def test_forgotten_words_have_no_letters(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(numbering, "MOST_TOKENS", 40)
    monkeypatch.setattr("rnn_core.data.tables.BLOCK", 20)
    some = sentences(200)
    found = read(conll(tmp_path / "t.conll", some), LETTERS, task="tag", vocabulary=10, dev_share=0, test_share=0)
    side, examples = found.encoded("train").sides["letters"], found.examples("train")
    assert isinstance(side, Characters)
    given = [(a, b) for row, e in enumerate(examples) for a, b in zip(side.tokens(row), e.tokens, strict=True)]
    assert all(a in ("", b) for a, b in given) and ("", "the") not in given and any(a == "" for a, _ in given)


def test_data_of_one_text_hold_no_more_than_before(tmp_path: Path) -> None:
    found = read(table(tmp_path / "t.csv", [("a b", "x"), ("b c", "y")] * 20, ("text", "label")), CLASSES)
    arrays = {f"{split}.{name}.npy" for split in ("train", "dev", "test") for name in ("indices", "starts", "targets")}
    there = {path.name for path in found.folder.iterdir()}
    assert there == {"examples.parquet", "splits.npy", "vocabulary.json", *(a for a in arrays if (found.folder / a).exists())}
    assert found.vocabularies == {} and found.report.sides == {} and list(found.encoded("train").sides) == ["text"]
