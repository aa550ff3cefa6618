"""Nothing outside of rnn_core/tasks depends on which task it is: it asks the task.

A two-way switch between tasks has had other names than theirs, which are found as well: one answer per text or many, a trace
without `answers`, a run without labels. What shows a curve where a trace has it goes through `Trace.curves`.
"""

import ast
from pathlib import Path

import pytest

from rnn_core import tasks
from tests.test_layers import CORE, PAGES, ROOT

NAMES = set(tasks.names())
OUTSIDE = [path for path in (*CORE, *PAGES) if "tasks" not in path.relative_to(ROOT).parts]


def conditions(tree: ast.AST, per_token: bool = True) -> list[str]:
    """What a file asks by the name of a task, or by a switch between tasks, with the lines.

    Args:
        per_token: whether reading `per_token` is one.
    """

    def names(node: ast.AST) -> bool:
        return isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in NAMES

    found = []
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
            if any(names(part) for side in sides for part in (side, *getattr(side, "elts", ()))) and any(map(of_a_task, sides)):
                found.append(f"line {line}: compares with the name of a task")
            if any(is_attribute(side, "answers") for side in sides) and any(is_none(side) for side in sides):
                found.append(f"line {line}: asks whether there are answers")
            if any(map(of_speech, sides)) and any(map(is_nothing, sides)):
                found.append(f"line {line}: asks whether there are labels")
        elif isinstance(node, ast.Dict) and len(node.keys) > 1 and all(key and names(key) for key in node.keys):
            found.append(f"line {line}: a dict by the names of tasks")
        elif isinstance(node, ast.MatchValue) and names(node.value):
            found.append(f"line {line}: matches the name of a task")
        elif is_attribute(node, "one_answer") or (per_token and is_attribute(node, "per_token")):
            found.append(f"line {line}: reads {ast.unparse(node)}")
        found += [f"line {part.lineno}: asks whether there are labels" for part in conditions_of(node) if of_speech(part)]
    return found


def conditions_of(node: ast.AST) -> list[ast.expr]:
    """The expressions whose truth a node asks for."""
    match node:
        case ast.If() | ast.IfExp() | ast.While() | ast.Assert():
            return [node.test]
        case ast.UnaryOp(op=ast.Not()):
            return [node.operand]
        case ast.BoolOp():
            return node.values
        case ast.comprehension():
            return node.ifs
        case ast.Call(func=ast.Name(id="bool")):
            return node.args
    return []


def is_attribute(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name


def is_none(node: ast.AST) -> bool:
    return ast.unparse(node) == "None"


def is_nothing(node: ast.AST) -> bool:
    """Whether an expression is 0 or an empty sequence."""
    return ast.unparse(node) in ("0", "()", "[]")


def of_speech(node: ast.AST) -> bool:
    """Whether an expression is `speech.labels` of something, or their number."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "len":
        (node,) = node.args
    return is_attribute(node, "labels") and (is_attribute(node.value, "speech") or getattr(node.value, "id", "") == "speech")


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
     "TITLES = {'tag': 1, 'classify': 2}", "task.one_answer", "x if trace.answers is None else y",
     "trace.answers is not None and p", "None is reading.trace.answers", "run.speech.labels and wanted()", "bool(speech.labels)",
     "not loaded.speech.labels", "y if run.speech.labels else n", "len(run.speech.labels) == 0", "not len(run.speech.labels)",
     "run.speech.labels != ()", "[x for x in y if x.speech.labels]"],
)  # fmt: skip
def test_a_condition_on_a_task_is_found(line: str) -> None:
    assert conditions(ast.parse(line))


@pytest.mark.parametrize(
    "line",
    ["label in run.speech.labels", "known and label in speech.labels", "len(run.speech.labels) > 1000", "trace.curves['answers']",
     "name if report.labels else ''", "state.answers or ''"],
)  # fmt: skip
def test_what_says_nothing_of_a_task_is_left_alone(line: str) -> None:
    assert not conditions(ast.parse(line))
