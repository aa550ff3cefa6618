"""The unrolled network over training: its numbers and words against each set of weights read by itself."""

import re
from dataclasses import replace

import numpy as np
import pytest

from pages.common.selection import Selection
from pages.common.unrolled.canvas import blob
from rnn_core.analysis import over_training as module
from rnn_core.analysis.loading import load
from rnn_core.analysis.over_training import over_training
from rnn_core.analysis.trace import trace
from rnn_core.views import unrolled as views
from rnn_core.views.inputs import given
from rnn_core.views.unrolled.over import turned
from rnn_core.views.view import literal, number
from rnn_core.workspace import Workspace
from tests.tiny import CELLS, LABELS, saved_run
from tests.views.looking import answer
from tests.views.test_unrolled_view import TEXT, looked_at, unpacked
from tests.views.test_views import NASTY, escaped_only


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("task", "both"), [("classify", False), ("tag", True), ("generate", False)])
def test_its_numbers_are_those_of_the_analysis(workspace: Workspace, cell: str, task: str, both: bool) -> None:
    run, seen = looked_at(workspace, cell, "every", task=task, layers=2, bidirectional=both)
    found = answer(views.TRAINED, given(run=run, text=seen))
    over = over_training(run, seen)
    for name in ("updates", "best", "targets", "states", "classes", "p", "target_p", "losses", "totals", "left_out"):
        np.testing.assert_array_equal(getattr(found.over, name), getattr(over, name))
    for places, classes in zip(found.best.reshape(-1), over.classes.reshape(-1), strict=True):
        assert found.along.ranked.labels[places] == seen.labels[classes]
    np.testing.assert_array_equal(found.along.ranked.best, found.best[over.best])
    targets = [found.along.ranked.labels[place] for place in found.along.ranked.targets if place >= 0]
    assert targets == [seen.labels[one] for one in over.targets if one >= 0]

    header, arrays = unpacked(blob(found))
    sets, steps, strips = len(over.updates), len(seen.tokens), 2 * (1 + both)
    assert header["over"]["updates"] == over.updates.tolist() and header["over"]["own"] == over.best
    assert header["over"]["best"] == found.best.ravel().tolist() and header["listed"] == found.best.shape[2]
    for i, strip in enumerate(found.along.strips):
        states = arrays[f"over_states.{i}"].reshape(sets, steps, -1)
        np.testing.assert_array_equal(states, over.states[:, strip.layer, strip.direction][:, :, strip.order])
        np.testing.assert_array_equal(states[over.best], arrays[f"states.{i}"].reshape(steps, -1))
    for name, value in (("losses", over.losses), ("best_p", over.p), ("target_p", over.target_p)):
        np.testing.assert_array_equal(arrays[f"over_{name}"], value.ravel())
        np.testing.assert_allclose(arrays[name], value[over.best].ravel(), rtol=1e-6)
    for name in ("above", "reached", "copies", "shares"):
        for found_, way in zip(arrays[name].reshape(sets, strips, steps), over.ways, strict=True):
            np.testing.assert_array_equal(found_, getattr(way, name))
    assert [way["total"] for way in header["back"]["ways"]] == over.totals.tolist()
    assert header["most"] == pytest.approx(float(np.abs(over.states).max()))

    said = views.TRAINED.explain(found)
    rows = [line for line in said.splitlines() if re.match(r"\| \d", line)]
    last = int(np.flatnonzero(over.weights > 0)[-1])
    for row, update, way in zip(rows, over.updates, over.ways, strict=True):
        assert row.startswith(f"| {update}") and row.endswith(f"| {number(way.total)} | {number(way.norms[0])} |")
    assert ", own" in rows[over.best] and sum(", own" in row for row in rows) == 1
    if task == "classify":
        label, p = seen.labels[over.classes[1, last, 0]], over.p[1, last, 0]
        assert f"| {literal(label)} {number(p)} |" in rows[1]
    else:
        assert f"| {over.right[1]} |" in rows[1]
    assert f"from {number(over.totals[0])} to {number(over.totals[over.best])} nats" in said
    assert ("in the top layer" in said) and "decay 0.99" in said and "0.05%" in said
    escaped_only(said)


@pytest.mark.parametrize(
    ("right", "place"), [((0, 1, 0, 1), 3), ((0, 1, 1, 1), 1), ((1, 1, 1, 1), 0), ((1, 1, 1, 0), None), ((0, 0, 0, 0), None)]
)
def test_an_answer_turned_right_where_it_never_turns_again(right: tuple[int, ...], place: int | None) -> None:
    assert turned(np.array(right, bool)) == place


def test_it_says_at_which_update_the_answer_turned(workspace: Workspace) -> None:
    run, seen = looked_at(workspace, loss="last")
    for label in LABELS:
        found = answer(views.TRAINED, given(run=run, text=seen), Selection(label=label))
        answers, own = found.over.classes[:, -1, 0], LABELS.index(label)
        said = views.TRAINED.explain(found)
        assert found.along.ranked.labels[found.along.target] == label
        if answers[-1] != own:
            assert f"By the last weights it is not so that the answer is {label}." in said
        elif (answers == own).all():
            assert f"By all weights the answer is {label}." in said
        else:
            place = int(np.flatnonzero(answers != own)[-1]) + 1
            own_place = place == found.over.best
            which = "By the run's own weights and all later ones" if own_place else f"From update {found.over.updates[place]} on"
            assert f"{which}, the answer is {label}." in said


def test_it_is_offered_where_there_are_snapshots_alone(workspace: Workspace) -> None:
    run, _ = looked_at(workspace)
    bare = load(saved_run(workspace, run.config, updates=()))
    for one, offered in ((run, True), (bare, False)):
        inputs = given(run=one, text=trace(one, TEXT))
        controls = views.UNROLLED.chosen(Selection(picture="over")).settled(inputs)
        assert (controls.picture == "over") == offered
        values = views.UNROLLED.choices(inputs, controls)[0].values
        assert values == ("forwards", "backwards", *(["over"] if offered else []))


def test_a_long_text_and_weights_left_out_are_said(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run, seen = looked_at(workspace, text=" ".join(["film"] * 30))
    monkeypatch.setattr(module, "MOST_TOKENS", 7)
    monkeypatch.setattr(module, "FEWEST_TOKENS", 3)
    found = answer(views.TRAINED, given(run=run, text=seen))
    assert len(found.along.tokens) == 9 and "30 tokens; its first 7 are read" in views.TRAINED.render(found)[1].content
    broken = replace(found, over=replace(found.over, left_out=(8, 1024)))
    assert "after update 8, 1,024 give" in views.TRAINED.render(broken)[1].content


def test_a_users_markup_is_shown_as_written(workspace: Workspace) -> None:
    run, _ = looked_at(workspace)
    nasty = load(saved_run(workspace, run.config, NASTY))
    found = answer(views.TRAINED, given(run=nasty, text=trace(nasty, " ".join(NASTY))))
    escaped_only(views.TRAINED.explain(found))
