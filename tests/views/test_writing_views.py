"""The views of a written text: each probability, entropy and distribution against the trace and a plain computation."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rnn_core.analysis import hunting
from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.config import Problem, WriteConfig
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.figures.text import visible
from rnn_core.results import Trace
from rnn_core.views import writing as views
from rnn_core.views.hunting import HUNT
from rnn_core.views.inputs import Inputs, given
from rnn_core.views.view import number
from rnn_core.workspace import Workspace
from tests.figures.validated import validated
from tests.network.test_writing import plainly
from tests.tiny import CELLS, config_of, model_of, saved_run
from tests.views.looking import answer

TEXT = "ab <b>a\n\nba $x$ ab"
VOCABULARY = Vocabulary.build([list(TEXT)], 50)


@pytest.fixture(params=CELLS)
def read(request: pytest.FixtureRequest, workspace: Workspace) -> tuple[Trace, Inputs]:
    config = config_of("generate", model_of(request.param), truncate=4)
    config = replace(config, data=replace(config.data, tokens="char"))
    loaded = load(saved_run(workspace, config, (), vocabulary=VOCABULARY))
    seen = trace(loaded, TEXT)
    return seen, given(run=loaded, text=seen)


def at(**chosen: Any) -> SimpleNamespace:
    return SimpleNamespace(**{"step": 3, "given": 2, "temperature": 1.0, "top_k": 0, "top_p": 1.0} | chosen)


def test_each_token_has_its_probability_of_the_step_before(read: tuple[Trace, Inputs]) -> None:
    seen, inputs = read
    found = answer(views.WRITTEN, inputs, at())
    p = [float(seen.readouts[t, seen.indices[t + 1]]) for t in range(len(TEXT))]
    np.testing.assert_allclose(found.p, p, rtol=1e-6)
    assert "".join(found.running.tokens) == TEXT and found.running.steps.tolist() == [*range(1, len(TEXT) + 1)]
    loss = -np.mean(np.log(p))
    assert found.loss == pytest.approx(loss, rel=1e-6)
    parts = views.WRITTEN.render(found)
    assert f"{number(loss)} nats per character, {number(loss / np.log(2))} bits" in parts[1].content
    assert f"perplexity {number(float(np.exp(loss)))}" in parts[1].content
    assert f"L = {number(loss)} nats per token" in views.WRITTEN.explain(found)
    for view in (views.WRITTEN, views.SURPRISE):  # w_t is the weight of a loss
        assert "w_{t+1}" not in view.explain(answer(view, inputs, at()))


@pytest.mark.parametrize("how", [{}, {"temperature": 0.4}, {"top_k": 3}, {"temperature": 2.0, "top_p": 0.6}])
def test_the_choice_is_the_distribution_at_the_step_before(read: tuple[Trace, Inputs], how: dict[str, Any]) -> None:
    (seen, inputs), settings = read, WriteConfig(**how)
    for step in (1, 5, len(TEXT)):
        found = answer(views.CHOICE, inputs, at(step=step, **how))
        o = seen.logits[step - 1].astype(float)
        own = np.exp(o - o.max()) / np.exp(o - o.max()).sum()
        drawn = plainly(o, settings.temperature, settings.top_k, settings.top_p, (0, 1, 2))
        places = [seen.labels.index(label) for label in found.labels]
        np.testing.assert_allclose(found.p, own[places], rtol=1e-5)
        np.testing.assert_allclose(found.drawn, drawn[places], atol=1e-9)
        assert found.entropy == pytest.approx(-(own * np.log(own)).sum(), rel=1e-5)
        assert found.drawn_entropy == pytest.approx(-sum(x * np.log(x) for x in drawn if x > 0), abs=1e-9)
        assert found.allowed == (drawn > 0).sum() and found.truth == TEXT[step - 1]
        assert found.rank == 1 + (own > own[seen.indices[step]]).sum()
        figure, caption = views.CHOICE.render(found)
        assert "<b>" not in validated(figure.content).to_json() and f"{number(found.entropy)} nats" in caption.content
        drawn_from = f"{(drawn > 0).sum()} of the {len(o)} tokens, with an entropy of {number(found.drawn_entropy)} nats."
        assert caption.content.startswith("The bars are the network's own probabilities p") and drawn_from in caption.content
        assert f"H = {number(found.entropy)} nats" in views.CHOICE.explain(found)


def test_the_largest_losses_come_first(read: tuple[Trace, Inputs]) -> None:
    seen, inputs = read
    found = answer(views.SURPRISE, inputs, at())
    losses = [-np.log(float(seen.readouts[t, seen.indices[t + 1]])) for t in range(len(TEXT))]
    np.testing.assert_allclose(found.losses, losses, rtol=1e-6)
    assert list(found.worst) == np.argsort(-np.array(losses), kind="stable")[: len(found.worst)].tolist()
    table = next(part.content for part in views.SURPRISE.render(found) if part.kind == "table").columns
    first = found.worst[0]
    assert table["t"][0] == first + 2 and table["loss in nats"][0] == round(losses[first], 3)
    assert table["expected"][0] == visible(seen.labels[int(seen.readouts[first].argmax())])
    assert TEXT[:first].endswith(found.around[0]) and f"{number(float(np.mean(losses)))} nats per token" in str(
        views.SURPRISE.render(found)
    )
    assert f"−log p = {number(losses[first])} nats" in views.SURPRISE.explain(found)


LONG = "".join(f"a (b{'c' * (i % 5)}) {'ab ' * (i % 7)}\n" for i in range(40))


@pytest.mark.parametrize("pattern", ["brackets", "place", "expression"])
@pytest.mark.parametrize("cell", CELLS)
def test_the_hunt_shows_the_scores_of_its_units(cell: str, pattern: str, workspace: Workspace) -> None:
    config = config_of("generate", model_of(cell), truncate=4)
    config = replace(config, data=replace(config.data, tokens="char"))
    loaded = load(saved_run(workspace, config, (), vocabulary=VOCABULARY))
    seen = trace(loaded, LONG)
    asked = at(unit=1, layer=0, direction=0, quantity="h", pattern=pattern, expression=r"b\w+", among=None)
    found = answer(HUNT, given(run=loaded, text=seen), asked)
    values = (seen.states if seen.cells is None else seen.cells)[0, 0, 1:-1]
    marks = {"brackets": hunting.inside_brackets, "place": hunting.place_in_line}.get(pattern)
    wanted = marks(LONG) if marks else hunting.matches(LONG, r"b\w+")
    hunt = hunting.hunt(values, wanted)
    np.testing.assert_array_equal(found.hunt.units, hunt.units)
    np.testing.assert_allclose(found.hunt.held_out, hunt.held_out)
    place = np.flatnonzero(hunt.units == 1)
    if pattern == "place" or not len(place):
        np.testing.assert_allclose(found.running.strength, values[:, 1] / np.abs(values[:, 1]).max(), rtol=1e-5)
        assert "green above 0" in HUNT.render(found)[-1].content
    else:  # the colour says what the unit says
        says = (values[:, 1] > hunt.thresholds[place[0]]) == hunt.above[place[0]]
        at_it = values[:, 1] == hunt.thresholds[place[0]]  # the middle of two numbers may be one of them
        np.testing.assert_array_equal((found.running.strength > 0)[~at_it], says[~at_it])
        assert at_it.mean() < 0.5
        assert np.abs(found.running.strength).max() == pytest.approx(1)
        assert "green where it says yes" in HUNT.render(found)[-1].content
    said, table = HUNT.render(found)[:2]
    score = "r²" if pattern == "place" else "balanced accuracy"
    assert f"Unit **{hunt.units[0]}**" in said.content
    assert f"its {score} on held-out text is **{hunt.held_out[0]:.3f}**" in said.content
    assert table.content.columns["unit"] == hunt.units[:10].tolist() and f"gives {hunt.chance:.3f}." in HUNT.explain(found)
    assert table.content.formats == {f"{score}, fitted": "%.3f", f"{score}, held out": "%.3f"}


def test_a_hunt_without_an_expression_asks_for_one(read: tuple[Trace, Inputs]) -> None:
    asked = at(unit=None, layer=0, direction=0, quantity="h", pattern="expression", expression="", among=None)
    with pytest.raises(Problem, match="Type a regular expression"):
        answer(HUNT, read[1], asked)
