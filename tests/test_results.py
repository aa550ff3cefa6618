"""The results are one contract in several files: each name is had from `rnn_core.results`."""

import ast
from pathlib import Path

from rnn_core import results

FOLDER = Path(results.__file__).parent


def test_every_result_of_every_section_is_given_by_the_package() -> None:
    names: list[str] = []
    for path in FOLDER.glob("[a-z]*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                names.append(node.name)
            elif isinstance(node, ast.Assign):
                names += [name.id for name in ast.walk(node.targets[0]) if isinstance(name, ast.Name)]
    assert sorted(names) == sorted(results.__all__)
    assert all(hasattr(results, name) for name in names)
