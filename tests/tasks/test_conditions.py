"""Nothing outside of rnn_core/tasks depends on which task it is: it asks the task."""

import ast
from pathlib import Path

import pytest

from rnn_core import tasks
from tests.test_layers import CORE, PAGES, ROOT

NAMES = set(tasks.names())
OUTSIDE = [path for path in (*CORE, *PAGES) if "tasks" not in path.relative_to(ROOT).parts]


def conditions(tree: ast.AST, per_token: bool = True) -> list[str]:
    """What a file asks by the name of a task, or by `per_token`, with the lines."""

    def names(node: ast.AST) -> bool:
        return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in NAMES

    found = []
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(names(part) for side in sides for part in (side, *getattr(side, "elts", ()))) and any(map(of_a_task, sides)):
                found.append(f"line {line}: compares with the name of a task")
        elif isinstance(node, ast.Dict) and len(node.keys) > 1 and all(key and names(key) for key in node.keys):
            found.append(f"line {line}: a dict by the names of tasks")
        elif isinstance(node, ast.MatchValue) and names(node.value):
            found.append(f"line {line}: matches the name of a task")
        elif per_token and isinstance(node, ast.Attribute) and node.attr == "per_token":
            found.append(f"line {line}: reads per_token")
    return found


def of_a_task(side: ast.AST) -> bool:
    """Whether an expression may be the name of a task: it is called so, or is an attribute of that name."""
    words = {part.id for part in ast.walk(side) if isinstance(part, ast.Name)}
    words |= {part.attr for part in ast.walk(side) if isinstance(part, ast.Attribute)}
    return bool(words & {"task", "kind", "name"})


@pytest.mark.parametrize("path", OUTSIDE, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_outside_of_tasks_asks_which_task_it_is(path: Path) -> None:
    data = path.is_relative_to(ROOT / "rnn_core" / "data")  # there it describes the arrays
    assert not conditions(ast.parse(path.read_text(encoding="utf-8")), per_token=not data)


@pytest.mark.parametrize(
    "line",
    ["task == 'tag'", "config.task in ('tag', 'x')", "{'classify': 1, 'tag': 2}[task]", "x.per_token",
     "TITLES = {'tag': 1, 'classify': 2}"],
)  # fmt: skip
def test_a_condition_on_a_task_is_found(line: str) -> None:
    assert conditions(ast.parse(line))
