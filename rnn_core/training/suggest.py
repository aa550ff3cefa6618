"""Suggests options for the data: a small network for small data. Loads no torch.

The form on Train starts with them, and the command line uses them for options that are not stated.
"""

import os
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from rnn_core import tasks
from rnn_core.config import DataConfig, ModelConfig, TrainConfig, make, options
from rnn_core.language import tr, tr_n
from rnn_core.results import DataReport
from rnn_core.tasks import Suggestion


def suggestions(
    config: DataConfig, report: DataReport, stated: Mapping[str, Any] = MappingProxyType({})
) -> dict[str, Suggestion]:
    """Values for the options of `config.SUGGESTED` that are not stated, by name.

    The sizes depend on the number of training tokens; the learning rates are those of the Results in the README.

    Args:
        stated: the user's values, by option; suggestions are compatible with them.
    """
    tokens = report.splits["train"].tokens
    small, middle = tokens < 10_000, tokens < 60_000
    if small:
        size = tr("{tokens:,} training tokens: small data", tokens=tokens)
    elif middle:
        size = tr("{tokens:,} training tokens: medium data", tokens=tokens)
    else:
        size = tr("{tokens:,} training tokens: large data", tokens=tokens)
    cores = os.cpu_count() or 1
    found = {
        "embedding": Suggestion(32 if small else 64 if middle else 100, size),
        "hidden": Suggestion(32 if small else 64 if middle else 128, size),
        "dropout": Suggestion(0.3 if small else 0.5, size),
        "epochs": Suggestion(30 if small else 15 if middle else 10, size),
        "patience": Suggestion(8 if small else 4, size),
        "batch": Suggestion(8 if small else 32, size),
        "learning_rate": Suggestion(0.002 if middle else 0.001, size),
        "threads": Suggestion(max(1, min(2, cores)), tr_n("{n} processor core", "{n} processor cores", cores)),
    }
    found |= tasks.of(config).suggest(report, stated)
    return {name: suggestion for name, suggestion in found.items() if name not in stated}


def suggest(
    config: DataConfig, report: DataReport, stated: Mapping[str, Any] = MappingProxyType({})
) -> tuple[ModelConfig, TrainConfig]:
    """The stated values, the suggestions, and the defaults of all other options; arguments as for `suggestions`.

    Raises:
        Problem: if a stated value does not fit its option.
    """
    values = {name: suggestion.value for name, suggestion in suggestions(config, report, stated).items()} | dict(stated)
    return make(ModelConfig, _of(ModelConfig, values)), make(TrainConfig, _of(TrainConfig, values))


def _of(kind: type, values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name in options(kind)}
