"""The loss of a batch.

The loss of a text is L = Σ_t w_t L(t) with L(t) = −log ŷ_t[label]; that of a batch is the mean over its texts. The weights w
select the last step, all steps equally, or the steps with a tag.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from rnn_core.network.kernels import products, readout
from rnn_core.network.memory import scratch
from rnn_core.network.weighting import Counted
from rnn_core.threads import most_threads, together

_SMALL = 2**18
"""The number of multiplications of a readout below which one thread is used."""

MOST_LOGITS = 2**23
"""The maximum number of logits in memory, 32 MB: those of more steps are computed in blocks of steps."""


def cross_entropy(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Σ_i w_i L(i) over the m steps that a batch counts, (), its divisor `total`, and L(i), (m,), in nats.

    Args:
        outputs: `logits` of these steps, (m, k), or their `losses`, (m,), perhaps with their weighted sum, `loss`, ().
        batch: `labels` and `weights` of these, (m,); `total`, ().
    """
    each = outputs.get("losses")
    if each is None:
        each = torch.nn.functional.cross_entropy(outputs["logits"], batch["labels"], reduction="none")
    loss = outputs.get("loss")
    return (each * batch["weights"].to(each.dtype)).sum() if loss is None else loss, batch["total"], each


class LossesInBlocks(torch.autograd.Function):
    """Σ_i w_i L(i), (), and L(i) = −log softmax(c + V h_i)[label_i], (m,), of states h (m, D), without the logits of all states
    at once. Blocks of up to `MOST_LOGITS` are computed, and with them the gradients of the sum: three products in all. The
    L(i) themselves have no gradient.

    The arguments are h, V (k, D), c (k,), and labels and weights, (m,).
    """

    @staticmethod
    def forward(ctx: Any, h: Tensor, v: Tensor, c: Tensor, labels: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
        weights, losses = weights.to(h.dtype), h.new_empty(len(h))
        grad_h, grad_v, grad_c = torch.empty_like(h), torch.zeros_like(v), torch.zeros_like(c)
        for part in blocks(len(h), len(v)):
            o = torch.addmm(c, h[part], v.t())
            total, label = o.logsumexp(1, keepdim=True), labels[part, None]
            losses[part] = (total - o.gather(1, label))[:, 0]
            delta = o.sub_(total).exp_()  # ŷ
            delta.scatter_add_(1, label, delta.new_full((len(delta), 1), -1.0)).mul_(weights[part, None])
            grad_h[part] = delta @ v
            grad_v.addmm_(delta.t(), h[part])
            grad_c += delta.sum(0)
        ctx.save_for_backward(grad_h, grad_v, grad_c)
        ctx.mark_non_differentiable(losses)
        return losses @ weights, losses

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor, _: Tensor) -> tuple[Tensor, Tensor, Tensor, None, None]:
        grad_h, grad_v, grad_c = ctx.saved_tensors
        return grad * grad_h, grad * grad_v, grad * grad_c, None, None


def at_once(classes: int) -> int:
    """The maximum number of steps whose logits are in memory at once."""
    return max(1, MOST_LOGITS // classes)


def blocks(steps: int, classes: int) -> Iterator[slice]:
    """The steps in blocks whose logits are in memory at once."""
    size = at_once(classes)
    return (slice(first, min(first + size, steps)) for first in range(0, steps, size))


def loss_and_gradients(
    states: np.ndarray, of: Counted, weights: Sequence[np.ndarray], into: Sequence[np.ndarray]
) -> tuple[float, np.ndarray]:
    """Σ_i w_i L(i) of the states that count, and ∂L/∂ of these, (m, D), a buffer that is reused by the next call.

    The gradients follow from ∂L/∂o_i = w_i (ŷ_i − y_i).

    Args:
        states: h_i, (m, D).
        weights: V (k, D) and c (k,).
        into: buffers for their gradients.
    """
    v, c = weights
    (k, d), m, kind = v.shape, len(states), states.dtype
    if m and of.labels.max() >= k:
        raise IndexError("a label that is not a class of the network")
    threads = most_threads() if m * v.size > _SMALL else 1
    of_v, of_c, loss = (scratch(use, kind, threads, *shape) for use, shape in (("v", v.shape), ("c", (k,)), ("loss", ())))
    grad = scratch("grad_states", kind, m, d)
    panels = {"turned": (1, d, k), "straight": (1, k, d), "held": (threads, products.AT_ONCE, d)}
    together(
        readout.answers, threads, states, of.labels, of.weights.astype(kind), v[None], c,
        *(scratch(use, kind, *products.panels(*sizes, kind.itemsize)) for use, sizes in panels.items()),
        scratch("delta", kind, threads, products.AT_ONCE, k), grad, of_v, of_c, loss,
    )  # fmt: skip
    of_v.sum(0, out=into[0])
    of_c.sum(0, out=into[1])
    return float(loss.sum()), grad
