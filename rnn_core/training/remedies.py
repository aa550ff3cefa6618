"""What to change where a network does not beat a simple model: other values of a few of its options. Loads no torch."""

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

from rnn_core.config import ModelConfig, RunConfig, TrainConfig

MOST_DROPOUT = 0.7
"""Of 0.5 and 0.7 the better one on dev for both sets of short reviews in the README."""

MOST_RATE = 0.01
MOST_UNITS = 512
LONG = {"minutes": 30, "updates": 50_000, "epochs": 40}


def remedy(config: RunConfig, lost_to: str) -> dict[str, Any]:
    """The options to train with again, with their new values; empty where they have been tried.

    Args:
        lost_to: the best simple model, by the name of its file in `rnn_core/baselines`.
    """
    return REMEDIES[lost_to](config) if lost_to in REMEDIES else {}


def changed(config: RunConfig, values: Mapping[str, Any]) -> tuple[ModelConfig, TrainConfig]:
    """The configs of a run with other values of some options."""

    def of(kind: Any) -> dict[str, Any]:
        names = {field.name for field in fields(kind)}
        return {name: value for name, value in values.items() if name in names}

    return replace(config.model, **of(config.model)), replace(config.train, **of(config.train))


def _longer(config: RunConfig) -> dict[str, Any]:
    """Twice the training, limited as it is: by minutes, by updates or by epochs. One that was long is not made longer."""
    limit = next((name for name in ("minutes", "updates") if getattr(config.train, name)), "epochs")
    now = getattr(config.train, limit)
    return {limit: 2 * now} if now <= LONG[limit] else {}


def _bolder(config: RunConfig) -> dict[str, Any]:
    """It has not learnt: longer, with larger steps."""
    rate = config.train.learning_rate
    return _longer(config) | ({"learning_rate": 2 * rate} if 2 * rate <= MOST_RATE else {})


def _calmer(config: RunConfig) -> dict[str, Any]:
    """It remembers its few texts: more dropout."""
    return {"dropout": MOST_DROPOUT} if config.model.dropout < MOST_DROPOUT else {}


def _larger(config: RunConfig) -> dict[str, Any]:
    """It has no room for what comes before: more units, as wide as a tied embedding."""
    width = 2 * config.model.hidden
    if width > MOST_UNITS:
        return _longer(config)
    return {"hidden": width} | ({"embedding": width} if config.model.tied else {})


REMEDIES: Mapping[str, Callable[[RunConfig], dict[str, Any]]] = {
    "majority": _bolder, "frequency": _bolder, "frequent_tag": _bolder, "target_ngram": _bolder, "bag_of_words": _calmer,
    "ngram": _larger,
}  # fmt: skip
"""By the simple model that was not beaten."""
