"""Each baseline against scikit-learn, or its definition; scored as networks are, and saved beside a run."""

import json
from collections import Counter
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from sklearn.dummy import DummyClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, f1_score

from rnn_core import baselines, tasks
from rnn_core.analysis.compared import compared
from rnn_core.baselines import bag_of_words
from rnn_core.config import DataConfig
from rnn_core.data.examples import Example
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.workspace import Workspace, datasets
from rnn_core.workspace import baselines as saved
from tests.commands.running import REVIEWS
from tests.tiny import saved_run

LABELS = ("bad", "good", "so so")


class Known(NamedTuple):
    """Labels, and words that a model may need."""

    labels: tuple[str, ...] = ()
    vocabulary: Vocabulary = Vocabulary((), ())


def example(text: str, target: str | tuple[str, ...]) -> Example:
    return Example(text, tuple(text.split()), target, "a line")


@given(some.lists(some.sampled_from(LABELS), min_size=1))
def test_the_majority_is_that_of_scikit_learn(targets: list[str]) -> None:
    model = baselines.model("majority", DataConfig())
    examples = [example("a film", target) for target in targets]
    model.fit([examples[:2], examples[2:]], [], Known(LABELS))
    counts = Counter(targets)
    most = {label for label in counts if counts[label] == max(counts.values())}
    expected = DummyClassifier(strategy="most_frequent").fit([[0]] * len(targets), targets).predict([[0]])[0]
    answer = LABELS[model.answers([example("never read", "good")])[0]]
    assert answer in most and (len(most) > 1 or answer == expected)
    assert model.answers([example("one two three", ("A", "B", "A"))]) == [[LABELS.index(answer)] * 3]


def texts(rng: np.random.Generator, count: int) -> list[Example]:
    words = {
        "good": ["fine", "great", "lovely", "film", "plot"], "bad": ["dull", "poor", "awful", "film", "plot"],
        "so so": ["film", "plot"],
    }  # fmt: skip
    found = []
    for _ in range(count):
        label = LABELS[rng.integers(3)]
        found.append(example(" ".join(rng.choice(words[label], rng.integers(2, 9))), label))
    return found


@pytest.mark.parametrize("with_dev", [True, False])
def test_the_bag_of_words_is_that_of_scikit_learn_by_its_own_way(with_dev: bool) -> None:
    rng = np.random.default_rng(0)
    train, dev, test = texts(rng, 300), texts(rng, 60), texts(rng, 60)
    model = baselines.model("bag_of_words", DataConfig())
    model.fit([train[:100], train[100:]], [dev] if with_dev else [], Known(LABELS))
    vectorizer = TfidfVectorizer(token_pattern=r"\S+", ngram_range=(1, 2), sublinear_tf=True, lowercase=False)
    x, y = vectorizer.fit_transform([e.text for e in train]), [LABELS.index(str(e.target)) for e in train]
    fitted = [LogisticRegression(C=c, max_iter=1000).fit(x, y) for c in (bag_of_words.STRENGTHS if with_dev else (1.0,))]
    on_dev = [np.mean(one.predict(vectorizer.transform([e.text for e in dev])) == [LABELS.index(str(e.target)) for e in dev])
              for one in fitted]  # fmt: skip
    expected = fitted[int(np.argmax(on_dev))].predict(vectorizer.transform([e.text for e in test]))
    assert np.mean(np.array(model.answers(test)) == expected) >= 59 / 60  # float32 against float64


def test_capitals_count_only_where_the_data_say_so() -> None:
    train = [example("GOOD film", "good"), example("good plot", "bad")] * 5
    for lowercase, same in ((True, True), (False, False)):
        model = baselines.model("bag_of_words", DataConfig(lowercase=lowercase))
        model.fit([train], [], Known(LABELS[:2]))
        a, b = model.answers([example("GOOD", "good"), example("good", "good")])
        assert (a == b) == same


def test_of_very_many_texts_some_with_equal_distances_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    model = bag_of_words.Baseline(DataConfig())
    numbered = [example(f"text {i}", "good") for i in range(1000)]
    for most in (1, 7, 100, 600, 2000):
        kept = [int(tokens[1]) for tokens, _ in zip(*model._spread([numbered], most), strict=True)]
        distances = set(np.diff(kept).tolist())
        assert kept[0] == 0 and len(distances) <= 1 and min(most, 1000) <= len(kept) <= max(2 * most, 1)
        assert 1000 - kept[-1] <= max(distances, default=1000)


@given(some.lists(some.lists(some.tuples(some.sampled_from("abcdAB"), some.sampled_from("XYZ")), min_size=1), min_size=1))
@settings(max_examples=50)
def test_the_most_frequent_tag_of_each_word(sentences: list[list[tuple[str, str]]]) -> None:
    labels = ("X", "Y", "Z")
    model = baselines.model("frequent_tag", DataConfig())
    model.fit([[example(" ".join(w for w, _ in s), tuple(t for _, t in s)) for s in sentences]], [], Known(labels))
    flat = [pair for s in sentences for pair in s]
    words = Counter(w for w, _ in flat)

    def most(tags: list[str]) -> str:
        return max(labels, key=lambda label: (tags.count(label), -labels.index(label)))

    rare = [t for w, t in flat if words[w] == 1]
    for word in "abcdABCDq":
        known = word if word in words else word.lower()
        expected = most([t for w, t in flat if w == known]) if known in words else most(rare or [t for _, t in flat])
        assert labels[model.answers([example(word, ("X",))])[0][0]] == expected, word


def test_scores_are_those_of_scikit_learn(tmp_path: Path) -> None:
    data = datasets.read(tmp_path, {"train": Path(REVIEWS)}, DataConfig(task="classify"), "reviews")
    found = {one.name: one.figures for one in compared(data)}
    assert [*found] == list(tasks.of(data.config).baselines)
    for name, told in found.items():
        model = baselines.model(name, data.config)
        model.fit(data.pieces("train"), data.pieces("dev"), data)
        for split in ("dev", "test"):
            examples = data.examples(split)
            truth, answers = [e.target for e in examples], [data.labels[i] for i in model.answers(examples)]
            assert told[f"{split}_accuracy"] == pytest.approx(accuracy_score(truth, answers))
            assert told[f"{split}_macro_f1"] == pytest.approx(f1_score(truth, answers, average="macro", zero_division=0))


@pytest.mark.parametrize("damage", ["[]", "{", json.dumps({"format": 1, "baselines": [{"name": "majority"}]}), '{"format": 2}'])
def test_what_is_damaged_is_fitted_again(workspace: Workspace, damage: str) -> None:
    run = saved_run(workspace)
    (run.path / saved.NAME).write_text(damage)
    assert saved.load(run) is None
