"""Products of matrices.

A block of the result, `ROWS` rows by the width of one vector register, stays in registers over all of K: each loaded vector of w
is used for all rows. w is first copied to panels of that width, so that a block reads contiguous memory; remaining rows use
`_ACROSS` panels at a time. A Python loop cannot control registers, so the product is written in LLVM instructions.
"""

from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target

from rnn_core.compiled import as_instructions, compiled
from rnn_core.network.kernels.barrier import share, wait_at

ROWS = 8
"""Rows of a block: this number of independent sums hides the latency of one."""

_FEATURES = cpu_target.target_context.codegen().magic_tuple()[-1]
_REGISTER = 64 if "+avx512f" in _FEATURES else 32 if "+avx2" in _FEATURES else 16
"""Bytes of a vector register, by the CPU features for which Numba compiles and caches."""
_FUSED = "+fma" in _FEATURES or "+neon" in _FEATURES

_ACROSS = 4
"""Panels per pass of a single row, for the same reason."""

AT_ONCE = 128
"""Rows per call of a product, or outer products per sum: their data fit in the nearest cache."""


def panels(directions: int, inner: int, width: int, size: int) -> tuple[int, int, int, int]:
    """The shape of the panels of a matrix (inner, width) of each direction, (D', ⌈width / L⌉, inner, L).

    L is the number of values of `size` bytes in a vector register.
    """
    lanes = _REGISTER // size
    return directions, -(-width // lanes), inner, lanes


@compiled
def lay_out(me: int, threads: int, out: np.ndarray, w: np.ndarray, turned: bool) -> None:
    """Writes this thread's share of the panels of w (D', K, N) or, if `turned`, of its transposes, padded with zeros."""
    count, inner, lanes = out.shape[1], out.shape[2], out.shape[3]
    if turned:
        first, last = share(me, threads, len(out) * count, 1)
        for i in range(first, last):
            panel, matrix, start = out[i // count, i % count], w[i // count], i % count * lanes
            used = min(lanes, len(matrix) - start)
            for k in range(inner):
                for j in range(used):
                    panel[k, j] = matrix[start + j, k]
                for j in range(used, lanes):
                    panel[k, j] = 0
    else:
        first, last = share(me, threads, len(out) * inner, 1)
        for i in range(first, last):
            in_panels(out[i // inner], i % inner, w[i // inner, i % inner])


@compiled
def lay_out_both(
    me: int, threads: int, barrier: np.ndarray, of_u: np.ndarray, u: np.ndarray, of_w: np.ndarray, w: np.ndarray, turned: bool
) -> None:
    """Writes the panels of U and W, which are complete when this returns."""
    lay_out(me, threads, of_u, u, turned)
    lay_out(me, threads, of_w, w, turned)
    wait_at(threads, barrier)


@compiled
def in_panels(out: np.ndarray, k: int, row: np.ndarray) -> None:
    """Writes row k of a matrix into its panels, (P, K, L)."""
    lanes = _REGISTER // out.itemsize
    whole = len(row) // lanes
    for p in range(whole):
        for j in range(lanes):
            out[p, k, j] = row[p * lanes + j]
    if whole < len(out):
        for j in range(lanes):
            out[whole, k, j] = row[whole * lanes + j] if whole * lanes + j < len(row) else 0


@compiled
def clear(row: np.ndarray) -> None:
    """row[:] = 0, but faster to compile."""
    for j in range(len(row)):
        row[j] = 0


@compiled
def clear_rows(first: int, last: int, out: np.ndarray) -> None:
    """Sets rows `first` to `last` of out (R, N) to 0."""
    for r in range(first, last):
        clear(out[r])


@compiled
def copy(out: np.ndarray, row: np.ndarray) -> None:
    """out[:] = row, without an error message that takes Numba three seconds to compile."""
    for j in range(len(out)):
        out[j] = row[j]


def _times_plus(builder: ir.IRBuilder, a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once if the CPU supports it."""
    if not _FUSED:
        return builder.fadd(builder.fmul(a, b), c)
    kind, lanes = (a.type.element, f"v{a.type.count}") if isinstance(a.type, ir.VectorType) else (a.type, "")
    name = f"llvm.fma.{lanes}{kind.intrinsic_name}"
    return builder.call(cgutils.get_or_insert_function(builder.module, ir.FunctionType(a.type, [a.type] * 3), name), [a, b, c])


@as_instructions
def fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """`_times_plus` of numbers of one type."""

    def instructions(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        return _times_plus(builder, *arguments)

    return a(a, b, c), instructions


@as_instructions
def _add_product(typing: Any, out: Any, a: Any, w: Any) -> Any:
    """`add_product` in LLVM instructions."""
    if not out.dtype == a.dtype == w.dtype:
        return None  # not a valid overload: all arrays must have one dtype

    def instructions(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        arrays = [
            cgutils.create_struct_proxy(kind)(context, builder, value=array)
            for kind, array in zip(signature.args, arguments, strict=True)
        ]
        number, integer = context.get_data_type(out.dtype), ir.IntType(64)
        size = context.get_abi_sizeof(number)
        lanes = _REGISTER // size
        vector, index = ir.VectorType(number, lanes), ir.VectorType(integer, lanes)
        of_lanes = f"v{lanes}f{8 * size}.p0"
        nothing = ir.Constant(ir.VectorType(ir.IntType(32), lanes), None)

        def constant(value: int) -> Any:
            return ir.Constant(integer, value)

        def pointer(base: Any, offset: Any, kind: Any) -> Any:
            return builder.inttoptr(builder.add(base, offset), kind.as_pointer())

        def load(base: Any, offset: Any, kind: Any) -> Any:
            loaded = builder.load(pointer(base, offset, kind))
            loaded.align = size
            return loaded

        def in_every_lane(value: Any, kind: Any) -> Any:
            first = builder.insert_element(ir.Constant(kind, ir.Undefined), value, constant(0))
            return builder.shuffle_vector(first, ir.Constant(kind, ir.Undefined), nothing)

        def masked(name: str, *given: Any, returned: Any) -> Any:
            kind = ir.FunctionType(returned, [g.type for g in given])
            return builder.call(cgutils.get_or_insert_function(builder.module, kind, f"llvm.masked.{name}.{of_lanes}"), given)

        bases = [builder.ptrtoint(array.data, integer) for array in arrays]
        (rows, width), (_, inner), (count, _, _) = (cgutils.unpack_tuple(builder, array.shape) for array in arrays)
        strides = [cgutils.unpack_tuple(builder, array.strides) for array in arrays]
        along, aligned = strides[1][1], ir.Constant(ir.IntType(32), size)

        def start(array: int, place: Any, more: int) -> Any:
            place = builder.add(place, constant(more))
            return builder.add(bases[array], builder.mul(place, strides[array][0]))

        def block(height: int, across: int, row: Any, panel: Any) -> None:
            out_rows, a_rows = ([start(array, row, i) for i in range(height)] for array in (0, 1))
            panels = [start(2, panel, j) for j in range(across)]
            columns = [builder.mul(builder.add(panel, constant(j)), constant(lanes)) for j in range(across)]
            used = [
                builder.icmp_signed("<", ir.Constant(index, list(range(lanes))), in_every_lane(builder.sub(width, c), index))
                for c in columns
            ]
            places = {
                (i, j): pointer(out_rows[i], builder.mul(columns[j], constant(size)), vector)
                for i in range(height)
                for j in range(across)
            }
            sums = {
                (i, j): cgutils.alloca_once_value(
                    builder, masked("load", place, aligned, used[j], ir.Constant(vector, None), returned=vector)
                )
                for (i, j), place in places.items()
            }
            with cgutils.for_range(builder, inner) as loop:
                offset = builder.mul(loop.index, along)
                weights = [load(of, builder.mul(loop.index, constant(_REGISTER)), vector) for of in panels]
                numbers = [in_every_lane(load(of, offset, number), vector) for of in a_rows]
                for (i, j), total in sums.items():
                    builder.store(_times_plus(builder, numbers[i], weights[j], builder.load(total)), total)
            for (i, j), total in sums.items():
                masked("store", builder.load(total), places[i, j], aligned, used[j], returned=ir.VoidType())

        def blocks(height: int, across: int, first_row: Any, last_row: Any, first_panel: Any, last_panel: Any) -> None:
            """Blocks of `height` rows by `across` panels, while there are enough."""
            down = builder.sdiv(builder.sub(last_row, first_row), constant(height))
            to_the_right = builder.sdiv(builder.sub(last_panel, first_panel), constant(across))
            with cgutils.for_range(builder, to_the_right) as p, cgutils.for_range(builder, down) as r:
                row = builder.add(first_row, builder.mul(r.index, constant(height)))
                panel = builder.add(first_panel, builder.mul(p.index, constant(across)))
                block(height, across, row, panel)

        zero = constant(0)
        whole = builder.sub(rows, builder.srem(rows, constant(ROWS)))
        groups = builder.sub(count, builder.srem(count, constant(_ACROSS)))
        blocks(ROWS, 1, zero, whole, zero, count)
        blocks(1, _ACROSS, whole, rows, zero, groups)
        blocks(1, 1, whole, rows, groups, count)
        return context.get_dummy_value()

    return types.void(out, a, w), instructions


@compiled
def add_product(out: np.ndarray, a: np.ndarray, w: np.ndarray) -> None:
    """out += a w, (R, N) += (R, K) (K, N).

    Args:
        out: rows may be strided, but not the numbers of a row.
        a: any layout.
        w: its panels, (P, K, L).
    """
    _add_product(out, a, w)


@compiled
def linear(first: int, last: int, out: np.ndarray, a: np.ndarray, w: np.ndarray, b: np.ndarray) -> None:
    """Rows `first` to `last` of out = a w + b, (M, N) = (M, K) (K, N) + (N,); arguments as for `add_product`."""
    for r in range(first, last, AT_ONCE):
        end = min(last, r + AT_ONCE)
        for i in range(r, end):
            copy(out[i], b)
        add_product(out[r:end], a[r:end, : a.shape[1]], w)


@compiled
def add_rows(first: int, last: int, out: np.ndarray, a: np.ndarray) -> None:
    """out = Σ a[p] over all rows, in columns `first` to `last`; out (N,), a (P, N)."""
    row = out[first:last]
    clear(row)
    for p in range(len(a)):
        added = a[p, first:last]
        for j in range(len(row)):
            row[j] += added[j]


@compiled
def outer(first: int, last: int, out: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """Rows `first` to `last` of out = aᵀ b, (R, N) = (R, M) (M, N), the sum of M outer products.

    Args:
        a, b: (M, R) and (M, N); rows may be strided.
    """
    lanes, width = _REGISTER // b.itemsize, b.shape[1]
    held = np.empty((-(-width // lanes), AT_ONCE, lanes), b.dtype)
    clear_rows(first, last, out)
    for start in range(0, len(b), AT_ONCE):
        count = min(AT_ONCE, len(b) - start)
        for k in range(count):
            in_panels(held, k, b[start + k])
        add_product(out[first:last, :width], a[start : start + count, first:last].T, held)


@compiled
def add_to(out: np.ndarray, a: np.ndarray) -> None:
    """out += a, (R, N)."""
    for r in range(len(out)):
        row, added = out[r], a[r]
        for j in range(len(row)):
            row[j] += added[j]
