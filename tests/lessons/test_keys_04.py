"""The answers of the lesson on backpropagation by hand, found again with NumPy, and its script run."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rnn_core.lessons.expressions import Table
from rnn_core.lessons.quantities import held
from rnn_core.views import view
from tests.lessons.asked import asked, lesson, looked
from tests.lessons.elman import Elman, elman, norms

LESSON = lesson("04-backwards-by-hand")
TOKENS = ["<sos>", "not", "so", "good", "<eos>"]
LAST, EVERY = np.array([0, 0, 0, 0, 1.0]), np.full(5, 0.2)


@pytest.fixture(scope="module")
def hand() -> Elman:
    return elman(looked(LESSON, 1).run.path, TOKENS, 0)


@pytest.mark.parametrize(("loss", "weights"), [("last", LAST), ("every", EVERY)])
def test_quantities(hand: Elman, loss: str, weights: np.ndarray) -> None:
    of = held(looked(LESSON, 1, loss=loss).resolve)
    copies = hand.copies(weights)
    for name, wanted in {
        "weights.W": hand.W, "weights.V": hand.V, "state": hand.h[1:], "delta": np.einsum("t,tia->ia", weights, hand.delta),
        "at_state": np.einsum("t,tia->ia", weights, hand.at_state), "copies.entry": copies, "copies.norm": norms(copies),
        "copies.whole": np.linalg.norm(copies.sum(0)), "readout": hand.p, "loss.at": hand.losses,
        "reached": norms(np.einsum("t,tia->ia", weights, hand.at_state)),
    }.items():  # fmt: skip
        value = of(name)
        np.testing.assert_allclose(value.values if isinstance(value, Table) else np.asarray(value), wanted, rtol=2e-5, atol=1e-7)
    assert list(np.asarray(of("text.tokens"))) == TOKENS and of("network.units") == 3 and of("parameters.W") == 9


def test_the_error_at_the_end(hand: Elman) -> None:
    p = float(hand.p[4, 0])
    question = asked(LESSON, 1)
    question.is_right(p - 1)
    question.misses(p, 1 - p, float(-np.log(p)))


def test_one_copy(hand: Elman) -> None:
    product, entry = asked(LESSON, 2), asked(LESSON, 2, 1)
    assert np.outer(hand.delta[4, 4], hand.h[4]).shape == hand.W.shape
    product.is_right("outer")
    product.misses("elementwise", "inner")
    delta, before, after = hand.delta[4, 4], hand.h[4], hand.h[5]
    entry.is_right(float(np.outer(delta, before)[0, 1]))
    entry.misses(*(float(one) for one in (
        (delta * before)[0], (delta * before)[1], np.outer(delta, before)[1, 0], np.outer(delta, after)[0, 1],
    )))  # fmt: skip


def test_one_step_back(hand: Elman) -> None:
    question, delta = asked(LESSON, 3), hand.delta[4, 4]
    question.is_right(float((hand.W.T @ delta)[0]))
    question.misses(float((hand.W @ delta)[0]), float((hand.W * delta)[0, 0]))


def test_which_copy_gets_nothing(hand: Elman) -> None:
    nothing, curve = asked(LESSON, 4), asked(LESSON, 4, 1)
    found = norms(hand.copies(LAST))
    assert [step for step in range(1, 6) if found[step - 1] == 0] == [1] and np.abs(hand.delta[4, 0]).max() > 0
    nothing.is_right(1.0)
    nothing.misses(5.0, float(2 + np.argmin(found[1:4])))
    drawn = found / found.max()
    curve.is_right(drawn)
    curve.misses(np.full(5, 0.5), LAST, np.linspace(1, 0.1, 5))


def test_which_copy_gets_the_most(hand: Elman) -> None:
    question = asked(LESSON, 5)
    found = norms(hand.copies(EVERY))
    question.is_right(1.0 + np.argmax(found))
    assert np.argmax(norms(np.einsum("t,tia->ia", EVERY, hand.at_state))) == 0, "the first state gets the largest gradient"
    assert [int((np.abs(hand.pairs[:, i]).max((1, 2)) > 0).sum()) for i in (1, 4)] == [4, 1], "losses that reach a copy"
    question.misses(1.0, 5.0, 3.0)


def test_all_copies_add_up(hand: Elman) -> None:
    entry, length = asked(LESSON, 6), asked(LESSON, 6, 1)
    copies = hand.copies(EVERY)
    entry.is_right(float(copies.sum(0)[0, 1]))
    entry.misses(float(copies[4, 0, 1]), float(np.abs(copies[:, 0, 1]).sum()), float(copies[:, 0, 1].mean()))
    whole, each = np.linalg.norm(copies.sum(0)), norms(copies)
    assert each.max() < whole < each.sum()
    length.is_right("0")
    length.misses("1", "2", "3")
    share = (copies[1] * copies.sum(0)).sum() / whole**2
    assert share < 0 and length.of("copies.share")[1] == pytest.approx(share, rel=1e-4)


def test_the_script_prints_the_numbers_of_the_lesson(hand: Elman, tmp_path: Path) -> None:
    here = looked(LESSON, 7)
    shown = view("numpy-script")
    source = shown.answer(here.resolve(shown.needs)).source

    def printed(script: str) -> dict[str, float]:
        file = tmp_path / "backwards.py"
        file.write_text(script, encoding="utf-8")
        out = subprocess.run([sys.executable, "-I", str(file)], capture_output=True, text=True, check=True).stdout
        return {name: float(value) for name, value in re.findall(r"^(norm of .+) = (\S+)$", out, re.MULTILINE)}

    found = printed(source)
    for step, wanted in enumerate(norms(hand.copies(EVERY)), 1):
        assert found[f"norm of dL/dW|({step})"] == pytest.approx(wanted, rel=1e-7)
    changed = re.sub(r"^w = \[.+?\]", "w = [0, 0, 0, 0, 1]", source, flags=re.MULTILINE)
    assert changed != source
    last, question = printed(changed), asked(LESSON, 7)
    question.is_right(last["norm of dL/dW"])
    copies = norms(hand.copies(LAST))
    question.misses(found["norm of dL/dW"], float(copies[4]), float(copies.sum()))


def test_it_asks_in_every_way() -> None:
    assert {ask.kind for _, ask in LESSON.asks()} == {"number", "choice", "step", "curve"}
