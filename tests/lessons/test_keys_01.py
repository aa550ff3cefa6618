"""Words to matrix: its keys and numbers, counted by hand and by a network in plain NumPy."""

import numpy as np
import pytest

from rnn_core.lessons import Shown
from tests.lessons.numpy_net import Net, Question, lesson, questions, said

LESSON = lesson("01-words-to-matrix")
NET = Net("film-reviews-elman")
TEXTS = [
    ["Great", "movie"], ["a", "slow", "start", ",", "but", "a", "great", "end"], ["the", "film", "was", "not", "good"],
    ["I", "loved", "every", "minute", "of", "this", "story"],
]  # fmt: skip
N = len({word.lower() for text in TEXTS for word in text}) + 4
L = max(map(len, TEXTS)) + 2
PADS = L - len(TEXTS[0]) - 2
BIG = len(NET.words)


@pytest.fixture(scope="module")
def asked() -> list[Question]:
    return questions(LESSON)


def test_the_example_is_that_of_the_course() -> None:
    assert (N, L, N * L, PADS) == (24, 10, 240, 6)
    assert LESSON.given["text"] == " ".join(TEXTS[0])
    further = [" ".join(text).replace(" ,", ",") for text in TEXTS[1:]]
    assert [one.strip() for one in LESSON.given["more"].split("|")] == further


def test_the_indices(asked: list[Question]) -> None:
    indices = NET.read(TEXTS[0]).indices
    assert asked[0].key == 4
    asked[0].right(4, "There are 2 words", f"{', '.join(map(str, indices))}.")
    asked[0].wrong(2, "the words alone")
    asked[0].wrong(len("Greatmovie"), "letters")
    assert f"holds {BIG:,} words" in said(LESSON, 1)


def test_the_curve_of_indices(asked: list[Question]) -> None:
    indices = np.array(NET.read(["the", "film", "was", "a", "delight"]).indices, float)
    np.testing.assert_allclose(np.asarray(asked[1].key), indices / indices.max())
    asked[1].right(indices / indices.max(), "rarest")
    asked[1].wrong(np.arange(1, 8) / 7, "not the place in the text")
    asked[1].wrong([0, 0, 0, 0, 0.2, 0.1, 1], f"its index is {int(indices[-1])}.")
    asked[1].wrong([0, 1, 0.5, 0.5, 0.9, 0.1, 0], "“the” is the most frequent word")
    assert NET.words[4] == "the" or indices[1] < indices[2:6].min()


def test_the_distance_of_one_hot_vectors(asked: list[Question]) -> None:
    great, movie = NET.read(TEXTS[0]).indices[1:3]
    vectors = np.zeros((2, BIG))
    vectors[[0, 1], [great, movie]] = 1
    distance = float(np.linalg.norm(vectors[0] - vectors[1]))
    assert asked[2].key == pytest.approx(distance)
    asked[2].right(distance, f"{distance:.4g}")
    assert asked[2].marked(distance, 2).right
    asked[2].wrong(great - movie, "the difference of the indices")
    asked[2].wrong(float(((vectors[0] - vectors[1]) ** 2).sum()), "The distance is its root")
    asked[2].wrong(1, "differ at two places")
    asked[2].wrong(0, "different places")
    words = said(LESSON, 3)
    assert f"the index {great} and “movie” {movie}" in words and f"would be {great / movie:.4g} times" in words


def test_the_columns(asked: list[Question]) -> None:
    small, own = asked[3], asked[4]
    assert small.key == N * L and own.key == BIG * L
    small.right(N * L, f"{L} × {N} = {N * L} columns, of which {L} hold a 1", f"has {L} indices")
    small.wrong(L, f"writes {N} numbers for each place")
    small.wrong(N, "That is one place")
    small.wrong(L + N, "multiply")
    small.wrong(len(TEXTS) * L * N, f"all {len(TEXTS)} rows")
    own.right(BIG * L, f"{L} × {BIG:,} = {BIG * L:,} columns, against {L} indices")
    own.wrong(L, "does not grow")
    own.wrong(BIG, "one place")
    own.wrong(N * L, f"with {N} words")
    words = said(LESSON, 4)
    assert f"longest has {L} steps" in words and f"vocabulary of {N} words" in words


def test_what_is_stored(asked: list[Question]) -> None:
    asked[5].right("indices")
    asked[5].wrong("onehot", f"{L * BIG:,} numbers, of which {L * BIG - L:,} are 0")
    asked[5].wrong("sparse", "The index is enough")
    rows, columns = NET.weights["embedding"].shape
    assert f"a row of {columns} learnt numbers for each word: {rows * columns:,} numbers" in said(LESSON, 5)


def test_the_pads(asked: list[Question]) -> None:
    alone, padded = NET.read(TEXTS[0]), NET.read(TEXTS[0], PADS)
    label = int(alone.p[-1].argmax())
    bare, read = alone.p[-1, label], padded.p[-1, label]
    assert abs(bare - read) > 0.1
    assert float(asked[6].quantities("padded.read")) == pytest.approx(read, abs=1e-5)  # type: ignore[arg-type]
    assert float(asked[6].quantities("padded.masked")) == pytest.approx(bare, abs=1e-5)  # type: ignore[arg-type]
    asked[6].right("changes", f"goes from {bare:.4g} to {read:.4g}", f"Then the probability is {bare:.4g}")
    asked[6].wrong("same", f"at {PADS} more steps. The probability becomes {read:.4g}")
    words = said(LESSON, 6)
    assert f"gets {PADS} pads to reach {L} places" in words and f"with the probability {bare:.4g}" in words
    assert asked[7].key == len(alone.indices)
    asked[7].right(4, f"The pads would be the steps 5 to {L}")
    for step, words in ((1, "Nothing of the text"), (2, "second word"), (3, "`<eos>` is a true step")):
        asked[7].wrong(step, words)
    (view,) = [block for block in LESSON.steps[5].blocks if isinstance(block, Shown)]
    assert view.controls == {"pads": PADS}


def test_a_text_of_ones_own() -> None:
    tokens = ["a", "zorbly", "film", "with", "a", "quux"]
    own, indices = questions(LESSON, text=" ".join(tokens))[8], NET.read(tokens).indices
    question = own.ask.question.filled(own.quantities)
    assert f"has {len(indices)} steps; unknown tokens: {indices.count(1)}" in question
    assert f"{', '.join(map(str, indices))}. How" in question and indices.count(1) == 2
    options = {name: words.filled(own.quantities) for name, words in own.ask.options.items()}
    assert options["indices"] == str(len(indices)) and options["own"] == f"{len(indices) * BIG:,}"
    own.right("own", f"{len(indices)} × {BIG:,}")
    own.wrong("indices", f"place of {BIG:,} columns")
    own.wrong("more", "one of the")
