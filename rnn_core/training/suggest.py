"""Sensible settings for the data at hand: small data, small network. Loads no torch."""

import os

from rnn_core.config import TASKS, DataConfig, ModelConfig, TrainConfig
from rnn_core.results import DataReport


def suggest(config: DataConfig, report: DataReport) -> tuple[ModelConfig, TrainConfig]:
    """What the form on Train starts with.

    The sizes follow the number of training tokens; the learning rates are those that the Results in the README
    were reached with.
    """
    tokens = report.splits["train"].tokens
    per_token = TASKS[config.task].per_token
    small, middle = tokens < 10_000, tokens < 60_000
    width = 32 if small else 64 if middle else 100
    model = ModelConfig(
        embedding=width,
        hidden=32 if small else 64 if middle else 128,
        bidirectional=per_token,
        dropout=0.3 if small else 0.5,
    )
    train = TrainConfig(
        epochs=30 if small else 15 if middle else 10,
        patience=8 if small else 4,
        batch=8 if small else 32,
        learning_rate=0.002 if per_token or middle else 0.001,
        threads=max(1, min(2, os.cpu_count() or 1)),
    )
    return model, train
