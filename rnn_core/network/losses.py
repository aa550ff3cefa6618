"""The loss of a batch.

The loss of a text is L = Σ_t w_t L(t) with L(t) = −log ŷ_t[label]; that of a batch is the mean over its texts. The weights w
select the last step, all steps equally, or the steps with a tag.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import Tensor

from rnn_core.network.kernels import products, readout
from rnn_core.network.memory import scratch
from rnn_core.network.weighting import Counted
from rnn_core.threads import most_threads, together

_SMALL = 2**18
"""The number of multiplications of a readout below which one thread is used."""


def cross_entropy(outputs: Mapping[str, Tensor], batch: Mapping[str, Tensor]) -> tuple[Tensor, Tensor, Tensor]:
    """Σ_i w_i L(i) over the m steps that a batch counts, (), its divisor `total`, and L(i), (m,), in nats.

    Args:
        outputs: `logits` of these steps, (m, k).
        batch: `labels` and `weights` of these, (m,); `total`, ().
    """
    each = torch.nn.functional.cross_entropy(outputs["logits"], batch["labels"], reduction="none")
    return (each * batch["weights"].to(each.dtype)).sum(), batch["total"], each


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
