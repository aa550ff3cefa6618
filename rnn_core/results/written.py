"""Text that a network has written."""

from typing import NamedTuple


class Written(NamedTuple):
    """A token as it was written.

    Attributes:
        text: as it follows the text before it: with a space in front where one separates the two.
        token: as the vocabulary has it.
        p: its probability in softmax(o), the network's own.
        drawn: its probability in the distribution that it was drawn from.
    """

    text: str
    token: str
    p: float
    drawn: float
