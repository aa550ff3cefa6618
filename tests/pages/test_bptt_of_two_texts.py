"""BPTT of a run of translation shows the numbers of the analysis, and follows the target that is typed."""

from pathlib import Path

import numpy as np
import pytest

from rnn_core.analysis.loading import load
from rnn_core.analysis.translation_backward import translation_backward
from rnn_core.workspace import Workspace
from tests.pages.driving import Open, chart, numbers, sound
from tests.tiny import config_of, model_of, saved_run

TEXT, REFERENCE = "the film was good", "film good"


@pytest.fixture
def run(tmp_path: Path) -> tuple[Path, str]:
    workspace = Workspace(tmp_path / "workspace")
    return workspace.root, saved_run(workspace, config_of("translate", model_of("gru", attention="dot"))).id


def test_a_typed_target_is_followed_and_linked(open_page: Open, run: tuple[Path, str]) -> None:
    root, name = run
    app = open_page("bptt", root, run=name, text=TEXT)
    assert any("The run's own translation is" in m.value for m in app.markdown)
    app.text_input(key="pick-reference").set_value(REFERENCE)
    app = sound(app.run())
    assert not any("own translation is" in m.value for m in app.markdown)
    flow = translation_backward(load(Workspace(root).run(name)), TEXT, REFERENCE).flow
    said = " ".join(m.value for m in app.markdown)
    assert f"= {flow.total:.4g}" in said and f"**{flow.norm:.4g}**" in said
    cells = numbers(chart(app, "view-translation-pairs")["data"][1]["customdata"]).reshape(-1, 3)
    s = len(flow.source)
    for side, first in zip(flow.sides, (0, s + 1), strict=True):
        pairs = side.pairs["weight_hh"]
        drawn = [cells[(cells[:, 0] == t) & (cells[:, 1] == first + i), 2][0] for t in range(3) for i in range(pairs.shape[1])]
        np.testing.assert_allclose(drawn, pairs.ravel(), rtol=1e-4, atol=1e-9)
    link = {key: value[0] if isinstance(value, list) else value for key, value in app.query_params.items()}
    assert link["reference"] == REFERENCE
    app.selectbox(key="pick-step").set_value(2)
    assert "t = 3 for the token" in " ".join(m.value for m in sound(app.run()).markdown)


def test_what_cannot_be_followed_gets_a_sentence(open_page: Open, run: tuple[Path, str]) -> None:
    root, name = run
    assert "up to 300" in open_page("bptt", root, run=name, text="film " * 400).error[0].value
    app = open_page("bptt", root, run=name, text=TEXT, reference="<b>x</b> $y$", step="77", back="99", parameter="no", layer="9")
    assert not app.error and any("of the target's tokens are not in its vocabulary" in c.value for c in app.caption)
    assert not any("<b>x" in m.value for m in app.markdown)
    app = open_page("bptt", root, run=name, text=TEXT, precise="1", logit="1", section="parameters")
    said = next(m.value for m in app.markdown if "autograd" in m.value and "64 bits" in m.value)
    assert float(said.split("number is **")[1].split("**")[0]) <= 1e-10
