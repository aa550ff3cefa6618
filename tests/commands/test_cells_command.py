"""A run of every cell without a kernel from the command line: trained, listed, inspected, its gradients against autograd."""

import pytest

from rnn_core.config import CELLS
from rnn_core.network.cells import kind
from rnn_core.network.sweeps import SWEEPS
from rnn_core.workspace import Workspace
from tests.commands.running import REVIEWS, SMALL, Run, figures


@pytest.mark.parametrize("cell", [cell for cell in CELLS if cell not in SWEEPS])
def test_a_cell_without_a_kernel_trains_and_is_looked_into(command: Run, workspace: Workspace, cell: str) -> None:
    answer = command("train", "--train", REVIEWS, "--cell", cell, "--layers", "2", "--updates", "3", *SMALL)
    found = figures(answer)
    pace = f"at {kind(cell).pace} of the LSTM's tokens per second."
    said = f"{kind(cell).title} has no compiled kernel: it trains by autograd, step by step, {pace}"
    assert said in answer[2] and found["engine"] == "autograd" and found["updates"] == 3
    assert workspace.run(found["run"]).config.model.cell == cell
    seen = figures(command("inspect", found["run"], "the film was good"))
    assert len(seen["tokens"]) == len(seen["readouts"]) == 6
    back = figures(command("gradients", found["run"], "the film was good", "--loss", "every"))
    assert 0 <= back["max_abs_difference"] < 1e-10
    assert set(back["copies"][0]["by_copy"]) == set(kind(cell)().parameters(1, 1))


def test_one_with_a_kernel_says_nothing_of_it(command: Run) -> None:
    answer = command("train", "--train", REVIEWS, "--updates", "1", *SMALL)
    assert figures(answer)["engine"] == "fused" and not any("no compiled kernel" in line for line in answer[2])
