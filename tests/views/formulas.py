"""Formulas as pages write them, read back from their LaTeX and evaluated with numbers."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy.special import expit

from rnn_core.network.cells import Cell

_EPSILON = 1e-5
"""Of layer normalisation, as torch.nn.LayerNorm has it."""

_WRITTEN = (
    (r"\\mathrm\{LN\}\((\w) (\w_(?:t|\{t[-+]1\}))\)_(\w)", r"block(LN(\1 @ \2), '\3')"),
    (r"\\mathrm\{LN\}", "LN"),
    (r"\\operatorname\{ReLU\}", "relu"),
    (r"\\odot", "*"),
    (r"\\(alpha|beta|sigma|tanh)", r"\1"),
    (r"alpha_\{(\w),(\w)\}", r"alpha_\1_\2"),
    (r"([UW](?:_\w)?) (\w_(?:t|\{t[-+]1\}))", r"(\1 @ \2)"),
    (r"_\{t[-+]1\}", "_before"),
)
"""Regular expressions of LaTeX, and what Python writes for them."""


def python(latex: str) -> str:
    """The right side of an equation as Python."""
    for sign, written in _WRITTEN:
        latex = re.sub(sign, written, latex)
    assert "\\" not in latex and "{" not in latex, latex
    return latex


def parameters(cell: Cell, own: Mapping[str, np.ndarray], d: int) -> dict[str, np.ndarray]:
    """The parameters of a layer and direction by their letters in formulas: whole, and the block of each gate."""
    found = {}
    for name, one in cell.declared.items():
        letter, blocks = one.letter.replace("α", "alpha").replace("β", "beta"), len(own[name]) // d
        found[letter] = own[name]
        gates = ("i", "f", "q") if letter == "p" else cell.gates
        if blocks > 1:
            found |= {f"{letter}_{gate}": own[name][row * d : row * d + d] for row, gate in enumerate(gates)}
    return found


def evaluated(equations: Sequence[str], numbers: Mapping[str, Any], gates: Sequence[str] = ()) -> dict[str, Any]:
    """What each equation gives, by its left side, one after the other: a later one reads what an earlier one gave.

    Args:
        numbers: by the names that `python` makes of letters, such as `h_before` of h_{t−1}.
        gates: of the blocks of a stacked vector.
    """

    def block(v: np.ndarray, gate: str) -> np.ndarray:
        d = len(v) // len(gates)
        return v[gates.index(gate) * d :][:d]

    def normalised(v: np.ndarray) -> np.ndarray:
        return (v - v.mean()) / np.sqrt(v.var() + _EPSILON)

    known: dict[str, Any] = {
        "sigma": expit, "tanh": np.tanh, "relu": lambda a: np.maximum(a, 0), "LN": normalised, "block": block,
    } | dict(numbers)  # fmt: skip
    for equation in equations:
        left, right = equation.split(" = ", 1)
        known[left] = eval(python(right), {"__builtins__": {}}, known)
    return known
