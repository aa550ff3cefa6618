"""The settings that the form starts with and that the command line takes where none are stated."""

import dataclasses
from typing import Any

import pytest

from benchmarks.results import RESULTS
from rnn_core import commands, tasks
from rnn_core.commands.options import stated
from rnn_core.config import SUGGESTED, DataConfig, ModelConfig, Problem, RunConfig, TrainConfig, make, plain
from rnn_core.data.forms import FEATURES
from rnn_core.results import DataReport, SideReport, SplitSummary
from rnn_core.training.suggest import suggest, suggestions

TASKS = pytest.mark.parametrize("task", ["classify", "tag"])


def checked(data: DataConfig, model: ModelConfig, train: TrainConfig) -> RunConfig:
    values = {"data": data, "model": model, "train": train, "fingerprint": "0" * 64, "name": "n"}
    return tasks.make(RunConfig, values)


def report(tokens: int) -> DataReport:
    sides = {name: SideReport(5, {}, {}, {}, ()) for name in FEATURES}
    return DataReport((), 1, 1, (), (), None, 10, {"train": SplitSummary(1, tokens, {}, (), 0.0)}, "", (), sides=sides)


@TASKS
def test_larger_data_gets_a_larger_network_and_fewer_epochs(task: str) -> None:
    config = DataConfig(task=task)  # type: ignore[arg-type]
    found = [suggest(config, report(tokens)) for tokens in (100, 30_000, 1_000_000)]
    assert [m.hidden for m, _ in found] == sorted({m.hidden for m, _ in found})
    assert [m.embedding for m, _ in found] == sorted({m.embedding for m, _ in found})
    assert [t.epochs for _, t in found] == sorted({t.epochs for _, t in found}, reverse=True)
    for model, train in found:
        run = checked(config, model, train)  # refuses what does not fit together
        assert model.bidirectional == tasks.of(run).schema.per_token
        assert 0 < train.patience < train.epochs and 1 <= train.threads <= 2


def test_the_form_of_words_is_suggested_where_the_data_have_it() -> None:
    there, config = report(500), DataConfig(task="tag")
    assert suggestions(config, there)["form"].value > 0
    assert "form" not in suggestions(config, dataclasses.replace(there, sides={}))


def test_a_suggestion_is_the_same_each_time() -> None:
    first, second = (suggest(DataConfig(), report(500)) for _ in range(2))
    assert [dataclasses.asdict(c) for c in first] == [dataclasses.asdict(c) for c in second]


@TASKS
@pytest.mark.parametrize("tokens", [100, 30_000, 1_000_000])
def test_each_option_is_suggested_with_a_reason_unless_it_is_stated(task: str, tokens: int) -> None:
    config = DataConfig(task=task)  # type: ignore[arg-type]
    found = suggestions(config, report(tokens))
    assert found.keys() == set(SUGGESTED) - {"truncate"} - (set() if task == "tag" else {"bidirectional", "form"})
    assert f"{tokens:,} training tokens" in found["hidden"].why and all(one.why for one in found.values())
    own: dict[str, Any] = {"hidden": 7, "epochs": 3, "seed": 5, "cell": "gru"}
    assert suggestions(config, report(tokens), own) == {name: one for name, one in found.items() if name not in own}
    model, train = suggest(config, report(tokens), own)
    values = plain(model) | plain(train)
    defaults = plain(ModelConfig()) | plain(TrainConfig())
    assert values == defaults | {name: one.value for name, one in found.items()} | own


def test_nothing_is_suggested_that_what_is_stated_rules_out() -> None:
    config = DataConfig(task="tag")
    model, train = suggest(config, report(500), {"truncate": 5})
    assert checked(config, model, train).train.truncate == 5 and not model.bidirectional
    assert suggest(config, report(500), {"truncate": 0})[0].bidirectional
    assert not suggest(config, report(500), {"bidirectional": False})[0].bidirectional


def test_a_stated_value_that_does_not_fit_is_refused() -> None:
    with pytest.raises(Problem, match="hidden"):
        suggest(DataConfig(), report(500), {"hidden": 0})


@pytest.mark.parametrize("name", RESULTS)
def test_the_rows_of_the_results_state_every_option_that_would_be_suggested(name: str) -> None:
    given = commands.parser().parse_args(["train", *RESULTS[name][0]])
    chosen = stated(ModelConfig, given) | stated(TrainConfig, given)
    config = make(DataConfig, stated(DataConfig, given))
    assert not suggestions(config, report(100), chosen)
    model, train = suggest(config, report(100), chosen)
    assert (train.batch, train.optimizer, train.average, model.layers, model.cell) == (32, "adam", 0.99, 1, "lstm")
