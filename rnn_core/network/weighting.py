"""Which steps of a text its loss counts, and how much. Loads no torch."""

import numpy as np


def step_weights(lengths: np.ndarray, steps: int, *, per_token: bool, loss: str, reduce: str) -> np.ndarray:
    """w_t of every text, (T, B); zero at pads.

    Args:
        lengths: true steps, `<sos>` and `<eos>` included, (B,).
        steps: T of the batch.
        per_token: labelling: only the tokens between `<sos>` and `<eos>` count.
        loss: `last` counts the step after `<eos>` alone, `every` all true steps.
        reduce: over the steps that count: `mean` (each 1/their number) or `sum` (each 1).
    """
    t = np.arange(steps)[:, None]
    if per_token:
        counted = (t > 0) & (t < lengths - 1)
    else:
        counted = t == lengths - 1 if loss == "last" else t < lengths
    weights = counted.astype(np.float64)  # 1/T in single precision would be off in the eighth digit
    if reduce == "mean" and (per_token or loss == "every"):
        weights /= weights.sum(0).clip(1)
    return weights
