"""The scores of a stream in detail: by position, by frequency, by the context that was read, by probability, and at its worst."""

from dataclasses import dataclass

UNKNOWN, ENDS = 0, -1
"""The frequencies that stand for tokens outside the vocabulary, and for `<eos>`, which training does not count."""


@dataclass(frozen=True)
class Group:
    """The mean loss of some tokens.

    Attributes:
        first, last: the range of the number that they are grouped by, both included.
        tokens: how many they are.
        loss: mean of −log p, in nats.
    """

    first: int
    last: int
    tokens: int
    loss: float

    @property
    def nats(self) -> float:
        """The sum of their losses."""
        return self.loss * self.tokens


@dataclass(frozen=True)
class Context:
    """The mean loss at the same places after a number of tokens was read, from a state of zero.

    Attributes:
        read: the number of tokens read, without `<sos>`.
        loss: in nats.
        error: the standard error of that mean.
    """

    read: int
    loss: float
    error: float


@dataclass(frozen=True)
class Reliability:
    """Predictions whose probability lies in one bin.

    Attributes:
        low, high: the ends of the bin, of which the higher belongs to it.
        count: the number of predictions.
        confidence: the mean of their probabilities; 0 without any.
        accuracy: the share of them that were right; 0 without any.
    """

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


@dataclass(frozen=True)
class Passage:
    """Consecutive tokens of a stream.

    Attributes:
        start: the place of the first one in the stream, from 0.
        given: how many of them, from the first, precede the passage.
        tokens: as the file spells them; very long ones are cut.
        losses: −log p of each, in nats.
    """

    start: int
    given: int
    tokens: tuple[str, ...]
    losses: tuple[float, ...]

    @property
    def loss(self) -> float:
        """The mean loss of the passage, without the tokens before it."""
        own = self.losses[self.given :]
        return sum(own) / len(own)


@dataclass(frozen=True)
class Breakdown:
    """The scores of a stream in detail.

    Attributes:
        cut: how texts are cut, `char` or `word`.
        line: by the place in the line, from 1.
        document: by the place in the document, from 1.
        stream: by the place in the stream, from 1, in parts of nearly equal size.
        documents: how many documents there are.
        frequency: by the token's count in training; `UNKNOWN` and `ENDS` are groups of their own.
        places: the number of places where `context` and `carried` are means.
        context: by the number of tokens that were read; empty if the weights changed along the stream.
        carried: the mean loss at these places with all tokens before them read.
        calibration: the most probable token at each step, by its probability.
        window: the number of tokens of a passage, and `stride` that between the starts of two candidates.
        worst: passages that do not overlap, the highest mean loss first.
    """

    cut: str
    line: tuple[Group, ...]
    document: tuple[Group, ...]
    stream: tuple[Group, ...]
    documents: int
    frequency: tuple[Group, ...]
    places: int
    context: tuple[Context, ...]
    carried: float
    calibration: tuple[Reliability, ...]
    window: int
    stride: int
    worst: tuple[Passage, ...]

    @property
    def calibration_error(self) -> float:
        """The expected calibration error, Σ_b n_b/n |accuracy_b − confidence_b| (Naeini, Cooper and Hauskrecht 2015)."""
        total = sum(one.count for one in self.calibration)
        return sum(one.count * abs(one.accuracy - one.confidence) for one in self.calibration) / max(total, 1)
