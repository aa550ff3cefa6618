"""The settings a form starts with."""

import dataclasses

import pytest

from rnn_core.config import DataConfig, RunConfig
from rnn_core.results import DataReport, SplitSummary
from rnn_core.training.suggest import suggest


def report(tokens: int) -> DataReport:
    return DataReport((), 1, 1, (), (), None, 10, {"train": SplitSummary(1, tokens, {}, (), 0.0)}, "", ())


@pytest.mark.parametrize("task", ["classify", "tag"])
def test_larger_data_gets_a_larger_network_and_fewer_epochs(task: str) -> None:
    config = DataConfig(task=task)  # type: ignore[arg-type]
    found = [suggest(config, report(tokens)) for tokens in (100, 30_000, 1_000_000)]
    assert [m.hidden for m, _ in found] == sorted({m.hidden for m, _ in found})
    assert [m.embedding for m, _ in found] == sorted({m.embedding for m, _ in found})
    assert [t.epochs for _, t in found] == sorted({t.epochs for _, t in found}, reverse=True)
    for model, train in found:
        run = RunConfig(config, model, train, "0" * 64, "n")  # refuses what does not fit together
        assert model.bidirectional == run.task.per_token
        assert 0 < train.patience < train.epochs and 1 <= train.threads <= 2


def test_a_suggestion_is_the_same_each_time() -> None:
    first, second = (suggest(DataConfig(), report(500)) for _ in range(2))
    assert [dataclasses.asdict(c) for c in first] == [dataclasses.asdict(c) for c in second]
