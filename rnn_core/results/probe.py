"""What a linear readout finds in the one vector between an encoder and its decoder."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ProbedPlace:
    """The readout of the token at one place of the source.

    Attributes:
        place: of the token, from 1.
        sources: the number of sources that have a token there.
        right: the share of them whose token is the one that the readout names.
        commonest: the share of them with the commonest token of the place.
    """

    place: int
    sources: int
    right: float
    commonest: float


@dataclass(frozen=True)
class VectorProbe:
    """Linear readouts of the decoder's start state, each fitted by ridge regression and scored on sources left out of the fit.

    Attributes:
        sources: the number of sources.
        numbers: D, the numbers of the vector: all layers and all parts of the state.
        errors, spread: Σ (length − readout)² and Σ (length − mean length)², in tokens squared.
        off, off_mean: the mean of |length − readout| and of |length − mean length|, in tokens.
        penalty: λ of the readout of the length, by its error on left-out sources.
        words: the number of words whose presence is read out.
        found: the mean over these words of the share of pairs of a source with the word and one without it in which the one
            with it has the higher readout (the area under the ROC curve); 0.5 is chance; None without such words.
        places: by the place in the source.
    """

    sources: int
    numbers: int
    errors: float
    spread: float
    off: float
    off_mean: float
    penalty: float
    words: int
    found: float | None
    places: tuple[ProbedPlace, ...]

    @property
    def explained(self) -> float:
        """R² of the length, 1 − errors / spread; NaN if all sources have the same length."""
        return 1 - self.errors / self.spread if self.spread else float("nan")
