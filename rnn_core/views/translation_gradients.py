"""The views of a translation's gradients: what the loss of each target token sends to the steps of both networks."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Self

import numpy as np

from rnn_core.analysis.parameters import places
from rnn_core.figures import two_texts
from rnn_core.figures.text import visible
from rnn_core.language import N_, formula, tr
from rnn_core.results import LossGradient, SideGradients, TranslationGradients
from rnn_core.views.bptt.formulas import at_loss, display, latex
from rnn_core.views.bptt.total import TOTAL as TOTAL_OF_ONE_TEXT
from rnn_core.views.bptt.total import Total
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Choice, Controls, Part, Table, View, literal, number

SIDES = (N_("encoder"), N_("decoder"))


@dataclass(frozen=True)
class Copies(Controls):
    """Which gradients are shown.

    Attributes:
        step: t of the loss, from 0; None: one in the middle of the target.
        back: the copy, as a column: the encoder's S steps, one column between, and the decoder's steps; None: the one at a
            source word to which the loss sends most.
        layer: of both networks.
        direction: of the encoder.
        parameter: as the cell names it; else the first of `parameters`.
    """

    step: int | None = None
    back: int | None = None
    layer: int = 0
    direction: int = 0
    parameter: str = ""

    def settled(self, inputs: Inputs) -> Self:
        way = inputs.pair
        flow, network = way.flow, way.network
        offered, steps = parameters(inputs), len(flow.source)
        direction = min(self.direction, network.encoder.directions - 1)
        layer = min(self.layer, network.config.layers - 1)
        step = int(flow.rows[len(flow.rows) // 2]) if self.step is None or self.step not in flow.rows else self.step
        parameter = self.parameter if self.parameter in offered else offered[0]
        back = self.back
        if back is None or back == steps or back > steps + len(flow.target):
            row = int(np.searchsorted(flow.rows, step))
            back = int(_side(flow, "encoder", layer, direction).pairs[parameter][row, 1:-1].argmax()) + 1
        return replace(self, step=step, back=back, layer=layer, direction=direction, parameter=parameter)


def parameters(inputs: Inputs) -> tuple[str, ...]:
    """The parameters of a cell whose copies can be shown, those that multiply the state before first."""
    cell = inputs.pair.network.encoder.cell
    return tuple(dict.fromkeys((*cell.of_step, *cell.of_inputs, *cell.declared)))


def _side(flow: TranslationGradients, side: str, layer: int, direction: int) -> SideGradients:
    return next(one for one in flow.sides if (one.side, one.layer, one.direction) == (side, layer, direction))


@dataclass(frozen=True)
class Named:
    """A parameter's part of the network and letter, and its layer and direction from 0 where it has them."""

    part: str
    letter: str
    layer: int | None
    direction: int | None


@dataclass(frozen=True)
class Nature:
    """What the formulas depend on.

    Attributes:
        letters: of the cell's parameters.
        products: by parameter, the product whose δ is its own.
        gates: by parameter, the gates whose rows of that δ it has; empty where it has all.
        of_step, of_inputs: the matrices that multiply the state before, and the inputs.
        attention: `none`, `dot` or `additive`.
        feeding: whether there is input feeding.
        layers, directions: of the encoder; the decoder has as many layers.
        names: of all parameters of the network their places, by its own names.
    """

    letters: dict[str, str]
    products: dict[str, str]
    gates: dict[str, tuple[str, ...]]
    of_step: tuple[str, ...]
    of_inputs: tuple[str, ...]
    attention: str
    feeding: bool
    layers: int
    directions: int
    names: dict[str, Named]


@dataclass(frozen=True)
class Looked:
    """The gradients of a translation, and what of them is shown. The fields are those of `Copies`, settled."""

    flow: TranslationGradients
    loss: LossGradient
    nature: Nature
    step: int
    column: int
    layer: int
    direction: int
    parameter: str

    @property
    def row(self) -> int:
        """That of the chosen loss."""
        return int(np.searchsorted(self.flow.rows, self.step))

    @property
    def letter(self) -> str:
        return self.nature.letters[self.parameter]

    @property
    def said(self) -> str:
        """The letter as words name it."""
        return tr(self.letter)

    @property
    def sides(self) -> tuple[SideGradients, SideGradients]:
        """Those of the encoder and of the decoder that are shown."""
        flow = self.flow
        return _side(flow, "encoder", self.layer, self.direction), _side(flow, "decoder", self.layer, 0)

    @property
    def texts(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        return self.flow.source, self.flow.target

    @property
    def copy(self) -> tuple[int, int]:
        """The side of the chosen copy, 0 or 1, and its step, from 0."""
        steps = len(self.flow.source)
        return (0, self.column) if self.column < steps else (1, self.column - steps - 1)

    @property
    def asked(self) -> str:
        """The chosen loss in words, as Markdown."""
        return tr("t = {t} for the token “{token}”", t=self.step + 1, token=literal(self.flow.wanted[self.step], 30))


def _looked(inputs: Inputs, controls: Copies) -> Looked:
    assert controls.step is not None and controls.back is not None
    way = inputs.pair
    return Looked(
        way.flow, way.loss(controls.step), _nature(inputs), controls.step, controls.back, controls.layer, controls.direction,
        controls.parameter,
    )  # fmt: skip


def _nature(inputs: Inputs) -> Nature:
    network, config = inputs.pair.network, inputs.pair.loaded.config.model
    cell, directions = network.encoder.cell, network.encoder.directions
    products = {name: cell.product_of(name) for name in cell.declared}
    blocks = {name: one.shape[0] for name, one in cell.declared.items()}
    gates = {
        name: () if blocks[name] == blocks[products[name]] else tuple(cell.gates[-blocks[name] :]) for name in cell.declared
    }
    return Nature(
        {name: one.letter for name, one in cell.declared.items()}, products, gates, tuple(cell.of_step), tuple(cell.of_inputs),
        config.attention, config.input_feeding, config.layers, directions,
        {name: Named(one.part, one.letter, one.layer, one.direction) for name, one in places(network).items()},
    )  # fmt: skip


def in_words(place: Any, layers: int, directions: int) -> str:
    """A parameter's part and letter, with layer and direction where there are several.

    Args:
        place: as `analysis.parameters.places` has it.
    """
    where: list[str] = []
    if place.layer is not None:
        where += [tr("layer {layer}", layer=place.layer + 1)] * (layers > 1)
        where += [(tr("from the start"), tr("from the end"))[place.direction or 0]] * (directions > 1 and place.part == "encoder")
    return f"{tr(place.part)}: {tr(place.letter)}" + (f" ({', '.join(where)})" if where else "")


def _named(looked: Looked, name: str) -> str:
    """A parameter in words, by the network's name."""
    return in_words(looked.nature.names[name], looked.nature.layers, looked.nature.directions)


def most_bytes(inputs: Inputs) -> int:
    """Two numbers per parameter and one per part of the state for each loss and step of both texts, and the words."""
    way = inputs.pair
    flow, network = way.flow, way.network
    cell, both = network.encoder.cell, network.encoder.directions + 1
    steps = len(flow.source) + len(flow.target)
    each = len(flow.rows) * (steps * (len(cell.parts) + 2 * len(cell.declared)) + len(cell.declared))
    words = sum(len(token.encode()) + 8 for token in (*flow.source, *flow.target, *flow.wanted))
    return 8 * network.config.layers * both * each + 32 * steps + words + 1024 * (8 + 4 * len(flow.sides))


# ---- the losses ------------------------------------------------------------------------------------------------------


def _total(inputs: Inputs, controls: Controls) -> Total:
    flow = inputs.pair.flow
    return Total(flow.target, flow.wanted, flow.values, flow.weights, flow.total, flow.logit)


TOTAL: View[Controls, Total] = View(
    "translation-total", N_("How do the losses of the target tokens add up?"), ("pair",), Controls, _total,
    TOTAL_OF_ONE_TEXT.render, TOTAL_OF_ONE_TEXT.explain, most_bytes,
)  # fmt: skip


# ---- the map ---------------------------------------------------------------------------------------------------------


def _draw_map(looked: Looked) -> tuple[Part, ...]:
    encoder, decoder = (side.pairs[looked.parameter] for side in looked.sides)
    drawn = two_texts.pairs(encoder, decoder, looked.flow.rows, looked.texts, looked.flow.wanted, looked.step, looked.column)
    return Part("figure", drawn), Part("caption", between_words(looked))


def between_words(looked: Looked) -> str:
    """What lies between the two texts, as Markdown."""
    if looked.nature.attention == "none":
        return tr(
            "All that a loss sends to the encoder (left of the border) passes through the one state between the two texts: "
            "the encoder's last, from which the decoder starts.",
        )
    return tr(
        "A loss reaches the encoder (left of the border) by two ways: through the state from which the decoder starts, and "
        "through attention, which leads directly to each source token.",
    )


def copy_formula(looked: Looked, side: int) -> str:
    """What a copy of the chosen parameter receives, in the encoder (0) or the decoder (1): δ times what it multiplies."""
    nature, parameter = looked.nature, looked.parameter
    state, i = (("s", "j"), ("h", "k"))[side]
    back = side == 0 and looked.direction == 1
    letter, product = latex(looked.letter), nature.products[parameter]
    v = ""
    if parameter in nature.of_step:
        v = rf"\, {state}_{{{i}{'+' if back else '-'}1}}^\top"
    elif parameter in nature.of_inputs:
        v = rf"\, ({state}^{{({looked.layer})}}_{i})^\top" if looked.layer else rf"\, x_{i}^\top"
    delta = rf"\delta_{{{latex(nature.letters[product])}}}(t,{i})"
    if rows := nature.gates[parameter]:
        delta = rf"[{delta}]_{{{','.join(rows)}}}"
    return rf"{at_loss(f'{letter}|({i})')} = {delta}{v}"


def bridge_formulas(nature: Nature) -> list[str]:
    """How a loss comes from the decoder to the encoder's states."""
    last = r"(\overrightarrow{s}_S;\, \overleftarrow{s}_1)" if nature.directions == 2 else "s_S"
    if nature.attention == "none":
        return [f"{at_loss(last)} = {at_loss('h_0')}"]
    steps = r"\sum_{i \le t}" if nature.feeding or nature.attention == "additive" else ""
    i = "i" if steps else "t"
    by_score = f"h_{i}" if nature.attention == "dot" else rf"U_a^\top (v \odot (1 - u_{{{i}j}} \odot u_{{{i}j}}))"
    lines = [
        rf"\frac{{\partial^+ L(t)}}{{\partial {last}}} = {at_loss('h_0')}",
        rf"\frac{{\partial^+ L(t)}}{{\partial s_j}} = {steps} \alpha_{{{i}j}} \bigl( \gamma_{i} + "
        rf"((s_j - g_{i})^\top \gamma_{i})\, {by_score} \bigr)",
        rf"\gamma_{i} = {at_loss(f'g_{i}')}",
    ]
    if nature.attention == "additive":
        lines.append(rf"u_{{{i}j}} = \tanh(W_a h_{{{i}-1}} + U_a s_j)")
    return lines


def whole_formulas(looked: Looked) -> list[str]:
    """The gradient of the chosen parameter of the decoder and of the encoder, as the sum over its copies."""
    letter = latex(looked.letter)
    return [
        rf"\frac{{\partial L(t)}}{{\partial {letter}_{{\text{{{side}}}}}}} = \sum_{{{over}}} {at_loss(f'{letter}|({i})')}"
        for side, over, i in (("decoder", r"k \le t", "k"), ("encoder", "j", "j"))
    ]


def _explain_map(looked: Looked) -> str:
    flow, nature = looked.flow, looked.nature
    followed, counted = len(flow.rows), int((flow.weights > 0).sum())
    every = "" if followed == counted else tr(
        " This target is long: {followed:,} of its {counted:,} losses are followed, evenly from the last.",
        followed=followed, counted=counted,
    )  # fmt: skip
    notes = [tr("s and h are the states of the encoder and of the decoder; h₀ is the state from which the decoder starts.")]
    if nature.directions == 2:
        notes.append(tr("The encoder's two directions stand side by side in it."))
    if nature.layers > 1:
        notes.append(tr(
            "Shown is layer {layer} of {layers} of both; attention reads the uppermost layer.",
            layer=looked.layer + 1, layers=nature.layers,
        ))
    if nature.attention != "none":
        notes.append(tr("α are the weights of attention, g the context. ∂⁺ at sⱼ is what comes through attention alone."))
        fed = [tr("the context gₖ")] * (nature.attention == "additive") + [tr("the attentional state before")] * nature.feeding
        if fed and not looked.layer:
            notes.append(tr("xₖ of the decoder holds the embedded token and {fed}.", fed=tr(' and ').join(fed)))
    lines = [copy_formula(looked, 1), copy_formula(looked, 0), *bridge_formulas(nature), *whole_formulas(looked)]
    return tr(
        "The encoder uses its {letter} at every source step j, the decoder its own {letter} at every target step k. Each "
        "row is the loss of one target token, each column one copy, and the colour is the length of the gradient.\n\n"
        "{display}\n\n"
        "{notes}\n\n"
        "{pair_words} {between_words} No loss reaches a later step of the decoder, so the right part is a triangle.{every}\n\n"
        "The largest difference of any number of the copies' sum from torch's autograd is {max_abs_difference:.1e} (in "
        "{precision} bits).",
        letter=looked.said, display=display(lines), notes=' '.join(notes), pair_words=pair_words(looked),
        between_words=between_words(looked), every=every, max_abs_difference=flow.max_abs_difference, precision=flow.precision,
    )


def pair_words(looked: Looked) -> str:
    """What the chosen loss sends to the chosen copy, as Markdown."""
    side, step = looked.copy
    found = looked.sides[side]
    value, share = (float(of[looked.parameter][looked.row, step]) for of in (found.pairs, found.shares))
    token = literal(looked.texts[side][step], 30)
    return tr(
        "The loss at {asked} sends a gradient of length **{value}** to the copy of {letter} at step {step} of the {side} "
        "(“{token}”), which adds **{share:+.1%}** of ∂L(t)/∂{letter} there.",
        asked=looked.asked, value=number(value), letter=looked.said, step=step + 1, side=tr(SIDES[side]), token=token,
        share=share,
    )


def _pick(point: list[Any]) -> dict[str, Any]:
    return {"step": int(point[0])} | ({"back": int(point[1])} if len(point) > 1 and point[1] is not None else {})


def _choose_copies(inputs: Inputs, controls: Copies) -> tuple[Choice, ...]:
    nature, flow = _nature(inputs), inputs.pair.flow

    def loss(t: int) -> str:
        return f"t = {t + 1} · {visible(flow.wanted[t], 30)}"

    return (
        Choice("step", tr("Loss"), tuple(flow.rows.tolist()), loss, "box"),
        Choice("layer", tr("Layer"), range(nature.layers), lambda i: tr("layer {i}", i=i + 1)),
        Choice("direction", tr(
            "Direction of the encoder",
        ), range(nature.directions), (tr(
            "from the start",
        ), tr(
            "from the end",
        )).__getitem__),
        Choice("parameter", tr("Parameter"), parameters(inputs), lambda name: tr(
            "copies of {letters}",
            letters=tr(nature.letters[name]),
        )),
    )


_view = partial(View[Copies, Looked], needs=("pair",), controls=Copies, compute=_looked, most_bytes=most_bytes)

MAP = _view("translation-pairs", N_("How large is the gradient of each target token's loss at each copy?"), render=_draw_map,
            explain=_explain_map, pick=_pick, choices=_choose_copies)  # fmt: skip


# ---- one loss --------------------------------------------------------------------------------------------------------


def _draw_walk(looked: Looked) -> tuple[Part, ...]:
    encoder, decoder = looked.sides
    row, nothing, parameter = looked.row, np.full(len(looked.flow.target), np.nan), looked.parameter
    series = {}
    for part in encoder.states:
        here = tr("the same at {part}", part=tr(part))
        if part == "h":
            here = tr("‖∂L(t)/∂sⱼ‖, ‖∂L(t)/∂{part}ₖ‖: at the state", part=tr(part))
        series[here] = (encoder.states[part][row], decoder.states[part][row])
    at_copy = tr("‖∂L(t)/∂{letter}|(i)‖: at the copy", letter=looked.said)
    series[at_copy] = (encoder.pairs[parameter][row], decoder.pairs[parameter][row])
    if looked.nature.attention != "none":
        series[tr("‖∂⁺L(t)/∂sⱼ‖: through attention alone")] = (looked.loss.direct, nothing)
    return Part("figure", two_texts.along(series, looked.texts, tr("length"), looked.column)), Part("text", pair_words(looked))


def _explain_walk(looked: Looked) -> str:
    first = {
        "none": tr("Left of the border there is one way in, at the last step of the encoder that is read."),
        "dot": tr("Left of the border, attention brings a part of the gradient directly to each source token."),
        "additive": tr("Left of the border, attention brings a part of the gradient directly to each source token."),
    }[looked.nature.attention]
    both = looked.nature.directions == 2 and looked.nature.attention != "none"
    return tr(
        "The loss at {asked} has a gradient at its own step, at the right, and every step further back multiplies it. "
        "{first}{both}\n\n"
        "{display}\n\n"
        "{pair_words}",
        asked=looked.asked, first=first,
        both=tr(" Attention reads both directions side by side, and its line is of both.") * both,
        display=display(bridge_formulas(looked.nature)), pair_words=pair_words(looked),
    )


WALK = _view("translation-walk", N_(
    "How does the loss of one target token travel back?",
), render=_draw_walk, explain=_explain_walk,
             pick=lambda point: {"back": int(point[0])})  # fmt: skip


# ---- where it goes ---------------------------------------------------------------------------------------------------


def groups(looked: Looked) -> dict[str, list[Any]]:
    """The length of the chosen loss' gradient by part of the network, as a table."""
    squares: dict[str, float] = {}
    for name, place in looked.nature.names.items():
        squares[place.part] = squares.get(place.part, 0.0) + looked.loss.norms[name] ** 2
    whole = looked.loss.norm**2
    return {
        tr("part"): [*(tr(part) for part in squares), tr("all")],
        "‖∂L(t)/∂P‖": [*(math.sqrt(one) for one in squares.values()), looked.loss.norm],
        tr("share of the squared length"): [*(one / whole if whole else 0.0 for one in squares.values()), 1.0 if whole else 0.0],
    }


def ways_words(looked: Looked) -> str:
    """Where the gradient of the chosen loss goes, and by which way to the encoder, as Markdown."""
    loss = looked.loss
    said = tr(
        "The gradient of the loss at {asked} has length **{norm}**. The encoder has **{encoder_share:.1%}** of its squared "
        "length.",
        asked=looked.asked, norm=number(loss.norm), encoder_share=loss.encoder_share,
    )
    if math.isnan(loss.share_of_start):
        return tr("{said} Nothing of it reaches the encoder.", said=said)
    if looked.nature.attention == "none":
        return tr("{said} All of this part comes through the one state between the two texts.", said=said)
    return tr(
        "{said} Of this part, **{share_of_start:.1%}** comes through the one state between the two texts (a gradient of "
        "length {through_start}) and **{share_of_attention:.1%}** through attention ({through_attention}).",
        said=said, share_of_start=loss.share_of_start, through_start=number(loss.through_start),
        share_of_attention=1 - loss.share_of_start, through_attention=number(loss.through_attention),
    )


def _explain_ways(looked: Looked) -> str:
    loss = looked.loss
    negative = tr(" A way with a negative share pulls against the sum.") if not 0 <= loss.share_of_start <= 1 else ""
    return tr(
        "Squared lengths of the gradients of different parameters add up, so each part of the network has a share of them:\n\n"
        r"$$\lVert \nabla L(t) \rVert^2 = \sum_P \Bigl\lVert \frac{{\partial L(t)}}{{\partial P}} \Bigr\rVert^2$$"
        "\n\n"
        "The encoder's gradient G is the sum of what comes through the state that the decoder starts from, A, and of what "
        "comes through attention, B: once with the states that attention reads held fixed, and once with the start state "
        "held fixed. Their shares add up to 1.{negative}\n\n"
        r"$$G = A + B, \qquad \frac{{\langle A, G \rangle}}{{\lVert G \rVert^2}} + \frac{{\langle B, G \rangle}}{{\lVert G "
        r"\rVert^2}} = 1$$"
        "\n\n"
        "‖A‖ = {through_start}, ‖B‖ = {through_attention}, ‖G‖ = {encoder_norm}; the gradient at the start state has "
        "length {start}.\n\n"
        "{ways_words}",
        negative=negative, through_start=number(loss.through_start), through_attention=number(loss.through_attention),
        encoder_norm=number(loss.encoder_norm), start=number(loss.start), ways_words=ways_words(looked),
    )


WAYS = _view(
    "translation-ways", N_("Which way does it take to the source?"), explain=_explain_ways,
    render=lambda looked: (
        Part("text", ways_words(looked)),
        Part("table", Table(groups(looked), formats={tr("share of the squared length"): "percent"})),
    ),
)  # fmt: skip


def _draw_shares(looked: Looked) -> tuple[Part, ...]:
    encoder, decoder = (side.shares[looked.parameter][looked.row] for side in looked.sides)
    return (
        Part("figure", two_texts.shares(encoder, decoder, looked.texts, looked.column)),
        Part("text", shares_words(looked)),
        Part("table", Table(steps(looked), 300), tr("Step by step")),
    )


def shares_words(looked: Looked) -> str:
    """The lengths of the two sums, and the copies with the largest shares, as Markdown."""
    said = []
    for side, name, tokens in zip(looked.sides, SIDES, looked.texts, strict=True):
        shares, size = side.shares[looked.parameter][looked.row], float(side.norms[looked.parameter][looked.row])
        most = int(shares.argmax())
        said.append(
            tr("‖∂L(t)/∂{letter}‖ of the {name} is **{size}**", letter=looked.said, name=tr(name), size=number(size))
            + (tr(
                ", most of it from step {most} (“{tokens}”), {shares:.1%}",
                most=most + 1, tokens=literal(tokens[most], 30), shares=shares[most],
            ) if size else "")
        )
    return tr("Of the loss at {asked}: {said}.", asked=looked.asked, said='; '.join(said))


def steps(looked: Looked) -> dict[str, list[Any]]:
    """The chosen loss at each step of both texts, as a table."""
    side_title, step_title, token_title = tr("side"), tr("step"), tr("token")
    found: dict[str, list[Any]] = {side_title: [], step_title: [], token_title: []}
    for side, name, tokens in zip(looked.sides, SIDES, looked.texts, strict=True):
        found[side_title] += [tr(name)] * len(tokens)
        found[step_title] += range(1, len(tokens) + 1)
        found[token_title] += [visible(token) for token in tokens]
        for part, norms in side.states.items():
            found.setdefault(f"‖∂L(t)/∂{tr(part)}‖", []).extend(norms[looked.row].tolist())
        found.setdefault(f"‖∂L(t)/∂{looked.said}|(i)‖", []).extend(side.pairs[looked.parameter][looked.row].tolist())
        found.setdefault(tr("share"), []).extend(side.shares[looked.parameter][looked.row].tolist())
    return found


def _explain_shares(looked: Looked) -> str:
    of = formula(latex(looked.letter))
    totals = [float(side.shares[looked.parameter][looked.row].sum()) for side in looked.sides]
    return tr(
        "The gradient of each side's parameter is the sum over its own copies. The share of a copy is the part of the "
        "sum's length that its gradient adds along the sum; a copy with a negative share pulls against it. The shares of "
        "each side add up to 1, or are 0 where the gradient is.\n\n"
        r"$$s_k = \frac{{\langle \partial L(t)/\partial {of}|(k),\ \partial L(t)/\partial {of} \rangle}}{{\lVert \partial "
        r"L(t)/\partial {of} \rVert^2}}, \qquad \textstyle\sum_j s_j = {encoder:.3f}, \quad \sum_k s_k = {decoder:.3f}$$"
        "\n\n"
        "{shares_words}",
        of=of, encoder=totals[0], decoder=totals[1], shares_words=shares_words(looked),
    )


SHARES = _view("translation-shares", N_("Which copies make up the gradient of one loss?"), render=_draw_shares,
               explain=_explain_shares, pick=lambda point: {"back": int(point[0])})  # fmt: skip


# ---- held against autograd -------------------------------------------------------------------------------------------


def rows(looked: Looked) -> dict[str, list[Any]]:
    """The gradient of the chosen loss at each parameter, by autograd and as the sum of the copies, as a table."""
    loss, names = looked.loss, looked.nature.names
    return {
        tr("parameter"): [_named(looked, name) for name in names],
        tr("‖∂L(t)/∂P‖ by autograd"): [loss.norms[name] for name in names],
        tr("‖sum of the copies‖"): [loss.copies.get(name) for name in names],
        tr("largest difference"): [loss.differences.get(name) for name in names],
    }


def agreement_words(looked: Looked) -> str:
    """How far the sums of the copies are from autograd's gradients, as Markdown."""
    loss = looked.loss
    chosen: Sequence[str] = [f"{side.side}.{side.layer}.{side.direction}.{looked.parameter}" for side in looked.sides]
    said = [
        tr(
            "{name}: the sum of the copies has length **{copies}**, autograd's gradient **{norms}**; they differ by "
            "{differences:.1e} at most",
            name=_named(looked, name), copies=number(loss.copies[name]), norms=number(loss.norms[name]),
            differences=loss.differences[name],
        )
        for name in chosen
    ]
    return tr(
        "The loss at {asked}. {said}. Of all recurrent parameters the largest difference is **{values:.1e}** (in "
        "{precision} bits).",
        asked=looked.asked, said='. '.join(said), values=max(loss.differences.values()), precision=looked.flow.precision,
    )


PARAMETERS = _view(
    "translation-parameters", N_("Do the copies add up to the gradient?"),
    render=lambda looked: (
        Part("text", agreement_words(looked)), Part("table", Table(rows(looked), formats={tr("largest difference"): "%.1e"})),
    ),
    explain=lambda looked: tr(
        "Autograd gives the gradient of each parameter as training uses it, without the copies. For the parameters of the "
        "recurrent layers it is the sum over the copies of all steps; the others are not followed step by step.\n\n"
        r"$$\frac{{\partial L(t)}}{{\partial P}} = \sum_k \frac{{\partial L(t)}}{{\partial P|(k)}}$$"
        "\n\n"
        "{agreement_words}",
        agreement_words=agreement_words(looked),
    ),
)  # fmt: skip

VIEWS = (TOTAL, MAP, WALK, WAYS, SHARES, PARAMETERS)
