"""The sizes of the network and the number of its parameters."""

from collections.abc import Callable

from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.lessons.expressions import Value
from rnn_core.lessons.quantities.quantity import Quantity
from rnn_core.results import Ledger
from rnn_core.views.inputs import Inputs

RUN = ("run",)


def _ledger(inputs: Inputs) -> Ledger:
    from rnn_core.analysis.ledger import ledger  # it loads torch

    return ledger(inputs.network, 1, 1)


def _letter(letter: str) -> Callable[[Inputs], Value]:
    return lambda inputs: float(inputs.once(_ledger).letters[letter])


def _count(letter: str) -> Callable[[Inputs], Value]:
    """How many numbers all parameters of this letter hold."""

    def of(inputs: Inputs) -> Value:
        rows = [row.count for row in inputs.once(_ledger).rows if row.letter == letter]
        if not rows:
            raise Problem(tr("this network has no {letter}.", letter=tr(letter)))
        return float(sum(rows))

    return of


QUANTITIES = {
    "network.words": Quantity("N: the tokens of the vocabulary", RUN, _letter("N")),
    "network.inputs": Quantity("n: the numbers of x_t, of the embedding", RUN, _letter("n")),
    "network.units": Quantity("d: the numbers of the state h_t", RUN, _letter("d")),
    "network.classes": Quantity("k: the classes of the answer", RUN, _letter("k")),
    "network.blocks": Quantity("G: the blocks of d rows in W and U, such as an LSTM's four", RUN, _letter("G")),
    "parameters.all": Quantity("the number of all parameters", RUN, lambda i: float(i.once(_ledger).in_tensors)),
    **{
        f"parameters.{letter}": Quantity(f"the numbers in {letter}, over all layers and directions", RUN, _count(letter))
        for letter in "EUWbVc"
    },
}
