"""One text through one run, with every number kept."""

from collections.abc import Sequence

import numpy as np
import regex
import torch

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.steps import left_out
from rnn_core.config import Problem
from rnn_core.data.batches import beside
from rnn_core.data.shortening import blank_tags
from rnn_core.data.vocabulary import EOS, SOS, SPECIALS, UNK
from rnn_core.language import N_, tr
from rnn_core.network.device import array, place_of
from rnn_core.network.recurrent import Recurrent
from rnn_core.network.tape import Tape, record
from rnn_core.results import Trace

LONGEST = 20_000
"""Tokens that one text may have to be inspected."""

MOST_NUMBERS = 2**28
"""Numbers that are kept of a text at most, 1 GB: at every step states, memory and gates of every layer, and logits and
probabilities of every class."""

_WRITTEN, _LEFTWARD = regex.compile(r"[\p{L}\p{N}]"), regex.compile(r"[\p{Hebrew}\p{Arabic}\p{Syriac}\p{Thaana}]")


def trace(loaded: Loaded, text: str, tokens: Sequence[str] | None = None) -> Trace:
    """Reads a text step by step, and whole: also where training and evaluation cut it.

    Args:
        loaded: the run.
        text: what was typed.
        tokens: the text already cut into tokens that stand in it in this order, as in labelled data; None: the
            run's own tokeniser cuts it.

    Raises:
        Problem: when there is nothing to read, or far too much.
    """
    task = tasks.of(loaded.config)
    if task.translates:
        raise Problem(tr(
            "A run of translation reads one text and writes another, which is not shown step by step: use `translate`.",
        ))
    read = blank_tags(text) if loaded.config.data.strip_html else text
    cut = task.cut(read, loaded.config.data.tokens) if tokens is None else _found(text, tokens)
    if not cut:
        raise Problem(tr("There is nothing to read. Type a sentence."))
    if len(cut) > LONGEST:
        raise Problem(tr(
            "This text has {tokens:,} tokens; up to {most:,} can be inspected. Take a part of it.",
            tokens=len(cut), most=LONGEST,
        ))
    cell, model = loaded.network.cell, loaded.config.model
    a_step = model.layers * loaded.network.directions * model.hidden * len((*cell.parts, *cell.kept))
    a_step += 2 * len(loaded.outcomes)
    if len(cut) * a_step > MOST_NUMBERS:
        raise Problem(tr(
            "This text has {tokens:,} tokens; {most:,} can be inspected in a network as large as this one. Take a part of it.",
            tokens=len(cut), most=MOST_NUMBERS // a_step,
        ))  # fmt: skip
    words = [token for token, _, _ in cut]
    indices = np.array([SOS, *task.numbers(loaded.speech.vocabulary, words), EOS])
    form = form_of(loaded, words)
    network, device = loaded.network, place_of(loaded.network)
    fed = torch.from_numpy(beside(indices, form)).to(device)
    given = {"tokens": fed[:, None], "lengths": torch.tensor([len(fed)], device=device)}
    with torch.no_grad():
        with record(network) as tape:
            logits = network(given)["logits"][:, 0]
        stopped = task.stopped(network, tape)
        answers = None if stopped is None else stopped[:, 0].softmax(1)
        readouts, values = logits.softmax(1), held(network.cells, "cells", tape)
    if answers is not None:
        answers[-1] = readouts[-1]  # the last step is <eos> itself: nothing is fed after it
    return Trace(
        text=text,
        tokens=(SPECIALS[SOS], *words, SPECIALS[EOS]),
        offsets=np.array([(-1, -1), *((start, end) for _, start, end in cut), (-1, -1)]),
        indices=indices,
        known=indices != UNK,
        labels=loaded.outcomes,
        embeddings=array(tape["cells.0.0"].x[:, 0]),
        states=values["h"],
        cells=values.get("m"),
        gates={name: values[name] for name in cell.kept_names},
        logits=array(logits),
        readouts=array(readouts),
        answers=None if answers is None else array(answers),
        warnings=tuple(oddities(words, indices, loaded.config.data.unit, form is not None)),
        form=form,
        scheme=loaded.speech.scheme,
    )


def form_of(loaded: Loaded, words: Sequence[str]) -> np.ndarray | None:
    """The features of the form of a text's tokens, `<sos>` and `<eos>` around them, (T, F); None if the network reads none."""
    encoded = tasks.of(loaded.config).encode([words], None, loaded.speech)
    return None if encoded.form is None else encoded.form.astype(np.int64)


def as_evaluated(loaded: Loaded, seen: Trace) -> Trace | None:
    """The trace of the part of a text that evaluation answers; None where that is the whole text."""
    out = left_out(loaded, seen)
    if out is None:
        return None
    return trace(loaded, seen.text, [*seen.tokens[1 : out[0]], *seen.tokens[out[1] : -1]])


def held(layers: Recurrent, path: str, tape: Tape) -> dict[str, np.ndarray]:
    """The parts of the state and the values that the cell kept, by name, (layers, directions, T, d), of a text read alone.

    Args:
        path: of these layers on the tape.
    """
    each = [tape[f"{path}.{layer}.{direction}"] for layer, direction in layers.each()]
    found = {name: [one.after[part] for one in each] for part, name in enumerate(layers.cell.parts)}
    found |= {name: [one.kept[name] for one in each] for name in layers.cell.kept_names}
    return {
        name: array(torch.stack([part[:, 0] for part in parts]).unflatten(0, (-1, layers.directions)))
        for name, parts in found.items()
    }


def _found(text: str, tokens: Sequence[str]) -> list[tuple[str, int, int]]:
    found, at = [], 0
    for token in tokens:
        start = text.find(token, at)
        if start < 0:
            raise Problem(tr("The token {token!r} does not stand in the text. Type the text anew.", token=token[:60]))
        at = start + len(token)
        found.append((token, start, at))
    return found


def oddities(words: Sequence[str], indices: np.ndarray, kind: str, form: bool = False) -> list[str]:
    """Sentences on why the answer may mean little, in English, which `retold` translates.

    Args:
        kind: "words" or "characters".
        form: whether the network reads the form of words.
    """
    said = []
    if (indices[1:-1] == UNK).all():
        said.append(
            N_("The network knows none of these characters: it reads <unk> at every step, and its answer says little.")
            if kind == "characters"
            else N_("The network knows none of these words: of each it reads <unk> and its form.") if form
            else N_("The network knows none of these words: it reads <unk> at every step, and its answer says little.")
        )
    if not any(_WRITTEN.search(word) for word in words):
        said.append(N_("There is no letter or digit in this text."))
    if sum(bool(_LEFTWARD.match(word)) for word in words) * 2 > len(words):
        said.append(N_("This text is written from right to left: the first word read is drawn leftmost, at t = 2."))
    return said


