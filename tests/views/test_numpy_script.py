"""The script in NumPy: run by itself, it prints the gradients of the engine and of autograd."""

import ast
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core.analysis.backward import Backward, backward
from rnn_core.analysis.bptt_sweep import sums
from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.config import Problem
from rnn_core.data.vocabulary import EOS, SOS
from rnn_core.views.inputs import given
from rnn_core.views.numpy_script import NUMPY_SCRIPT
from rnn_core.workspace import Workspace
from tests.tiny import config_of, model_of, saved_run
from tests.views.looking import answer

TEXT = "the film was not good"
NASTY = ('"""', "'''", "\\", "\n", "\u202e", "{x}", "#", "'); import os; ('", "\u2028")


def way_of(
    workspace: Workspace, cell: str, loss: str = "every", text: str = TEXT, task: str = "classify", **more: Any
) -> Backward:
    one = load(saved_run(workspace, config_of(task, model_of(cell, **more), loss=loss if task == "classify" else None)))
    return backward(one, trace(one, text, text.split(" ")), "bad" if task == "classify" else None)


def run(source: str, folder: Path) -> str:
    """What the script prints, in a process and a folder of its own."""
    file = folder / "backwards.py"
    file.write_text(source, encoding="utf-8")
    done = subprocess.run([sys.executable, "-I", str(file)], cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def printed(out: str) -> dict[str, np.ndarray]:
    """The numbers that it prints, by what stands before `=`."""
    parts = re.split(r"^(.+?) =", out, flags=re.MULTILINE)[1:]
    numbers = [np.array([float(one) for one in re.findall(r"[-+\d.e]+", part)]) for part in parts[1::2]]
    return dict(zip(parts[::2], numbers, strict=True))


@pytest.mark.parametrize("loss", ["last", "every"])
@pytest.mark.parametrize("cell", ["tanh", "relu", "sigmoid"])
def test_the_script_prints_the_gradients_of_the_engine(
    workspace: Workspace, tmp_path: Path, cell: str, loss: str
) -> None:
    way = way_of(workspace, cell, loss)
    found = answer(NUMPY_SCRIPT, given(target=way))
    out = printed(run(found.source, tmp_path))
    steps, held = len(way.trace.tokens), way.flow.layers[0]
    engine = sums(way.done, way.target, way.target.weights[None]).row(0)
    names = {
        "W": "cells.0.0.weight_hh",
        "U": "cells.0.0.weight_ih",
        "b": "cells.0.0.bias",
        "V": "weight_out",
        "c": "bias_out",
    }
    for letter, name in names.items():
        np.testing.assert_allclose(out[f"dL/d{letter}"], engine[name].numpy().ravel(), rtol=1e-5, atol=1e-5)
    norms = [out[f"norm of dL/dW|({t})"][0] for t in range(1, steps + 1)]
    np.testing.assert_allclose(norms, held.copies["weight_hh"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(norms, found.copies, rtol=1e-5, atol=1e-6)
    assert norms[0] == 0 < norms[1], "W is multiplied by h_0 = 0 at the first step"
    assert out["L"][0] == pytest.approx(way.flow.total, rel=1e-5) and found.loss == way.flow.total
    assert out["norm of dL/dW"][0] == pytest.approx(found.norm, rel=1e-5)


@pytest.mark.parametrize("cell", ["tanh", "relu"])
@pytest.mark.parametrize("loss", ["last", "every"])
def test_the_script_prints_the_gradients_of_autograd(
    workspace: Workspace, tmp_path: Path, cell: str, loss: str
) -> None:
    way = way_of(workspace, cell, loss)
    out = printed(run(NUMPY_SCRIPT.answer(given(target=way)).source, tmp_path))
    network = way.loaded.network
    own = {name: p.detach().double().requires_grad_() for name, p in network.layer(0, 0).items()}
    V, c = (p.detach().double().requires_grad_() for p in (network.weight_out, network.bias_out))
    vocabulary = way.loaded.speech.vocabulary
    indices, h, losses = [SOS, *vocabulary.encode(TEXT.split()), EOS], torch.zeros(4).double(), []
    for index in indices:
        x = network.embedding.weight[index].detach().double()
        a = own["bias"] + own["weight_hh"] @ h + own["weight_ih"] @ x
        h = a.tanh() if cell == "tanh" else a.relu()
        losses.append(-(c + V @ h).log_softmax(0)[0])
    (losses[-1] if loss == "last" else torch.stack(losses).mean()).backward()
    held = {"W": own["weight_hh"], "U": own["weight_ih"], "b": own["bias"], "V": V, "c": c}
    for letter, p in held.items():
        assert p.grad is not None
        np.testing.assert_allclose(out[f"dL/d{letter}"], p.grad.numpy().ravel(), rtol=1e-5, atol=1e-5)


def test_other_networks_are_refused_with_a_sentence(workspace: Workspace) -> None:
    for way in (
        way_of(workspace, "lstm"), way_of(workspace, "tanh", layers=2), way_of(workspace, "tanh", task="tag", bidirectional=True)
    ):  # fmt: skip
        with pytest.raises(Problem, match="Elman networks of one layer that read in one direction"):
            NUMPY_SCRIPT.answer(given(target=way))
    with pytest.raises(Problem, match="more than 12,000 numbers"):
        NUMPY_SCRIPT.answer(given(target=way_of(workspace, "tanh", hidden=120)))
    logit = way_of(workspace, "tanh")
    with pytest.raises(Problem, match="not of a logit"):
        NUMPY_SCRIPT.answer(
            given(target=Backward(logit.loaded, logit.trace, logit.target._replace(logit=True), logit.done))
        )


def test_a_text_stays_text_in_the_script(workspace: Workspace, tmp_path: Path) -> None:
    one = load(saved_run(workspace, config_of("classify", model_of("tanh"), loss="last")))
    way = backward(one, trace(one, "\x00".join(NASTY), NASTY), "bad")
    source = NUMPY_SCRIPT.answer(given(target=way)).source
    tokens = next(
        node for node in ast.parse(source).body if isinstance(node, ast.Assign) and node.targets[0].id == "tokens"
    )  # type: ignore[attr-defined]
    assert ast.literal_eval(tokens.value)[1:-1] == list(NASTY)
    assert "\u202e" not in source and "\u2028" not in source
    assert len(printed(run(source, tmp_path))) == len(NASTY) + 2 + 7


def test_steps_without_a_target_have_no_error(workspace: Workspace, tmp_path: Path) -> None:
    way = way_of(workspace, "tanh", task="tag")
    out = printed(run(NUMPY_SCRIPT.answer(given(target=way)).source, tmp_path))
    np.testing.assert_allclose(out["norm of dL/dW|(3)"], way.flow.layers[0].copies["weight_hh"][2], rtol=1e-5)
    assert out["L"][0] == pytest.approx(way.flow.total, rel=1e-5)


def test_the_view_shows_the_file_and_its_numbers(workspace: Workspace) -> None:
    found = NUMPY_SCRIPT.answer(given(target=way_of(workspace, "tanh")))
    said, code = NUMPY_SCRIPT.render(found)
    assert code.kind == "code" and code.content.source == found.source and code.content.file in said.content
    assert f"{found.norm:.4g}" in NUMPY_SCRIPT.explain(found)
    assert len(found.source.splitlines()) < 80
