"""`inspect`: every step of a text."""

import numpy as np
import pytest

from rnn_core.workspace import Workspace
from rnn_core.workspace.runs import write_tensors
from tests.commands.running import Run, figures
from tests.tiny import LABELS, config_of, model_of, saved_run


def test_inspect_gives_every_step(command: Run, workspace: Workspace) -> None:
    found = figures(command("inspect", saved_run(workspace).id, "The film was good"))
    assert set(found) == {"run", "tokens", "known", "readouts", "answers", "answer", "decision_step"}
    assert found["tokens"] == ["<sos>", "The", "film", "was", "good", "<eos>"]
    assert found["known"] == [True, False, True, True, True, True]
    for curve in ("readouts", "answers"):
        assert len(found[curve]) == 6
        assert all(set(p) == set(LABELS) and sum(p.values()) == pytest.approx(1, abs=1e-5) for p in found[curve])
    assert found["answers"][-1] == found["readouts"][-1]
    assert found["answer"] == max(found["answers"][-1], key=found["answers"][-1].__getitem__)
    answers = [max(p, key=p.__getitem__) for p in found["answers"]]
    t = found["decision_step"]  # counted from 1, as on pages
    assert set(answers[t - 1 :]) == {found["answer"]} and (t == 1 or answers[t - 2] != found["answer"])


def test_inspect_gives_the_tags_of_a_sentence(command: Run, workspace: Workspace) -> None:
    run = saved_run(workspace, config_of("tag", model_of(bidirectional=True)))
    found = figures(command("inspect", run.name, "The film – good"))
    assert set(found) == {"run", "tokens", "known", "readouts", "tags"}
    assert found["tags"] == [max(p, key=p.__getitem__) for p in found["readouts"][1:-1]] and len(found["tags"]) == 4


def test_a_run_whose_numbers_overflow_is_said(command: Run, workspace: Workspace) -> None:
    run = saved_run(workspace, config_of(model=model_of("relu")))
    write_tensors(run.path / "weights.safetensors", {name: np.full_like(array, 1e30) for name, array in run.weights().items()})
    status, out, err = command("inspect", run.id, "the film")
    assert status == 2 and out == [] and "overflow" in err[0]
