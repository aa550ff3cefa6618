"""The answers of the lesson on truncation, found again with NumPy from the weights."""

import numpy as np
import pytest

from rnn_core.lessons import Shown
from rnn_core.lessons.expressions import Table
from rnn_core.lessons.quantities import held
from rnn_core.views import view
from tests.lessons.asked import asked, lesson, looked, task
from tests.lessons.elman import Elman, cosine, elman, norms

LESSON = lesson("06-truncation-vanishing-exploding")
TEXT = "the story is slow and the music is dull , but the end is a great surprise"
TOKENS = ["<sos>", *TEXT.split(), "<eos>"]
T, LAST, EVERY = len(TOKENS), np.eye(len(TOKENS))[-1], np.full(len(TOKENS), 1 / len(TOKENS))
LOSS, COPY = np.indices((T, T))


@pytest.fixture(scope="module")
def hand() -> Elman:
    return elman(looked(LESSON, 1).run.path, TOKENS, 1)


def window(k: int) -> np.ndarray:
    """Which pairs of a loss and a copy it keeps."""
    return (COPY <= LOSS) & (k > LOSS - COPY)


def chunks(k: int) -> np.ndarray:
    return (COPY <= LOSS) & (LOSS // k == COPY // k)


@pytest.mark.parametrize(("loss", "weights"), [("last", LAST), ("every", EVERY)])
def test_what_cuts_leave(hand: Elman, loss: str, weights: np.ndarray) -> None:
    of = held(looked(LESSON, 1, loss=loss).resolve)
    whole = hand.copies(weights).sum(0)
    for name, keeps in {"window": window, "chunks": chunks}.items():
        left = [hand.kept(weights, keeps(k)) for k in range(1, T + 1)]
        np.testing.assert_allclose(np.asarray(of(f"{name}.length")), norms(np.array(left)), rtol=1e-4)
        np.testing.assert_allclose(np.asarray(of(f"{name}.cosine")), [cosine(one, whole) for one in left], rtol=1e-4)
        counted = [float(keeps(k)[weights > 0].sum()) for k in range(1, T + 1)]
        assert np.asarray(of(f"{name}.kept")).tolist() == counted


def test_quantities(hand: Elman) -> None:
    of = held(looked(LESSON, 1).resolve)
    copies = hand.copies(LAST)
    steps = range(1, T + 1)
    reach = np.array([[np.linalg.norm(hand.jacobian(t, k), 2) if k <= t else 0 for k in steps] for t in steps])
    whole = np.concatenate((copies.sum(0).ravel(), np.einsum("t,tip->p", LAST, hand.rest)))
    for name, wanted in {
        "copies.norm": norms(copies), "copies.whole": np.linalg.norm(copies.sum(0)), "reach": reach,
        "reached": norms(hand.at_state[-1]), "gradient.norm": np.linalg.norm(whole), "gradient.limit": 5.0,
    }.items():  # fmt: skip
        value = of(name)
        np.testing.assert_allclose(value.values if isinstance(value, Table) else np.asarray(value), wanted, rtol=2e-4, atol=1e-9)
    assert [str(token) for token in np.asarray(of("text.tokens"))] == TOKENS


def test_the_state_goes_on(hand: Elman) -> None:
    question = asked(LESSON, 1)
    question.is_right("gradient")
    question.misses("both", "state")
    shown = next(block for block in LESSON.steps[0].blocks if isinstance(block, Shown))
    cut = view(shown.name)
    found = cut.answer(looked(LESSON, 1).resolve(cut.needs), cut.controls(label="positive", **shown.controls))
    assert found.size == 5 and found.carried_moved == pytest.approx(0, abs=1e-9), "the state is that of the uncut text"
    separate = []
    for first in range(0, T, 5):
        separate.append(elman(looked(LESSON, 1).run.path, TOKENS[first : first + 5], 1).h[1:])
    np.testing.assert_allclose(found.moved, norms(np.concatenate(separate) - hand.h[1:]), atol=1e-6)
    assert found.moved.max() > 0.1


def test_which_copies_the_last_loss_reaches() -> None:
    first, earlier = asked(LESSON, 2), asked(LESSON, 2, 1)
    kept = np.flatnonzero(chunks(5)[-1]) + 1
    assert kept.tolist() == [16, 17, 18, 19]
    first.is_right(float(kept[0]))
    first.misses(float(np.flatnonzero(window(5)[-1])[0] + 1), 2.0, 19.0)
    earlier.is_right("nothing")
    earlier.misses("same", "less", "lost")
    assert np.flatnonzero(chunks(6)[-1]).tolist() == [T - 1] and TOKENS[-1] == "<eos>", "that chunk is <eos> alone"


def test_a_chunk_trains_w_all_the_same(hand: Elman) -> None:
    assert np.abs(hand.kept(LAST, chunks(5))).max() > 0.1


def test_how_much_a_window_keeps(hand: Elman) -> None:
    question = asked(LESSON, 3)
    share = 100 * np.linalg.norm(hand.kept(LAST, window(5))) / np.linalg.norm(hand.copies(LAST).sum(0))
    nearest = min(question.ask.options, key=lambda option: abs(float(option) - share))
    question.is_right(nearest)
    assert nearest == "90" and round(100 * 5 / T) == 26
    for other in {*question.ask.options} - {nearest}:
        right, said = question.marked(other)
        assert not right and said == question.ask.wrongs[0][1].filled(question.of)
    assert task(LESSON, 3).controls == {"window": 10}


def test_it_vanishes_but_not_as_a_whole(hand: Elman) -> None:
    curve, whole = asked(LESSON, 4), asked(LESSON, 4, 1)
    reached = norms(hand.at_state[-1])
    assert reached[0] < 1e-4 * reached[-1] and np.linalg.norm(hand.copies(LAST).sum(0)) > 1
    curve.is_right(reached / reached.max())
    curve.misses(np.full(T, 0.6), np.linspace(1, 0, T))
    whole.is_right("no")
    whole.misses("yes", "stops")


def test_relu_explodes_and_this_network_does_not() -> None:
    question = asked(LESSON, 5)
    h, factor = 1.0, 1.0
    for _ in range(T - 1):  # one unit with ReLU that stays active
        h = max(1.5 * h, 0)
        factor *= 1.5 * (h > 0)
    question.is_right(factor)
    question.misses(1.5 * (T - 1), factor * 1.5, 1.5)
    exploding, wanted = view("exploding"), task(LESSON, 5).controls
    found = exploding.answer(looked(LESSON, 5).resolve(exploding.needs), exploding.controls(label="positive", **wanted))
    assert found.found.scale == 5 and found.found.lengths[0] < found.found.lengths[-1], "it fades, as the lesson says"


def test_a_cut_cures_nothing(hand: Elman) -> None:
    question = asked(LESSON, 6)
    question.is_right("no")
    question.misses("yes", "first")
    factor = 1
    for _ in range(1, 5):  # a window of 5 states has 4 steps between them
        factor *= 10
    assert f"{factor:,}" in question.marked("no")[1]
    assert cosine(hand.kept(LAST, window(5)), hand.copies(LAST).sum(0)) < 0.999, "the cut turns the gradient"


def test_clipping(hand: Elman) -> None:
    factor, direction = asked(LESSON, 7), asked(LESSON, 7, 1)
    whole = np.concatenate((hand.copies(LAST).sum(0).ravel(), np.einsum("t,tip->p", LAST, hand.rest)))
    norm = float(np.linalg.norm(whole))
    assert norm > 5
    factor.is_right(5 / norm)
    factor.misses(norm - 5, 5.0, norm / 5)
    assert cosine(whole * 5 / norm, whole) == pytest.approx(1) and cosine(np.clip(whole, -0.5, 0.5), whole) < 0.99
    direction.is_right("kept")
    direction.misses("turned", "random")
    assert task(LESSON, 7).controls == {"clip": 1.0}


def test_it_asks_in_every_way() -> None:
    assert {ask.kind for _, ask in LESSON.asks()} == {"number", "choice", "step", "curve"}
