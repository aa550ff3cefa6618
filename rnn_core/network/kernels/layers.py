"""The parts of layers that all cells share."""

from typing import NamedTuple

import numpy as np

from rnn_core.compiled import compiled
from rnn_core.network.kernels.barrier import share, wait_at
from rnn_core.network.kernels.products import (
    AT_ONCE,
    ROWS,
    add_product,
    add_rows,
    add_to,
    clear,
    clear_rows,
    copy,
    in_panels,
    lay_out_both,
    linear,
    outer,
)


class Given(NamedTuple):
    """The inputs of a direction: x, `which` and the panels of U."""

    x: np.ndarray
    which: np.ndarray
    of_u: np.ndarray


class Room(NamedTuple):
    """The buffers of the threads; all have a first axis (threads, …).

    Attributes:
        delta: δ of the last steps of the current texts, (C, ≥ G·d).
        held, held_x: the states before these steps and their inputs, as panels, (P, C, L).
        w: ∂L/∂W of the thread's texts, (D', G·d, d), except for the first thread with texts of the direction.
        u, b: without `which`, ∂L/∂U and ∂L/∂b of these, (D', G·d, n) and (D', G·d).
        sums: with `which`, δ of these, summed by input, (D', M, G·d).
    """

    delta: np.ndarray
    held: np.ndarray
    held_x: np.ndarray
    w: np.ndarray
    u: np.ndarray
    b: np.ndarray
    sums: np.ndarray


class Own(NamedTuple):
    """`Room` of one thread for one direction, and ∂L/∂x, (T·B, n), for its texts."""

    delta: np.ndarray
    held: np.ndarray
    held_x: np.ndarray
    u: np.ndarray
    w: np.ndarray
    b: np.ndarray
    sums: np.ndarray
    grad_x: np.ndarray


@compiled
def texts_of(me: int, threads: int, batch: int, directions: int, k: int) -> tuple[int, int]:
    """The texts of a direction for this thread: its share of the texts of all directions, in blocks of rows."""
    blocks = -(-batch // ROWS)
    first, last = share(me, threads, blocks * directions, 1)
    return max(0, first - k * blocks) * ROWS, min(batch, (last - k * blocks) * ROWS)


@compiled
def prepare(
    me: int, threads: int, barrier: np.ndarray, x: np.ndarray, which: np.ndarray,
    u: np.ndarray, w: np.ndarray, b: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, ux: np.ndarray,
) -> None:  # fmt: skip
    """Computes the panels of Uᵀ and Wᵀ, and with `which` ux = U x + b of the different inputs, (D', M, G·d)."""
    lay_out_both(me, threads, barrier, of_u, u, of_w, w, True)
    if len(which):
        first, last = share(me, threads, len(x), ROWS)
        for k in range(len(u)):
            linear(first, last, ux[k, :, : u.shape[1]], x, of_u[k], b[k])
        wait_at(threads, barrier)


@compiled
def read(
    out: np.ndarray, t: int, first: int, last: int, batch: int,
    x: np.ndarray, which: np.ndarray, ux: np.ndarray, of_u: np.ndarray, b: np.ndarray,
) -> None:  # fmt: skip
    """Sets out = U x_t + b, (R, G·d), for the texts `first` to `last` of a batch."""
    if len(which):
        for r in range(first, last):
            copy(out[r - first], ux[which[t, r]])
    else:
        linear(0, last - first, out, x[t * batch + first : t * batch + last], of_u, b)


@compiled
def add_taken(
    t: int, first: int, last: int, lengths: np.ndarray, taken: np.ndarray, grad_h: np.ndarray, k: int, carried: np.ndarray
) -> None:
    """Adds ∂L/∂h_t, columns k to k + d, to the carried gradient (B, d), for the texts `first` to `last` that have a step t."""
    d = carried.shape[1]
    for r in range(first, last):
        m = taken[t, r]
        if m >= 0 and t < lengths[r]:
            into, added = carried[r], grad_h[m, k : k + d]
            for j in range(d):
                into[j] += added[j]


@compiled
def take_up(
    s: int, t: int, first: int, last: int, back: bool, lengths: np.ndarray, given: Given, own: Own,
    h: np.ndarray, k: int, at: int,
) -> None:  # fmt: skip
    """Adds δ of step t, the s-th step of the backward pass, to the gradients, for the texts `first` to `last`.

    When the buffer for δ is full, δ is multiplied by the states before these steps, and without `which` by the inputs.

    Args:
        at: the first column of the rows that read the input; the rows that read the state start at 0.
    """
    (width, d), n, count, once = own.w.shape, given.x.shape[1], last - first, len(given.which) > 0
    begin, place = s % max(1, len(own.delta) // count) * count, t * len(lengths)
    for r in range(first, last):
        i = begin + r - first
        if t < lengths[r]:
            row = own.sums[given.which[t, r]] if once else own.b
            added = own.delta[i, at : at + width]
            for j in range(width):
                row[j] += added[j]
        if not once:
            in_panels(own.held_x, i, given.x[place + r])
        in_panels(own.held, i, h[t + 2 if back else t, r, k : k + d])
    end = begin + count
    if not once:
        clear_rows(place + first, place + last, own.grad_x)
        into = own.grad_x[place + first : place + last, :n]
        add_product(into, own.delta[begin:end, at : at + width], given.of_u)
    if end + count > len(own.delta) or s == len(h) - 3:
        add_product(own.w[:, :d], own.delta[:end, :width].T, own.held)
        if not once:
            add_product(own.u[:, :n], own.delta[:end, at : at + width].T, own.held_x)


@compiled
def own_of(
    me: int, k: int, of: int, which: np.ndarray, room: Room,
    grad_x: np.ndarray, grad_u: np.ndarray, grad_w: np.ndarray, grad_b: np.ndarray,
) -> Own:  # fmt: skip
    """The buffers of a thread for one direction, with sums set to zero; thread `of` sums directly into the gradients."""
    u, w, b, sums = room.u[me, k], room.w[me, k], room.b[me, k], room.sums[me, k]
    if me == of:
        u, w, b = grad_u[k], grad_w[k], grad_b[k]
    clear_rows(0, len(w), w)
    if len(which):
        clear_rows(0, len(sums), sums)
    else:
        clear_rows(0, len(u), u)
        clear(b)
    into = grad_x[0 if len(which) else k]
    return Own(room.delta[me], room.held[me], room.held_x[me], u, w, b, sums, into)


@compiled
def put_together(
    me: int, threads: int, barrier: np.ndarray, batch: int, x: np.ndarray, which: np.ndarray, of_u: np.ndarray, room: Room,
    grad_x: np.ndarray, grad_u: np.ndarray, grad_w: np.ndarray, grad_b: np.ndarray,
) -> None:  # fmt: skip
    """Combines the results of the threads: ∂L/∂x, and for each direction ∂L/∂U, ∂L/∂W and ∂L/∂b.

    With `which`, δ of all threads is summed by input first, and then ∂L/∂U = Σ_m δ_m x_mᵀ, ∂L/∂b = Σ_m δ_m and
    ∂L/∂x_m = Uᵀ δ_m, with the panels of U.
    """
    sums, width, directions, n = room.sums, grad_u.shape[1], len(grad_u), x.shape[1]
    wait_at(threads, barrier)
    first, last = share(me, threads, width, ROWS)
    for k in range(directions):
        of = first_of(threads, batch, directions, k)
        for other in range(of + 1, threads):
            begin, end = texts_of(other, threads, batch, directions, k)
            if begin < end:
                add_to(grad_w[k, first:last], room.w[other, k, first:last])
                if len(which):
                    add_to(sums[of, k, :, first:last], sums[other, k, :, first:last])
                else:
                    add_to(grad_u[k, first:last], room.u[other, k, first:last])
                    add_to(grad_b[k : k + 1, first:last], room.b[other, k : k + 1, first:last])
        if len(which):
            outer(first, last, grad_u[k], sums[of, k, :, :width], x)
            add_rows(first, last, grad_b[k], sums[of, k, :, :width])
    first, last = share(me, threads, len(x), ROWS)
    if len(which):
        wait_at(threads, barrier)
        for start in range(first, last, AT_ONCE):
            end = min(last, start + AT_ONCE)
            clear_rows(start, end, grad_x[0])
            for k in range(directions):
                of = first_of(threads, batch, directions, k)
                add_product(grad_x[0, start:end, :n], sums[of, k, start:end, :width], of_u[k])
    else:
        for k in range(1, directions):
            add_to(grad_x[0, first:last], grad_x[k, first:last])
    wait_at(threads, barrier)


@compiled
def first_of(threads: int, batch: int, directions: int, k: int) -> int:
    """The first thread with texts of a direction."""
    for me in range(threads):
        first, last = texts_of(me, threads, batch, directions, k)
        if first < last:
            return me
    return 0
