"""tanh and the sigmoid."""

import math

import numpy as np
from numba import types
from numba.extending import overload

from rnn_core.compiled import OPTIONS
from rnn_core.network.kernels.products import fma


def tanh(x):  # type: ignore[no-untyped-def]
    """A name for compiled loops alone: what stands for it is below, by the type of x (Numba reads no annotations)."""
    raise NotImplementedError


@overload(tanh, jit_options=OPTIONS)  # type: ignore[arg-type]
def _(x):  # type: ignore[no-untyped-def]
    if x == types.float64:
        return lambda x: math.tanh(x)

    def rational(x):  # type: ignore[no-untyped-def]
        """x p(x²) / q(x²), within 3e-7 of tanh: compiled to vector instructions, which libm's is not."""
        x = np.float32(7.9) if x > np.float32(7.9) else x
        x = np.float32(-7.9) if x < np.float32(-7.9) else x
        s = x * x
        p = fma(np.float32(-2.76076847742355e-16), s, np.float32(2.00018790482477e-13))
        p = fma(p, s, np.float32(-8.60467152213735e-11))
        p = fma(p, s, np.float32(5.12229709037114e-08))
        p = fma(p, s, np.float32(1.48572235717979e-05))
        p = fma(p, s, np.float32(6.37261928875436e-04))
        p = fma(p, s, np.float32(4.89352455891786e-03))
        q = fma(np.float32(1.19825839466702e-06), s, np.float32(1.18534705686654e-04))
        q = fma(q, s, np.float32(2.26843463243900e-03))
        q = fma(q, s, np.float32(4.89352518554385e-03))
        return x * p / q

    return rational


def sigmoid(x):  # type: ignore[no-untyped-def]
    """Likewise."""
    raise NotImplementedError


@overload(sigmoid, jit_options=OPTIONS)  # type: ignore[arg-type]
def _(x):  # type: ignore[no-untyped-def]
    if x == types.float64:
        return lambda x: 1 / (1 + math.exp(-x))
    return lambda x: np.float32(0.5) + np.float32(0.5) * tanh(np.float32(0.5) * x)
