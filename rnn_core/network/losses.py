"""The loss of a batch: which steps count, and how much.

A text's loss is L = Σ_t w_t L(t) with L(t) = −log ŷ_t[label]; a batch's is the mean over its texts. The weights w
say everything: only the last step, every step alike, or the steps that carry a tag.
"""

from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable
from torch.nn import functional

from rnn_core.compiled import most_threads, together
from rnn_core.network import kernels
from rnn_core.network.models import Network

_SMALL = 2**18
"""Multiplications of a readout below which one thread does it."""


def step_weights(lengths: Tensor, steps: int, *, per_token: bool, loss: str, reduce: str) -> Tensor:
    """w_t of every text, (T, B); zero at pads.

    Args:
        lengths: true steps, `<sos>` and `<eos>` included, (B,).
        steps: T of the batch.
        per_token: labelling: only the tokens between `<sos>` and `<eos>` count.
        loss: `last` counts the step after `<eos>` alone, `every` all true steps.
        reduce: over the steps that count: `mean` (each 1/their number) or `sum` (each 1).
    """
    t, length = np.arange(steps)[:, None], lengths.cpu().numpy()
    if per_token:
        counted = (t > 0) & (t < length - 1)
    else:
        counted = t == length - 1 if loss == "last" else t < length
    weights = counted.astype(np.float64)  # 1/T in single precision would be off in the eighth digit
    if reduce == "mean" and (per_token or loss == "every"):
        weights /= weights.sum(0).clip(1)
    return torch.from_numpy(weights).to(lengths.device)


def weighted_loss(network: Network, h: Tensor, weights: Tensor, targets: Tensor) -> Tensor:
    """Σ_t w_t L(t) of each text, as a mean over the texts.

    Args:
        h: the uppermost states, (T, B, D).
        weights: w_t, (T, B).
        targets: the class wanted at each step, (T, B); −1 counts nothing.
    """
    if h.device.type != "cpu":
        return by_torch(network, h, weights, targets)
    w, labels = weights.numpy().ravel(), targets.numpy().ravel()
    rows = np.flatnonzero((w > 0) & (labels >= 0))
    if len(rows) and labels[rows].max() >= len(network.bias_out):
        raise IndexError("a label that the network has no row for")
    states = network.dropout.rows(h.flatten(0, 1), torch.from_numpy(rows))
    wanted = torch.from_numpy(labels[rows]), torch.from_numpy(w[rows] / targets.shape[1]).to(h.dtype)
    return cast(Tensor, _Answers.apply(states, *wanted, network.weight_out, network.bias_out))


def by_torch(network: Network, h: Tensor, weights: Tensor, targets: Tensor) -> Tensor:
    """`weighted_loss` by torch's cross-entropy, on any device."""
    counted = ((weights > 0) & (targets >= 0)).flatten().nonzero()[:, 0]
    logits = network.readout(h.flatten(0, 1)[counted])
    each = functional.cross_entropy(logits, targets.flatten()[counted], reduction="none")
    return each.dot(weights.flatten()[counted].to(each.dtype)) / targets.shape[1]


class _Answers(torch.autograd.Function):
    """Σ_i w_i L(i) of the readout of some states; its gradients are found on the way, ∂L/∂o_i = w_i (ŷ_i − y_i)."""

    @staticmethod
    def forward(ctx: Any, h: Tensor, labels: Tensor, weights: Tensor, v: Tensor, c: Tensor) -> Tensor:
        """From states h (m, D), labels and weights w (m,), V (k, D) and c (k,)."""
        (k, d), size, threads = v.shape, h.element_size(), most_threads() if len(h) * v.numel() > _SMALL else 1
        panels = (kernels.panels(*of, size) for of in ((1, d, k), (1, k, d), (threads, kernels.AT_ONCE, d)))
        grad_h, loss = torch.empty_like(h), h.new_empty(threads)
        grad_v, grad_c = h.new_empty(threads, k, d), h.new_empty(threads, k)
        together(
            kernels.answers, threads, h, labels, weights, v[None], c,
            *(h.new_empty(shape) for shape in panels), h.new_empty(threads, kernels.AT_ONCE, k), grad_h, grad_v, grad_c, loss,
        )  # fmt: skip
        ctx.save_for_backward(grad_h, grad_v.sum(0), grad_c.sum(0))
        return loss.sum()

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor | None, ...]:
        of_h, of_v, of_c = (g * grad for g in ctx.saved_tensors)
        return of_h, None, None, of_v, of_c
