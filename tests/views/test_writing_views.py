"""The views of a written text: each probability, entropy and distribution against the trace and a plain computation."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.config import WriteConfig
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.results import Trace
from rnn_core.views import writing as views
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
        assert f"H = {number(found.entropy)} nats" in views.CHOICE.explain(found)
