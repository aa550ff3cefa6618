"""The recipe's numbers are those of a new network, of a linear layer and of the history."""

import re
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core import tasks
from rnn_core.analysis.loading import load
from rnn_core.analysis.recipe import starts
from rnn_core.results import History, Recipe
from rnn_core.views import recipe
from rnn_core.views.inputs import given
from rnn_core.workspace import Workspace
from rnn_core.workspace.runs import Run
from tests.tiny import CELLS, config_of, model_of, saved_run
from tests.views.looking import answer

EPOCHS = ({"epoch": 1.0, "step": 4, "train_loss": 1.0, "best": True}, {"epoch": 2.0, "step": 8, "train_loss": 1.0, "best": False})


def found_of(run: Run, epochs: Any = EPOCHS) -> Recipe:
    none = np.empty(0)
    found = answer(recipe.RECIPE, given(run=load(run), history=History(none, none, none, epochs)))
    assert isinstance(found, Recipe)
    return found


@pytest.mark.parametrize("task", [name for name in tasks.names() if "recipe" in tasks.task(name).views["matrix"]])
def test_both_columns_have_the_runs_numbers(workspace: Workspace, task: str) -> None:
    more = {"truncate": 4} if task == "generate" else {}
    run = saved_run(workspace, config_of(task, model_of("tanh"), batch=7, learning_rate=0.01, patience=2, epochs=5, **more))
    one, found = load(run), found_of(run)
    linear = torch.nn.Linear(len(one.speech.vocabulary), len(one.outcomes))
    count = sum(p.numel() for p in linear.parameters())
    rows = recipe.rows(found)
    formula = rows["parameters"][1]
    products = re.search(r"= (\d+)·(\d+) \+ (\d+) = ([\d,]+)", formula)
    assert products
    n, k, again, total = (int(part.replace(",", "")) for part in products.groups())
    assert n * k + again == total == count == found.logistic
    assert rows["parameters"][0].startswith(f"{sum(p.numel() for p in one.network.parameters()):,}: E, U, W, b, V, c")
    assert rows["an epoch"][0].startswith("4 updates on batches of about B = 7")
    assert rows["until"][0].startswith("2 epochs without a")
    assert rows["until"][0].endswith("or 5 epochs; here 2 epochs and 8 updates; best: epoch 1")
    assert rows["update"][0] == "Adam, learning rate 0.01" and rows["clip"][0].endswith("norm 5")
    assert f"{n} \\cdot {k} + {k} = {count}" in recipe.RECIPE.explain(found)
    assert recipe.table(found).count("\n") == len(rows) + 1
    assert ("up to K = 4 steps" in rows["backward"][0]) == (task == "generate")


def test_the_gradient_of_logistic_regression_is_what_is_said() -> None:
    torch.manual_seed(0)
    x, v, c = torch.randn(5), torch.randn(3, 5, requires_grad=True), torch.randn(3, requires_grad=True)
    p = (c + v @ x).softmax(0)
    (-p[1].log()).backward()
    apart = p.detach() - torch.eye(3)[1]
    torch.testing.assert_close(v.grad, torch.outer(apart, x))
    torch.testing.assert_close(c.grad, apart)


@pytest.mark.parametrize("scheme", ["orthogonal", "torch"])
@pytest.mark.parametrize("cell", CELLS)
def test_parameters_start_as_is_said(workspace: Workspace, cell: str, scheme: str) -> None:
    run = saved_run(workspace, config_of(model=model_of(cell, hidden=24, embedding=40, initialisation=scheme)))
    one = load(run)
    said, d = starts(one), 24
    torch.manual_seed(0)
    fresh = tasks.of(run.config).network(run.config, one.speech)
    own = {declared.letter: fresh.layer(0, 0)[name].detach() for name, declared in fresh.cell.declared.items()}
    assert {*said} == {"E", *own, "V", "c"}
    tensors = own | {"E": fresh.embedding.weight.detach(), "V": fresh.weight_out.detach(), "c": fresh.bias_out.detach()}
    for letter, how in said.items():
        tensor = tensors[letter]
        if "uniform" in how:
            most = float(how.rsplit("±", 1)[1]) * (2 if how.startswith("the sum") else 1)
            assert (0.4 if tensor.numel() > 4 else 0) * most < tensor.abs().max() <= most * 1.001
        elif how.startswith("orthogonal"):
            for block in tensor.split(d):
                torch.testing.assert_close(block.T @ block, torch.eye(d), atol=1e-5, rtol=0)
        elif how.startswith("normal"):
            assert float(tensor.std()) == pytest.approx(1, abs=0.2)
        else:
            others = {float(value) for value, _ in re.findall(r"(\S+) for (\w+)", how)}
            first = float(re.split(r"[, ]", how)[0])
            assert {float(value) for value in tensor.unique()} == {first, *others}


def test_a_run_without_a_history_says_so(workspace: Workspace) -> None:
    rows = recipe.rows(found_of(saved_run(workspace), ()))
    assert "wrote no epoch down" in rows["until"][0] and rows["an epoch"][0].startswith("updates on batches")


@pytest.mark.parametrize(("schedule", "warmup", "said"), [
    ("constant", 0, ""), ("constant", 1, ", after a warm-up of 1 update"), ("cosine", 0, ", along a cosine to 0"),
    ("cosine", 200, ", along a cosine to 0 after a warm-up of 200 updates"),
    ("plateau", 0, ", halved after each epoch without a better dev score"),
])  # fmt: skip
def test_the_schedule_is_told(schedule: Any, warmup: int, said: str, workspace: Workspace) -> None:
    run = saved_run(workspace, config_of(model=model_of("tanh"), learning_rate=0.01, schedule=schedule, warmup=warmup))
    assert recipe.rows(found_of(run))["update"][0] == "Adam, learning rate 0.01" + said
