"""Prediction: the most probable class of each text, or of each token."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import numpy as np
import torch
from torch import nn

from rnn_core.data.batches import Batch, Encoded, in_order
from rnn_core.data.scoring import Predictions
from rnn_core.data.streams import Streams
from rnn_core.data.vocabulary import EOS
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
) -> Predictions:
    """The network's predictions, without dropout; its mode is restored afterwards.

    With one label per text, the prediction is that of the last step; with one per token, those of the steps that count.

    Args:
        weigh: the weight of each step in the loss.
        tick: is called with the share done, 0…1; an exception raised by it stops the work.
        inputs: the inputs of the network.
    """
    with evaluating(network):
        return _predict(network, weigh, encoded, tick, inputs)


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
            given = _tensors_by_name(inputs(encoded, batch), place_of(network))
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


@torch.no_grad()
def follow(
    network: nn.Module, tokens: np.ndarray, tick: Callable[[float], object] = lambda share: None
) -> tuple[float, int, int]:
    """Scores a stream in one pass, without dropout, with the state carried from chunk to chunk.

    Args:
        tokens: (N,).
        tick: is called with the share done, 0…1; an exception raised by it stops the work.

    Returns:
        Σ −log p(token given those before it), in nats; the number of tokens that were the most probable; and of those
        among the `NEAR` most probable.
    """
    stream, nats, right, near, first = Streams(tokens, 1), 0.0, 0, 0, 0
    state, size, steps, device = None, 16, stream.steps(), place_of(network)
    with evaluating(network):
        while first < steps:
            tick(first / steps)
            inputs, targets, lengths = (torch.from_numpy(one).to(device) for one in stream.chunk(first, size))
            batch = {"tokens": inputs, "lengths": lengths}
            outputs = network(batch if state is None else batch | {"start": state})
            logits, state = outputs["logits"][:, 0], outputs["ends"]
            nats += number(nn.functional.cross_entropy(logits, targets[:, 0], reduction="none").double().sum())
            right += int(number((logits.argmax(1) == targets[:, 0]).sum()))
            near += int(number((logits.topk(min(NEAR, logits.shape[1]), 1).indices == targets).sum()))
            first += size
            size = max(16, min(1024, at_once(logits.shape[1])))
    return nats, right, near


NEAR = 5
"""The number of most probable tokens among which the right one counts as near."""


@contextmanager
def evaluating(network: nn.Module) -> Iterator[None]:
    """Evaluation mode; the previous mode is restored afterwards."""
    was_training = network.training
    network.eval()
    try:
        yield
    finally:
        network.train(was_training)


def _tensors_by_name(arrays: Mapping[str, np.ndarray], device: torch.device) -> dict[str, torch.Tensor]:
    return {name: torch.from_numpy(one).to(device) for name, one in arrays.items()}


def _predict(
    network: nn.Module, weigh: Weigh, encoded: Encoded, tick: Callable[[float], object], inputs: Inputs
) -> Predictions:
    answers = np.full(encoded.targets.shape, -1, np.int64)
    confidences = np.zeros(encoded.targets.shape, np.float32)
    total, known, done = 0.0, 0, 0
    for rows in in_order(encoded.lengths) if len(encoded) else ():
        tick(done / len(encoded.indices))
        batch = encoded.batch(rows)
        done += int(batch.lengths.sum())
        given = _tensors_by_name({**inputs(encoded, batch), "targets": batch.targets}, place_of(network))
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
            answers[places[carry]] = array(answer)[carry]
            confidences[places[carry]] = array(best.exp())[carry]
        else:
            last = (lengths - 1)[None]
            answers[rows] = array(answer.gather(0, last)[0])
            confidences[rows] = array(best.gather(0, last)[0].exp())
    return Predictions(answers, confidences, total / known if known else float("nan"))
