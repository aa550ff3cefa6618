"""What Inspect opens at a step: the readout, the loss of the text, the matrices, φ and its slope, each against a second way."""

import re
from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core import tasks, views
from rnn_core.analysis.loading import Loaded, load
from rnn_core.analysis.steps import targets_of
from rnn_core.analysis.trace import trace
from rnn_core.results import Trace
from rnn_core.views import sums
from rnn_core.views.inspect import readout, squash, text_loss, weights
from rnn_core.views.view import literal, number
from rnn_core.workspace import Workspace
from tests.analysis import gradients
from tests.figures.validated import validated
from tests.tiny import CELLS, config_of, in_turn, model_of, number_of, saved_run, vocabulary_of
from tests.views.looking import Looking
from tests.views.test_views import NASTY, escaped_only

NAMES = ("logit", "softmax", "text-loss", "weights", "squash", "circuit")
TEXT = "the film was not good"


def generating(**more: Any) -> Loaded:
    """A random language model in float64."""
    config = config_of("generate", model_of("lstm", layers=2), truncate=4)
    one = gradients.loaded("lstm", layers=2)
    words = len(one.speech.vocabulary)
    network = tasks.of(config).network(config, one.speech._replace(labels=())).double().eval().requires_grad_(False)
    for p in network.parameters():
        p.normal_(0, 0.5)
    assert network.weight_out.shape[0] == words
    return one._replace(config=config, speech=one.speech._replace(labels=()), network=network)


RUNS = {
    "one layer": lambda: gradients.loaded("gru", "classify"),
    "two layers": lambda: gradients.loaded("lstm", "classify", "every", layers=2),
    "both ways": lambda: gradients.loaded("lstm", "tag", layers=2, bidirectional=True),
    "next token": generating,
}


OF_TASKS = {"classify": (1, False), "tag": (2, True), "generate": (2, False)}
"""Layers, both directions."""

LOOKS = [*product((0, 3, -1), (None, NASTY[2]))]
"""Step and label: for each cell two with each task, and so all of them."""


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("task", OF_TASKS)
def test_every_view_inside_draws_and_explains(workspace: Workspace, cell: str, task: str) -> None:
    layers, both = OF_TASKS[task]
    more = {"truncate": 4} if task == "generate" else {}
    config = config_of(task, model_of(cell, layers=layers, bidirectional=both), **more)
    labels = () if task == "generate" else NASTY
    one = load(saved_run(workspace, config, labels, None, vocabulary_of((*NASTY, "film"))))
    seen = trace(one, "\x00".join(NASTY), NASTY)
    assert {*NAMES} <= {*tasks.task(task).views["inspect"]}
    for at, label in in_turn(LOOKS, number_of(cell) + 2 * [*OF_TASKS].index(task), 2):
        step = at % len(seen.tokens)
        looking = Looking(one, seen, step=step, label=label, layer=layers - 1, direction=int(both), unit=step or None)
        for name in NAMES:
            view = views.view(name)
            found = looking(view)
            for part in view.render(found):
                if part.kind == "figure":
                    validated(part.content)
                elif part.kind in ("text", "caption"):
                    escaped_only(part.content)
            escaped_only(view.explain(found))


def aimed(one: Loaded, seen: Trace, step: int) -> int:
    return int(targets_of(one, seen)[step])


@pytest.mark.parametrize("kind", RUNS)
def test_the_terms_of_the_logit_drawn_add_up_to_it(kind: str) -> None:
    one = RUNS[kind]()
    seen = trace(one, TEXT)
    v, c = one.network.weight_out.numpy(), one.network.bias_out.numpy()
    for step in (0, 3, 6):
        found = Looking(one, seen, step=step)(readout.LOGIT)
        j = aimed(one, seen, step)
        j = int(seen.logits[step].argmax()) if j < 0 else j
        assert found.label == seen.labels[j] and found.found.difference < 1e-12
        wanted = c[j] + v[j] @ seen.states[-1, :, step].ravel()
        words, figure, table = (part.content for part in readout.LOGIT.render(found))
        assert f"Class {j}, **{literal(seen.labels[j])}**" in words
        *terms, total = (trace_ for trace_ in figure["data"] if trace_["type"] == "bar")
        assert sum(x for bar in terms for x in bar["x"]) == pytest.approx(wanted, abs=1e-12)
        assert total["x"] == [pytest.approx(wanted)]
        assert sum(table.columns["value"]) == pytest.approx(wanted, abs=1e-12)
        said = readout.LOGIT.explain(found)
        bias, rest, total = re.search(r"h_t\[i\] = (\S+) \+ \((\S+)\) = (\S+)\$\$", said).groups()
        assert total == number(float(wanted)) and float(bias) + float(rest) == pytest.approx(wanted, abs=2e-3)
        weight, h, product = re.search(r"weight (\S+) times (\S+) is (\S+)\.", said).groups()
        assert float(weight) * float(h) == pytest.approx(float(product), rel=2e-3)


@pytest.mark.parametrize("kind", RUNS)
def test_the_softmax_and_the_cross_entropy_are_torchs(kind: str) -> None:
    one = RUNS[kind]()
    seen = trace(one, TEXT)
    for step in range(len(seen.tokens)):
        found, j = Looking(one, seen, step=step)(readout.SOFTMAX), aimed(one, seen, step)
        logits = torch.from_numpy(seen.logits[step])
        np.testing.assert_allclose(found.p, logits.softmax(0).numpy()[found.classes], rtol=1e-12)
        np.testing.assert_allclose(found.exps / found.total, found.p, rtol=1e-12)
        assert found.total == pytest.approx(float(logits.exp().sum()), rel=1e-12) and found.shift == 0
        assert found.others == len(seen.labels) - len(found.classes)
        _, table = (part.content for part in readout.SOFTMAX.render(found))
        columns = table.columns
        assert columns["exp(o)"][-1] == pytest.approx(sum(columns["exp(o)"][:-1]), rel=1e-12)
        assert sum(columns["ŷ = exp / sum"][:-1]) == pytest.approx(1) and columns["class"][-1] == "sum"
        said = readout.SOFTMAX.explain(found)
        top, under, p = re.search(r"\\frac\{([^{}]+)\}\{([^{}]+)\} = (\S+)\$\$", said).groups()
        assert float(top) / float(under) == pytest.approx(float(p), rel=2e-3)
        if j < 0:
            assert "y" not in columns and "no loss here" in said and found.truth is None
            continue
        loss = float(torch.nn.functional.cross_entropy(logits[None], torch.tensor([j])))
        assert found.loss == pytest.approx(loss, rel=1e-12) and found.truth == seen.labels[j]
        y = dict(zip(columns["class"], columns["y"], strict=True))
        assert y[seen.labels[j]] == 1 and sum(columns["y"][:-1]) == 1
        assert sum(columns["−y log ŷ"][:-1]) == pytest.approx(loss, rel=1e-12) == columns["−y log ŷ"][-1]
        inside, value = re.search(r"-\\log (\d\S*) = (\S+)\$\$", said).groups()
        assert -np.log(float(inside)) == pytest.approx(float(value), rel=2e-3) and value == number(loss)


def test_a_large_vocabulary_is_bounded_and_large_logits_stay_finite() -> None:
    one = RUNS["two layers"]()
    seen = trace(one, TEXT)
    k, rng = 30_000, np.random.default_rng(0)
    logits = rng.normal(0, 200, (len(seen.tokens), k)).astype(np.float32)
    labels = tuple(f"w{i}" for i in range(k))
    p = torch.from_numpy(logits).double().softmax(1)
    many = replace(seen, labels=labels, logits=logits, readouts=p.numpy(), answers=None)
    worst = labels[int(logits[3].argmin())]
    found = readout.SOFTMAX.compute(Looking(one._replace(speech=one.speech._replace(labels=labels)), many).inputs,
                                    readout.SOFTMAX.controls(step=3, label=worst))  # fmt: skip
    assert len(found.classes) == readout.MOST_CLASSES and found.truth == worst and found.shift == logits[3].max()
    np.testing.assert_allclose(found.p, p[3].numpy()[found.classes], rtol=1e-9)
    wanted = torch.nn.functional.cross_entropy(torch.from_numpy(logits[3:4]).double(), torch.tensor([labels.index(worst)]))
    assert found.loss == pytest.approx(float(wanted))
    figure, table = (part.content for part in readout.SOFTMAX.render(found))
    validated(figure)
    assert f"the other {k - readout.MOST_CLASSES:,}" in table.columns["class"] and np.isfinite(table.columns["−y log ŷ"]).all()
    assert "12 are shown" in readout.SOFTMAX.explain(found)


@pytest.mark.parametrize("reduce", ["mean", "sum"])
@pytest.mark.parametrize("loss", ["last", "every"])
@pytest.mark.parametrize("kind", RUNS)
def test_the_loss_of_the_text_is_what_training_minimises(kind: str, loss: str, reduce: str) -> None:
    one = RUNS[kind]()
    task = tasks.of(one.config)
    for text in ("good", TEXT):
        seen = trace(one, text)
        found = Looking(one, seen, step=2, loss=loss, reduce=reduce)(text_loss.TEXT_LOSS)
        logits, targets = torch.from_numpy(seen.logits), torch.from_numpy(targets_of(one, seen))
        counts = targets >= 0
        if kind in ("one layer", "two layers") and loss == "last":
            counts = torch.arange(len(counts)) == len(counts) - 1
        wanted = float(torch.nn.functional.cross_entropy(logits[counts], targets[counts], reduction=reduce))
        assert found.total == pytest.approx(wanted, rel=1e-12)
        figure, words, table = (part.content for part in text_loss.TEXT_LOSS.render(found))
        assert figure["data"][1]["y"][-1] == pytest.approx(wanted, rel=1e-6) and number(wanted) in words
        assert table.columns["sum so far"][-1] == pytest.approx(wanted, rel=1e-12)
        said = text_loss.TEXT_LOSS.explain(found)
        written = sums.in_numbers(found.values, found.weights, found.total)
        assert written in said and written.endswith(f" = {number(wanted)}")
        rows = table.columns
        parts = [w * (value or 0) for w, value in zip(rows["wₜ"], rows["L(t)"], strict=True)]
        assert sum(parts) == pytest.approx(wanted, rel=1e-12) and rows["wₜ L(t)"] == pytest.approx(parts, abs=1e-12)
        as_trained = found.loss == task.loss_of(one.config) and (int(counts.sum()) == 1 or reduce == one.config.train.reduce)
        assert ("not the loss that this run was trained with" in words) == (not as_trained)
        chosen = text_loss.Weighted(loss=found.loss, reduce=found.reduce)
        choices = text_loss.TEXT_LOSS.choices(Looking(one, seen).inputs, chosen)
        offered = {choice.field for choice in choices if len(choice.values) > 1}
        assert ("loss" in offered) == (kind in ("one layer", "two layers"))
        assert ("reduce" in offered) == (found.loss == "every")


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("layer", "direction"), [(0, 0), (1, 1)])
def test_the_matrices_drawn_are_the_parameters(cell: str, layer: int, direction: int) -> None:
    one = gradients.loaded(cell, "tag", layers=2, bidirectional=True)
    seen, d, declared = trace(one, TEXT), 4, one.network.cell
    for name in (*declared.of_step, *declared.of_inputs, "weight_out"):
        for row, gate in enumerate(declared.gates):
            found = Looking(one, seen, layer=layer, direction=direction, parameter=name, gate=gate)(weights.WEIGHTS)
            if name == "weight_out":
                whole = one.network.weight_out.numpy()
                assert found.names == seen.labels and found.letter == "V"
            else:
                whole = one.network.layer(layer, direction)[name].numpy()[row * d :][:d]
                letter = declared.declared[name].letter
                assert found.letter == (f"{letter}_{gate}" if len(declared.gates) > 1 else letter) and not found.names
            assert (found.values == whole).all() and found.shape == whole.shape
            matrix = torch.from_numpy(whole)
            assert found.spectral == pytest.approx(float(torch.linalg.matrix_norm(matrix, 2)))
            assert found.norm == pytest.approx(float(matrix.square().sum().sqrt()))
            assert abs(found.largest) == np.abs(whole).max() and whole[found.at] == found.largest
            said = weights.WEIGHTS.explain(found)
            assert number(found.spectral) in said and "drawn are" not in said
            (drawn,) = [part.content for part in weights.WEIGHTS.render(found)]
            assert (drawn["data"][0]["customdata"] == whole.astype(np.float32)).all()


def test_a_large_matrix_is_bounded_and_says_what_is_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weights, "MOST_ROWS", 3)
    monkeypatch.setattr(weights, "MOST_COLUMNS", 2)
    monkeypatch.setattr(weights, "MOST_DECOMPOSED", 3)
    one = generating()
    seen = trace(one, TEXT)
    for name, rows in (("weight_hh", np.arange(3)), ("weight_out", np.argsort(-seen.logits[2])[:3])):
        found = Looking(one, seen, step=2, layer=1, parameter=name, gate="f")(weights.WEIGHTS)
        whole = one.network.weight_out if name == "weight_out" else one.network.layer(1, 0)[name][4:8]
        assert (found.values == whole.numpy()[rows, :2]).all() and found.spectral is None
        which = "those of the most probable classes" if name == "weight_out" else "the first ones"
        (caption,) = [part.content for part in weights.WEIGHTS.render(found) if part.kind == "caption"]
        assert f"3 of {len(whole)} rows, {which}" in caption and "the first 2 of 4 columns" in caption
        assert caption in weights.WEIGHTS.explain(found)
        assert np.abs(whole.numpy()).max() == abs(found.largest), "the figures are of the whole matrix"
        assert literal(seen.labels[found.at[0]]) in weights.WEIGHTS.explain(found) or name == "weight_hh"


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(("layer", "direction"), [(0, 0), (0, 1), (1, 0), (1, 1)])
def test_units_stand_on_phi_and_on_its_slope(cell: str, layer: int, direction: int) -> None:
    one = gradients.loaded(cell, "tag", layers=2, bidirectional=True)
    seen = trace(one, TEXT)
    looking = Looking(one, seen)
    for gate, name in squash.curves(looking.inputs).items():
        for step in (0, 4):
            found = Looking(one, seen, step=step, layer=layer, direction=direction, gate=gate, unit=1)(squash.SQUASH)
            held = (seen.states if gate == "a" else seen.gates[gate])[layer, direction, step]
            a = torch.from_numpy(found.a).requires_grad_()
            y = getattr(torch, name)(a)
            y.sum().backward()
            np.testing.assert_allclose(y.detach().numpy(), held, atol=1e-12)
            np.testing.assert_allclose(found.slopes, a.grad.numpy(), atol=1e-12)
            steepest = {"tanh": 1.0, "sigmoid": 0.25, "relu": 1.0}[name]
            flat = int((a.grad < 0.1 * steepest).sum())
            said = squash.SQUASH.explain(found)
            called = "off" if name == "relu" else "saturated"
            assert f"**{flat} of 4 units** of layer {layer + 1} {called} at t = {step + 1}" in said
            a_1, y_1, slope_1 = (number(float(values[1])) for values in (found.a, held, a.grad))
            assert f"a = {a_1}, φ(a) = {y_1}, φ′(a) = {slope_1}." in said
            (drawn,) = [part.content for part in squash.SQUASH.render(found) if part.kind == "figure"]
            curve, points, slope, on_slope = drawn["data"]
            np.testing.assert_allclose(points["y"], held, atol=1e-12)
            np.testing.assert_allclose(on_slope["y"], a.grad.numpy(), atol=1e-12)
            x = torch.from_numpy(curve["x"]).requires_grad_()
            getattr(torch, name)(x).sum().backward()
            np.testing.assert_allclose(slope["y"], x.grad.numpy(), atol=1e-12)
            assert np.abs(found.a).max() <= curve["x"][-1]
    assert set(squash.curves(looking.inputs)) == {
        gate for gate in one.network.cell.gates
        if gate == "a" or next(kept.kind for kept in one.network.cell.kept if kept.name == gate) != "linear"
    }  # fmt: skip
