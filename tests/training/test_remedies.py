"""What is trained again where a simple model was not beaten: options that fit, other than those that were tried."""

from dataclasses import replace

import pytest

from rnn_core import tasks
from rnn_core.config import RunConfig, TrainConfig, plain
from rnn_core.training.remedies import MOST_RATE, REMEDIES, changed, remedy
from tests.tiny import config_of, model_of


def test_every_simple_model_of_a_task_has_one() -> None:
    assert {name for task in tasks.names() for name in tasks.task(task).baselines} == {*REMEDIES}


@pytest.mark.parametrize("lost_to", REMEDIES)
def test_it_fits_and_comes_to_an_end(lost_to: str) -> None:
    config, tried = config_of(), []
    while values := remedy(config, lost_to):
        model, train = changed(config, values)
        config = replace(config, model=model, train=train)
        assert tasks.make(RunConfig, plain(config)) == config
        assert config not in tried, "nothing is tried twice"
        tried.append(config)
        assert len(tried) < 20
    assert tried and config.train.learning_rate <= MOST_RATE


def test_the_values() -> None:
    few, much = (config_of(model=model_of(dropout=rate)) for rate in (0.5, 0.7))
    assert remedy(few, "bag_of_words") == {"dropout": 0.7} and remedy(much, "bag_of_words") == {}
    train = TrainConfig(epochs=10, learning_rate=0.002)
    assert remedy(replace(few, train=train), "majority") == {"epochs": 20, "learning_rate": 0.004}
    assert remedy(replace(few, train=replace(train, minutes=3.0)), "frequent_tag") == {"minutes": 6.0, "learning_rate": 0.004}
    assert remedy(replace(few, train=replace(train, updates=300)), "frequency")["updates"] == 600
    assert remedy(config_of(model=model_of(hidden=64)), "ngram") == {"hidden": 128}
    assert remedy(few, "no such model") == {}
