"""Linear readouts: leaving a vector out by the formula against fitting without it, the area against scikit-learn, and texts."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.metrics import r2_score, roc_auc_score

from rnn_core.data.probing import LEAST, PENALTIES, area, basis_of, probe, read_out
from rnn_core.data.vocabulary import UNK


@pytest.mark.parametrize("width", [3, 60])
def test_a_left_out_vector_is_read_by_a_fit_without_it(width: int) -> None:
    """Also where a vector has more numbers than there are vectors, and one of them is constant."""
    rng = np.random.default_rng(width)
    vectors, wanted = rng.normal(size=(40, width)) * rng.uniform(0.1, 9, width), rng.normal(size=(40, 2)) + 3
    vectors[:, 1] = 5.0
    wanted[:, 0] += vectors[:, 0]
    found = read_out(basis_of(vectors), wanted)
    spread = vectors.std(0)
    scaled = (vectors - vectors.mean(0)) / np.where(spread > 0, spread, 1)

    def left_out(penalty: float) -> np.ndarray:
        rows = [np.delete(np.arange(40), i) for i in range(40)]
        fits = [Ridge(penalty).fit(scaled[some], wanted[some]) for some in rows]
        return np.array([fit.predict(scaled[i : i + 1])[0] for i, fit in enumerate(fits)])

    every = {penalty * 40: left_out(penalty * 40) for penalty in PENALTIES}
    errors = {penalty: ((wanted - values) ** 2).sum() for penalty, values in every.items()}
    assert found.penalty == min(errors, key=errors.__getitem__)
    np.testing.assert_allclose(found.values, every[found.penalty], atol=1e-8)


def test_the_area_is_that_of_scikit_learn() -> None:
    rng = np.random.default_rng(0)
    for _ in range(5):
        values, true = rng.integers(0, 6, 50) / 2, rng.random(50) < 0.4
        assert area(values, true) == pytest.approx(roc_auc_score(true, values))


def test_what_vectors_hold_is_found_and_what_they_do_not_is_not() -> None:
    """Vectors that hold the length and the first token, and nothing of the others."""
    rng = np.random.default_rng(1)
    texts = [rng.integers(4, 10, rng.integers(1, 7)).tolist() for _ in range(400)]
    texts[0][0] = UNK
    lengths = np.array([len(text) for text in texts])
    first = np.eye(10)[[text[0] for text in texts]] + rng.normal(size=(400, 10)) * 0.05
    vectors = np.column_stack((lengths + rng.normal(size=400) * 0.1, first))
    found = probe(vectors, texts)
    assert found is not None and (found.sources, found.numbers, found.words) == (400, 11, 6)
    values = read_out(basis_of(vectors), lengths[:, None].astype(float)).values[:, 0]
    assert found.explained == pytest.approx(r2_score(lengths, values)) and found.explained > 0.98
    assert found.off == pytest.approx(np.abs(lengths - values).mean()) and found.off < 0.15 < found.off_mean
    assert [one.place for one in found.places] == [1, 2, 3, 4, 5] and all(one.sources >= LEAST for one in found.places)
    assert found.places[0].right > 0.98 > 0.4 > found.places[1].right
    second = [text[1] for text in texts if len(text) > 1]
    assert found.places[1].sources == len(second)
    assert found.places[1].commonest == pytest.approx(max(map(second.count, second)) / len(second))
    presence = np.array([[word in text for word in range(4, 10)] for text in texts], float)
    areas = [roc_auc_score(presence[:, i], read_out(basis_of(vectors), presence).values[:, i]) for i in range(6)]
    assert found.found == pytest.approx(np.mean(areas))


def test_few_texts_and_texts_of_one_kind() -> None:
    vectors = np.random.default_rng(2).normal(size=(120, 3))
    assert probe(vectors[:99], [[4]] * 99) is None
    found = probe(vectors, [[4, 5]] * 120)
    assert found is not None and found.words == 0 and found.found is None and np.isnan(found.explained)
    assert [one.right for one in found.places] == [1.0, 1.0]
    nothing = probe(np.zeros((120, 3)), [[4 + i % 2] * (1 + i % 3) for i in range(120)])
    assert nothing is not None and nothing.explained <= 0 and nothing.off >= nothing.off_mean
