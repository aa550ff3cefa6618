"""A quantity that lessons can ask for: a name, and how its value comes from the inputs of views."""

from collections.abc import Callable
from typing import NamedTuple

from rnn_core.lessons.expressions import Value
from rnn_core.views.inputs import Inputs


class Quantity(NamedTuple):
    """One quantity.

    Attributes:
        title: in words, for the list of all quantities.
        needs: the inputs that it reads, by their names in `views.inputs.NEEDS`.
        of: its value. It may raise Problem where the network or the text has none.
    """

    title: str
    needs: tuple[str, ...]
    of: Callable[[Inputs], Value]
