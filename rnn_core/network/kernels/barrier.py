"""A barrier for the threads of a kernel.

Between the parts of a layer, all threads must have finished the previous part. They spin on a number in memory, because waking
a sleeping thread takes longer than many of the parts.
"""

import os
import platform
from typing import Any

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils

from rnn_core.compiled import as_instructions, compiled


@compiled
def share(me: int, threads: int, count: int, group: int) -> tuple[int, int]:
    """The begin and end of this thread's share of `count` items; all shares but the last are multiples of `group`."""
    first = count * me // threads // group * group
    return first, count if me == threads - 1 else count * (me + 1) // threads // group * group


@compiled
def wait_at(threads: int, barrier: np.ndarray) -> None:
    """Waits until all threads have arrived, or one has failed.

    Args:
        barrier: (2,), the number of arrivals so far, and whether a thread has failed; made by `threads.together`.
    """
    if threads > 1:
        wanted = (_came(barrier) // threads + 1) * threads
        _wait(barrier, wanted)


@as_instructions
def _came(typing: Any, barrier: Any) -> Any:
    """Atomic barrier[0] += 1; returns the previous value."""

    def instructions(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        array = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])
        return builder.atomic_rmw("add", array.data, ir.Constant(ir.IntType(64), 1), "seq_cst")

    return types.int64(barrier), instructions


_PATIENCE = 2000
"""The number of spins after which a thread yields its core at each spin, which is necessary with fewer cores than threads."""

_ON_X86 = platform.machine() in ("x86_64", "AMD64")


@as_instructions
def _wait(typing: Any, barrier: Any, wanted: Any) -> Any:
    """Waits until barrier[0] ≥ wanted or barrier[1] ≠ 0."""

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
        if _ON_X86:  # a hint that this is a spin loop
            call("llvm.x86.sse2.pause", ir.VoidType())
        looked = builder.add(builder.load(looks), ir.Constant(integer, 1))
        builder.store(looked, looks)
        if os.name == "posix":
            with builder.if_then(builder.icmp_signed(">", looked, ir.Constant(integer, _PATIENCE))):
                call("sched_yield", ir.IntType(32))
        builder.branch(look)
        builder.position_at_end(done)
        return context.get_dummy_value()

    return types.void(barrier, types.int64), instructions
