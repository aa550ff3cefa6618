"""The scores of translations in detail, against sacrebleu and plain Python."""

import itertools
import random
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import sacrebleu
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.data import judging
from rnn_core.data.examples import Text
from rnn_core.data.judging import Translated, detail, groups_of, repeated
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.results import Corpus, TranslationDetail

READ = Vocabulary.build([["a", "b", "c", "d", "."]], 10)
WRITE = Vocabulary.build([["A", "B", "C", "D", "Rome", "."]], 10)


def translated(source: str, hypothesis: str, *references: str, ended: bool = True, received: Any = None) -> Translated:
    texts = tuple(Text(one, tuple(one.split())) for one in references)
    return Translated(source, tuple(source.split()), hypothesis, tuple(hypothesis.split()), ended, 0, texts, received)


def told(some: list[Translated]) -> TranslationDetail:
    return detail(some, READ, WRITE, "word", " ", 200, False, np.zeros((len(some), 2)))


def random_ones(count: int, seed: int = 0) -> list[Translated]:
    rng = random.Random(seed)

    def text(words: str, least: int = 1) -> str:
        return " ".join(rng.choice(words) for _ in range(rng.randint(least, 9)))

    found = {text("abcd.xy"): None for _ in range(count)}
    return [translated(source, text("ABCDx"), *{text("ABCDx", 4): None for _ in range(rng.randint(1, 3))}) for source in found]


def by_sacrebleu(some: list[Translated]) -> Corpus:
    most = max(len(one.references) for one in some)
    streams: Any = [[one.right[i] if i < len(one.right) else None for one in some] for i in range(most)]
    hypotheses = [one.hypothesis for one in some]
    bleu = sacrebleu.corpus_bleu(hypotheses, streams)
    exact = [one.hypothesis in one.right for one in some]
    return Corpus(len(some), bleu.score, tuple(bleu.precisions), bleu.bp, sacrebleu.corpus_chrf(hypotheses, streams).score,
                  sum(exact) / len(exact))  # fmt: skip


def test_each_group_of_lengths_has_the_scores_of_its_sources_alone() -> None:
    some = random_ones(200)
    groups = told(some).lengths
    assert sum(group.scores.sources for group in groups) == len(some) and len(groups) > 3
    for group in groups:
        own = [one for one in some if group.first <= len(one.text.split()) <= group.last]
        assert group.scores == by_sacrebleu(own)
        p, bleu = group.scores.precisions, group.scores.bleu
        assert bleu == pytest.approx(group.scores.brevity * np.prod(p) ** 0.25), "the formula on the page"


def test_bleu_without_four_tokens_is_not_defined() -> None:
    (group,) = told([translated("a", "A", "A"), translated("b", "B C", "B D")]).lengths
    assert group.scores.bleu is None and group.scores.exact == 0.5 and group.scores.chrf > 0


@given(st.lists(st.integers(1, 40), min_size=1, max_size=300))
def test_groups_of_lengths_hold_all_and_are_not_small(lengths: list[int]) -> None:
    groups = groups_of(np.array(lengths))
    assert [first for first, _ in groups] == sorted(first for first, _ in groups)
    assert all(last < first for (_, last), (first, _) in itertools.pairwise(groups)) and len(groups) <= judging.GROUPS + 1
    sizes = [sum(first <= length <= last for length in lengths) for first, last in groups]
    assert sum(sizes) == len(lengths)
    assert all(size >= len(lengths) / judging.GROUPS for size in sizes[:-1])
    assert sizes[-1] >= len(lengths) / judging.GROUPS / 2


def test_unknown_tokens_are_counted_as_they_should_be_copied() -> None:
    some = [
        translated("a Rome .", "A Rome .", "A Rome .", "B Rome ."),  # copied, rightly
        translated("b Paris .", "B C .", "B Paris ."),  # cannot be written
        translated("c Rome Rome", "C D .", "C Rome D"),  # twice; missed
        translated("d x", "D x D D", "D y"),  # copied, wrongly
        translated("a b", "A B", "A B"),
    ]
    found = told(some).unknown
    assert (found.tokens, found.writable, found.wanted, found.written, found.right, found.reachable) == (5, 3, 4, 2, 1, 3)
    assert found.having == by_sacrebleu(some[:4]) and found.without is not None
    assert replace(found.without, bleu=0.0) == replace(by_sacrebleu(some[4:]), bleu=0.0)
    marks = {one.source: dict(zip(one.tokens, one.values, strict=True)) for one in found.examples}
    assert marks == {"b Paris .": {"Paris": 1}, "c Rome Rome": {"Rome": 1}, "a Rome .": {"Rome": 1}, "d x": {"x": 0}}
    assert [one.source for one in found.examples][:2] == ["b Paris .", "c Rome Rome"], "those to be copied that are not"
    assert told(some[4:]).unknown.having is None and told(some[:4]).unknown.without is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("a b c", {}), ("a a", {1: 1}), ("a a a a", {1: 3}), ("a b a b", {2: 1}), ("a b a b a", {2: 2}), ("x a b c a b c", {3: 1}),
     ("a a b a a b", {1: 2, 3: 1}), ("a b c d a b c d e", {4: 1}), ("", {}), ("a b c d e a b c d e", {})],
)  # fmt: skip
def test_repeated_n_grams(text: str, wanted: dict[int, int]) -> None:
    assert {n: len(found) for n in range(1, 5) if (found := repeated(text.split(), n))} == wanted


@given(st.lists(st.sampled_from("ab"), max_size=30), st.integers(1, 4))
def test_repeated_n_grams_by_slices_of_text(letters: list[str], n: int) -> None:
    text = "".join(letters)
    found = [text[i : i + n] for i in range(len(text)) if i + 2 * n <= len(text) and text[i : i + n] * 2 == text[i : i + 2 * n]]
    shorter = {a * (n // len(a)) for d in range(1, n) if n % d == 0 for a in map("".join, itertools.product("ab", repeat=d))}
    assert ["".join(gram) for gram in repeated(letters, n)] == [gram for gram in found if gram not in shorter]


def test_a_loop_repeats_more_than_each_reference() -> None:
    some = [
        translated("a", "A A A B", "A A", "B"),  # two against one and none
        translated("b", "A A", "A A"),  # as in the reference
        translated("c", "B C B C B C", "C", ended=False),
        translated("d", "A B", "A A A"),
    ]
    found = told(some).loops
    assert [(one.n, one.hypotheses, one.references, one.loops) for one in found.by_n] == [
        (1, 2, 3, 1), (2, 1, 0, 1), (3, 0, 0, 0), (4, 0, 0, 0),
    ]  # fmt: skip
    assert (found.sources, found.references, found.looping, found.unended, found.longest) == (4, 5, 2, 1, 200)
    assert [(one.source, one.tokens, one.values) for one in found.examples] == [
        ("c", ("B C", "C B"), (2, 1)), ("a", ("A",), (2,)),
    ]  # fmt: skip


def test_coverage_is_the_attention_that_tokens_receive() -> None:
    rng = np.random.default_rng(0)
    some, alphas = [], []
    for i in range(30):
        words, steps = int(rng.integers(1, 8)), int(rng.integers(2, 9))
        alphas.append(rng.dirichlet(np.full(words + 2, 0.4), steps))
        ended = i % 5 > 0
        source, hypothesis = (" ".join(letter * count) for letter, count in (("a", words), ("A", steps - ended)))
        some.append(translated(source, hypothesis, "A", ended=ended, received=alphas[-1].sum(0)))
    found = told(some).coverage
    assert found is not None
    each = [float(alpha[:, j].sum()) for alpha in alphas for j in range(1, alpha.shape[1] - 1)]
    assert found.tokens == len(each) and found.steps == sum(map(len, alphas))
    assert found.received == pytest.approx(sum(each)) and found.received + found.sos + found.eos == pytest.approx(found.steps)
    assert found.sos == pytest.approx(sum(alpha[:, 0].sum() for alpha in alphas))
    assert found.below == sum(value < 0.5 for value in each) and found.above == sum(value > 2 for value in each)
    edges = [*(0.25 * i for i in range(13)), np.inf]
    assert list(found.counts) == [sum(a <= value < b for value in each) for a, b in itertools.pairwise(edges)]
    assert found.little[0].values == tuple(sorted(found.little[0].values)) and max(found.little[0].values) < 0.5
    assert found.much[0].values == tuple(sorted(found.much[0].values, reverse=True)) and min(found.much[0].values) > 2
    assert len(found.little[0].tokens) == max(sum(alpha[:, 1:-1].sum(0) < 0.5) for alpha in alphas)
    assert told([one._replace(received=None) for one in some]).coverage is None


def test_examples_hold_the_worst_the_best_and_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judging, "KEPT", 5)
    some = [*random_ones(60), *(translated(f"a {i}", "A B", "C", "A B") for i in range(9))]
    chrf = [max(sacrebleu.sentence_chrf(one.hypothesis, [text]).score for text in one.right) for one in some]
    found = told(some).examples
    assert [one.place for one in found] == sorted({one.place for one in found}) and len(found) <= 20
    for one in found:
        assert one.chrf == pytest.approx(chrf[one.place], abs=1e-4) and one.source == some[one.place].text
        assert one.references == tuple(some[one.place].right) and one.exact == (one.hypothesis in one.references)
    others = sorted((value, i) for i, value in enumerate(chrf) if some[i].hypothesis not in some[i].right)
    places, worst, best = {one.place for one in found}, others[:5], others[-5:]
    assert {i for _, i in (*worst, *best)} <= places and {*range(5)} <= places
    exact = [i for i, one in enumerate(some) if one.hypothesis in one.right]
    assert {i for i in places if i in exact} == {*exact[:5]}


def test_what_is_kept_does_not_grow_with_the_texts() -> None:
    long, received = "y" * 400, np.full(203, 0.001)
    some = [
        translated(f"{long}{i} " + "z " * 200, f"{long} " * 3, *(f"{long} {k}" for k in range(10)), received=received)
        for i in range(130)
    ]
    found = told(some)
    assert all(len(one.references) == 8 and len(one.source) == 300 and one.source[-1] == "…" for one in found.examples)
    marked = (*found.unknown.examples, *found.loops.examples, *(found.coverage.little if found.coverage else ()))
    assert len(marked) == 60 and all(len(one.tokens) <= 20 and max(map(len, one.tokens)) <= 300 for one in marked)
