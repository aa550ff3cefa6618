"""The steps of the cells over time as compiled loops, forwards and backwards.

Each kernel goes through all T steps for the rows `first` to `last` of a batch: texts of a batch know nothing of each
other, so that several threads take some rows each and meet at the end alone. Steps are read from the first to the last
or, `back`, from the last to the first. At pads, t ≥ lengths (B,), states and δ are zero: so a text that is read back
starts from zero at its own end.

Arrays are C-contiguous, (T, B, ·), all of one dtype; rows of gates may be longer than what is used of them. h (T + 2, B, D)
has the state after step t (from 0) at t + 1, those of both directions side by side, and at its two ends those before the
first step. U x + b has been multiplied for each different input, ux (M, G·d), and `which` (T, B) says which one a step
reads; or it stands where the pre-activations will, and `which` is empty. grad_h (T, B, D) is ∂L/∂h.
docs/performance.md has what was measured.
"""

import math
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic, overload
from torch import Tensor
from torch.nn.functional import pad

from rnn_core.compiled import OPTIONS, compiled

# ---- products ---------------------------------------------------------------------------------------------------------
#
# A block of the result, `ROWS` rows by the numbers of one vector register, stays in registers while all of K goes by:
# each number of w that is loaded is used for every row. w is laid out first in panels of so many columns, so that a
# block reads it from one end to the other. A loop in Python cannot say that a number stays in a register, so the block
# is given as instructions of LLVM.

ROWS = 8
"""Rows of a block: as many sums under way hide the time that one takes."""

_FEATURES = cpu_target.target_context.codegen().magic_tuple()[-1]
_REGISTER = 64 if "+avx512f" in _FEATURES else 32 if "+avx2" in _FEATURES else 16
"""Bytes of a vector register, by the features that Numba compiles for and knows its kept code by."""

_HELD = 128
"""Rows that a product takes, or outer products that are summed, at a time: what is read of them stays in the cache nearby."""


def panels(w: Tensor) -> Tensor:
    """A matrix w (K, N), in any layout, as panels of columns one after the other, (⌈N / L⌉, K, L); the last ends in zeros.

    L is how many numbers a vector register holds.
    """
    lanes = _REGISTER // w.element_size()
    if w.shape[1] % lanes:
        w = pad(w, (0, -w.shape[1] % lanes))
    return w.unflatten(1, (-1, lanes)).movedim(1, 0).contiguous()


@compiled
def _copy(out: np.ndarray, row: np.ndarray) -> None:
    """out[:] = row, of which Numba would compile the words of an error for three seconds."""
    for j in range(len(out)):
        out[j] = row[j]


@compiled
def add_product(out: np.ndarray, a: np.ndarray, w: np.ndarray) -> None:
    """out += a w, (R, N) += (R, K) (K, N).

    Args:
        out: rows may lie apart, the numbers of a row not.
        a: in any layout.
        w: `panels` of it.
    """
    rows, width, lanes = len(a), out.shape[1], w.shape[2]
    blocks, whole = rows - rows % ROWS, width // lanes
    done = 1 if rows == 1 else blocks
    for p in range(whole):
        columns = out[:, p * lanes : (p + 1) * lanes]
        for r in range(0, blocks, ROWS):
            _add_block(columns[r : r + ROWS], a[r : r + ROWS], w[p])
        if rows == 1:
            _add_row(columns, a, w[p])
    if done == rows and whole == len(w):
        return
    # what is left below and on the right goes through a block of its own
    block, few = np.zeros((ROWS, lanes), out.dtype), np.zeros((ROWS, a.shape[1]), a.dtype)
    for r in range(blocks, rows):
        _copy(few[r - blocks], a[r])
    for p in range(len(w)):
        for r in range(0 if p == whole else done, rows, ROWS):
            part = out[r : r + ROWS, p * lanes : (p + 1) * lanes]
            for i in range(len(part)):
                _copy(block[i, : part.shape[1]], part[i])
            _add_block(block, few if r == blocks else a[r : r + ROWS], w[p])
            for i in range(len(part)):
                _copy(part[i], block[i])


@compiled
def linear(first: int, last: int, out: np.ndarray, a: np.ndarray, w: np.ndarray, b: np.ndarray) -> None:
    """Rows `first` to `last` of out = a w + b, (M, N) = (M, K) (K, N) + (N,); arguments as for `add_product`."""
    for r in range(first, last, _HELD):
        end = min(last, r + _HELD)
        for i in range(r, end):
            _copy(out[i], b)
        add_product(out[r:end], a[r:end], w)


@compiled
def add_by_row(first: int, last: int, out: np.ndarray, a: np.ndarray, which: np.ndarray) -> None:
    """out[which[p]] += a[p] for every row p, in columns `first` to `last`; out (M, N), a (P, N), which (P,)."""
    for p in range(len(which)):
        row, added = out[which[p]], a[p]
        for j in range(first, last):
            row[j] += added[j]


@compiled
def add_outer(first: int, last: int, out: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """Rows `first` to `last` of out += aᵀ b, (R, N) += (R, M) (M, N), the sum of M outer products.

    Args:
        a, b: (M, R) and (M, N); rows may lie apart.
    """
    lanes = _REGISTER // b.itemsize
    whole, width = b.shape[1] // lanes, b.shape[1]
    held = np.zeros((-(-width // lanes), _HELD, lanes), b.dtype)
    for start in range(0, len(b), _HELD):
        count = min(_HELD, len(b) - start)
        for k in range(count):
            row = b[start + k]
            for p in range(whole):
                for j in range(lanes):
                    held[p, k, j] = row[p * lanes + j]
            for j in range(whole * lanes, width):
                held[whole, k, j - whole * lanes] = row[j]
        add_product(out[first:last], a[start : start + count, first:last].T, held)


def _block(rows: int) -> Any:
    """out += a w for compiled loops, (rows, L) += (rows, K) (K, L); out stays in registers until all K are through."""

    @intrinsic
    def add(typing: Any, out: Any, a: Any, w: Any) -> Any:
        if not out.dtype == a.dtype == w.dtype:
            return None  # no such function for Numba: what is read and written is counted in numbers of one size

        def instructions(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
            o, x, p = (
                cgutils.create_struct_proxy(kind)(context, builder, value=array)
                for kind, array in zip(signature.args, arguments, strict=True)
            )
            number = context.get_data_type(out.dtype)
            size = context.get_abi_sizeof(number)
            lanes = _REGISTER // size
            vector, integer = ir.VectorType(number, lanes), ir.IntType(64)
            every_lane = ir.Constant(ir.VectorType(ir.IntType(32), lanes), [0] * lanes)
            unset = ir.Constant(vector, ir.Undefined)
            once = ("contract",)  # a·b + c may be rounded once

            def constant(value: int) -> Any:
                return ir.Constant(integer, value)

            def pointer(base: Any, offset: Any, kind: Any) -> Any:
                return builder.inttoptr(builder.add(base, offset), kind.as_pointer())

            def load(base: Any, offset: Any, kind: Any) -> Any:
                loaded = builder.load(pointer(base, offset, kind))
                loaded.align = size
                return loaded

            def repeated(value: Any) -> Any:
                return builder.shuffle_vector(builder.insert_element(unset, value, constant(0)), unset, every_lane)

            def starts(array: Any) -> list[Any]:
                base, apart = builder.ptrtoint(array.data, integer), cgutils.unpack_tuple(builder, array.strides)[0]
                return [builder.add(base, builder.mul(constant(r), apart)) for r in range(rows)]

            inner, along = cgutils.unpack_tuple(builder, x.shape)[1], cgutils.unpack_tuple(builder, x.strides)[1]
            out_rows, a_rows, panel = starts(o), starts(x), builder.ptrtoint(p.data, integer)
            sums = [cgutils.alloca_once_value(builder, load(row, constant(0), vector)) for row in out_rows]
            with cgutils.for_range(builder, inner) as loop:
                weights = load(panel, builder.mul(loop.index, constant(_REGISTER)), vector)
                offset = builder.mul(loop.index, along)
                for row, total in zip(a_rows, sums, strict=True):
                    product = builder.fmul(repeated(load(row, offset, number)), weights, flags=once)
                    builder.store(builder.fadd(builder.load(total), product, flags=once), total)
            for row, total in zip(out_rows, sums, strict=True):
                builder.store(builder.load(total), pointer(row, constant(0), vector)).align = size
            return context.get_dummy_value()

        return types.void(out, a, w), instructions

    return add


_add_block, _add_row = _block(ROWS), _block(1)


# ---- the cells --------------------------------------------------------------------------------------------------------


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


PHI = {"tanh": 0, "relu": 1, "sigmoid": 2}
"""The numbers by which the Elman kernels know φ."""
TANH, RELU = PHI["tanh"], PHI["relu"]


@compiled
def elman(
    first: int, last: int, back: bool, lengths: np.ndarray,
    phi: int, h: np.ndarray, k: int, ux: np.ndarray, which: np.ndarray, w: np.ndarray,
) -> None:  # fmt: skip
    """h_t = φ(b + W h_{t−1} + U x_t), into columns k to k + d of h; w: panels of Wᵀ."""
    d, steps, zero = ux.shape[1], len(h) - 2, h.dtype.type(0)
    for s in range(steps):
        t = steps - 1 - s if back else s
        now, before = h[t + 1, first:last, k : k + d], h[t + 2 if back else t, first:last, k : k + d]
        if len(which):
            for r in range(first, last):
                _copy(h[t + 1, r, k : k + d], ux[which[t, r]])
        add_product(now, before, w)
        for r in range(first, last):
            a = h[t + 1, r, k : k + d]
            if t >= lengths[r]:
                a[:] = zero
            elif phi == TANH:
                for j in range(d):
                    a[j] = _tanh(a[j])
            elif phi == RELU:
                for j in range(d):
                    a[j] = max(a[j], zero)
            else:
                for j in range(d):
                    a[j] = _sigmoid(a[j])


@compiled
def elman_backward(
    first: int, last: int, back: bool, lengths: np.ndarray,
    phi: int, delta: np.ndarray, grad_h: np.ndarray, h: np.ndarray, k: int, w: np.ndarray,
) -> None:  # fmt: skip
    """δ_t = φ′(a_t) ⊙ (∂L/∂h_t + Wᵀ δ_{t+1}), into delta (T, B, d); w: panels of W."""
    d, steps, zero, one = delta.shape[2], len(delta), delta.dtype.type(0), delta.dtype.type(1)
    for s in range(steps):
        t = s if back else steps - 1 - s
        now = delta[t, first:last]
        for r in range(first, last):
            _copy(delta[t, r], grad_h[t, r, k : k + d])
        if s:
            add_product(now, delta[t - 1 if back else t + 1, first:last], w)
        for r in range(first, last):
            e, a = delta[t, r], h[t + 1, r, k : k + d]
            if t >= lengths[r]:
                e[:] = zero
            elif phi == TANH:
                for j in range(d):
                    e[j] *= one - a[j] * a[j]
            elif phi == RELU:
                for j in range(d):
                    e[j] = e[j] if a[j] > zero else zero
            else:
                for j in range(d):
                    e[j] *= a[j] * (one - a[j])


@compiled
def lstm(
    first: int, last: int, back: bool, lengths: np.ndarray,
    a: np.ndarray, c: np.ndarray, h: np.ndarray, k: int, ux: np.ndarray, which: np.ndarray, w: np.ndarray,
) -> None:  # fmt: skip
    """The LSTM, letters as in `cells.LSTM`, into columns k to k + d of h.

    a (T, B, ≥ 4d) becomes i, f, g and o, side by side; c (T + 2, B, d) is laid out as h; w: panels of Wᵀ.
    """
    d, steps, zero = c.shape[2], len(a), h.dtype.type(0)
    for s in range(steps):
        t = steps - 1 - s if back else s
        earlier = t + 2 if back else t
        if len(which):
            for r in range(first, last):
                _copy(a[t, r, : 4 * d], ux[which[t, r]])
        add_product(a[t, first:last, : 4 * d], h[earlier, first:last, k : k + d], w)
        for r in range(first, last):
            i, f, g, o = a[t, r, :d], a[t, r, d : 2 * d], a[t, r, 2 * d : 3 * d], a[t, r, 3 * d : 4 * d]
            before, cell, state = c[earlier, r], c[t + 1, r], h[t + 1, r, k : k + d]
            if t >= lengths[r]:
                cell[:] = zero
                state[:] = zero
                continue
            for j in range(d):
                i[j] = _sigmoid(i[j])
                f[j] = _sigmoid(f[j])
                g[j] = _tanh(g[j])
                o[j] = _sigmoid(o[j])
                cell[j] = f[j] * before[j] + i[j] * g[j]
                state[j] = o[j] * _tanh(cell[j])


@compiled
def lstm_backward(
    first: int, last: int, back: bool, lengths: np.ndarray,
    delta: np.ndarray, carried_h: np.ndarray, carried_c: np.ndarray,
    grad_h: np.ndarray, a: np.ndarray, c: np.ndarray, k: int, w: np.ndarray,
) -> None:  # fmt: skip
    """Backwards: δ of i, f, g and o side by side into `delta` (T, B, ≥ 4d); w: panels of W.

    `carried_h` and `carried_c` (B, d) hold the gradients at the state after the last step (but ∂L/∂h_T is in grad_h),
    and at the end those at the state before the first.
    """
    d, steps, zero, one = c.shape[2], len(a), c.dtype.type(0), c.dtype.type(1)
    for s in range(steps):
        t = s if back else steps - 1 - s
        for r in range(first, last):
            i, f, g, o = a[t, r, :d], a[t, r, d : 2 * d], a[t, r, 2 * d : 3 * d], a[t, r, 3 * d : 4 * d]
            delta_i, delta_f = delta[t, r, :d], delta[t, r, d : 2 * d]
            delta_g, delta_o = delta[t, r, 2 * d : 3 * d], delta[t, r, 3 * d : 4 * d]
            before, cell, read = c[t + 2 if back else t, r], c[t + 1, r], grad_h[t, r, k : k + d]
            grad_c, carried = carried_c[r], carried_h[r]
            if t >= lengths[r]:
                delta[t, r, : 4 * d] = zero
                grad_c[:] = zero
                carried[:] = zero
                continue
            for j in range(d):
                grad, squashed = read[j] + carried[j], _tanh(cell[j])
                at_cell = grad_c[j] + grad * o[j] * (one - squashed * squashed)
                delta_i[j] = at_cell * g[j] * i[j] * (one - i[j])
                delta_f[j] = at_cell * before[j] * f[j] * (one - f[j])
                delta_g[j] = at_cell * i[j] * (one - g[j] * g[j])
                delta_o[j] = grad * squashed * o[j] * (one - o[j])
                grad_c[j] = at_cell * f[j]
                carried[j] = zero
        add_product(carried_h[first:last], delta[t, first:last, : 4 * d], w)


@compiled
def gru(
    first: int, last: int, back: bool, lengths: np.ndarray,
    a: np.ndarray, h: np.ndarray, k: int, ux: np.ndarray, which: np.ndarray, w: np.ndarray, inner: np.ndarray,
) -> None:  # fmt: skip
    """The GRU in torch's form, letters as in `cells.GRU`, into columns k to k + d of h.

    a (T, B, ≥ 4d) becomes n, r, z and q = W_n h_{t−1} + b_q, side by side; ux is for n, r, z; w: panels of Wᵀ, for r, z, q;
    inner: b_q, (d,).
    """
    d, steps, zero = len(inner), len(a), h.dtype.type(0)
    for s in range(steps):
        t = steps - 1 - s if back else s
        earlier = t + 2 if back else t
        for i in range(first, last):
            if len(which):
                _copy(a[t, i, : 3 * d], ux[which[t, i]])
            _copy(a[t, i, 3 * d : 4 * d], inner)
        add_product(a[t, first:last, d : 4 * d], h[earlier, first:last, k : k + d], w)
        for i in range(first, last):
            n, r, z, q = a[t, i, :d], a[t, i, d : 2 * d], a[t, i, 2 * d : 3 * d], a[t, i, 3 * d : 4 * d]
            before, now = h[earlier, i, k : k + d], h[t + 1, i, k : k + d]
            if t >= lengths[i]:
                now[:] = zero
                continue
            for j in range(d):
                r[j] = _sigmoid(r[j])
                z[j] = _sigmoid(z[j])
                n[j] = _tanh(n[j] + r[j] * q[j])
                now[j] = n[j] + z[j] * (before[j] - n[j])


@compiled
def gru_backward(
    first: int, last: int, back: bool, lengths: np.ndarray,
    delta: np.ndarray, carried: np.ndarray, grad_h: np.ndarray, a: np.ndarray, h: np.ndarray, k: int, w: np.ndarray,
) -> None:  # fmt: skip
    """Backwards: δ of n, r, z and q side by side into `delta` (T, B, ≥ 4d); w: panels of W, rows as there.

    `carried` (B, d) holds zero, and at the end the gradient at the state before the first step.
    """
    d, steps, zero, one = carried.shape[1], len(a), h.dtype.type(0), h.dtype.type(1)
    for s in range(steps):
        t = s if back else steps - 1 - s
        for i in range(first, last):
            n, r, z, q = a[t, i, :d], a[t, i, d : 2 * d], a[t, i, 2 * d : 3 * d], a[t, i, 3 * d : 4 * d]
            delta_n, delta_r = delta[t, i, :d], delta[t, i, d : 2 * d]
            delta_z, delta_q = delta[t, i, 2 * d : 3 * d], delta[t, i, 3 * d : 4 * d]
            before, read, g = h[t + 2 if back else t, i, k : k + d], grad_h[t, i, k : k + d], carried[i]
            if t >= lengths[i]:
                delta[t, i, : 4 * d] = zero
                g[:] = zero
                continue
            for j in range(d):
                grad = read[j] + g[j]
                e = grad * (one - z[j]) * (one - n[j] * n[j])
                delta_n[j] = e
                delta_q[j] = e * r[j]
                delta_r[j] = e * r[j] * q[j] * (one - r[j])
                delta_z[j] = grad * (before[j] - n[j]) * z[j] * (one - z[j])
                g[j] = grad * z[j]
        add_product(carried[first:last], delta[t, first:last, d : 4 * d], w)
