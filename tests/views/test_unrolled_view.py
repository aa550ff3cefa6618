"""The picture of a network along a text: its numbers against the trace, and its order of units against V."""

import json
import re

import numpy as np
import pytest

from pages.common.selection import Selection
from pages.common.unrolled.canvas import blob
from rnn_core import tasks
from rnn_core.analysis import bptt_pass
from rnn_core.analysis.backward import backward
from rnn_core.analysis.loading import Loaded, load, readout_of, unopened
from rnn_core.analysis.trace import trace
from rnn_core.analysis.translating import translate
from rnn_core.analysis.translation_backward import translation_backward
from rnn_core.analysis.writing import continued
from rnn_core.config import TranslateConfig
from rnn_core.figures import palette
from rnn_core.results import Trace
from rnn_core.views import unrolled as views
from rnn_core.views.inputs import given
from rnn_core.views.unrolled import along
from rnn_core.views.view import number
from rnn_core.workspace import Workspace
from tests.analysis.translations import run_of
from tests.tiny import CELLS, config_of, model_of, saved_run
from tests.views.looking import answer
from tests.views.test_views import NASTY, escaped_only

TEXT = "the film was not good"


def looked_at(
    workspace: Workspace, cell: str = "lstm", loss: str | None = "last", text: str = TEXT, task: str = "classify", **more: object
) -> tuple[Loaded, Trace]:
    of_task: dict = {"truncate": 8} if task == "generate" else {"loss": loss}
    run = load(saved_run(workspace, config_of(task, model_of(cell, **more), **of_task)))
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
@pytest.mark.parametrize(
    ("task", "layers", "both"),
    [("classify", 1, False), ("classify", 2, False), ("tag", 1, True), ("tag", 2, True), ("generate", 2, False)],
)
def test_every_number_is_the_traces(workspace: Workspace, cell: str, task: str, layers: int, both: bool) -> None:
    loss = "last" if task == "classify" else "every"
    run, seen = looked_at(workspace, cell, loss, task=task, layers=layers, bidirectional=both)
    found = answer(views.UNROLLED, given(run=run, text=seen))
    header, arrays = unpacked(blob(found))
    steps, units, k = len(seen.tokens), seen.states.shape[-1], len(seen.labels)
    assert [(one["layer"], one["direction"]) for one in header["strips"]] == [
        (layer, direction) for layer in reversed(range(layers)) for direction in range(1 + both)
    ]  # fmt: skip
    for i, strip in enumerate(header["strips"]):
        states = seen.states[strip["layer"], strip["direction"]][:, strip["order"]]
        np.testing.assert_array_equal(arrays[f"states.{i}"].reshape(steps, units), states)
        assert (strip["start"], strip["count"], strip["units"]) == (0, steps, units)
        assert sorted(strip["order"]) == list(range(units))
    listed = header["listed"]
    assert listed == min(4, k)
    best = np.array(header["best"]).reshape(steps, listed)
    expected = np.sort(seen.readouts, axis=1)[:, ::-1][:, :listed]
    np.testing.assert_array_equal(arrays["best_p"].reshape(steps, listed), expected)
    names = np.array(header["labels"])[best]
    for t in range(steps):
        np.testing.assert_array_equal(seen.readouts[t, [seen.labels.index(name) for name in names[t]]], expected[t])
    wanted = {
        "classify": np.full(steps, seen.readouts[-1].argmax()),
        "tag": np.concatenate(([-1], seen.readouts[1:-1].argmax(1), [-1])),
        "generate": np.concatenate((seen.indices[1:-1], [-1, -1])),
    }[task]
    counted = wanted >= 0
    p = seen.readouts[np.flatnonzero(counted), wanted[counted]]
    assert [header["labels"][i] for i in np.array(header["targets"])[counted]] == [seen.labels[i] for i in wanted[counted]]
    assert (np.array(header["targets"])[~counted] == -1).all() and np.isnan(arrays["losses"][~counted]).all()
    np.testing.assert_array_equal(arrays["target_p"][counted], p)
    np.testing.assert_allclose(arrays["losses"][counted], -np.log(p.astype(float)), rtol=1e-4, atol=2e-7)
    assert header["classes"] == k and header["answered"] == [True] * steps
    assert header["indices"] == seen.indices.tolist()
    assert header["most"] == pytest.approx(float(np.abs(seen.states).max()))
    assert header["steps"] == steps and header["parts"] == list(run.cell.parts)
    if task == "classify":
        assert header["labels"][header["target"]] == seen.labels[int(seen.readouts[-1].argmax())]
        assert header["labels"] == list(seen.labels) if k <= 4 else True
    escaped_only(views.UNROLLED.explain(found))


@pytest.mark.parametrize(("task", "both"), [("classify", False), ("tag", True)])
def test_units_stand_in_the_order_of_what_they_say_for_the_label(workspace: Workspace, task: str, both: bool) -> None:
    run, seen = looked_at(workspace, "gru", "every", task=task, bidirectional=both, layers=2)
    v, d = run.network.weight_out.detach().numpy(), seen.states.shape[-1]
    for label in seen.labels:
        found = answer(views.UNROLLED, given(run=run, text=seen), Selection(label=label))
        target = seen.labels.index(label)
        others = np.mean([v[i] for i in range(len(v)) if i != target], axis=0)
        for strip in found.strips:
            if strip.layer == 0:
                assert strip.order.tolist() == list(range(d)) and not strip.contrasts.size
                continue
            own = (v[target] - others)[strip.direction * d : strip.direction * d + d]
            np.testing.assert_allclose(strip.contrasts, own[strip.order], rtol=1e-5)
            assert (np.diff(strip.contrasts) <= 0).all() and sorted(strip.order) == list(range(d))
        counted = found.ranked.targets >= 0
        expected = -np.log(seen.readouts[counted, target].astype(float))
        np.testing.assert_allclose(found.losses[counted], expected, rtol=1e-4, atol=2e-7)


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


def test_of_many_classes_those_that_are_drawn_are_named(workspace: Workspace) -> None:
    k, rng = 500, np.random.default_rng(0)
    p = rng.dirichlet(np.ones(k), 7).astype(np.float32)
    targets = rng.integers(-1, k, 7)
    found = along.ranked(p, targets, tuple(map(str, range(k))), classes=True)
    assert len(found.labels) <= 7 * 5
    for t in range(7):
        assert [int(found.labels[i]) for i in found.best[t]] == np.argsort(-p[t], kind="stable")[:4].tolist()
        assert (targets[t] < 0 and found.targets[t] < 0) or int(found.labels[found.targets[t]]) == targets[t]
    assert found.colours == tuple(palette.class_colours(tuple(map(str, range(k))))[label] for label in found.labels)


def test_a_blob_is_known_by_its_content(workspace: Workspace) -> None:
    run, seen = looked_at(workspace)
    one = answer(views.UNROLLED, given(run=run, text=seen))
    again = answer(views.UNROLLED, given(run=run, text=seen))
    elsewhere = answer(views.UNROLLED, given(run=run, text=trace(run, "good")))
    ids = [unpacked(blob(found))[0]["id"] for found in (one, again, elsewhere)]
    assert ids[0] == ids[1] != ids[2]


# ---- the way back -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    ("task", "loss", "layers", "both"),
    [("classify", "last", 1, False), ("classify", "every", 2, False), ("tag", "every", 2, True), ("generate", "every", 1, False)],
)
def test_the_way_back_is_drawn_with_the_numbers_of_the_analysis(
    workspace: Workspace, cell: str, task: str, loss: str, layers: int, both: bool
) -> None:
    run, seen = looked_at(workspace, cell, loss, task=task, layers=layers, bidirectional=both)
    way = backward(run, seen)
    found = answer(views.WALKED, given(run=run, text=seen, target=way))
    header, arrays = unpacked(blob(found))
    steps, parts, strips, count = len(seen.tokens), len(run.cell.parts), layers * (1 + both), len(way.ways)
    shapes = {"weights": (steps,), "above": (strips, steps), "arriving": (strips, parts, steps), "reached": (strips, steps),
              "copies": (strips, steps), "shares": (strips, steps), "norms": (strips,),
              "falls": (strips, steps)}  # fmt: skip
    for row, one in enumerate(way.ways):
        for name, shape in shapes.items():
            np.testing.assert_array_equal(arrays[name].reshape(count, *shape)[row], getattr(one, name))
        told = header["back"]["ways"][row]
        assert (told["loss"], told["step"], told["total"], told["rates"]) == (one.loss, one.step, one.total, one.rates.tolist())
        assert told["fall"] == [None if np.isnan(fall) else fall for fall in one.fall.tolist()]
    cuts = way.cut_ways
    assert (cuts is None) == both == ("cut_shares" not in arrays)
    if cuts:
        for name in ("above", "arriving", "shares"):
            np.testing.assert_array_equal(arrays[f"cut_{name}"], getattr(cuts, name).ravel())
    by_loss, rows = arrays["parts_by_loss"].reshape(-1, steps), np.array(header["back"]["rows"])
    assert by_loss.shape == (len(rows), steps)
    if layers == 1 and not both:
        np.testing.assert_allclose(by_loss[np.arange(len(rows)), rows], way.ways[-1].above[0][rows], rtol=1e-4, atol=1e-9)
        assert all((by_loss[r, t + 1 :] == 0).all() for r, t in enumerate(rows)), "no loss reaches a later state"

    said, own = views.WALKED.explain(found), way.ways[-1 if loss == "every" else 0]
    norm = float(own.norms[0])
    assert found.own.loss == loss and f"L = {number(own.total)} nats" in said
    assert f"of copy {int(own.shares[0].argmax()) + 1};" in said and "all shares sum to 1.0000" in said
    rate, fall = float(own.rates[0]), float(own.fall[0])
    assert f"η = {number(rate)}, and L falls by {number(fall)}; predicted {number(rate * norm**2)}" in said
    assert ("receives 0, because it multiplies" in said) == found.recurrent == (cell != "mingru")
    escaped_only(said.replace("**", ""))
    assert header["steps"] == steps and header["back"]["letter"] == found.letter


def test_of_a_long_text_the_beginning_is_walked(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    run, seen = looked_at(workspace, text=" ".join(["good film"] * 10))
    monkeypatch.setattr(bptt_pass, "MOST_TOKENS", 7)
    monkeypatch.setattr(bptt_pass, "FEWEST_TOKENS", 7)
    found = answer(views.WALKED, given(run=run, text=seen, target=backward(run, seen)))
    assert len(found.along.tokens) == 9 and "the way back is of its first 7" in views.WALKED.render(found)[1].content


def test_tokens_that_the_network_wrote_are_told_from_those_given(workspace: Workspace) -> None:
    run, _ = looked_at(workspace, "gru", task="generate")
    prompt = "the film"
    text = continued(run, prompt, 5)
    seen = trace(run, text)
    given_tokens = tasks.of(run.config).cut(prompt, run.config.data.tokens)
    found = answer(views.WRITTEN, given(run=run, text=seen, prompt=len(given_tokens)))
    header, _ = unpacked(blob(found))
    assert len(seen.tokens) == len(given_tokens) + 2 + 5 or "<eos>" in seen.tokens
    own = [t for t, fed in enumerate(header["fed"]) if fed]
    assert own == list(range(len(given_tokens) + 1, len(seen.tokens) - 1)) and own
    unwritten = [seen.labels.index(one) for one in ("<pad>", "<unk>", "<sos>") if one in seen.labels]
    for t in own:  # each is the most probable one that may be written
        p = seen.readouts[t - 1].copy()
        p[unwritten] = 0
        assert seen.labels[int(p.argmax())] == seen.tokens[t]
    assert f"The network wrote the last {len(own)} tokens" in views.WRITTEN.render(found)[1].content


# ---- an encoder and a decoder -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["none", "dot", "additive"])
@pytest.mark.parametrize(("cell", "model"), [("lstm", {"bidirectional": True, "layers": 2}), ("gru", {})])
def test_a_pair_is_drawn_with_the_numbers_of_the_translation(kind: str, cell: str, model: dict) -> None:
    run = run_of(kind, cell, **model)
    seen = translate(run, "two three one <b>x</b>", TranslateConfig(longest=6))
    found = answer(views.PAIR, given(run=run, translation=seen))
    header, arrays = unpacked(blob(found))
    source, steps = len(seen.source.tokens), len(seen.target.tokens)
    assert header["steps"] == source + steps and header["pair"]
    assert [(one["side"], one["layer"], one["direction"], one["start"], one["count"]) for one in header["strips"]] == [
        (side, layer, direction, 0 if side == "encoder" else source, source if side == "encoder" else steps)
        for side in ("encoder", "decoder") for layer in reversed(range(model.get("layers", 1)))
        for direction in range(1 + (side == "encoder" and model.get("bidirectional", False)))
    ]  # fmt: skip
    for i, one in enumerate(header["strips"]):
        side = seen.source if one["side"] == "encoder" else seen.target
        states = side.values["h"][one["layer"], one["direction"]]
        np.testing.assert_array_equal(arrays[f"states.{i}"], states.ravel().astype("f4"))
    assert header["answered"] == [False] * source + [True] * steps
    assert header["fed"] == [False] * (source + 1) + [True] * (steps - 1)
    listed = header["listed"]
    best = np.array(header["best"]).reshape(-1, listed)[source:]
    assert [[header["labels"][i] for i in row] for row in best] == [list(row[:listed]) for row in seen.likely]
    np.testing.assert_allclose(arrays["best_p"].reshape(-1, listed)[source:], seen.p[:, :listed], rtol=1e-6)
    counted = np.arange(steps) < seen.steps
    np.testing.assert_allclose(arrays["losses"][source:][counted], -seen.log_p[counted], rtol=1e-5)
    np.testing.assert_allclose(arrays["target_p"][source:][counted], np.exp(seen.log_p[counted]), rtol=1e-6)
    assert np.isnan(arrays["losses"][:source]).all() and np.isnan(arrays["losses"][source:][~counted]).all()
    assert [header["labels"][i] for i in np.array(header["targets"])[source:][counted]] == list(seen.written[: seen.steps])
    if kind == "none":
        assert not arrays["attention"].size
    else:
        assert seen.attention is not None
        np.testing.assert_allclose(arrays["attention"].reshape(steps, source), seen.attention, rtol=1e-6)
        np.testing.assert_allclose(arrays["attention"].reshape(steps, source).sum(1), 1, rtol=1e-5)
    said = views.PAIR.explain(found)
    assert f"L = {number(float(-seen.log_p[counted].mean()))} nats" in said
    escaped_only(said)


@pytest.mark.parametrize("kind", ["none", "dot", "additive, fed"])
def test_the_way_back_of_a_pair_is_drawn_with_the_numbers_of_the_analysis(kind: str) -> None:
    run = run_of(kind, "lstm", bidirectional=True, layers=2)
    way = translation_backward(run, "two three one", "THREE ONE TWO")
    found = answer(views.PAIR_BACK, given(run=run, pair=way))
    header, arrays = unpacked(blob(found))
    steps, count = header["steps"], len(way.ways)
    assert count == 4 + 1 and [told["step"] for told in header["back"]["ways"]] == [5, 6, 7, 8, -1]
    for row, one in enumerate(way.ways):
        assert header["back"]["ways"][row]["total"] == one.total
        np.testing.assert_array_equal(arrays["above"].reshape(count, 6, steps)[row], one.above)
        np.testing.assert_array_equal(arrays["arriving"].reshape(count, 6, 2, steps)[row], one.arriving)
        np.testing.assert_array_equal(arrays["shares"].reshape(count, 6, steps)[row], one.shares)
        np.testing.assert_array_equal(arrays["norms"].reshape(count, 6)[row], one.norms)
    said = views.PAIR_BACK.explain(found)
    assert f"L = {number(way.ways[-1].total)} nats" in said
    assert "in the encoder in layer 2 in the direction from the start" in said
    escaped_only(said.replace("**", ""))
