"""The gradient of each target token's loss at each copy."""

from rnn_core.figures import two_texts
from rnn_core.language import N_, tr
from rnn_core.views.bptt.formulas import at_loss, display, latex
from rnn_core.views.translation_gradients.shared import SIDES, Looked, Nature, choose_copies, copies_view, pick_copy
from rnn_core.views.view import Part, literal, number


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


MAP = copies_view(
    "translation-pairs", N_("How large is the gradient of each target token's loss at each copy?"), render=_draw_map,
    explain=_explain_map, pick=pick_copy, choices=choose_copies,
)  # fmt: skip
