"""Vanishing and exploding: how far back a gradient reaches, and where the network is flat."""

from dataclasses import dataclass

import numpy as np

from rnn_core.analysis import bptt_reach
from rnn_core.figures import gradients as figures
from rnn_core.results import Reach
from rnn_core.views.bptt.asked import Asked, Way, looked_at, most_bytes, pick_copy
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Part, View, figure, number


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
    state = found.asked.facts.state
    series = {f"‖∂{state}ₜ/∂{state}ₖ‖₂, measured": (n, reach.norms)}
    if reach.bound is not None and reach.radius is not None:
        series["bound Π ‖W‖₂ · max φ′"] = (n, reach.bound)
        series["ρ(W)ⁿ, long-run rate, no bound"] = (n, reach.radius ** n.astype(np.float64))
    drawn = figures.against(series, "steps away from t", "what is left", dashed=list(series)[1:])
    parts = Part("figure", drawn), Part("text", found.words)
    if not reach.left_out:
        return parts
    said = f"To answer quickly, {reach.left_out:,} of the steps have no singular value of their own here."
    return *parts, Part("caption", said)


SAME = 0.005
"""By how much two lengths may differ, over the start, and still be called the same."""


def horizon_words(left: np.ndarray, direction: int = 0, distances: np.ndarray | None = None) -> str:
    """How far a gradient reaches, as a sentence: whether it vanishes, grows, or does one after the other.

    Args:
        left: (K,) what is left of it, the first at the start itself.
        direction: 1 reads from the end, so its way back leads there.
        distances: (K,) steps away from the start; None: 0, 1, 2 …
    """
    steps_away = (np.arange(len(left)) if distances is None else distances).tolist()
    way, stops = ("on", "ends") if direction else ("back", "begins")
    if not left[0]:
        return "This loss sends nothing at all."
    if not np.isfinite(left).all():
        return "The gradient explodes: it grows beyond what can be written."
    if len(left) == 1:
        return f"There is nothing {'after' if direction else 'before'} this step."

    def at(n: int) -> str:
        return f"{steps_away[n]} step{'s' * (steps_away[n] != 1)} {way}"

    size = left / left[0]
    end, away = float(size[-1]), bptt_reach.horizon(size)
    turns = [(int(size.argmax()), "grows")] if size.max() > max(1, end) * (1 + SAME) else []
    if away is None and size.min() < min(1, end) * (1 - SAME):
        turns.append((int(size.argmin()), "falls"))
    turns.sort()
    told = ", then ".join(f"{how} to {size[n]:.3g} times the start {at(n)}" for n, how in turns)
    told = f"It {told}. " if told else ""
    where = f"{at(len(size) - 1)}, where the text {stops},"
    if away is not None:
        return f"{told}{at(away)}, less than 1% of the start is left."
    if end > 1 + SAME:
        how = "Then it falls" if turns and turns[-1][1] == "grows" else "It grows again" if turns else "It grows"
        return f"{told}{how}: {where} it is {end:.3g} times the start."
    if end >= 1 - SAME:
        return f"{told}{where} as much is left as at the start."
    return f"{told}Even {where} {end:.3g} times the start is left."


def _explain_reach(found: Reached) -> str:
    reach = found.reach
    growth = ""
    if len(reach.norms) > 1:
        n = int(found.distances[-1])
        growth = f" Over {n} steps the measured norm is {number(float(reach.norms[-1]))}."
    bound = "For this cell no such simple bound as the Elman network's holds, so what you see is measured alone."
    if reach.bound is not None:
        between = "{j=t}^{k-1}" if found.asked.direction else "{j=k+1}^{t}"
        bound = (
            r"$$\Bigl\lVert \frac{\partial h_t}{\partial h_k} \Bigr\rVert_2 \le "
            rf"\prod_{between} \lVert W \rVert_2 \cdot \max_u \varphi'(a_{{j,u}})$$" + "\n\n"
            f"‖W‖₂ = {number(reach.weight_norm or 0)}; the spectral radius is ρ(W) = {number(reach.radius or 0)}. "
            "The bound is never broken, but may be far above what happens. ρ(W)ⁿ says how powers of W alone grow or "
            "fade in the long run: it bounds nothing, and knows nothing of the slopes."
        )
    thinned = f" {reach.left_out:,} steps between were left out, to answer quickly." if reach.left_out else ""
    way, state = "on" if found.asked.direction else "back", found.asked.facts.state
    return (
        f"From {found.asked.at(reach.step)} {way}: {found.words} A line that falls evenly on this scale fades "
        "by the same factor at each step (vanishing); one that rises explodes.\n\n"
        f"{bound}\n\n‖∂{state}ₜ/∂{state}ₖ‖₂ is the most that any change of the state at k can still move the state at t"
        + (", here of the pair (h,m)" if len(found.asked.facts.parts) > 1 else "")
        + f".{growth}{thinned}"
    )


def _most_bytes(inputs: Inputs) -> int:
    kinds = len(inputs.backward.loaded.network.cell.kept) + 4
    return most_bytes(inputs) + 8 * (5 + kinds) * len(inputs.backward.trace.tokens) + 2048


REACH: View[Way, Reached] = View(
    "reach", "Does the gradient vanish or explode on the way back?", ("target",), Way,
    _reached, _draw_reach, _explain_reach, _most_bytes,
)  # fmt: skip


def _draw_saturation(found: Reached) -> tuple[Part, ...]:
    series = {_called(found, name): share for name, share in found.reach.saturation.items()}
    return figure(figures.along(series, found.asked.flow.tokens, "share of flat units", found.asked.copy, log=False))


def _called(found: Reached, name: str) -> str:
    """A non-linearity in words."""
    return found.asked.facts.words.get(name, name)


def _explain_saturation(found: Reached) -> str:
    i = found.asked.copy
    listed = ", ".join(f"{_called(found, name)} {share[i]:.0%}" for name, share in found.reach.saturation.items())
    return (
        "A non-linearity is called saturated where its slope is below a tenth of its steepest: there, hardly any gradient "
        "passes. A gate that is wide open or shut is flat, too, and that is often what it has learnt.\n\n"
        r"$$\varphi'(a) < \tfrac{1}{10} \max \varphi'$$" + "\n\n"
        f"At {found.asked.at(i)}: {listed}. For ReLU, flat means that a unit is off."
    )


SATURATION: View[Way, Reached] = View(
    "saturation", "Where is the network too flat to let the gradient pass?", ("target",), Way,
    _reached, _draw_saturation, _explain_saturation, _most_bytes, pick_copy,
)  # fmt: skip
