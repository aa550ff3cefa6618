"""Which loss sends how much to which copy: the map of all pairs."""

from rnn_core.figures import gradients as figures
from rnn_core.language import N_, tr
from rnn_core.views import sums
from rnn_core.views.bptt import formulas
from rnn_core.views.bptt.asked import Asked, Way, looked_at, most_bytes
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Choice, Part, View, number


def _draw_map(asked: Asked) -> tuple[Part, ...]:
    flow = asked.flow
    drawn = Part("figure", figures.pairs(asked.held.pairs[asked.parameter], flow.rows, flow.tokens, asked.step, asked.copy))
    return (drawn, Part("caption", _first(asked))) if asked.recurrent else (drawn,)


def _first(asked: Asked) -> str:
    """That the copy of the first step that is read receives nothing."""
    first, state = (len(asked.flow.tokens), "0") if asked.direction else (1, tr("h₀ = 0"))
    return tr(
        "Copy {first} of {letter} receives exactly 0 from every loss: the state before the first step that is read is "
        "{state}.",
        first=first, letter=asked.said, state=state,
    )


def _choose_copies(inputs: Inputs, controls: Way) -> tuple[Choice, ...]:
    asked = looked_at(inputs, controls)
    facts = asked.facts
    where = () if asked.readout else (
        Choice("layer", tr("Layer"), range(facts.layers), lambda i: tr("layer {i}", i=i + 1)),
        Choice("direction", tr("Direction"), range(facts.directions), (tr("from the start"), tr("from the end")).__getitem__),
    )  # fmt: skip
    return *where, Choice("parameter", tr("Parameter"), facts.offered, lambda name: tr(
        "copies of {letters}",
        letters=tr(facts.letters[name]),
    ))


def _explain_map(asked: Asked) -> str:
    flow, w = asked.flow, asked.said
    every = "" if len(flow.rows) + 2 >= len(flow.tokens) else tr(
        " This text is long: {rows:,} of its {tokens:,} losses are followed, evenly from the last.",
        rows=len(flow.rows), tokens=len(flow.tokens),
    )  # fmt: skip
    last = ""
    if flow.loss == "last":
        last = tr(
            " This loss is taken at the last step alone, so only the last row is part of the total; the others are the "
            "gradients that losses at those steps would have.",
        )
    k = "t" if asked.readout else "k"
    return tr(
        "The network uses the same {w} at every step; the one used at step {k} is its copy {w}|({k}). Each row is one "
        "loss, each column one copy, and the colour is the length of the gradient of that loss at that copy.\n\n"
        "{formulas}\n\n"
        "{pair_words} {side}{last}{every}\n\n"
        "Added up over copies and losses, with {weighted}:\n\n"
        "{display}\n\n"
        "Its length is {norm}. The largest difference of any number of any gradient from torch's autograd is "
        "{max_abs_difference:.1e} (in {precision} bits).{tied_words} The backward pass held about {peak_bytes:.2g} MiB.",
        w=w, k=k, formulas=_formulas(asked), pair_words=pair_words(asked), side=_side(asked), last=last, every=every,
        weighted=sums.weighted(flow.weights), display=formulas.display([formulas.whole(asked)]), norm=number(asked.norm),
        max_abs_difference=flow.max_abs_difference, precision=flow.precision, tied_words=asked.tied_words,
        peak_bytes=flow.peak_bytes / 2 ** 20,
    )


def pair_words(asked: Asked) -> str:
    """What the chosen loss sends to the chosen copy, as δ times what the copy multiplies."""
    held, t, k = asked.held, int(asked.flow.rows[asked.row]), asked.copy
    if asked.readout:
        return readout_words(asked)
    value, v = float(held.pairs[asked.parameter][asked.row, k]), formulas.multiplied(asked)
    words = {"at": asked.at(t), "letter": asked.said, "copy": asked.at(k), "value": number(value)}
    factor = float(held.factors[asked.parameter][k])
    if not v or not factor:
        return tr("From the loss at {at} to the copy of {letter} at {copy}: a gradient of length {value}.", **words)
    return tr(
        "From the loss at {at} to the copy of {letter} at {copy}: ‖δ‖ = {delta} times ‖{multiplied}‖ = {factor} is a gradient "
        "of length {value}.",
        delta=number(value / factor), multiplied=formulas.plain(v), factor=number(factor), **words,
    )


def readout_words(asked: Asked) -> str:
    """What the copy of V or c receives of the chosen loss, as Markdown."""
    t, held = int(asked.flow.rows[asked.row]), asked.held
    w, y = asked.said, "yₜ" if asked.flow.logit else "ŷₜ − yₜ"
    factor = tr(
        " times ‖hₜ‖ = **{factors}**",
        factors=number(float(held.factors[asked.parameter][t])),
    ) if formulas.multiplied(asked) else ""
    return tr(
        "No loss travels back through time to {w}: the loss at {at} reaches the copy of its own step alone. ‖{y}‖ = "
        "**{delta}**{factor} is ‖∂L(t)/∂{w}|(t)‖ = **{pairs}**.",
        w=w, at=asked.at(t), y=y, delta=number(float(held.delta[asked.row, t])), factor=factor,
        pairs=number(float(held.pairs[asked.parameter][asked.row, t])),
    )


def _formulas(asked: Asked) -> str:
    """How a copy's gradient comes about, with what its letters mean."""
    facts = asked.facts
    if asked.readout:
        both = tr(", of both directions") * (facts.directions == 2)
        said = tr(
            "\n\n"
            "hₜ is the state of the uppermost layer{both}.",
            both=both,
        ) if facts.layers > 1 or both else ""
        return formulas.display([formulas.copy(asked)]) + said
    where = [tr("in layer {layer} of {layers}", layer=asked.layer + 1, layers=facts.layers)] * (facts.layers > 1)
    where += [(tr("read from the start"), tr("read from the end"))[asked.direction]] * (facts.directions == 2)
    lines = display_lines(asked)
    notes = [tr("All of this is {where}.", where=', '.join(where))] if where else []
    if not facts.bounded:
        notes.append(tr("∂⁺ holds the products of the step fixed, but for the one that is named."))
    if not asked.top:
        u = tr(facts.letters[facts.of_inputs[0]])
        columns = tr("; of this {u} only the columns that read this direction count", u=u) * (facts.directions == 2)
        notes.append(tr(
            "Layer {layer} reads these states by its own {u} and sends its own δ back{columns}.",
            layer=asked.layer + 2, u=u, columns=columns,
        ))
    elif facts.directions == 2:
        notes.append(tr("Of V only the columns that read this direction count."))
    for part in facts.parts[1:]:
        if kept := formulas.keeps(asked, part):
            notes.append(tr(
                "Past all products a step multiplies {part}ₖ by {plain} alone: a second way back.",
                part=tr(part), plain=formulas.plain(kept),
            ))
    if not facts.of_step:
        notes.append(tr(
            "This cell has no W: its step has no product with the state before, and a loss goes back along the states.",
        ))
    if asked.layer and asked.parameter in facts.of_inputs:
        also = tr(", from both directions") * (facts.directions == 2)
        notes.append(tr(
            "{plain} are the states of the layer below{also}.",
            plain=formulas.plain(formulas.multiplied(asked)), also=also,
        ))
    notes.append(tr("Nothing comes from beyond the text."))
    return f"{formulas.display(lines)}\n\n{' '.join(notes)}"


def display_lines(asked: Asked) -> list[str]:
    """The formulas of the chosen copies, from the loss down to the copy."""
    return [*formulas.chain(asked), *formulas.deltas(asked), formulas.copy(asked)]


def _side(asked: Asked) -> str:
    """Which pairs are empty."""
    if asked.readout:
        return tr("So all but the diagonal is empty.")
    first = f"{_first(asked)} " if asked.recurrent else ""
    if asked.below_both:
        return tr("{first}Below a layer that reads both ways, the loss at t reaches every copy.", first=first)
    return tr("{first}No loss reaches a copy that is read later, so one side of the diagonal is empty.", first=first)


MAP: View[Way, Asked] = View(
    "pairs", N_("How large is the gradient of each loss at each copy?"), ("target",), Way,
    looked_at, _draw_map, _explain_map, most_bytes,
    lambda point: {"step": int(point[0])} | ({"back": int(point[1])} if len(point) > 1 and point[1] is not None else {}),
    _choose_copies,
)  # fmt: skip
