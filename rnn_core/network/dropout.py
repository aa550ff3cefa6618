"""Dropout as a compiled loop."""

import numpy as np
import torch
from numba import njit
from torch import Tensor, nn

from rnn_core.compiled import OPTIONS, compiled


class Noise:
    """Keys of random choices, which depend on the seed, the number of the update and the number of keys drawn before.

    No generator state is saved. By SplitMix64 (Steele, Lea and Flood 2014).

    Args:
        carried: the number of updates before this one since the state of a stream was last reset.
    """

    def __init__(self, seed: int, update: int, carried: int = 0):
        self._state = _mixed(_mixed(seed) + update)
        self._since_reset = _mixed(_mixed(seed) + update - carried)

    def key(self) -> int:
        """The next key, of 32 bits."""
        self._state = self._state + 0x9E3779B97F4A7C15 & 0xFFFFFFFFFFFFFFFF
        return _mixed(self._state) >> 32

    def lasting(self, number: int) -> int:
        """A key of 32 bits for each number from 0, the same at all updates until the state is reset."""
        return _mixed(self._since_reset + (number + 1) * 0xD1342543DE82EF95 & 0xFFFFFFFFFFFFFFFF) >> 32

    def for_torch(self) -> int:
        """A seed of 63 bits for torch's own generator; it does not count as a key."""
        return _mixed(self._state) >> 1

    def choices(self, shape: tuple[int, ...], share: float) -> np.ndarray:
        """Independent booleans, True with probability `share`."""
        out = np.empty(shape, np.bool_)
        _choose(out.reshape(-1), share, self.key())
        return out


def _mixed(z: int) -> int:
    """The mixing function of SplitMix64: 64 bits, each of which depends on all bits of z."""
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    z = (z ^ z >> 27) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return z ^ z >> 31


class Dropout(nn.Module):
    """Sets a share p of the numbers to zero in training and scales the others by 1 / (1 − p) (Srivastava et al. 2014).

    Args:
        p: the dropout rate.
        variational: whether `states` has the same mask at all steps of a text (Gal and Ghahramani 2016).

    Attributes:
        noise: its keys decide the masks.
    """

    def __init__(self, p: float, variational: bool = False):
        super().__init__()
        self.p, self.variational = p, variational
        self.noise = Noise(0, 0)

    def forward(self, x: Tensor) -> Tensor:
        """Applies dropout to x (any shape); returns x itself when not training."""
        if not self.training or not self.p:
            return x
        if x.device.type != "cpu":
            return nn.functional.dropout(x, self.p)
        kept = np.ones(x.shape, x.detach().numpy().dtype)
        thin(kept, self.p, self.noise.key())
        return x * torch.from_numpy(kept)

    def states(self, x: Tensor, layer: int, of: Tensor | None = None, texts: int = 0) -> Tensor:
        """Applies dropout to the states of many steps: a new mask for each step, or with `variational` one for each text.

        Args:
            x: (…, B, D), or with `of` (m, D).
            layer: the number of the layer that reads the states; each has its own masks.
            of, texts: the text of each state, (m,), and B.
        """
        if not self.variational or not self.training or not self.p:
            return self(x)
        kept = np.ones((x.shape[-2] if of is None else texts, x.shape[-1]))
        thin(kept, self.p, self.noise.lasting(layer))
        mask = torch.from_numpy(kept).to(x)
        return x * (mask if of is None else mask[of])


def thin(x: np.ndarray, p: float, key: int, size: int | None = None) -> None:
    """Dropout of x (C-contiguous) in place. Its backward pass is the same function of ∂L/∂x.

    Args:
        size: the number of numbers after which the mask repeats; None: never.
    """
    for part in x.reshape(-1, size or max(x.size, 1), copy=False):
        _thin(part, p, key)


@njit(inline="always", **OPTIONS)
def _kept(i: int, key: int, least: int) -> np.bool_:
    """Whether dropout keeps number i, by 32 bits of MurmurHash3's finaliser (Appleby 2011) of i and the key."""
    bits = np.uint32(np.uint32(i) * np.uint32(0x9E3779B9) + np.uint32(key))
    bits = np.uint32((bits ^ (bits >> np.uint32(16))) * np.uint32(0x85EBCA6B))
    bits = np.uint32((bits ^ (bits >> np.uint32(13))) * np.uint32(0xC2B2AE35))
    return np.uint32(bits ^ (bits >> np.uint32(16))) >= least


@compiled
def _choose(out: np.ndarray, share: float, key: int) -> None:
    """Sets each of out (m,) to true with probability `share`."""
    least = np.uint32((1 - share) * 4294967295)
    for i in range(len(out)):
        out[i] = _kept(i, key, least)


@compiled
def _thin(x: np.ndarray, p: float, key: int) -> None:
    """Dropout: sets each number of x (m,) to zero with probability p, and multiplies the others by 1 / (1 − p)."""
    least, zero, scale = np.uint32(p * 4294967295), x.dtype.type(0), x.dtype.type(1 / (1 - p))
    for i in range(len(x)):
        x[i] = x[i] * scale if _kept(i, key, least) else zero


@compiled
def thin_rows(out: np.ndarray, table: np.ndarray, rows: np.ndarray, masks: np.ndarray, p: float, key: int) -> None:
    """Dropout of some rows (m,) of a table, (u, n), into out (m, n). `masks`: the row of the mask for each, (m,)."""
    least, zero, scale = np.uint32(p * 4294967295), table.dtype.type(0), table.dtype.type(1 / (1 - p))
    n = table.shape[1]
    for m in range(len(rows)):
        read, written, first = table[rows[m]], out[m], masks[m] * n
        for j in range(n):
            written[j] = read[j] * scale if _kept(first + j, key, least) else zero
