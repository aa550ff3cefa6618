"""Search for the best target: greedy and beam search over any network with `start`, `step` and `select`."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
import torch
from torch import Tensor

from rnn_core.data.vocabulary import EOS, SOS, UNWRITTEN
from rnn_core.network.device import array


class Stepwise(Protocol):
    """A network that writes step by step."""

    def start(self, batch: Any) -> Any: ...
    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any, Mapping[str, Tensor]]: ...
    def select(self, state: Any, rows: Tensor) -> Any: ...


class Hypothesis(NamedTuple):
    """A target that was found.

    Attributes:
        tokens: its indices, without `<sos>` and `<eos>`.
        log_p: log p of these tokens, and of `<eos>` unless the length limit cut it off.
        score: log p divided by (number of tokens, `<eos>` included) to the power of the length normalisation.
        ended: whether it ended by `<eos>`.
        received: the attention that each step of the source received, Σ_t α_t, (S,) float64; None without attention.
        sources: for each of `tokens` the step of the source with the largest weight, those of `<sos>` and `<eos>` left out;
            empty without attention.
    """

    tokens: tuple[int, ...]
    log_p: float
    score: float
    ended: bool
    received: np.ndarray | None
    sources: tuple[int, ...]


class _Attended(NamedTuple):
    """The attention of open hypotheses.

    Attributes:
        received: (m, S), as of a `Hypothesis`.
        sources: (m, t), the step of the source with the largest weight at each step.
    """

    received: np.ndarray
    sources: np.ndarray

    def and_then(self, alpha: np.ndarray, words: np.ndarray) -> "_Attended":
        """After one more step with the weights α, (m, S). `words`: (m, S), false at pads, `<sos>` and `<eos>`."""
        return _Attended(self.received + alpha, np.column_stack((self.sources, np.where(words, alpha, -1.0).argmax(1))))

    def of(self, rows: np.ndarray) -> "_Attended":
        """That of some of the hypotheses."""
        return _Attended(self.received[rows], self.sources[rows])


class Level(NamedTuple):
    """The continuations that beam search considers at one step, (m,) each.

    Attributes:
        parents: the hypothesis that each continues, by its place among those that went on at the step before.
        tokens: their last tokens.
        log_p: log p of all their tokens.
        going: which of them go on to the next step, in the order in which the next step counts them.
        ended: which of them ended by `<eos>`.
    """

    parents: np.ndarray
    tokens: np.ndarray
    log_p: np.ndarray
    going: np.ndarray
    ended: np.ndarray


@torch.no_grad()
def greedy(network: Stepwise, batch: Any, longest: int, prefix: Sequence[int] = ()) -> list[Hypothesis]:
    """The most probable token at each step, for all texts of a batch side by side.

    Args:
        longest: the maximum number of tokens.
        prefix: the first tokens, which are given.
    """
    return [found[0] for found in beam(network, batch, 1, longest, 0.0, prefix)]


@torch.no_grad()
def beam(
    network: Stepwise,
    batch: Any,
    width: int,
    longest: int,
    normalisation: float = 1.0,
    prefix: Sequence[int] = (),
    levels: list[Level] | None = None,
    unwritten: Sequence[int] = UNWRITTEN,
) -> list[list[Hypothesis]]:
    """Beam search: at each step the most probable continuations of all open hypotheses are kept. One that ends leaves the beam,
    which gets narrower by one (Sutskever et al. 2014), so that a beam of 1 is greedy search.

    A search ends when no hypothesis is open, or none that is open can still get a better score than the best one that ended.

    Args:
        batch: `source` (S, B) and `source_lengths` (B,).
        width: K, the number of hypotheses.
        longest: the maximum number of tokens.
        normalisation: the power of the length by which log p is divided; 0: the score is log p.
        prefix: the first tokens, which are given to all texts.
        levels: for one text, receives the continuations considered after the prefix, step by step.
        unwritten: the tokens that are never written.

    Returns:
        For each text up to K hypotheses, the best score first.
    """
    state, place, texts = network.start(batch), batch["source"].device, batch["source"].shape[1]
    found: list[list[Hypothesis]] = [[] for _ in range(texts)]
    owners, total = np.arange(texts), np.zeros(texts)  # of each open hypothesis its text and log p
    last, written = np.full(texts, SOS), np.empty((texts, 0), np.int64)
    lengths, steps = array(batch["source_lengths"])[:, None], np.arange(len(batch["source"]))
    words = (steps > 0) & (steps < lengths - 1)
    attended = _Attended(np.zeros(words.shape), np.empty((texts, 0), np.int64))  # by each open hypothesis
    for length in range(1, longest + 1):
        logits, state, kept = network.step(torch.from_numpy(last).to(place), state)
        if (alpha := kept.get("attention")) is not None:
            attended = attended.and_then(array(alpha).astype(np.float64), words[owners])
        log_p = logits.double().log_softmax(1)
        if length <= len(prefix):
            last = np.full(texts, prefix[length - 1])
            total, written = total + array(log_p[:, prefix[length - 1]]), np.column_stack((written, last))
            continue
        log_p[:, list(unwritten)] = -torch.inf
        top, which = map(array, log_p.topk(min(width, log_p.shape[1]), 1))
        scores = top + total[:, None]
        rows, last, total = _best(scores, which, owners, [width - len(some) for some in found])
        owners, written = owners[rows], np.column_stack((written[rows], last))
        attended = attended.of(rows)
        for row in np.flatnonzero(last == EOS).tolist():
            found[owners[row]].append(_found(written[row, :-1], total[row], length, normalisation, True, attended, row))
        best = np.array([max((one.score for one in some), default=-np.inf) for some in found])
        # log p only falls and the length is limited, so this bounds the score of every continuation
        going = (last != EOS) & (total / longest**normalisation > best[owners])
        if levels is not None:
            levels.append(_level(scores, which, rows, last, going))
        owners, total, last, written = owners[going], total[going], last[going], written[going]
        attended = attended.of(going)
        if not len(owners):
            break
        state = network.select(state, torch.from_numpy(rows[going]).to(place))
    for row, owner in enumerate(owners.tolist()):
        found[owner].append(_found(written[row], total[row], max(1, written.shape[1]), normalisation, False, attended, row))
    return [sorted(some, key=lambda one: (-one.score, one.tokens)) for some in found]


def _best(
    scores: np.ndarray, which: np.ndarray, owners: np.ndarray, free: Sequence[int]
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The best continuations of each text: the row that each continues, its token and its log p, (m,) each.

    Args:
        scores: log p of each row with each of some tokens after it, (rows, c), best first; rows of a text are consecutive.
        which: these tokens, (rows, c).
        free: the number of open hypotheses that each text may have.
    """
    if scores.shape[1] == 1:
        return np.arange(len(scores)), which[:, 0], scores[:, 0]
    starts = np.searchsorted(owners, np.arange(len(free) + 1))
    kept = []
    for owner in np.unique(owners).tolist():
        flat = scores[starts[owner] : starts[owner + 1]].ravel()
        order = np.argsort(-flat, kind="stable")[: free[owner]]
        kept.append(starts[owner] * scores.shape[1] + order[flat[order] > -np.inf])
    at = np.concatenate(kept)
    return at // scores.shape[1], which.ravel()[at], scores.ravel()[at]


def _level(scores: np.ndarray, which: np.ndarray, rows: np.ndarray, last: np.ndarray, going: np.ndarray) -> Level:
    """All continuations with a probability, the chosen ones first.

    Args:
        scores, which: as for `_best`.
        rows, last, going: of the chosen ones.
    """
    columns = np.argmax(which[rows] == last[:, None], 1)
    chosen = rows * which.shape[1] + columns
    others = np.setdiff1d(np.flatnonzero(scores.ravel() > -np.inf), chosen)
    at, none = np.concatenate((chosen, others)), np.zeros(len(others), bool)
    return Level(at // which.shape[1], which.ravel()[at], scores.ravel()[at], np.concatenate((going, none)),
                 np.concatenate((last == EOS, none)))  # fmt: skip


def _found(
    tokens: np.ndarray,
    log_p: np.float64,
    length: int,
    normalisation: float,
    ended: bool,
    attended: _Attended,
    row: int,
) -> Hypothesis:
    sources = attended.sources[row]
    received = attended.received[row] if len(sources) else None
    return Hypothesis(tuple(tokens.tolist()), float(log_p), float(log_p / length**normalisation), ended, received,
                      tuple(sources[: len(tokens)].tolist()))  # fmt: skip
