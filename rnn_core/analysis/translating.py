"""One text through a run of translation: the target that is found, and every number along both texts."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import torch

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.trace import held, oddities
from rnn_core.config import Problem, TranslateConfig
from rnn_core.data.detokenise import detokenise, style
from rnn_core.data.vocabulary import COPYING, EOS, SOS, SPECIALS, UNK, UNWRITTEN, Vocabulary, copied
from rnn_core.language import N_, tr
from rnn_core.network.device import array, place_of
from rnn_core.network.models import Batch
from rnn_core.network.search import Level, beam
from rnn_core.network.tape import record
from rnn_core.network.translator import Translator
from rnn_core.results import Candidate, Side, Translation

LONGEST = 1_000
"""Tokens that the source, and a target that is given, may have."""

MOST_LINKED = 1_000
"""Steps of a target whose attention can be set."""

LIKELY = 10
"""Tokens of each step's distribution that are kept."""


def translate(
    loaded: Loaded,
    source: str,
    how: TranslateConfig,
    begins: str = "",
    reference: str | None = None,
    links: Mapping[int, int] = MappingProxyType({}),
) -> Translation:
    """Translates a text by beam search, and reads the result step by step.

    Args:
        loaded: a run of translation.
        source: what was typed.
        how: of the search.
        begins: how the target begins; the decoder goes on from there.
        reference: the whole target, which is read instead of searching for one.
        links: for steps of the decoder, from 0, the step of the source that alone is attended to.

    Raises:
        Problem: if the run does not translate, there is nothing to translate or far too much, a token of `begins` is not in
            the target's vocabulary and cannot be copied, or a link leads to no step of the source or has no attention to set.
    """
    task = tasks.of(loaded.config)
    if not task.translates:
        raise Problem(tr("A run of {task} does not translate: choose a run of translation.", task=tr(task.short)))
    network, data = loaded.network, loaded.config.data
    assert isinstance(network, Translator)
    vocabulary = loaded.speech.vocabularies["target"]
    read = _cut(loaded, source)
    if not read:
        raise Problem(tr("There is nothing to translate. Type a text."))
    indices = np.array([SOS, *loaded.speech.vocabulary.encode(read), EOS])
    given = _batch(network, indices) | _links(network, links, len(indices))
    copy = how.copies(loaded.config.model)
    first = _cut(loaded, begins if reference is None else reference)
    candidates: tuple[Candidate, ...] = ()
    best = -1
    if reference is None:
        prefix = vocabulary.encode(first)
        if not copy:
            _refuse_unknown(prefix, vocabulary, first, data.unit)
        levels: list[Level] = []
        longest = max(how.longest, len(prefix) + 1)
        unwritten = COPYING if copy else UNWRITTEN
        found = beam(network, given, how.beam, longest, how.normalisation, prefix, levels, unwritten)[0][0]
        numbers, ended = list(found.tokens), found.ended
        candidates, best = _tree(levels, vocabulary, len(prefix), (*numbers, *((EOS,) if ended else ())))
        tokens = [*first, *copied(vocabulary.words, numbers, found.sources, read)[len(first) :]]
    else:
        numbers, tokens, ended = vocabulary.encode(first), first, True
    written = np.array([SOS, *numbers])
    steps = {"tokens": torch.from_numpy(written)[:, None], "lengths": torch.tensor([len(written)])}
    with torch.no_grad(), record(network) as tape:
        logits = network(given | {name: tensor.to(place_of(network)) for name, tensor in steps.items()})["logits"][:, 0]
    log_p = array(logits.double().log_softmax(1))
    order = np.argsort(-log_p, axis=1, kind="stable")[:, :LIKELY]
    answers = np.array([*numbers, EOS if ended else order[-1, 0]])
    replaced = np.array(numbers) == UNK if reference is None else np.zeros(len(numbers), bool)
    replaced[: len(first)] = False
    attention = tape.named.get("attention")
    words, joined = vocabulary.words, style(data.tokens, vocabulary.words)
    return Translation(
        Side((SPECIALS[SOS], *read, SPECIALS[EOS]), indices != UNK, held(network.encoder, "encoder", tape)),
        Side((SPECIALS[SOS], *tokens), written != UNK, held(network.decoder, "decoder", tape)),
        (*tokens, SPECIALS[EOS] if ended else words[answers[-1]]),
        detokenise(tokens, joined),
        joined,
        len(first),
        ended,
        np.take_along_axis(log_p, answers[:, None], 1)[:, 0],
        tuple(tuple(words[i] for i in row) for row in order.tolist()),
        np.exp(np.take_along_axis(log_p, order, 1)),
        np.append(replaced, False),
        np.array([links.get(t, -1) for t in range(len(written))]),
        None if attention is None else array(attention.tensor[0]),
        *((how.beam, how.normalisation) if reference is None else (0, 0.0)),
        candidates,
        best,
        tuple(oddities(read, indices, data.unit)),
    )  # fmt: skip


def _cut(loaded: Loaded, text: str) -> list[str]:
    tokens = [token for token, _, _ in tasks.of(loaded.config).cut(text, loaded.config.data.tokens)]
    if len(tokens) > LONGEST:
        raise Problem(tr(
            "This text has {tokens:,} tokens; up to {most:,} can be translated. Take a part of it.",
            tokens=len(tokens), most=LONGEST,
        ))
    return tokens


def _batch(network: Translator, source: np.ndarray) -> Batch:
    place = place_of(network)
    return {"source": torch.from_numpy(source)[:, None].to(place), "source_lengths": torch.tensor([len(source)], device=place)}


def _links(network: Translator, links: Mapping[int, int], steps: int) -> Batch:
    """The links as a batch has them. Raises Problem if there is no attention, or one leads to none of the source's `steps`."""
    if not links:
        return {}
    if network.combine is None:
        raise Problem(tr(
            "This run has no attention, so no link can be set. Choose a run with attention, or take the links away.",
        ))
    wrong = next((j for j in links.values() if not 0 <= j < steps), None)
    if wrong is not None or min(links) < 0 or max(links) > MOST_LINKED:
        raise Problem(tr(
            "A link leads from a step of the translation, 1 to {most:,}, to a step of the source. This source has {steps:,}. "
            "Take the links away.",
            most=MOST_LINKED, steps=steps,
        ))  # fmt: skip
    rows = torch.full((max(links) + 1, 1), -1)
    rows[list(links), 0] = torch.tensor(list(links.values()))
    return {"links": rows.to(place_of(network))}


def _refuse_unknown(numbers: Sequence[int], vocabulary: Vocabulary, tokens: Sequence[str], unit: str) -> None:
    """Raises Problem if one of the tokens that the target begins with is not in the vocabulary."""
    if UNK in numbers:
        unknown = tokens[numbers.index(UNK)]
        said = N_("The translation cannot begin with {unknown!r}: it is not among the {size:,} words that this run writes.")
        if unit == "characters":
            said = N_(
                "The translation cannot begin with {unknown!r}: it is not among the {size:,} characters that this run writes."
            )
        raise Problem(tr(said, unknown=unknown[:60], size=len(vocabulary)))


def _tree(
    levels: Sequence[Level], vocabulary: Vocabulary, given: int, best: tuple[int, ...]
) -> tuple[tuple[Candidate, ...], int]:
    """All continuations as candidates, and the number of the one that is the translation.

    Args:
        given: the tokens before the first level.
        best: the tokens of the translation, with `<eos>` if it ended.
    """
    found: list[Candidate] = []
    whole: list[tuple[int, ...]] = []
    before = [-1]
    for step, level in enumerate(levels, given):
        here = range(len(found), len(found) + len(level.tokens))
        rows = zip(level.parents.tolist(), level.tokens.tolist(), level.log_p.tolist(), level.going.tolist(),
                   level.ended.tolist(), strict=True)  # fmt: skip
        for parent, token, log_p, going, ended in rows:
            fate = "ended" if ended else "kept" if going else "pruned"
            found.append(Candidate(step, before[parent], vocabulary.words[token], log_p, fate))
            whole.append((*whole[before[parent]], token) if before[parent] >= 0 else (token,))
        before = [number for number, going in zip(here, level.going.tolist(), strict=True) if going]
    return tuple(found), whole.index(best[given:]) if best[given:] in whole else -1
