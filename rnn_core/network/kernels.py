"""Layers of the cells over time as compiled loops, forwards and backwards.

A whole layer, in one direction or both, is one call in each thread: the threads share out the rows of each product,
wait for each other (`_meet`), and go through all T steps with some texts of the batch each, which know nothing of each
other. Steps are read from the first to the last or, `back`, from the last to the first. At pads, t ≥ lengths (B,),
states and δ are zero: so a text that is read back starts from zero at its own end.

Arrays are C-contiguous, of one dtype, and have the D' directions of the layer in front: u (D', G·d, n), w (D', G·d, d),
b (D', G·d). h (T + 2, B, D'·d) has the state after step t (from 0) at t + 1, the directions side by side, and at its two
ends those before the first step. grad_h (m, D'·d) is ∂L/∂h of the states that something was made of, and `taken` (T, B)
says which of its rows is whose, −1 for none. Gates are (D', T, B, ≥ G·d), δ (threads, C, ≥ G·d): rows
may be longer than what is used of them. x (M, n) holds the different inputs and `which` (T, B) says which of them each step
reads; or `which` is empty, x is (T·B, n), and each step reads its own.
docs/performance.md has what was measured.

Numba compiles a function for each kind of array it meets, and a slice of columns is another kind than a whole array: so
`[:, :n]` stands where it takes all columns too.
"""

import math
import os
import platform
from typing import Any, NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.core.registry import cpu_target
from numba.extending import intrinsic, overload

from rnn_core.compiled import OPTIONS, compiled

# ---- threads that meet ------------------------------------------------------------------------------------------------
#
# Between the parts of a layer all threads must be through with the one before. They wait for each other by looking at a
# number in memory: to be woken by the system takes longer than many a part.


@compiled
def _share(me: int, threads: int, count: int, group: int) -> tuple[int, int]:
    """Where this thread's share of `count` things begins and ends; shares are multiples of `group`, but for the last."""
    first = count * me // threads // group * group
    return first, count if me == threads - 1 else count * (me + 1) // threads // group * group


@compiled
def _meet(threads: int, meeting: np.ndarray) -> None:
    """Waits until all threads are here, or one has failed.

    Args:
        meeting: (2,) how often a thread has come so far, and whether one has failed; `compiled.together` makes it.
    """
    if threads > 1:
        wanted = (_came(meeting) // threads + 1) * threads  # type: ignore[call-arg]
        _wait(meeting, wanted)


@intrinsic
def _came(typing: Any, meeting: Any) -> Any:
    """meeting[0] += 1, as one step for all threads; what it was before."""

    def instructions(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        array = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])
        return builder.atomic_rmw("add", array.data, ir.Constant(ir.IntType(64), 1), "seq_cst")

    return types.int64(meeting), instructions


_PATIENCE = 2000
"""How often a thread looks before it offers its core to others at each look, as it must where there are fewer cores."""

_ON_X86 = platform.machine() in ("x86_64", "AMD64")


@intrinsic
def _wait(typing: Any, meeting: Any, wanted: Any) -> Any:
    """Until meeting[0] ≥ wanted or meeting[1] ≠ 0."""

    def instructions(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        array = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])
        integer = ir.IntType(64)
        failed = builder.gep(array.data, [ir.Constant(integer, 1)])
        looks = cgutils.alloca_once_value(builder, ir.Constant(integer, 0))

        def call(name: str, returned: Any) -> None:
            builder.call(cgutils.get_or_insert_function(builder.module, ir.FunctionType(returned, []), name), [])

        look, again, done = (builder.append_basic_block(name) for name in ("look", "again", "done"))
        builder.branch(look)
        builder.position_at_end(look)
        all_came = builder.icmp_signed(">=", builder.load_atomic(array.data, "acquire", 8), arguments[1])
        over = builder.icmp_signed("!=", builder.load_atomic(failed, "acquire", 8), ir.Constant(integer, 0))
        builder.cbranch(builder.or_(all_came, over), done, again)
        builder.position_at_end(again)
        if _ON_X86:  # tells the processor that this is a loop that waits
            call("llvm.x86.sse2.pause", ir.VoidType())
        looked = builder.add(builder.load(looks), ir.Constant(integer, 1))
        builder.store(looked, looks)
        if os.name == "posix":
            with builder.if_then(builder.icmp_signed(">", looked, ir.Constant(integer, _PATIENCE))):
                call("sched_yield", ir.IntType(32))
        builder.branch(look)
        builder.position_at_end(done)
        return context.get_dummy_value()

    return types.void(meeting, types.int64), instructions


# ---- products ---------------------------------------------------------------------------------------------------------
#
# A block of the result, `ROWS` rows by the numbers of one vector register, stays in registers while all of K goes by:
# each number of w that is loaded is used for every row. w is laid out first in panels of so many columns, so that a
# block reads it from one end to the other; rows that are left over go through `_ACROSS` panels at a time. A loop in
# Python cannot say that a number stays in a register, so the product is given as instructions of LLVM.

ROWS = 8
"""Rows of a block: as many sums under way hide the time that one takes."""

_FEATURES = cpu_target.target_context.codegen().magic_tuple()[-1]
_REGISTER = 64 if "+avx512f" in _FEATURES else 32 if "+avx2" in _FEATURES else 16
"""Bytes of a vector register, by the features that Numba compiles for and knows its kept code by."""
_FUSED = "+fma" in _FEATURES or "+neon" in _FEATURES

_ACROSS = 4
"""Panels that a single row goes through at a time, for the same reason."""

AT_ONCE = 128
"""Rows that a product takes, or outer products that are summed, at a time: what is read of them stays in the cache nearby."""


def panels(directions: int, inner: int, width: int, size: int) -> tuple[int, int, int, int]:
    """The shape of the panels of a matrix (inner, width) of each direction, (D', ⌈width / L⌉, inner, L).

    L is how many numbers, of `size` bytes, a vector register holds.
    """
    lanes = _REGISTER // size
    return directions, -(-width // lanes), inner, lanes


@compiled
def lay_out(me: int, threads: int, out: np.ndarray, w: np.ndarray, turned: bool) -> None:
    """This thread's share of the panels of w (D', K, N) or, `turned`, of those of its transposes; the last end in zeros."""
    count, inner, lanes = out.shape[1], out.shape[2], out.shape[3]
    if turned:
        first, last = _share(me, threads, len(out) * count, 1)
        for i in range(first, last):
            panel, matrix, start = out[i // count, i % count], w[i // count], i % count * lanes
            used = min(lanes, len(matrix) - start)
            for k in range(inner):
                for j in range(used):
                    panel[k, j] = matrix[start + j, k]
                for j in range(used, lanes):
                    panel[k, j] = 0
    else:
        first, last = _share(me, threads, len(out) * inner, 1)
        for i in range(first, last):
            _in_panels(out[i // inner], i % inner, w[i // inner, i % inner])


@compiled
def _lay_out_both(
    me: int, threads: int, meeting: np.ndarray, of_u: np.ndarray, u: np.ndarray, of_w: np.ndarray, w: np.ndarray, turned: bool
) -> None:
    """The panels of U and W, which are whole when this returns."""
    lay_out(me, threads, of_u, u, turned)
    lay_out(me, threads, of_w, w, turned)
    _meet(threads, meeting)


@compiled
def _in_panels(out: np.ndarray, k: int, row: np.ndarray) -> None:
    """Row k of a matrix into panels of it, (P, K, L)."""
    lanes = _REGISTER // out.itemsize
    whole = len(row) // lanes
    for p in range(whole):
        for j in range(lanes):
            out[p, k, j] = row[p * lanes + j]
    if whole < len(out):
        for j in range(lanes):
            out[whole, k, j] = row[whole * lanes + j] if whole * lanes + j < len(row) else 0


@compiled
def _clear(row: np.ndarray) -> None:
    """row[:] = 0, which takes Numba longer to compile."""
    for j in range(len(row)):
        row[j] = 0


@compiled
def _clear_rows(first: int, last: int, out: np.ndarray) -> None:
    """Rows `first` to `last` of out (R, N) = 0."""
    for r in range(first, last):
        _clear(out[r])


@compiled
def _copy(out: np.ndarray, row: np.ndarray) -> None:
    """out[:] = row, of which Numba would compile the words of an error for three seconds."""
    for j in range(len(out)):
        out[j] = row[j]


def _times_plus(builder: ir.IRBuilder, a: Any, b: Any, c: Any) -> Any:
    """a b + c, rounded once where the processor can."""
    if not _FUSED:
        return builder.fadd(builder.fmul(a, b), c)
    kind, lanes = (a.type.element, f"v{a.type.count}") if isinstance(a.type, ir.VectorType) else (a.type, "")
    name = f"llvm.fma.{lanes}{kind.intrinsic_name}"
    return builder.call(cgutils.get_or_insert_function(builder.module, ir.FunctionType(a.type, [a.type] * 3), name), [a, b, c])


@intrinsic
def _fma(typing: Any, a: Any, b: Any, c: Any) -> Any:
    """`_times_plus` of numbers of one kind."""

    def instructions(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        return _times_plus(builder, *arguments)

    return a(a, b, c), instructions


@intrinsic
def _add_product(typing: Any, out: Any, a: Any, w: Any) -> Any:
    """`add_product`, as instructions."""
    if not out.dtype == a.dtype == w.dtype:
        return None  # no such function for Numba: what is read and written is counted in numbers of one size

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
            """So many rows by so many panels at a time, as long as there are so many."""
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
        out: rows may lie apart, the numbers of a row not.
        a: in any layout.
        w: panels of it, (P, K, L).
    """
    _add_product(out, a, w)  # type: ignore[call-arg]


@compiled
def linear(first: int, last: int, out: np.ndarray, a: np.ndarray, w: np.ndarray, b: np.ndarray) -> None:
    """Rows `first` to `last` of out = a w + b, (M, N) = (M, K) (K, N) + (N,); arguments as for `add_product`."""
    for r in range(first, last, AT_ONCE):
        end = min(last, r + AT_ONCE)
        for i in range(r, end):
            _copy(out[i], b)
        add_product(out[r:end], a[r:end, : a.shape[1]], w)


@compiled
def add_rows(first: int, last: int, out: np.ndarray, a: np.ndarray) -> None:
    """out = Σ a[p] over all rows, in columns `first` to `last`; out (N,), a (P, N)."""
    row = out[first:last]
    _clear(row)
    for p in range(len(a)):
        added = a[p, first:last]
        for j in range(len(row)):
            row[j] += added[j]


@compiled
def outer(first: int, last: int, out: np.ndarray, a: np.ndarray, b: np.ndarray) -> None:
    """Rows `first` to `last` of out = aᵀ b, (R, N) = (R, M) (M, N), the sum of M outer products.

    Args:
        a, b: (M, R) and (M, N); rows may lie apart.
    """
    lanes, width = _REGISTER // b.itemsize, b.shape[1]
    held = np.empty((-(-width // lanes), AT_ONCE, lanes), b.dtype)
    _clear_rows(first, last, out)
    for start in range(0, len(b), AT_ONCE):
        count = min(AT_ONCE, len(b) - start)
        for k in range(count):
            _in_panels(held, k, b[start + k])
        add_product(out[first:last, :width], a[start : start + count, first:last].T, held)


# ---- tanh and the sigmoid --------------------------------------------------------------------------------------------


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
        p = _fma(np.float32(-2.76076847742355e-16), s, np.float32(2.00018790482477e-13))
        p = _fma(p, s, np.float32(-8.60467152213735e-11))
        p = _fma(p, s, np.float32(5.12229709037114e-08))
        p = _fma(p, s, np.float32(1.48572235717979e-05))
        p = _fma(p, s, np.float32(6.37261928875436e-04))
        p = _fma(p, s, np.float32(4.89352455891786e-03))
        q = _fma(np.float32(1.19825839466702e-06), s, np.float32(1.18534705686654e-04))
        q = _fma(q, s, np.float32(2.26843463243900e-03))
        q = _fma(q, s, np.float32(4.89352518554385e-03))
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


# ---- what the layers of all cells do ----------------------------------------------------------------------------------


class Given(NamedTuple):
    """What a direction reads: x, `which` and the panels of U."""

    x: np.ndarray
    which: np.ndarray
    of_u: np.ndarray


class Room(NamedTuple):
    """What the threads have to themselves, with (threads, …) in front of all.

    Attributes:
        delta: δ of the last steps of the texts under way, (C, ≥ G·d).
        held, held_x: the states before these steps and their inputs as panels, (P, C, L).
        w: ∂L/∂W over the thread's texts, (D', G·d, d), unless it is the first with texts of the direction.
        u, b: without `which`, likewise ∂L/∂U and ∂L/∂b over them, (D', G·d, n) and (D', G·d).
        sums: with `which`, their δ added up by input, (D', M, G·d).
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
def _texts(me: int, threads: int, batch: int, directions: int, k: int) -> tuple[int, int]:
    """Which texts of a direction this thread takes: its share of the texts of all directions, in blocks of rows."""
    blocks = -(-batch // ROWS)
    first, last = _share(me, threads, blocks * directions, 1)
    return max(0, first - k * blocks) * ROWS, min(batch, (last - k * blocks) * ROWS)


@compiled
def _prepare(
    me: int, threads: int, meeting: np.ndarray, x: np.ndarray, which: np.ndarray,
    u: np.ndarray, w: np.ndarray, b: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, ux: np.ndarray,
) -> None:  # fmt: skip
    """Panels of Uᵀ and Wᵀ, and with `which` ux = U x + b of the different inputs, (D', M, G·d)."""
    _lay_out_both(me, threads, meeting, of_u, u, of_w, w, True)
    if len(which):
        first, last = _share(me, threads, len(x), ROWS)
        for k in range(len(u)):
            linear(first, last, ux[k, :, : u.shape[1]], x, of_u[k], b[k])
        _meet(threads, meeting)


@compiled
def _read(
    out: np.ndarray, t: int, first: int, last: int, batch: int,
    x: np.ndarray, which: np.ndarray, ux: np.ndarray, of_u: np.ndarray, b: np.ndarray,
) -> None:  # fmt: skip
    """out = U x_t + b, (R, G·d), of the texts `first` to `last` of a batch."""
    if len(which):
        for r in range(first, last):
            _copy(out[r - first], ux[which[t, r]])
    else:
        linear(0, last - first, out, x[t * batch + first : t * batch + last], of_u, b)


@compiled
def _add_taken(
    t: int, first: int, last: int, taken: np.ndarray, grad_h: np.ndarray, k: int, carried: np.ndarray
) -> None:
    """Adds ∂L/∂h_t, columns k to k + d, to what is carried (B, d), for the texts `first` to `last`."""
    d = carried.shape[1]
    for r in range(first, last):
        m = taken[t, r]
        if m >= 0:
            into, added = carried[r], grad_h[m, k : k + d]
            for j in range(d):
                into[j] += added[j]


@compiled
def _take_up(
    s: int, t: int, first: int, last: int, back: bool, lengths: np.ndarray, given: Given, own: Own,
    h: np.ndarray, k: int, at: int,
) -> None:  # fmt: skip
    """After step number s backwards, which is step t: takes δ, of the texts `first` to `last`, up into the gradients.

    When there is no more room for δ, they are multiplied by the states before them, and without `which` by the inputs.

    Args:
        at: the first column of the rows that read the input; those that read the state are from 0 on.
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
            _in_panels(own.held_x, i, given.x[place + r])
        _in_panels(own.held, i, h[t + 2 if back else t, r, k : k + d])
    end = begin + count
    if not once:
        _clear_rows(place + first, place + last, own.grad_x)
        into = own.grad_x[place + first : place + last, :n]
        add_product(into, own.delta[begin:end, at : at + width], given.of_u)
    if end + count > len(own.delta) or s == len(h) - 3:
        add_product(own.w[:, :d], own.delta[:end, :width].T, own.held)
        if not once:
            add_product(own.u[:, :n], own.delta[:end, at : at + width].T, own.held_x)


@compiled
def _own(
    me: int, k: int, of: int, which: np.ndarray, room: Room,
    grad_x: np.ndarray, grad_u: np.ndarray, grad_w: np.ndarray, grad_b: np.ndarray,
) -> Own:  # fmt: skip
    """What a thread has to itself for one direction, its sums at zero: those of thread `of` stand where the gradients will."""
    u, w, b, sums = room.u[me, k], room.w[me, k], room.b[me, k], room.sums[me, k]
    if me == of:
        u, w, b = grad_u[k], grad_w[k], grad_b[k]
    _clear_rows(0, len(w), w)
    if len(which):
        _clear_rows(0, len(sums), sums)
    else:
        _clear_rows(0, len(u), u)
        _clear(b)
    into = grad_x[0 if len(which) else k]
    return Own(room.delta[me], room.held[me], room.held_x[me], u, w, b, sums, into)


@compiled
def _gradients(
    me: int, threads: int, meeting: np.ndarray, batch: int, x: np.ndarray, which: np.ndarray, of_u: np.ndarray, room: Room,
    grad_x: np.ndarray, grad_u: np.ndarray, grad_w: np.ndarray, grad_b: np.ndarray,
) -> None:  # fmt: skip
    """Puts together what the threads have: ∂L/∂x, and of each direction ∂L/∂U, ∂L/∂W and ∂L/∂b.

    With `which`, δ of all threads are added up by input first, and then ∂L/∂U = Σ_m δ_m x_mᵀ, ∂L/∂b = Σ_m δ_m and
    ∂L/∂x_m = Uᵀ δ_m, with the panels of U.
    """
    sums, width, directions, n = room.sums, grad_u.shape[1], len(grad_u), x.shape[1]
    _meet(threads, meeting)
    first, last = _share(me, threads, width, ROWS)
    for k in range(directions):
        of = _first_of(threads, batch, directions, k)
        for other in range(of + 1, threads):
            begin, end = _texts(other, threads, batch, directions, k)
            if begin < end:
                _add(grad_w[k, first:last], room.w[other, k, first:last])
                if len(which):
                    _add(sums[of, k, :, first:last], sums[other, k, :, first:last])
                else:
                    _add(grad_u[k, first:last], room.u[other, k, first:last])
                    _add(grad_b[k : k + 1, first:last], room.b[other, k : k + 1, first:last])
        if len(which):
            outer(first, last, grad_u[k], sums[of, k, :, :width], x)
            add_rows(first, last, grad_b[k], sums[of, k, :, :width])
    first, last = _share(me, threads, len(x), ROWS)
    if len(which):
        _meet(threads, meeting)
        for start in range(first, last, AT_ONCE):
            end = min(last, start + AT_ONCE)
            _clear_rows(start, end, grad_x[0])
            for k in range(directions):
                of = _first_of(threads, batch, directions, k)
                add_product(grad_x[0, start:end, :n], sums[of, k, start:end, :width], of_u[k])
    else:
        for k in range(1, directions):
            _add(grad_x[0, first:last], grad_x[k, first:last])
    _meet(threads, meeting)


@compiled
def _first_of(threads: int, batch: int, directions: int, k: int) -> int:
    """The first thread that has texts of a direction."""
    for me in range(threads):
        first, last = _texts(me, threads, batch, directions, k)
        if first < last:
            return me
    return 0


@compiled
def _add(out: np.ndarray, a: np.ndarray) -> None:
    """out += a, (R, N)."""
    for r in range(len(out)):
        row, added = out[r], a[r]
        for j in range(len(row)):
            row[j] += added[j]


# ---- the cells -------------------------------------------------------------------------------------------------------


PHI = {"tanh": 0, "relu": 1, "sigmoid": 2}
"""The numbers by which the Elman kernels know φ."""
TANH, RELU = PHI["tanh"], PHI["relu"]


@compiled
def elman(
    me: int, threads: int, meeting: np.ndarray, x: np.ndarray, which: np.ndarray, lengths: np.ndarray,
    u: np.ndarray, w: np.ndarray, b: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, ux: np.ndarray,
    phi: int, h: np.ndarray,
) -> None:  # fmt: skip
    """h_t = φ(b + W h_{t−1} + U x_t)."""
    _prepare(me, threads, meeting, x, which, u, w, b, of_u, of_w, ux)
    for k in range(len(u)):
        first, last = _texts(me, threads, len(lengths), len(u), k)
        if first < last:
            _elman(first, last, k > 0, lengths, x, which, b[k], of_u[k], of_w[k], ux[k], phi, h, k * w.shape[2])
    _meet(threads, meeting)


@compiled
def _elman(
    first: int, last: int, back: bool, lengths: np.ndarray,
    x: np.ndarray, which: np.ndarray, b: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, ux: np.ndarray,
    phi: int, h: np.ndarray, k: int,
) -> None:  # fmt: skip
    """One direction, into columns k to k + d of h."""
    d, steps, zero = len(b), len(h) - 2, h.dtype.type(0)
    for s in range(steps):
        t = steps - 1 - s if back else s
        now, before = h[t + 1, first:last, k : k + d], h[t + 2 if back else t, first:last, k : k + d]
        _read(now, t, first, last, len(lengths), x, which, ux, of_u, b)
        add_product(now, before, of_w)
        for r in range(first, last):
            a = h[t + 1, r, k : k + d]
            if t >= lengths[r]:
                _clear(a)
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
    me: int, threads: int, meeting: np.ndarray, x: np.ndarray, which: np.ndarray, lengths: np.ndarray,
    u: np.ndarray, w: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, room: Room,
    grad_x: np.ndarray, grad_u: np.ndarray, grad_w: np.ndarray, grad_b: np.ndarray,
    grad_h: np.ndarray, taken: np.ndarray, h: np.ndarray, phi: int, carried: np.ndarray,
) -> None:  # fmt: skip
    """δ_t = φ′(a_t) ⊙ (∂L/∂h_t + Wᵀ δ_{t+1}), and the gradients.

    `carried` (D', B, d) holds the gradient at the state after the last step beside that in grad_h, and at the end that at
    the state before the first. grad_x is (D', …), and ∂L/∂x comes to stand in its first.
    """
    _lay_out_both(me, threads, meeting, of_u, u, of_w, w, False)
    for k in range(len(u)):
        first, last = _texts(me, threads, len(lengths), len(u), k)
        if first < last:
            own = _own(me, k, _first_of(threads, len(lengths), len(u), k), which, room, grad_x, grad_u, grad_w, grad_b)
            given = Given(x, which, of_u[k])
            _elman_backward(
                first, last, k > 0, lengths, given, of_w[k], own, grad_h, taken, h, k * w.shape[2], phi, carried[k],
            )  # fmt: skip
    _gradients(me, threads, meeting, len(lengths), x, which, of_u, room, grad_x, grad_u, grad_w, grad_b)


@compiled
def _elman_backward(
    first: int, last: int, back: bool, lengths: np.ndarray, given: Given, of_w: np.ndarray, own: Own,
    grad_h: np.ndarray, taken: np.ndarray, h: np.ndarray, k: int, phi: int, carried: np.ndarray,
) -> None:  # fmt: skip
    """One direction."""
    d, steps, zero, one, count = carried.shape[1], len(taken), h.dtype.type(0), h.dtype.type(1), last - first
    delta = own.delta
    at_once = max(1, len(delta) // count)
    for s in range(steps):
        t, begin = s if back else steps - 1 - s, s % at_once * count
        _add_taken(t, first, last, taken, grad_h, k, carried)
        for r in range(first, last):
            e, g, a = delta[begin + r - first, :d], carried[r], h[t + 1, r, k : k + d]
            if t >= lengths[r]:
                _clear(e)
            elif phi == TANH:
                for j in range(d):
                    e[j] = g[j] * (one - a[j] * a[j])
            elif phi == RELU:
                for j in range(d):
                    e[j] = g[j] if a[j] > zero else zero
            else:
                for j in range(d):
                    e[j] = g[j] * a[j] * (one - a[j])
            _clear(g)
        add_product(carried[first:last, :d], delta[begin : begin + count, :d], of_w)
        _take_up(s, t, first, last, back, lengths, given, own, h, k, 0)


@compiled
def lstm(
    me: int, threads: int, meeting: np.ndarray, x: np.ndarray, which: np.ndarray, lengths: np.ndarray,
    u: np.ndarray, w: np.ndarray, b: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, ux: np.ndarray,
    h: np.ndarray, a: np.ndarray, c: np.ndarray,
) -> None:  # fmt: skip
    """The LSTM, letters as in `cells.LSTM`: a becomes i, f, g and o, side by side; c (D', T + 2, B, d) is laid out as h."""
    _prepare(me, threads, meeting, x, which, u, w, b, of_u, of_w, ux)
    for k in range(len(u)):
        first, last = _texts(me, threads, len(lengths), len(u), k)
        if first < last:
            _lstm(first, last, k > 0, lengths, x, which, b[k], of_u[k], of_w[k], ux[k], h, a[k], c[k], k * w.shape[2])
    _meet(threads, meeting)


@compiled
def _lstm(
    first: int, last: int, back: bool, lengths: np.ndarray,
    x: np.ndarray, which: np.ndarray, b: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, ux: np.ndarray,
    h: np.ndarray, a: np.ndarray, c: np.ndarray, k: int,
) -> None:  # fmt: skip
    """One direction, into columns k to k + d of h."""
    d, steps = c.shape[2], len(a)
    for s in range(steps):
        t = steps - 1 - s if back else s
        earlier = t + 2 if back else t
        gates = a[t, first:last, : 4 * d]
        _read(gates, t, first, last, len(lengths), x, which, ux, of_u, b)
        add_product(gates, h[earlier, first:last, k : k + d], of_w)
        for r in range(first, last):
            i, f, g, o = a[t, r, :d], a[t, r, d : 2 * d], a[t, r, 2 * d : 3 * d], a[t, r, 3 * d : 4 * d]
            before, cell, state = c[earlier, r], c[t + 1, r], h[t + 1, r, k : k + d]
            if t >= lengths[r]:
                _clear(cell)
                _clear(state)
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
    me: int, threads: int, meeting: np.ndarray, x: np.ndarray, which: np.ndarray, lengths: np.ndarray,
    u: np.ndarray, w: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, room: Room,
    grad_x: np.ndarray, grad_u: np.ndarray, grad_w: np.ndarray, grad_b: np.ndarray,
    grad_h: np.ndarray, taken: np.ndarray, h: np.ndarray, a: np.ndarray, c: np.ndarray,
    carried: np.ndarray, carried_c: np.ndarray,
) -> None:  # fmt: skip
    """Backwards: δ of i, f, g and o side by side, and the gradients; arguments as for `elman_backward`.

    carried_c is to c as `carried` is to h.
    """
    _lay_out_both(me, threads, meeting, of_u, u, of_w, w, False)
    for k in range(len(u)):
        first, last = _texts(me, threads, len(lengths), len(u), k)
        if first < last:
            own = _own(me, k, _first_of(threads, len(lengths), len(u), k), which, room, grad_x, grad_u, grad_w, grad_b)
            given = Given(x, which, of_u[k])
            _lstm_backward(
                first, last, k > 0, lengths, given, of_w[k], own, grad_h, taken, h, k * w.shape[2],
                a[k], c[k], carried[k], carried_c[k],
            )  # fmt: skip
    _gradients(me, threads, meeting, len(lengths), x, which, of_u, room, grad_x, grad_u, grad_w, grad_b)


@compiled
def _lstm_backward(
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
        _add_taken(t, first, last, taken, grad_h, k, carried)
        for r in range(first, last):
            i, f, g, o = a[t, r, :d], a[t, r, d : 2 * d], a[t, r, 2 * d : 3 * d], a[t, r, 3 * d : 4 * d]
            e = delta[begin + r - first]
            delta_i, delta_f, delta_g, delta_o = e[:d], e[d : 2 * d], e[2 * d : 3 * d], e[3 * d : 4 * d]
            before, cell = c[t + 2 if back else t, r], c[t + 1, r]
            grad_c, grad_state = carried_c[r], carried[r]
            if t >= lengths[r]:
                _clear(e[: 4 * d])
                _clear(grad_c)
                _clear(grad_state)
                continue
            for j in range(d):
                grad, squashed = grad_state[j], _tanh(cell[j])
                at_cell = grad_c[j] + grad * o[j] * (one - squashed * squashed)
                delta_i[j] = at_cell * g[j] * i[j] * (one - i[j])
                delta_f[j] = at_cell * before[j] * f[j] * (one - f[j])
                delta_g[j] = at_cell * i[j] * (one - g[j] * g[j])
                delta_o[j] = grad * squashed * o[j] * (one - o[j])
                grad_c[j] = at_cell * f[j]
                grad_state[j] = zero
        add_product(carried[first:last, :d], delta[begin : begin + count, : 4 * d], of_w)
        _take_up(s, t, first, last, back, lengths, given, own, h, k, 0)


@compiled
def gru(
    me: int, threads: int, meeting: np.ndarray, x: np.ndarray, which: np.ndarray, lengths: np.ndarray,
    u: np.ndarray, w: np.ndarray, b: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, ux: np.ndarray,
    inner: np.ndarray, h: np.ndarray, a: np.ndarray,
) -> None:  # fmt: skip
    """The GRU in torch's form, letters as in `cells.GRU`.

    a becomes q = W_n h_{t−1} + b_q, r, z and n, side by side: the first three read the state, in this order of W's rows,
    and the last three the input. inner: b_q, (D', d).
    """
    _prepare(me, threads, meeting, x, which, u, w, b, of_u, of_w, ux)
    for k in range(len(u)):
        first, last = _texts(me, threads, len(lengths), len(u), k)
        if first < last:
            _gru(
                first, last, k > 0, lengths, x, which, b[k], of_u[k], of_w[k], ux[k], inner[k], h, a[k], k * w.shape[2]
            )
    _meet(threads, meeting)


@compiled
def _gru(
    first: int, last: int, back: bool, lengths: np.ndarray,
    x: np.ndarray, which: np.ndarray, b: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, ux: np.ndarray,
    inner: np.ndarray, h: np.ndarray, a: np.ndarray, k: int,
) -> None:  # fmt: skip
    """One direction, into columns k to k + d of h."""
    d, steps = len(inner), len(a)
    for s in range(steps):
        t = steps - 1 - s if back else s
        earlier = t + 2 if back else t
        for i in range(first, last):
            _copy(a[t, i, :d], inner)
        _read(a[t, first:last, d : 4 * d], t, first, last, len(lengths), x, which, ux, of_u, b)
        add_product(a[t, first:last, : 3 * d], h[earlier, first:last, k : k + d], of_w)
        for i in range(first, last):
            q, r, z, n = a[t, i, :d], a[t, i, d : 2 * d], a[t, i, 2 * d : 3 * d], a[t, i, 3 * d : 4 * d]
            before, now = h[earlier, i, k : k + d], h[t + 1, i, k : k + d]
            if t >= lengths[i]:
                _clear(now)
                continue
            for j in range(d):
                r[j] = _sigmoid(r[j])
                z[j] = _sigmoid(z[j])
                n[j] = _tanh(n[j] + r[j] * q[j])
                now[j] = n[j] + z[j] * (before[j] - n[j])


@compiled
def gru_backward(
    me: int, threads: int, meeting: np.ndarray, x: np.ndarray, which: np.ndarray, lengths: np.ndarray,
    u: np.ndarray, w: np.ndarray, of_u: np.ndarray, of_w: np.ndarray, room: Room,
    grad_x: np.ndarray, grad_u: np.ndarray, grad_w: np.ndarray, grad_b: np.ndarray,
    grad_h: np.ndarray, taken: np.ndarray, h: np.ndarray, a: np.ndarray, carried: np.ndarray, own_inner: np.ndarray,
) -> None:  # fmt: skip
    """Backwards: δ of q, r, z and n side by side, and the gradients; arguments as for `elman_backward`, w as for `gru`.

    own_inner (threads, D', d) becomes ∂L/∂b_q over the texts of each thread.
    """
    _lay_out_both(me, threads, meeting, of_u, u, of_w, w, False)
    for k in range(len(u)):
        first, last = _texts(me, threads, len(lengths), len(u), k)
        if first < last:
            own = _own(me, k, _first_of(threads, len(lengths), len(u), k), which, room, grad_x, grad_u, grad_w, grad_b)
            given = Given(x, which, of_u[k])
            _gru_backward(
                first, last, k > 0, lengths, given, of_w[k], own, grad_h, taken, h, k * w.shape[2],
                a[k], carried[k], own_inner[me, k],
            )  # fmt: skip
    _gradients(me, threads, meeting, len(lengths), x, which, of_u, room, grad_x, grad_u, grad_w, grad_b)


@compiled
def _gru_backward(
    first: int, last: int, back: bool, lengths: np.ndarray, given: Given, of_w: np.ndarray, own: Own,
    grad_h: np.ndarray, taken: np.ndarray, h: np.ndarray, k: int, a: np.ndarray, carried: np.ndarray, own_inner: np.ndarray,
) -> None:  # fmt: skip
    """One direction."""
    d, steps, one, count = carried.shape[1], len(a), h.dtype.type(1), last - first
    delta = own.delta
    at_once = max(1, len(delta) // count)
    for s in range(steps):
        t, begin = s if back else steps - 1 - s, s % at_once * count
        _add_taken(t, first, last, taken, grad_h, k, carried)
        for i in range(first, last):
            q, r, z, n = a[t, i, :d], a[t, i, d : 2 * d], a[t, i, 2 * d : 3 * d], a[t, i, 3 * d : 4 * d]
            e = delta[begin + i - first]
            delta_q, delta_r, delta_z, delta_n = e[:d], e[d : 2 * d], e[2 * d : 3 * d], e[3 * d : 4 * d]
            before, g = h[t + 2 if back else t, i, k : k + d], carried[i]
            if t >= lengths[i]:
                _clear(e[: 4 * d])
                _clear(g)
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
        _take_up(s, t, first, last, back, lengths, given, own, h, k, d)


# ---- the readout ------------------------------------------------------------------------------------------------------


@compiled
def answers(
    me: int, threads: int, meeting: np.ndarray, h: np.ndarray, labels: np.ndarray, weights: np.ndarray,
    v: np.ndarray, c: np.ndarray, turned: np.ndarray, straight: np.ndarray, held: np.ndarray,
    delta: np.ndarray, grad_h: np.ndarray, own_v: np.ndarray, own_c: np.ndarray, own_loss: np.ndarray,
) -> None:  # fmt: skip
    """The loss Σ_i w_i L(i) of states h (m, D) with L(i) = −log ŷ_i[label_i] and ŷ = softmax(c + V h), and its gradients.

    Args:
        labels, weights: (m,).
        v, c: V (1, k, D) and c (k,).
        turned, straight: room for the panels of Vᵀ and V.
        held: room for the panels of `AT_ONCE` states, (threads, P, AT_ONCE, L).
        delta: room for ∂L/∂o_i = w_i (ŷ_i − y_i) of `AT_ONCE` states, (threads, AT_ONCE, k).
        grad_h: becomes ∂L/∂h, (m, D).
        own_v, own_c, own_loss: become those of each thread's states, (threads, k, D), (threads, k) and (threads,).
    """
    lay_out(me, threads, turned, v, True)
    lay_out(me, threads, straight, v, False)
    _meet(threads, meeting)
    (k, d), number = v.shape[1:], h.dtype.type
    loss = 0.0
    _clear_rows(0, k, own_v[me])
    _clear_rows(me, me + 1, own_c)
    first, last = _share(me, threads, len(h), ROWS)
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
            _in_panels(held[me], i - start, h[i])
        _clear_rows(start, end, grad_h)
        add_product(grad_h[start:end, :d], of, straight[0])
        add_product(own_v[me, :, :d], of.T, held[me])
    own_loss[me] = loss
    _meet(threads, meeting)
