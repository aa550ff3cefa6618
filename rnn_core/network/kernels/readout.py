"""The readout and its loss."""

import math

import numpy as np

from rnn_core.compiled import compiled
from rnn_core.network.kernels.barrier import share, wait_at
from rnn_core.network.kernels.products import AT_ONCE, ROWS, add_product, clear_rows, in_panels, lay_out, linear


@compiled
def answers(
    me: int, threads: int, barrier: np.ndarray, h: np.ndarray, labels: np.ndarray, weights: np.ndarray,
    v: np.ndarray, c: np.ndarray, turned: np.ndarray, straight: np.ndarray, held: np.ndarray,
    delta: np.ndarray, grad_h: np.ndarray, own_v: np.ndarray, own_c: np.ndarray, own_loss: np.ndarray,
) -> None:  # fmt: skip
    """The loss Σ_i w_i L(i) of states h (m, D) with L(i) = −log ŷ_i[label_i] and ŷ = softmax(c + V h), and its gradients.

    Args:
        labels, weights: (m,).
        v, c: V (1, k, D) and c (k,).
        turned, straight: buffers for the panels of Vᵀ and V.
        held: a buffer for the panels of `AT_ONCE` states, (threads, P, AT_ONCE, L).
        delta: a buffer for ∂L/∂o_i = w_i (ŷ_i − y_i) of `AT_ONCE` states, (threads, AT_ONCE, k).
        grad_h: becomes ∂L/∂h, (m, D).
        own_v, own_c, own_loss: become ∂L/∂V, ∂L/∂c and L of each thread's states, (threads, k, D), (threads, k) and (threads,).
    """
    lay_out(me, threads, turned, v, True)
    lay_out(me, threads, straight, v, False)
    wait_at(threads, barrier)
    (k, d), number = v.shape[1:], h.dtype.type
    loss = 0.0
    clear_rows(0, k, own_v[me])
    clear_rows(me, me + 1, own_c)
    first, last = share(me, threads, len(h), ROWS)
    for start in range(first, last, AT_ONCE):
        end = min(last, start + AT_ONCE)
        of = delta[me, : end - start, :k]
        linear(0, end - start, of, h[start:end], turned[0], c)
        for i in range(start, end):
            o, w = delta[me, i - start], weights[i]
            most, total = o[0], number(0)
            for j in range(1, k):
                most = max(most, o[j])
            wanted = o[labels[i]]
            for j in range(k):
                o[j] = math.exp(o[j] - most)
                total += o[j]
            loss += w * (math.log(total) + (most - wanted))
            for j in range(k):
                o[j] *= w / total
            o[labels[i]] -= w
            for j in range(k):
                own_c[me, j] += o[j]
            in_panels(held[me], i - start, h[i])
        clear_rows(start, end, grad_h)
        add_product(grad_h[start:end, :d], of, straight[0])
        add_product(own_v[me, :, :d], of.T, held[me])
    own_loss[me] = loss
    wait_at(threads, barrier)
