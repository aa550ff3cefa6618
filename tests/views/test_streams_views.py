"""The views of a language model's evaluation: their figures and sentences against the scores and plain computations."""

import re
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.config import EvaluateConfig
from rnn_core.data.examples import Example
from rnn_core.data.streams import END
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.results import ENDS, UNKNOWN, Breakdown, Context, Group, Passage, Reliability, TokenScores
from rnn_core.tasks.generate import TASK
from rnn_core.views import streams as views
from rnn_core.views.inputs import given
from rnn_core.views.view import View, number
from rnn_core.workspace import Workspace
from tests.figures.validated import validated
from tests.tiny import config_of, model_of, saved_run
from tests.views.looking import answer, figure
from tests.views.test_views import escaped_only

TEXT = "ab <b>a\n\nba $x$ ab é\n" * 20
VOCABULARY = Vocabulary.build([list("ab <b>a\n\nba $x$ ab\n")], 50)


def scores_of(workspace: Workspace, cut: str = "char", dynamic: float | None = None) -> TokenScores:
    config = config_of("generate", model_of("lstm"), truncate=4)
    config = replace(config, data=replace(config.data, tokens=cut))
    loaded = load(saved_run(workspace, config, (), vocabulary=VOCABULARY))
    lines = TEXT.splitlines(keepends=True)
    rows = [Example(line, tuple(line), END if i % 7 == 0 or i == len(lines) - 1 else "", "") for i, line in enumerate(lines)]
    how = EvaluateConfig(dynamic=dynamic)
    found = TASK.evaluate(loaded.network, config, loaded.speech, [rows], len(rows), lambda answers: None, how=how)
    assert isinstance(found, TokenScores)
    return found


@pytest.fixture
def scores(workspace: Workspace) -> TokenScores:
    return scores_of(workspace)


def detail(scores: TokenScores) -> Breakdown:
    assert scores.breakdown is not None
    return scores.breakdown


def at(**chosen: Any) -> SimpleNamespace:
    return SimpleNamespace(**{"position": "line", "passage": 0, "step": None} | chosen)


def shown(view: View[Any, Any], scores: TokenScores, **chosen: Any) -> tuple[Any, str]:
    """The result, and all that is written on it, after drawing its figures."""
    found = answer(view, given(evaluation=scores), at(**chosen))
    parts, explained = view.render(found), view.explain(found)
    for part in parts:
        if part.kind == "figure":
            validated(part.content)
    escaped_only(re.sub(r"\$2 s[^$]*\$", "", explained))
    return found, explained + " ".join(str(part.content) for part in parts if part.kind in ("text", "caption"))


def test_the_loss_by_position(scores: TokenScores) -> None:
    for position in ("line", "document", "stream"):
        found, said = shown(views.POSITIONS, scores, position=position)
        groups = getattr(detail(scores), position)
        assert found.groups == groups and found.unit == "character"
        first, last = groups[0], groups[-1]
        assert f"over {first.tokens:,} is {number(first.loss)} nats" in said
        assert f"over {last.tokens:,}, it is {number(last.loss)}." in said
        assert f"{{{scores.tokens}}} = {number(scores.loss)}$$" in said
        drawn = figure(views.POSITIONS, found)["data"]
        np.testing.assert_allclose(drawn[0]["y"], [one.loss for one in groups])
        if position != "stream":
            np.testing.assert_allclose(drawn[1]["y"], [one.tokens / scores.tokens for one in groups])
            np.testing.assert_allclose(drawn[2]["y"], [one.nats / (scores.loss * scores.tokens) for one in groups], rtol=1e-6)
    inputs = given(evaluation=scores)
    (choice,) = views.POSITIONS.choices(inputs, views.Position())
    assert choice.values == ("line", "document", "stream")
    one = given(evaluation=replace(scores, breakdown=replace(detail(scores), documents=1)))
    (choice,) = views.POSITIONS.choices(one, views.Position())
    assert choice.values == ("line", "stream") and views.Position("document").settled(one).position == "line"
    assert views.Position("none").settled(inputs).position == "line"


def test_the_loss_by_frequency(scores: TokenScores) -> None:
    found, said = shown(views.FREQUENCY, scores)
    groups = detail(scores).frequency
    assert [one.first for one in groups][:2] == [ENDS, UNKNOWN]
    ticks = figure(views.FREQUENCY, found)["layout"]["xaxis"]["ticktext"]
    assert ticks[:2] == ["&lt;eos&gt;", "unknown"] and len(ticks) == len(groups)
    most = max(groups, key=lambda one: one.nats)
    whole = sum(one.nats for one in groups)
    assert f"\\frac{{{most.tokens} \\cdot {number(most.loss)}}}{{{number(whole)}}} = {number(most.nats / whole)}$$" in said
    assert f"are {number(100 * most.tokens / scores.tokens)}% of the characters" in said


@pytest.mark.parametrize(("value", "short"), [(7, "7"), (999, "999"), (1536, "1.5k"), (65_536, "66k"), (131_072, "131k")])
def test_numbers_under_bars_are_short(value: int, short: str) -> None:
    assert views.short(value) == short


def test_the_loss_by_context(scores: TokenScores) -> None:
    found, said = shown(views.CONTEXT, scores)
    points = detail(scores).context
    assert found.points == points and f"m = {detail(scores).places:,} places" in said
    assert f"Here L({points[-1].read}) = {number(points[-1].loss)} nats" in said
    assert f"these places is {number(detail(scores).carried)}" in said and f"±{number(2 * points[-1].error)} at" in said
    drawn = figure(views.CONTEXT, found)["data"]
    np.testing.assert_allclose(drawn[1]["y"], [point.loss for point in points])
    np.testing.assert_allclose(drawn[1]["error_y"]["array"], [2 * point.error for point in points])
    np.testing.assert_allclose(drawn[0]["y"], detail(scores).carried)


@pytest.mark.parametrize(
    ("losses", "said"),
    [((4.0, 3.5, 2.0, 1.0), "falls from 4 nats with nothing read to 1 after 4 characters. Half of this fall is reached after 2."),
     ((4.0, 2.0, 1.5, 1.0), "Half of this fall is reached after 1."),
     ((1.0, 2.0, 3.0, 4.0), "Reading more does not help here: after 4 characters the mean loss is 4 nats, and without any 1.")],
)  # fmt: skip
def test_how_much_context_is_used_is_said(scores: TokenScores, losses: tuple[float, ...], said: str) -> None:
    points = tuple(Context(read, loss, 0.1) for read, loss in zip((0, 1, 2, 4), losses, strict=True))
    other = replace(scores, breakdown=replace(detail(scores), context=points))
    assert said in shown(views.CONTEXT, other)[1]


def test_calibration(scores: TokenScores) -> None:
    found, said = shown(views.CALIBRATION, scores)
    bins = detail(scores).calibration
    assert f"= {detail(scores).calibration_error:.4f}$$" in said
    p = sum(one.count * one.confidence for one in bins) / scores.tokens
    assert f"has p = {p:.4f} on average" in said and f"a share of {scores.accuracy:.4f} of the steps" in said
    assert ("more confident" if p > scores.accuracy else "less confident") in said
    most = max(bins, key=lambda one: one.count)
    assert f"holds {most.count:,} of {scores.tokens:,} steps: conf = {most.confidence:.4f}, acc = {most.accuracy:.4f}." in said
    drawn = figure(views.CALIBRATION, found)["data"]
    np.testing.assert_allclose(drawn[1]["y"], [one.accuracy for one in bins if one.count])
    np.testing.assert_allclose(drawn[2]["y"], [one.count for one in bins])
    sure = tuple(Reliability(i / 10, (i + 1) / 10, 5 * (i == 9), 0.92, 1.0) for i in range(10))
    other = replace(scores, breakdown=replace(detail(scores), calibration=sure))
    assert "less confident" in shown(views.CALIBRATION, other)[1]


def test_the_worst_passages(scores: TokenScores) -> None:
    worst = detail(scores).worst
    for number_, passage in enumerate(worst):
        found, said = shown(views.WORST, scores, passage=number_)
        assert "".join(found.running.tokens).replace("<eos>", "") in TEXT
        assert found.running.given == passage.given and found.running.step == passage.given + 1
        first, last = passage.start + passage.given + 1, passage.start + len(passage.losses)
        assert f"Passage {number_ + 1} of {len(worst)}: characters {first:,} to {last:,}" in said
        assert f"{number(passage.loss)} nats per character, against {number(scores.loss)} on the whole" in said
        own = passage.losses[passage.given :]
        assert f"= \\frac{{{number(sum(own))}}}{{{len(own)}}} = {number(passage.loss)}$$" in said
        np.testing.assert_allclose(found.running.strength, np.array(passage.losses) / max(passage.losses))
        running = views.WORST.render(found)[0].content
        assert running.says[0] == f"character {passage.start + 1:,}: {passage.losses[0]:.3f} nats"
        assert ("in italics precede it" in said) == (passage.given > 0)
    inputs = given(evaluation=scores)
    (choice,) = views.WORST.choices(inputs, views.Chosen())
    assert [choice.words(i) for i in choice.values] == [f"{i + 1}: {number(one.loss)}" for i, one in enumerate(worst)]
    settled = views.Chosen(99, 10_000).settled(inputs)
    assert settled.passage == len(worst) - 1 and settled.step == worst[-1].given + 1
    assert views.Chosen(0, 3).settled(inputs).step == 3


def test_a_passage_opens_with_its_tokens_at_the_chosen_one(workspace: Workspace) -> None:
    passage = Passage(5, 1, ("b", "a", "<eos>", " ", "a"), (1.0, 2.0, 3.0, 4.0, 5.0))
    assert views.opened(passage, "char", 2) == {"text": "ba a", "spaced": False, "step": 2}
    assert views.opened(passage, "char", 5) == {"text": "ba a", "spaced": False, "step": 4}
    words = Passage(0, 0, ("ab", "\n", "ba", "<eos>"), (1.0,) * 4)
    link = views.opened(words, "word", 3)
    config = config_of("generate", model_of("lstm"), truncate=4)
    loaded = load(saved_run(workspace, config, (), vocabulary=Vocabulary.build([["ab", "\n", "ba"]], 9)))
    seen = trace(loaded, str(link["text"]), str(link["text"]).split(" "))
    assert seen.tokens[1:-1] == ("ab", "\n", "ba") and seen.tokens[int(str(link["step"]))] == "ba"


def test_words_have_spaces_between_them_but_not_around_line_ends(scores: TokenScores) -> None:
    words = Passage(0, 2, ("ab", "ba", "\n", "x", "y"), (1.0,) * 5)
    other = replace(scores, breakdown=replace(detail(scores), cut="word", worst=(words,)))
    found, said = shown(views.WORST, other)
    assert found.running.tokens == ("ab", " ba", "\n", "x", " y")
    assert "tokens 3 to 5" in said and "The tokens in italics" in said


def test_what_dynamic_evaluation_gains(scores: TokenScores, workspace: Workspace) -> None:
    dynamic = scores_of(workspace, dynamic=0.5)
    found = answer(views.GAIN, given(evaluation=dynamic, static=scores))
    said = views.GAIN.explain(found)
    change = dynamic.loss - scores.loss
    assert f"the mean loss is {number(dynamic.loss)} nats per character. With fixed weights it is {number(scores.loss)}" in said
    assert f"so the change is {'−' if change < 0 else '+'}{number(abs(change))}." in said
    drawn = validated(figure(views.GAIN, found))
    assert [line.name for line in drawn.data] == ["fixed weights", "dynamic evaluation"]
    np.testing.assert_allclose(drawn.data[0].y, [one.loss for one in detail(scores).stream])
    np.testing.assert_allclose(drawn.data[1].y, [one.loss for one in detail(dynamic).stream])
    old = answer(views.GAIN, given(evaluation=dynamic, static=replace(scores, breakdown=None)))
    assert len(figure(views.GAIN, old)["data"]) == 1


def test_many_groups_are_drawn(scores: TokenScores) -> None:
    groups = tuple(Group(1 << i, (2 << i) - 1, 5 + i, 0.5 * i) for i in range(20))
    other = replace(scores, breakdown=replace(detail(scores), line=groups, frequency=groups))
    assert figure(views.POSITIONS, shown(views.POSITIONS, other)[0])["layout"]["xaxis"]["tickangle"] == 90
    shown(views.FREQUENCY, other)
    zero = tuple(replace(group, loss=0.0) for group in groups)
    shown(views.FREQUENCY, replace(scores, breakdown=replace(detail(scores), frequency=zero)))
