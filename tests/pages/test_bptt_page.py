"""The BPTT page shows the numbers of the analysis, follows the selection, and answers what does not fit in a sentence."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from rnn_core.analysis.bptt import flow
from rnn_core.analysis.bptt_pass import forward, target_of
from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.results import GradientFlow
from rnn_core.views.bptt import MAP, parameters
from rnn_core.workspace import Workspace, store
from tests.pages.driving import Open, chart, numbers, sound
from tests.tiny import CELLS, COMPILED, config_of, model_of, saved_run

TEXT = "the soup was cold but the service was wonderful"
SECTIONS = {
    "copies": ("copy_shares", "running"), "total": (), "modes": ("modes",),
    "truncation": ("truncation", "cut-readouts", "cut-gradients"),
    "reach": ("reach", "saturation", "exploding"), "sgd": ("sgd", "directions"), "beside": ("beside",),
}  # fmt: skip
"""What is drawn in each tab; the map and the walk stand above."""


@pytest.fixture
def opened(open_page: Open) -> Open:
    """Opens the page in a workspace, with what a link would say."""
    return partial(open_page, "bptt")


def flowing(workspace: Path, run: str, text: str = TEXT, **aim: str) -> GradientFlow:
    loaded = load(Workspace(workspace).run(run))
    seen = trace(loaded, text)
    return flow(forward(loaded.network, seen.fed), target_of(loaded, seen, **aim), seen.tokens, seen.labels)


def test_an_empty_workspace_offers_the_next_click(opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "READY_MADE", tmp_path / "none")
    assert "no trained run yet" in opened(tmp_path / "workspace").info[0].value


def test_every_view_is_there_and_shows_the_numbers_of_the_analysis(opened, filled: Path, named: dict[str, str]) -> None:
    found = flowing(filled, named["reviews.csv"], loss="every")
    drawn = {}
    for section, views in SECTIONS.items():
        app = opened(filled, run=named["reviews.csv"], text=TEXT, loss="every", window="3", section=section)
        there = {c.proto.id.rsplit("view-", 1)[-1] for c in app.get("plotly_chart")}
        assert there == {"pairs", "walk", *views}, "a tab that is not open is not computed"
        drawn |= {view: chart(app, f"view-{view}")["data"] for view in ("pairs", "walk", *views)}
    row = len(found.rows) - 1
    held = found.layers[0]
    np.testing.assert_allclose(numbers(drawn["walk"][1]["y"]), held.delta[row], rtol=1e-4)
    bars = sum(numbers(bar["y"]) for bar in drawn["copy_shares"])
    np.testing.assert_allclose(bars, held.copy_shares["weight_hh"], atol=1e-4)
    np.testing.assert_allclose(numbers(drawn["running"][0]["y"]), held.running["weight_hh"], rtol=1e-4)
    np.testing.assert_allclose(numbers(drawn["modes"][1]["y"]), held.reached, rtol=1e-4)
    said = " ".join(m.value for m in app.markdown)
    assert f"{found.total:.4g}" in said
    assert any("h₀ = 0" in c.value for c in app.caption)


def test_a_click_on_a_row_of_the_map_walks_that_loss_back(opened, filled: Path, named: dict[str, str]) -> None:
    app = opened(filled, run=named["reviews.csv"], text=TEXT)
    cells = numbers(chart(app, "view-pairs")["data"][1]["customdata"]).reshape(-1, 3)
    assert [6, 2] in cells[:, :2].tolist()
    assert MAP.pick and MAP.pick([6, 2]) == {"step": 6, "back": 2}  # AppTest sends no click: what it selects is opened
    app = opened(filled, run=named["reviews.csv"], text=TEXT, step="6", back="2")
    walk = chart(app, "view-walk")["data"]
    held = flowing(filled, named["reviews.csv"]).layers[0]
    np.testing.assert_allclose(numbers(walk[0]["y"])[:7], held.states[6][:7], rtol=1e-4)
    said = " ".join(m.value for m in app.markdown)
    assert "From the loss at t = 7 (" in said and "to the copy k = 3 (" in said


def test_the_window_moves_by_the_slider_and_is_linked(opened, filled: Path, named: dict[str, str]) -> None:
    app = opened(filled, run=named["reviews.csv"], text=TEXT, section="truncation")
    app.slider(key="pick-window").set_value(2)
    sound(app.run())
    link = {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}
    assert link["window"] == "2"
    said = " ".join(m.value for m in opened(filled, **link).markdown)
    assert "**Window** of K = 2: 2 of the pairs (t,k) kept, 9 dropped" in said


def test_the_clipping_threshold_is_linked(opened, filled: Path, named: dict[str, str]) -> None:
    app = opened(filled, run=named["reviews.csv"], text=TEXT, section="sgd")
    assert app.number_input(key="pick-clip").value == 5.0
    app.number_input(key="pick-clip").set_value(0.25)
    sound(app.run())
    link = {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}
    assert link["clip"] == "0.25" and opened(filled, **link).number_input(key="pick-clip").value == 0.25
    for odd in ("nan", "-1", "x" * 50, "1e999"):
        assert opened(filled, **link | {"clip": odd}).number_input(key="pick-clip").value == 5.0


def test_the_losses_add_up_as_their_mean_or_their_sum_and_the_link_says_so(opened, filled: Path, named: dict[str, str]) -> None:
    run, loss = named["reviews.csv"], "every"
    app = opened(filled, run=run, text=TEXT, loss=loss, section="total")
    mean = flowing(filled, run, loss=loss, reduce="mean")
    steps = len(mean.tokens)
    assert any(rf"L = \frac{{1}}{{{steps}}} \sum_{{t=1}}^{{{steps}}} L(t)" in m.value for m in app.markdown)
    app.button_group(key="pick-reduce").set_value("sum")
    sound(app.run())
    found = flowing(filled, run, loss=loss, reduce="sum")
    assert found.total == pytest.approx(steps * mean.total)
    (latex,) = (m.value for m in app.get("latex") if "L(t)" in m.value)
    assert rf"L = \sum_{{t=1}}^{{{steps}}} L(t) = " in latex and latex.rstrip("$\n ").endswith(f"= {found.total:.4g}")
    table = next(frame.value for frame in app.dataframe if "wₜ L(t)" in frame.value)
    np.testing.assert_allclose(table["L(t)"], found.values, rtol=1e-6)
    assert table["wₜ"].tolist() == [1.0] * steps and table["sum so far"].iloc[-1] == pytest.approx(found.total)
    link = {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}
    assert link["reduce"] == "sum" and opened(filled, **link).button_group(key="pick-reduce").value == "sum"
    last = opened(filled, run=run, text=TEXT, loss="last", reduce="zzz")
    assert not any(group.key == "pick-reduce" for group in last.button_group), "one step is its own mean and sum"


def test_64_bits_agree_with_autograd_to_ten_digits(opened, filled: Path, named: dict[str, str]) -> None:
    app = opened(filled, run=named["reviews.csv"], text=TEXT, precise="1", logit="1")
    said = next(m.value for m in app.markdown if "autograd" in m.value and "64 bits" in m.value)
    assert float(said.split("number is **")[1].split("**")[0]) <= 1e-10


def test_a_tagging_run_takes_a_tag_a_token(opened, filled: Path, named: dict[str, str]) -> None:
    run = named["entities.tsv"]
    labels = Workspace(filled).run(run).speech.labels
    text = "Anna lives in Paris ."
    app = opened(filled, run=run, text=text, layer="1", direction="1")
    assert "Last or every step" not in [tab.label for tab in app.tabs]
    tags = " ".join([labels[0]] * 5)
    app.text_input(key="pick-tags").set_value(tags)
    sound(app.run())
    found = flowing(filled, run, text, target=tags)
    assert any(f"= {found.total:.4g}$" in m.value for m in app.markdown)
    app.text_input(key="pick-tags").set_value("O O")
    sound(app.run())
    assert "2 tags for 5 tokens" in app.error[0].value


def test_in_a_lower_layer_one_chooses_where_the_loss_comes_down(opened, filled: Path, named: dict[str, str]) -> None:
    link = {"run": named["entities.tsv"], "text": "Anna lives in Paris .", "step": "4", "back": "2"}
    assert not any(box.key == "pick-down" for box in opened(filled, **link, layer="1").selectbox)
    app = opened(filled, **link, layer="0", section="truncation")
    assert any("comes back to a near copy is kept" in m.value for m in app.markdown)
    app.selectbox(key="pick-down").set_value(5)
    sound(app.run())
    assert app.query_params["down"] in ("5", ["5"])
    said = " ".join(m.value for m in app.markdown)
    assert "Layer 1 is not read out itself" in said and "state at s = 6 (" in said
    assert opened(filled, **link, layer="0", down="99").selectbox(key="pick-down").value in range(2, 7)


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell not in COMPILED])
def test_every_view_opens_for_a_cell_that_is_made_otherwise(opened, cell: str, tmp_path: Path) -> None:
    """One without W, one with vectors in its step, one whose units mix; two layers, so that a loss comes down."""
    workspace = Workspace(tmp_path / "workspace")
    run = saved_run(workspace, config_of(model=model_of(cell, layers=2), loss="every"))
    found, offered = flowing(workspace.root, run.id), parameters(load(run))
    for n, (section, views) in enumerate(SECTIONS.items()):
        parameter = offered[n % len(offered)]
        app = opened(workspace.root, run=run.id, text=TEXT, section=section, parameter=parameter, layer=str(n % 2))
        sound(app)
        for view in ("pairs", "walk", *(view for view in views if view != "directions")):
            assert chart(app, f"view-{view}")["data"]
        (map_,) = (trace for trace in chart(app, "view-pairs")["data"] if trace["type"] == "heatmap")
        held = found.readout.at(found.rows, 2) if parameter in found.readout.pairs else found.layers[n % 2]
        assert map_ is not None and held.pairs[parameter].shape == (len(found.rows), len(found.tokens))
    said = " ".join(m.value for m in app.markdown)
    assert "‖∂L(t)/∂" in said or "No loss travels back through time" in said


def test_runs_are_pinned_side_by_side(opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "READY_MADE", tmp_path / "none")
    workspace = Workspace(tmp_path / "workspace")
    ids = [saved_run(workspace, config_of(model=model_of(cell), name=f"<b>{cell}</b> %{{x}}")).id
           for cell in ("tanh", "lstm", "gru")]  # fmt: skip
    app = opened(workspace.root, run=ids[0], text="the film was good", pinned=",".join(ids[1:]), section="beside")
    lines = chart(app, "view-beside")["data"]
    assert len(lines) == 3 and all("<b>" not in line["name"] for line in lines)
    for run, line in zip(ids, lines, strict=True):
        delta = flowing(workspace.root, run, "the film was good").layers[-1].delta[-1]
        np.testing.assert_allclose(numbers(line["y"]), delta[::-1] / delta[-1], rtol=1e-4)
    app = opened(workspace.root, run=ids[0], text="the film was good", section="sgd")
    assert app.info and "no mini-batch" in app.info[-1].value


ODD = {"step": "99999", "back": "77", "layer": "9", "window": "0", "parameter": "zzz", "loss": "no", "label": "none",
       "pinned": "a,b", "tags": "x", "section": "zzz"}  # fmt: skip


@pytest.mark.parametrize("link", [ODD, {"text": "<b>x</b> $y$ **b** `c`"}])
def test_odd_links_and_texts_are_survived(opened, filled: Path, named: dict[str, str], link: dict[str, str]) -> None:
    app = opened(filled, run=named["reviews.csv"], **link)
    assert not app.error
    assert not any("<b>x" in m.value for m in app.markdown)
    assert json.dumps(chart(app, "view-pairs")).count("<b>") == 0


def test_a_text_that_is_too_long_is_cut_and_said(opened, filled: Path, named: dict[str, str]) -> None:
    app = opened(filled, run=named["reviews.csv"], text="soup " * 5_000)
    assert [e.value for e in app.info if e.value.startswith("This text has 5,000 tokens; the way back is of its first 1,000")]
    for section in SECTIONS:
        assert not opened(filled, run=named["reviews.csv"], text="soup " * 5_000, section=section, step="4999", back="4000").error
