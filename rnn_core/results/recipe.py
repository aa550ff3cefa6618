"""How a network was trained, in numbers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Recipe:
    """The recipe of a run: initialise; forward, loss, backward, update; until dev no longer improves.

    Attributes:
        cell: its title.
        words, embedding, hidden, width, classes: N, n (that of x_t), d, D (what the readout reads) and k.
        letters: of the cell's parameters.
        parameters: P.
        starts: by letter how a parameter starts, in words and numbers.
        of: what has a label: `text`, `token`, or `next` where the label of a token is the one that follows.
        loss, reduce: where the loss is taken and how a text's losses are put together.
        optimizer, rate, schedule, warmup, clip, batch, truncate, patience, most_epochs: as the options have them.
        metric: the headline metric on dev, and whether a higher value is better.
        epochs, updates: done in all; 0 where nothing was written down.
        best: the epoch whose weights were kept; 0: not known.
    """

    cell: str
    words: int
    embedding: int
    hidden: int
    width: int
    classes: int
    letters: tuple[str, ...]
    parameters: int
    starts: dict[str, str]
    of: str
    loss: str
    reduce: str
    optimizer: str
    rate: float
    schedule: str
    warmup: int
    clip: float
    batch: int
    truncate: int
    patience: int
    most_epochs: int
    metric: tuple[str, bool]
    epochs: float
    updates: int
    best: float

    @property
    def logistic(self) -> int:
        """N·k + k, the parameters of logistic regression on the same words and classes."""
        return self.words * self.classes + self.classes

    @property
    def per_epoch(self) -> float:
        """Updates per epoch."""
        return self.updates / self.epochs if self.epochs else 0.0
