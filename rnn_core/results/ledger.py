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
class MemoryRow:
    """The bytes of one thing that training holds.

    Attributes:
        name: of the thing.
        formula: its bytes in letters, such as 4·(P − N·n + R·n).
        size: in bytes.
    """

    name: str
    formula: str
    size: int


@dataclass(frozen=True)
class Ledger:
    """Every parameter of a network, and the bytes that training it takes, in float32.

    Attributes:
        letters: N, n, d, k and G; with the form of words also e and f, the widths of E and of the tables of the form, and N_c,
            N_2 and N_3, their rows.
        rows: in the order of the tensors.
        formula, numbers: the sum in letters and in this network's numbers, as LaTeX.
        by_formula: what the formula gives.
        declared: the sum of the shapes that the cell declares.
        in_tensors: the sum of the tensors' sizes.
        batch, steps: B and T of the activations.
        memory: what training holds at once.
        sizes: the letters of its formulas: P parameters in all, N, n, d and k; B texts of T steps, of which K are held for
            the way back; R rows of E that a batch reads at most; s numbers kept per unit and step; ℓ layers times
            directions; m steps that the loss counts, the logits of up to q of which are in memory at once; with the form of words
            A rows and S numbers of all embeddings.
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
    memory: tuple[MemoryRow, ...]
    sizes: dict[str, int]


@dataclass(frozen=True)
class TranslatorLedger:
    """Every parameter of an encoder–decoder, and their number.

    Attributes:
        letters: N and M words of the source and of the target, n, d, e units of each direction of the encoder, and G gates.
        parts: of each row, `encoder`, `decoder`, `attention` or `readout`.
        rows: by part, in the order of the tensors.
        declared: the sum of the shapes that the network's config asks for, without making a tensor.
        in_tensors: the sum of the tensors' sizes.
    """

    letters: dict[str, int]
    parts: tuple[str, ...]
    rows: tuple[LedgerRow, ...]
    declared: int
    in_tensors: int
