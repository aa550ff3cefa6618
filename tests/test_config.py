"""The options: what fits, what is refused in a sentence, and what forms and commands can ask of them."""

import dataclasses
import json
import math
from typing import Any

import pytest

from rnn_core.config import (
    CELLS,
    FORMAT,
    TASKS,
    DataConfig,
    ModelConfig,
    Problem,
    RunConfig,
    TrainConfig,
    bounds,
    choices,
    make,
    number_type,
    options,
    plain,
)  # fmt: skip
from tests.tiny import config_of

CONFIGS = (DataConfig, ModelConfig, TrainConfig)


def run_values(**more: Any) -> dict[str, Any]:
    return plain(config_of()) | more


def test_a_config_comes_back_from_json() -> None:
    config = config_of("tag", ModelConfig(cell="gru", bidirectional=True), epochs=7)
    assert make(RunConfig, json.loads(json.dumps(plain(config)))) == config
    assert plain(config)["format"] == FORMAT


def test_a_config_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        ModelConfig().hidden = 3  # type: ignore[misc]


@pytest.mark.parametrize("config", CONFIGS)
def test_every_option_has_a_title_a_description_and_a_default(config: type) -> None:
    made = make(config, {})
    for name, field in options(config).items():
        assert field.title and field.description, name
        assert getattr(made, name) == field.default
        low, high = bounds(field)
        if number_type(field) in (int, float) and not isinstance(field.default, bool):
            assert low is not None
            assert low <= field.default <= (high or float("inf"))
        for choice in choices(field):
            assert getattr(make(config, {name: choice}), name) == choice


def test_choices_and_types_are_read_from_the_fields() -> None:
    data, model, train = (options(config) for config in CONFIGS)
    assert choices(model["cell"]) == CELLS and CELLS[:3] == ("rnn", "lstm", "gru")
    assert choices(data["task"]) == TASKS and TASKS[:2] == ("classify", "tag")
    assert choices(data["delimiter"]) == (",", "\t", ";", "|") and choices(train["loss"]) == ("last", "every")
    assert choices(data["text"]) == choices(model["hidden"]) == ()
    assert [number_type(f) for f in (model["hidden"], train["clip"], model["bidirectional"], data["text"], model["cell"])] \
        == [int, float, bool, str, str]  # fmt: skip
    assert bounds(model["dropout"]) == (0, 1) and bounds(train["learning_rate"]) == (0, 100)
    assert bounds(train["clip"]) == (0, None) and bounds(data["text"]) == (None, None)


@pytest.mark.parametrize(
    ("config", "values", "said"),
    [
        (ModelConfig, {"hidden": 0}, ["hidden", "1", "0"]), (ModelConfig, {"dropout": 1}, ["dropout", "less than 1"]),
        (ModelConfig, {"cell": "transformer"}, ["cell", "lstm", "transformer"]), (ModelConfig, {"hiden": 3}, ["hiden"]),
        (ModelConfig, {"layers": "many"}, ["layers", "many"]), (TrainConfig, {"learning_rate": -1}, ["learning-rate"]),
        (TrainConfig, {"epochs": 2.5}, ["epochs"]), (DataConfig, {"max_tokens": 0}, ["max-tokens"]),
        (DataConfig, {"task": None}, ["task"]), (TrainConfig, {"learning_rate": float("nan")}, ["learning-rate"]),
        (TrainConfig, {"clip": float("nan")}, ["clip"]),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_in_one_sentence(config: type, values: dict[str, Any], said: list[str]) -> None:
    with pytest.raises(Problem) as why:
        make(config, values)
    sentence = str(why.value)
    assert sentence[0].isupper() and sentence.endswith(".") and "\n" not in sentence
    assert all(part in sentence for part in said), sentence


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"model": {"bidirectional": True}, "train": {"truncate": 5}}, "one direction"),
        ({"fingerprint": None}, "fingerprint"),
        ({"model": None}, "model"),
    ],
)
def test_options_that_do_not_go_together_are_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(Problem, match=said):
        make(RunConfig, run_values(**values))


def test_a_missing_part_is_named() -> None:
    values = run_values()
    del values["name"]
    with pytest.raises(Problem, match="name"):
        make(RunConfig, values)


@pytest.mark.parametrize(("name", "value"), [("clip", math.inf), ("learning_rate", math.nan), ("clip", "inf")])
def test_a_number_that_is_none_is_refused(name: str, value: object) -> None:
    with pytest.raises(Problem, match=name.replace("_", "-")):
        make(TrainConfig, {name: value})


@pytest.mark.parametrize("mark", ["", "0" * 63, "../../../x", "G" * 64])
def test_a_fingerprint_is_64_hex_digits(mark: str) -> None:
    with pytest.raises(Problem, match="fingerprint"):
        make(RunConfig, {"data": DataConfig(), "model": ModelConfig(), "train": TrainConfig(), "fingerprint": mark, "name": "n"})


@pytest.mark.parametrize("name", ["\n", "x" * 5000, "<b>", ""])
def test_an_option_of_any_name_is_said_in_one_line(name: str) -> None:
    with pytest.raises(Problem, match="unexpected keyword argument") as why:
        make(DataConfig, {name: 1})
    assert "\n" not in str(why.value) and len(str(why.value)) < 200 and repr(name[:40]) in str(why.value)
    str(why.value).encode()
