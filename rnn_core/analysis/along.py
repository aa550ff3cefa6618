"""Many texts read step by step: when a classifier is right, when it decides, and how far back its loss reaches."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from rnn_core.analysis.bptt_pass import forward, target_of
from rnn_core.analysis.bptt_sweep import sums
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.trace import trace
from rnn_core.config import Problem
from rnn_core.data.batches import Encoded, in_order
from rnn_core.data.examples import Example
from rnn_core.language import tr
from rnn_core.network.models import Network
from rnn_core.network.prediction import ended
from rnn_core.network.tape import record
from rnn_core.results import Along
from rnn_core.results.trace import decision_step

SHARES = np.linspace(0, 1, 21)
FOLLOWED = 48
"""Texts whose gradients are followed back, and the longest distance that is told, in words."""
FARTHEST = 40


def along(loaded: Loaded, examples: Sequence[Example]) -> Along:
    """Reads labelled texts with a classifier.

    Raises:
        Problem: when there is no text with a label that the run knows.
    """
    known = [e for e in examples if e.target in loaded.speech.labels]
    if not known:
        raise Problem(tr("There is no text here whose label the run knows. Choose a run of this data."))
    labels = loaded.speech.labels
    encoded = Encoded.of([e.tokens for e in known], [e.target for e in known], loaded.speech.vocabulary, labels, False)
    right = np.zeros((2, len(SHARES)))
    decided = np.zeros(len(known))
    at_half, at_end = np.zeros((2, len(known)), bool)
    half = int(np.abs(SHARES - 0.5).argmin())
    for rows in in_order(encoded.lengths):
        batch = encoded.batch(rows)
        readouts, answers = beliefs(loaded.network, torch.from_numpy(batch.tokens), torch.from_numpy(batch.lengths))
        for column, (row, length) in enumerate(zip(rows, batch.lengths, strict=True)):
            words = length - 2
            after = np.rint(SHARES * words).astype(int)  # step 0 is <sos>, so after w words the step is w
            so_far = answers[: length - 1, column]
            hits = np.stack((readouts[after, column], so_far[after])) == encoded.targets[row]
            right += hits
            at_half[row], at_end[row] = hits[0, half], hits[1, -1]
            decided[row] = decision_step(so_far) / words
    reach, followed = _reach(loaded, known[:: max(1, len(known) // FOLLOWED)][:FOLLOWED])
    return Along(
        len(known), SHARES, right[0] / len(known), right[1] / len(known), decided, np.arange(len(reach)), reach, followed,
        loaded.config.train.reduce, at_half, at_end,
    )  # fmt: skip


@torch.no_grad()
def beliefs(network: Network, tokens: Tensor, lengths: Tensor) -> tuple[np.ndarray, np.ndarray]:
    """The class read out at every step, and the class after one more step on `<eos>` from there; (T, B) each."""
    with record(network) as tape:
        logits = network({"tokens": tokens, "lengths": lengths})["logits"]
    return logits.argmax(2).numpy(), ended(network, tape).argmax(2).numpy()


def _reach(loaded: Loaded, examples: Sequence[Example]) -> tuple[np.ndarray, int]:
    """The mean of ‖∂L/∂h_t‖ by the number of words between step t and the end, and the number of texts."""
    total, count = np.zeros(FARTHEST + 1), np.zeros(FARTHEST + 1)
    for example in examples:
        read = trace(loaded, example.text, example.tokens)
        target = target_of(loaded, read, str(example.target))
        done = forward(loaded.network, read.fed)
        reached = sums(done, target, target.weights[None]).reached[loaded.config.model.layers - 1, 0][0].numpy()
        back = reached[::-1][: FARTHEST + 1]
        total[: len(back)] += back
        count[: len(back)] += 1
    met = count > 0
    return total[met] / count[met], len(examples)
