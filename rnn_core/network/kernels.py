"""The steps of the cells over time as compiled loops, forwards and backwards.

Each kernel goes through all T steps for the rows `first` to `last` of a batch: texts of a batch know nothing of each
other, so that several threads take some rows each and meet at the end alone. A step multiplies into the buffer that
already holds U x_t + b, and then goes through each number once; nothing is allocated on the way. Arrays are
C-contiguous, (T, B, ·), all of one dtype; rows of gates may be longer than what is used of them. States before the
first step stand at index 0 of arrays of T + 1 steps. docs/performance.md has what was measured.
"""

import math

import numpy as np
from numba import njit, types
from numba.extending import overload

from rnn_core.compiled import OPTIONS, compiled


def _tanh(x):  # type: ignore[no-untyped-def]
    """A name for compiled loops alone: what stands for it is below, by the type of x (Numba reads no annotations)."""
    raise NotImplementedError


@overload(_tanh, jit_options=OPTIONS)  # type: ignore[arg-type]
def _(x):  # type: ignore[no-untyped-def]
    if x == types.float64:
        return lambda x: math.tanh(x)

    def rational(x):  # type: ignore[no-untyped-def]
        """x p(x²) / q(x²), within 3e-7 of tanh: compiled to vector instructions, which libm's is not."""
        x = np.float32(7.9) if x > np.float32(7.9) else x
        x = np.float32(-7.9) if x < np.float32(-7.9) else x
        s = x * x
        p = np.float32(-2.76076847742355e-16) * s + np.float32(2.00018790482477e-13)
        p = p * s + np.float32(-8.60467152213735e-11)
        p = p * s + np.float32(5.12229709037114e-08)
        p = p * s + np.float32(1.48572235717979e-05)
        p = p * s + np.float32(6.37261928875436e-04)
        p = p * s + np.float32(4.89352455891786e-03)
        q = np.float32(1.19825839466702e-06) * s + np.float32(1.18534705686654e-04)
        q = q * s + np.float32(2.26843463243900e-03)
        q = q * s + np.float32(4.89352518554385e-03)
        return x * p / q

    return rational


def _sigmoid(x):  # type: ignore[no-untyped-def]
    """Likewise."""
    raise NotImplementedError


@overload(_sigmoid, jit_options=OPTIONS)  # type: ignore[arg-type]
def _(x):  # type: ignore[no-untyped-def]
    if x == types.float64:
        return lambda x: 1 / (1 + math.exp(-x))
    return lambda x: np.float32(0.5) + np.float32(0.5) * _tanh(np.float32(0.5) * x)


_COLUMNS = 512


@compiled
def add_product(out: np.ndarray, skip: int, a: np.ndarray, w: np.ndarray) -> None:
    """out[:, skip:] += a w, (R, N) += (R, K) (K, N).

    Eight rows of a and four of w at a time, written out: each number of w that is loaded is used eight times, and each
    of out four times.
    """
    inner, width = w.shape
    eights, fours = len(a) - len(a) % 8, inner - inner % 4
    for start in range(0, width, _COLUMNS):
        count = min(_COLUMNS, width - start)
        end, first, last = start + count, skip + start, skip + start + count
        for r in range(0, eights, 8):
            o0, o1, o2, o3 = out[r, first:last], out[r + 1, first:last], out[r + 2, first:last], out[r + 3, first:last]
            o4, o5, o6, o7 = out[r + 4, first:last], out[r + 5, first:last], out[r + 6, first:last], out[r + 7, first:last]
            for k in range(0, fours, 4):
                w0, w1, w2, w3 = w[k, start:end], w[k + 1, start:end], w[k + 2, start:end], w[k + 3, start:end]
                a0, b0, c0, d0 = a[r, k], a[r, k + 1], a[r, k + 2], a[r, k + 3]
                a1, b1, c1, d1 = a[r + 1, k], a[r + 1, k + 1], a[r + 1, k + 2], a[r + 1, k + 3]
                a2, b2, c2, d2 = a[r + 2, k], a[r + 2, k + 1], a[r + 2, k + 2], a[r + 2, k + 3]
                a3, b3, c3, d3 = a[r + 3, k], a[r + 3, k + 1], a[r + 3, k + 2], a[r + 3, k + 3]
                a4, b4, c4, d4 = a[r + 4, k], a[r + 4, k + 1], a[r + 4, k + 2], a[r + 4, k + 3]
                a5, b5, c5, d5 = a[r + 5, k], a[r + 5, k + 1], a[r + 5, k + 2], a[r + 5, k + 3]
                a6, b6, c6, d6 = a[r + 6, k], a[r + 6, k + 1], a[r + 6, k + 2], a[r + 6, k + 3]
                a7, b7, c7, d7 = a[r + 7, k], a[r + 7, k + 1], a[r + 7, k + 2], a[r + 7, k + 3]
                for j in range(count):
                    v0, v1, v2, v3 = w0[j], w1[j], w2[j], w3[j]
                    o0[j] += a0 * v0 + b0 * v1 + c0 * v2 + d0 * v3
                    o1[j] += a1 * v0 + b1 * v1 + c1 * v2 + d1 * v3
                    o2[j] += a2 * v0 + b2 * v1 + c2 * v2 + d2 * v3
                    o3[j] += a3 * v0 + b3 * v1 + c3 * v2 + d3 * v3
                    o4[j] += a4 * v0 + b4 * v1 + c4 * v2 + d4 * v3
                    o5[j] += a5 * v0 + b5 * v1 + c5 * v2 + d5 * v3
                    o6[j] += a6 * v0 + b6 * v1 + c6 * v2 + d6 * v3
                    o7[j] += a7 * v0 + b7 * v1 + c7 * v2 + d7 * v3
        for r in range(eights, len(a)):
            o0 = out[r, first:last]
            for k in range(0, fours, 4):
                w0, w1, w2, w3 = w[k, start:end], w[k + 1, start:end], w[k + 2, start:end], w[k + 3, start:end]
                a0, b0, c0, d0 = a[r, k], a[r, k + 1], a[r, k + 2], a[r, k + 3]
                for j in range(count):
                    o0[j] += a0 * w0[j] + b0 * w1[j] + c0 * w2[j] + d0 * w3[j]
        for r in range(len(a)):
            o0 = out[r, first:last]
            for k in range(fours, inner):
                w0, a0 = w[k, start:end], a[r, k]
                for j in range(count):
                    o0[j] += a0 * w0[j]


PHI = {"tanh": 0, "relu": 1, "sigmoid": 2}
"""The numbers by which the Elman kernels know φ."""
TANH, RELU = PHI["tanh"], PHI["relu"]


@compiled
def elman(first: int, last: int, phi: int, h: np.ndarray, w: np.ndarray) -> None:
    """h_t = φ(b + W h_{t−1} + U x_t). h (T + 1, B, d) holds h_0, then U x_t + b; w is Wᵀ, (d, d)."""
    zero = h.dtype.type(0)
    for t in range(1, len(h)):
        now = h[t, first:last]
        add_product(now, 0, h[t - 1, first:last], w)
        for a in now:
            if phi == TANH:
                for j in range(len(a)):
                    a[j] = _tanh(a[j])
            elif phi == RELU:
                for j in range(len(a)):
                    a[j] = max(a[j], zero)
            else:
                for j in range(len(a)):
                    a[j] = _sigmoid(a[j])


@compiled
def elman_backward(first: int, last: int, phi: int, delta: np.ndarray, h: np.ndarray, w: np.ndarray) -> None:
    """δ_t = φ′(a_t) ⊙ (∂L/∂h_t + Wᵀ δ_{t+1}). delta (T, B, d) holds ∂L/∂h_t; h (T + 1, B, d); w is W."""
    zero, one = delta.dtype.type(0), delta.dtype.type(1)
    for t in range(len(delta) - 1, -1, -1):
        if t < len(delta) - 1:
            add_product(delta[t, first:last], 0, delta[t + 1, first:last], w)
        for b in range(first, last):
            e, s = delta[t, b], h[t + 1, b]
            if phi == TANH:
                for j in range(len(e)):
                    e[j] *= one - s[j] * s[j]
            elif phi == RELU:
                for j in range(len(e)):
                    e[j] = e[j] if s[j] > zero else zero
            else:
                for j in range(len(e)):
                    e[j] *= s[j] * (one - s[j])


@compiled
def gru(first: int, last: int, a: np.ndarray, h: np.ndarray, w: np.ndarray) -> None:
    """The GRU in torch's form, letters as in `cells.GRU`.

    a (T, B, 4d) holds U x_t + b for n, r and z, and b_q, side by side; it becomes n, r, z and q = W_n h_{t−1} + b_q.
    h (T + 1, B, d) holds h_0; w is Wᵀ, (d, 3d).
    """
    d = h.shape[2]
    for t in range(len(a)):
        add_product(a[t, first:last], d, h[t, first:last], w)
        for i in range(first, last):
            n, r, z, q = a[t, i, :d], a[t, i, d : 2 * d], a[t, i, 2 * d : 3 * d], a[t, i, 3 * d : 4 * d]
            before, now = h[t, i], h[t + 1, i]
            for j in range(d):
                r[j] = _sigmoid(r[j])
                z[j] = _sigmoid(z[j])
                n[j] = _tanh(n[j] + r[j] * q[j])
                now[j] = n[j] + z[j] * (before[j] - n[j])


@compiled
def gru_backward(
    first: int, last: int,
    delta: np.ndarray, carried: np.ndarray, grad_h: np.ndarray, a: np.ndarray, h: np.ndarray, w: np.ndarray,
) -> None:  # fmt: skip
    """Backwards: δ of n, r, z and q side by side into `delta` (T, B, 4d).

    `carried` (B, d) holds zero, and at the end the gradient at the state before the first step; w is W, (3d, d).
    """
    d, one = h.shape[2], h.dtype.type(1)
    for t in range(len(a) - 1, -1, -1):
        for i in range(first, last):
            n, r, z, q = a[t, i, :d], a[t, i, d : 2 * d], a[t, i, 2 * d : 3 * d], a[t, i, 3 * d : 4 * d]
            delta_n, delta_r = delta[t, i, :d], delta[t, i, d : 2 * d]
            delta_z, delta_q = delta[t, i, 2 * d : 3 * d], delta[t, i, 3 * d : 4 * d]
            before, read, g = h[t, i], grad_h[t, i], carried[i]
            for j in range(d):
                grad = read[j] + g[j]
                e = grad * (one - z[j]) * (one - n[j] * n[j])
                delta_n[j] = e
                delta_q[j] = e * r[j]
                delta_r[j] = e * r[j] * q[j] * (one - r[j])
                delta_z[j] = grad * (before[j] - n[j]) * z[j] * (one - z[j])
                g[j] = grad * z[j]
        add_product(carried[first:last], 0, delta[t, first:last, d : 4 * d], w)


@njit(inline="always", **OPTIONS)
def _kept(i: int, key: int, least: int) -> np.bool_:
    """Whether dropout keeps number i: 32 bits by MurmurHash3's finaliser (Appleby 2011) of i and the key say so."""
    bits = np.uint32(np.uint32(i) * np.uint32(0x9E3779B9) + np.uint32(key))
    bits = np.uint32((bits ^ (bits >> np.uint32(16))) * np.uint32(0x85EBCA6B))
    bits = np.uint32((bits ^ (bits >> np.uint32(13))) * np.uint32(0xC2B2AE35))
    return np.uint32(bits ^ (bits >> np.uint32(16))) >= least


@compiled
def thin(out: np.ndarray, x: np.ndarray, p: float, key: int) -> None:
    """Dropout: each number of x (m,) is zero with probability p, or else multiplied by 1 / (1 − p)."""
    least, zero, scale = np.uint32(p * 4294967295), x.dtype.type(0), x.dtype.type(1 / (1 - p))
    for i in range(len(x)):
        out[i] = x[i] * scale if _kept(i, key, least) else zero


@compiled
def thin_rows(out: np.ndarray, table: np.ndarray, rows: np.ndarray, p: float, key: int) -> None:
    """Dropout of the rows (m,) of a table, (u, n), into out (m, n)."""
    least, zero, scale = np.uint32(p * 4294967295), table.dtype.type(0), table.dtype.type(1 / (1 - p))
    n = table.shape[1]
    for m in range(len(rows)):
        read, written = table[rows[m]], out[m]
        for j in range(n):
            written[j] = read[j] * scale if _kept(m * n + j, key, least) else zero


@compiled
def thin_rows_backward(grad_table: np.ndarray, grad: np.ndarray, rows: np.ndarray, p: float, key: int) -> None:
    """Backwards: adds grad (m, n), where it was kept, to the rows of grad_table (u, n)."""
    least, zero, scale = np.uint32(p * 4294967295), grad.dtype.type(0), grad.dtype.type(1 / (1 - p))
    n = grad.shape[1]
    for m in range(len(rows)):
        read, added = grad[m], grad_table[rows[m]]
        for j in range(n):
            added[j] += read[j] * scale if _kept(m * n + j, key, least) else zero
