"""The ledger against the tensors themselves."""

import numpy as np
import pytest
import torch

from rnn_core.analysis.ledger import ledger
from rnn_core.analysis.trace import trace
from tests.analysis.gradients import KINDS, loaded
from tests.tiny import CELLS


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), KINDS)
def test_formula_declarations_rows_and_tensors_agree(name: str, task: str, layers: int, both: bool) -> None:
    one = loaded(name, task, layers=layers, bidirectional=both)
    found = ledger(one, 3, 7)
    sizes = [p.numel() for p in one.network.parameters()]
    assert found.in_tensors == sum(sizes) == found.by_formula == found.declared
    assert sorted(row.count for row in found.rows) == sorted(sizes)
    d = found.letters["d"]
    letters = found.letters | {"G·d": found.letters["G"] * d, "2·d": 2 * d, "3·d": 3 * d}
    assert all(tuple(letters[s] for s in row.size) == row.shape for row in found.rows)


def test_one_elman_layer_has_the_formula_of_the_books() -> None:
    found = ledger(loaded("tanh"), 1, 1)
    assert found.formula == r"N \cdot n + d \cdot n + d \cdot d + d + k \cdot d + k"
    assert found.numbers == r"12 \cdot 5 + 4 \cdot 5 + 4 \cdot 4 + 4 + 2 \cdot 4 + 2"
    lstm = ledger(loaded("lstm", "tag", layers=2, bidirectional=True), 1, 1)
    assert r"2 \cdot G \cdot d \cdot 2 \cdot d + 2 \cdot G \cdot d \cdot d" in lstm.formula


@pytest.mark.parametrize("name", CELLS)
def test_bytes_are_those_of_the_arrays(name: str) -> None:
    one = loaded(name, layers=2)
    one = one._replace(network=one.network.float())
    seen = trace(one, "the film was good")
    memory = list(ledger(one, 1, len(seen.tokens)).memory.items())
    held = [seen.states, *([] if seen.cells is None else [seen.cells]), *seen.gates.values()]
    assert [count for _, count in memory[-3:]] == [
        seen.embeddings.nbytes, sum(np.asarray(array).nbytes for array in held), seen.logits.nbytes
    ]  # fmt: skip
    optimizer = torch.optim.Adam(p.clone().requires_grad_() for p in one.network.parameters())
    for p in optimizer.param_groups[0]["params"]:
        p.grad = torch.zeros_like(p)
    optimizer.step()
    moments = sum(s[key].nbytes for s in optimizer.state.values() for key in ("exp_avg", "exp_avg_sq"))
    assert dict(memory)["Adam: two moments"] == moments
    assert dict(memory)["weights"] == sum(p.nbytes for p in one.network.parameters())
