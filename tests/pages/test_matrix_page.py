"""The page Words to matrix shows the numbers of the analysis, with and without the run's data, and survives what is odd."""

import json
import shutil
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from rnn_core.analysis import readings
from rnn_core.analysis.equations import unit_step
from rnn_core.analysis.feedforward import gain, without_recurrence
from rnn_core.analysis.ledger import ledger
from rnn_core.analysis.loading import Loaded, load
from rnn_core.analysis.one_hot import text_matrix
from rnn_core.analysis.padding import audit
from rnn_core.analysis.readings import cost
from rnn_core.analysis.trace import trace
from rnn_core.commands import main
from rnn_core.figures.palette import class_colours
from rnn_core.results import Trace
from rnn_core.training import jobs
from rnn_core.workspace import Workspace, store
from rnn_core.workspace.runs import write_tensors
from tests.pages.driving import Open, chart, numbers, sound
from tests.tiny import config_of, model_of, saved_run, vocabulary_of

TEXT = "the soup was cold but the service was wonderful"
PARTS = {"texts": ("indices", "one-hot-vector", "one_hot", "labels"), "recipe": (),
         "pads": ("pad_moved", "pad_drift", "pad_curves", "pad_states"),
         "ledger": ("ledger", "memory"), "unit": ("states", "terms"), "alone": ("alone",)}  # fmt: skip
"""What is drawn in each tab."""


@pytest.fixture
def opened(open_page: Open) -> Open:
    """Opens the page in a workspace, with what a link would say."""
    return partial(open_page, "matrix")


def read(workspace: Path, run: str, text: str = TEXT) -> tuple[Loaded, Trace]:
    loaded = load(Workspace(workspace).run(run))
    return loaded, trace(loaded, text)


def said(app: AppTest) -> str:
    return " ".join(m.value for m in app.markdown)


def table(app: AppTest, column: str) -> dict:
    return next(frame.value for frame in app.dataframe if column in frame.value.columns)


def test_an_empty_workspace_offers_the_next_click(opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "READY_MADE", tmp_path / "none")
    app = opened(tmp_path / "workspace")
    assert app.title[0].value == "Words to matrix" and "no trained run yet" in app.info[0].value


@pytest.mark.parametrize("run", ["05-film-reviews", "00-parts-of-speech"])
def test_a_newcomer_sees_all_of_it_on_a_ready_made_run(opened, tmp_path: Path, run: str) -> None:
    for part, views in PARTS.items():
        app = opened(tmp_path / "workspace", run=run, part=part)
        there = {c.proto.id.rsplit("view-", 1)[-1] for c in app.get("plotly_chart")}
        assert there == set(views), "a tab that is not open is not computed"
        assert not any("not in this workspace" in info.value for info in app.info)
    app = opened(tmp_path / "workspace", run=run)
    one = load(Workspace(tmp_path / "workspace").run(run))
    texts = app.text_area(key="pick-rows").value.split("\n")
    lengths = [len(trace(one, text).tokens) for text in (app.text_area(key="typed").value, *texts)]
    assert f"**{4 * len(lengths) * max(lengths) * len(one.speech.vocabulary) / 1e6:,.2f} MB** in float32" in said(app)
    assert "differ by at most **0**" in said(app)


def test_the_numbers_are_those_of_the_analysis(opened, filled: Path, named: dict[str, str]) -> None:
    run = named["reviews.csv"]
    look = {"run": run, "text": TEXT, "step": "4", "unit": "3", "pads": "3", "side": "left", "masking": "0", "gate": "f"}
    one, seen = read(filled, run)
    saved = Workspace(filled).dataset(one.config.fingerprint)

    app = opened(filled, **look)
    matrix = text_matrix(one, [seen.tokens[1:-1], *(tokens for tokens, _ in saved.report.examples[:7])])
    grid = chart(app, "view-indices")["data"][0]["text"]
    assert f"<b>{matrix.indices[0, 4]}</b>" in grid[0][4] and len(grid) == 8
    assert {tuple(tokens) for tokens, _ in saved.report.examples} <= {e.tokens for e in saved.examples("train")}
    longest = max(len(e.tokens) for e in saved.examples("train")) + 2
    assert f"train, {len(saved.examples('train')):,} texts of up to L = {longest} steps" in said(app)

    app = opened(filled, **look, part="pads")
    found = audit(one, seen, 3)
    drift = table(app, "masking")
    moved = drift["state"].astype(float)
    np.testing.assert_allclose(moved, [r.state for r in found.reads], atol=1e-6, rtol=0.05)
    np.testing.assert_allclose(drift["gradient, relative"].astype(float), [r.ratio for r in found.reads], atol=1e-5, rtol=0.05)
    assert moved[1] < 1e-6 < moved[2] and moved[3] < 1e-6
    for view, curves in (("pad_curves", found.curves), ("pad_drift", found.drift)):
        curve = next(line for line in chart(app, f"view-{view}")["data"] if line["name"] == "right, read like tokens")
        np.testing.assert_allclose(numbers(curve["y"]), curves["right", False], atol=1e-6)
    paid = cost(one.network, saved.encoded("dev"), 24)
    assert f"On all {paid.texts} dev texts" in said(app) and f"behind the pads | **{paid.last_column:.4f}**" in said(app)

    app = opened(filled, **look, part="ledger")
    book = ledger(one, 32, 11)
    counted = table(app, "numbers")
    assert counted["numbers"].tolist()[-1] == book.in_tensors == sum(counted["numbers"][:-1])
    assert f"**{book.in_tensors:,}**: the same" in said(app)

    app = opened(filled, **look, part="recipe")
    history = Workspace(filled).run(run).history().epochs[-1]
    assert f"{history['step'] / 2:,.0f} updates on batches" in said(app)
    assert f"here 2 epochs and {history['step']:,} updates" in said(app)

    app = opened(filled, **look, part="unit")
    unit = unit_step(one, seen, 0, 0, 4, 3)
    assert f"**h = {unit.values['h']:.4f}**" in said(app)
    assert "f_t[3] &= " in app.latex[0].value and f"= {unit.values['f']:.4f}" in app.latex[0].value
    total = next(bar for bar in chart(app, "view-terms")["data"] if bar.get("name") == "sum")
    assert numbers(total["x"])[0] == pytest.approx(unit.gates[1].total, abs=1e-6)

    app = opened(filled, **look, part="alone")
    label = seen.answer
    lines = chart(app, "view-alone")["data"]
    np.testing.assert_allclose(numbers(lines[0]["y"]), seen.readouts[:, label], atol=1e-6)
    np.testing.assert_allclose(numbers(lines[1]["y"]), without_recurrence(one, seen).readouts[:, label], atol=1e-6)
    colour = class_colours(seen.labels)[seen.labels[label]]  # the class has it on every page
    assert [line["line"]["color"] for line in lines] == [colour, colour]
    gained = gain(one, saved.encoded("dev"), 24)
    assert f"- with recurrence: **{gained.recurrent:.4f}**\n- without recurrence, the readout of `<eos>`: " in said(app)
    assert f"the readout of `<eos>`: **{gained.feed_forward:.4f}**\n- without" in said(app)
    assert f"the mean of the readouts of all steps: **{gained.mean:.4f}**" in said(app)
    majority = Workspace(filled).run(run).majority
    assert f"Always answering {majority}, the most frequent class of training, gets " in said(app)
    assert f"gets {gained.shares[one.outcomes.index(majority)]:.4f} here" in said(app)


def test_all_tabs_count_steps_alike_and_begin_at_the_first_word(opened, filled: Path, named: dict[str, str]) -> None:
    run = named["reviews.csv"]
    _, seen = read(filled, run)
    long = "a b c d e f g h i j k l m n o p"
    for link, t in (({}, 2), ({"step": "3"}, 4)):
        boxes = {}
        for part in PARTS:
            app = opened(filled, run=run, text=TEXT, part=part, unit="2", source="typed", **link)
            if boxes_of := [box for box in app.number_input if box.key == "pick-step"]:
                boxes[part] = boxes_of[0].value
            if part == "texts":
                assert f"At t = {t} of text 1" in said(app)
                assert chart(app, "view-indices")["layout"]["shapes"][0]["x0"] == t - 0.5
            if part == "unit":
                assert f"at t = {t} (“{seen.tokens[t - 1]}”): **h = " in said(app)
        assert boxes == {"texts": t, "unit": t, "alone": t}, "the other tabs look at no step"
    app = opened(filled, run=run, text=TEXT, source="typed")
    app.text_area(key="pick-rows").set_value(long)
    app = sound(app.run())
    last = sound(app.number_input(key="pick-step").set_value(18).run())
    assert last.number_input(key="pick-step").value == 18 and "texts 1 to 2 of 2, steps 9 to 18 of 18" in " ".join(
        caption.value for caption in last.caption
    )


def test_the_ledgers_batch_and_steps_are_in_the_link(opened, filled: Path, named: dict[str, str]) -> None:
    run = named["reviews.csv"]
    app = opened(filled, run=run, text=TEXT, part="ledger")
    batch = Workspace(filled).run(run).config.train.batch
    assert (app.number_input(key="pick-batch").value, app.number_input(key="pick-steps").value) == (batch, 11)
    app.number_input(key="pick-batch").set_value(7).run()
    sound(app.number_input(key="pick-steps").set_value(500).run())
    link = {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}
    assert (link["batch"], link["steps"]) == ("7", "500")
    again = opened(filled, **link)
    assert (again.number_input(key="pick-batch").value, again.number_input(key="pick-steps").value) == (7, 500)
    memory = ledger(read(filled, run)[0], 7, 500).memory
    np.testing.assert_allclose(numbers(chart(again, "view-memory")["data"][0]["x"]), [row.size for row in memory])
    odd = opened(filled, **link | {"batch": "0", "steps": "999999999"})
    assert (odd.number_input(key="pick-batch").value, odd.number_input(key="pick-steps").value) == (1, 20_000)


@pytest.mark.parametrize(("name", "part"), [("reviews.csv", "pads"), ("tagged.tsv", "alone")])
def test_a_large_dev_is_read_by_a_job(
    opened, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, part: str
) -> None:
    workspace = Workspace(shutil.copytree(filled, tmp_path / "workspace"))
    run = next(run for run in workspace.runs() if run.name == name)
    one, dev = load(run), workspace.dataset(run.config.fingerprint).encoded("dev")
    monkeypatch.setattr(readings, "OPERATIONS", 1)
    app = opened(workspace.root, run=run.id, text=TEXT, part=part)
    assert f"On 1 of {len(dev)} dev texts" in said(app)
    monkeypatch.setattr(jobs, "start", lambda folder, arguments: main([*arguments, "--job", str(folder)]))
    sound(next(b for b in app.button if b.label == f"Read all {len(dev)} dev texts").click().run())
    assert f"On all {len(dev)} dev texts" in said(app) and not any(b.label.startswith("Read all") for b in app.button)
    found = readings.readings(one, dev, len(dev))
    wanted = found.padding.last_column if found.padding else found.recurrence.feed_forward
    assert f"**{wanted:.4f}**" in said(app)
    weights = run.weights()
    weights["bias_out"] += 1
    write_tensors(run.path / "weights.safetensors", weights)
    assert f"On 1 of {len(dev)} dev texts" in said(opened(workspace.root, run=run.id, text=TEXT, part=part))


def test_typed_rows_are_linked_by_an_id_and_come_back(opened, filled: Path, named: dict[str, str]) -> None:
    app = opened(filled, run=named["reviews.csv"], text=TEXT, source="typed", order="first")
    app.text_area(key="pick-rows").set_value("one two\n\n  \nsecret <b>three</b>")
    sound(app.run())
    link = {name: value[0] if isinstance(value, list) else value for name, value in app.query_params.items()}
    assert not any("secret" in value for value in link.values())
    again = opened(filled, **link)
    assert again.text_area(key="pick-rows").value.startswith("one two")
    grid = chart(again, "view-indices")["data"][0]["text"]
    assert len(grid) == 3 and "one" in grid[1][1] and "&lt;b" not in grid[2][1]
    assert table(again, "first at")["token"].tolist()[4:6] == ["the", "soup"]


def test_without_further_texts_the_first_is_alone(opened, filled: Path, named: dict[str, str]) -> None:
    app = opened(filled, run=named["reviews.csv"], text=TEXT, source="typed")
    app.text_area(key="pick-rows").set_value("")
    sound(app.run())
    assert len(chart(app, "view-indices")["data"][0]["text"]) == 1 and app.text_area(key="pick-rows").value == ""


@pytest.mark.parametrize("part", PARTS)
def test_a_run_of_characters_and_one_whose_numbers_overflow_are_shown(
    part: str, opened, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "READY_MADE", tmp_path / "none")
    workspace = Workspace(tmp_path / "workspace")
    config = config_of(model=model_of("relu"))
    run = saved_run(workspace, replace(config, data=replace(config.data, tokens="char")), vocabulary=vocabulary_of("abc "))
    app = opened(workspace.root, run=run.id, text="ab c", part=part)
    if part == "texts":
        assert "characters of the training texts" in said(app)
    weights = {name: np.full_like(array, 1e30) for name, array in run.weights().items()}
    write_tensors(run.path / "weights.safetensors", weights)
    app = opened(workspace.root, run=run.id, text="ab c", part=part)
    assert [e.value for e in app.error] == [e.value for e in app.error if "overflow on this text" in e.value]
    assert bool(app.error) == (part in ("pads", "alone"))


def test_a_tagging_run_has_no_last_column_and_says_what_its_tags_owe_to_recurrence(
    opened, filled: Path, named: dict[str, str]
) -> None:
    look = {"run": named["entities.tsv"], "text": "Anna lives in Paris .", "layer": "1", "direction": "1", "step": "0"}
    assert any("no answer is read from the last column" in c.value for c in opened(filled, **look, part="pads").caption)
    app = opened(filled, **look, part="alone")
    assert "Recurrence changes the tag of" in said(app) and "dev texts" in said(app)
    one, seen = read(filled, look["run"], look["text"])
    unit = int(abs(seen.states[1, 1, 0]).argmax())
    app = opened(filled, **look, part="unit")
    assert f"**h = {unit_step(one, seen, 1, 1, 0, unit).values['h']:.4f}**" in said(app)


def test_a_long_text_is_audited_in_part_and_says_so(opened, filled: Path, named: dict[str, str]) -> None:
    app = opened(filled, run=named["reviews.csv"], text="the film was good " * 240, part="pads")
    assert any("its first 500 tokens" in c.value for c in app.caption)
    one, seen = read(filled, named["reviews.csv"], "the film was good " * 125)
    assert table(app, "masking")["loss"][1] == f"{audit(one, seen, 5).loss:.4f}"


ODD = {"step": "99999", "layer": "9", "unit": "999", "pads": "99999999", "side": "up", "order": "x", "source": "moon",
       "gate": "zz", "rows": "../../etc"}  # fmt: skip


@pytest.mark.parametrize("part", [*PARTS, "zzz"])
@pytest.mark.parametrize("link", [ODD, {"text": "<b>x</b> $y$ **b** `c` [a](b)"}])
def test_odd_links_and_texts_are_survived(
    opened, filled: Path, named: dict[str, str], link: dict[str, str], part: str
) -> None:
    app = opened(filled, run=named["reviews.csv"], part=part, **link)
    assert not app.error
    assert not any("<b>x" in m.value or "**b**" in m.value for m in app.markdown)
    assert "<b>x" not in json.dumps([chart(app, f"view-{view}") for view in PARTS.get(part, ())])


def test_an_empty_text_is_a_sentence(opened, filled: Path, named: dict[str, str]) -> None:
    app = opened(filled, run=named["reviews.csv"], text=" ")
    assert "There is nothing to read" in app.error[0].value
