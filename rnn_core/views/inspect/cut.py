"""Where training and evaluation would have cut the text, which is read whole here."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core import tasks
from rnn_core.analysis.steps import left_out, targets_of
from rnn_core.language import tr
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import NEEDS, place, token_kind
from rnn_core.views.view import Controls, Part, View, literal


@dataclass(frozen=True)
class Cut:
    """A text of which evaluation reads a part.

    Attributes:
        out: the first step that evaluation leaves out and the end of these; None where it reads the whole text.
        tokens: how many there are in all.
        kind: what a token is.
        border: the first token that it leaves out, or of a text that it reads from there on, the first that it reads.
        here, evaluated: (m,) the classes answered at the steps that evaluation answers, in the whole text and in that part.
        one: whether the text has one answer, after its last step.
        p: the probabilities of `evaluated`.
        labels: the names of the classes answered.
    """

    out: tuple[int, int] | None
    tokens: int = 0
    kind: str = ""
    border: str = ""
    here: tuple[str, ...] = ()
    evaluated: tuple[str, ...] = ()
    p: tuple[float, ...] = ()
    one: bool = False


def _cut(inputs: Inputs, controls: Controls) -> Cut:
    """Loads torch where the text is cut, and not before: the first text of a ready-made run is drawn without it."""
    trace, out = inputs.trace, left_out(inputs.run, inputs.trace)
    if out is None:
        return Cut(None)
    from rnn_core.analysis.trace import as_evaluated

    part = as_evaluated(inputs.network, trace)
    assert part is not None
    task = tasks.of(inputs.run.config)
    at = task.answered(len(part.tokens))
    one = len(task.answered(len(trace.tokens))) == 1
    here = trace.readouts[-1:].argmax(1) if one else targets_of(inputs.run, trace)[at]
    evaluated = part.readouts[at].argmax(1) if one else targets_of(inputs.run, part)[at]
    p = part.readouts[at, evaluated]
    border = trace.tokens[out[0] if out[0] > 1 else out[1]]
    return Cut(
        out, len(trace.tokens) - 2, token_kind(inputs), border, _named(trace.labels, here),
        _named(trace.labels, evaluated), tuple(p.astype(float).tolist()), one,
    )  # fmt: skip


def _named(labels: tuple[str, ...], classes: np.ndarray) -> tuple[str, ...]:
    return tuple(labels[i] for i in classes)


def _say(found: Cut) -> str:
    if found.out is None:
        return tr("Training and evaluation read this text whole, as it is read here.")
    if found.one:
        evaluated, p = literal(found.evaluated[0]), found.p[0]
        answer = tr(
            "Evaluation would answer **{evaluated}** (p = {p:.3f}), the same as here.", evaluated=evaluated, p=p
        ) if found.here == found.evaluated else tr(
            "Evaluation would answer **{evaluated}** (p = {p:.3f}), and not **{here}** as here.",
            evaluated=evaluated, p=p, here=literal(found.here[0]),
        )  # fmt: skip
    else:
        differ = sum(a != b for a, b in zip(found.here, found.evaluated, strict=True))
        answer = tr(
            "Evaluation would answer the first {after:,} alone, {differ:,} of which differ from those here.",
            after=len(found.here), differ=differ,
        ) if differ else tr(
            "Evaluation would answer the first {after:,} alone, all of them the same as here.", after=len(found.here)
        )  # fmt: skip
    (first, end), tail = found.out, found.tokens + 1 - found.out[1]
    head = first - 1
    values: dict[str, Any] = {"tokens": found.tokens, "kind": tr(found.kind), "head": head, "tail": tail, "answer": answer}
    if head and tail:
        return tr(
            "This text has {tokens:,} {kind} and is read whole. Training and evaluation read the first {head:,} and the last "
            "{tail:,} of a long text: from {step} on they leave {out:,} out. {answer}",
            **values, step=place(first, found.border), out=end - first,
        )  # fmt: skip
    if tail:
        return tr(
            "This text has {tokens:,} {kind} and is read whole. Training and evaluation read the last {tail:,} of a long text: "
            "they begin at {step}. {answer}",
            **values, step=place(end, found.border),
        )  # fmt: skip
    return tr(
        "This text has {tokens:,} {kind} and is read whole. Training and evaluation cut a text after {after:,}: from "
        "{step} on they read nothing. {answer}",
        **values, after=head, step=place(first, found.border),
    )


def _most_bytes(inputs: Inputs) -> int:
    """Two answers and a probability for each token that evaluation reads."""
    longest = max(len(label.encode()) for label in inputs.trace.labels)
    read = len(inputs.trace.tokens) if left_out(inputs.run, inputs.trace) else 0
    return 4096 + read * (2 * longest + 64)


CUT: View[Controls, Cut] = View(
    "cut", "", NEEDS, Controls, _cut,
    lambda found: () if found.out is None else (Part("caption", f":material/content_cut: {_say(found)}"),), _say, _most_bytes,
)  # fmt: skip
