"""One text through one run, with every number kept."""

from collections.abc import Sequence

import numpy as np
import regex
import torch
from torch import Tensor
from torch.nn.functional import linear

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.steps import decision_step
from rnn_core.config import CHOICE_NAMES, Problem
from rnn_core.data.tokens import tokenise
from rnn_core.data.vocabulary import EOS, SOS, SPECIALS, UNK
from rnn_core.network.models import Network
from rnn_core.network.recurrence import inner_bias, unroll, zero_state
from rnn_core.results import Trace

LONGEST = 20_000
"""Tokens that one text may have to be inspected."""

MOST_NUMBERS = 2**28
"""Numbers that are kept of a text at most, 1 GB: states, memory and gates of every layer at every step."""


def trace(loaded: Loaded, text: str, tokens: Sequence[str] | None = None) -> Trace:
    """Reads a text step by step.

    Args:
        loaded: the run.
        text: what was typed.
        tokens: the text already cut into tokens that stand in it in this order, as in labelled data; None: the
            run's own tokeniser cuts it.

    Raises:
        Problem: when there is nothing to read, or far too much.
    """
    cut = tokenise(text, loaded.config.data.tokens) if tokens is None else _found(text, tokens)
    if not cut:
        raise Problem("There is nothing to read. Type a sentence.")
    if len(cut) > LONGEST:
        raise Problem(f"This text has {len(cut):,} tokens; up to {LONGEST:,} can be inspected. Take a part of it.")
    cell, model = loaded.network.cell, loaded.config.model
    a_step = model.layers * loaded.network.directions * model.hidden * len((*cell.parts, *cell.kept)) + len(loaded.speech.labels)
    if len(cut) * a_step > MOST_NUMBERS:
        raise Problem(f"This text has {len(cut):,} tokens; {MOST_NUMBERS // a_step:,} can be inspected in a network as large as "
                      "this one. Take a part of it.")  # fmt: skip
    vocabulary = loaded.speech.vocabulary
    words = [token for token, _, _ in cut]
    indices = np.array([SOS, *vocabulary.encode(words), EOS])
    with torch.no_grad():
        steps = _read(loaded.network, torch.from_numpy(indices))
        logits = linear(steps.top, loaded.network.weight_out, loaded.network.bias_out)
        answers = _answers(loaded.network, steps).softmax(1) if tasks.of(loaded.config).one_answer else None
        readouts = logits.softmax(1)
    if answers is not None:
        answers[-1] = readouts[-1]  # the last step is <eos> itself: nothing is fed after it
    return Trace(
        text=text,
        tokens=(SPECIALS[SOS], *words, SPECIALS[EOS]),
        offsets=np.array([(-1, -1), *((start, end) for _, start, end in cut), (-1, -1)]),
        indices=indices,
        known=indices != UNK,
        labels=loaded.speech.labels,
        embeddings=loaded.network.embedding.weight[indices].numpy(),
        states=steps.states.numpy(),
        cells=None if steps.memory is None else steps.memory.numpy(),
        gates={name: kept.numpy() for name, kept in steps.gates.items()},
        logits=logits.numpy(),
        readouts=readouts.numpy(),
        answers=None if answers is None else answers.numpy(),
        decision_step=None if answers is None else decision_step(answers.argmax(1).numpy()),
        warnings=tuple(_oddities(words, indices, CHOICE_NAMES[loaded.config.data.tokens])),
    )


class _Steps:
    """States (layers, directions, T, d), c_t likewise or None, what the cell kept, and the uppermost (T, D)."""

    def __init__(self, states: Tensor, memory: Tensor | None, gates: dict[str, Tensor], top: Tensor):
        self.states, self.memory, self.gates, self.top = states, memory, gates, top


def _read(network: Network, indices: Tensor) -> _Steps:
    x, cell = network.embedding.weight[indices], network.cell
    parts: list[list[Tensor]] = []
    for layer in range(network.config.layers):
        found = []
        for direction in range(network.directions):
            parameters = network.layer(layer, direction)
            inputs = x.flip(0) if direction else x
            a_input = linear(inputs, parameters["weight_ih"], parameters["bias"])[:, None]
            start = zero_state(cell, 1, network.config.hidden, x)
            states, kept = unroll(cell, a_input, parameters["weight_hh"], inner_bias(cell, parameters), start)
            everything = torch.stack([torch.cat((*s, *k)) for s, k in zip(states, kept, strict=True)])  # (T, parts, d)
            found.append(everything.flip(0) if direction else everything)
        parts.append(found)
        x = torch.cat([everything[:, 0] for everything in found], dim=1)
    held = torch.stack([torch.stack(found) for found in parts]).movedim(3, 0)  # (parts, layers, directions, T, d)
    named = dict(zip((*cell.parts, *cell.kept), held, strict=True))
    return _Steps(named["h"], named.get("c"), {name: named[name] for name in cell.kept}, x)


def _answers(network: Network, steps: _Steps) -> Tensor:
    """(T, k) logits after one more step on `<eos>` from the states of every step at once."""
    cell = network.cell
    x = network.embedding.weight[EOS].expand(steps.states.shape[2], -1)
    for layer in range(network.config.layers):
        parameters = network.layer(layer, 0)
        before = (steps.states[layer, 0],) if steps.memory is None else (steps.states[layer, 0], steps.memory[layer, 0])
        a_hidden = linear(before[0], parameters["weight_hh"], inner_bias(cell, parameters))
        after, _ = cell.step(linear(x, parameters["weight_ih"], parameters["bias"]), a_hidden, before)
        x = after[0]
    return linear(x, network.weight_out, network.bias_out)


def _found(text: str, tokens: Sequence[str]) -> list[tuple[str, int, int]]:
    found, at = [], 0
    for token in tokens:
        start = text.find(token, at)
        if start < 0:
            raise Problem(f"The token {token[:60]!r} does not stand in the text. Type the text anew.")
        at = start + len(token)
        found.append((token, start, at))
    return found


def _oddities(words: Sequence[str], indices: np.ndarray, kind: str) -> list[str]:
    """Sentences on why the answer may mean little. `kind`: "words" or "characters"."""
    said = []
    if (indices[1:-1] == UNK).all():
        said.append(f"The network knows none of these {kind}: it reads <unk> at every step, and its answer says little.")
    if not any(regex.search(r"[\p{L}\p{N}]", word) for word in words):
        said.append("There is no letter or digit in this text.")
    if sum(bool(regex.match(r"[\p{Hebrew}\p{Arabic}\p{Syriac}\p{Thaana}]", word)) for word in words) * 2 > len(words):
        said.append("This text is written from right to left: the first word read is drawn leftmost, at t = 2.")
    return said


