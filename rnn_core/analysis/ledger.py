"""The ledger: every parameter with its letter, shape and count, and the bytes that training takes."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.parameters import places
from rnn_core.analysis.steps import counted_steps
from rnn_core.data.forms import LETTERS
from rnn_core.language import N_
from rnn_core.network.cells import INPUT, Declared
from rnn_core.network.losses import at_once
from rnn_core.network.models import Network, count_parameters
from rnn_core.network.translator import Translator
from rnn_core.results import Ledger, LedgerRow, MemoryRow, TranslatorLedger

Term = tuple[str | int, ...]
"""The factors of one term of the sum: letters, and whole numbers above 1."""


def ledger(loaded: Loaded, batch: int, steps: int) -> Ledger:
    """The ledger of a run's network, with the memory of training it on B texts of T steps."""
    network, config = loaded.network, loaded.config.model
    words, classes = len(loaded.speech.vocabulary), len(loaded.outcomes)
    letters = {"N": words, "n": network.inputs.width, "d": config.hidden, "k": classes, "G": len(network.cell.gates)}
    forms = {name: len(loaded.speech.vocabularies[name]) for name in LETTERS} if config.form else {}
    if forms:
        letters |= {"e": config.embedding, "f": config.form} | {_rows_letter(LETTERS[name]): size for name, size in forms.items()}
    terms = _terms(network)
    in_numbers = [[letters[factor] if isinstance(factor, str) else factor for factor in term] for term in terms]
    in_tensors = sum(p.numel() for p in network.parameters())
    sizes = _sizes(loaded, in_tensors, batch, steps)
    return Ledger(
        letters=letters,
        rows=_rows(network),
        formula=_sum(terms),
        numbers=_sum(in_numbers),
        by_formula=sum(map(math.prod, in_numbers)),
        declared=count_parameters(config, words, classes, forms),
        in_tensors=in_tensors,
        batch=batch,
        steps=steps,
        memory=_memory(loaded, sizes),
        sizes=sizes,
    )


def _sum(terms: Sequence[Sequence[str | int]]) -> str:
    return " + ".join(r" \cdot ".join(f"{factor:,}".replace(",", "{,}") if isinstance(factor, int) else factor
                                     for factor in term) for term in terms)  # fmt: skip


def _terms(network: Network) -> list[Term]:
    """The parameters that the cell declares in each layer and direction, and N·n + k·D + k around them; D: d, or 2·d. If E and V
    are tied, without k·D."""
    times: Term = (2,) if network.directions > 1 else ()
    wide: Term = (*times, "d")
    terms: list[Term] = [("N", "e"), *((_rows_letter(letter), "f") for letter in LETTERS.values())]
    if not network.config.form:
        terms = [("N", "n")]
    for layer in range(network.config.layers):
        for declared in network.cell.declared.values():
            terms.append((*times, *_rows_of(network, declared), *_columns_of(declared, wide if layer else ("n",))))
    return [*terms, *([] if network.tied else [("k", *wide)]), ("k",)]


def _rows_letter(table: str) -> str:
    """The letter of the number of rows of an embedding of a feature of the form: N_c for E_c."""
    return table.replace("E", "N")


def _rows_of(network: Network, declared: Declared) -> Term:
    """The rows of a parameter: d, G·d, or other blocks of d."""
    gates, blocks = len(network.cell.gates), declared.shape[0]
    return ("d",) if blocks == 1 else ("G", "d") if blocks == gates else (blocks, "d")


def _columns_of(declared: Declared, width: Term) -> Term:
    return () if len(declared.shape) == 1 else width if declared.of == INPUT else ("d",)


def _rows(network: Network) -> tuple[LedgerRow, ...]:
    """Letters, shapes and counts, in the order of the tensors; the letters of a cell are its own declarations."""
    wide: Term = (2, "d") if network.directions > 1 else ("d",)
    own = ("N", "e" if network.config.form else "n")
    rows = [_row("E = V" if network.tied else "E", None, None, tuple(network.embedding.weight.shape), own)]
    for path, table in network.inputs.tables.items():
        if letter := LETTERS.get(path.removeprefix("forms.")):
            rows.append(_row(letter, None, None, tuple(table.weight.shape), (_rows_letter(letter), "f")))
    for layer in range(network.config.layers):
        for direction in range(network.directions):
            parameters = network.layer(layer, direction)
            for name, declared in network.cell.declared.items():
                columns = _columns_of(declared, wide if layer else ("n",))
                size = tuple("·".join(map(str, term)) for term in (_rows_of(network, declared), columns) if term)
                rows.append(_row(declared.letter, layer, direction, tuple(parameters[name].shape), size))
    if not network.tied:
        rows.append(_row("V", None, None, tuple(network.weight_out.shape), ("k", "·".join(map(str, wide)))))
    rows.append(_row("c", None, None, tuple(network.bias_out.shape), ("k",)))
    return tuple(rows)


def _row(letter: str, layer: int | None, direction: int | None, shape: tuple[int, ...], size: tuple[str, ...]) -> LedgerRow:
    return LedgerRow(letter, layer, direction, shape, size, math.prod(shape))


def _sizes(loaded: Loaded, parameters: int, batch: int, steps: int) -> dict[str, int]:
    """The letters of the formulas of `_memory`. With truncation, K steps are held at a time, and not T."""
    network, train, cell = loaded.network, loaded.config.train, loaded.network.cell
    words, width, form = len(network.embedding.weight), network.inputs.width, loaded.config.model.form
    tables = [table.weight for table in network.inputs.tables.values()]
    held = min(steps, train.truncate or steps)
    task = tasks.of(loaded.config)
    counted = held if task.carries else min(held, int(np.count_nonzero(counted_steps(loaded, steps))))
    return {
        "P": parameters, "N": words, "n": width, "d": network.config.hidden, "k": len(loaded.outcomes),
        "B": batch, "T": steps, "K": held, "R": batch * steps if form else min(words, batch * steps),
        "s": len(cell.parts) + len(cell.kept),
        "ℓ": network.config.layers * network.directions, "m": batch * counted,
        "q": min(batch * counted, at_once(len(loaded.outcomes))),
        **({"A": sum(map(len, tables)), "S": sum(table.numel() for table in tables)} if form else {}),
    }  # fmt: skip


def _memory(loaded: Loaded, sizes: Mapping[str, int]) -> tuple[MemoryRow, ...]:
    """What `training.loop.Training` holds while it goes back through a batch, from its second epoch on.

    On the processor the optimiser updates a table of embeddings by the rows that a batch reads, and notes for every row how far
    it is; on a GPU, and if E is V too, it updates the whole table.
    """
    train, on_gpu = loaded.config.train, loaded.config.train.device == "cuda"
    by_rows = not on_gpu and not loaded.network.tied
    p, n, form = sizes["P"], sizes["n"], "S" in sizes
    table, each = (sizes["S"], sizes["A"]) if form else (sizes["N"] * sizes["n"], sizes["N"])
    in_tables, of_rows = ("S", "A") if form else ("N·n", "N")
    read, places = sizes["R"] * n, sizes["B"] * sizes["K"]
    rows = [(N_("weights"), "4·P", 4 * p)]
    if by_rows:
        rows.append((N_("gradients"), f"4·(P − {in_tables} + R·n)", 4 * (p - table + read)))
    else:
        rows.append((N_("gradients"), "4·P", 4 * p) if on_gpu else (N_("gradients"), "4·(P + R·n)", 4 * (p + read)))
    if train.optimizer == "adam":
        rows.append((N_("Adam's two moments"), "8·P", 8 * p))
    if by_rows:
        rows.append((N_("row numbers of E"), f"16·{of_rows}", 16 * each))
    elif not on_gpu:
        rows.append((N_("row numbers of E"), f"8·{of_rows}", 8 * each))
    if train.average:
        rows.append((N_("average of the weights"), "4·P", 4 * p))
    rows.append((N_("best weights so far"), "4·P", 4 * p))
    rows.append((N_("inputs x"), "4·B·K·n", 4 * places * n) if on_gpu else (N_("inputs x"), "4·R·n", 4 * read))
    rows.append((N_("states and gates"), "4·s·ℓ·B·K·d", 4 * sizes["s"] * sizes["ℓ"] * places * sizes["d"]))
    rows.append((N_("logits"), "4·q·k", 4 * sizes["q"] * sizes["k"]))
    return tuple(MemoryRow(*row) for row in rows)


# ---- an encoder–decoder ----------------------------------------------------------------------------------------------


def translator_ledger(loaded: Loaded) -> TranslatorLedger:
    """The ledger of an encoder–decoder."""
    network: Any = loaded.network
    assert isinstance(network, Translator)
    config, shapes = network.config, {name: tuple(p.shape) for name, p in network.named_parameters()}
    own = places(network)
    rows = [LedgerRow(place.letter, place.layer, place.direction, shapes[name], _size(network, name), math.prod(shapes[name]))
            for name, place in own.items()]  # fmt: skip
    read, written = (len(one) for one in (loaded.speech.vocabulary, loaded.speech.vocabularies["target"]))
    letters = {"N": read, "M": written, "n": config.embedding, "d": config.hidden, "e": network.encoder.hidden,
               "G": len(network.encoder.cell.gates)}  # fmt: skip
    return TranslatorLedger(
        letters, tuple(place.part for place in own.values()), tuple(rows),
        tasks.of(loaded.config).parameters(loaded.config.model, {"text": read, "target": written}, 0),
        sum(row.count for row in rows),
    )  # fmt: skip


def _size(network: Translator, name: str) -> tuple[str, ...]:
    """The shape of a parameter in letters."""
    if name in _OUTSIDE:
        return _OUTSIDE[name]
    side, layer, _, parameter = name.split(".")
    units = "e" if side == "encoder" else "d"
    declared, gates = network.encoder.cell.declared[parameter], len(network.encoder.cell.gates)
    blocks = declared.shape[0]
    rows = units if blocks == 1 else f"G·{units}" if blocks == gates else f"{blocks}·{units}"
    if len(declared.shape) == 1:
        return (rows,)
    if declared.of != INPUT:
        return (rows, units)
    further = (network.query is not None) + network.feeding if side == "decoder" else 0
    return rows, "d" if layer != "0" else ("n", "(n + d)", "(n + 2·d)")[further]


_OUTSIDE = {
    "source.weight": ("N", "n"), "target.weight": ("M", "n"), "combine.weight": ("d", "2·d"), "query.weight": ("d", "d"),
    "key.weight": ("d", "d"), "score.weight": ("1", "d"), "weight_out": ("M", "d"), "bias_out": ("M",),
}  # fmt: skip
"""The shapes of the parameters outside of the recurrent layers, in letters."""
