"""The view of how training cuts a stream."""

from dataclasses import dataclass, replace
from typing import Self

from rnn_core.analysis.chunks import stream_parts
from rnn_core.figures import chunks as figures
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import StreamParts
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Choice, Controls, Part, View, literal

MOST_PARTS, MOST_TOKENS = 6, 2000
"""Parts that can be chosen, and tokens of the text that are cut."""


@dataclass(frozen=True)
class Cuts(Controls):
    """B and K of the drawing."""

    parts: int = 3
    chunk: int = 5

    def settled(self, inputs: Inputs) -> Self:
        tokens = len(_tokens(inputs))
        most = max(1, min(MOST_PARTS, tokens // 2))
        return replace(self, parts=min(max(self.parts, 1), most), chunk=min(max(self.chunk, 1), figures.MOST_STEPS))


@dataclass(frozen=True)
class Stream:
    """A text cut as training cuts a stream, or none where it is too short.

    Attributes:
        batch, truncate: B and K of the run's training.
        unit: of the tokens, such as `characters`.
    """

    found: StreamParts | None
    batch: int
    truncate: int
    unit: str


def _tokens(inputs: Inputs) -> tuple[str, ...]:
    found: tuple[str, ...] = inputs.trace.tokens[1:-1][:MOST_TOKENS]
    return found


def _stream(inputs: Inputs, controls: Cuts) -> Stream:
    tokens, config = _tokens(inputs), inputs.run.config
    found = None
    if len(tokens) >= 2 * controls.parts:
        found = stream_parts(tokens, inputs.trace.tokens[0], controls.parts, controls.chunk)
    return Stream(found, config.train.batch, config.train.truncate, config.data.unit)


def _choose(inputs: Inputs, controls: Cuts) -> tuple[Choice, ...]:
    most = max(1, min(MOST_PARTS, len(_tokens(inputs)) // 2))
    return (
        Choice("parts", tr("Parts B, side by side"), (1, most), form="number"),
        Choice("chunk", tr("Steps K of a chunk"), (1, figures.MOST_STEPS), form="number"),
    )


def _draw(stream: Stream) -> tuple[Part, ...]:
    if stream.found is None:
        return (Part("caption", tr("This text is too short to be cut: it needs two tokens.")),)
    shown = min(figures.MOST_STEPS, stream.found.inputs.shape[1])
    cut = "" if shown == stream.found.inputs.shape[1] else tr(
        " Shown: steps 1 to {shown} of {steps:,}.",
        shown=shown, steps=stream.found.inputs.shape[1],
    )
    said = tr(
        "Above, the input of a step; below in bold, its target, which is the next input. A chunk ends at a dotted "
        "line.{cut}",
        cut=cut,
    )
    return Part("figure", figures.stream_parts(stream.found)), Part("caption", said), Part("text", stream_words(stream))


def stream_words(stream: Stream) -> str:
    """What the cuts do to the state and the gradient, as Markdown."""
    found = stream.found
    if found is None:
        return ""
    parts, size = len(found.inputs), found.size
    chunks = -(-found.inputs.shape[1] // size)
    said = [
        tr(
            "- One update reads one chunk of all parts: {parts} × {size} {unit} here, {updates} for this text.",
            parts=parts, size=min(size, found.inputs.shape[1]), unit=tr(stream.unit),
            updates=tr_n("{n:,} update", "{n:,} updates", chunks),
        )
    ]
    if chunks > 1:
        last, after = found.inputs[0][size - 1], found.inputs[0][size]
        said.append(
            tr(
                "- At a dotted line the **state goes on**: the first step of chunk 2 reads “{after}” after the state that "
                "step {size} left (“{last}”). The **gradient stops** there: no loss of chunk 2 reaches a copy of W in "
                "chunk 1.",
                after=literal(found.words[after], 20), size=size, last=literal(found.words[last], 20),
            )
        )
    if parts > 1:
        said.append(
            tr("- A part begins with the state 0 and `<sos>`. So the first target of part 2 is predicted without part 1.")
        )
    said.append(
        tr(
            "- This run was trained with B = {batch:,} and K = {truncate:,}. A part there is at most {carried} chunks "
            "long, {tokens:,} {unit}; then the state begins anew.",
            batch=stream.batch, truncate=stream.truncate, carried=found.carried, tokens=found.carried * stream.truncate,
            unit=tr(stream.unit),
        )
    )
    return "\n".join(said)


def _explain(stream: Stream) -> str:
    return (
        tr(
            "A language model reads one long text. Read in one go, it would make one update per epoch and keep every "
            "state. So the text is cut into B contiguous parts of about equal length, which are read side by side, K steps "
            "at a time. Each token of the text is the target of exactly one step, and the input of a step is the target of "
            "the step before it.\n\n"
            r"$$x_{t} = y_{t-1}, \quad x_1 = \texttt{<sos>} \qquad h_0 = 0 \qquad L = \frac{1}{M} \sum -\log \hat "
            r"y_{t}[y_t] \text{ over the } M \text{ targets of a chunk}$$"
            "\n\n",
        ) + stream_words(stream)
    )


STREAM: View[Cuts, Stream] = View(
    "stream", N_("How does training cut a long text?"), ("run", "text"), Cuts, _stream, _draw, _explain,
    lambda inputs: 64 * min(MOST_TOKENS, len(inputs.trace.tokens)) + 4096, choices=_choose,
)  # fmt: skip

VIEWS = (STREAM,)
