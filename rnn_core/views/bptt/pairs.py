"""Which loss sends how much to which copy: the map of all pairs."""


from rnn_core.figures import gradients as figures
from rnn_core.views.bptt.asked import Asked, Way, looked_at, most_bytes
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Choice, Part, View, number


def _draw_map(asked: Asked) -> tuple[Part, ...]:
    flow = asked.flow
    drawn = Part("figure", figures.pairs(asked.held.pairs[asked.parameter], flow.rows, flow.tokens, asked.step, asked.copy))
    if not asked.recurrent:
        return (drawn,)
    first = len(flow.tokens) if asked.direction else 1
    said = (
        f"Copy {first} of {asked.letter} receives exactly 0 from every loss: the state before the first step that is read is "
        "h₀ = 0."
    )
    return drawn, Part("caption", said)


def _choose_copies(inputs: Inputs, controls: Way) -> tuple[Choice, ...]:
    facts = looked_at(inputs, controls).facts
    return (
        Choice("layer", "Layer", range(facts.layers), lambda i: f"layer {i + 1}"),
        Choice("direction", "Direction", range(facts.directions), ("from the start", "from the end").__getitem__),
        Choice("parameter", "Parameter", facts.offered, lambda name: f"copies of {facts.letters[name]}"),
    )


def _explain_map(asked: Asked) -> str:
    flow, held, row = asked.flow, asked.held, asked.row
    t, i = int(flow.rows[row]), asked.copy
    value, delta = float(held.pairs[asked.parameter][row, i]), float(held.delta[row, i])
    every = "" if len(flow.rows) + 2 >= len(flow.tokens) else (
        f" This text is long: {len(flow.rows):,} of its {len(flow.tokens):,} losses are followed, evenly from the last."
    )  # fmt: skip
    first = ""
    if asked.recurrent:
        start = len(flow.tokens) if asked.direction else 1
        first = (
            f" Copy {start} of {asked.letter} receives exactly 0 from every loss, because the state before it is h₀ = 0: a "
            "product with nothing has no gradient."
        )
    side = "No loss reaches a copy that is read later, so one side of the diagonal is empty."
    if asked.below_both:
        side = "Below a layer that reads both ways, the loss at t reaches every copy."
    last = ""
    if flow.loss == "last":
        last = (
            " This run takes its loss at the last step alone, so of all these rows only the last one is its training's; "
            "the others are what such losses would send."
        )
    w = asked.letter
    formula = (
        r"$$\delta(t,t) = \varphi'(a_t) \odot \frac{\partial L(t)}{\partial h_t}, \qquad "
        r"\delta(t,k) = \varphi'(a_k) \odot W^\top \delta(t,k{+}1), \qquad "
        r"\frac{\partial L(t)}{\partial W|(k)} = \delta(t,k)\, h_{k-1}^\top$$" + "\n\n"
        "(the Elman network's; gates have the same form with their own slopes).\n\n"
    )
    if not asked.facts.of_step:
        formula = (
            r"$$\frac{\partial L(t)}{\partial U|(k)} = \delta(t,k)\, x_k^\top$$" + "\n\n"
            "This cell has no product with the state before, so there is no ∂L/∂W: a loss goes back along the states alone.\n\n"
        )
    return (
        f"The network uses the same {w} at every step; call the one used at step k its copy {w}|(k). Each row is one loss, "
        "each column one copy, and the colour is the length of the gradient that the one sends to the other.\n\n"
        f"{formula}"
        f"From the loss at {asked.at(t)} to the copy of {asked.letter} at {asked.at(i)}: "
        f"‖δ‖ = {number(delta)}, gradient {number(value)}.{first} {side}{last}{every}\n\n"
        f"Added up over copies and losses this is ∂L/∂{asked.letter} of length {number(flow.norms[asked.name])}; the "
        f"largest difference of any number of any gradient from torch's autograd is {flow.max_abs_difference:.1e} "
        f"(in {flow.precision} bits). The sweep held about {flow.peak_bytes / 2**20:.1f} MiB."
    )


MAP: View[Way, Asked] = View(
    "pairs", "Which loss sends how much to which copy?", ("target",), Way, looked_at, _draw_map, _explain_map, most_bytes,
    lambda point: {"step": int(point[0])} | ({"back": int(point[1])} if len(point) > 1 and point[1] is not None else {}),
    _choose_copies,
)  # fmt: skip
