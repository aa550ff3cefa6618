"""The ledger: every parameter with its letter, shape and count, and the bytes that training takes."""

import math
from collections.abc import Sequence

from rnn_core.analysis.loading import Loaded
from rnn_core.network.cells import INPUT, Declared
from rnn_core.network.models import Network, count_parameters
from rnn_core.results import Ledger, LedgerRow

FLOAT_BYTES = 4


Term = tuple[str | int, ...]
"""The factors of one term of the sum: letters, and whole numbers above 1."""


def ledger(loaded: Loaded, batch: int, steps: int) -> Ledger:
    """The ledger of a run's network, with the memory of training it on B texts of T steps."""
    network, config = loaded.network, loaded.config.model
    words, classes = len(loaded.speech.vocabulary), len(loaded.outcomes)
    letters = {"N": words, "n": config.embedding, "d": config.hidden, "k": classes, "G": len(network.cell.gates)}
    terms = _terms(network)
    in_numbers = [[letters[factor] if isinstance(factor, str) else factor for factor in term] for term in terms]
    in_tensors = sum(p.numel() for p in network.parameters())
    return Ledger(
        letters=letters,
        rows=_rows(network),
        formula=_sum(terms),
        numbers=_sum(in_numbers),
        by_formula=sum(map(math.prod, in_numbers)),
        declared=count_parameters(config, words, classes),
        in_tensors=in_tensors,
        batch=batch,
        steps=steps,
        memory=_memory(loaded, in_tensors, batch, steps),
    )


def _sum(terms: Sequence[Sequence[str | int]]) -> str:
    return " + ".join(r" \cdot ".join(f"{factor:,}".replace(",", "{,}") if isinstance(factor, int) else factor
                                     for factor in term) for term in terms)  # fmt: skip


def _terms(network: Network) -> list[Term]:
    """The parameters that the cell declares in each layer and direction, and N·n + k·D + k around them; D: d, or 2·d."""
    times: Term = (2,) if network.directions > 1 else ()
    wide: Term = (*times, "d")
    terms: list[Term] = [("N", "n")]
    for layer in range(network.config.layers):
        for declared in network.cell.declared.values():
            terms.append((*times, *_rows_of(network, declared), *_columns_of(declared, wide if layer else ("n",))))
    return [*terms, ("k", *wide), ("k",)]


def _rows_of(network: Network, declared: Declared) -> Term:
    """The rows of a parameter: d, G·d, or other blocks of d."""
    gates, blocks = len(network.cell.gates), declared.shape[0]
    return ("d",) if blocks == 1 else ("G", "d") if blocks == gates else (blocks, "d")


def _columns_of(declared: Declared, width: Term) -> Term:
    return () if len(declared.shape) == 1 else width if declared.of == INPUT else ("d",)


def _rows(network: Network) -> tuple[LedgerRow, ...]:
    """Letters, shapes and counts, in the order of the tensors; the letters of a cell are its own declarations."""
    wide: Term = (2, "d") if network.directions > 1 else ("d",)
    rows = [_row("E", None, None, tuple(network.embedding.weight.shape), ("N", "n"))]
    for layer in range(network.config.layers):
        for direction in range(network.directions):
            parameters = network.layer(layer, direction)
            for name, declared in network.cell.declared.items():
                columns = _columns_of(declared, wide if layer else ("n",))
                size = tuple("·".join(map(str, term)) for term in (_rows_of(network, declared), columns) if term)
                rows.append(_row(declared.letter, layer, direction, tuple(parameters[name].shape), size))
    rows.append(_row("V", None, None, tuple(network.weight_out.shape), ("k", "·".join(map(str, wide)))))
    rows.append(_row("c", None, None, tuple(network.bias_out.shape), ("k",)))
    return tuple(rows)


def _row(letter: str, layer: int | None, direction: int | None, shape: tuple[int, ...], size: tuple[str, ...]) -> LedgerRow:
    return LedgerRow(letter, layer, direction, shape, size, math.prod(shape))


def _memory(loaded: Loaded, parameters: int, batch: int, steps: int) -> dict[str, int]:
    """Bytes by what they are for. Activations: all that the cell's equations give at a step is kept for the way back."""
    network, config, cell = loaded.network, loaded.network.config, loaded.network.cell
    each = batch * steps * FLOAT_BYTES
    states = len(cell.parts) + len(cell.kept)
    memory = {"weights": parameters * FLOAT_BYTES, "average of the weights": parameters * FLOAT_BYTES}
    memory["gradient (at most)"] = parameters * FLOAT_BYTES
    if loaded.config.train.optimizer == "adam":
        memory["Adam: two moments"] = 2 * parameters * FLOAT_BYTES
    memory["inputs x, B·T·n"] = each * config.embedding
    memory[f"states and gates, {states}·B·T·d a layer and direction"] = (
        each * config.hidden * states * config.layers * network.directions
    )
    memory["logits, B·T·k"] = each * len(loaded.outcomes)
    return memory
