"""Classification and softmax: its keys and numbers, by plain NumPy, torch's autograd, and counting."""

import re

import numpy as np
import pyarrow.parquet as pq
import pytest
import torch

from tests.lessons.numpy_net import Net, Question, folder, lesson, questions, said

LESSON = lesson("03-classification-and-softmax")
NET = Net("three-units")
TOKENS = ["not", "so", "good"]
SEEN = NET.read(TOKENS)
NEGATIVE, POSITIVE = 0, 1
T = len(SEEN.indices)
LOGITS, P = SEEN.o[-1], SEEN.p[-1]
LOSSES = -np.log(SEEN.p[:, NEGATIVE])


@pytest.fixture(scope="module")
def asked() -> list[Question]:
    return questions(LESSON)


def both(values: np.ndarray) -> str:
    return f"negative {values[NEGATIVE]:.4g}, positive {values[POSITIVE]:.4g}"


def gradients_of_v(weights: np.ndarray) -> np.ndarray:
    """(T, k, d) what each step's use of V adds to the gradient of Σ w_t L(t), by autograd: every step has a V of its own."""
    v = torch.tensor(np.repeat(NET.weights["weight_out"][None], T, 0), requires_grad=True)
    h, c = torch.tensor(SEEN.h), torch.tensor(NET.weights["bias_out"])
    logits = torch.einsum("tkd,td->tk", v, h) + c
    losses = torch.nn.functional.cross_entropy(logits, torch.full((T,), NEGATIVE), reduction="none")
    (losses * torch.tensor(weights)).sum().backward()
    assert v.grad is not None
    return v.grad.numpy()


def at_logits() -> np.ndarray:
    """(T, k) the gradient of each step's loss at its logits, by autograd."""
    o = torch.tensor(SEEN.o, requires_grad=True)
    torch.nn.functional.cross_entropy(o, torch.full((T,), NEGATIVE), reduction="sum").backward()
    assert o.grad is not None
    return o.grad.numpy()


def test_the_softmax(asked: list[Question]) -> None:
    assert LESSON.given["text"] == " ".join(TOKENS) and LESSON.given["label"] == "negative"
    e = np.exp(LOGITS)
    assert asked[0].key == pytest.approx(e[NEGATIVE] / e.sum(), abs=1e-6)
    asked[0].right(e[NEGATIVE] / e.sum(), f"{e[0]:.4g} / ({e[0]:.4g} + {e[1]:.4g}) = {P[0]:.4g}")
    asked[0].wrong(LOGITS[NEGATIVE], "the logit")
    asked[0].wrong(e[NEGATIVE], "not divided yet")
    asked[0].wrong(P[POSITIVE], "probability of positive")
    asked[0].wrong(0.5, "if the logits were equal")
    words = said(LESSON, 1)
    assert f"logits are {both(LOGITS)}. " in words and f"which makes it positive: {both(e)}. " in words and f"t = {T}." in words


def test_the_loss(asked: list[Question]) -> None:
    every = -np.log(P)
    assert asked[1].key == pytest.approx(LOSSES[-1], abs=1e-6)
    asked[1].right(LOSSES[-1], f"0 × {every[POSITIVE]:.4g}", f"L = {LOSSES[-1]:.4g}")
    asked[1].wrong(every.sum(), "adds up both classes")
    asked[1].wrong(every[POSITIVE], "does not name")
    asked[1].wrong(every.mean(), "the mean over both")
    assert f"−log ŷ is {both(every)}." in said(LESSON, 2)


def test_the_gradient_at_the_logits(asked: list[Question]) -> None:
    grad = at_logits()[-1]
    assert asked[2].key == pytest.approx(grad[POSITIVE], abs=1e-6)
    asked[2].right(grad[POSITIVE], f"{P[POSITIVE]:.4g} − 0. At negative it is {P[NEGATIVE]:.4g} − 1 = {grad[NEGATIVE]:.4g}")
    asked[2].wrong(0, "if only the right class were in the loss")
    asked[2].wrong(grad[NEGATIVE], "the logit of negative")
    asked[2].wrong(P[POSITIVE] - 1, "y of positive is 0")
    assert f"ŷ is {both(P)}, and" in asked[2].ask.question.filled(asked[2].quantities)
    rows = gradients_of_v(np.eye(T)[-1])[-1]
    assert (np.abs(rows).max(1) > 0.01).all()
    moved = -rows @ SEEN.h[-1]  # along the state, after a step against the gradient
    assert moved[NEGATIVE] > 0 > moved[POSITIVE]
    asked[3].right("all", "towards the state")
    asked[3].wrong("one", f"is {grad[POSITIVE]:.4g} and not 0")
    asked[3].wrong("other", f"the gradient is {grad[NEGATIVE]:.4g}")


def test_v_hears_of_its_own_step_alone(asked: list[Question]) -> None:
    last = np.linalg.norm(gradients_of_v(np.eye(T)[-1]), axis=(1, 2))
    np.testing.assert_allclose(np.asarray(asked[4].key), last / last.max(), atol=1e-6)
    assert not last[:-1].any()
    asked[4].right([0, 0, 0.1, 0, 1], "One bar")
    asked[4].wrong(np.arange(1, T + 1) / T, "how W would get its gradient")
    asked[4].wrong([0, 0, 0, 0.6, 1], "the step before")


def test_the_longest_term(asked: list[Question]) -> None:
    terms = np.linalg.norm(gradients_of_v(np.full(T, 1 / T)), axis=(1, 2))
    formula = np.linalg.norm(at_logits(), axis=1) * np.linalg.norm(SEEN.h, axis=1) / T
    np.testing.assert_allclose(terms, formula, rtol=1e-6)
    np.testing.assert_allclose(np.asarray(asked[5].quantities("copies.V")), terms, rtol=1e-4)
    assert asked[5].key == terms.argmax() + 1 == 3 and SEEN.indices[2] == NET.words.index("so")
    asked[5].right(3, f"ŷ − y is {both(at_logits()[2])}.")
    words = said(LESSON, 4)
    assert f"is {', '.join(f'{p:.4g}' for p in SEEN.p[:, NEGATIVE])}." in words
    found = re.search(r"states are ([\d., ]+)\.", words)
    assert found, words
    # one of them lies on the border of two roundings
    np.testing.assert_allclose([float(one) for one in found[1].split(", ")], np.linalg.norm(SEEN.h, axis=1), rtol=1e-3)
    lengths, off = np.linalg.norm(SEEN.h, axis=1), np.abs(at_logits()[:, NEGATIVE])
    for step in (1, 2):
        assert off[step - 1] > off[2] and lengths[step - 1] < lengths[2]
        asked[5].wrong(step, "the state is short there")
    for step, words in ((4, "the state is longer"), (5, f"one of {T}")):
        assert off[step - 1] < off[2] and lengths[step - 1] > lengths[2]
        asked[5].wrong(step, words)


def test_the_calibration(asked: list[Question]) -> None:
    (path,) = (folder("film-reviews-elman") / "evaluations").glob("*/predictions.parquet")
    rows = pq.read_table(path).to_pylist()
    sure = [row for row in rows if row["confidences"] > 0.95]
    right, promised = sum(row["truths"] == row["answers"] for row in sure), sum(row["confidences"] for row in sure)
    n, best = len(sure), [row for row in rows if row["confidences"] > 0.99]
    words = said(LESSON, 5)
    assert f"evaluated on {len(rows)} short" in words and f"To {n} of them" in words and "a network of 64 units" in words
    assert f"These {n} probabilities sum to {promised:.4g}." in asked[6].ask.question.filled(asked[6].quantities)
    assert asked[6].key == "fewer" and right < promised - 3
    asked[6].right("fewer", f"{right} of {n} are right")
    asked[6].wrong("as", f"{right} are right")
    asked[6].wrong("all", f"{n - right} sure answers are wrong")
    assert asked[7].key == pytest.approx((n - right) / n)
    asked[7].right((n - right) / n, f"({n} − {right}) / {n} = {(n - right) / n:.4g}", f"expect {1 - promised / n:.4g}")
    asked[7].wrong(1 - promised / n, "share that p lets you expect")
    asked[7].wrong(right / n, "share that is right")
    asked[7].wrong(0.05, "the most that p lets you expect")
    asked[8].right("logits", f"Of the {len(best)} answers here", f"{sum(r['truths'] == r['answers'] for r in best)} are right")
    asked[8].wrong("share", f"p was {promised / n:.4g} on average, and {right / n:.4g} were right")


def test_the_saved_answers_are_those_of_the_network() -> None:
    (path,) = (folder("film-reviews-elman") / "evaluations").glob("*/predictions.parquet")
    net = Net("film-reviews-elman")
    for row in pq.read_table(path).to_pylist()[:40]:
        p = net.read([token.replace("’", "'") for token in row["tokens"]]).p[-1]
        assert p.max() == pytest.approx(row["confidences"], abs=1e-4)
        assert ("negative", "positive")[int(p.argmax())] == row["answers"]
