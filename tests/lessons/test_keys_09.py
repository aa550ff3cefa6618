"""The answers of the lesson on writing and translating, found again with NumPy from the weights of its two networks."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file

from rnn_core.lessons.expressions import Table
from rnn_core.lessons.quantities import chosen, held
from rnn_core.lessons.quantities.writing import period
from tests.lessons.asked import asked, lesson, looked, task

LESSON = lesson("09-writing-and-translating")
SOS, EOS = 2, 3
UNWRITTEN = [0, 1, 2]
CAR, CHILDREN = "I am going to buy a new car .", "The children are playing in the garden ."


def sigmoid(a: np.ndarray) -> np.ndarray:
    found: np.ndarray = 1 / (1 + np.exp(-a))
    return found


def softmax(o: np.ndarray) -> np.ndarray:
    e = np.exp(o - o.max())
    found: np.ndarray = e / e.sum()
    return found


def opened(step: int) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """The weights and the vocabulary of the run of a step."""
    run: Path = looked(LESSON, step).run.path
    weights = {name: array.astype(np.float64) for name, array in load_file(run / "weights.safetensors").items()}
    return weights, json.loads((run / "vocabulary.json").read_text(encoding="utf-8"))


class Writer:
    """The network of the notebook, a token at a time."""

    def __init__(self) -> None:
        self.weights, vocabulary = opened(1)
        self.words: list[str] = vocabulary["words"]
        self.h = self.m = np.zeros(self.weights["weight_out"].shape[1])

    def read(self, token: int) -> np.ndarray:
        """The probabilities of the next token after one more."""
        w = self.weights
        a = w["cells.0.0.weight_ih"] @ w["embedding.weight"][token] + w["cells.0.0.weight_hh"] @ self.h + w["cells.0.0.bias"]
        i, f, g, q = np.split(a, 4)
        self.m = sigmoid(f) * self.m + sigmoid(i) * np.tanh(g)
        self.h = sigmoid(q) * np.tanh(self.m)
        return softmax(w["weight_out"] @ self.h + w["bias_out"])

    def after(self, text: str) -> dict[str, float]:
        """The probabilities of the next character after a text."""
        for token in (SOS, *(self.words.index(one) for one in text)):
            p = self.read(token)
        return dict(zip(self.words, p.tolist(), strict=True))

    def greedy(self, text: str, length: int) -> str:
        p = np.array(list(self.after(text).values()))
        written = ""
        while len(written) < length:
            p[UNWRITTEN] = 0
            token = int(p.argmax())
            if token == EOS:
                break
            written += self.words[token]
            p = self.read(token)
        return written


class Translating:
    """The network of translation on one text: a GRU that reads in both directions, and a GRU with dot attention that writes."""

    def __init__(self, text: str):
        self.weights, vocabulary = opened(4)
        words, self.words = vocabulary["words"], vocabulary["sides"]["target"]["words"]
        self.source = ["<sos>", *text.split(), "<eos>"]
        x = [self.weights["source.weight"][words.index(token)] for token in self.source]
        forth, back = self.along("encoder.0.0", x), self.along("encoder.0.1", x[::-1])[::-1]
        self.memory = np.concatenate([forth, back], 1)
        self.start = np.concatenate([forth[-1], back[0]])

    def cell(self, name: str, x: np.ndarray, h: np.ndarray) -> np.ndarray:
        w = {part: self.weights[f"{name}.{part}"] for part in ("weight_ih", "weight_hh", "bias", "bias_inner")}
        (xr, xz, xn), (hr, hz, hn) = np.split(w["weight_ih"] @ x + w["bias"], 3), np.split(w["weight_hh"] @ h, 3)
        r, z = sigmoid(xr + hr), sigmoid(xz + hz)
        n = np.tanh(xn + r * (hn + w["bias_inner"]))
        found: np.ndarray = (1 - z) * n + z * h
        return found

    def along(self, name: str, x: list[np.ndarray]) -> np.ndarray:
        h, found = np.zeros(len(self.weights[f"{name}.bias_inner"])), []
        for one in x:
            h = self.cell(name, one, h)
            found.append(h)
        return np.array(found)

    def step(self, token: int, h: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The state, the weights of attention and the probabilities after one more token."""
        h = self.cell("decoder.0.0", self.weights["weight_out"][token], h)
        alpha = softmax(self.memory @ h)
        read = np.tanh(self.weights["combine.weight"] @ np.concatenate([h, alpha @ self.memory]))
        return h, alpha, softmax(self.weights["weight_out"] @ read + self.weights["bias_out"])

    def search(self, width: int) -> tuple[list[str], float]:
        """The most probable of the texts that a beam finds, and its probability."""
        going: list[tuple[float, list[int], np.ndarray]] = [(0.0, [SOS], self.start)]
        ended: list[tuple[float, list[int]]] = []
        for _ in range(30):
            found = []
            for log_p, tokens, h in going:
                after, _, p = self.step(tokens[-1], h)
                p[UNWRITTEN] = 0
                found += [(log_p + float(np.log(p[i])), [*tokens, int(i)], after) for i in np.argsort(-p)[:width]]
            found.sort(key=lambda one: -one[0])
            ended += [(one[0], one[1]) for one in found[:width] if one[1][-1] == EOS]
            going = [one for one in found[:width] if one[1][-1] != EOS]
            if not going:
                break
        log_p, tokens = max(ended)
        return [self.words[token] for token in tokens[1:]], float(np.exp(log_p))

    def attention(self, tokens: list[str]) -> np.ndarray:
        h, found = self.start, []
        for token in ["<sos>", *tokens][: len(tokens)]:
            h, alpha, _ = self.step(self.words.index(token), h)
            found.append(alpha)
        return np.array(found)


def test_what_is_fed_in_training() -> None:
    p = Writer().after('"I never ')
    question = asked(LESSON, 1)
    question.is_right("true")
    question.misses("own", "drawn")
    assert max(p, key=p.__getitem__) == "a" and p["l"] < p["a"], "the guess and the truth differ"
    readout = question.of("readout")
    assert isinstance(readout, Table)
    np.testing.assert_allclose(readout.values[9], list(p.values()), atol=1e-5)
    assert question.of("network.words") == len(p)


def test_the_most_probable_character_does_not_lead_to_the_most_probable_text() -> None:
    first, after_l, after_a = Writer().after('"I never '), Writer().after('"I never l'), Writer().after('"I never a')
    question = asked(LESSON, 2)
    question.is_right(first["l"] * after_l["i"])
    question.misses(first["l"] + after_l["i"], (first["l"] + after_l["i"]) / 2, after_l["i"])
    best = max(after_a, key=after_a.__getitem__)
    assert best == "i" and first["a"] * after_a["i"] < first["l"] * after_l["i"] and first["a"] > first["l"]


def test_temperature_0_loops() -> None:
    written = Writer().greedy("Monday", 300)
    length = next(n for n in range(1, 100) if written[-3 * n :] == 3 * written[-n:])
    question = asked(LESSON, 3)
    question.is_right("loop")
    question.misses("best", "stop")
    assert (question.of("greedy.tail"), question.of("greedy.period")) == (written[-80:], length)
    assert len(written) == 300, "it does not stop after a sentence"
    own = task(LESSON, 3).example
    assert held(looked(LESSON, 3, text=own).resolve)("greedy.tail") == Writer().greedy(own, 300)[-80:]


@pytest.mark.parametrize(("text", "found"), [("xyababab", 2), ("aaa", 1), ("baba", 0), ("", 0), ("abcabc", 0), ("xabcabcabc", 3)])
def test_period(text: str, found: int) -> None:
    assert period(text) == found


def test_one_word_out_for_each_word_in() -> None:
    network = Translating(CAR)
    written, p = network.search(1)
    assert written[-1] == "<eos>"
    question = asked(LESSON, 4)
    question.is_right("eos")
    question.misses("same", "full")
    assert question.of("translation.sources") == len(CAR.split()) != len(written) - 1 == question.of("translation.words")
    assert list(np.asarray(question.of("translation.tokens"))) == written
    assert question.of("translation.p") == pytest.approx(p, rel=1e-4)


def test_where_it_looks() -> None:
    network = Translating(CAR)
    written, _ = network.search(1)
    weights = network.attention(written)
    question = asked(LESSON, 5)
    question.is_right(network.source[int(weights[2].argmax())])
    question.misses("going", "to", "car")
    attention = question.of("attention")
    assert isinstance(attention, Table)
    np.testing.assert_allclose(attention.values, weights, atol=1e-4)
    assert written[2] == "acheter" and [network.source[j - 1] for j in (4, 5, 6, 9)] == ["going", "to", "buy", "car"]


def test_the_step_that_is_to_be_chosen() -> None:
    until = task(LESSON, 5).until
    written, _ = Translating(CAR).search(1)
    assert until is not None
    for step in range(len(written)):
        assert until.holds(held(looked(LESSON, 5).resolve, chosen(step=step, unit=None))) is (written[step] == "voiture")


def test_the_most_probable_text_is_not_the_best() -> None:
    network = Translating(CHILDREN)
    (greedy, p), (best, most) = network.search(1), network.search(4)
    question = asked(LESSON, 6)
    question.is_right("beam" if most > p else "greedy")
    question.misses("greedy")
    assert (question.of("translation.p"), question.of("beam.p")) == pytest.approx((p, most), rel=1e-4)
    assert question.of("translation.text") == " ".join(greedy[:-1]).replace(" .", ".")
    assert question.of("beam.text") == " ".join(best[:-1]).replace(" .", ".")
    parts = next(t for t, (a, b) in enumerate(zip(greedy, best, strict=False)) if a != b)
    assert parts + 1 == 4, "the view shows the step where the two part"
    assert "jouer" in greedy and "jouer" not in best
