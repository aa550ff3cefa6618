"""Figures of models that give the probability of each token and nothing else."""

from typing import Any

import numpy as np

from rnn_core.results import TokenScores


def token_figures(nats: np.ndarray, split: str) -> dict[str, Any]:
    """The figures of `TokenScores` that −log p of each token, (N,) in nats, gives alone."""
    found = TokenScores(len(nats), float(np.mean(nats, dtype=np.float64)), 0.0)
    return {f"{split}_{name}": getattr(found, name) for name in ("loss", "bits", "perplexity", "tokens")}
