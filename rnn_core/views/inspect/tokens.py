"""The row of tokens, each coloured by what the network makes of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from rnn_core.analysis.loading import Loaded, Unopened
from rnn_core.analysis.steps import left_out, targets_of
from rnn_core.figures import palette
from rnn_core.language import N_, tr
from rnn_core.results import Trace
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, Step, bytes_of, pick_step, place, token_kind
from rnn_core.views.view import Part, View, literal


@dataclass(frozen=True)
class Tokens:
    """What a row of tokens shows.

    Attributes:
        tokens, known: (T,) as fed, and whether they are in the vocabulary.
        step: the chosen one.
        classes: (T,) the class whose colour each token has, by its place in `colours`; −1 where a step has none.
        p: (T,) its probability, by which the colour is strong or pale.
        colours: of the classes, by their names.
        kind: what a token is, to be translated: words or characters.
        named: whether each token has the name of its class below it.
        cut: the first step that training and evaluation leave out and the end of these; None where they read the whole text.
        answer: the answer to the text and its probability.
        decided: the first step from which on it does not change.
        scheme: the tag scheme whose rules the classes keep to; "" without one.
        by_rules: the steps whose class is another than the most probable, because of these rules, with that class.
    """

    tokens: tuple[str, ...]
    known: np.ndarray
    step: int
    classes: np.ndarray
    p: np.ndarray
    colours: dict[str, str]
    kind: str
    named: bool = False
    cut: tuple[int, int] | None = None
    answer: tuple[str, float] = ("", 0.0)
    decided: int = 0
    scheme: str = ""
    by_rules: tuple[tuple[int, str, str], ...] = ()


def _answers_so_far(inputs: Inputs, controls: Step) -> Tokens:
    trace = inputs.trace
    answer = trace.labels[trace.answer], float(trace.readouts[-1, trace.answer])
    colours, p = palette.class_colours(trace.labels), trace.curves["answers"].max(1)
    return Tokens(
        trace.tokens, trace.known, controls.at, trace.beliefs, p, colours, token_kind(inputs), cut=left_out(inputs.run, trace),
        answer=answer, decided=trace.decision_step or 0,
    )  # fmt: skip


def _answers_words(found: Tokens) -> str:
    answer, p = found.answer
    if found.decided == 0:
        return tr(
            "The answer is **{answer}** (p = {p:.3f}), the same from the first step on, before a word is read. Each word is "
            "coloured by the answer if the text stopped there.",
            answer=literal(answer), p=p,
        )
    return tr(
        "The answer is **{answer}** (p = {p:.3f}), decided at {step}: from there on it does not change. Each word is coloured "
        "by the answer if the text stopped there.",
        answer=literal(answer), p=p, step=place(found.decided, found.tokens[found.decided]),
    )


def _own_answers(inputs: Inputs, controls: Step) -> Tokens:
    trace, classes = inputs.trace, targets_of(inputs.run, inputs.trace)
    cut = left_out(inputs.run, trace)
    p, colours = trace.readouts[np.arange(len(classes)), classes], palette.class_colours(trace.labels)
    probable = trace.readouts.argmax(1)
    ruled = [(t, trace.labels[classes[t]], trace.labels[probable[t]])
             for t in np.flatnonzero((classes >= 0) & (classes != probable)).tolist()]  # fmt: skip
    return Tokens(
        trace.tokens, trace.known, controls.at, classes, p, colours, token_kind(inputs), True, cut,
        scheme=trace.scheme or "", by_rules=tuple(ruled[:_NAMED]),
    )  # fmt: skip


_NAMED = 5
"""Tags that are named where the rules of the scheme changed them."""


def _own_words(found: Tokens) -> str:
    said = tr("Each word is coloured by its tag. Click a word, or walk with the arrow keys.")
    if not found.by_rules:
        return said
    changed = "; ".join(
        tr("{step}: {tag}, not {probable}", step=place(t, found.tokens[t]), tag=literal(tag), probable=literal(probable))
        for t, tag, probable in found.by_rules
    )  # fmt: skip
    return said + " " + tr(
        "The tags are the most probable sequence that keeps to the rules of {scheme}, so some are not the most probable of their "
        "word: {changed}.",
        scheme=found.scheme, changed=changed,
    )  # fmt: skip


def _foreseen(inputs: Inputs, controls: Step) -> Tokens:
    trace = inputs.trace
    classes = np.full(len(trace.tokens), -1)
    classes[1:][targets_of(inputs.run, trace)[:-1] >= 0] = 0
    p = foreseen(inputs.run, trace)
    return Tokens(trace.tokens, trace.known, controls.at, classes, p, {_NEXT: palette.BLUE}, token_kind(inputs))


_NEXT = N_("as the next token")
"""What stands in the place of a class where all tokens have one colour."""


def _foreseen_words(found: Tokens) -> str:
    return tr("The stronger its colour, the more probable a token was after those before it. Click one, or use the arrow keys.")


def foreseen(run: Loaded | Unopened, trace: Trace) -> np.ndarray:
    """(T,) the probability that each token of the text had at the step before it; 0 for `<sos>` and `<eos>`."""
    follows, p = targets_of(run, trace), np.zeros(len(trace.tokens))
    at = np.flatnonzero(follows >= 0)
    p[at + 1] = trace.readouts[at, follows[at]]
    return p


def _draw_row(words: Callable[[Tokens], str], found: Tokens) -> tuple[Part, ...]:
    shown = replace(found, colours={tr(_NEXT): palette.BLUE}) if words is _foreseen_words else found
    parts, unknown = (Part("text", words(found)), Part("tokens", shown)), int((~found.known).sum())
    said = tr(
        r"Not in the vocabulary (dotted), so read as \<unk\>: {unknown} of {tokens} {kind}.",
        unknown=unknown, tokens=len(found.tokens) - 2, kind=tr(found.kind),
    )
    return (*parts, Part("caption", said)) if unknown else parts


def _row(name: str, compute: Callable[[Inputs, Step], Tokens], words: Callable[[Tokens], str]) -> View[Step, Tokens]:
    return View(name, "", NEEDS, Step, compute, partial(_draw_row, words), words, bytes_of("T", each=24), pick_step)


ANSWERS_SO_FAR = _row("answers-so-far", _answers_so_far, _answers_words)
OWN_ANSWERS = _row("own-answers", _own_answers, _own_words)
FORESEEN = _row("foreseen", _foreseen, _foreseen_words)
