"""The loss of a batch: which steps count, and how much.

A text's loss is L = Σ_t w_t L(t) with L(t) = −log ŷ_t[label]; a batch's is the mean over its texts. The weights w
say everything: only the last step, every step alike, or the steps that carry a tag.
"""

import torch
from torch import Tensor
from torch.nn import functional

from rnn_core.network.models import Network


def step_weights(lengths: Tensor, steps: int, *, per_token: bool, loss: str, reduce: str) -> Tensor:
    """w_t of every text, (T, B); zero at pads.

    Args:
        lengths: true steps, `<sos>` and `<eos>` included, (B,).
        steps: T of the batch.
        per_token: labelling: only the tokens between `<sos>` and `<eos>` count.
        loss: `last` counts the step after `<eos>` alone, `every` all true steps.
        reduce: over the steps that count: `mean` (each 1/their number) or `sum` (each 1).
    """
    t = torch.arange(steps, device=lengths.device)[:, None]
    if per_token:
        counted = (t > 0) & (t < lengths - 1)
    else:
        counted = t == lengths - 1 if loss == "last" else t < lengths
    weights = counted.to(torch.float64)  # 1/T in single precision would be off in the eighth digit
    return weights / weights.sum(0).clamp(min=1) if reduce == "mean" else weights


def weighted_loss(network: Network, h: Tensor, weights: Tensor, targets: Tensor) -> Tensor:
    """Σ_t w_t L(t) of each text, as a mean over the texts.

    Args:
        h: the uppermost states, (T, B, D).
        weights: w_t, (T, B).
        targets: the class wanted at each step, (T, B); −1 counts nothing.
    """
    counted = ((weights > 0) & (targets >= 0)).flatten().nonzero()[:, 0]
    logits = network.readout_of(h.flatten(0, 1), counted)
    each = functional.cross_entropy(logits, targets.flatten()[counted], reduction="none")
    return each.dot(weights.flatten()[counted].to(each.dtype)) / targets.shape[1]
