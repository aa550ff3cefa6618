"""The GRU over time, forward and backward, in torch's form; letters as in `cells.GRU`."""

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


@compiled
def forward(
    me: int, threads: int, barrier: np.ndarray, x: np.ndarray, which: np.ndarray, lengths: np.ndarray,
    u: np.ndarray, w: np.ndarray, b: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, ux: np.ndarray,
    inner: np.ndarray, h: np.ndarray, a: np.ndarray,
) -> None:  # fmt: skip
    """The GRU in torch's form, letters as in `cells.GRU`.

    a becomes q = W_n h_{t−1} + b_q, r, z and n, side by side: the first three read the state, in the order of W's rows, and
    the last three read the input. inner: b_q, (D', d).
    """
    prepare(me, threads, barrier, x, which, u, w, b, of_u, of_w, ux)
    for k in range(len(u)):
        first, last = texts_of(me, threads, len(lengths), len(u), k)
        if first < last:
            _forward(
                first, last, k > 0, lengths, x, which, b[k], of_u[k], of_w[k], ux[k], inner[k], h, a[k], k * w.shape[2]
            )
    wait_at(threads, barrier)


@compiled
def _forward(
    first: int, last: int, back: bool, lengths: np.ndarray,
    x: np.ndarray, which: np.ndarray, b: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, ux: np.ndarray,
    inner: np.ndarray, h: np.ndarray, a: np.ndarray, k: int,
) -> None:  # fmt: skip
    """One direction; writes columns k to k + d of h."""
    d, steps = len(inner), len(a)
    for s in range(steps):
        t = steps - 1 - s if back else s
        earlier = t + 2 if back else t
        for i in range(first, last):
            copy(a[t, i, :d], inner)
        read(a[t, first:last, d : 4 * d], t, first, last, len(lengths), x, which, ux, of_u, b)
        add_product(a[t, first:last, : 3 * d], h[earlier, first:last, k : k + d], of_w)
        for i in range(first, last):
            q, r, z, n = a[t, i, :d], a[t, i, d : 2 * d], a[t, i, 2 * d : 3 * d], a[t, i, 3 * d : 4 * d]
            before, now = h[earlier, i, k : k + d], h[t + 1, i, k : k + d]
            if t >= lengths[i]:
                if back:
                    copy(now, before)
                else:
                    clear(now)
                continue
            for j in range(d):
                r[j] = sigmoid(r[j])
                z[j] = sigmoid(z[j])
                n[j] = tanh(n[j] + r[j] * q[j])
                now[j] = n[j] + z[j] * (before[j] - n[j])


@compiled
def backward(
    me: int, threads: int, barrier: np.ndarray, x: np.ndarray, which: np.ndarray, lengths: np.ndarray,
    u: np.ndarray, w: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, room: Room,
    grad_x: np.ndarray, grad_u: np.ndarray, grad_w: np.ndarray, grad_b: np.ndarray,
    grad_h: np.ndarray, taken: np.ndarray, h: np.ndarray, a: np.ndarray, carried: np.ndarray, own_inner: np.ndarray,
) -> None:  # fmt: skip
    """The backward pass: δ of q, r, z and n side by side, and the gradients; arguments as in `elman.backward`, w as in `forward`.

    own_inner (threads, D', d) becomes ∂L/∂b_q over the texts of each thread.
    """
    lay_out_both(me, threads, barrier, of_u, u, of_w, w, False)
    for k in range(len(u)):
        first, last = texts_of(me, threads, len(lengths), len(u), k)
        if first < last:
            own = own_of(me, k, first_of(threads, len(lengths), len(u), k), which, room, grad_x, grad_u, grad_w, grad_b)
            given = Given(x, which, of_u[k])
            _backward(
                first, last, k > 0, lengths, given, of_w[k], own, grad_h, taken, h, k * w.shape[2],
                a[k], carried[k], own_inner[me, k],
            )  # fmt: skip
    put_together(me, threads, barrier, len(lengths), x, which, of_u, room, grad_x, grad_u, grad_w, grad_b)


@compiled
def _backward(
    first: int, last: int, back: bool, lengths: np.ndarray, given: Given, of_w: np.ndarray, own: Own,
    grad_h: np.ndarray, taken: np.ndarray, h: np.ndarray, k: int, a: np.ndarray, carried: np.ndarray, own_inner: np.ndarray,
) -> None:  # fmt: skip
    """One direction."""
    d, steps, one, count = carried.shape[1], len(a), h.dtype.type(1), last - first
    delta = own.delta
    at_once = max(1, len(delta) // count)
    for s in range(steps):
        t, begin = s if back else steps - 1 - s, s % at_once * count
        add_taken(t, first, last, lengths, taken, grad_h, k, carried)
        for i in range(first, last):
            q, r, z, n = a[t, i, :d], a[t, i, d : 2 * d], a[t, i, 2 * d : 3 * d], a[t, i, 3 * d : 4 * d]
            e = delta[begin + i - first]
            delta_q, delta_r, delta_z, delta_n = e[:d], e[d : 2 * d], e[2 * d : 3 * d], e[3 * d : 4 * d]
            before, g = h[t + 2 if back else t, i, k : k + d], carried[i]
            if t >= lengths[i]:
                clear(e[: 4 * d])
                continue
            for j in range(d):
                grad = g[j]
                at_n = grad * (one - z[j]) * (one - n[j] * n[j])
                delta_n[j] = at_n
                delta_q[j] = at_n * r[j]
                delta_r[j] = at_n * r[j] * q[j] * (one - r[j])
                delta_z[j] = grad * (before[j] - n[j]) * z[j] * (one - z[j])
                g[j] = grad * z[j]
                own_inner[j] += delta_q[j]
        add_product(carried[first:last, :d], delta[begin : begin + count, : 3 * d], of_w)
        take_up(s, t, first, last, back, lengths, given, own, h, k, d)
