"""A text as training cuts a stream."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class StreamParts:
    """A stream in B contiguous parts, which are read side by side in chunks of K steps.

    Attributes:
        inputs, targets: (B, T) indices into `words`; −1 behind the end of a part that is one step shorter.
        words: the tokens.
        size: K.
        carried: chunks over which training carries a state before it begins anew.
    """

    inputs: np.ndarray
    targets: np.ndarray
    words: tuple[str, ...]
    size: int
    carried: int
