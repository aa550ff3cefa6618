"""A text and its translation, with every number along both."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


@dataclass(frozen=True)
class Side:
    """The steps at which one of the two networks reads tokens.

    Attributes:
        tokens: (T,) that are read, as typed or written; `<sos>` is the first.
        known: (T,) whether the vocabulary has each.
        values: the parts of the state after each step and the values that the cell kept, by name, (layers, directions, T, d).
    """

    tokens: tuple[str, ...]
    known: np.ndarray
    values: dict[str, np.ndarray]


class Candidate(NamedTuple):
    """A continuation that beam search considered.

    Attributes:
        step: of its last token, from 0.
        parent: the candidate that it continues, by its number; −1: none.
        token: its last token, in words.
        log_p: log p of all its tokens.
        fate: `kept`, `ended` by `<eos>`, or `pruned`.
    """

    step: int
    parent: int
    token: str
    log_p: float
    fate: str


@dataclass(frozen=True)
class Translation:
    """A source, and the target that a decoder wrote for it or was given.

    Attributes:
        source: what the encoder reads, `<sos>` x_1 … x_m `<eos>`, S steps.
        target: what the decoder reads, `<sos>` y_1 … y_n, T steps.
        written: (T,) what it writes at these steps, y_1 … y_n and `<eos>`.
        text: y_1 … y_n as text.
        style: how tokens are put together to a text, as for `detokenise`.
        given: the first tokens of `written` that were given and not chosen by the decoder.
        ended: whether `<eos>` was written or given; else the limit of the length ended the target, and the last step of
            `written` has its most probable token, which is not part of the text.
        log_p: (T,) log p of each token of `written`.
        likely: (T, m) the most probable tokens at each step, in words, the most probable first.
        p: (T, m) their probabilities.
        copied: (T,) whether the decoder wrote `<unk>`, and `written` has the token of the source with the largest weight instead.
        linked: (T,) the source step that was set to be the only one attended to; −1: the network chose its weights.
        attention: α, (T, S), the weight of each source step at each step of the decoder; None without attention.
        width, normalisation: of the beam search, as in `TranslateConfig`; 0 where the target was given.
        candidates: all that beam search considered, in the order of the steps; empty where the target was given.
        best: the candidate that is the translation; −1 where the target was given.
        warnings: sentences on why the translation may mean little.
    """

    source: Side
    target: Side
    written: tuple[str, ...]
    text: str
    style: str
    given: int
    ended: bool
    log_p: np.ndarray
    likely: tuple[tuple[str, ...], ...]
    p: np.ndarray
    copied: np.ndarray
    linked: np.ndarray
    attention: np.ndarray | None
    width: int
    normalisation: float
    candidates: tuple[Candidate, ...]
    best: int
    warnings: tuple[str, ...]

    @property
    def steps(self) -> int:
        """The steps whose token is part of the target, `<eos>` included: all, but for the last one where it did not end."""
        return len(self.written) - (not self.ended)

    @property
    def overflows(self) -> bool:
        """Whether any number of it is infinite or NaN, so that it cannot be drawn."""
        held = (*self.source.values.values(), *self.target.values.values(), self.log_p)
        return not all(np.isfinite(array).all() for array in held)
