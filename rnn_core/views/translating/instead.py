"""The words that could have come at a step."""

from dataclasses import dataclass

import numpy as np

from rnn_core.figures import bars, palette
from rnn_core.figures.text import percent
from rnn_core.language import N_, tr
from rnn_core.results import Translation
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import place
from rnn_core.views.translating.shared import NEEDS, Written, bytes_of
from rnn_core.views.view import Part, View, literal, number


@dataclass(frozen=True)
class Instead:
    """The most probable words at a step.

    Attributes:
        words, p: (m,) the most probable first.
        written: the word that was written.
        unknown: whether it stands in the place of `<unk>`, whose probability this is: it was copied from the source, or given.
        p_written: its probability.
        given: whether it was given and not chosen by the decoder.
        step: the step from 0.
        before: the word before it, as the decoder read it.
        whole: log p of all words of the target.
        steps: T, of these words.
    """

    words: tuple[str, ...]
    p: np.ndarray
    written: str
    unknown: bool
    p_written: float
    given: bool
    step: int
    before: str
    whole: float
    steps: int


def token_read(found: Translation, step: int) -> str:
    """The token that the decoder reads at a step."""
    return found.target.tokens[step] if found.target.known[step] else "<unk>"


def _instead(inputs: Inputs, controls: Written) -> Instead:
    found, t = inputs.translation, controls.at
    unknown = bool(found.copied[t]) or (t < found.given and not found.target.known[t + 1])
    return Instead(
        found.likely[t], found.p[t].copy(), found.written[t], unknown, float(np.exp(found.log_p[t])), t < found.given, t,
        token_read(found, t), float(found.log_p[: found.steps].sum()), found.steps,
    )  # fmt: skip


def _draw_instead(found: Instead) -> tuple[Part, ...]:
    words, p, chosen = found.words, found.p, "<unk>" if found.unknown else found.written
    if chosen not in words:
        words, p = (*words[:-1], chosen), np.array([*p[:-1], found.p_written])
    drawn = bars.top_probabilities(p, words, dict.fromkeys(words, palette.BLUE), chosen, len(words), N_("here"))
    values = {"chosen": literal(chosen, 30), "step": found.step + 1, "p": percent(found.p_written)}
    written = literal(found.written, 30)
    if found.unknown and found.given:
        said = tr(
            "“{chosen}” at t = {step} has p = {p}; “{written}” was given, and the decoder did not choose it.",
            written=written, **values,
        )
    elif found.given:
        said = tr("“{chosen}” at t = {step} has p = {p}; it was given, and the decoder did not choose it.", **values)
    elif found.unknown:
        said = tr(
            "“{chosen}” at t = {step} has p = {p}; “{written}” was copied from the source in its place.",
            written=written, **values,
        )
    else:
        said = tr("“{chosen}” at t = {step} has p = {p}.", **values)
    return Part("figure", drawn), Part("caption", said)


def _explain_instead(found: Instead) -> str:
    listed = " · ".join(f"{literal(word, 30)} {p:.4f}" for word, p in zip(found.words[:5], found.p.tolist(), strict=False))
    return tr(
        "At each step, the readout gives every word of the target's vocabulary a probability. The probability of a "
        "translation is the product over its steps:\n\n"
        r"$$p(y_1, \dots, y_T \mid x) = \prod_{{t=1}}^{{T}} p(y_t \mid y_1, \dots, y_{{t-1}}, x) = \prod_{{t=1}}^{{T}} \hat "
        "y_t[y_t]$$\n\n"
        "Here T = {steps} and log p = {whole}, so p = {p}. At {step}, after “{before}”, the most probable words are: "
        "{listed}.",
        steps=found.steps, whole=number(found.whole), p=number(float(np.exp(found.whole))),
        step=place(found.step, found.written), before=literal(found.before, 30), listed=listed,
    )


INSTEAD: View[Written, Instead] = View(
    "instead", N_("Which words could have come here?"), NEEDS, Written, _instead, _draw_instead, _explain_instead,
    bytes_of(lambda found: 8 * found.p.shape[1]),
)  # fmt: skip
