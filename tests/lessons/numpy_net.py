"""An Elman network of a ready-made run in plain NumPy, which recomputes answer keys without the program's own analysis, and the
questions of a lesson with the quantities that mark them."""

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file

from pages.learn.looked import Looked, run_of
from rnn_core.lessons import Ask, Lesson, Quantities
from rnn_core.lessons.marking import Mark, mark, option, solution
from rnn_core.lessons.quantities import chosen, held
from rnn_core.lessons.reading import read

ROOT = Path(__file__).parents[2]
SOS, EOS, UNK = 2, 3, 1


def folder(name: str) -> Path:
    """Of a ready-made run."""
    (found,) = [path for path in (ROOT / "samples" / "runs").iterdir() if path.name.lstrip("0123456789-") == name]
    return found


@dataclass(frozen=True)
class Read:
    """A text: indices (T,), inputs (T, n), states (T, d), logits (T, k), probabilities (T, k)."""

    indices: list[int]
    x: np.ndarray
    h: np.ndarray
    o: np.ndarray
    p: np.ndarray


@dataclass(frozen=True)
class Net:
    """The weights and the words of a run."""

    name: str

    @cached_property
    def weights(self) -> dict[str, np.ndarray]:
        found = load_file(folder(self.name) / "weights.safetensors")  # older runs call the embedding `embedding`
        return {name.removesuffix(".weight"): one.astype(np.float64) for name, one in found.items()}

    @cached_property
    def words(self) -> list[str]:
        return json.loads((folder(self.name) / "vocabulary.json").read_text(encoding="utf-8"))["words"]

    @property
    def cell(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """W, U and b."""
        return tuple(self.weights[f"cells.0.0.{name}"] for name in ("weight_hh", "weight_ih", "bias"))  # type: ignore[return-value]

    def read(self, tokens: list[str], pads: int = 0) -> Read:
        """h_t = tanh(b + W h_{t-1} + U x_t) over `<sos>`, the tokens, `<eos>`, and pads that are read like words."""
        at = {word: i for i, word in enumerate(self.words)}
        indices = [SOS, *(at.get(token.lower(), UNK) for token in tokens), EOS, *[0] * pads]
        (w, u, b), h, states = self.cell, np.zeros(len(self.cell[2])), []
        x = self.weights["embedding"][indices]
        for one in x:
            h = np.tanh(b + w @ h + u @ one)
            states.append(h)
        o = self.weights["bias_out"] + np.array(states) @ self.weights["weight_out"].T
        return Read(indices, x, np.array(states), o, np.exp(o) / np.exp(o).sum(1, keepdims=True))


@dataclass(frozen=True)
class Question:
    """A question of a lesson where it is asked."""

    ask: Ask
    quantities: Quantities
    steps: int

    @property
    def key(self) -> object:
        return solution(self.ask, self.steps, self.quantities)

    def marked(self, answer: object, digits: int = 6) -> Mark:
        """The mark of a number, an option, a step or a curve."""
        if self.ask.kind == "choice":
            return mark(self.ask, option(str(answer)), str(answer), self.quantities)
        if self.ask.kind == "curve":
            return mark(self.ask, np.asarray(answer, np.float64), str(answer), self.quantities)
        typed = f"{answer:.{digits}g}"
        return mark(self.ask, float(typed), typed, self.quantities)

    def wrong(self, answer: object, said: str) -> None:
        """Makes sure that this answer is wrong, and is told these words."""
        found = self.marked(answer)
        assert not found.right and said in found.said, found

    def right(self, answer: object, *said: str) -> None:
        """Makes sure that this answer is right, and is told these words."""
        found = self.marked(answer)
        assert found.right and all(one in found.said for one in said), found


def lesson(name: str) -> Lesson:
    return read((ROOT / "lessons" / f"{name}.md").read_text(encoding="utf-8"), name)


def questions(of: Lesson, **typed: str) -> list[Question]:
    """All questions in their order, each with the quantities that it is marked by.

    Args:
        typed: what the learner chose instead, by `lessons.GIVENS`.
    """
    found = []
    for step, ask in of.asks():
        given = of.given_at(step) | typed | dict(ask.given)
        quantities = held(Looked(run_of(given["run"]), given).resolve, chosen(step=None, unit=None))
        found.append(Question(ask, quantities, int(float(quantities("text.steps")))))  # type: ignore[arg-type]
    return found


def said(of: Lesson, at: int, **typed: str) -> str:
    """All words of a step, counted from 1, filled in."""
    given = of.given_at(at - 1) | typed
    quantities = held(Looked(run_of(given["run"]), given).resolve, chosen(step=None, unit=None))
    blocks = [*([of.before] if at == 1 else []), *(b.words for b in of.steps[at - 1].blocks if hasattr(b, "words"))]
    return " ".join(one.filled(quantities) for one in blocks)
