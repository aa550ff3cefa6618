"""What is compiled ahead is all that a training needs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def output(tmp_path: Path, *command: str) -> str:
    """What a process prints whose compiled loops are kept in a folder of their own, with a line for each kept or found."""
    env = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path / "kept"), "NUMBA_DEBUG_CACHE": "1"}
    return subprocess.run([sys.executable, "-m", *command], cwd=ROOT, env=env, check=True, capture_output=True, text=True).stdout


@pytest.mark.parametrize("task", [["classify", "--train", "samples/reviews.csv"],
                                  ["tag", "--train", "samples/tagged.tsv", "--bidirectional"]])  # fmt: skip
def test_after_compiling_ahead_a_training_compiles_nothing(tmp_path_factory: pytest.TempPathFactory, task: list[str]) -> None:
    place = tmp_path_factory.getbasetemp() / "ahead"  # compiled once for all tasks
    if not place.exists():
        assert "data saved to" in output(place, "rnn_core.training.ahead", "rnn")
    small = ["--cell", "rnn", "--epochs", "1", "--hidden", "16", "--threads", "2", "--workspace", str(place / "workspace")]
    printed = output(place, "rnn_core", "train", "--task", *task, *small)
    assert "data loaded from" in printed and "data saved to" not in printed


def test_loops_just_compiled_and_loops_kept_give_the_same_bits(tmp_path: Path) -> None:
    """What is kept is not always the instructions that the compiling process ran, so no sum may depend on them."""
    given = ["--train", "samples/reviews.csv", "--cell", "lstm", "--epochs", "2", "--hidden", "24", "--threads", "2"]
    weights = []
    for saved in (True, False):
        workspace = tmp_path / f"workspace {saved}"
        printed = output(tmp_path, "rnn_core", "train", "--task", "classify", *given, "--workspace", str(workspace))
        assert ("data saved to" in printed) == saved
        weights.append(next(workspace.glob("runs/*/weights.safetensors")).read_bytes())
    assert weights[0] == weights[1]
