"""The LSTM over time, forward and backward; letters as in `cells.LSTM`."""

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
    h: np.ndarray, a: np.ndarray, c: np.ndarray,
) -> None:  # fmt: skip
    """The LSTM, letters as in `cells.LSTM`: a becomes i, f, g and o, side by side; c (D', T + 2, B, d) has the layout of h."""
    prepare(me, threads, barrier, x, which, u, w, b, of_u, of_w, ux)
    for k in range(len(u)):
        first, last = texts_of(me, threads, len(lengths), len(u), k)
        if first < last:
            _forward(first, last, k > 0, lengths, x, which, b[k], of_u[k], of_w[k], ux[k], h, a[k], c[k], k * w.shape[2])
    wait_at(threads, barrier)


@compiled
def _forward(
    first: int, last: int, back: bool, lengths: np.ndarray,
    x: np.ndarray, which: np.ndarray, b: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, ux: np.ndarray,
    h: np.ndarray, a: np.ndarray, c: np.ndarray, k: int,
) -> None:  # fmt: skip
    """One direction; writes columns k to k + d of h."""
    d, steps = c.shape[2], len(a)
    for s in range(steps):
        t = steps - 1 - s if back else s
        earlier = t + 2 if back else t
        gates = a[t, first:last, : 4 * d]
        read(gates, t, first, last, len(lengths), x, which, ux, of_u, b)
        add_product(gates, h[earlier, first:last, k : k + d], of_w)
        for r in range(first, last):
            i, f, g, o = a[t, r, :d], a[t, r, d : 2 * d], a[t, r, 2 * d : 3 * d], a[t, r, 3 * d : 4 * d]
            before, cell, state = c[earlier, r], c[t + 1, r], h[t + 1, r, k : k + d]
            if t >= lengths[r]:
                if back:
                    copy(cell, before)
                    copy(state, h[earlier, r, k : k + d])
                else:
                    clear(cell)
                    clear(state)
                continue
            for j in range(d):
                i[j] = sigmoid(i[j])
                f[j] = sigmoid(f[j])
                g[j] = tanh(g[j])
                o[j] = sigmoid(o[j])
                cell[j] = f[j] * before[j] + i[j] * g[j]
                state[j] = o[j] * tanh(cell[j])


@compiled
def backward(
    me: int, threads: int, barrier: np.ndarray, x: np.ndarray, which: np.ndarray, lengths: np.ndarray,
    u: np.ndarray, w: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, room: Room,
    grad_x: np.ndarray, grad_u: np.ndarray, grad_w: np.ndarray, grad_b: np.ndarray,
    grad_h: np.ndarray, taken: np.ndarray, h: np.ndarray, a: np.ndarray, c: np.ndarray,
    carried: np.ndarray, carried_c: np.ndarray,
) -> None:  # fmt: skip
    """The backward pass: δ of i, f, g and o side by side, and the gradients; arguments as in `elman.backward`.

    carried_c is `carried` for c.
    """
    lay_out_both(me, threads, barrier, of_u, u, of_w, w, False)
    for k in range(len(u)):
        first, last = texts_of(me, threads, len(lengths), len(u), k)
        if first < last:
            own = own_of(me, k, first_of(threads, len(lengths), len(u), k), which, room, grad_x, grad_u, grad_w, grad_b)
            given = Given(x, which, of_u[k])
            _backward(
                first, last, k > 0, lengths, given, of_w[k], own, grad_h, taken, h, k * w.shape[2],
                a[k], c[k], carried[k], carried_c[k],
            )  # fmt: skip
    put_together(me, threads, barrier, len(lengths), x, which, of_u, room, grad_x, grad_u, grad_w, grad_b)


@compiled
def _backward(
    first: int, last: int, back: bool, lengths: np.ndarray, given: Given, of_w: np.ndarray, own: Own,
    grad_h: np.ndarray, taken: np.ndarray, h: np.ndarray, k: int,
    a: np.ndarray, c: np.ndarray, carried: np.ndarray, carried_c: np.ndarray,
) -> None:  # fmt: skip
    """One direction."""
    d, steps, zero, one, count = c.shape[2], len(a), c.dtype.type(0), c.dtype.type(1), last - first
    delta = own.delta
    at_once = max(1, len(delta) // count)
    for s in range(steps):
        t, begin = s if back else steps - 1 - s, s % at_once * count
        add_taken(t, first, last, lengths, taken, grad_h, k, carried)
        for r in range(first, last):
            i, f, g, o = a[t, r, :d], a[t, r, d : 2 * d], a[t, r, 2 * d : 3 * d], a[t, r, 3 * d : 4 * d]
            e = delta[begin + r - first]
            delta_i, delta_f, delta_g, delta_o = e[:d], e[d : 2 * d], e[2 * d : 3 * d], e[3 * d : 4 * d]
            before, cell = c[t + 2 if back else t, r], c[t + 1, r]
            grad_c, grad_state = carried_c[r], carried[r]
            if t >= lengths[r]:
                clear(e[: 4 * d])
                continue
            for j in range(d):
                grad, squashed = grad_state[j], tanh(cell[j])
                at_cell = grad_c[j] + grad * o[j] * (one - squashed * squashed)
                delta_i[j] = at_cell * g[j] * i[j] * (one - i[j])
                delta_f[j] = at_cell * before[j] * f[j] * (one - f[j])
                delta_g[j] = at_cell * i[j] * (one - g[j] * g[j])
                delta_o[j] = grad * squashed * o[j] * (one - o[j])
                grad_c[j] = at_cell * f[j]
                grad_state[j] = zero
        add_product(carried[first:last, :d], delta[begin : begin + count, : 4 * d], of_w)
        take_up(s, t, first, last, back, lengths, given, own, h, k, 0)
