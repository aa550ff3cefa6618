"""Unrolled: the first page shows the picture of a text, and says what is wrong in one sentence."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from rnn_core.workspace import Workspace
from tests.pages.driving import ROOT, Open, chart, sound
from tests.tiny import config_of, model_of, saved_run


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def pictures(app: AppTest) -> list[bytes]:
    return [one.proto.bytes for one in app.get("bidi_component") if one.proto.component_name == "unrolled_canvas"]


def json_of(app: AppTest) -> dict[str, Any]:
    """The header of the opened unit's numbers."""
    (circuit,) = [one.proto.bytes for one in app.get("bidi_component") if one.proto.component_name == "unrolled_circuit"]
    found: dict[str, Any] = json.loads(circuit[4 : 4 + int.from_bytes(circuit[:4], "little")])
    return found


def test_a_text_is_pictured_and_another_one_is_another_picture(open_page: Open, root: Path) -> None:
    run = saved_run(Workspace(root), config_of("classify", model_of("lstm")))
    app = open_page("unrolled", root, run=run.id, text="the film was not good")
    assert not app.error and len(pictures(app)) == 1 and b"not" in pictures(app)[0]
    assert app.title[0].value == "Unrolled"
    before = pictures(app)[0]
    app.text_area(key="typed").set_value("a bad film")
    sound(app.run())
    assert pictures(app)[0] != before and b"bad" in pictures(app)[0]
    label = app.selectbox(key="pick-label")
    label.set_value(next(one for one in run.speech.labels if one != label.value))
    sound(app.run())
    assert len(pictures(app)) == 1


def test_a_unit_is_opened_and_closed(open_page: Open, root: Path) -> None:
    run = saved_run(Workspace(root), config_of("classify", model_of("gru", layers=2)))
    app = open_page("unrolled", root, run=run.id, text="the film was not good", unit="2", step="3", layer="1")
    assert not app.error and len(pictures(app)) == 1
    assert [one.value for one in app.subheader] == ["Unit 2 of layer 2 opened at t = 4"]
    assert any("Unit 2 of layer 2 at t = 4" in one.value for one in app.markdown)
    head = json_of(app)
    assert (head["cell"], head["unit"], head["step"], head["steps"]) == ("gru", 2, 3, 7)
    assert chart(app, "view-terms")["data"]
    next(one for one in app.button if one.label == "Close").click()
    sound(app.run())
    assert not app.subheader and len(pictures(app)) == 1
    beyond = open_page("unrolled", root, run=run.id, text="the film was not good", unit="99", step="3")
    assert not beyond.error and not beyond.subheader


def test_a_unit_of_either_direction_is_opened(open_page: Open, root: Path) -> None:
    run = saved_run(Workspace(root), config_of("tag", model_of("lstm", layers=2, bidirectional=True)))
    app = open_page("unrolled", root, run=run.id, text="the film was not good", unit="1", step="9", layer="1", direction="1")
    assert not app.error
    last = json_of(app)["steps"]
    assert [one.value for one in app.subheader] == [f"Unit 1 of layer 2 from the end opened at t = {last}"]
    assert json_of(app)["direction"] == 1


def test_a_link_without_a_text_keeps_its_step_and_unit(open_page: Open, root: Path) -> None:
    run = saved_run(Workspace(root), config_of("classify", model_of("gru")))
    app = open_page("unrolled", root, run=run.id, unit="2", step="3")
    assert not app.error and [one.value for one in app.subheader] == ["Unit 2 opened at t = 4"]


def test_one_unit_is_shown_where_it_is_asked_for(open_page: Open, root: Path) -> None:
    run = saved_run(Workspace(root), config_of("classify", model_of("tanh")))
    app = open_page("unrolled", root, run=run.id, text="good film")

    def units() -> list[str]:
        return [one.proto.component_name for one in app.get("bidi_component") if one.proto.component_name == "unrolled_one_unit"]

    assert not units() and any(one.label == "One unit, by hand" for one in app.expander)


@pytest.mark.parametrize("picture", ["forwards", "backwards"])
@pytest.mark.parametrize("task", ["tag", "generate", "translate"])
def test_each_task_has_its_picture(open_page: Open, root: Path, task: str, picture: str) -> None:
    model = {"layers": 2} if task == "generate" else {"layers": 2, "bidirectional": True}
    train = {"truncate": 8} if task == "generate" else {}
    run = saved_run(Workspace(root), config_of(task, model_of("lstm", **model), **train))
    app = open_page("unrolled", root, run=run.id, text="the film was not good", picture=picture)
    assert not app.error and len(pictures(app)) == 1 and b"film" in pictures(app)[0]
    assert (b'"letter"' in pictures(app)[0]) == (picture == "backwards")
    if task == "generate":
        before = pictures(app)[0]
        app.slider(key="pick-added").set_value(7)
        sound(app.run())
        assert len(pictures(app)[0]) > len(before)


@pytest.mark.parametrize("task", ["classify", "tag", "generate"])
def test_over_training_is_shown_where_there_are_snapshots(open_page: Open, root: Path, task: str) -> None:
    more = {"truncate": 8} if task == "generate" else {}
    run = saved_run(Workspace(root), config_of(task, model_of("gru"), **more))
    at = {"text": "the film was not good", "picture": "over"}
    app = open_page("unrolled", root, run=run.id, **at)
    assert not app.error and len(pictures(app)) == 1 and b'"over": {"updates": [0, 1, 2, 4]' in pictures(app)[0]
    assert any(one.value == "##### How did training get there?" for one in app.markdown)
    bare = saved_run(Workspace(root), run.config, updates=())
    app = open_page("unrolled", root, run=bare.id, **at)
    assert not app.error and b'"over": null' in pictures(app)[0]
    broken = saved_run(Workspace(root), run.config)
    (broken.path / "snapshots.safetensors").write_bytes(b"damaged")
    app = open_page("unrolled", root, run=broken.id, **at)
    assert not app.error and b'"over": null' in pictures(app)[0], "the run itself is whole"


def test_nothing_to_read_is_a_sentence(open_page: Open, root: Path) -> None:
    run = saved_run(Workspace(root), config_of("classify", model_of("tanh")))
    app = open_page("unrolled", root, run=run.id, text="   ")
    assert app.error and not pictures(app)


def test_the_picture_of_the_first_visit_loads_neither_torch_nor_plotly() -> None:
    """From the trace that lies beside the ready-made run to the bytes that are sent."""
    lines = (
        "import sys",
        "from rnn_core import tasks",
        "from rnn_core.analysis.loading import unopened",
        "from rnn_core.views import view",
        "from rnn_core.views.inputs import given",
        "from rnn_core.workspace import traces",
        "from rnn_core.workspace.runs import Run",
        "from rnn_core.workspace.store import READY_MADE",
        "run = Run(READY_MADE / '05-film-reviews')",
        "seen = traces.load(run, tasks.of(run.config).texts()[0])",
        "unrolled = view('unrolled')",
        "found = unrolled.answer(given(run=unopened(run), text=seen))",
        "words = unrolled.explain(found)",
        "loaded = [name for name in ('torch', 'plotly') if name in sys.modules]",
        "from pages.common.unrolled import circuit",
        "from pages.common.unrolled.canvas import blob  # Streamlit loads Plotly's Python part itself",
        "print(len(blob(found)), len(words), loaded + ['torch'] * ('torch' in sys.modules))",
    )
    done = subprocess.run([sys.executable, "-c", "\n".join(lines)], cwd=ROOT, capture_output=True, text=True, check=True)
    size, words, loaded = done.stdout.split(maxsplit=2)
    assert int(size) > 3_000 and int(words) > 300 and loaded.strip() == "[]"
