"""The answers of the lesson on gates, found again with NumPy from the weights of its LSTM."""

import json

import numpy as np
import pytest
from safetensors.numpy import load_file

from rnn_core.lessons import Ask
from rnn_core.lessons.expressions import Table
from rnn_core.lessons.quantities import chosen, held
from tests.lessons.asked import asked, lesson, looked, task

LESSON = lesson("07-gates")
UNIT = 43
TOKENS = ["<sos>", "the", "plot", "is", "thin", ",", "but", "the", "acting", "is", "wonderful", "<eos>"]


def lstm(tokens: list[str]) -> dict[str, np.ndarray]:
    """(T, d) of each quantity along the tokens, and (T, k) `p`, from the weights alone."""
    run = looked(LESSON, 1).run.path
    weights = {name: array.astype(np.float64) for name, array in load_file(run / "weights.safetensors").items()}
    words = json.loads((run / "vocabulary.json").read_text(encoding="utf-8"))["words"]
    d = weights["weight_out"].shape[1]
    h, m, found = np.zeros(d), np.zeros(d), []
    for token in tokens:
        x = weights["embedding"][words.index(token)]
        a = weights["cells.0.0.weight_ih"] @ x + weights["cells.0.0.weight_hh"] @ h + weights["cells.0.0.bias"]
        i, f, q = (1 / (1 + np.exp(-a[block * d : (block + 1) * d])) for block in (0, 1, 3))
        g = np.tanh(a[2 * d : 3 * d])
        m = f * m + i * g
        h = q * np.tanh(m)
        o = np.exp(weights["weight_out"] @ h + weights["bias_out"])
        found.append({"i": i, "f": f, "g": g, "q": q, "m": m, "h": h, "p": o / o.sum()})
    return {name: np.stack([one[name] for one in found]) for name in found[0]}


@pytest.fixture(scope="module")
def hand() -> dict[str, np.ndarray]:
    return lstm(TOKENS)


def products(f: np.ndarray) -> np.ndarray:
    """(T, d) of the gates after each step, multiplied one by one."""
    found = np.ones_like(f)
    for t in range(len(f)):
        for later in range(t + 1, len(f)):
            found[t] *= f[later]
    return found


def test_quantities(hand: dict[str, np.ndarray]) -> None:
    of = held(looked(LESSON, 1).resolve)
    for name, wanted in {
        "gate.f": hand["f"], "gate.i": hand["i"], "gate.g": hand["g"], "gate.q": hand["q"], "memory": hand["m"],
        "state": hand["h"], "memory.tanh": np.tanh(hand["m"]), "carried": products(hand["f"]),
        "gate.f.mean": hand["f"].sum(1) / 64, "carried.mean": products(hand["f"]).sum(1) / 64,
    }.items():  # fmt: skip
        value = of(name)
        np.testing.assert_allclose(value.values if isinstance(value, Table) else np.asarray(value), wanted, atol=2e-6)
    assert of("answer.label") == "positive"
    assert of("answer.p") == pytest.approx(hand["p"][-1].max(), abs=1e-6)
    assert [str(token).lower() for token in np.asarray(of("text.tokens"))] == TOKENS


def test_a_gate_of_1(hand: dict[str, np.ndarray]) -> None:
    """Most of the memory before is left after the gate of step 11."""
    kept = hand["f"][10, UNIT] * hand["m"][9, UNIT] / hand["m"][9, UNIT]
    assert 0.8 < kept < 1
    question = asked(LESSON, 1)
    question.is_right("keep")
    question.misses("erase", "write")


def test_the_memory_after_a_word(hand: dict[str, np.ndarray]) -> None:
    m, f, i, g = hand["m"][5, UNIT], hand["f"][6, UNIT], hand["i"][6, UNIT], hand["g"][6, UNIT]
    question = asked(LESSON, 2)
    question.is_right(f * m + i * g)
    question.misses((1 - f) * m + i * g, f * m, i * g, m + i * g, f * m - i * g)


def test_how_many_gates(hand: dict[str, np.ndarray]) -> None:
    between = sum(((hand[name][3] > 0) & (hand[name][3] < 1)).sum() for name in "ifq")
    question = asked(LESSON, 3)
    question.is_right(float(between))
    assert (hand["g"] < 0).any(), "the candidate is no gate"
    question.misses(3.0, 1.0, 64.0, 256.0)


def test_which_word_makes_it_forget(hand: dict[str, np.ndarray]) -> None:
    means = hand["f"].mean(1)
    question = asked(LESSON, 4)
    question.is_right(float(means.argmin() + 1))
    assert TOKENS[int(means.argmin())] == "but"
    question.misses(float(means.argmax() + 1))


def test_a_gate_can_be_found_that_is_small_enough(hand: dict[str, np.ndarray]) -> None:
    until = task(LESSON, 4).until
    assert until is not None
    step, unit = np.argwhere(hand["f"] < 0.4)[0]
    of = looked(LESSON, 4).resolve
    assert until.holds(held(of, chosen(step=int(step), unit=int(unit))))
    assert not until.holds(held(of, chosen(step=10, unit=UNIT))) and not until.holds(held(of, chosen(step=6, unit=UNIT)))


def test_the_memory_is_not_the_state(hand: dict[str, np.ndarray]) -> None:
    m, q = hand["m"][6, UNIT], hand["q"][6, UNIT]
    question = asked(LESSON, 5)
    question.is_right(q * np.tanh(m))
    question.misses(m, np.tanh(m), q * m, q)


def test_what_is_left_at_the_end(hand: dict[str, np.ndarray]) -> None:
    shares = products(hand["f"]).mean(1)
    question = asked(LESSON, 6)
    question.is_right(shares)
    question.is_right(np.linspace(1 / 12, 1, 12))  # roughly drawn: it falls towards the past
    question.misses(np.ones(12), shares[::-1].copy())
    assert not question.marked(np.zeros(12))[0]


def test_the_product_of_four_gates(hand: dict[str, np.ndarray]) -> None:
    gates = hand["f"][8:12, UNIT]
    question = asked(LESSON, 7)
    question.is_right(float(gates[0] * gates[1] * gates[2] * gates[3]))
    question.misses(float(gates.mean()), float(gates.sum()), float(gates[3]), float(gates.min()), 1.0)
    assert gates.argmin() == 1, "the words call the second one the smallest"


def test_the_example_vanishes_and_the_first_text_does_not(hand: dict[str, np.ndarray]) -> None:
    do = task(LESSON, 7)
    assert do.until is not None
    assert products(hand["f"])[1].max() > 0.01 and not do.until.holds(held(looked(LESSON, 7).resolve))
    longer = do.example.lower().replace(",", " ,").split()
    assert products(lstm(["<sos>", *longer, "<eos>"])["f"])[1].max() < 0.01
    assert do.until.holds(held(looked(LESSON, 7, text=do.example).resolve))


def test_all_words_have_values() -> None:
    for number, step in enumerate(LESSON.steps, 1):
        of = held(looked(LESSON, number).resolve, chosen(step=6, unit=0))
        for block in step.blocks:
            if not isinstance(block, Ask) and hasattr(block, "words"):
                assert block.words.filled(of)
