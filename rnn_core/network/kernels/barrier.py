"""A barrier: threads that wait for each other.

Between the parts of a layer all threads must be through with the one before. They wait for each other by looking at a
number in memory: to be woken by the system takes longer than many a part.
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
    """Where this thread's share of `count` things begins and ends; shares are multiples of `group`, but for the last."""
    first = count * me // threads // group * group
    return first, count if me == threads - 1 else count * (me + 1) // threads // group * group


@compiled
def wait_at(threads: int, barrier: np.ndarray) -> None:
    """Waits until all threads are here, or one has failed.

    Args:
        barrier: (2,) how often a thread has come so far, and whether one has failed; `threads.together` makes it.
    """
    if threads > 1:
        wanted = (_came(barrier) // threads + 1) * threads
        _wait(barrier, wanted)


@as_instructions
def _came(typing: Any, barrier: Any) -> Any:
    """barrier[0] += 1, as one step for all threads; what it was before."""

    def instructions(context: Any, builder: ir.IRBuilder, signature: Any, arguments: Any) -> Any:
        array = cgutils.create_struct_proxy(signature.args[0])(context, builder, value=arguments[0])
        return builder.atomic_rmw("add", array.data, ir.Constant(ir.IntType(64), 1), "seq_cst")

    return types.int64(barrier), instructions


_PATIENCE = 2000
"""How often a thread looks before it offers its core to others at each look, as it must where there are fewer cores."""

_ON_X86 = platform.machine() in ("x86_64", "AMD64")


@as_instructions
def _wait(typing: Any, barrier: Any, wanted: Any) -> Any:
    """Until barrier[0] ≥ wanted or barrier[1] ≠ 0."""

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

    return types.void(barrier, types.int64), instructions
