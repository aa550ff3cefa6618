"""The gradients of an encoder–decoder on one pair of texts: what each loss of the target sends to each step of both networks."""

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class SideGradients:
    """What R losses send to one layer and direction of the encoder or of the decoder.

    Attributes:
        side: `encoder` or `decoder`.
        layer, direction: its place.
        states: ‖∂L(t)/∂·‖ at each part of the state after each step, by the part's name, (R, steps).
        pairs: ‖∂L(t)/∂P|(i)‖ by parameter, as the cell names it, (R, steps).
        shares: the part of ‖∂L(t)/∂P‖ that each copy adds along ∂L(t)/∂P, over that length, by parameter, (R, steps). Those of
            a loss sum to 1, or are 0 where the whole gradient is.
        norms: ‖∂L(t)/∂P‖, the length of the sum of the copies, by parameter, (R,).
    """

    side: str
    layer: int
    direction: int
    states: dict[str, np.ndarray]
    pairs: dict[str, np.ndarray]
    shares: dict[str, np.ndarray]
    norms: dict[str, np.ndarray]


@dataclass(frozen=True)
class TranslationGradients:
    """A pair of texts, and what each loss of the target sends to each step's copy of the parameters.

    Attributes:
        source: (S,) what the encoder reads, `<sos>` x_1 … `<eos>`.
        target: (T,) what the decoder reads, `<sos>` y_1 … y_n.
        wanted: (T,) the token that the loss of each step asks for, as the target's vocabulary has it; empty where there is none.
        values: (T,) L(t); nan where a step has no target.
        weights: (T,) w_t = 1/m at the m steps with a target, else 0.
        total: L = Σ w_t L(t).
        logit: whether L(t) is the logit of the token instead of its loss −log ŷ_t.
        rows: (R,) the steps t, from 0, whose losses are followed one by one.
        sides: one entry per layer and direction, those of the encoder first.
        norms: by parameter, as the network names it, ‖∂L/∂P‖ by autograd.
        differences: by recurrent parameter, the largest absolute difference of the sum over all copies from autograd's ∂L/∂P.
        precision: bits of the arithmetic, 32 or 64.
    """

    source: tuple[str, ...]
    target: tuple[str, ...]
    wanted: tuple[str, ...]
    values: np.ndarray
    weights: np.ndarray
    total: float
    logit: bool
    rows: np.ndarray
    sides: tuple[SideGradients, ...]
    norms: dict[str, float]
    differences: dict[str, float]
    precision: int

    @property
    def norm(self) -> float:
        """The length of the whole gradient, all parameters together."""
        return float(np.sqrt(sum(value * value for value in self.norms.values())))

    @property
    def max_abs_difference(self) -> float:
        """The largest of `differences`."""
        return max(self.differences.values())


@dataclass(frozen=True)
class LossGradient:
    """The gradient of one loss: where it goes, and which way it takes to the encoder.

    The encoder's gradient is the sum of two: one comes through the state that the decoder starts from, one through attention.

    Attributes:
        step: t of the loss, from 0.
        norms: by parameter, as the network names it, ‖∂L(t)/∂P‖ by autograd.
        copies: by recurrent parameter, the length of the sum of its copies' gradients.
        differences: by recurrent parameter, the largest absolute difference of that sum from autograd's gradient.
        start: ‖∂⁺L(t)/∂(the start state)‖, with the states that attention reads held fixed.
        through_start, through_attention: the lengths of the two parts of the gradient of the encoder and its embedding.
        share_of_start: the part of their sum's length that the first adds along the sum, over that length; nan if the sum is 0.
        direct: (S,) ‖∂⁺L(t)/∂s_j‖ through attention alone, the start state held fixed; zeros without attention.
    """

    step: int
    norms: dict[str, float]
    copies: dict[str, float]
    differences: dict[str, float]
    start: float
    through_start: float
    through_attention: float
    share_of_start: float
    direct: np.ndarray

    @property
    def norm(self) -> float:
        """The length of the whole gradient, all parameters together."""
        return float(np.sqrt(sum(value * value for value in self.norms.values())))

    @property
    def encoder_norm(self) -> float:
        """The length of the gradient of the encoder and its embedding."""
        return float(np.sqrt(sum(v * v for name, v in self.norms.items() if name.startswith(ENCODER))))

    @property
    def encoder_share(self) -> float:
        """The share of the encoder and its embedding in the squared length of the whole gradient; 0 if that is 0."""
        return self.encoder_norm**2 / self.norm**2 if self.norm else 0.0


ENCODER = ("source.", "encoder.")
"""How the names of the parameters that read the source begin."""
