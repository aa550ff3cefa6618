"""One text through one run."""

from dataclasses import dataclass, field

import numpy as np

from rnn_core.language import N_

SOS, EOS = "<sos>", "<eos>"
"""The first and the last token of every text as it is fed."""

OVERFLOW = N_(
    "This network's numbers overflow on this text, so there is nothing to see. Choose a shorter text, or train it again with a "
    "lower learning rate."
)
"""What is said of a trace that `overflows`."""


def decision_step(beliefs: np.ndarray) -> int:
    """The first step from which the answer never changes again, for answers (T,)."""
    changed = np.flatnonzero(beliefs != beliefs[-1])
    return int(changed[-1]) + 1 if len(changed) else 0


@dataclass(frozen=True)
class Feature:
    """A feature of the form of one token.

    Attributes:
        name: `casing`, `ending2` or `ending3`.
        letter: of its embedding, such as E_c.
        value: its value; `<unk>` if training saw it less than twice.
        index: the row of the embedding.
        size: the number of rows.
    """

    name: str
    letter: str
    value: str
    index: int
    size: int


@dataclass(frozen=True)
class Trace:
    """One text through one run. T steps: `<sos>`, the tokens, `<eos>`; arrays are float32.

    Attributes:
        text: what was typed.
        tokens: (T,) as fed, specials included.
        offsets: (T, 2) start and end in `text` of each token; -1 for the specials.
        indices: (T,) vocabulary indices.
        known: (T,) False where the token was fed as `<unk>`.
        labels: (k,) class names.
        embeddings: (T, n) what the indices look up.
        scheme: the tag scheme of entity labels, else None.
        form: (T, F) the indices of the features of each token's form; None if the network reads none.
        states: (layers, directions, T, d) h_t; direction 1 reads from the end.
        cells: like `states`, m_t of an LSTM; None for other cells.
        gates: by name, like `states`.
        logits: (T, k) o_t = c + V h_t.
        readouts: (T, k) softmax(o_t).
        answers: (T, k) the answer if the text stopped after step t: the readout once `<eos>` is fed there. The last
            step is `<eos>` itself. None where the task gives no such answer (`Task.stopped`).
    """

    text: str
    tokens: tuple[str, ...]
    offsets: np.ndarray
    indices: np.ndarray
    known: np.ndarray
    labels: tuple[str, ...]
    embeddings: np.ndarray
    states: np.ndarray
    cells: np.ndarray | None
    gates: dict[str, np.ndarray]
    logits: np.ndarray
    readouts: np.ndarray
    answers: np.ndarray | None
    warnings: tuple[str, ...] = field(default=())
    form: np.ndarray | None = None
    scheme: str | None = None

    @property
    def fed(self) -> np.ndarray:
        """The indices that the network read: (T,), or with the form of words (T, 1 + F), the word's first."""
        return self.indices if self.form is None else np.column_stack((self.indices, self.form))

    @property
    def answer(self) -> int:
        """The class read out after `<eos>`."""
        return int(self.readouts[-1].argmax())

    def decided(self, curve: str) -> int | None:
        """The decision step of one of `curves`; None where the task has no answer to a text as a whole."""
        found = self.curves.get(curve)
        return None if found is None or "answers" not in self.curves else decision_step(found.argmax(1))

    @property
    def decision_step(self) -> int | None:
        """That of `answers`."""
        return self.decided("answers")

    @property
    def overflows(self) -> bool:
        """Whether any number of it is infinite or NaN, so that it cannot be drawn."""
        held = (self.states, self.cells, *self.gates.values(), self.logits, self.answers)
        return not all(np.isfinite(array).all() for array in held if array is not None)

    @property
    def curves(self) -> dict[str, np.ndarray]:
        """By name, the probabilities (T, k) at each step: `answers` where there are any, and `readouts`."""
        curves = {"answers": self.answers, "readouts": self.readouts}
        return {name: p for name, p in curves.items() if p is not None}

    @property
    def beliefs(self) -> np.ndarray:
        """(T,) the most probable class at each step, by the first of `curves`."""
        return next(iter(self.curves.values())).argmax(1)
