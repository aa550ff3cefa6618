"""A trace saved beside a run's weights comes back whole, or not at all."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.workspace import Workspace, traces
from rnn_core.workspace.runs import Run, write_tensors
from tests.tiny import CELLS, config_of, model_of, saved_run


@pytest.mark.parametrize(("task", "cell"), [("classify", cell) for cell in CELLS] + [("tag", "lstm"), ("tag", "gru")])
def test_what_was_saved_comes_back(workspace: Workspace, task: str, cell: str) -> None:
    run = saved_run(workspace, config_of(task, model_of(cell, layers=2, bidirectional=task == "tag")))
    assert traces.load(run, "the film") is None
    made = trace(load(run), "the film was <b>odd</b>")
    traces.save(run, made)
    found = traces.load(run, made.text)
    assert found
    for name, value in vars(made).items():
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(getattr(found, name), value)
        elif name != "gates":
            assert getattr(found, name) == value
    assert list(found.gates) == list(made.gates)
    for name, gate in made.gates.items():
        np.testing.assert_array_equal(found.gates[name], gate)
    assert traces.load(run, "another text") is None


def test_one_of_other_weights_or_a_damaged_one_is_passed_over(workspace: Workspace) -> None:
    run = saved_run(workspace)
    traces.save(run, trace(load(run), "the film"))
    place = run.path / traces.NAME
    whole = place.read_bytes()
    for damaged in (whole[:-9], b"", b"x" * 99, whole.replace(b"tokens", b"tokenz")):
        place.write_bytes(damaged)
        assert traces.load(Run(run.path), "the film") is None
    place.write_bytes(whole)
    assert traces.load(run, "the film")
    write_tensors(run.path / "weights.safetensors", {name: array + 1 for name, array in run.weights().items()})
    assert traces.load(run, "the film") is None


def test_one_saved_when_the_cell_had_other_letters_is_passed_over(workspace: Workspace) -> None:
    run = saved_run(workspace, config_of(model=model_of("lstm")))
    made = trace(load(run), "the film")
    traces.save(run, replace(made, gates={"o" if name == "q" else name: gate for name, gate in made.gates.items()}))
    assert traces.load(run, "the film") is None
    traces.save(run, made)
    assert traces.load(run, "the film")
