"""Answers to a file, row by row against the trace of the same text."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import torch

from rnn_core import metrics, tasks
from rnn_core.analysis import predict
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.predict import answer_file
from rnn_core.analysis.steps import targets_of
from rnn_core.analysis.trace import LONGEST, trace
from rnn_core.config import DataConfig, ModelConfig, Problem, RunConfig, TrainConfig, make
from rnn_core.data.batches import Encoded
from rnn_core.data.examples import Example
from rnn_core.data.formats import recognise
from rnn_core.data.tables import read_rows
from rnn_core.data.tag_rules import TagRules
from rnn_core.results import FileAnswers
from rnn_core.workspace.runs import Speech
from tests.tiny import TAGS, WORDS, look_into, model_of, network_of, random_texts, vocabulary_of
from tests.tiny import predict as decode

SCHEME = "IOB2"


def loaded(
    task: str = "classify", labels: tuple[str, ...] = (), model: ModelConfig | None = None, tokens: str = "word"
) -> Loaded:
    """A run that nobody trained and that leans no way, so that every label is answered."""
    labels = labels or (TAGS if task == "tag" else ("bad", "good", "so=so"))
    data = make(DataConfig, {"task": task, "tokens": tokens, "max_tokens": 6})
    config = RunConfig(data, model or model_of(), TrainConfig(threads=1), "0" * 64, "tiny")
    letters = tuple("abcdefgh ilmnost")
    words = WORDS if tokens == "word" else letters
    vocabulary = vocabulary_of(words)
    network = network_of(config.model, len(vocabulary), len(labels), seed=3).eval().requires_grad_(False)
    network.embedding.weight *= 4
    drawn = random_texts(50, 12, words=words)
    batch = Encoded.of(drawn, [labels[0]] * 50, vocabulary, labels, False).batch(np.arange(50))
    lengths = torch.from_numpy(batch.lengths)
    logits = network.readout(network.hidden(torch.from_numpy(batch.tokens), lengths))  # (T, B, k)
    counted = logits.flatten(0, 1) if task == "tag" else logits[lengths - 1, torch.arange(50)]
    network.bias_out -= counted.median(0).values
    return Loaded("the-run", config, Speech(vocabulary, labels, SCHEME if task == "tag" else None), network)


def answered(one: Loaded, path: Path, suffix: str = ".jsonl", **more: Any) -> tuple[list[dict[str, Any]], FileAnswers]:
    """The rows written as JSON lines or Parquet, and the figures."""
    stated = more.pop("stated", {})
    source = look_into(path, make(DataConfig, {"task": one.config.data.task, "tokens": one.config.data.tokens} | stated))
    out = path.parent / f"out{suffix}"
    found = answer_file(one, source, out, suffix, **more)
    if suffix == ".parquet":
        return pq.read_table(out).to_pylist(), found
    return [json.loads(line) for line in out.read_text().splitlines()] if suffix == ".jsonl" else [], found


def texts(count: int = 40, longest: int = 12) -> list[str]:
    return [" ".join(words) for words in random_texts(count, longest, seed=5)]


def table(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("tokens", ["word", "char"])
@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_a_classifier_answers_each_text_as_its_trace_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tokens: str, cell: str
) -> None:
    monkeypatch.setattr(predict, "WINDOW", 7)  # several windows, each sorted by length and put back
    one = loaded(model=model_of(cell, layers=2), tokens=tokens)
    odd = ["don't, well-acted (so so)", "  x  ", "🙂🙂 مرحبا", "a " * 300]  # the last is longer than training took
    rows = [{"id": i, "text": text} for i, text in enumerate(texts() + odd)]
    found, figures = answered(one, table(tmp_path / "in.jsonl", rows))
    for row, got in zip(rows, found, strict=True):
        seen = trace(one, row["text"])
        p = dict(zip(seen.labels, seen.answers[-1], strict=True))  # type: ignore[index]
        assert (got["id"], got["text"]) == (row["id"], row["text"])
        assert got["answer"] == seen.labels[seen.answer] and got["problem"] is None
        assert {label: got[f"p({label})"] for label in p} == pytest.approx(p, abs=2e-6)
        assert got["probability"] == got[f"p({got['answer']})"]
    assert figures.rows == figures.answered == len(rows) and not figures.unanswered
    answers = [row["answer"] for row in found]
    assert figures.counts == {label: answers.count(label) for label in set(answers)} and len(figures.counts) > 1
    assert list(found[0]) == list(figures.columns)


@pytest.mark.parametrize("both", [False, True])
def test_a_tagger_answers_each_text_as_its_trace_does_and_its_entities_stand_in_the_text(tmp_path: Path, both: bool) -> None:
    one = loaded("tag", model=model_of("lstm", bidirectional=both))
    rows = [{"text": text.replace(" not", ", not")} for text in texts()] + [{"text": " not  the\tfilm!"}]
    found, _ = answered(one, table(tmp_path / "in.jsonl", rows))
    entities = 0
    for row, got in zip(rows, found, strict=True):
        seen = trace(one, row["text"])
        own = targets_of(one, seen)[1:-1]
        beliefs = [seen.labels[i] for i in own]
        assert (got["tokens"], got["answer"]) == (list(seen.tokens[1:-1]), beliefs)
        assert got["probability"] == pytest.approx(seen.readouts[range(1, len(own) + 1), own].tolist(), abs=2e-6)
        wanted = metrics.spans(beliefs, SCHEME)
        assert [entity["type"] for entity in got["entities"]] == [kind for kind, _, _ in wanted]
        for entity, (_, first, after) in zip(got["entities"], wanted, strict=True):
            assert row["text"][entity["start"] : entity["end"]] == entity["text"]
            assert (entity["start"], entity["end"]) == (seen.offsets[first + 1, 0], seen.offsets[after, 1])
            entities += 1
    assert entities > 10


def test_sentences_with_tags_are_answered_token_by_token_as_evaluating_does(tmp_path: Path) -> None:
    one = loaded("tag")
    sentences = random_texts(30, 8, seed=1)
    sentences[3][0] = "don't"  # one token, which the tokeniser would cut
    path = tmp_path / "in.conll"
    path.write_text("\n\n".join("\n".join(f"{i} {word} X" for i, word in enumerate(words)) for words in sentences) + "\n\n")
    examples = [Example(" ".join(words), tuple(words), ("X",) * len(words), "") for words in sentences]
    encoded = tasks.of(one.config).encode_examples(examples, one.speech)
    given = decode(one.network, one.config, encoded, rules=TagRules.of(one.speech.labels, SCHEME)).answers
    wanted = [one.speech.labels[i] for i in given[given >= 0]]
    found, figures = answered(one, path)
    assert [tag for row in found for tag in row["answer"]] == wanted
    assert [row["column 2"] for row in found] == sentences and found[0]["column 3"] == ["X"] * len(sentences[0])
    assert all(row["text"][e["start"] : e["end"]] == e["text"] for row in found for e in row["entities"])
    assert any(row["entities"] for row in found) and figures.counts == {tag: wanted.count(tag) for tag in set(wanted)}

    answered(one, path, ".conll")
    again = list(read_rows(tmp_path / "out.conll", recognise(tmp_path / "out.conll", DataConfig(task="tag"))))
    assert [row.values[1] for row in again] == sentences
    assert [tag for row in again for tag in row.values[3]] == wanted


def test_one_token_a_row_is_answered_in_its_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict, "WINDOW", 5)
    one = loaded("tag")
    sentences = random_texts(12, 6, seed=2)
    lines = [f"{f's{i}' if t == 0 else ''},{word},X" for i, words in enumerate(sentences) for t, word in enumerate(words)]
    lines.insert(2, ",,X")  # a row without a token plays no part
    (tmp_path / "in.csv").write_text("sentence_id,word,tag\n" + "\n".join(lines) + "\n")
    found, figures = answered(one, tmp_path / "in.csv")
    assert [f"{row['sentence_id']},{row['word']},{row['tag']}" for row in found] == lines
    wanted = [tag for words in sentences for tag in beliefs_of(one, words)]
    assert [row["answer"] for row in found if row["word"]] == wanted
    assert (found[2]["answer"], found[2]["problem"]) == (None, "no text")
    assert (figures.rows, figures.answered, figures.unanswered) == (len(lines), len(lines) - 1, {"no text": 1})
    answered(one, tmp_path / "in.csv", ".conll")
    again = read_rows(tmp_path / "out.conll", recognise(tmp_path / "out.conll", DataConfig(task="tag", format="conll")))
    assert [row.values[0] for row in again] == sentences


def beliefs_of(one: Loaded, words: list[str]) -> list[str]:
    seen = trace(one, " ".join(words), words)
    return [seen.labels[i] for i in targets_of(one, seen)[1:-1]]


def test_lists_and_tokens_apart_by_spaces_are_cut_nowhere_else(tmp_path: Path) -> None:
    one, words = loaded("tag"), ["don't", "well-acted,", "film"]
    rows: list[dict[str, Any]] = [{"tokens": words}, {"tokens": []}, {"tokens": ["a", " "]}, {"tokens": "no list"}]
    found, _ = answered(one, table(tmp_path / "in.jsonl", rows))
    assert found[0]["answer"] == beliefs_of(one, words)
    assert [row["problem"] for row in found] == [None, "no text", "an empty token", "no list in the column 'tokens'"]
    assert [row["answer"] for row in found[1:]] == [None] * 3
    found, _ = answered(one, table(tmp_path / "in.jsonl", [{"text": "  don't  well-acted,\tfilm "}]), spaced=True)
    assert found[0]["tokens"] == words and found[0]["answer"] == beliefs_of(one, words)
    text = found[0]["text"]
    assert all(text[e["start"] : e["end"]] == e["text"] for e in found[0]["entities"])


ROWS = 'id,text,n\n1,good,-1.5\n2,,=1\n3,bad,2,x\n4,the film,"a\nb"\n5\n6,the\0film,1\n7,not,+\n'


@pytest.mark.parametrize("suffix", [".csv", ".jsonl", ".parquet"])
def test_every_row_comes_out_in_its_order_with_the_reason_where_there_is_no_answer(tmp_path: Path, suffix: str) -> None:
    one = loaded()
    (tmp_path / "in.csv").write_text(ROWS)
    found, figures = answered(one, tmp_path / "in.csv", suffix)
    if suffix == ".csv":
        with (tmp_path / "out.csv").open(newline="") as file:
            found = [{k: v or None for k, v in row.items()} for row in csv.DictReader(file)]
    assert [row["id"] for row in found] == ["1", "2", "3", "4", "5", "6", "7"]
    quote = "'" if suffix == ".csv" else ""
    wanted = ["-1.5", f"{quote}=1", "2,x", "a\nb", None if suffix == ".csv" else "", "1", f"{quote}+"]
    assert [row["n"] for row in found] == wanted
    reasons = [None, "no text", "line 4: too many fields (3 were expected)", None, "line 7: too few fields (3 were expected)",
               "a NUL byte or half a character", None]  # fmt: skip
    assert [row["problem"] for row in found] == reasons
    assert [row["answer"] is None for row in found] == [reason is not None for reason in reasons]
    assert [row["p(good)"] is None for row in found] == [reason is not None for reason in reasons]
    assert (figures.rows, figures.answered) == (7, 3)
    assert figures.unanswered == {
        "no text": 1, "too many fields (3 were expected)": 1, "too few fields (3 were expected)": 1,
        "a NUL byte or half a character": 1,
    }  # fmt: skip


def test_columns_of_the_file_keep_their_names_and_types(tmp_path: Path) -> None:
    columns = {"answer": pa.array([1, None], pa.int16()), "text": ["good", "bad"], "P(Good)": ["x", "y"], "problem": [[1], []]}
    pq.write_table(pa.table(columns), tmp_path / "in.parquet")
    found, figures = answered(loaded(), tmp_path / "in.parquet", ".parquet")
    assert figures.columns == (
        "answer", "text", "P(Good)", "problem", "answer (2)", "probability", "p(bad)", "p(good) (2)", "p(so=so)", "problem (2)",
    )  # fmt: skip
    schema = pq.read_schema(tmp_path / "out.parquet")
    assert schema.field("answer").type == pa.int16() and schema.field("problem").type == pa.list_(pa.int64())
    assert schema.field("probability").type == pa.float64()
    assert [{name: row[name] for name in columns} for row in found] == pa.table(columns).to_pylist()


def test_a_text_a_line_and_classes_without_columns(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("the film, good\n\nnot bad, was it\n")
    found, figures = answered(loaded(), tmp_path / "in.txt", all_classes=False)
    assert figures.columns == ("text", "answer", "probability", "problem")
    assert [row["text"] for row in found] == ["the film, good", "", "not bad, was it"]
    many = loaded(labels=tuple(f"c{i}" for i in range(predict.MOST_CLASSES + 1)))
    _, figures = answered(many, tmp_path / "in.txt")
    assert figures.columns == ("text", "answer", "probability", "problem")


def test_texts_too_long_to_inspect_are_said(tmp_path: Path) -> None:
    rows = [{"text": "a " * LONGEST}, {"text": "a " * (LONGEST + 1)}]
    found, _ = answered(loaded(), table(tmp_path / "in.jsonl", rows))
    assert [row["problem"] for row in found] == [None, "more than 20,000 tokens"]
    lines = "s,word\n" + "".join(f"{i},the\n" for i in (1, *[2] * (LONGEST + 3), 3))
    (tmp_path / "in.csv").write_text(lines)
    found, figures = answered(loaded("tag"), tmp_path / "in.csv", stated={"sentence": "s"})
    assert figures.rows == LONGEST + 5 and found[0]["answer"] and found[-1]["answer"]
    assert found[1]["problem"] == "more than 20,000 tokens"


def test_conll_is_for_tags(tmp_path: Path) -> None:
    (tmp_path / "in.txt").write_text("a\nb\n")
    with pytest.raises(Problem, match=r"CoNLL cannot hold .* one label per text"):
        answered(loaded(), tmp_path / "in.txt", ".conll")


def test_texts_are_written_as_conll_with_their_columns_above(tmp_path: Path) -> None:
    one = loaded("tag")
    (tmp_path / "in.csv").write_text('id,text\n7,"not good, film"\n8,\n')
    answered(one, tmp_path / "in.csv", ".conll")
    first, second = (tmp_path / "out.conll").read_text().split("\n\n")[:2]
    tags = beliefs_of(one, ["not", "good", ",", "film"])
    tokens = [f"{token} {tag}" for token, tag in zip(["not", "good", ",", "film"], tags, strict=True)]
    assert first.split("\n") == ["#id = 7", "#text = not good, film", *tokens]
    assert second.split("\n") == ["#id = 8", "#problem = no text"]


def test_short_texts_with_many_columns_are_read_again_from_conll(tmp_path: Path) -> None:
    one = loaded("tag")
    rows = [{"text": text, **{f"column {i}": str(i) for i in range(6)}} for text in ("not good", "film", "bad")]
    answered(one, table(tmp_path / "in.jsonl", rows), ".conll")
    again = list(read_rows(tmp_path / "out.conll", recognise(tmp_path / "out.conll", DataConfig(task="tag"))))
    assert [row.values for row in again] == [(row["text"].split(), beliefs_of(one, row["text"].split())) for row in rows]


def test_what_the_ticks_raise_ends_the_work_and_the_shares_rise(tmp_path: Path) -> None:
    path = table(tmp_path / "in.jsonl", [{"text": text} for text in texts(3000)])
    heard: list[float] = []
    answered(loaded(), path, tick=heard.append)
    assert heard == sorted(heard) and heard[-1] == pytest.approx(1) and np.diff(heard).max() <= 1

    def stop(share: float) -> None:
        if share > 0.1:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        answered(loaded(), path, tick=stop)
