"""What a network that writes puts after a text, and a translation with its attention."""

from collections.abc import Callable

import numpy as np

from rnn_core.config import Problem, TranslateConfig
from rnn_core.language import tr
from rnn_core.lessons.expressions import Table, Value
from rnn_core.lessons.quantities.quantity import Quantity
from rnn_core.results import Translation
from rnn_core.views.inputs import Inputs

WRITES, PAIR = ("run", "text"), ("run", "translation")

_LENGTH, _TAIL, _WIDTH = 300, 80, 4
"""Tokens that are written; characters of their end that are shown; hypotheses of the beam."""


def _continued(inputs: Inputs) -> str:
    from rnn_core import tasks
    from rnn_core.analysis.writing import continued

    if not tasks.of(inputs.run.config).schema.stream:
        raise Problem(tr("this network does not write."))
    text = inputs.trace.text
    return continued(inputs.network, text, _LENGTH)[len(text) :]


def period(text: str) -> int:
    """The length of the shortest piece with which a text ends three times in a row; 0 where there is none."""
    for length in range(1, len(text) // 3 + 1):
        if text.endswith(3 * text[-length:]):
            return length
    return 0


def _translated(value: Callable[[Translation], Value]) -> Callable[[Inputs], Value]:
    return lambda inputs: value(inputs.translation)


def _probability(found: Translation) -> float:
    return float(np.exp(found.log_p[: found.steps].sum()))


def _attention(found: Translation) -> np.ndarray:
    if found.attention is None:
        raise Problem(tr("this network has no attention."))
    exact: np.ndarray = found.attention.astype(np.float64)
    return exact


def _searched(inputs: Inputs) -> Translation:
    """The most probable of the translations that beam search finds."""
    from rnn_core.analysis.translating import translate

    source = inputs.translation.source.tokens[1:-1]
    found = translate(inputs.network, " ".join(source), TranslateConfig(beam=_WIDTH, normalisation=0.0))
    if found.source.tokens[1:-1] != source:
        raise Problem(tr("this text cannot be searched here."))
    return found


QUANTITIES = {
    "greedy.tail": Quantity(f"the last {_TAIL} characters of {_LENGTH} tokens that temperature 0 writes after the text", WRITES,
                            lambda i: i.once(_continued)[-_TAIL:]),
    "greedy.period": Quantity("the length in characters of the piece that repeats at their end, 0 for none", WRITES,
                              lambda i: float(period(i.once(_continued)))),
    "translation.text": Quantity("the translation by the most probable token at each step", PAIR, _translated(lambda t: t.text)),
    "translation.sources": Quantity("m: the tokens of the source, without `<sos>` and `<eos>`", PAIR,
                                    _translated(lambda t: float(len(t.source.tokens) - 2))),
    "translation.words": Quantity("n: the tokens that were written, without `<eos>`", PAIR,
                                  _translated(lambda t: float(t.steps - t.ended))),
    "translation.tokens": Quantity("the token that is written at each step of the decoder, a word", PAIR,
                                   _translated(lambda t: np.array(t.written, object))),
    "translation.p": Quantity("the probability of the whole translation, `<eos>` included", PAIR, _translated(_probability)),
    "attention": Quantity("α, of a step of the decoder at a step of the source: `attention[t, j]`", PAIR,
                          _translated(lambda t: Table(_attention(t), (1, 1)))),
    "attention.best": Quantity("the source token with the largest weight at each step of the decoder, a word", PAIR,
                               _translated(lambda t: np.array(t.source.tokens, object)[_attention(t).argmax(1)])),
    "beam.text": Quantity(f"the most probable translation that a beam of {_WIDTH} finds", PAIR,
                          lambda i: i.once(_searched).text),
    "beam.p": Quantity("its probability, `<eos>` included", PAIR, lambda i: _probability(i.once(_searched))),
}  # fmt: skip
