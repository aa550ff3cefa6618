"""How large all of a run's data would be."""

from dataclasses import dataclass

from rnn_core import tasks
from rnn_core.analysis import one_hot as analysis
from rnn_core.language import tr, tr_n
from rnn_core.views.inputs import Inputs
from rnn_core.views.ledger import size_words
from rnn_core.views.view import Controls, Part, View, literal


@dataclass(frozen=True)
class Whole:
    """All of the run's data.

    Attributes:
        name: what they are called; None where they are not here.
        size: N.
        chunk: B and K where they are one stream; else None.
        splits: by name, how many texts, the steps of the longest, and how many tokens.
    """

    name: str | None
    size: int
    chunk: tuple[int, int] | None
    splits: dict[str, tuple[int, int, int]]


def _whole(inputs: Inputs, controls: Controls) -> Whole:
    run, data = inputs.run, inputs.dataset
    train, stream = run.config.train, tasks.of(run.config).schema.stream
    splits = {  # lengths counts from 0 tokens, without <sos> and <eos>
        name: (split.examples, len(split.lengths) + 1, split.tokens) for name, split in (data.splits if data else {}).items()
    }
    chunk = (train.batch, train.truncate) if stream else None
    return Whole(data.name if data else None, len(run.speech.vocabulary), chunk, splits)


def whole_words(found: Whole) -> str:
    """The bytes of all of the run's data, as Markdown; nothing of that size is made. Empty where they are not here."""
    if found.name is None:
        return ""
    n, name = found.size, literal(found.name)
    if found.chunk:
        batch, steps = found.chunk
        return tr(
            "Training reads {name} without these pads: its {tokens:,} tokens are one stream, cut into B = {batch:,} parts "
            "that are read side by side in chunks of K = {steps:,} steps. A chunk is {indices} of indices, and would be "
            "**{one_hot}** of ones and zeros with N = {n:,}.",
            name=name, tokens=found.splits["train"][2], batch=batch, steps=steps,
            indices=size_words(batch * steps * analysis.INDEX_BYTES),
            one_hot=size_words(batch * steps * n * analysis.FLOAT_BYTES), n=n,
        )
    said = [
        tr_n(
            "{split}, {n:,} text of up to L = {longest:,} steps: **{one_hot}** of ones and zeros, {indices} of indices",
            "{split}, {n:,} texts of up to L = {longest:,} steps: **{one_hot}** of ones and zeros, {indices} of indices",
            texts, split=split, longest=longest, one_hot=size_words(analysis.one_hot_bytes(texts, longest, n)),
            indices=size_words(texts * longest * analysis.INDEX_BYTES),
        )
        for split, (texts, longest, _) in found.splits.items()
    ]
    return tr("The whole of {name} with N = {n:,} would take: {said}.", name=name, n=n, said="; ".join(said))


WHOLE: View[Controls, Whole] = View(
    "whole-data", "", ("run", "dataset"), Controls, _whole,
    lambda found: (Part("text", whole_words(found)),) if found.name else (), whole_words, lambda inputs: 4096,
)  # fmt: skip
