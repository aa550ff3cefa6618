"""One step, unrolled: its keys and numbers, from the weights in plain NumPy."""

import numpy as np
import pytest

from tests.lessons.numpy_net import Net, Question, lesson, questions, said

LESSON = lesson("02-one-step-unrolled")
NET = Net("three-units")
TOKENS = ["a", "wonderful", "story"]
SEEN = NET.read(TOKENS)
W, U, B = NET.cell
D, T = len(B), len(SEEN.indices)
OWN = W.size + U.size + B.size
ALL = sum(one.size for one in NET.weights.values())
LONG = "the film was slow at first but the ending is superb"


@pytest.fixture(scope="module")
def asked() -> list[Question]:
    return questions(LESSON)


def shown(values: np.ndarray) -> str:
    return ", ".join(f"{one:.4g}" for one in values)


def test_the_state_has_as_many_numbers_at_every_step(asked: list[Question]) -> None:
    assert LESSON.given["text"] == " ".join(TOKENS) and SEEN.h.shape == (T, D) == (5, 3)
    np.testing.assert_array_equal(np.asarray(asked[0].key), np.ones(T))
    asked[0].right([0.5, 0.6, 0.55, 0.5, 0.5], f"has {D} numbers at every step", f"of {len(TOKENS)} words")
    asked[0].wrong(np.arange(1, T + 1) / T, f"not a list that grows by a word at each step. It is computed anew, and has {D}")
    asked[0].wrong(np.arange(T, 0, -1) / T, "Nothing is used up")
    assert not asked[0].marked(np.zeros(T)).right
    assert f"a vector of {D} numbers" in said(LESSON, 1)


def test_the_parameters_of_all_steps(asked: list[Question]) -> None:
    assert asked[1].key == OWN == 21
    asked[1].right(OWN, f"{W.size} + {U.size} + {B.size}", f"draws it {T} times")
    asked[1].wrong(OWN * T, "for each step")
    asked[1].wrong(OWN * len(TOKENS), "for each word")
    asked[1].wrong(W.size, "W alone")
    asked[1].wrong(ALL, "all of the network")
    assert f"W has {D} × {D} numbers, U has {D} × {U.shape[1]}, and b has {D}" in said(LESSON, 2)


@pytest.mark.parametrize("text", [LONG, "every scene feels alive and the acting is superb , but I was bored"])
def test_the_parameters_of_a_longer_text(text: str) -> None:
    own, steps = questions(LESSON, text=text)[2], len(text.split()) + 2
    assert f"has {steps} steps. The network had {ALL:,} parameters" in own.ask.question.filled(own.quantities)
    assert own.key == ALL
    own.right(ALL, f"Still {ALL:,}")
    own.wrong(ALL * steps, "not of the text")
    own.wrong(ALL + OWN, "Nothing is added")


def test_the_step_without_a_past(asked: list[Question]) -> None:
    past = np.vstack([np.zeros(D), SEEN.h[:-1]]) @ W.T
    assert [t + 1 for t in range(T) if not past[t].any()] == [1] == [asked[3].key]
    asked[3].right(1, "From step 2 on")
    asked[3].wrong(2, f"its state is {shown(SEEN.h[0])}.")
    asked[3].wrong(T, "all the words before it")
    for step in range(2, T + 1):
        assert not asked[3].marked(step).right


def test_the_product(asked: list[Question]) -> None:
    product = W[1, 1] * SEEN.h[2, 1]
    assert asked[4].key == pytest.approx(product, abs=1e-6)
    asked[4].right(float(f"{W[1, 1]:.4g}") * float(f"{SEEN.h[2, 1]:.4g}"), f"{W[1, 1]:.4g} × {SEEN.h[2, 1]:.4g} = {product:.4g}")
    asked[4].wrong(W[1, 1] * SEEN.h[3, 1], "after this step")
    asked[4].wrong(W[1, 1] * SEEN.h[2, 0], "unit 0")
    asked[4].wrong(W[1, 1] + SEEN.h[2, 1], "the sum")
    words = said(LESSON, 4)
    assert f"W[1, 1] = {W[1, 1]:.4g}" in words
    assert f"the state is {shown(SEEN.h[2])}; after “story” (t = 4) it is {shown(SEEN.h[3])}" in words


def test_the_sum_and_the_state(asked: list[Question]) -> None:
    past, token = W[1] @ SEEN.h[2], U[1] @ SEEN.x[3]
    total = B[1] + past + token
    assert np.tanh(total) == pytest.approx(SEEN.h[3, 1])
    assert asked[5].key == pytest.approx(total, abs=1e-6)
    asked[5].right(float(f"{past:.4g}") + float(f"{B[1]:.4g}") + float(f"{token:.4g}"), f"is {total:.4g}.", f"{SEEN.h[3, 1]:.4g}")
    asked[5].wrong(B[1] + token, "leaves out the past")
    asked[5].wrong(SEEN.h[3, 1], "after tanh")
    asked[5].wrong(past, "the past alone")
    words = said(LESSON, 5)
    assert f"at t = 4 is {past:.4g}. Its bias is b[1] = {B[1]:.4g}, and the token “story” adds {token:.4g}" in words


def test_what_the_last_state_is(asked: list[Question]) -> None:
    assert f"({shown(SEEN.h[-1])})" in asked[6].ask.question.filled(asked[6].quantities)
    asked[6].right("summary")
    asked[6].wrong("words", f"a text of ten words leaves {D} numbers")
    asked[6].wrong("last", f"it was {W[1] @ SEEN.h[2]:.4g} at “story”, and “story” itself added {U[1] @ SEEN.x[3]:.4g}")
    other = NET.read(TOKENS[::-1]).h[-1]
    assert np.abs(other - SEEN.h[-1]).max() > 0.01, "the order of the words counts"
