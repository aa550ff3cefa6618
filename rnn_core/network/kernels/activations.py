"""tanh and the sigmoid."""

import math
from typing import Any

import numpy as np
from numba import types

from rnn_core.compiled import stands_for
from rnn_core.network.kernels.products import fma


def tanh(x: Any) -> Any:
    """tanh in compiled loops; the implementations for each type of x follow."""
    raise NotImplementedError


@stands_for(tanh)
def _(x: Any) -> Any:
    def exact(x: Any) -> Any:
        return math.tanh(x)

    def rational(x: Any) -> Any:
        """x p(x²) / q(x²), within 3e-7 of tanh: compiled to vector instructions, unlike libm's."""
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

    return exact if x == types.float64 else rational


def sigmoid(x: Any) -> Any:
    """Likewise."""
    raise NotImplementedError


@stands_for(sigmoid)
def _(x: Any) -> Any:
    def exact(x: Any) -> Any:
        return 1 / (1 + math.exp(-x))

    def by_tanh(x: Any) -> Any:
        return np.float32(0.5) + np.float32(0.5) * tanh(np.float32(0.5) * x)

    return exact if x == types.float64 else by_tanh
