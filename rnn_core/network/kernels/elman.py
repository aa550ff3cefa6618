"""The Elman network over time, forward and backward."""

import numpy as np

from rnn_core.compiled import compiled
from rnn_core.network.kernels.activations import sigmoid, tanh
from rnn_core.network.kernels.barrier import wait_at
from rnn_core.network.kernels.layers import (
    Given,
    Own,
    Room,
    add_taken,
    first_of,
    own_of,
    prepare,
    put_together,
    read,
    take_up,
    texts_of,
)
from rnn_core.network.kernels.products import add_product, clear, copy, lay_out_both

PHI = {"tanh": 0, "relu": 1, "sigmoid": 2}
"""The numbers of the activations φ in the Elman kernels."""
TANH, RELU = PHI["tanh"], PHI["relu"]


@compiled
def forward(
    me: int, threads: int, barrier: np.ndarray, x: np.ndarray, which: np.ndarray, lengths: np.ndarray,
    u: np.ndarray, w: np.ndarray, b: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, ux: np.ndarray,
    phi: int, h: np.ndarray,
) -> None:  # fmt: skip
    """h_t = φ(b + W h_{t−1} + U x_t)."""
    prepare(me, threads, barrier, x, which, u, w, b, of_u, of_w, ux)
    for k in range(len(u)):
        first, last = texts_of(me, threads, len(lengths), len(u), k)
        if first < last:
            _forward(first, last, k > 0, lengths, x, which, b[k], of_u[k], of_w[k], ux[k], phi, h, k * w.shape[2])
    wait_at(threads, barrier)


@compiled
def _forward(
    first: int, last: int, back: bool, lengths: np.ndarray,
    x: np.ndarray, which: np.ndarray, b: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, ux: np.ndarray,
    phi: int, h: np.ndarray, k: int,
) -> None:  # fmt: skip
    """One direction; writes columns k to k + d of h."""
    d, steps, zero = len(b), len(h) - 2, h.dtype.type(0)
    for s in range(steps):
        t = steps - 1 - s if back else s
        now, before = h[t + 1, first:last, k : k + d], h[t + 2 if back else t, first:last, k : k + d]
        read(now, t, first, last, len(lengths), x, which, ux, of_u, b)
        add_product(now, before, of_w)
        for r in range(first, last):
            a = h[t + 1, r, k : k + d]
            if t >= lengths[r]:
                if back:
                    copy(a, before[r - first])
                else:
                    clear(a)
            elif phi == TANH:
                for j in range(d):
                    a[j] = tanh(a[j])
            elif phi == RELU:
                for j in range(d):
                    a[j] = max(a[j], zero)
            else:
                for j in range(d):
                    a[j] = sigmoid(a[j])


@compiled
def backward(
    me: int, threads: int, barrier: np.ndarray, x: np.ndarray, which: np.ndarray, lengths: np.ndarray,
    u: np.ndarray, w: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, room: Room,
    grad_x: np.ndarray, grad_u: np.ndarray, grad_w: np.ndarray, grad_b: np.ndarray,
    grad_h: np.ndarray, taken: np.ndarray, h: np.ndarray, phi: int, carried: np.ndarray,
) -> None:  # fmt: skip
    """δ_t = φ′(a_t) ⊙ (∂L/∂h_t + Wᵀ δ_{t+1}), and the gradients.

    `carried` (D', B, d) holds the gradient at the state after each text's last step, without that in grad_h, and at the end
    the gradient at the state before the first step. grad_x is (D', …); its first entry becomes ∂L/∂x.
    """
    lay_out_both(me, threads, barrier, of_u, u, of_w, w, False)
    for k in range(len(u)):
        first, last = texts_of(me, threads, len(lengths), len(u), k)
        if first < last:
            own = own_of(me, k, first_of(threads, len(lengths), len(u), k), which, room, grad_x, grad_u, grad_w, grad_b)
            given = Given(x, which, of_u[k])
            _backward(
                first, last, k > 0, lengths, given, of_w[k], own, grad_h, taken, h, k * w.shape[2], phi, carried[k],
            )  # fmt: skip
    put_together(me, threads, barrier, len(lengths), x, which, of_u, room, grad_x, grad_u, grad_w, grad_b)


@compiled
def _backward(
    first: int, last: int, back: bool, lengths: np.ndarray, given: Given, of_w: np.ndarray, own: Own,
    grad_h: np.ndarray, taken: np.ndarray, h: np.ndarray, k: int, phi: int, carried: np.ndarray,
) -> None:  # fmt: skip
    """One direction."""
    d, steps, zero, one, count = carried.shape[1], len(taken), h.dtype.type(0), h.dtype.type(1), last - first
    delta = own.delta
    at_once = max(1, len(delta) // count)
    for s in range(steps):
        t, begin = s if back else steps - 1 - s, s % at_once * count
        add_taken(t, first, last, lengths, taken, grad_h, k, carried)
        for r in range(first, last):
            e, g, a = delta[begin + r - first, :d], carried[r], h[t + 1, r, k : k + d]
            if t >= lengths[r]:
                clear(e)
                continue
            if phi == TANH:
                for j in range(d):
                    e[j] = g[j] * (one - a[j] * a[j])
            elif phi == RELU:
                for j in range(d):
                    e[j] = g[j] if a[j] > zero else zero
            else:
                for j in range(d):
                    e[j] = g[j] * a[j] * (one - a[j])
            clear(g)
        add_product(carried[first:last, :d], delta[begin : begin + count, :d], of_w)
        take_up(s, t, first, last, back, lengths, given, own, h, k, 0)
