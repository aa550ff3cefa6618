"""The picture of a network along a text: its numbers against the trace, and its order of units against V."""

import json
import re

import numpy as np
import pytest

from pages.common.selection import Selection
from pages.common.unrolled.canvas import MOST_LISTED, blob
from rnn_core.analysis import bptt_pass
from rnn_core.analysis.backward import backward
from rnn_core.analysis.loading import Loaded, load, readout_of, unopened
from rnn_core.analysis.trace import trace
from rnn_core.results import Trace
from rnn_core.views import unrolled as views
from rnn_core.views.inputs import given
from rnn_core.views.unrolled import Unrolled
from rnn_core.views.view import number
from rnn_core.workspace import Workspace
from tests.tiny import CELLS, config_of, model_of, saved_run
from tests.views.looking import answer
from tests.views.test_views import NASTY, escaped_only

TEXT = "the film was not good"


def looked_at(
    workspace: Workspace, cell: str = "lstm", loss: str = "last", text: str = TEXT, **more: object
) -> tuple[Loaded, Trace]:
    run = load(saved_run(workspace, config_of("classify", model_of(cell, **more), loss=loss)))
    return run, trace(run, text)


def unpacked(content: bytes) -> tuple[dict, dict[str, np.ndarray]]:
    size = int.from_bytes(content[:4], "little")
    header, at, arrays = json.loads(content[4 : 4 + size]), 4 + size, {}
    for name, count in header["arrays"]:
        arrays[name] = np.frombuffer(content, "<f4", count, at)
        at += 4 * count
    assert at == len(content)
    return header, arrays


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("layers", [1, 2])
def test_every_number_is_the_traces(workspace: Workspace, cell: str, layers: int) -> None:
    run, seen = looked_at(workspace, cell, layers=layers)
    found = answer(views.UNROLLED, given(run=run, text=seen))
    header, arrays = unpacked(blob(found))
    steps, units = len(seen.tokens), seen.states.shape[-1]
    np.testing.assert_array_equal(arrays["states"].reshape(steps, units), seen.states[-1, 0][:, found.order])
    np.testing.assert_array_equal(arrays["p"].reshape(steps, -1), seen.readouts)
    target = int(seen.readouts[-1].argmax())
    np.testing.assert_allclose(arrays["losses"], -np.log(seen.readouts[:, target]), rtol=1e-4)
    np.testing.assert_array_equal(arrays["target_p"], seen.readouts[:, target])
    np.testing.assert_array_equal(arrays["winner_p"], seen.readouts.max(1))
    assert header["winner"] == seen.readouts.argmax(1).tolist() and header["target"] == target
    assert header["indices"] == seen.indices.tolist() and header["order"] == found.order.tolist()
    assert header["most"] == pytest.approx(float(np.abs(seen.states[-1, 0]).max()))
    assert (header["steps"], header["units"]) == (steps, units) and header["labels"] == list(seen.labels)
    assert header["parts"] == list(run.cell.parts)


def test_units_stand_in_the_order_of_what_they_say_for_the_label(workspace: Workspace) -> None:
    run, seen = looked_at(workspace, "gru")
    v = run.network.weight_out.detach().numpy()
    for label in seen.labels:
        found = answer(views.UNROLLED, given(run=run, text=seen), Selection(label=label))
        target = seen.labels.index(label)
        others = np.mean([v[i] for i in range(len(v)) if i != target], axis=0)
        np.testing.assert_allclose(found.contrasts, (v[target] - others)[found.order], rtol=1e-5)
        assert (np.diff(found.contrasts) <= 0).all() and sorted(found.order) == list(range(len(found.order)))
        np.testing.assert_allclose(found.losses, -np.log(seen.readouts[:, target].astype(float)), rtol=1e-4)


@pytest.mark.parametrize("loss", ["last", "every"])
def test_bars_are_filled_where_the_loss_counts(workspace: Workspace, loss: str) -> None:
    run, seen = looked_at(workspace, "tanh", loss)
    found = answer(views.UNROLLED, given(run=run, text=seen))
    header, _ = unpacked(blob(found))
    assert header["every"] == found.every == (loss == "every")
    assert header["counts"] == [loss == "every" or t == len(seen.tokens) - 1 for t in range(len(seen.tokens))]
    said = views.UNROLLED.explain(found)
    value = float(re.findall(r"L = ([\d.]+) nats", said)[0])
    assert value == pytest.approx(float((found.weights * found.losses)[found.weights > 0].sum()), rel=1e-3)
    caption = views.UNROLLED.render(found)[1].content
    assert ("never trained" in caption) == (loss == "last")


def test_an_unopened_run_has_the_same_readout(workspace: Workspace) -> None:
    saved = saved_run(workspace, config_of("classify", model_of("lstm")))
    np.testing.assert_array_equal(readout_of(unopened(saved)), readout_of(load(saved)))


def test_a_users_markup_is_shown_as_written(workspace: Workspace) -> None:
    run, seen = looked_at(workspace, text=" ".join(NASTY))
    found = answer(views.UNROLLED, given(run=run, text=seen))
    escaped_only(views.UNROLLED.explain(found))
    header, _ = unpacked(blob(found))
    assert header["kinds"][0] == header["kinds"][-1] == "special" and "unknown" in header["kinds"]
    assert any("<" in token for token in header["tokens"]), "text, which the browser shows as text"


def test_of_many_classes_along_a_long_text_those_that_are_drawn_are_sent(workspace: Workspace) -> None:
    run, seen = looked_at(workspace)
    found = answer(views.UNROLLED, given(run=run, text=seen))
    k = MOST_LISTED // len(seen.tokens) + 1
    p = np.random.default_rng(0).dirichlet(np.ones(k), len(seen.tokens)).astype(np.float32)
    many = Unrolled(**{**found.__dict__, "p": p, "labels": tuple(map(str, range(k))), "colours": ("#000000",) * k})
    _, arrays = unpacked(blob(many))
    assert arrays["p"].size == 0
    np.testing.assert_array_equal(arrays["winner_p"], p.max(1))


def test_a_blob_is_known_by_its_content(workspace: Workspace) -> None:
    run, seen = looked_at(workspace)
    one = answer(views.UNROLLED, given(run=run, text=seen))
    again = answer(views.UNROLLED, given(run=run, text=seen))
    elsewhere = answer(views.UNROLLED, given(run=run, text=trace(run, "good")))
    ids = [unpacked(blob(found))[0]["id"] for found in (one, again, elsewhere)]
    assert ids[0] == ids[1] != ids[2]


# ---- the way back -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("loss", ["last", "every"])
def test_the_way_back_is_drawn_with_the_numbers_of_the_analysis(workspace: Workspace, cell: str, loss: str) -> None:
    run, seen = looked_at(workspace, cell, loss)
    way = backward(run, seen)
    found = answer(views.WALKED, given(run=run, text=seen, target=way))
    header, arrays = unpacked(blob(found))
    steps, parts = len(seen.tokens), len(run.cell.parts)
    for row, one in enumerate(way.both_ways):
        for name in ("weights", "own", "reached", "copies", "shares"):
            np.testing.assert_allclose(arrays[name].reshape(2, steps)[row], getattr(one, name), rtol=1e-6)
        np.testing.assert_allclose(arrays["arriving"].reshape(2, parts, steps)[row], one.arriving, rtol=1e-6)
        assert header["back"]["totals"][row] == one.total and header["back"]["norms"][row] == one.norm
    falls = arrays["falls"].reshape(2, steps)
    np.testing.assert_array_equal(falls, [one.falls for one in way.both_ways])
    assert header["back"]["fall"] == [one.fall for one in way.both_ways]
    assert header["back"]["rates"] == [one.rate for one in way.both_ways]
    cuts = way.cut_ways
    assert cuts is not None
    np.testing.assert_array_equal(arrays["cut_shares"], cuts.shares.ravel())
    np.testing.assert_array_equal(arrays["cut_arriving"], cuts.arriving.ravel())
    by_loss = arrays["parts_by_loss"].reshape(-1, steps)
    assert header["back"]["rows"] == list(range(steps)) and by_loss.shape == (steps, steps)
    np.testing.assert_allclose(np.diagonal(by_loss), way.both_ways[1].own, rtol=1e-4, atol=1e-9)
    assert (np.tril(by_loss.T, -1) == 0).all(), "no loss reaches a later state"

    said, own = views.WALKED.explain(found), way.both_ways[loss == "every"]
    assert found.own.loss == loss and f"L = {number(own.total)} nats" in said
    assert f"of copy {int(own.shares.argmax()) + 1};" in said and "all shares sum to 1.0000" in said
    assert f"η = {number(own.rate)}, and L falls by {number(own.fall)}; predicted {number(own.rate * own.norm**2)}" in said
    assert ("receives 0, because it multiplies" in said) == found.recurrent == (cell != "mingru")
    escaped_only(said.replace("**", ""))
    assert header["steps"] == steps and header["back"]["letter"] == found.letter


def test_of_a_long_text_the_beginning_is_walked(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run, seen = looked_at(workspace, text=" ".join(["good film"] * 10))
    monkeypatch.setattr(bptt_pass, "MOST_TOKENS", 7)
    monkeypatch.setattr(bptt_pass, "FEWEST_TOKENS", 7)
    found = answer(views.WALKED, given(run=run, text=seen, target=backward(run, seen)))
    assert len(found.along.tokens) == 9 and found.cut in views.WALKED.render(found)[1].content and found.cut
