"""`inspect`: every step of a text."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
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


@pytest.mark.parametrize(("task", "both"), [("classify", False), ("tag", False), ("tag", True)])
def test_a_text_longer_than_evaluation_reads_is_read_whole_and_said(
    command: Run, workspace: Workspace, tmp_path: Path, task: str, both: bool
) -> None:
    config = config_of(task, model_of(bidirectional=both))
    run = saved_run(workspace, replace(config, data=replace(config.data, max_tokens=3)))
    words, labels = ["the", "film", "was", "not", "good", "fine"], run.speech.labels
    for count in (3, 6):
        text = " ".join(words[:count])
        status, out, err = command("inspect", run.id, text)
        assert status == 0
        found = json.loads(out[-1])
        assert len(found["tokens"]) == count + 2
        assert ("cut_after" in found) == any("read whole" in line for line in err) == (count > 3)
    assert found["cut_after"] == 3 and found["evaluated"].keys() == found.keys() - {
        "run", "tokens", "known", "cut_after", "evaluated"
    }
    table = tmp_path / ("t.csv" if task == "classify" else "t.conll")
    rows = ["text,label", f"{text},{labels[0]}"] if task == "classify" else [f"{word} {labels[0]}" for word in words]
    table.write_text("\n".join(rows) + "\n")
    assert command("evaluate", run.id, str(table))[0] == 0  # which cuts the text itself
    (folder,) = (run.path / "evaluations").iterdir()
    answers = pq.read_table(folder / "predictions.parquet").to_pylist()[0]
    assert answers["tokens"] == words[:3]
    assert answers["answers"] == found["evaluated"]["answer" if task == "classify" else "tags"]
