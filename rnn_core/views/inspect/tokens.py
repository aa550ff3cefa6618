"""The row of tokens, each coloured by what the network makes of it."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from rnn_core.analysis.loading import Loaded, Unopened
from rnn_core.analysis.steps import cut_step, targets_of
from rnn_core.figures import palette
from rnn_core.language import tr
from rnn_core.results import Trace
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, Step, bytes_of, pick_step, place, token_kind
from rnn_core.views.view import Part, View, literal


@dataclass(frozen=True)
class Tokens:
    """What a row of tokens shows.

    Attributes:
        words: what it says of the text, as Markdown.
        tokens, known: (T,) as fed, and whether they are in the vocabulary.
        step: the chosen one.
        classes: (T,) the class whose colour each token has, by its place in `colours`; −1 where a step has none.
        p: (T,) its probability, by which the colour is strong or pale.
        colours: of the classes, by their names.
        kind: what a token is: words or characters.
        named: whether each token has the name of its class below it.
        cut: the step from which on training and evaluation would read nothing; None where they read the whole text.
    """

    words: str
    tokens: tuple[str, ...]
    known: np.ndarray
    step: int
    classes: np.ndarray
    p: np.ndarray
    colours: dict[str, str]
    kind: str
    named: bool = False
    cut: int | None = None


def _answers_so_far(inputs: Inputs, controls: Step) -> Tokens:
    trace = inputs.trace
    answer, decided = trace.answer, trace.decision_step or 0
    when = tr("decided at {decided}: from there on it does not change", decided=place(decided, trace.tokens[decided]))
    if decided == 0:
        when = tr("the same from the first step on, before a word is read")
    words = tr(
        "The answer is **{labels}** (p = {readouts:.3f}), {when}. Each word is coloured by the answer if the text stopped "
        "there.",
        labels=literal(trace.labels[answer]), readouts=trace.readouts[-1, answer], when=when,
    )
    cut = cut_step(inputs.run, trace)
    colours, p = palette.class_colours(trace.labels), trace.curves["answers"].max(1)
    return Tokens(words, trace.tokens, trace.known, controls.at, trace.beliefs, p, colours, token_kind(inputs), cut=cut)


def _own_answers(inputs: Inputs, controls: Step) -> Tokens:
    trace, classes = inputs.trace, targets_of(inputs.run, inputs.trace)
    cut = cut_step(inputs.run, trace)
    words = tr("Each word is coloured by its tag. Click a word, or walk with the arrow keys.")
    p, colours = trace.readouts[np.arange(len(classes)), classes], palette.class_colours(trace.labels)
    return Tokens(words, trace.tokens, trace.known, controls.at, classes, p, colours, token_kind(inputs), True, cut)

def _foreseen(inputs: Inputs, controls: Step) -> Tokens:
    trace = inputs.trace
    words = tr("The stronger its colour, the more probable a token was after those before it. Click one, or use the arrow keys.")
    classes = np.full(len(trace.tokens), -1)
    classes[1:][targets_of(inputs.run, trace)[:-1] >= 0] = 0
    p = foreseen(inputs.run, trace)
    colours = {tr("as the next token"): palette.BLUE}
    return Tokens(words, trace.tokens, trace.known, controls.at, classes, p, colours, token_kind(inputs))


def foreseen(run: Loaded | Unopened, trace: Trace) -> np.ndarray:
    """(T,) the probability that each token of the text had at the step before it; 0 for `<sos>` and `<eos>`."""
    follows, p = targets_of(run, trace), np.zeros(len(trace.tokens))
    at = np.flatnonzero(follows >= 0)
    p[at + 1] = trace.readouts[at, follows[at]]
    return p


def _draw_row(found: Tokens) -> tuple[Part, ...]:
    parts, unknown = (Part("text", found.words), Part("tokens", found)), int((~found.known).sum())
    said = tr(
        r"Not in the vocabulary (dotted), so read as \<unk\>: {unknown} of {tokens} {kind}.",
        unknown=unknown, tokens=len(found.tokens) - 2, kind=found.kind,
    )
    return (*parts, Part("caption", said)) if unknown else parts


_row = partial(
    View[Step, Tokens], question="", needs=NEEDS, controls=Step, render=_draw_row, explain=lambda found: found.words,
    most_bytes=bytes_of("T", each=24), pick=pick_step,
)  # fmt: skip

ANSWERS_SO_FAR = _row("answers-so-far", compute=_answers_so_far)
OWN_ANSWERS = _row("own-answers", compute=_own_answers)
FORESEEN = _row("foreseen", compute=_foreseen)
