"""An Elman network by hand: its way forwards and back in NumPy, from a run's files alone."""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file


@dataclass(frozen=True)
class Elman:
    """A text read by a ready-made run with tanh, with the loss of each step followed back alone.

    Attributes:
        W, V: as they are.
        h: (T + 1, d) the states, the first one h_0 = 0.
        p: (T, k) the readouts.
        losses: (T,) L(t) at the label.
        at_state, delta: (T, T, d) of the loss at t, at the state and the sum of step i.
        pairs: (T, T, d, d) ∂L(t)/∂W|(i).
        rest: (T, T, …) by parameter, the same of U, b, V, c and the rows of E together, as one vector.
        indices: (T,) of the tokens in the vocabulary.
    """

    W: np.ndarray
    V: np.ndarray
    h: np.ndarray
    p: np.ndarray
    losses: np.ndarray
    at_state: np.ndarray
    delta: np.ndarray
    pairs: np.ndarray
    rest: np.ndarray
    indices: np.ndarray

    @property
    def steps(self) -> int:
        return len(self.losses)

    def copies(self, weights: np.ndarray) -> np.ndarray:
        """(T, d, d) the gradients of the copies of W of the loss with these weights of its steps."""
        return np.einsum("t,tiab->iab", weights, self.pairs)

    def kept(self, weights: np.ndarray, keep: np.ndarray) -> np.ndarray:
        """(d, d) the gradient of W of which only these pairs (t, i) are kept, (T, T)."""
        return np.einsum("t,ti,tiab->ab", weights, keep, self.pairs)

    def jacobian(self, t: int, k: int) -> np.ndarray:
        """∂h_t/∂h_k, steps from 1."""
        found = np.eye(len(self.W))
        for step in range(t, k, -1):
            found = found @ (np.diag(1 - self.h[step] ** 2) @ self.W)
        return found


def elman(run: Path, tokens: list[str], label: int) -> Elman:
    """Reads tokens, `<sos>` and `<eos>` among them; an unknown one is `<unk>`."""
    weights = {name: array.astype(np.float64) for name, array in load_file(run / "weights.safetensors").items()}
    E = weights["embedding.weight" if "embedding.weight" in weights else "embedding"]
    words = json.loads((run / "vocabulary.json").read_text(encoding="utf-8"))["words"]
    cell = ("weight_hh", "weight_ih", "bias")
    W, U, b, V, c = (weights[name] for name in (*(f"cells.0.0.{one}" for one in cell), "weight_out", "bias_out"))
    indices = [words.index(token) if token in words else words.index("<unk>") for token in tokens]
    steps, d = len(tokens), len(b)
    h, p = np.zeros((steps + 1, d)), np.zeros((steps, len(c)))
    for t, index in enumerate(indices, 1):
        h[t] = np.tanh(b + W @ h[t - 1] + U @ E[index])
        e = np.exp(c + V @ h[t])
        p[t - 1] = e / e.sum()
    at_state, delta = np.zeros((2, steps, steps, d))
    for t in range(steps):
        error = p[t] - np.eye(len(c))[label]
        arriving = V.T @ error
        for i in range(t, -1, -1):
            at_state[t, i] = arriving
            delta[t, i] = arriving * (1 - h[i + 1] ** 2)
            arriving = W.T @ delta[t, i]
    pairs = np.einsum("tia,ib->tiab", delta, h[:-1])
    inputs = np.einsum("tia,ib->tiab", delta, E[indices]).reshape(steps, steps, -1)
    readout = np.zeros((steps, steps, V.size + len(c)))
    for t in range(steps):
        error = p[t] - np.eye(len(c))[label]
        readout[t, t] = np.concatenate((np.outer(error, h[t + 1]).ravel(), error))
    used = sorted(set(indices))
    words_used = np.zeros((steps, steps, len(used), E.shape[1]))
    for i, index in enumerate(indices):
        words_used[:, i, used.index(index)] = delta[:, i] @ U
    rest = np.concatenate((inputs, delta, readout, words_used.reshape(steps, steps, -1)), axis=2)
    return Elman(W, V, h, p, -np.log(p[:, label]), at_state, delta, pairs, rest, np.array(indices))


def norms(matrices: np.ndarray) -> np.ndarray:
    """Of each matrix of the first axis, or of each row."""
    return np.array([np.sqrt((one**2).sum()) for one in matrices])


def cosine(a: np.ndarray, b: np.ndarray) -> float:
    return float((a * b).sum() / np.sqrt((a**2).sum() * (b**2).sum()))
