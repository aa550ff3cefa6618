"""The accuracy of a run by the distance of the word that a label depends on."""

from dataclasses import dataclass


@dataclass(frozen=True)
class DistanceGroup:
    """The texts whose distance lies in a range.

    Attributes:
        first, last: the range, in words, both included.
        texts: the number of texts.
        right: the number of right answers.
        low, high: the ends of the 95% Wilson interval of the accuracy.
    """

    first: int
    last: int
    texts: int
    right: int
    low: float
    high: float

    @property
    def accuracy(self) -> float:
        """The share of right answers."""
        return self.right / self.texts


@dataclass(frozen=True)
class ByDistance:
    """The answers of a run to texts of a task with a known memory, by distance.

    Attributes:
        task: its name, such as "first-word".
        question: what it asks, for people.
        groups: in the order of their distances; those of another run on the same texts are the same.
        majority: the accuracy of always answering the most frequent class of training; None if that is not known.
    """

    task: str
    question: str
    groups: tuple[DistanceGroup, ...]
    majority: float | None

    @property
    def accuracy(self) -> float:
        """The share of right answers in all groups."""
        return sum(one.right for one in self.groups) / sum(one.texts for one in self.groups)
