"""Scores against scikit-learn, spans against seqeval in strict mode."""

import random
import warnings

import numpy as np
import pytest
import seqeval.metrics.v1 as reference
import seqeval.scheme as schemes
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn import metrics as sklearn

from rnn_core import metrics

PREFIXES = {"IOB1": "IB", "IOB2": "IB", "IOBES": "IBES", "BILOU": "IBLU"}


@given(st.integers(1, 400).flatmap(lambda count: st.tuples(st.integers(0, count), st.just(count))))
def test_wilsons_interval_is_scipys(shares: tuple[int, int]) -> None:
    expected = binomtest(*shares).proportion_ci(0.95, "wilson")
    assert metrics.wilson(*shares) == pytest.approx((expected.low, expected.high), abs=1e-12)


@given(st.integers(2, 6), st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=40))
def test_scores_agree_with_scikit_learn(k: int, pairs: list[tuple[int, int]]) -> None:
    truths, answers = np.array(pairs).T % k
    table = metrics.confusion(truths, answers, k)
    labels = [f"c{i}" for i in range(k)]
    ours = metrics.scores(table, labels, loss=0.5)
    assert table.dtype == np.int64
    assert np.array_equal(table, sklearn.confusion_matrix(truths, answers, labels=range(k)))
    every = sklearn.precision_recall_fscore_support(truths, answers, labels=range(k), zero_division=0)
    mine = [(c.precision, c.recall, c.f1, c.support) for c in ours.per_class]
    assert np.allclose(mine, np.array(every).T, rtol=0, atol=1e-12)
    macro = sklearn.precision_recall_fscore_support(truths, answers, average="macro", zero_division=0)[:3]
    assert np.allclose([ours.macro_precision, ours.macro_recall, ours.macro_f1], macro, rtol=0, atol=1e-12)
    assert ours.accuracy == pytest.approx(sklearn.accuracy_score(truths, answers), abs=1e-12)
    assert ours.micro_f1 == pytest.approx(sklearn.f1_score(truths, answers, average="micro"), abs=1e-12)
    assert (ours.headline("accuracy"), ours.headline("f1"), ours.loss) == (ours.accuracy, 0.0, 0.5)


def test_scores_of_nothing_are_zero() -> None:
    nothing = metrics.scores(np.zeros((2, 2), np.int64), ["a", "b"])
    assert (nothing.accuracy, nothing.macro_f1, nothing.per_class[0].f1) == (0.0, 0.0, 0.0)
    spans = metrics.span_scores([["O"]], [["O"]], "IOB2")
    assert (spans.f1, spans.macro_f1, spans.per_type) == (0.0, 0.0, ())


def test_the_share_of_a_class_and_the_only_answer() -> None:
    some = metrics.scores(np.array([[0, 3, 0], [0, 1, 0], [0, 0, 0]]), ["a", "b", "c"])
    assert [some.share_of(label) for label in "abcd"] == [0.75, 0.25, 0.0, 0.0] and some.only_answer == "b"
    assert metrics.scores(np.eye(2, dtype=np.int64), ["a", "b"]).only_answer is None
    assert "dev_only_class" not in some.figures("dev", "b")
    one = metrics.scores(np.array([[3, 1], [0, 0]]), ["a", "b"]).figures("dev", "b")
    assert one["dev_only_class"] == 0 and "dev_only_answer" not in one
    nothing = metrics.scores(np.zeros((2, 2), np.int64), ["a", "b"])
    assert nothing.only_answer is None and nothing.share_of("a") == 0.0


def tag_lists(scheme: str, seed: int, count: int) -> list[list[str]]:
    """Random tags, most of them against the scheme's rules."""
    draw = random.Random(seed)
    tags = ["O"] + [f"{p}-{kind}" for p in PREFIXES[scheme] for kind in ("PER", "LOC", "A-B")] + ["B-", "I"]
    some = [draw.sample(tags, draw.randint(1, len(tags))) for _ in range(count)]
    return [draw.choices(few, k=draw.randint(1, 12)) for few in some]


@pytest.mark.parametrize("scheme", PREFIXES)
def test_spans_agree_with_seqeval(scheme: str) -> None:
    ours = scheme if scheme != "BILOU" else "IOBES"
    for tags in tag_lists(scheme, seed=1, count=4000):
        expected = schemes.Tokens(tags, getattr(schemes, scheme)).entities
        assert metrics.spans(tags, ours) == [(e.tag, e.start, e.end) for e in expected], tags


@pytest.mark.parametrize("scheme", PREFIXES)
def test_span_scores_agree_with_seqeval(scheme: str) -> None:
    for seed in range(60):
        truths = tag_lists(scheme, seed, count=8)
        draw = random.Random(seed)
        answers = [[tag if draw.random() < 0.7 else "O" for tag in tags] for tags in truths]
        how = {"scheme": getattr(schemes, scheme), "zero_division": 0}
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            if not any(metrics.spans(tags, scheme.replace("BILOU", "IOBES")) for tags in truths + answers):
                continue  # seqeval divides by the number of types
            micro, macro = (
                reference.precision_recall_fscore_support(truths, answers, average=average, **how)
                for average in ("micro", "macro")
            )
            report = reference.classification_report(truths, answers, output_dict=True, **how)
        ours = metrics.span_scores(truths, answers, scheme.replace("BILOU", "IOBES"))
        assert [ours.precision, ours.recall, ours.f1, ours.macro_f1] == pytest.approx([*micro[:3], macro[2]], abs=1e-12)
        for one in ours.per_type:
            theirs = report[one.label]
            assert [one.precision, one.recall, one.f1, one.support] == pytest.approx(
                [theirs["precision"], theirs["recall"], theirs["f1-score"], theirs["support"]], abs=1e-12
            )


def test_sentences_of_unequal_number_are_refused() -> None:
    with pytest.raises(ValueError, match="shorter"):
        metrics.span_scores([["O"], ["O"]], [["O"]], "IOB2")


@pytest.mark.parametrize(
    ("sentences", "scheme"),
    [
        (["O B-PER I-PER O", "B-LOC B-LOC", "O O"], "IOB2"),
        (["O I-PER I-PER O", "I-LOC B-LOC I-LOC", "I-LOC I-PER"], "IOB1"),
        (["O B-PER E-PER S-LOC", "B-X I-X I-X E-X", "S-Y"], "IOBES"),
        (["O B-PER L-PER U-LOC"], "IOBES"),
        (["B- I-"], "IOB2"),
        (["O O", "O"], None),
        ([], None),
        ([""], None),
        (["NOUN X SYM VERB"], None),
        (["X SYM", "O"], None),
        (["B I O"], None),
        (["B-PER I-PER", "NOUN"], None),
        (["-LRB- HYPH S"], None),
    ],
)
def test_scheme_is_recognised(sentences: list[str], scheme: str | None) -> None:
    assert metrics.scheme_of(sentence.split() for sentence in sentences) == (scheme, ())


def test_empty_tag_is_a_plain_class() -> None:
    assert metrics.scheme_of([["", "B-X"]]) == (None, ())


def test_mixed_schemes_are_warned_of() -> None:
    scheme, (warning,) = metrics.scheme_of([["B-A", "I-A"], ["B-A"], ["I-A"], ["B-A", "I-B"]])
    assert scheme == "IOB2"
    assert "4 sentences" in warning and "only 2 are valid" in warning
    assert "1 only as IOB1" in warning and "1 under no scheme" in warning
    assert metrics.scheme_of([["I-A", "E-A"]])[0] is None


def test_letters_of_two_schemes_are_warned_of() -> None:
    scheme, (warning,) = metrics.scheme_of([["B-A", "E-A", "S-B"], ["B-A", "L-A"], ["U-A", "O"]])
    assert scheme == "IOBES"
    assert "as in IOBES (2 tags)" in warning and "as in BILOU (2)" in warning and "only" not in warning
    scheme, (valid, letters) = metrics.scheme_of([["B-A", "E-A"], ["U-A"], ["B-A", "O"]])
    assert scheme == "IOBES"
    assert "only 2 are valid" in valid and "as in BILOU (1)" in letters


@pytest.mark.parametrize("scheme", metrics.SCHEMES)
def test_written_scheme_is_read_back(scheme: str) -> None:
    draw = random.Random(3)
    texts = []
    for _ in range(200):
        tags: list[str] = []
        previous = ""
        for _ in range(draw.randint(1, 5)):
            kind, length = draw.choice("OAB"), draw.randint(1, 4)
            if kind == "O":
                tags += ["O"] * length
            else:
                inside = [f"I-{kind}"] * length
                if scheme != "IOB1" or kind == previous:
                    inside[0] = f"B-{kind}"
                if scheme == "IOBES":
                    inside[-1] = f"E-{kind}" if length > 1 else f"S-{kind}"
                tags += inside
            previous = kind
        texts.append(tags)
    assert metrics.scheme_of(texts) == (scheme, ())
