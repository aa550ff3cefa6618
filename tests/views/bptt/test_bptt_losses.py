"""The losses of the steps added up: the formulas and words say what this loss does, mean or sum, last or every step."""

import re
from dataclasses import replace

import numpy as np
import pytest

from rnn_core.analysis.backward import backward
from rnn_core.analysis.bptt_pass import target_of
from rnn_core.analysis.trace import trace
from rnn_core.config import Problem
from rnn_core.results import SgdStep
from rnn_core.tasks import task as task_of
from rnn_core.views import bptt as views
from rnn_core.views import sums
from rnn_core.workspace import Workspace
from tests.tiny import config_of
from tests.views.bptt.asked import Looking, asked_of
from tests.views.looking import answer

KINDS = [("classify", "last", "mean"), ("classify", "last", "sum"), ("classify", "every", "mean"), ("classify", "every", "sum"),
         ("tag", "every", "mean"), ("tag", "every", "sum")]  # fmt: skip


def evaluated(formula: str, values: np.ndarray) -> float:
    """L = … with the loss of each step, (T,), put in."""
    if last := re.fullmatch(r"L = L\((\d+)\)", formula):
        return float(values[int(last[1]) - 1])
    found = re.fullmatch(r"L = (?:\\frac\{1\}\{(\d+)\} )?\\sum_\{t=(\d+)\}\^\{(\d+)\} L\(t\)", formula)
    assert found, formula
    return float(values[int(found[2]) - 1 : int(found[3])].sum()) / int(found[1] or 1)


def looking_at(workspace: Workspace, task: str, loss: str, reduce: str, **options: object) -> Looking:
    looking = asked_of(workspace, "gru", task, **options)
    way = backward(looking.way.loaded, looking.way.trace, loss=loss, reduce=reduce)
    return Looking(way, step=5, back=2, parameter="weight_hh")


@pytest.mark.parametrize(("task", "loss", "reduce"), KINDS)
def test_the_formula_gives_the_total_and_the_numbers_are_its(workspace: Workspace, task: str, loss: str, reduce: str) -> None:
    looking = looking_at(workspace, task, loss, reduce)
    flow, found = looking.way.flow, looking(views.TOTAL)
    formula = sums.total(flow.weights)
    assert evaluated(formula, flow.values) == pytest.approx(flow.total, rel=1e-5)
    said = found.in_numbers
    assert said.startswith(f"{formula} = ") and said.endswith(f" = {flow.total:.4g}") and said in views.TOTAL.explain(found)
    counted = flow.values[flow.weights > 0]
    assert all(f"{value:.4g}" in said for value in (*counted[:5], *counted[-2:]))
    drawn = {part.kind: part.content for part in views.TOTAL.render(found)}
    table = drawn["table"].columns
    assert table["sum so far"][-1] == pytest.approx(flow.total, rel=1e-6) and len(table["t"]) == len(flow.tokens)
    parts = [w * (value or 0) for w, value in zip(table["wₜ"], table["L(t)"], strict=True)]
    assert sum(parts) == pytest.approx(flow.total, rel=1e-6)


def test_of_a_long_text_the_table_has_the_steps_that_count() -> None:
    """The one loss of a long text would be the last row, below what is seen."""
    count = sums.MOST_ROWS + 6
    tokens, weights, values = [f"w{t}" for t in range(count)], np.eye(count)[-1], np.full(count, 0.5)
    columns = sums.table(tokens, [""] * count, values, weights).columns
    assert columns["t"] == [count] and columns["token"] == [tokens[-1]] and columns["sum so far"] == [0.5]
    assert len(sums.table(tokens[:20], [""] * 20, values[:20], weights[-20:]).columns["t"]) == 20


def test_small_numbers_are_written_as_powers_of_ten(workspace: Workspace) -> None:
    found = views.TOTAL.answer(looking_at(workspace, "classify", "every", "mean").inputs)
    small = type(found)(found.tokens[:2], found.targets[:2], np.array([6.377e-05, -2e-7]), np.ones(2), 6.357e-05, True)
    assert small.in_numbers.endswith(r"6.377 \cdot 10^{-5} + (-2 \cdot 10^{-7}) = 6.357 \cdot 10^{-5}")


def test_a_few_losses_are_all_named_and_weights_of_a_kind_of_their_own_are_in_the_terms(workspace: Workspace) -> None:
    found = views.TOTAL.answer(looking_at(workspace, "classify", "every", "mean").inputs)
    values, weights = np.array([0.5, -0.25, 2.0]), np.array([1, 2, 3]) / 6
    ramp = type(found)(found.tokens[:3], found.targets[:3], values, weights, float(values @ weights), True)
    assert ramp.in_numbers == r"L = \sum_t w_t L(t) = 0.08333 + (-0.08333) + 1 = 1"
    same = type(found)(found.tokens[:3], found.targets[:3], values, np.full(3, 1 / 3), 0.75, True)
    assert same.in_numbers == r"L = \frac{1}{3} \sum_{t=1}^{3} L(t) = \frac{1}{3} (0.5 + (-0.25) + 2) = 0.75"


@pytest.mark.parametrize("reduce", ["mean", "sum"])
def test_both_losses_are_written_and_named_as_they_are_taken(workspace: Workspace, reduce: str) -> None:
    looking = looking_at(workspace, "classify", "last", reduce)
    flow, found = looking.way.flow, looking(views.MODES)
    steps = len(flow.tokens)
    (drawn, *_) = (part.content for part in views.MODES.render(found))
    assert [line["name"] for line in drawn["data"]] == ["loss at the last step", f"loss at every step ({reduce})"]
    said = views.MODES.explain(found)
    (every,) = re.findall(r"L_\{\\text\{every\}\} &= (.*?) \\end", said)
    total = backward(looking.way.loaded, looking.way.trace, loss="every", reduce=reduce).flow.total
    assert evaluated(f"L = {every}", flow.values) == pytest.approx(total, rel=1e-5) and rf"&= L({steps})" in said


def test_one_state_is_one_and_several_are_several(workspace: Workspace) -> None:
    looking = looking_at(workspace, "classify", "last", "mean")
    assert "The first 3 states get" in views.modes_words(looking(views.MODES))
    one = backward(looking.way.loaded, trace(looking.way.loaded, "film", ("film",)), reduce="sum")
    said = views.modes_words(Looking(one)(views.MODES))
    assert "The first state gets" in said and "on average" not in said


def test_losses_that_are_added_up_otherwise_are_refused(workspace: Workspace) -> None:
    way = asked_of(workspace, "gru").way
    with pytest.raises(Problem, match="mean or their sum, not as 'max'"):
        target_of(way.loaded, way.trace, reduce="max")
    config = config_of("classify", loss="every", reduce="sum")
    assert task_of("classify").weights(config, np.array([3]), 3).tolist() == [[1.0], [1.0], [1.0]]


@pytest.mark.parametrize(
    ("after", "said", "not_said"),
    [([0.9, 0.8, 0.5], "the largest, η = 1, ends lowest, at 0.5: none of them is too large", "overshoots"),
     ([0.9, 0.5, 0.8], "η = 0.1 ends lowest, at 0.5; with a larger one the step overshoots.", "too large"),
     ([0.9, 0.5, np.inf], "overshoots, and with η = 1 it ends higher than before", "too large")],
)  # fmt: skip
def test_a_step_is_said_to_overshoot_where_it_does(
    workspace: Workspace, after: list[float], said: str, not_said: str
) -> None:
    step = answer(views.SGD, asked_of(workspace).inputs)
    found = replace(step, sgd=SgdStep(step.sgd.norms, 1.0, np.array([0.01, 0.1, 1.0]), np.array(after), -1.0))
    words = views.SGD.explain(found)
    assert said in words and not_said not in words
