"""Words that people read are written alike everywhere: percents without a space, indices as subscripts."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SOURCES = sorted([*(ROOT / "rnn_core").rglob("*.py"), *(ROOT / "pages").rglob("*.py")])
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
SPACED = re.compile(r"\d %(?![\w({])")
RAW = re.compile(r"(?<![\w\\{])[hxwaoyLWUVbc]_(?:[tkijT]\b|\{)")
"""A letter with an index as in LaTeX."""


def written(path: Path) -> Iterator[str]:
    """The strings of a file but for its docstrings; a number stands for the values of an f-string."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    inner = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "0" for part in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and not {id(node)} & (docstrings | inner):
            yield node.value


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: str(p.relative_to(ROOT)))
def test_a_percent_has_no_space_before_its_sign(path: Path) -> None:
    assert not [text for text in written(path) if SPACED.search(text)]


@pytest.mark.parametrize("path", PAGES, ids=lambda p: p.name)
def test_neither_has_one_in_the_documents(path: Path) -> None:
    assert not [line for line in path.read_text(encoding="utf-8").splitlines() if SPACED.search(line)]


@pytest.mark.parametrize("path", [path for path in SOURCES if "figures" in path.parts], ids=lambda p: p.name)
def test_no_figure_writes_an_index_as_latex_does(path: Path) -> None:
    assert not [text for text in written(path) if RAW.search(text)]


def test_what_is_looked_for_is_found() -> None:
    assert SPACED.search("95 % of") and not SPACED.search("95% of") and not SPACED.search("t % 2 == 0 %s")
    assert RAW.search("mean ‖∂L/∂h_t‖") and RAW.search("w_t L(t)") and not RAW.search("dev_accuracy w_test")
