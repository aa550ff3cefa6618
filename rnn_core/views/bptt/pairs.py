"""Which loss sends how much to which copy: the map of all pairs."""

from rnn_core.figures import gradients as figures
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
    first, state = (len(asked.flow.tokens), "0") if asked.direction else (1, "h₀ = 0")
    return (
        f"Copy {first} of {asked.letter} receives exactly 0 from every loss: the state before the first step that is read is "
        f"{state}."
    )


def _choose_copies(inputs: Inputs, controls: Way) -> tuple[Choice, ...]:
    asked = looked_at(inputs, controls)
    facts = asked.facts
    where = () if asked.readout else (
        Choice("layer", "Layer", range(facts.layers), lambda i: f"layer {i + 1}"),
        Choice("direction", "Direction", range(facts.directions), ("from the start", "from the end").__getitem__),
    )  # fmt: skip
    return *where, Choice("parameter", "Parameter", facts.offered, lambda name: f"copies of {facts.letters[name]}")


def _explain_map(asked: Asked) -> str:
    flow, w = asked.flow, asked.letter
    every = "" if len(flow.rows) + 2 >= len(flow.tokens) else (
        f" This text is long: {len(flow.rows):,} of its {len(flow.tokens):,} losses are followed, evenly from the last."
    )  # fmt: skip
    last = ""
    if flow.loss == "last":
        last = (
            " This loss is taken at the last step alone, so only the last row is part of the total; the others are the "
            "gradients that losses at those steps would have."
        )
    k = "t" if asked.readout else "k"
    return (
        f"The network uses the same {w} at every step; the one used at step {k} is its copy {w}|({k}). Each row is one loss, "
        "each column one copy, and the colour is the length of the gradient of that loss at that copy.\n\n"
        f"{_formulas(asked)}\n\n{pair_words(asked)} {_side(asked)}{last}{every}\n\n"
        f"Added up over copies and losses, with {sums.weighted(flow.weights)}:\n\n"
        f"{formulas.display([formulas.whole(asked)])}\n\n"
        f"Its length is {number(asked.norm)}. The largest difference of any number of any gradient from torch's autograd is "
        f"{flow.max_abs_difference:.1e} (in {flow.precision} bits).{asked.tied_words} The backward pass held about "
        f"{flow.peak_bytes / 2**20:.2g} MiB."
    )


def pair_words(asked: Asked) -> str:
    """What the chosen loss sends to the chosen copy, as δ times what the copy multiplies."""
    held, t, k = asked.held, int(asked.flow.rows[asked.row]), asked.copy
    if asked.readout:
        return readout_words(asked)
    value, v = float(held.pairs[asked.parameter][asked.row, k]), formulas.multiplied(asked)
    said = f"From the loss at {asked.at(t)} to the copy of {asked.letter} at {asked.at(k)}: "
    factor = float(held.factors[asked.parameter][k])
    if not v or not factor:
        return f"{said}a gradient of length {number(value)}."
    product = f"‖δ‖ = {number(value / factor)} times ‖{formulas.plain(v)}‖ = {number(factor)}"
    return f"{said}{product} is a gradient of length {number(value)}."


def readout_words(asked: Asked) -> str:
    """What the copy of V or c receives of the chosen loss, as Markdown."""
    t, held = int(asked.flow.rows[asked.row]), asked.held
    w, y = asked.letter, "yₜ" if asked.flow.logit else "ŷₜ − yₜ"
    factor = f" times ‖hₜ‖ = **{number(float(held.factors[asked.parameter][t]))}**" if formulas.multiplied(asked) else ""
    return (
        f"No loss travels back through time to {w}: the loss at {asked.at(t)} reaches the copy of its own step alone. "
        f"‖{y}‖ = **{number(float(held.delta[asked.row, t]))}**{factor} is ‖∂L(t)/∂{w}|(t)‖ = "
        f"**{number(float(held.pairs[asked.parameter][asked.row, t]))}**."
    )


def _formulas(asked: Asked) -> str:
    """How a copy's gradient comes about, with what its letters mean."""
    facts = asked.facts
    if asked.readout:
        both = ", of both directions" * (facts.directions == 2)
        said = f"\n\nhₜ is the state of the uppermost layer{both}." if facts.layers > 1 or both else ""
        return formulas.display([formulas.copy(asked)]) + said
    where = [f"in layer {asked.layer + 1} of {facts.layers}"] * (facts.layers > 1)
    where += [f"read from the {('start', 'end')[asked.direction]}"] * (facts.directions == 2)
    lines = display_lines(asked)
    notes = [f"All of this is {', '.join(where)}."] if where else []
    if not facts.bounded:
        notes.append("∂⁺ holds the products of the step fixed, but for the one that is named.")
    if not asked.top:
        u = facts.letters[facts.of_inputs[0]]
        columns = f"; of this {u} only the columns that read this direction count" * (facts.directions == 2)
        notes.append(f"Layer {asked.layer + 2} reads these states by its own {u} and sends its own δ back{columns}.")
    elif facts.directions == 2:
        notes.append("Of V only the columns that read this direction count.")
    for part in facts.parts[1:]:
        if kept := formulas.keeps(asked, part):
            notes.append(f"Past all products a step multiplies {part}ₖ by {formulas.plain(kept)} alone: a second way back.")
    if not facts.of_step:
        notes.append("This cell has no W: its step has no product with the state before, and a loss goes back along the states.")
    if asked.layer and asked.parameter in facts.of_inputs:
        also = ", from both directions" * (facts.directions == 2)
        notes.append(f"{formulas.plain(formulas.multiplied(asked))} are the states of the layer below{also}.")
    notes.append("Nothing comes from beyond the text.")
    return f"{formulas.display(lines)}\n\n{' '.join(notes)}"


def display_lines(asked: Asked) -> list[str]:
    """The formulas of the chosen copies, from the loss down to the copy."""
    return [*formulas.chain(asked), *formulas.deltas(asked), formulas.copy(asked)]


def _side(asked: Asked) -> str:
    """Which pairs are empty."""
    if asked.readout:
        return "So all but the diagonal is empty."
    first = f"{_first(asked)} " if asked.recurrent else ""
    if asked.below_both:
        return f"{first}Below a layer that reads both ways, the loss at t reaches every copy."
    return f"{first}No loss reaches a copy that is read later, so one side of the diagonal is empty."


MAP: View[Way, Asked] = View(
    "pairs", "How large is the gradient of each loss at each copy?", ("target",), Way,
    looked_at, _draw_map, _explain_map, most_bytes,
    lambda point: {"step": int(point[0])} | ({"back": int(point[1])} if len(point) > 1 and point[1] is not None else {}),
    _choose_copies,
)  # fmt: skip
