"""The views of the BPTT page: which loss sends how much to which copy of the parameters, and what follows from it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
import plotly.graph_objects as go

from rnn_core.analysis import bptt, bptt_reach, bptt_updates
from rnn_core.analysis.bptt_sweep import Pass, Target, doubled, forward, target_of
from rnn_core.analysis.loading import Loaded
from rnn_core.config import CHOICE_NAMES, RunConfig
from rnn_core.figures import gradients as figures
from rnn_core.results import (
    BatchDirections,
    CopyGradients,
    GradientFlow,
    LossModes,
    Path,
    Reach,
    SgdStep,
    Trace,
    Truncation,
)
from rnn_core.views.view import View, always, literal, number


@dataclass(frozen=True)
class Backward:
    """One text and one target on the way back; what is not asked for is not computed, and nothing twice.

    Attributes:
        examples: labelled texts of the run's data, for a mini-batch; empty where the data are not here.
    """

    loaded: Loaded
    trace: Trace
    target: Target
    done: Pass
    examples: Sequence[Any] = ()
    _kept: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    @cached_property
    def flow(self) -> GradientFlow:
        return bptt.flow(self.done, self.target, self.trace.tokens, self.trace.labels)

    @cached_property
    def modes(self) -> LossModes:
        return bptt.loss_modes(self.done, self.target, self.loaded.config.train.reduce)

    @cached_property
    def truncations(self) -> list[Truncation]:
        """At K = 1, 2, 5, 10 … and the text's length."""
        steps = self.done.steps
        ks = sorted({k for k in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if k < steps} | {steps})
        return bptt.truncations(self.done, self.target, ks)

    @cached_property
    def sgd(self) -> SgdStep:
        rates = sorted({*bptt_updates.RATES, self.loaded.config.train.learning_rate})
        return bptt_updates.sgd_step(self.done, self.target, rates)

    @cached_property
    def directions(self) -> BatchDirections:
        batch = bptt_updates.mini_batch(self.loaded, self.examples)
        return bptt_updates.batch_directions(self.loaded, self.done, self.target, batch)

    def truncated(self, k: int) -> list[Truncation]:
        """The window and the chunks of one K."""
        if known := [one for one in self.truncations if one.k == k]:
            return known
        return self._once(("k", k), lambda: bptt.truncations(self.done, self.target, [k]))

    def reach(self, layer: int, direction: int, step: int) -> Reach:
        return self._once(("reach", layer, direction, step), lambda: bptt_reach.reach(self.done, layer, direction, step))

    def path(self, step: int, back: int, direction: int) -> Path:
        return self._once(
            ("path", step, back, direction), lambda: bptt_reach.path(self.done, self.target, step, back, direction)
        )

    def _once(self, key: tuple[Any, ...], compute: Any) -> Any:
        if key not in self._kept:
            self._kept[key] = compute()
        return self._kept[key]


def backward(
    loaded: Loaded,
    trace: Trace,
    target: str | None = None,
    loss: str | None = None,
    logit: bool = False,
    precise: bool = False,
    examples: Sequence[Any] = (),
) -> Backward:
    """Prepares the way back; arguments as `target_of`'s, and `precise` for float64. Raises Problem as that does."""
    aim = target_of(loaded, trace, target, loss, logit)
    network = doubled(loaded.network) if precise else loaded.network
    return Backward(loaded, trace, aim, forward(network, trace.indices), examples)


@dataclass(frozen=True)
class Asked:
    """What of the way back is looked at.

    Attributes:
        step, copy: t of the loss and i of the copy, from 0.
        layer, direction: whose copies.
        parameter: the code's name of the parameter.
        window: K.
    """

    backward: Backward
    step: int
    copy: int
    layer: int = 0
    direction: int = 0
    parameter: str = "weight_hh"
    window: int = 5

    @property
    def flow(self) -> GradientFlow:
        return self.backward.flow

    @property
    def held(self) -> CopyGradients:
        """The copies of the chosen layer and direction."""
        return next(one for one in self.flow.layers if (one.layer, one.direction) == (self.layer, self.direction))

    @property
    def letter(self) -> str:
        return letter(self.backward.loaded, f"cells.{self.layer}.{self.direction}.{self.parameter}", short=True)

    @property
    def name(self) -> str:
        """The chosen parameter as the network names it."""
        return f"cells.{self.layer}.{self.direction}.{self.parameter}"

    @property
    def row(self) -> int:
        """The row of the maps that is nearest to the chosen loss."""
        return int(np.abs(self.flow.rows - self.step).argmin())

    def at(self, step: int) -> str:
        return f"t = {step + 1} (“{literal(self.flow.tokens[step], 30)}”)"


def letter(loaded: Loaded, name: str, short: bool = False) -> str:
    """A parameter's letter in the formulas, with layer and direction where there are several."""
    if not name.startswith("cells."):
        return {"embedding": "E", "weight_out": "V", "bias_out": "c", "all": "all together"}[name]
    _, layer, direction, parameter = name.split(".")
    config = loaded.config.model
    found = loaded.network.cell.parameters(1, 1)[parameter].letter
    if short:
        return found
    where = [f"layer {int(layer) + 1}"] * (config.layers > 1)
    where += [("from the start", "from the end")[int(direction)]] * config.bidirectional
    return found + (f" ({', '.join(where)})" if where else "")


def _same(asked: Asked) -> Asked:
    return asked


# ---- which loss sends how much to which copy ------------------------------------------------------------------------


def _draw_map(asked: Asked) -> go.Figure:
    flow = asked.flow
    return figures.pairs(asked.held.pairs[asked.parameter], flow.rows, flow.tokens, asked.step, asked.copy)


def _explain_map(asked: Asked) -> str:
    flow, held, row = asked.flow, asked.held, asked.row
    t, i = int(flow.rows[row]), asked.copy
    value, delta = float(held.pairs[asked.parameter][row, i]), float(held.delta[row, i])
    every = "" if len(flow.rows) + 2 >= len(flow.tokens) else (
        f" This text is long: {len(flow.rows):,} of its {len(flow.tokens):,} losses are followed, evenly from the last."
    )  # fmt: skip
    first = ""
    if asked.parameter == "weight_hh":
        start = len(flow.tokens) if asked.direction else 1
        first = (
            f" Copy {start} of W receives exactly 0 from every loss, because the state before it is h₀ = 0: a product "
            "with nothing has no gradient."
        )
    side = "No loss reaches a copy that is read later, so one side of the diagonal is empty."
    if asked.backward.done.network.directions == 2:
        side = "Below a layer that reads both ways, the loss at t reaches every copy."
    last = ""
    if flow.loss == "last":
        last = (
            " This run takes its loss at the last step alone, so of all these rows only the last one is its training's; "
            "the others are what such losses would send."
        )
    return (
        "The network uses the same W at every step; call the one used at step i its copy W|(i). Each row is one loss, "
        "each column one copy, and the colour is the length of the gradient that the one sends to the other.\n\n"
        r"$$\delta(t,t) = \varphi'(a_t) \odot \frac{\partial L(t)}{\partial h_t}, \qquad "
        r"\delta(t,i) = \varphi'(a_i) \odot W^\top \delta(t,i{+}1), \qquad "
        r"\frac{\partial L(t)}{\partial W|(i)} = \delta(t,i)\, h_{i-1}^\top$$" + "\n\n"
        "(the Elman network's; gates have the same form with their own slopes).\n\n"
        f"From the loss at {asked.at(t)} to the copy of {asked.letter} at {asked.at(i)}: "
        f"‖δ‖ = {number(delta)}, gradient {number(value)}.{first} {side}{last}{every}\n\n"
        f"Added up over copies and losses this is ∂L/∂{asked.letter} of length {number(flow.norms[asked.name])}; the "
        f"largest difference of any number of any gradient from torch's autograd is {flow.max_abs_difference:.1e} "
        f"(in {flow.precision} bits). The sweep held about {flow.peak_bytes / 2**20:.1f} MiB."
    )


MAP: View[Asked] = View(
    "pairs", "Which loss sends how much to which copy?", always, _same, _draw_map, _explain_map,
    lambda point: {"step": int(point[0])} | ({"back": int(point[1])} if len(point) > 1 and point[1] is not None else {}),
)  # fmt: skip


# ---- one loss, walked back ------------------------------------------------------------------------------------------


class _Walk(NamedTuple):
    asked: Asked
    path: Path | None


def _walk(asked: Asked) -> _Walk:
    """The way of one loss, and the factors of one path where the uppermost layer is looked at and the loss reaches."""
    flow, top = asked.flow, len(asked.backward.done.layers) - 1
    reaches = asked.copy >= asked.step if asked.direction else asked.copy <= asked.step
    if asked.layer == top and reaches and flow.targets[asked.step] >= 0:
        return _Walk(asked, asked.backward.path(asked.step, asked.copy, asked.direction))
    return _Walk(asked, None)


def _draw_walk(walk: _Walk) -> go.Figure:
    asked = walk.asked
    held, row = asked.held, asked.row
    series = {
        "‖∂L(t)/∂hᵢ‖, at the state": held.states[row],
        "‖δ(t,i)‖, at the pre-activation": held.delta[row],
        f"‖∂L(t)/∂{asked.letter}|(i)‖, at the copy": held.pairs[asked.parameter][row],
    }
    return figures.along(series, asked.flow.tokens, "length", asked.copy)


def path_words(walk: _Walk) -> str:
    """One path in three factors, as Markdown."""
    asked, path = walk.asked, walk.path
    if path is None:
        return (
            f"At {asked.at(asked.copy)}: ‖δ(t,i)‖ = {number(float(asked.held.delta[asked.row, asked.copy]))}. The path in "
            "three factors is shown in the uppermost layer, for a loss and a copy that it reaches."
        )
    asks, arrives = (float(np.linalg.norm(part)) for part in (path.at_loss, path.at_copy))
    state = " (of h and c together)" if len(path.parts) > 1 else ""
    return (
        f"From the loss at {asked.at(path.step)} to the copy k = {path.back + 1} (“{literal(asked.flow.tokens[path.back], 30)}”):"
        f"\n\n1. ‖∂L(t)/∂h_t‖ = **{number(asks)}**: what the loss asks of its own state.\n"
        f"2. ‖∂h_t/∂h_k‖₂ = **{number(path.between_norm)}**{state}: the most that any direction keeps over "
        f"{abs(path.step - path.back)} steps. This loss's keeps {number(_over(arrives, asks))}, and arrives with length "
        f"{number(arrives)}.\n"
        f"3. ∂⁺h_k/∂W, with the state before held fixed: the slopes of step k make it ‖δ(t,k)‖ = "
        f"**{number(float(np.linalg.norm(path.delta)))}**, times the length of the state before, "
        f"**{number(float(np.linalg.norm(path.h_before)))}**.\n\n"
        f"Together: ‖∂L(t)/∂W|(k)‖ = **{number(path.gradient_norm)}**."
    )


def _explain_walk(walk: _Walk) -> str:
    asked = walk.asked
    return (
        f"The loss at {asked.at(int(asked.flow.rows[asked.row]))} has one gradient at its own step; every step further away "
        "multiplies it by that step's slopes and by W. Where the line falls steeply, little of this loss gets past.\n\n"
        r"$$\frac{\partial L(t)}{\partial W|(k)} = \frac{\partial L(t)}{\partial h_t}\cdot"
        r"\frac{\partial h_t}{\partial h_k}\cdot\frac{\partial^+ h_k}{\partial W}$$" + "\n\n" + path_words(walk)
    )


def _over(a: Any, b: Any) -> float:
    return float(a) / float(b) if b else 0.0


def steps_back(asked: Asked) -> dict[str, list[Any]]:
    """The walk as a table: a row a step, from the loss away, with the factor that each step multiplies by."""
    flow, held, row = asked.flow, asked.held, asked.row
    t = int(flow.rows[row])
    both_below = asked.backward.done.network.directions == 2 and asked.layer < len(asked.backward.done.layers) - 1
    steps = list(range(len(flow.tokens)))
    if not both_below:
        steps = steps[t:] if asked.direction else steps[t::-1]
    delta = held.delta[row]
    factors = [None, *(_over(delta[b], delta[a]) for a, b in pairwise(steps))]
    return {
        "i": [i + 1 for i in steps],
        "token": [flow.tokens[i] for i in steps],
        "‖∂L(t)/∂hᵢ‖": held.states[row, steps].tolist(),
        "‖δ(t,i)‖": delta[steps].tolist(),
        "factor of the step": factors,
        f"‖∂L(t)/∂{asked.letter}|(i)‖": held.pairs[asked.parameter][row, steps].tolist(),
    }


def factors(walk: _Walk) -> dict[str, Any] | None:
    """The factors of one path as numbers, a row a unit; None where there is no path."""
    if (path := walk.path) is None:
        return None
    d, gates = len(path.h_before), walk.asked.backward.done.network.cell.gates
    found: dict[str, Any] = {"unit": np.arange(d)}
    for i, part in enumerate(path.parts):
        found |= {f"∂L(t)/∂{part}_t": path.at_loss[i * d : (i + 1) * d], f"∂L(t)/∂{part}_k": path.at_copy[i * d : (i + 1) * d]}
    deltas = {f"δ(t,k) of {gate}": path.delta[i * d : (i + 1) * d] for i, gate in enumerate(gates)}
    return found | deltas | {"h_{k−1}": path.h_before}


WALK: View[Asked] = View(
    "walk", "How does one loss travel back?", always, _walk, _draw_walk, _explain_walk,
    lambda point: {"back": int(point[0])},
)  # fmt: skip


# ---- shares ---------------------------------------------------------------------------------------------------------


def _draw_shares(asked: Asked) -> go.Figure:
    counted = asked.flow.weights[asked.flow.rows] > 0
    bands = figures.banded(asked.held.shares[asked.parameter][counted], asked.flow.rows[counted])
    return figures.shares(bands, asked.flow.tokens, asked.copy)


def _explain_shares(asked: Asked) -> str:
    shares, flow = asked.held.copy_shares[asked.parameter], asked.flow
    against = np.flatnonzero(shares < 0)
    most = int(np.argmax(shares))
    shown = float(asked.held.shares[asked.parameter].sum())
    missing = "" if abs(shown - shares.sum()) < 0.01 else (
        f" The bars are of the losses that are followed one by one and add up to {shown:.3f}."
    )  # fmt: skip
    w = asked.letter
    return (
        f"Each copy of {w} gets its own gradient, and training moves the one {w} by their sum. A copy's share is how far it "
        "points along that sum; the shares add up to 1, and a negative one pulls against the sum. The colours tell how far "
        "away the losses were that a share came from.\n\n"
        rf"$$s_i = \frac{{\langle \partial L/\partial {w}|(i),\ \partial L/\partial {w} \rangle}}"
        rf"{{\lVert \partial L/\partial {w} \rVert^2}}, \qquad \textstyle\sum_i s_i = {shares.sum():.3f}$$" + "\n\n"
        f"‖∂L/∂{w}‖ = {number(flow.norms[asked.name])}. The largest share is {shares[most]:.3f}, of the copy at "
        f"{asked.at(most)}; {len(against)} of {len(shares)} copies pull against the sum"
        + (f", together {shares[against].sum():.3f}." if len(against) else ".") + missing
    )  # fmt: skip


SHARES: View[Asked] = View(
    "copy_shares", "Which copies make up the gradient, and which pull against it?", always,
    _same, _draw_shares, _explain_shares, lambda point: {"back": int(point[0])},
)  # fmt: skip


def _draw_running(asked: Asked) -> go.Figure:
    held = asked.held
    series = {"length of the sum so far / full length": held.running[asked.parameter],
              "cosine with the full gradient": held.running_cosines[asked.parameter]}  # fmt: skip
    return figures.along(series, asked.flow.tokens, "of the full gradient", asked.copy, log=False)


def _explain_running(asked: Asked) -> str:
    cosines = asked.held.running_cosines[asked.parameter]
    ordered = cosines if asked.direction else cosines[::-1]
    below = np.flatnonzero(ordered < 0.99)
    met = int(below[-1]) + 2 if len(below) else 1
    way = "from the start on" if asked.direction else "from the end back"
    w = asked.letter
    return (
        f"The sweep meets the copies {way} and adds their gradients up. The sum starts as one copy's and ends as ∂L/∂{w}, "
        "where both lines are 1.\n\n"
        rf"$$G_i = \textstyle\sum_{{j\ \text{{met so far}}}} \partial L/\partial {w}|(j)$$" + "\n\n"
        f"After {min(met, len(cosines))} of {len(cosines)} copies the sum points within 8° of ∂L/∂{w} (cosine 0.99) for good."
    )


RUNNING: View[Asked] = View(
    "running", "How does the gradient add up along the way back?", always,
    _same, _draw_running, _explain_running, lambda point: {"back": int(point[0])},
)  # fmt: skip


# ---- last step against every step -----------------------------------------------------------------------------------


class _Modes(NamedTuple):
    asked: Asked
    modes: LossModes


def _classifies(config: RunConfig) -> bool:
    return not config.task.per_token


def _draw_modes(found: _Modes) -> go.Figure:
    asked, modes = found
    series = {"loss at the last step": modes.last_reached[asked.layer, asked.direction],
              "loss at every step (mean)": modes.every_reached[asked.layer, asked.direction]}  # fmt: skip
    return figures.along(series, asked.flow.tokens, "‖∂L/∂hₜ‖", asked.copy)


def compared(modes: LossModes, loaded: Loaded) -> dict[str, list[Any]]:
    """The two gradients by parameter, as a table."""
    return {
        "parameter": [letter(loaded, name) for name in modes.last_norms],
        "length, last step": list(modes.last_norms.values()),
        "length, every step": [modes.every.norms[name] for name in modes.last_norms],
        "cosine": [modes.every.cosines[name] for name in modes.last_norms],
    }


def modes_words(found: _Modes) -> str:
    """What the every-step loss changes here, as Markdown."""
    asked, modes = found
    last, every = (held[asked.layer, asked.direction] for held in (modes.last_reached, modes.every_reached))
    early = max(1, len(last) // 4)
    cosine = modes.every.cosines["all"]
    alike = "point nearly the same way" if cosine > 0.9 else "point different ways" if cosine < 0.5 else "agree in part"
    return (
        f"The first {early} states get {number(float(last[:early].mean()))} on average from the last step's loss and "
        f"{number(float(every[:early].mean()))} from every step's: {number(_over(every[:early].mean(), last[:early].mean()))} "
        f"times as much. The two whole gradients {alike} (cosine {cosine:.3f}). A loss at every step teaches each state to "
        "be read out at once, also before the text has said enough to know; this run was trained with the loss "
        f"{CHOICE_NAMES[asked.backward.loaded.config.loss]}."
    )


def _explain_modes(found: _Modes) -> str:
    return (
        "Both are taken with the same weights on the same text. With the loss at the last step, all that an early word "
        "hears has come back through every later step. With a loss at every step, each step also hears its own loss, and "
        "those between.\n\n"
        r"$$L_{\text{last}} = L(T), \qquad L_{\text{every}} = \frac{1}{T} \sum_t L(t)$$" + "\n\n" + modes_words(found)
    )


MODES: View[Asked] = View(
    "modes", "What does the last step's loss teach, and what every step's?", _classifies,
    lambda asked: _Modes(asked, asked.backward.modes), _draw_modes, _explain_modes,
    lambda point: {"back": int(point[0])},
)  # fmt: skip


# ---- truncation -----------------------------------------------------------------------------------------------------


class _Cut(NamedTuple):
    asked: Asked
    all: list[Truncation]
    here: list[Truncation]


def _cut(asked: Asked) -> _Cut:
    return _Cut(asked, asked.backward.truncations, asked.backward.truncated(asked.window))


def _draw_cut(cut: _Cut) -> go.Figure:
    return figures.truncation(cut.all, cut.asked.name, cut.asked.window)


def cut_words(cut: _Cut) -> str:
    """What the chosen K leaves, as Markdown."""
    asked = cut.asked
    return "\n".join(
        f"- **{'Window' if one.kind == 'window' else 'Chunks'}** of K = {one.k}: {one.kept:,} pairs (t, i) kept, "
        f"{one.dropped:,} dropped. What is left of the gradient of {asked.letter}: cosine with the full one "
        f"**{one.against.cosines[asked.name]:.4f}**, **{one.against.ratios[asked.name]:.4f}** of its length; the bias, which "
        f"is what is missing, is {one.against.bias[asked.name]:.4f} of it."
        for one in cut.here
    )


def _explain_cut(cut: _Cut) -> str:
    last = " With the loss at the last step alone, only the last K steps, or the last chunk, learn anything."
    return (
        "Truncated backpropagation through time leaves summands out. A window of K keeps, for the loss at t, the copies "
        "less than K steps away. Chunks of K keep the copies in t's own chunk of K steps, so the first step of a chunk "
        "keeps itself alone: this is cheap in training, because nothing is carried over a boundary.\n\n"
        r"$$\text{window: } |t-i| < K \qquad \text{chunks: } \lfloor (t-1)/K \rfloor = \lfloor (i-1)/K \rfloor$$" + "\n\n"
        + cut_words(cut) + "\n\nThe bias does not average out over texts." + last * (cut.asked.flow.loss == "last")
    )  # fmt: skip


TRUNCATION: View[Asked] = View(
    "truncation", "What is lost when the way back is cut after K steps?", always, _cut, _draw_cut, _explain_cut
)


# ---- vanishing and exploding ----------------------------------------------------------------------------------------


class _Reached(NamedTuple):
    asked: Asked
    reach: Reach
    distances: np.ndarray
    left: np.ndarray


def faded(asked: Asked) -> np.ndarray:
    """‖δ(t,i)‖ / ‖δ(t,t)‖ of the chosen loss, by distance."""
    row, t = asked.row, int(asked.flow.rows[asked.row])
    delta = asked.held.delta[row].astype(np.float64)
    away = delta[t:] if asked.direction else delta[t::-1]
    return away / away[0] if away[0] else np.zeros(len(away))


def _reached(asked: Asked) -> _Reached:
    reach = asked.backward.reach(asked.layer, asked.direction, asked.step)
    left = faded(asked)
    return _Reached(asked, reach, np.abs(reach.steps - reach.step), left)


def _draw_reach(found: _Reached) -> go.Figure:
    reach, n = found.reach, found.distances
    state = "h" if len(found.asked.backward.loaded.network.cell.parts) == 1 else "(h,c)"
    series = {"‖δ(t,i)‖ / ‖δ(t,t)‖, this loss": (np.arange(len(found.left)), found.left),
              f"‖∂{state}ₜ/∂{state}ₖ‖₂, measured": (n, reach.norms)}  # fmt: skip
    if reach.bound is not None and reach.radius is not None:
        series["bound Π ‖W‖₂ · max φ′"] = (n, reach.bound)
        series["ρ(W)ⁿ, long-run rate, no bound"] = (n, reach.radius ** n.astype(np.float64))
    return figures.against(series, "steps away from t", "what is left", dashed=list(series)[2:])


def horizon_words(left: np.ndarray, direction: int = 0) -> str:
    """How far a gradient reaches, as a sentence. Direction 1 reads from the end, so its way back leads there."""
    way, end = ("on", "ends") if direction else ("back", "begins")
    if not left[0]:
        return "This loss sends nothing at all."
    if not np.isfinite(left).all():
        return "The gradient explodes: it grows beyond what can be written."
    away = bptt_reach.horizon(left)
    if away is not None:
        return f"{away} step{'s' * (away != 1)} {way}, less than 1 % is left."
    if len(left) == 1:
        return f"There is nothing {'after' if direction else 'before'} this step."
    steps = f"{len(left) - 1} step{'s' * (len(left) > 2)}"
    return f"Even {steps} {way}, where the text {end}, {left[-1]:.3g} times the start is left."


def _explain_reach(found: _Reached) -> str:
    reach = found.reach
    growth = ""
    if len(reach.norms) > 1:
        n = int(found.distances[-1])
        growth = f" Over {n} steps the measured norm is {number(float(reach.norms[-1]))}."
    bound = "This cell has gates: no such simple bound holds, so what you see is measured alone."
    if reach.bound is not None:
        bound = (
            r"$$\Bigl\lVert \frac{\partial h_t}{\partial h_k} \Bigr\rVert_2 \le "
            r"\prod_{j=k+1}^{t} \lVert W \rVert_2 \cdot \max_u \varphi'(a_{j,u})$$" + "\n\n"
            f"‖W‖₂ = {number(reach.weight_norm or 0)}; the spectral radius is ρ(W) = {number(reach.radius or 0)}. "
            "The bound is never broken, but may be far above what happens. ρ(W)ⁿ says how powers of W alone grow or "
            "fade in the long run: it bounds nothing, and knows nothing of the slopes."
        )
    thinned = f" {reach.left_out:,} steps between were left out, to answer quickly." if reach.left_out else ""
    return (
        f"From {found.asked.at(reach.step)} back: {horizon_words(found.left, found.asked.direction)} A line that falls evenly "
        "on this scale fades "
        "by the same factor at each step (vanishing); one that rises explodes.\n\n"
        f"{bound}\n\n‖∂h_t/∂h_k‖₂ is the most that any change of the state at k can still move the state at t"
        + (", for the LSTM of the pair (h, c)" if len(found.asked.backward.loaded.network.cell.parts) > 1 else "")
        + f".{growth}{thinned}"
    )


REACH: View[Asked] = View(
    "reach", "Does the gradient vanish or explode on the way back?", always, _reached, _draw_reach, _explain_reach
)


def _draw_saturation(found: _Reached) -> go.Figure:
    series = {_UNITS.get(name, name): share for name, share in found.reach.saturation.items()}
    return figures.along(series, found.asked.flow.tokens, "share of flat units", found.asked.copy, log=False)


_UNITS = {"i": "input gate i", "f": "forget gate f", "g": "candidate g", "o": "output gate o", "tanh c": "tanh of c",
          "r": "reset gate r", "z": "update gate z", "n": "candidate n"}  # fmt: skip


def _explain_saturation(found: _Reached) -> str:
    i = found.asked.copy
    listed = ", ".join(f"{_UNITS.get(name, name)} {share[i]:.0%}" for name, share in found.reach.saturation.items())
    return (
        "A non-linearity is called saturated where its slope is below a tenth of its steepest: there, hardly any gradient "
        "passes. A gate that is wide open or shut is flat, too, and that is often what it has learnt.\n\n"
        r"$$\varphi'(a) < \tfrac{1}{10} \max \varphi'$$" + "\n\n"
        f"At {found.asked.at(i)}: {listed}. For ReLU, flat means that a unit is off."
    )


SATURATION: View[Asked] = View(
    "saturation", "Where is the network too flat to let the gradient pass?", always, _reached,
    _draw_saturation, _explain_saturation, lambda point: {"back": int(point[0])},
)  # fmt: skip


# ---- what training would do with it ---------------------------------------------------------------------------------


class _Step(NamedTuple):
    asked: Asked
    sgd: SgdStep


def _draw_sgd(step: _Step) -> go.Figure:
    return figures.sgd(step.sgd, step.asked.backward.loaded.config.train.learning_rate)


def updates(asked: Asked, clip: float) -> dict[str, list[Any]]:
    """The update of each parameter by one step with the run's learning rate, as a table."""
    loaded, norms = asked.backward.loaded, asked.backward.sgd.norms
    rate = loaded.config.train.learning_rate
    short = bptt_updates.clipped(asked.flow.norm, clip) if clip else 1.0
    sizes = {name: float(p.norm()) for name, p in asked.backward.done.network.named_parameters()}
    return {
        "parameter": [letter(loaded, name) for name in norms],
        "‖gradient‖": list(norms.values()),
        "‖update‖": [rate * short * norm for norm in norms.values()],
        "‖update‖ / ‖parameter‖": [_over(rate * short * norm, sizes[name]) for name, norm in norms.items()],
    }


def clip_words(asked: Asked, clip: float) -> str:
    """What clipping would do to this text's gradient, as a sentence."""
    norm = asked.flow.norm
    if not clip:
        return "Clipping is off (0)."
    short = bptt_updates.clipped(norm, clip)
    done = f"it would be multiplied by {short:.3g}, its direction kept" if short < 1 else "clipping would leave it alone"
    return f"The whole gradient has length {number(norm)}; with the threshold {number(clip)}, {done}."


def _explain_sgd(step: _Step) -> str:
    found = step.sgd
    best = int(np.argmin(found.after))
    train = step.asked.backward.loaded.config.train
    word = "" if not step.asked.flow.logit else " Here L is a logit, which descent lowers: a step against this answer."
    return (
        "One step of plain gradient descent from this text alone:\n\n"
        r"$$P \leftarrow P - \eta\, \frac{\partial L}{\partial P}$$" + "\n\n"
        f"Before: L = {number(found.before)}. At first L falls by ‖∂L‖² = {number(-found.slope)} for each unit of η; with too "
        f"large an η the step overshoots. Of the rates tried, η = {number(float(found.rates[best]))} ends lowest, at "
        f"{number(float(found.after[best]))}. The run's own rate is {number(train.learning_rate)} with "
        f"{CHOICE_NAMES[train.optimizer]}.{word}"
    )


SGD: View[Asked] = View(
    "sgd", "What would one step of gradient descent from this text do?", always,
    lambda asked: _Step(asked, asked.backward.sgd), _draw_sgd, _explain_sgd,
)  # fmt: skip


def _directions(asked: Asked) -> tuple[Asked, BatchDirections]:
    found = asked.backward.directions
    loaded = asked.backward.loaded

    def named(values: dict[str, Any]) -> dict[str, Any]:
        return {letter(loaded, name): value for name, value in values.items()}

    text = found.text
    return asked, BatchDirections(
        type(text)(named(text.norms), named(text.cosines), named(text.ratios), named(text.bias)), named(found.cosines)
    )


def _explain_directions(found: tuple[Asked, BatchDirections]) -> str:
    _, directions = found
    together = directions.cosines["all together"]
    known = together[~np.isnan(together)]
    own = "none of its texts has a gradient that is not 0."
    if len(known):
        own = f"the batch's own texts {known.mean():.3f} on average, from {known.min():.3f} to {known.max():.3f}."
    return (
        "Training does not follow one text, but the mean gradient of a mini-batch. A cosine of 1: this text pulls exactly "
        "where the batch pulls; 0: at right angles; below 0: against it.\n\n"
        r"$$\cos = \frac{\langle g, \bar g \rangle}{\lVert g \rVert \lVert \bar g \rVert}, \qquad "
        r"\bar g = \frac{1}{B} \sum_b g_b$$" + "\n\n"
        f"B = {len(together)} texts of the run's training data. All parameters together: this text "
        f"{directions.text.cosines['all together']:.3f}, {own}"
    )


DIRECTIONS: View[Asked] = View(
    "directions", "Does this text pull where a mini-batch pulls?", always, _directions,
    lambda found: figures.directions(found[1]), _explain_directions,
)  # fmt: skip


# ---- runs side by side ----------------------------------------------------------------------------------------------


class Beside(NamedTuple):
    """Runs on the same text, by what people call them; each looked at its last loss and its uppermost layer."""

    runs: dict[str, Asked]


def _draw_beside(beside: Beside) -> go.Figure:
    series = {}
    for name, asked in beside.runs.items():
        left = faded(asked)
        series[name] = (np.arange(len(left)), left)
    return figures.against(series, "steps away from the last loss", "‖δ(T,i)‖ / ‖δ(T,T)‖")


def side_by_side(beside: Beside) -> dict[str, list[Any]]:
    """The runs in numbers, as a table."""
    runs = beside.runs
    return {
        "run": list(runs),
        "target": [asked.flow.labels[asked.flow.targets[asked.step]] for asked in runs.values()],
        "loss of the text": [asked.flow.total for asked in runs.values()],
        "‖∂L/∂W‖, uppermost layer": [asked.flow.norms[asked.name] for asked in runs.values()],
        "whole gradient": [asked.flow.norm for asked in runs.values()],
        "horizon": [horizon_words(faded(asked), asked.direction) for asked in runs.values()],
    }


def _explain_beside(beside: Beside) -> str:
    listed = "\n".join(
        f"- {literal(name, 60)}: {horizon_words(faded(asked), asked.direction)}" for name, asked in beside.runs.items()
    )
    return (
        "Each line starts at 1, at the last loss's own step, and shows what is left of its gradient further back. Gates "
        "(LSTM, GRU) were invented to let this line fall slowly; whether they do so here is what you see.\n\n"
        r"$$\frac{\lVert \delta(T,i) \rVert}{\lVert \delta(T,T) \rVert}$$" + f"\n\n{listed}"
    )


BESIDE: View[Beside] = View("beside", "Which cell remembers furthest back?", always, lambda beside: beside,
                            _draw_beside, _explain_beside)  # fmt: skip

VIEWS = (MAP, WALK, SHARES, RUNNING, MODES, TRUNCATION, REACH, SATURATION, SGD, DIRECTIONS)
"""All views of one run."""
