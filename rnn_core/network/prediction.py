"""Prediction: the most probable class of each text, or of each token."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np
import torch
from torch import nn

from rnn_core.data.batches import Batch, Encoded, in_order
from rnn_core.data.scoring import Predictions
from rnn_core.data.streams import Streams
from rnn_core.data.tag_rules import TagRules
from rnn_core.data.vocabulary import EOS, SOS
from rnn_core.network.device import array, number, place_of
from rnn_core.network.losses import at_once
from rnn_core.network.models import Network
from rnn_core.network.tape import Tape

Weigh = Callable[[np.ndarray, int], np.ndarray]
"""Returns w_t, (T, B), for lengths without padding (B,) and T."""


Inputs = Callable[[Encoded, Batch], Mapping[str, np.ndarray]]
"""Returns the inputs of a network for a batch, by name."""


def plain_inputs(encoded: Encoded, batch: Batch) -> dict[str, np.ndarray]:
    """The inputs of the plain stack."""
    return batch.inputs


def tensors(batch: Batch, device: torch.device | None = None) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """A batch's tokens (T, B), lengths (B,) and targets as tensors on a device; None: in CPU memory."""
    tokens, lengths, targets = map(torch.from_numpy, (batch.tokens, batch.lengths, batch.targets))
    return tokens.to(device), lengths.to(device), targets.to(device)


@torch.no_grad()
def predict(
    network: nn.Module,
    weigh: Weigh,
    encoded: Encoded,
    tick: Callable[[float], object] = lambda share: None,
    inputs: Inputs = plain_inputs,
    rules: TagRules | None = None,
) -> Predictions:
    """The network's predictions, without dropout; its mode is restored afterwards.

    With one label per text, the prediction is that of the last step; with one per token, those of the steps that count: the most
    probable label of each, or with `rules` the most probable sequence that keeps to them.

    Args:
        weigh: the weight of each step in the loss.
        tick: is called with the share done, 0…1; an exception raised by it stops the work.
        inputs: the inputs of the network.
        rules: of entity tags.
    """
    with evaluating(network):
        return _predict(network, weigh, encoded, tick, inputs, rules)


@torch.no_grad()
def probabilities(
    network: nn.Module,
    encoded: Encoded,
    tick: Callable[[float], object] = lambda share: None,
    inputs: Inputs = plain_inputs,
) -> np.ndarray:
    """The probability of each class after each text's `<eos>`, (m, k) float32, without dropout.

    Args:
        tick, inputs: as for `predict`.
    """
    found, done = np.empty((len(encoded), 0), np.float32), 0
    with evaluating(network):
        for rows in in_order(encoded.lengths) if len(encoded) else ():
            tick(done / len(encoded.indices))
            batch = encoded.batch(rows)
            done += int(batch.lengths.sum())
            given = tensors_by_name(inputs(encoded, batch), place_of(network))
            lengths = given["lengths"]
            at = (lengths - 1) * len(rows) + torch.arange(len(rows), device=lengths.device)
            p = array(network({**given, "at": at})["logits"].softmax(1))
            if not found.shape[1]:
                found = np.empty((len(encoded), p.shape[1]), np.float32)
            found[rows] = p
    return found


def ended(network: Network, tape: Tape) -> torch.Tensor:
    """(T, B, k) the logits after one more step on `<eos>` from each step: the answers if the texts stopped there.

    Args:
        tape: the tape of a network without a backward direction.
    """
    lowest = tape["cells.0.0"].after[0]
    state = tuple(
        torch.stack([tape[f"cells.{layer}.0"].after[part].flatten(0, 1) for layer in range(network.config.layers)])
        for part in range(len(network.cell.parts))
    )
    one = torch.tensor([EOS], device=lowest.device)  # one for all states
    return network.step(one, state)[0].unflatten(0, lowest.shape[:2])


class Foreseen(NamedTuple):
    """How a stream was predicted, token by token.

    Attributes:
        nats: −log p(token given those before it), (N,) float32.
        best: the probability of the most probable token, (N,) float32.
        right, near: whether the token was the most probable, and whether it was among the `NEAR` most probable, (N,) bool.
    """

    nats: np.ndarray
    best: np.ndarray
    right: np.ndarray
    near: np.ndarray


def follow(
    network: nn.Module,
    tokens: np.ndarray,
    tick: Callable[[float], object] = lambda share: None,
    learn: Callable[[torch.Tensor], object] | None = None,
    size: int = 0,
) -> Foreseen:
    """Scores a stream in one pass, without dropout, with the state carried from chunk to chunk.

    Args:
        tokens: (N,).
        tick: is called with the share done, 0…1; an exception raised by it stops the work.
        learn: is called with the mean loss of each chunk, in the graph, after the chunk is scored (`dynamic.adapting`).
        size: the number of steps per chunk; 0: as memory allows.
    """
    stream, first, state, place = Streams(tokens, 1), 0, None, place_of(network)
    steps, chunk = stream.steps(), size or 16
    found = Foreseen(*(np.empty(steps, kind) for kind in (np.float32, np.float32, np.bool_, np.bool_)))
    with evaluating(network), torch.set_grad_enabled(learn is not None):
        while first < steps:
            tick(first / steps)
            inputs, targets, lengths = (torch.from_numpy(one).to(place) for one in stream.chunk(first, chunk))
            batch = {"tokens": inputs, "lengths": lengths}
            outputs = network(batch if state is None else batch | {"start": state})
            log_p, state = outputs["logits"][:, 0].log_softmax(1), tuple(part.detach() for part in outputs["ends"])
            each, (best, answers) = -log_p.gather(1, targets)[:, 0], log_p.max(1)
            near = log_p.topk(min(NEAR, log_p.shape[1]), 1).indices
            told = (each, best.exp(), answers == targets[:, 0], (near == targets).any(1))
            for into, values in zip(found, told, strict=True):
                into[first : first + chunk] = array(values)
            if learn:
                learn(each.mean())
            first += chunk
            chunk = size or max(16, min(1024, at_once(log_p.shape[1])))
    return found


@torch.no_grad()
def fresh(
    network: nn.Module, tokens: np.ndarray, at: np.ndarray, read: int, tick: Callable[[float], object] = lambda share: None
) -> np.ndarray:
    """−log p of the tokens at some places of a stream after `<sos>` and the `read` tokens before each, from a state of zero.

    Args:
        tokens: (N,).
        at: (m,) the places, at least `read`.
        tick: is called with the share done, 0…1; an exception raised by it stops the work.

    Returns:
        (m,) float32, in nats.
    """
    place, rows, found = place_of(network), max(1, _STEPS // (read + 1)), np.empty(len(at), np.float32)
    with evaluating(network):
        for first in range(0, len(at), rows):
            tick(first / len(at))
            some = at[first : first + rows]
            inputs = np.concatenate([np.full((1, len(some)), SOS), tokens[np.arange(-read, 0)[:, None] + some]])
            batch = {"tokens": inputs, "lengths": np.full(len(some), read + 1), "at": read * len(some) + np.arange(len(some))}
            logits = network(tensors_by_name(batch, place))["logits"]
            wanted = torch.from_numpy(tokens[some]).to(place)
            found[first : first + rows] = array(nn.functional.cross_entropy(logits, wanted, reduction="none"))
    return found


NEAR = 5
"""The number of most probable tokens among which the right one counts as near."""

_STEPS = 2**13
"""The maximum number of steps in a batch of texts that are read anew."""


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode; the previous mode is restored afterwards."""
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)


@torch.no_grad()
def foresee(network: nn.Module, batch: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """For the m steps that a batch counts: −log p of the label, (m,), and whether it was the most probable class, (m,)."""
    with evaluating(network):
        given = tensors_by_name({name: np.asarray(one) for name, one in batch.items()}, place_of(network))
        log_p = network(given)["logits"].log_softmax(1)
        nats = -log_p.gather(1, given["labels"][:, None])[:, 0]
        return array(nats), array(log_p.argmax(1) == given["labels"])


def tensors_by_name(arrays: Mapping[str, np.ndarray], device: torch.device) -> dict[str, torch.Tensor]:
    """Arrays as tensors on a device."""
    return {name: torch.from_numpy(one).to(device) for name, one in arrays.items()}


def _predict(
    network: nn.Module, weigh: Weigh, encoded: Encoded, tick: Callable[[float], object], inputs: Inputs,
    rules: TagRules | None,
) -> Predictions:
    answers = np.full(encoded.targets.shape, -1, np.int64)
    confidences = np.zeros(encoded.targets.shape, np.float32)
    total, known, done = 0.0, 0, 0
    for rows in in_order(encoded.lengths) if len(encoded) else ():
        tick(done / len(encoded.indices))
        batch = encoded.batch(rows)
        done += int(batch.lengths.sum())
        given = tensors_by_name({**inputs(encoded, batch), "targets": batch.targets}, place_of(network))
        targets, lengths, steps = given.pop("targets"), given["lengths"], len(batch.tokens)
        weights = weigh(batch.lengths, steps)
        log_p = network(given)["logits"].log_softmax(2)  # (T, B, k)
        wanted = targets.expand(steps, -1)
        labelled = wanted >= 0
        each = -log_p.gather(2, wanted.clamp(min=0)[:, :, None])[:, :, 0]
        total += number((each * torch.from_numpy(weights).to(each.device) * labelled).sum())
        known += int(((weights > 0) & (batch.targets >= 0)).any(0).sum())
        best, answer = log_p.max(2)  # (T, B)
        if targets.ndim > 1:
            carry = weights > 0
            places = np.arange(steps)[:, None] + encoded.starts[rows]
            if rules:
                kept = array(answer).copy()
                for column in [i for i, own in enumerate(carry.T) if not rules.keep(kept[own, i])]:
                    kept[carry[:, column], column] = rules.best(array(log_p[:, column])[carry[:, column]])
                answer = torch.from_numpy(kept).to(answer.device)
                best = log_p.gather(2, answer[:, :, None])[:, :, 0]
            answers[places[carry]] = array(answer)[carry]
            confidences[places[carry]] = array(best.exp())[carry]
        else:
            last = (lengths - 1)[None]
            answers[rows] = array(answer.gather(0, last)[0])
            confidences[rows] = array(best.gather(0, last)[0].exp())
    return Predictions(answers, confidences, total / known if known else float("nan"))
