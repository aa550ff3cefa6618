"""Vanishing and exploding: how far back a gradient reaches, and where the network is flat."""

from dataclasses import dataclass

import numpy as np

from rnn_core.analysis import bptt_reach
from rnn_core.figures import gradients as figures
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import Reach
from rnn_core.views.bptt.asked import Asked, Way, looked_at, most_bytes, pick_copy
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Part, View, number


@dataclass(frozen=True)
class Reached:
    """How far back the chosen state hangs on its past.

    Attributes:
        distances: (K,) of the steps of `reach`.
    """

    asked: Asked
    reach: Reach
    distances: np.ndarray

    @property
    def words(self) -> str:
        """How far back ‖∂h_t/∂h_k‖₂ reaches, as a sentence."""
        return horizon_words(self.reach.norms, self.asked.direction, self.distances)


def _reached(inputs: Inputs, controls: Way) -> Reached:
    one = looked_at(inputs, controls)
    reach = inputs.backward.reach(one.layer, one.direction, one.step)
    return Reached(one, reach, np.abs(reach.steps - reach.step))


def _draw_reach(found: Reached) -> tuple[Part, ...]:
    reach, n = found.reach, found.distances
    state = tr(found.asked.facts.state)
    series = {tr("‖∂{state}ₜ/∂{state}ₖ‖₂, measured", state=state): (n, reach.norms)}
    if reach.bound is not None and reach.radius is not None:
        series[tr("bound Π ‖W‖₂ · max φ′")] = (n, reach.bound)
        series[tr("ρ(W)ⁿ, long-run rate, no bound")] = (n, reach.radius ** n.astype(np.float64))
    drawn = figures.against(series, tr("steps away from t"), tr("norm of the derivative"), dashed=list(series)[1:])
    parts = Part("figure", drawn), Part("text", found.words), Part("caption", tr(QUESTION))
    if not reach.left_out:
        return parts
    return *parts, Part("caption", _thinned(reach.left_out))


def _thinned(left_out: int) -> str:
    return tr_n(
        "To answer quickly, {n:,} step between are not drawn.", "To answer quickly, {n:,} steps between are not drawn.", left_out,
    )  # fmt: skip


QUESTION = N_(
    "This asks how strongly the state at t can depend on the state at k at all: it takes the direction in which the effect "
    "is largest. A loss uses one direction only, so its own gradient (“How does one loss travel back?”) may fade while "
    "this stays large.",
)
"""What the reach of a gradient answers, beside other answers on whether it vanishes."""


SAME = 0.005
"""By how much two lengths may differ, over the start, and still be called the same."""


def horizon_words(left: np.ndarray, direction: int = 0, distances: np.ndarray | None = None, start: str = "t") -> str:
    """How far a gradient reaches, as a sentence: whether it vanishes, grows, or does one after the other.

    Args:
        left: (K,) what is left of it, the first at the start itself.
        direction: 1 reads from the end, so its way back leads there.
        distances: (K,) steps away from the start; None: 0, 1, 2 …
        start: what the step of the start is called.
    """
    steps_away = (np.arange(len(left)) if distances is None else distances).tolist()
    if not left[0]:
        return tr("The gradient of this loss is 0.")
    if not np.isfinite(left).all():
        return tr("The gradient explodes: it grows beyond what can be written.")
    if len(left) == 1:
        return tr("There is nothing after this step.") if direction else tr("There is nothing before this step.")

    def at(n: int) -> str:
        return tr_n("{n} step on", "{n} steps on", steps_away[n]) if direction else tr_n(
            "{n} step back", "{n} steps back", steps_away[n],
        )  # fmt: skip

    size = left / left[0]
    end, away = float(size[-1]), bptt_reach.horizon(size)
    turns = [(int(size.argmax()), "grows")] if size.max() > max(1, end) * (1 + SAME) else []
    if away is None and size.min() < min(1, end) * (1 - SAME):
        turns.append((int(size.argmin()), "falls"))
    turns.sort()
    told = tr(", then ").join(
        tr("grows to {size:.3g} times its length at {start} ({at})", size=size[n], start=start, at=at(n)) if how == "grows"
        else tr("falls to {size:.3g} times its length at {start} ({at})", size=size[n], start=start, at=at(n))
        for n, how in turns
    )  # fmt: skip
    told = tr("It {turns}. ", turns=told) if told else ""
    farthest = at(len(size) - 1)
    where = tr("{at}, where the text ends,", at=farthest) if direction else tr("{at}, where the text begins,", at=farthest)
    if away is not None:
        return tr("{told}{at}, less than 1% of its length at {start} is left.", told=told, at=at(away), start=start)
    if end > 1 + SAME:
        how = tr("Then it falls") if turns and turns[-1][1] == "grows" else tr("It grows again") if turns else tr("It grows")
        return tr(
            "{told}{how}: {where} it is {end:.3g} times as long as at {start}.",
            told=told, how=how, where=where, end=end, start=start,
        )
    if end >= 1 - SAME:
        return tr("{told}{where} it is as long as at {start}.", told=told, where=where, start=start)
    return tr("{told}Even {where} {end:.3g} times its length at {start} is left.", told=told, where=where, end=end, start=start)


def _explain_reach(found: Reached) -> str:
    reach = found.reach
    growth = ""
    if len(reach.norms) > 1:
        n = int(found.distances[-1])
        growth = tr(" Over {n} steps the measured norm is {norms}.", n=n, norms=number(float(reach.norms[-1])))
    bound = tr("For this cell there is no such simple bound as for the Elman network: the line is measured.")
    if reach.bound is not None:
        between = "{j=t}^{k-1}" if found.asked.direction else "{j=k+1}^{t}"
        bound = tr(
            r"$$\Bigl\lVert \frac{{\partial h_t}}{{\partial h_k}} \Bigr\rVert_2 \le \prod_{between} \lVert W \rVert_2 \cdot "
            r"\max_u \varphi'(a_{{j,u}})$$"
            "\n\n"
            "‖W‖₂ = {weight_norm}; the spectral radius is ρ(W) = {radius}. The measured norm is never above the bound, but may "
            "be far below it. ρ(W)ⁿ is how powers of W alone grow or fade in the long run. It is no bound, and leaves the "
            "slopes out.",
            between=between, weight_norm=number(reach.weight_norm or 0), radius=number(reach.radius or 0),
        )
    thinned = f" {_thinned(reach.left_out)}" if reach.left_out else ""
    state, words = found.asked.facts.state, {"at": found.asked.at(reach.step), "words": found.words}
    begin = tr(
        "From {at} on: {words} A line that falls evenly on this scale fades by the same factor at each step (vanishing); one "
        "that rises explodes.",
        **words,
    ) if found.asked.direction else tr(
        "From {at} back: {words} A line that falls evenly on this scale fades by the same factor at each step (vanishing); one "
        "that rises explodes.",
        **words,
    )  # fmt: skip
    of = tr(" (h,m)") if len(found.asked.facts.parts) > 1 else ""
    return tr(
        "{begin}\n\n"
        "{bound}\n\n"
        "‖∂{state}ₜ/∂{state}ₖ‖₂ is the largest factor by which a small change of the state{of} at k changes the state at "
        "t.{growth}{thinned}\n\n"
        "{question}",
        begin=begin, bound=bound, state=tr(state), of=of, growth=growth, thinned=thinned, question=tr(QUESTION),
    )


def _most_bytes(inputs: Inputs) -> int:
    kinds = len(inputs.backward.loaded.network.cell.kept) + 4
    return most_bytes(inputs) + 8 * (5 + kinds) * len(inputs.backward.trace.tokens) + 2048


REACH: View[Way, Reached] = View(
    "reach", N_("Does the gradient vanish or explode on the way back?"), ("target",), Way,
    _reached, _draw_reach, _explain_reach, _most_bytes,
)  # fmt: skip


def _draw_saturation(found: Reached) -> tuple[Part, ...]:
    series = {_called(found, name): share for name, share in found.reach.saturation.items()}
    drawn = figures.along(series, found.asked.flow.tokens, tr("share of saturated units"), found.asked.copy, log=False)
    return Part("figure", drawn), Part("caption", tr(FLAT))


FLAT = N_(
    "This asks how many units of a step are saturated, step by step, and follows no gradient. A gradient may vanish "
    "without any saturated unit, because W shrinks it, and pass a step with many of them, through the other units.",
)
"""What saturation answers, beside other answers on whether the gradient vanishes."""


def _called(found: Reached, name: str) -> str:
    """A non-linearity in words."""
    return tr(found.asked.facts.words.get(name, name))


def _explain_saturation(found: Reached) -> str:
    i = found.asked.copy
    listed = ", ".join(f"{_called(found, name)} {share[i]:.0%}" for name, share in found.reach.saturation.items())
    return tr(
        "A unit is saturated where the slope of its non-linearity is below a tenth of the steepest slope: hardly any "
        "gradient passes there. A gate that is open or shut is saturated too, which is often what it has learnt.\n\n"
        r"$$\varphi'(a) < \tfrac{{1}}{{10}} \max \varphi'$$"
        "\n\n"
        "Saturated at {at}: {listed}. For ReLU, a saturated unit is one that is off.\n\n"
        "{question}",
        at=found.asked.at(i), listed=listed, question=tr(FLAT),
    )


SATURATION: View[Way, Reached] = View(
    "saturation", N_("Where are units saturated, so that little gradient passes?"), ("target",), Way,
    _reached, _draw_saturation, _explain_saturation, _most_bytes, pick_copy,
)  # fmt: skip
