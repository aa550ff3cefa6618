"""Nothing outside of a cell's own file and its kernels' depends on which cell it is: all is derived from what it declares."""

import ast
from pathlib import Path

import pytest

from rnn_core.config import CELLS, ModelConfig
from rnn_core.network.cells import cell_of, kind
from tests.test_layers import CORE, PAGES, ROOT, imports

NETWORK = ROOT / "rnn_core" / "network"
OWN = (NETWORK / "cells", NETWORK / "kernels", NETWORK / "sweeps.py", NETWORK / "torch_kernels.py")
"""The cells, and the kernels that some of them have."""
OUTSIDE = [path for path in (*CORE, *PAGES) if not any(path.is_relative_to(own) for own in OWN)]
PARAMETERS = {name for cell in CELLS for name in cell_of(ModelConfig(cell=cell)).declared}
PARAMETERS -= {"bias"}  # a word of other things, too


def conditions(tree: ast.AST) -> list[str]:
    """What a file asks by the name or the class of a cell, or of a parameter by its name, with the lines."""
    classes = {kind(name).__name__ for name in CELLS}

    def names(node: ast.AST | None) -> bool:
        return isinstance(node, ast.Constant) and node.value in CELLS

    found = []
    for node in ast.walk(tree):
        line = f"line {getattr(node, 'lineno', 0)}"
        if isinstance(node, ast.Compare):
            sides = [part for side in (node.left, *node.comparators) for part in (side, *getattr(side, "elts", ()))]
            if any(map(names, sides)):
                found.append(f"{line}: compares with the name of a cell")
        elif isinstance(node, ast.Dict) and any(map(names, node.keys)):
            found.append(f"{line}: a dict by the names of cells")
        elif isinstance(node, ast.MatchValue) and names(node.value):
            found.append(f"{line}: matches the name of a cell")
        elif isinstance(node, ast.Name | ast.Attribute) and (node.id if isinstance(node, ast.Name) else node.attr) in classes:
            found.append(f"{line}: uses the class of a cell")
        elif isinstance(node, ast.Constant) and node.value in PARAMETERS:
            found.append(f"{line}: asks for a parameter of a cell by its name")
    return found


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_asks_which_cell_it_is(path: Path) -> None:
    assert not conditions(ast.parse(path.read_text(encoding="utf-8")))
    assert not {name for name in imports(path) if name.startswith("rnn_core.network.cells.") and name.split(".")[3] in CELLS}


@pytest.mark.parametrize(
    "line",
    ["model.cell == 'lstm'", "model.cell in ('gru', 'x')", "{'rnn': 1}[cell]", "isinstance(cell, cells.lstm.LSTM)",
     "own['weight_hh']", "'peephole' in own"],
)  # fmt: skip
def test_a_condition_on_a_cell_is_found(line: str) -> None:
    assert conditions(ast.parse(line))


def test_declarations_import_torch_within_functions_alone() -> None:
    for path in (NETWORK / "cells").glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            assert not isinstance(node, ast.Import | ast.ImportFrom) or "torch" not in ast.unparse(node), path
