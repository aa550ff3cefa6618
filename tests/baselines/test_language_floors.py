"""The simple language models against their definitions, and scored on the tokens that networks are scored on."""

from collections import Counter, defaultdict
from math import log
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from rnn_core import tasks
from rnn_core.analysis.compared import compared
from rnn_core.baselines import frequency, ngram
from rnn_core.config import DataConfig
from rnn_core.data.streams import stream_from
from rnn_core.data.vocabulary import EOS
from rnn_core.workspace import datasets
from tests.commands.running import SAMPLES

STREAM = some.lists(some.integers(0, 3), min_size=2, max_size=40)


def kneser_ney(tokens: list[int], outcomes: int, order: int, context: tuple[int, ...]) -> list[float]:
    """p of each outcome after a context by the definition (Chen and Goodman 1998, section 2.7), with dictionaries."""

    def counts(n: int) -> dict[tuple[int, ...], int]:
        occurrences = Counter(tuple(tokens[i : i + n]) for i in range(len(tokens) - n + 1))
        if n == order:
            return occurrences
        before = defaultdict(set)
        for i in range(len(tokens) - n):
            before[tuple(tokens[i + 1 : i + 1 + n])].add(tokens[i])
        return {gram: len(before.get(gram, ())) for gram in occurrences}

    p = [1 / outcomes] * outcomes
    for n in range(1, order + 1):
        if n - 1 > len(context):
            break
        found, past = counts(n), context[len(context) - n + 1 :]
        once, twice = (sum(count == k for count in found.values()) for k in (1, 2))
        discount = once / (once + 2 * twice) if once and twice else 0.5
        total = sum(count for gram, count in found.items() if gram[:-1] == past)
        types = sum(count > 0 for gram, count in found.items() if gram[:-1] == past)
        if total:
            p = [(max(found.get((*past, w), 0) - discount, 0) + discount * types * p[w]) / total for w in range(outcomes)]
    return p


@given(STREAM, some.lists(some.integers(0, 4), min_size=1, max_size=12), some.integers(1, 4))
@settings(max_examples=150, deadline=None)
def test_kneser_ney_is_that_of_its_definition(train: list[int], test: list[int], order: int) -> None:
    model = ngram.Baseline(DataConfig(task="generate"))
    model.learn(np.array(train), 5)
    model.order = order = min(order, len(model._levels))
    nats = model.nats(np.array(test))
    for t, token in enumerate(test):
        p = kneser_ney(train, 5, order, tuple(test[max(0, t - order + 1) : t]))
        assert sum(p) == pytest.approx(1)
        assert nats[t] == pytest.approx(-log(p[token])), (t, p)


@given(STREAM)
@settings(max_examples=50, deadline=None)
def test_the_probabilities_of_all_outcomes_sum_to_1(train: list[int]) -> None:
    model = ngram.Baseline(DataConfig(task="generate", tokens="char"))
    model.learn(np.array(train), 5)
    after = [[*train[-7:], w] for w in range(5)]
    assert sum(np.exp(-model.nats(np.array(one))[-1]) for one in after) == pytest.approx(1)


def test_they_are_scored_on_the_tokens_of_networks_and_know_more_the_more_they_see(tmp_path: Path) -> None:
    data = datasets.read(tmp_path, {"train": Path(SAMPLES) / "verses.txt"}, DataConfig(task="generate", tokens="char"), "verses")
    found = {one.name: one.figures for one in compared(data)}
    assert [*found] == list(tasks.of(data.config).baselines)
    train, test = (stream_from(data.pieces(split), data.vocabulary) for split in ("train", "test"))
    counts = Counter(train.tolist())
    each = [-log((counts[token] + 1) / (len(train) + len(data.vocabulary))) for token in test.tolist()]
    assert found["frequency"]["test_loss"] == pytest.approx(np.mean(each))
    assert {one["test_tokens"] for one in found.values()} == {len(test)}
    assert found["ngram"]["test_perplexity"] < 0.6 * found["frequency"]["test_perplexity"]
    assert found["ngram"]["dev_bits"] == pytest.approx(np.log2(found["ngram"]["dev_perplexity"]))


def test_dev_chooses_how_far_back_it_looks(tmp_path: Path) -> None:
    data = datasets.read(tmp_path, {"train": Path(SAMPLES) / "verses.txt"}, DataConfig(task="generate", tokens="char"), "verses")
    model = ngram.Baseline(data.config)
    model.fit(data.pieces("train"), data.pieces("dev"), data)
    dev = stream_from(data.pieces("dev"), data.vocabulary)
    losses = []
    for order in range(2, 11):
        other = ngram.Baseline(data.config)
        other.learn(stream_from(data.pieces("train"), data.vocabulary), len(data.vocabulary))
        other.order = order
        losses.append(other.nats(dev).mean())
    assert model.order == 2 + int(np.argmin(losses))
    alone = ngram.Baseline(data.config)
    alone.fit(data.pieces("train"), [], data)
    assert alone.order == 6
    assert frequency.Baseline(data.config).title != alone.title


def test_of_translations_the_targets_alone_are_learned(tmp_path: Path) -> None:
    data = datasets.read(tmp_path, {"train": Path(SAMPLES) / "dates.csv"}, DataConfig(task="translate", tokens="char"), "dates")
    (found,) = compared(data)
    words = data.vocabularies["target"]
    streams = {}
    for split in ("train", "dev", "test"):
        texts = [[*words.encode(e.further["target"].tokens), EOS] for e in data.examples(split)]
        streams[split] = np.array([token for text in texts for token in text])
    model = ngram.Baseline(data.config)
    model.learn(streams["train"], len(words))
    orders = range(2, 1 + len(model._levels))
    losses = []
    for model.order in orders:
        losses.append(model.nats(streams["dev"]).mean())
    model.order = orders[int(np.argmin(losses))]
    assert found.name == "target_ngram" and found.figures["test_loss"] == pytest.approx(model.nats(streams["test"]).mean())
    assert found.figures["test_tokens"] == len(streams["test"])
