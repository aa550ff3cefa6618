"""Every parameter of a network, counted, and the memory that training takes."""

from dataclasses import dataclass


@dataclass(frozen=True)
class LedgerRow:
    """One parameter.

    Attributes:
        letter: in the formulas.
        layer, direction: None for the embedding and the readout.
        shape: of the tensor.
        size: its shape in the letters N, n, d, k and G, such as ("G·d", "n").
        count: numbers in the tensor.
    """

    letter: str
    layer: int | None
    direction: int | None
    shape: tuple[int, ...]
    size: tuple[str, ...]
    count: int


@dataclass(frozen=True)
class Ledger:
    """Every parameter of a network, and the bytes that training it takes, in float32.

    Attributes:
        letters: N, n, d, k and G.
        rows: in the order of the tensors.
        formula, numbers: the sum in letters and in this network's numbers, as LaTeX.
        by_formula: what the formula gives.
        declared: the sum of the shapes that the cell declares.
        in_tensors: the sum of the tensors' sizes.
        batch, steps: B and T of the activations.
        memory: bytes by what they are for.
    """

    letters: dict[str, int]
    rows: tuple[LedgerRow, ...]
    formula: str
    numbers: str
    by_formula: int
    declared: int
    in_tensors: int
    batch: int
    steps: int
    memory: dict[str, int]
