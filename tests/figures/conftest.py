"""Made-up results for figures to draw."""

from collections.abc import Callable

import numpy as np
import pytest

from rnn_core.results import EOS, SOS, Trace


@pytest.fixture
def make_trace() -> Callable[..., Trace]:
    """A trace of m tokens and k classes: `make_trace(m, k, labels=…, tokens=…, answers=…)`."""

    def make(
        m: int,
        k: int,
        labels: tuple[str, ...] | None = None,
        tokens: tuple[str, ...] | None = None,
        answers: bool = True,
        seed: int = 0,
    ) -> Trace:
        draw = np.random.default_rng(seed)
        tokens = (SOS, *(tokens or (f"w{i}" for i in range(m))), EOS)
        count = len(tokens)
        logits = draw.normal(size=(count, k)).astype(np.float32)
        p = np.exp(logits)
        p /= p.sum(1, keepdims=True)
        return Trace(
            text=" ".join(tokens),
            tokens=tokens,
            offsets=np.full((count, 2), -1),
            indices=np.arange(count),
            known=np.ones(count, bool),
            labels=labels or tuple(f"c{i}" for i in range(k)),
            embeddings=np.zeros((count, 3), np.float32),
            states=np.tanh(draw.normal(size=(1, 1, count, 4))).astype(np.float32),
            cells=None,
            gates={},
            logits=logits,
            readouts=p,
            answers=p[:, ::-1].copy() if answers else None,
        )

    return make
