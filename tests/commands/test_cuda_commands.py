"""The command line on a GPU: every command with `--device`, against its answer by the processor."""

import csv
from pathlib import Path
from typing import Any

import pytest
import torch

from rnn_core.workspace import Workspace
from tests import gpu
from tests.commands.running import REVIEWS, SAMPLES, SMALL, TAGGED, Run, figures

pytestmark = gpu.needed

DATES, NOTEBOOK = str(SAMPLES / "dates.csv"), str(SAMPLES / "notebook.txt")
ON = ["--device", "cuda"]
TRAININGS = {
    "classify": ["--train", REVIEWS, "--layers", "2", "--dropout", "0.2", "--truncate", "5"],
    "tag": ["--train", TAGGED, "--task", "tag", "--bidirectional", "--cell", "gru"],
    "generate": ["--train", NOTEBOOK, "--task", "generate", "--tokens", "char", "--truncate", "16", "--tied", "--updates", "20"],
    "translate": ["--train", DATES, "--tokens", "char", "--bidirectional", "--cell", "gru", "--updates", "20"],
    "step by step": ["--train", REVIEWS, "--cell", "mingru"],
}
TEXT = {"classify": "a slow film", "tag": "Please sell it", "generate": "def sort", "step by step": "a slow film"}


def close(one: Any, other: Any, within: float = 2e-3) -> None:
    """Fails unless two printed figures are equal, but for their numbers, which may be `within` apart."""
    assert type(one) is type(other), (one, other)
    if isinstance(one, dict):
        assert one.keys() == other.keys()
        for name in one:
            close(one[name], other[name], within)
    elif isinstance(one, list):
        assert len(one) == len(other)
        for a, b in zip(one, other, strict=True):
            close(a, b, within)
    elif isinstance(one, float):
        assert one == pytest.approx(other, abs=within, rel=within, nan_ok=True)
    else:
        assert one == other


@pytest.mark.parametrize("task", TRAININGS)
def test_a_run_is_trained_and_asked_on_a_gpu(command: Run, workspace: Workspace, tmp_path: Path, task: str) -> None:
    trained = figures(command("train", *TRAININGS[task], *SMALL, *ON))
    run = trained["run"]
    assert trained["device"] == torch.cuda.get_device_name() and trained["engine"] == "autograd"
    assert workspace.run(run).config.train.device == "cuda" and workspace.run(run).trained
    asked: list[list[str]] = [["evaluate", run, "--on", "test"]]
    if task == "translate":
        asked += [["translate", run, "2031 Mar 4", "--beam", "3", "--copy", "--longest", "12"]]
    else:
        asked += [["inspect", run, TEXT[task]], ["gradients", run, TEXT[task]]]
    if task == "generate":
        asked += [["generate", run, "--prompt", "def", "--length", "20", "--temperature", "0"],
                  ["evaluate", run, "--on", "test", "--dynamic", "0.1"]]  # fmt: skip
    for words in asked:
        close(figures(command(*words, *ON)), figures(command(*words, "--device", "cpu")))
    if task in ("classify", "tag", "translate"):
        rows = []
        for device in ("cpu", "cuda"):
            out = tmp_path / f"{device}.csv"
            figures(command("predict", run, {"classify": REVIEWS, "tag": TAGGED, "translate": DATES}[task],
                            "--out", str(out), "--device", device))  # fmt: skip
            with out.open(newline="", encoding="utf-8") as file:
                rows.append(list(csv.reader(file)))
        at = rows[0][0].index("answer")
        assert rows[0][0] == rows[1][0] and len(rows[0]) == len(rows[1]) > 100
        assert sum(a[at] == b[at] for a, b in zip(*rows, strict=True)) >= 0.98 * len(rows[0])
