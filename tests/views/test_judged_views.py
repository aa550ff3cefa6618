"""The views of an evaluation of translations: their figures and sentences against the scores and plain computations."""

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from pages.common.selection import Selection
from rnn_core import metrics
from rnn_core.data.examples import Text
from rnn_core.data.judging import Translated, detail
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.results import TokenScores, TranslationDetail, TranslationScores
from rnn_core.tasks.translate import TASK
from rnn_core.views import judged as views
from rnn_core.views.inputs import given
from rnn_core.views.view import View, literal, number
from rnn_core.workspace import evaluations
from tests.figures.validated import validated
from tests.views.looking import answer, figure
from tests.views.test_views import NASTY, escaped_only

VOCABULARY = Vocabulary.build([list("abcdABCD.")], 20)


def scored(some: list[Translated]) -> TranslationScores:
    vectors = np.random.default_rng(2).normal(size=(len(some), 5)) + [[len(one.tokens), 0, 0, 0, 0] for one in some]
    told = detail(some, VOCABULARY, VOCABULARY, "word", " ", 200, False, vectors)
    return metrics.translation(TokenScores(9, 1.0, 0.5), [one.hypothesis for one in some], [one.right for one in some], told)


def scores_of(seed: int = 0, count: int = 120, attention: bool = True, words: str = "ABCD") -> TranslationScores:
    """The scores of made-up translations, with nasty texts among them."""
    rng = np.random.default_rng(seed)

    def text(letters: str, least: int) -> str:
        return " ".join(rng.choice(list(letters), int(rng.integers(least, 12))))

    lengths = np.random.default_rng(1)  # the same sources for each seed
    sources = {" ".join(lengths.choice(list("abcd.x"), int(lengths.integers(1, 12)))): None for _ in range(count)}
    some = []
    for source in [*sources, *NASTY]:
        references = [text("ABCDx", 4) for _ in range(2)]
        hypothesis = references[0] if rng.random() < 0.2 else text(words, 0)
        tokens = source.split()
        alpha = rng.dirichlet(np.full(len(tokens) + 2, 0.5), len(hypothesis.split()) + 1).sum(0)
        pair = tuple(Text(one, tuple(one.split())) for one in dict.fromkeys(references))
        received = alpha if attention else None
        some.append(Translated(source, tuple(tokens), hypothesis, tuple(hypothesis.split()), True, 0, pair, received))
    found = scored(some)
    back = evaluations.scores_from_json(evaluations.scores_to_json(found))
    assert back == found, "it comes back from scores.json"
    return found


@pytest.fixture(scope="module")
def scores() -> TranslationScores:
    return scores_of()


def detail_of(scores: TranslationScores) -> TranslationDetail:
    assert scores.detail is not None
    return scores.detail


def shown(view: View[Any, Any], found: Any) -> tuple[dict[str, list[Any]], str, str]:
    """The last table, what is written on the view, and its explanation, after drawing its figures."""
    table: dict[str, list[Any]] = {}
    said = ""
    for part in view.render(found):
        if part.kind == "figure":
            validated(part.content)
        elif part.kind in ("table", "rows"):
            table = dict(part.content.columns)
            assert len({len(column) for column in table.values()}) == 1
        else:
            said += part.content
    explained = view.explain(found)
    escaped_only(re.sub(r"(?<!\$)\$[^$]+\$(?!\$)", "", explained))
    escaped_only(said)
    return table, said, explained


def test_the_task_lists_each_view() -> None:
    assert {*TASK.views["evaluate"]} == {*(view.name for view in views.VIEWS), "vector"}


@pytest.mark.parametrize("measure", views.MEASURES)
def test_scores_by_length_of_two_runs(scores: TranslationScores, measure: str) -> None:
    other, nasty = scores_of(1, attention=False, words="AB"), NASTY[0]
    assert views.comparable(scores, other) and not views.comparable(scores, scores_of(count=30))
    inputs = given(evaluations={"dot attention": scores, nasty: other})
    found = answer(views.BY_LENGTH, inputs, Selection(measure=measure))
    drawn = figure(views.BY_LENGTH, found)["data"]
    groups = [detail_of(one).lengths for one in (scores, other)]
    for line, own in zip(drawn, groups, strict=False):
        np.testing.assert_array_equal(line["y"], [getattr(group.scores, measure) for group in own])
    np.testing.assert_array_equal(drawn[2]["y"], [group.scores.sources for group in groups[0]])
    _, said, explained = shown(views.BY_LENGTH, found)
    how = "{:.1%}" if measure == "exact" else "{:.2f}"
    for name, one in (("dot attention", scores), (literal(nasty, 60), other)):
        first, last = detail_of(one).lengths[0], detail_of(one).lengths[-1]
        whole, a, z = (how.format(getattr(value, measure)) for value in (one, first.scores, last.scores))
        assert (first.first, first.last, last.first) == (1, 1, last.last)
        assert f"{name}: {whole} in all, from {a} for 1 token to {z} for {last.last} tokens" in said
    last = groups[0][-1].scores
    value = re.search(r" = ([\d.]+)\$\$", explained)
    assert value and float(value[1]) == pytest.approx(getattr(last, measure), rel=1e-3)
    if measure == "bleu":
        brevity, p = re.findall(r"= ([\d.]+) \\cdot \(([^)]*)\)\^\{1/4\}", explained)[0]
        product = math.prod(map(float, p.split(r" \cdot ")))
        assert float(brevity) * product**0.25 == pytest.approx(last.bleu, rel=1e-3)
    if measure == "exact":
        equal, sources = re.findall(r"frac\{(\d+)\}\{(\d+)\}", explained)[0]
        assert int(sources) == last.sources and int(equal) / int(sources) == pytest.approx(last.exact)


def test_bleu_that_is_not_defined_is_a_gap() -> None:
    texts = [(f"{'a ' * n}b", " ".join("A" * n)) for n in range(1, 9)]
    some = [Translated(s, tuple(s.split()), t, tuple(t.split()), True, 0, (Text(t, tuple(t.split())),), None) for s, t in texts]
    found = scored(some)
    shows = answer(views.BY_LENGTH, given(evaluations={"x": found}))
    y = figure(views.BY_LENGTH, shows)["data"][0]["y"]
    assert np.isnan(y[:3]).all() and np.isfinite(y[3:]).all()
    assert "For 2, 3, 4 tokens BLEU is not defined: no translation has four tokens." in shown(views.BY_LENGTH, shows)[1]


def test_coverage(scores: TranslationScores) -> None:
    found = answer(views.COVERAGE, given(evaluation=scores))
    c = detail_of(scores).coverage
    assert c is not None and found.coverage == c
    drawn = figure(views.COVERAGE, found)["data"][0]
    np.testing.assert_array_equal(drawn["y"], c.counts)
    colours = np.array(drawn["marker"]["color"])
    assert np.array(c.counts)[colours == colours[0]].sum() == c.below > 0
    assert np.array(c.counts)[colours == colours[-1]].sum() == c.above > 0
    table, said, explained = shown(views.COVERAGE, found)
    assert f"Of {c.tokens:,} tokens of the sources, {c.below:,} ({c.below / c.tokens:.1%}) receive less than 0.5" in said
    assert f"{c.above:,} ({c.above / c.tokens:.1%}) receive more than 2" in said
    assert f"`<sos>` receives {c.sos / c.steps:.1%} and `<eos>` {c.eos / c.steps:.1%}." in said
    assert list(table) == ["tokens, C", "source", "translation", "reference"] and len(table["source"]) == len(c.much)
    mean = re.findall(r"frac\{([\d.e+]+)\}\{(\d+)\} = ([\d.]+)", explained)[0]
    assert float(mean[0]) / int(mean[1]) == pytest.approx(c.received / c.tokens, rel=1e-3)
    assert float(mean[2]) == pytest.approx(c.received / c.tokens, rel=1e-3)
    assert f"{c.steps:,} steps were written" in explained
    sums = re.findall(r"attention is ([\d.,]+) for the tokens, ([\d.,]+) for `<sos>` and ([\d.,]+) for", explained)[0]
    assert sum(float(one.replace(",", "")) for one in sums) == pytest.approx(c.steps, abs=0.2)


def test_copied_unknown_tokens(scores: TranslationScores) -> None:
    found = answer(views.COPIED, given(evaluation=scores))
    u = detail_of(scores).unknown
    table, said, explained = shown(views.COPIED, found)
    assert f"The sources have {u.tokens:,} unknown tokens. {u.wanted:,} ({u.wanted / u.tokens:.1%}) stand unchanged" in said
    assert u.reachable == 0 and f"has none of these {u.wanted:,}, and the run cannot write them." in said
    assert f"{u.written:,} ({u.written / u.tokens:.1%}) stand in the translation, {u.right:,} of them also in a ref" in said
    scored = views.COPIED.render(found)[0].content.columns
    assert u.without and u.having and scored["count"] == [u.without.sources, u.having.sources]
    assert scored["BLEU"] == [u.without.bleu, u.having.bleu] and scored["chrF"] == [u.without.chrf, u.having.chrf]
    shares = re.findall(r"frac\{(\d+)\}\{(\d+)\} = ([\d.]+)", explained)
    assert [(int(a), int(b)) for a, b, _ in shares] == [(u.wanted, u.tokens), (u.right, u.wanted), (u.reachable, u.wanted)]
    assert all(number(int(a) / int(b)) == value.rstrip(".") for a, b, value in shares)
    assert [row.split("   ") for row in table["unknown tokens; 1: to be copied"]] == [
        [f"{token} {value:.3g}" for token, value in zip(one.tokens, one.values, strict=True)] for one in u.examples
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"wanted": 3, "reachable": 3}, "has all of these."),
        ({"wanted": 3, "reachable": 0}, "has none of these 3, and the run cannot write them."),
        ({"wanted": 3, "reachable": 0, "replaced": 5}, "has none of these 3, and only copying can write them."),
        ({"wanted": 3, "reachable": 1, "replaced": 5}, "has 1 of these 3, and only copying can write the others."),
        ({"replaced": 5}, "The run wrote `<unk>` 5 times, and a token of the source took its place each time. `<unk>` can also"),
        ({"replaced": 0}, "The run wrote `<unk>` 0 times, and a token of the source took its place each time."),
        ({"wanted": 0, "reachable": 0, "right": 0}, "None stands unchanged in a reference, so none is to be copied."),
        ({"written": 0, "right": 0}, "None stands in the translation."),
    ],
)
def test_the_words_on_unknown_tokens(scores: TranslationScores, changes: dict[str, int], words: str) -> None:
    unknown = replace(detail_of(scores).unknown, **changes)
    found = answer(views.COPIED, given(evaluation=replace(scores, detail=replace(detail_of(scores), unknown=unknown))))
    said = shown(views.COPIED, found)[1]
    assert words in said and ("untranslated" in said) == bool(unknown.replaced)
    explained = views.COPIED.explain(found)
    assert ("never written" in explained) == (unknown.replaced is None)
    assert ("limits the recall" in explained) == (unknown.replaced is None and unknown.wanted > 0)


def test_loops(scores: TranslationScores) -> None:
    found = answer(views.LOOPS, given(evaluation=scores))
    assert found == detail_of(scores).loops and found.looping > 0
    drawn = figure(views.LOOPS, found)["data"]
    shares = (("hypotheses", found.sources), ("references", found.references), ("loops", found.sources))
    for bars, (name, of) in zip(drawn, shares, strict=True):
        np.testing.assert_allclose(bars["y"], [getattr(one, name) / of for one in found.by_n])
    table, said, explained = shown(views.LOOPS, found)
    assert said.startswith(f"In {found.looping:,} ({found.looping / found.sources:.1%}) of the translations")
    assert f"{found.unended} translation" in said if found.unended else "All translations ended within 200 tokens." in said
    unended = shown(views.LOOPS, replace(found, unended=2))[1]
    assert "2 translations did not end within 200 tokens." in unended
    most = max(found.by_n, key=lambda one: one.loops)
    assert rf"\frac{{{most.loops}}}{{{found.sources}}} = {number(most.loops / found.sources)}" in explained
    assert f"{most.hypotheses:,} of the {found.sources:,} translations and in {most.references:,} of the" in explained
    assert table["translation"] == [one.hypothesis for one in found.examples]


@pytest.mark.parametrize("sorting", views.SORTINGS)
@pytest.mark.parametrize("match", views.MATCHES)
def test_examples_are_listed_as_chosen(scores: TranslationScores, match: str, sorting: str) -> None:
    found = answer(views.JUDGED, given(evaluation=scores), Selection(match=match, sorting=sorting))
    table, said, explained = shown(views.JUDGED, found)
    exact = round(scores.exact * scores.sources)
    count = {"all": scores.sources, "exact": exact, "different": scores.sources - exact}[match]
    assert found.count == count and len(found.listed) == min(count, views.MOST)
    assert f"{exact:,} ({exact / scores.sources:.1%}) of the translations equal a reference." in said
    assert f"{len(found.listed):,} of {count:,} are listed." in said
    assert {one.exact for one in found.listed} <= {"all": {True, False}, "exact": {True}, "different": {False}}[match]
    keys = {"worst": [one.chrf for one in found.listed], "best": [-one.chrf for one in found.listed],
            "file": [one.place for one in found.listed]}  # fmt: skip
    assert keys[sorting] == sorted(keys[sorting])
    assert table["chrF"] == [f"{one.chrf:.1f}" for one in found.listed] and f"= {number(found.listed[0].chrf)}$$" in explained
    assert table["exact"] == ["yes" if one.exact else "no" for one in found.listed]
    (rows,) = [part.content for part in views.JUDGED.render(found) if part.kind == "rows"]
    assert [one["text"] for one in rows.opens] == table["source"] and rows.page == "translate"
    assert table["references"] == [" / ".join(one.references) for one in found.listed]


def test_a_link_with_other_words_shows_the_first_choice(scores: TranslationScores) -> None:
    wrong = Selection(measure="x", match="y", sorting="z")
    assert answer(views.JUDGED, given(evaluation=scores), wrong) == answer(views.JUDGED, given(evaluation=scores))
    inputs = given(evaluations={"x": scores})
    assert answer(views.BY_LENGTH, inputs, wrong) == answer(views.BY_LENGTH, inputs)


def test_nothing_unknown_and_nothing_exact_are_said() -> None:
    texts = [("a b", "A", "B"), ("c", "C", "D")]
    some = [Translated(s, tuple(s.split()), t, (t,), True, 0, (Text(r, (r,)),), None) for s, t, r in texts]
    found = scored(some)
    copied = answer(views.COPIED, given(evaluation=found))
    assert "Every token of these sources is in the vocabulary." in shown(views.COPIED, copied)[1]
    none = answer(views.JUDGED, given(evaluation=found), Selection(match="exact"))
    assert shown(views.JUDGED, none)[1] == "No translation equals a reference."
