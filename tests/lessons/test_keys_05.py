"""The answers of the lesson on the loss at the last or every step, found again with NumPy from the weights and saved answers."""

import json
import math

import numpy as np
import pytest

from rnn_core.lessons.expressions import Table
from rnn_core.lessons.quantities import chosen, held
from rnn_core.workspace.store import READY_MADE
from tests.lessons.asked import asked, lesson, looked, task
from tests.lessons.elman import Elman, elman, norms

LESSON = lesson("05-last-or-every-step")
TOKENS = ["<sos>", "a", "slow", "start", ",", "but", "a", "great", "end", "<eos>"]
LAST, EVERY = np.eye(10)[-1], np.full(10, 0.1)


@pytest.fixture(scope="module")
def hand() -> Elman:
    return elman(looked(LESSON, 1).run.path, TOKENS, 1)


@pytest.mark.parametrize(("loss", "weights"), [("last", LAST), ("every", EVERY)])
def test_quantities(hand: Elman, loss: str, weights: np.ndarray) -> None:
    of = held(looked(LESSON, 1, loss=loss).resolve)
    copies = hand.copies(weights)
    for name, wanted in {
        "loss.at": hand.losses, "loss.total": weights @ hand.losses, "target.p": hand.p[:, 1], "copies.norm": norms(copies),
        f"{loss}.norm": norms(copies), f"{loss}.total": weights @ hand.losses,
        f"{loss}.reached": norms(np.einsum("t,tia->ia", weights, hand.at_state)),
        "pairs": np.array([norms(row) for row in hand.pairs]),
    }.items():  # fmt: skip
        value = of(name)
        np.testing.assert_allclose(value.values if isinstance(value, Table) else np.asarray(value), wanted, rtol=2e-4, atol=1e-5)
    assert [str(token) for token in np.asarray(of("text.tokens"))] == TOKENS and of("answer.label") == "positive"


def test_where_the_loss_is_taken(hand: Elman) -> None:
    where, total = asked(LESSON, 1), asked(LESSON, 1, 1)
    trained = {json.loads((path / "config.json").read_text())["train"]["loss"] for path in READY_MADE.glob("*film-reviews*")}
    assert trained == {"last", "every"}, "both are used"
    where.is_right("both")
    where.misses("last", "every")
    total.is_right(float(hand.losses[-1]))
    total.misses(float(hand.losses.mean()), float(hand.losses.sum()), float(hand.losses[0]))


def test_the_last_loss_reaches_all_copies_but_the_first(hand: Elman) -> None:
    question = asked(LESSON, 2)
    found = norms(hand.copies(LAST))
    assert found[0] == 0 and (found[1:] > 0.1).all() and np.argmax(found) == 6
    question.is_right("all")
    question.misses("last", "near")
    assert "that of copy 7" in question.marked("all")[1]


def test_how_many_losses_reach_a_copy(hand: Elman) -> None:
    question = asked(LESSON, 3)
    reaching = [t for t in range(10) if np.abs(hand.pairs[t, 3]).max() > 0]
    question.is_right(float(len(reaching)))
    question.misses(float(np.sum(np.arange(1, 11) <= 4)), 10.0, 1.0, float(len(reaching) - 1))
    pick = task(LESSON, 3)
    assert pick.until is not None
    for copy, done in ((0, False), (3, True), (4, False), (None, False)):
        assert pick.until.holds(held(looked(LESSON, 3).resolve, chosen(step=9, back=copy))) == done


def test_each_loss_has_its_own_error(hand: Elman) -> None:
    most, same = asked(LESSON, 4), asked(LESSON, 4, 1)
    errors = norms(hand.p - np.eye(2)[1])
    most.is_right(1.0 + np.argmax(errors))
    assert np.argmax(errors) + 1 != 10 and len(set(errors.round(4))) == 10
    most.misses(10.0, 1.0)
    same.is_right("no")
    same.misses("yes", "outputs")


def test_one_sweep(hand: Elman) -> None:
    passes, curve = asked(LESSON, 5), asked(LESSON, 5, 1)
    arriving, sweep = np.zeros(len(hand.W)), np.zeros_like(hand.W)  # one pass, in which the losses join
    reached = np.zeros(10)
    for t in range(9, -1, -1):
        at_state = arriving + EVERY[t] * hand.V.T @ (hand.p[t] - np.eye(2)[1])
        reached[t] = np.sqrt((at_state**2).sum())
        delta = at_state * (1 - hand.h[t + 1] ** 2)
        sweep += np.outer(delta, hand.h[t])
        arriving = hand.W.T @ delta
    np.testing.assert_allclose(sweep, hand.copies(EVERY).sum(0), atol=1e-12)
    passes.is_right(1.0)
    passes.misses(10.0, float(sum(range(1, 11))), 2.0)
    curve.is_right(reached / reached.max())
    curve.misses(np.full(10, 0.7), np.linspace(0.1, 1, 10))


def test_w_changes_once() -> None:
    question = asked(LESSON, 6)
    question.is_right("once")
    question.misses("step", "loss")


def test_which_is_better() -> None:
    question = asked(LESSON, 7)
    runs = {"last": "05-film-reviews", "every": "04-film-reviews-every"}
    saved = {loss: READY_MADE / name for loss, name in runs.items()}
    metrics = {loss: json.loads((path / "metrics.json").read_text()) for loss, path in saved.items()}
    for loss in runs:
        assert question.of(f"twins.{loss}.right") == pytest.approx(metrics[loss]["dev_accuracy"], abs=1e-9)
        assert question.of(f"twins.{loss}.test") == pytest.approx(metrics[loss]["test_accuracy"], abs=1e-9)
    right = {}
    for loss, path in saved.items():
        (file,) = path.glob("readings/*/along.json")
        right[loss] = np.array(json.loads(file.read_text())["along"]["right_at_end"], bool)
    b, c, n = (int(x) for x in (
        (right["every"] & ~right["last"]).sum(), (right["last"] & ~right["every"]).sum(), len(right["last"]),
    ))  # fmt: skip
    assert (question.of("twins.only_every"), question.of("twins.only_last"), question.of("twins.texts")) == (b, c, n)
    middle = (b - c) / (n + 2)  # Agresti and Min 2005: half a text more in each cell
    half = 1.959964 * math.sqrt((b + c + 1) - (b - c) ** 2 / (n + 2)) / (n + 2)
    assert question.of("twins.low") == pytest.approx(middle - half, abs=1e-5)
    assert question.of("twins.high") == pytest.approx(middle + half, abs=1e-5)
    assert middle - half < 0 < middle + half, "the difference may be chance"
    assert metrics["every"]["dev_accuracy"] > metrics["last"]["dev_accuracy"]
    assert metrics["every"]["test_accuracy"] < metrics["last"]["test_accuracy"], "the other way round"
    question.is_right("chance")
    question.misses("every", "last")


def test_it_asks_in_every_way() -> None:
    assert {ask.kind for _, ask in LESSON.asks()} == {"number", "choice", "step", "curve"}
