"""What each step's copy of the parameters receives from each step's loss, and what follows from it."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class CopyGradients:
    """What the copies of one layer and direction receive: W|(k) is the copy of W used at step k.

    The losses L(t) are the R ones of `GradientFlow.rows`. Parameters go by the code's names.

    Attributes:
        layer, direction: whose copies these are; direction 1 reads from the end.
        delta: (R, T) ‖δ(t,k)‖, the gradient of L(t) at the pre-activation of step k.
        states: (R, T) ‖∂L(t)/∂h_k‖.
        pairs: by parameter, (R, T) ‖∂L(t)/∂P|(k)‖.
        shares: by parameter, (R, T) w_t ⟨∂L(t)/∂P|(k), ∂L/∂P⟩ / ‖∂L/∂P‖²; all of them sum to 1 (to 0 where ∂L/∂P is 0,
            and to less where R leaves out losses that count).
        copies: by parameter, (T,) ‖∂L/∂P|(k)‖ of the total loss.
        copy_shares: by parameter, (T,) the share of copy i of the total loss.
        running: by parameter, (T,) ‖Σ ∂L/∂P|(j)‖ / ‖∂L/∂P‖ over the copies j that the sweep back has met at step k.
        running_cosines: by parameter, (T,) the cosine of that sum with ∂L/∂P.
        reached: (T,) ‖∂L/∂h_k‖ of the total loss.
        factors: by parameter, (T,) the length of the vector that the copy multiplies: ‖∂L(t)/∂P|(k)‖ is this times the length of
            δ(t,k) at the copy's product. 1 for vectors.
    """

    layer: int
    direction: int
    delta: np.ndarray
    states: np.ndarray
    pairs: dict[str, np.ndarray]
    shares: dict[str, np.ndarray]
    copies: dict[str, np.ndarray]
    copy_shares: dict[str, np.ndarray]
    running: dict[str, np.ndarray]
    running_cosines: dict[str, np.ndarray]
    reached: np.ndarray
    factors: dict[str, np.ndarray]


@dataclass(frozen=True)
class ReadoutGradients:
    """What the copies of V and c receive. The loss at t reaches the copy of step t alone: ∂L(t)/∂V|(t) = (ŷ_t − y_t) h_tᵀ and
    ∂L(t)/∂c|(t) = ŷ_t − y_t.

    Arrays are (T,), 0 where a step has no target. Parameters go by the code's names.

    Attributes:
        norms: by parameter, the length of the sum of its copies' gradients. If E and V are tied, E has a part of its own in the
            gradient of the one matrix.
        delta: ‖∂L(t)/∂o_t‖.
        states: ‖∂L(t)/∂h_t‖ of the uppermost state, both directions together, by this step's own loss alone.
        pairs, copies, copy_shares, running, running_cosines, factors: by parameter, as in `CopyGradients`, of the loss at each
            copy's own step.
    """

    norms: dict[str, float]
    delta: np.ndarray
    states: np.ndarray
    pairs: dict[str, np.ndarray]
    copies: dict[str, np.ndarray]
    copy_shares: dict[str, np.ndarray]
    running: dict[str, np.ndarray]
    running_cosines: dict[str, np.ndarray]
    factors: dict[str, np.ndarray]

    def at(self, rows: np.ndarray, layer: int) -> CopyGradients:
        """The same by loss and copy: (R, T) of the losses at these steps, counted as a layer above all others."""

        def spread(values: np.ndarray) -> np.ndarray:
            found = np.zeros((len(rows), len(values)), values.dtype)
            found[np.arange(len(rows)), rows] = values[rows]
            return found

        pairs, shares = ({name: spread(one) for name, one in of.items()} for of in (self.pairs, self.copy_shares))
        return CopyGradients(
            layer, 0, spread(self.delta), spread(self.states), pairs, shares, self.copies, self.copy_shares, self.running,
            self.running_cosines, self.states, self.factors,
        )


@dataclass(frozen=True)
class GradientFlow:
    """One text and one target: what each step's copy of the parameters receives from each step's loss.

    Attributes:
        tokens: (T,) as fed.
        labels: the run's classes.
        targets: (T,) the class aimed at, at each step; −1 where a step has none.
        logit: whether L(t) is the logit of that class instead of its loss −log ŷ_t.
        loss: `last` or `every`: where the total takes its losses.
        reduce: `mean` or `sum`: how it adds them up.
        values: (T,) L(t); nan where a step has no target.
        weights: (T,) w_t.
        total: L = Σ w_t L(t).
        rows: (R,) the steps t, from 0, whose losses `layers` follows one by one.
        layers: one entry per layer and direction, layer by layer.
        readout: the copies of V and c.
        norms: by parameter, ‖∂L/∂P‖; if E and V are tied, `weight_out` is both.
        differences: by parameter, the largest absolute difference of the sum over copies from autograd's gradient.
        precision: bits of the arithmetic, 32 or 64.
        peak_bytes: what the sweep held at most, results included.
    """

    tokens: tuple[str, ...]
    labels: tuple[str, ...]
    targets: np.ndarray
    logit: bool
    loss: str
    reduce: str
    values: np.ndarray
    weights: np.ndarray
    total: float
    rows: np.ndarray
    layers: tuple[CopyGradients, ...]
    readout: ReadoutGradients
    norms: dict[str, float]
    differences: dict[str, float]
    precision: int
    peak_bytes: int

    @property
    def max_abs_difference(self) -> float:
        """The largest of `differences`."""
        return max(self.differences.values())

    @property
    def norm(self) -> float:
        """The length of the whole gradient, all parameters together."""
        return float(np.sqrt(sum(value * value for value in self.norms.values())))


@dataclass(frozen=True)
class Comparison:
    """One gradient held against another, parameter by parameter.

    Attributes:
        norms: by parameter, its length.
        cosines: by parameter, its cosine with the other; nan where either is 0.
        ratios: by parameter, its length over the other's; nan where the other is 0.
        bias: by parameter, the length of the difference over the other's length; nan where that is 0.
    """

    norms: dict[str, float]
    cosines: dict[str, float]
    ratios: dict[str, float]
    bias: dict[str, float]


@dataclass(frozen=True)
class Truncation:
    """What cutting backpropagation through time short leaves of the total gradient.

    Attributes:
        kind: `window` (copies with |t − k| < K) or `chunks` (copies in t's own chunk of K steps).
        k: K.
        kept, dropped: how many of the pairs (t,k) with w_t ≠ 0 that the loss reaches.
        against: the truncated gradient held against the full one.
    """

    kind: str
    k: int
    kept: int
    dropped: int
    against: Comparison


@dataclass(frozen=True)
class LossModes:
    """The gradient of the last step's loss and that of every step's, for the same weights and text.

    Attributes:
        last_reached, every_reached: (layers, directions, T) ‖∂L/∂h_t‖.
        last_norms: by parameter, the length of the last-step gradient.
        every: the every-step gradient held against the last-step one.
    """

    last_reached: np.ndarray
    every_reached: np.ndarray
    last_norms: dict[str, float]
    every: Comparison


@dataclass(frozen=True)
class Reach:
    """How far back one layer's state hangs on its own past.

    Attributes:
        layer, direction: which.
        step: t, from 0.
        steps: (K,) the steps k, from 0, from t away into what was read before it.
        norms: (K,) ‖∂h_t/∂h_k‖₂, for the LSTM of the pair (h, m).
        bound: (K,) Π ‖W‖₂ · max_u φ′(a_{j,u}) over the steps j between; None where the cell has no such bound.
        weight_norm, radius: ‖W‖₂ and the spectral radius of W; None where the cell has no such bound.
        saturation: by non-linearity, (T,) the share of units whose slope is below a tenth of the steepest.
        left_out: how many steps between t and the text's end of reading have no entry in `steps`.
    """

    layer: int
    direction: int
    step: int
    steps: np.ndarray
    norms: np.ndarray
    bound: np.ndarray | None
    weight_norm: float | None
    radius: float | None
    saturation: dict[str, np.ndarray]
    left_out: int


@dataclass(frozen=True)
class ChainProduct:
    """∂⁺L(t)/∂h_s · ∂h_s/∂h_k · ∂⁺h_k/∂P in one layer and direction, factor by factor.

    ∂⁺L(t)/∂h_s is what reaches the state at s from outside of this layer and direction: in the uppermost layer from the readout,
    at s = t alone; in a lower one from the layers above, which carry the loss along time too, so that it comes down at many
    s. The sum over these ways is the gradient at the copy.

    Attributes:
        step, back: t and k, from 0.
        down: s of the way that is followed.
        parts: what the state consists of: (h,) or (h, m).
        at_loss: (parts·d,) ∂⁺L(t)/∂(state at s).
        between: (parts·d, parts·d) ∂(state at s)/∂(state at k).
        between_norm: its largest singular value.
        at_copy: (parts·d,) the product of the two.
        parameter: P, by the code's name.
        delta: (rows,) what of δ(t,k) at the product of P comes this way.
        factor: what P multiplies: (d,) the state before for W, (n,) the input for U, (1,) 1 for a vector.
        gradient_norm: the length of ∂L(t)/∂P|(k) by this way alone: ‖delta‖ · ‖factor‖.
        whole_norm: ‖∂L(t)/∂P|(k)‖, by all ways.
        ways: (m,) every s at which the loss comes down and reaches k.
        shares: (m,) of each way ⟨its delta, δ(t,k)⟩ / ‖δ(t,k)‖²; they sum to 1, or are 0 where nothing arrives.
    """

    layer: int
    direction: int
    step: int
    back: int
    down: int
    parts: tuple[str, ...]
    at_loss: np.ndarray
    between: np.ndarray
    between_norm: float
    at_copy: np.ndarray
    parameter: str
    delta: np.ndarray
    factor: np.ndarray
    gradient_norm: float
    whole_norm: float
    ways: np.ndarray
    shares: np.ndarray


@dataclass(frozen=True)
class SgdStep:
    """One step of plain gradient descent from one text.

    Attributes:
        norms: by parameter, ‖∂L/∂P‖; an update is the learning rate times this.
        before: L.
        rates: (m,) learning rates.
        after: (m,) L after the step with each; inf where it is no number any more.
        slope: dL/d(rate) at 0: −‖∂L‖².
    """

    norms: dict[str, float]
    before: float
    rates: np.ndarray
    after: np.ndarray
    slope: float


@dataclass(frozen=True)
class BatchDirections:
    """The direction from one text against that from a mini-batch of the run's data.

    Attributes:
        text: this text's gradient held against the mini-batch's.
        cosines: by parameter, (B,) of each text of the batch with the mini-batch's gradient.
    """

    text: Comparison
    cosines: dict[str, np.ndarray]
