"""The views of the Evaluate page on a stream: where a language model loses."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rnn_core.figures import palette, streams
from rnn_core.language import N_, tr
from rnn_core.results import ENDS, UNKNOWN, Breakdown, Context, Group, Passage, Reliability
from rnn_core.views import encoding
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Choice, Controls, Part, View, figure, number
from rnn_core.views.writing import Running

UNITS = {"char": N_("character"), "word": N_("token"), "elided": N_("token")}
"""The name of a token, by how texts are cut; to be translated."""

MANY = {"character": N_("characters"), "token": N_("tokens")}
"""The names of several."""


def _detail(inputs: Inputs) -> Breakdown:
    found = inputs.token_scores.breakdown
    assert found is not None, "these scores have no details"
    return found


def _most_bytes(inputs: Inputs) -> int:
    return 2 * encoding.nbytes(inputs.token_scores) + 1000


# ---- groups of tokens -----------------------------------------------------------------------------------------------

PLACES = {"line": N_("in the line"), "document": N_("in the document"), "stream": N_("along the text")}


@dataclass(frozen=True)
class Position(Controls):
    """By which place tokens are grouped: a field of `PLACES`."""

    position: str = "line"

    def settled(self, inputs: Inputs) -> Self:
        return self if self.position in _positions(inputs) else replace(self, position="line")


def _positions(inputs: Inputs) -> tuple[str, ...]:
    """With a single document, the place in it is that in the text."""
    return tuple(name for name in PLACES if name != "document" or _detail(inputs).documents > 1)


@dataclass(frozen=True)
class Grouped:
    """The losses of groups of tokens.

    Attributes:
        by: what they are grouped by: a field of `Breakdown`.
        groups: in their order.
        unit: what a token is called.
    """

    by: str
    groups: tuple[Group, ...]
    unit: str

    @property
    def tokens(self) -> int:
        return sum(one.tokens for one in self.groups)

    @property
    def nats(self) -> float:
        return sum(one.nats for one in self.groups)


def _by_position(inputs: Inputs, controls: Position) -> Grouped:
    detail = _detail(inputs)
    return Grouped(controls.position, getattr(detail, controls.position), UNITS[detail.cut])


def _draw_positions(found: Grouped) -> tuple[Part, ...]:
    if found.by == "stream":
        return figure(streams.along({tr("loss"): found.groups}, tr(MANY[found.unit])))
    names = [_range(one, _short) for one in found.groups]
    says = [
        tr("place {range}: {tokens:,} {units}", range=_range(one, _whole), tokens=one.tokens, units=tr(MANY[found.unit]))
        for one in found.groups
    ]
    return figure(streams.by_group(found.groups, names, says, tr("place {where}", where=tr(PLACES[found.by]))))


_BEGINS = {
    "line": N_(
        "A line begins at the start of the text, after a line end and after `<eos>`; a line end belongs to the line that "
        "it ends. ",
    ),
    "document": N_("A document ends with `<eos>`; the state is carried over to the next one. "),
    "stream": N_("The text is cut into parts of equal length. "),
}


def _explain_positions(found: Grouped) -> str:
    first, last = found.groups[0], found.groups[-1]
    return (
        tr(
            "The mean loss of the {units} at each place, counted from 1. {begins}The state is carried along the whole text.\n\n",
            units=tr(MANY[found.unit]), begins=tr(_BEGINS[found.by]),
        )
        + _means(found)
        + tr(
            " In the first group ({first}), the mean over {tokens_first:,} is {loss_first} nats; in the last ({last}), over "
            "{tokens_last:,}, it is {loss_last}.",
            first=_range(first, _whole), tokens_first=first.tokens, loss_first=number(first.loss), last=_range(last, _whole),
            tokens_last=last.tokens, loss_last=number(last.loss),
        )
    )


def _means(found: Grouped) -> str:
    """The formula of a group's loss, and how the loss of the whole text follows."""
    return (
        r"$$L_g = \frac{1}{n_g} \sum_{i \in g} -\log p_i, \qquad L = \frac{\sum_g n_g L_g}{\sum_g n_g}"
        rf" = \frac{{{number(found.nats)}}}{{{found.tokens}}} = {number(found.nats / found.tokens)}$$" + "\n\n"
    )


POSITIONS: View[Position, Grouped] = View(
    "positions", N_("Where is the loss large?"), ("evaluation",), Position, _by_position, _draw_positions, _explain_positions,
    _most_bytes,
    choices=lambda inputs, controls: (Choice("position", tr("Place"), _positions(inputs), lambda place: tr(PLACES[place])),),
)  # fmt: skip


def _by_frequency(inputs: Inputs, controls: Controls) -> Grouped:
    detail = _detail(inputs)
    return Grouped("frequency", detail.frequency, UNITS[detail.cut])


def _counted(one: Group) -> str:
    """What a group of a frequency is called."""
    return {ENDS: "<eos>", UNKNOWN: tr("unknown")}.get(one.first) or _range(one, _short)


def _draw_frequency(found: Grouped) -> tuple[Part, ...]:
    said = {ENDS: tr("<eos> at the end of a document"), UNKNOWN: tr("not in the vocabulary")}
    says = [
        f"{said.get(one.first) or tr('{range} times in training', range=_range(one, _whole))}: {one.tokens:,} "
        f"{tr(MANY[found.unit])}" for one in found.groups
    ]
    title = tr("how often the {unit} stands in training", unit=tr(found.unit))
    return figure(streams.by_group(found.groups, [_counted(one) for one in found.groups], says, title))


def _explain_frequency(found: Grouped) -> str:
    most = max(found.groups, key=lambda one: one.nats)
    named = {ENDS: "`<eos>`", UNKNOWN: tr("tokens outside the vocabulary")}
    who = named.get(most.first, tr("those with {range} occurrences in training", range=_range(most, _whole)))
    return (
        tr(
            "The {units} of the text are grouped by their count in the training split. Those outside the vocabulary are "
            "scored as `<unk>`; the ends of documents, `<eos>`, are not counted in training and are a group of their own.\n\n",
            units=tr(MANY[found.unit]),
        )
        + _means(found)
        + tr(
            r"$$\text{{share of the total loss}} = \frac{{n_g L_g}}{{\sum_g n_g L_g}} = \frac{{{tokens} \cdot {loss}}}{{{nats}}} "
            "= {share}$$"
            "\n\n"
            "This is the largest share: {who} are {percent}% of the {units}.",
            tokens=most.tokens, loss=number(most.loss), nats=number(found.nats), who=who, units=tr(MANY[found.unit]),
            share=number(most.nats / found.nats) if found.nats else 0, percent=number(100 * most.tokens / found.tokens),
        )
    )


FREQUENCY: View[Controls, Grouped] = View(
    "frequency", N_("Are rare tokens predicted worse?"), ("evaluation",), Controls, _by_frequency, _draw_frequency,
    _explain_frequency, _most_bytes,
)  # fmt: skip


def _range(one: Group, write: Callable[[int], str]) -> str:
    first, last = write(one.first), write(one.last)
    return first if one.first == one.last else f"{first}–{last}"


def _whole(value: int) -> str:
    return f"{value:,}"


def _short(value: int) -> str:
    """A number for a tick: 1,536 is 1.5k."""
    return f"{value:g}" if value < 1000 else f"{value / 1000:.2g}k" if value < 100_000 else f"{value / 1000:.0f}k"


# ---- context --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Reading:
    """The loss by the number of tokens that were read.

    Attributes:
        points: by the number of tokens, ascending.
        carried: with all tokens before.
        places: m, the number of places that each is a mean of.
        unit: what a token is called.
    """

    points: tuple[Context, ...]
    carried: float
    places: int
    unit: str


def _reading(inputs: Inputs, controls: Controls) -> Reading:
    detail = _detail(inputs)
    return Reading(detail.context, detail.carried, detail.places, UNITS[detail.cut])


def _draw_reading(found: Reading) -> tuple[Part, ...]:
    return (*figure(streams.context(found.points, found.carried)), Part("caption", _reading_words(found)))


def _reading_words(found: Reading) -> str:
    first, last = found.points[0], found.points[-1]
    if last.loss >= first.loss:
        return tr(
            "Reading more does not help here: after {read:,} {units} the mean loss is {loss} nats, and without any "
            "{loss_without}.",
            read=last.read, units=tr(MANY[found.unit]), loss=number(last.loss), loss_without=number(first.loss),
        )
    half = next(one for one in found.points if one.loss <= (first.loss + last.loss) / 2)
    return tr(
        "At these {places:,} places, the mean loss falls from {first} nats with nothing read to {last} after {read:,} "
        "{units}. Half of this fall is reached after {half:,}.",
        places=found.places, first=number(first.loss), last=number(last.loss), read=last.read, units=tr(MANY[found.unit]),
        half=half.read,
    )


def _explain_reading(found: Reading) -> str:
    last = found.points[-1]
    return tr(
        "At each of m = {places:,} places i, evenly spread over the text, the network reads `<sos>` and the c {units} "
        "before the place, from a state of 0. All c are measured at the same places.\n\n"
        r"$$L(c) = \frac{{1}}{{m}} \sum_{{i}} -\log p(x_i \mid \langle\mathrm{{sos}}\rangle, x_{{i-c}}, \dots, x_{{i-1}}), "
        r"\qquad h_0 = 0$$"
        "\n\n"
        "Here L({read}) = {loss} nats. With all {units} before and the state carried, the mean at these places is "
        r"{carried}. The bars are two standard errors, $2 s / \sqrt{{m}}$ with the standard deviation s of the losses: "
        "±{error} at c = {read}.",
        places=found.places, units=tr(MANY[found.unit]), read=last.read, loss=number(last.loss), carried=number(found.carried),
        error=number(2 * last.error),
    )


CONTEXT: View[Controls, Reading] = View(
    "context", N_("How much context does it use?"), ("evaluation",), Controls, _reading, _draw_reading, _explain_reading,
    _most_bytes,
)  # fmt: skip


# ---- calibration ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Calibrated:
    """The most probable token at each step, by its probability.

    Attributes:
        bins: of equal width.
        error: the expected calibration error.
    """

    bins: tuple[Reliability, ...]
    error: float

    @property
    def count(self) -> int:
        return sum(one.count for one in self.bins)

    def mean(self, name: str) -> float:
        """The mean over all steps of a field of the bins."""
        return sum(one.count * float(getattr(one, name)) for one in self.bins) / self.count


def _calibrated(inputs: Inputs, controls: Controls) -> Calibrated:
    detail = _detail(inputs)
    return Calibrated(detail.calibration, detail.calibration_error)


def _draw_calibration(found: Calibrated) -> tuple[Part, ...]:
    p, right = found.mean("confidence"), found.mean("accuracy")
    more = tr("So the network is more confident than it is right.")
    less = tr("So the network is less confident than it is right.")
    said = tr(
        "The most probable token has p = {p:.4f} on average, and it is right in a share of {right:.4f} of the steps. {so} "
        "Expected calibration error: {error:.4f}.",
        p=p, right=right, so=more if p > right else less, error=found.error,
    )
    return (*figure(streams.reliability(found.bins)), Part("caption", said))


def _explain_calibration(found: Calibrated) -> str:
    most = max(found.bins, key=lambda one: one.count)
    return tr(
        "The steps are put into {bins} bins of equal width by the probability of the most probable token. In a calibrated "
        "network the share that is right equals the mean probability in every bin. The expected calibration error is the "
        "mean distance between both, weighted by the number of steps (Naeini, Cooper and Hauskrecht 2015; Guo et al. 2017).\n\n"
        r"$$\mathrm{{ECE}} = \sum_b \frac{{n_b}}{{n}} \left| \mathrm{{acc}}_b - \mathrm{{conf}}_b \right| = {error:.4f}$$"
        "\n\n"
        "The fullest bin, p in {low:.1f}–{high:.1f}, holds {count:,} of {steps:,} steps: conf = {confidence:.4f}, acc = "
        "{accuracy:.4f}.",
        bins=len(found.bins), error=found.error, low=most.low, high=most.high, count=most.count, steps=found.count,
        confidence=most.confidence, accuracy=most.accuracy,
    )


CALIBRATION: View[Controls, Calibrated] = View(
    "calibration", N_("Can its probabilities be trusted?"), ("evaluation",), Controls, _calibrated, _draw_calibration,
    _explain_calibration, _most_bytes,
)  # fmt: skip


# ---- the worst passages ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Chosen(Controls):
    """A passage, from 0, and a step of its text; None: the first token of the passage."""

    passage: int = 0
    step: int | None = None

    def settled(self, inputs: Inputs) -> Self:
        worst = _detail(inputs).worst
        passage = min(self.passage, len(worst) - 1)
        one = worst[passage]
        there = self.step is not None and 1 <= self.step <= len(one.losses)
        return replace(self, passage=passage, step=self.step if there else one.given + 1)


@dataclass(frozen=True)
class Worst:
    """One of the worst passages.

    Attributes:
        passage: the tokens, with those before them.
        running: the same without words on the tokens, coloured by the loss as a share of the largest.
        number: its place among the worst, from 1.
        of: how many there are.
        overall: the mean loss of the whole text.
        unit: what a token is called.
        stride: the number of tokens between the starts of two candidates.
    """

    passage: Passage
    running: Running
    number: int
    of: int
    overall: float
    unit: str
    stride: int


def _worst(inputs: Inputs, controls: Chosen) -> Worst:
    detail = _detail(inputs)
    one = detail.worst[controls.passage]
    losses, unit, space = np.array(one.losses), UNITS[detail.cut], "" if detail.cut == "char" else " "
    before = ("\n", *one.tokens[:-1])
    shown = tuple(("" if "\n" in pair else space) + pair[1] for pair in zip(before, one.tokens, strict=True))
    strength, steps = losses / max(float(losses.max()), 1e-9), np.arange(1, len(losses) + 1)
    assert controls.step is not None
    running = Running(shown, strength, (), one.given, steps, controls.step, palette.ORANGE)
    return Worst(one, running, controls.passage + 1, len(detail.worst), inputs.token_scores.loss, unit, detail.stride)


def _worst_bytes(inputs: Inputs) -> int:
    return max(3 * encoding.nbytes(one) + 100 * len(one.losses) for one in _detail(inputs).worst) + 1000


def _draw_worst(found: Worst) -> tuple[Part, ...]:
    one = found.passage
    first, last = one.start + one.given + 1, one.start + len(one.losses)
    unit, units = tr(found.unit), tr(MANY[found.unit])
    says = tuple(
        tr("{unit} {place:,}: {loss:.3f} nats", unit=unit, place=place, loss=loss)
        for place, loss in enumerate(one.losses, one.start + 1)
    )
    italics = tr(" The {units} in italics precede it.", units=units) if one.given else ""
    said = tr(
        "Passage {number} of {of}: {units} {first:,} to {last:,} of the text, {loss} nats per {unit}, against {overall} on "
        "the whole. The stronger the colour, the larger the loss, up to {most} nats.{italics}",
        number=found.number, of=found.of, unit=unit, units=units, first=first, last=last, loss=number(one.loss),
        overall=number(found.overall), most=number(max(one.losses)), italics=italics,
    )
    return Part("running", replace(found.running, says=says)), Part("caption", said)


def _explain_worst(found: Worst) -> str:
    one = found.passage
    own = one.losses[one.given :]
    return tr(
        "Every {stride} {units} a window of {size:,} begins. The windows with the highest mean loss are listed; one that "
        "overlaps a listed one is left out.\n\n"
        r"$$\bar L = \frac{{1}}{{n}} \sum_{{i=s}}^{{s+n-1}} -\log p_i = \frac{{{sum}}}{{{size}}} = {loss}$$"
        "\n\n"
        "Here s = {start:,}. These losses are those of the whole text, with the state carried. Opened alone, the passage "
        "begins from a state of 0, so its first losses differ.",
        stride=found.stride, units=tr(MANY[found.unit]), size=len(own), sum=number(sum(own)), loss=number(one.loss),
        start=one.start + one.given + 1,
    )


def opened(passage: Passage, cut: str, step: int) -> dict[str, object]:
    """What a link that opens a passage selects: its text without `<eos>`, and the step of a token of it.

    Args:
        step: of a token of the passage, from 1.
    """
    kept = [token for token in passage.tokens if token != "<eos>"]
    gone = sum(token == "<eos>" for token in passage.tokens[: step - 1])
    return {"text": ("" if cut == "char" else " ").join(kept), "spaced": cut != "char", "step": max(1, step - gone)}


WORST: View[Chosen, Worst] = View(
    "worst", N_("Which passages does it predict worst?"), ("evaluation",), Chosen, _worst, _draw_worst, _explain_worst,
    _worst_bytes,
    choices=lambda inputs, controls: (
        Choice("passage", tr("Passage"), tuple(range(len(_detail(inputs).worst))),
               lambda i: f"{i + 1}: {number(_detail(inputs).worst[i].loss)}"),
    ),
)  # fmt: skip


# ---- dynamic evaluation ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Gain:
    """The loss along the text with fixed weights and with weights that go on learning.

    Attributes:
        static, dynamic: by the place in the stream.
        loss, static_loss: the means.
        unit: what a token is called.
    """

    static: tuple[Group, ...]
    dynamic: tuple[Group, ...]
    loss: float
    static_loss: float
    unit: str


def _gain(inputs: Inputs, controls: Controls) -> Gain:
    scores, static, detail = inputs.token_scores, inputs.static, _detail(inputs)
    fixed = static.breakdown.stream if static.breakdown else ()
    return Gain(fixed, detail.stream, scores.loss, static.loss, UNITS[detail.cut])


def _draw_gain(found: Gain) -> tuple[Part, ...]:
    lines = {tr("fixed weights"): found.static, tr("dynamic evaluation"): found.dynamic}
    return figure(streams.along({name: some for name, some in lines.items() if some}, tr(MANY[found.unit])))


def _explain_gain(found: Gain) -> str:
    change = found.loss - found.static_loss
    return tr(
        "Dynamic evaluation (Mikolov et al. 2010; Krause et al. 2018) goes on learning from the text. Each chunk of K "
        "tokens is scored with the weights that the chunks before it left; then the weights take one step of plain SGD on "
        "its mean loss. So every token is scored before it is learnt. The saved run does not change.\n\n"
        r"$$\theta_{{s+1}} = \theta_s - \eta \, \nabla_\theta \frac{{1}}{{K}} \sum_{{i \in \mathrm{{chunk}}\ s}} -\log "
        r"p_{{\theta_s}}(x_i)$$"
        "\n\n"
        "Here the mean loss is {loss} nats per {unit}. With fixed weights it is {static_loss}, so the change is "
        "{sign}{change}.",
        loss=number(found.loss), unit=tr(found.unit), static_loss=number(found.static_loss), sign="−" if change < 0 else "+",
        change=number(abs(change)),
    )


GAIN: View[Controls, Gain] = View(
    "dynamic", N_("Does it help to go on learning from this text?"), ("evaluation", "static"), Controls, _gain, _draw_gain,
    _explain_gain, lambda inputs: 64 * 200 + 1000,
)  # fmt: skip

VIEWS = (POSITIONS, FREQUENCY, CONTEXT, CALIBRATION, WORST, GAIN)
