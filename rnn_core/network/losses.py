"""The loss of a batch: which steps count, and how much.

A text's loss is L = Σ_t w_t L(t) with L(t) = −log ŷ_t[label]; a batch's is the mean over its texts. The weights w
say everything: only the last step, every step alike, or the steps that carry a tag.
"""

from typing import Any, cast

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

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
    elif loss == "last":
        return (t == lengths - 1).to(torch.float64)  # one a text, so their mean is their sum
    else:
        counted = t < lengths
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
    w = weights.flatten()[counted] / targets.shape[1]
    return cast(Tensor, _CrossEntropy.apply(logits, targets.flatten()[counted], w.to(logits.dtype)))


class _CrossEntropy(torch.autograd.Function):
    """−Σ_i w_i log ŷ_i[label_i] with ŷ = softmax(o), of which the gradient ∂L/∂o_i = w_i (ŷ_i − y_i) is at hand at once."""

    @staticmethod
    def forward(ctx: Any, logits: Tensor, labels: Tensor, weights: Tensor) -> Tensor:
        """From logits o (m, k), labels (m,) and weights (m,)."""
        log_y, label = logits.log_softmax(1), labels[:, None]
        grad = log_y.exp().mul_(weights[:, None])
        ctx.save_for_backward(grad.scatter_add_(1, label, -weights[:, None]))
        return -weights.dot(log_y.gather(1, label)[:, 0])

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None, None]:
        return ctx.saved_tensors[0] * grad, None, None
