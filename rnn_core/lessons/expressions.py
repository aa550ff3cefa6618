"""The expressions of lessons: quantities by their names, arithmetic, comparisons and five functions; nothing else is reached.

An expression is parsed once and checked against the grammar below before anything is computed, so a lesson of somebody else
cannot run code: there are no attributes (a dotted name is one name of the registry), no calls but those of `FUNCTIONS`, and no
names but those that are known.
"""

import ast
import difflib
import math
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Any

import numpy as np

from rnn_core.config import Problem
from rnn_core.language import tr


@dataclass(frozen=True)
class Table:
    """Numbers or words along axes that are not all steps.

    Attributes:
        values: float64, or words of dtype object.
        axes: of each axis the number of its first place, 1 for steps and 0 for units, or the labels of its places.
    """

    values: np.ndarray
    axes: tuple[int | tuple[str, ...], ...]


Value = float | str | np.ndarray | Table
"""A number, a word, a vector along the steps (float64, or words of dtype object), or a table. Truth is 1 or 0."""

ANSWER = "x"
"""The name of the learner's answer."""

MOST_LETTERS, MOST_PARTS = 300, 80
"""Of one expression; the parts are those of its syntax tree."""


def _argmax(value: Value) -> float | str:
    """Where the largest is: the step, counted from 1, or the label."""
    best, (axis, *others) = int(np.argmax(_numbers(value))), value.axes if isinstance(value, Table) else (1,)
    if others:
        raise Problem(tr("argmax takes values along one axis; choose a step first."))
    return float(best + axis) if isinstance(axis, int) else axis[best]


def _reduced(function: Callable[[np.ndarray], Any]) -> Callable[[Value], float]:
    return lambda value: float(function(_numbers(value)))


FUNCTIONS: dict[str, Callable[[Value], Value]] = {
    "abs": lambda value: _plain(np.abs(_numbers(value))), "min": _reduced(np.min), "max": _reduced(np.max),
    "sum": _reduced(np.sum), "argmax": _argmax,
}  # fmt: skip
"""By their names; each takes one value."""

_ARITHMETIC: dict[type[ast.operator], Callable[[Any, Any], Any]] = {
    ast.Add: np.add, ast.Sub: np.subtract, ast.Mult: np.multiply, ast.Div: np.divide, ast.Pow: np.power,
}  # fmt: skip

_CLOSE = 1e-6
"""Two numbers are equal if they differ by at most this share of the larger: they come from float32. 0 equals 0 alone."""


def _equal(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.abs(a - b) <= _CLOSE * np.maximum(np.abs(a), np.abs(b))


_COMPARISONS: dict[type[ast.cmpop], Callable[[np.ndarray, np.ndarray], np.ndarray]] = {
    ast.Eq: _equal, ast.NotEq: lambda a, b: ~_equal(a, b), ast.Lt: np.less, ast.LtE: lambda a, b: (a < b) | _equal(a, b),
    ast.Gt: np.greater, ast.GtE: lambda a, b: (a > b) | _equal(a, b),
}  # fmt: skip

_SIGNS: dict[str, str] = {
    "Mod": "%", "FloorDiv": "//", "MatMult": "@", "BitAnd": "&", "BitOr": "|", "BitXor": "^", "LShift": "<<", "RShift": ">>",
    "Is": "is", "IsNot": "is not", "In": "in", "NotIn": "not in", "Invert": "~",
}  # fmt: skip


@dataclass(frozen=True)
class Expression:
    """An expression that has been checked.

    Attributes:
        source: as it was written.
        names: the quantities that it reads.
        asks: whether it reads the learner's answer.
        tree: its syntax.
    """

    source: str
    names: frozenset[str]
    asks: bool
    tree: ast.expr

    def value(self, quantities: Callable[[str], Value], answer: Value | None = None) -> Value:
        """What it gives.

        Args:
            quantities: the value of a quantity by its name.
            answer: the learner's.

        Raises:
            Problem: where it has no value, such as an index outside of a vector, with the place in words.
        """
        try:
            with np.errstate(all="ignore"):
                found = _Evaluation(quantities, answer).of(self.tree)
        except Problem as why:
            raise Problem(f"`{self.source}`: {why}") from None
        held = found.values if isinstance(found, Table) else found
        if not isinstance(held, str) and np.asarray(held).dtype != object and not np.all(np.isfinite(held)):
            raise Problem(tr("`{source}` has no finite value here.", source=self.source))
        return found

    def holds(self, quantities: Callable[[str], Value], answer: Value | None = None) -> bool:
        """Whether it is true: its value is a number other than 0."""
        return _truth(self.value(quantities, answer))


def parse(source: str, known: Collection[str], more: str = "") -> Expression:
    """Checks an expression.

    Args:
        known: the names of the quantities.
        more: what may be written instead, for the sentence on an unknown name.

    Raises:
        Problem: names what is not allowed.
    """
    text = source.strip()
    if len(text) > MOST_LETTERS:
        raise Problem(tr(
            "This expression has {letters:,} characters; {most} are allowed.", letters=len(text), most=MOST_LETTERS,
        ))
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        raise Problem(_sentences(
            tr("`{text}` is not an expression, such as `copies.norm[1] / loss.total`.", text=text), more,
        )) from None
    if sum(1 for _ in ast.walk(tree)) > MOST_PARTS:
        raise Problem(tr("This expression has too many parts. Ask for less at once."))
    names: set[str] = set()
    _check(tree, names, frozenset(known), more)
    return Expression(text, frozenset(names - {ANSWER}), ANSWER in names, tree)


def _sentences(*said: str) -> str:
    """Those that are not empty, in one line."""
    return " ".join(one for one in said if one)


def _check(node: ast.expr, names: set[str], known: frozenset[str], more: str) -> None:
    """Collects the names that a tree reads. Raises Problem at the first part that is not of the grammar."""
    parts: list[ast.expr] = []
    match node:
        case ast.Constant(value=bool() | int() | float() | str()):
            return
        case ast.Name() | ast.Attribute():
            name = _dotted(node)
            if name not in known and name != ANSWER:
                close = [] if more else difflib.get_close_matches(name, known, 1)
                raise Problem(_sentences(
                    tr("There is no quantity called `{name}`.", name=name), more,
                    tr("Did you mean `{name}`?", name=close[0]) if close else "",
                ))
            names.add(name)
        case ast.Subscript(value=value, slice=ast.Tuple(elts=indices)):
            parts = [value, *indices]
        case ast.Subscript(value=value, slice=index) if not isinstance(index, ast.Slice):
            parts = [value, index]
        case ast.Subscript():
            raise Problem(tr("`{part}` takes a range. An index is one number, counted from 1.", part=ast.unparse(node)))
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _ARITHMETIC:
            parts = [left, right]
        case ast.BinOp(op=op):
            sign = _SIGNS.get(type(op).__name__, ast.unparse(node))
            raise Problem(tr("`{sign}` is not allowed. There are + - * / **.", sign=sign))
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() | ast.Not(), operand=operand):
            parts = [operand]
        case ast.BoolOp(values=values):
            parts = values
        case ast.Compare(left=left, ops=ops, comparators=others) if all(type(op) in _COMPARISONS for op in ops):
            parts = [left, *others]
        case ast.Call(func=ast.Name(id=name), args=[argument], keywords=[]) if name in FUNCTIONS:
            parts = [argument]
        case ast.Call(func=function):
            called = _dotted(function) if isinstance(function, ast.Name | ast.Attribute) else ast.unparse(function)
            listed = ", ".join(FUNCTIONS)
            raise Problem(tr(
                "`{called}` cannot be called so. The functions are {listed}, each of one value.",
                called=called[:60], listed=listed,
            ))
        case _:
            raise Problem(tr("`{part}` is not allowed in an expression.", part=ast.unparse(node)[:60]))
    for part in parts:
        _check(part, names, known, more)


def _dotted(node: ast.expr) -> str:
    """`copies.norm`. Raises Problem for an attribute of anything but names."""
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value)}.{node.attr}"
    if isinstance(node, ast.Name):
        return node.id
    raise Problem(tr("`{part}` has no attributes.", part=ast.unparse(node)[:60]))


class _Evaluation:
    """The values of the parts of a checked tree."""

    def __init__(self, quantities: Callable[[str], Value], answer: Value | None):
        self._quantities, self._answer = quantities, answer

    def of(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=str() as word):
                return word
            case ast.Constant(value=bool() | int() | float() as number):
                return _float(number)
            case ast.Name() | ast.Attribute():
                return self._named(_dotted(node))
            case ast.Subscript(value=value, slice=ast.Tuple(elts=indices)):
                return _at(self.of(value), [self.of(index) for index in indices], ast.unparse(value))
            case ast.Subscript(value=value, slice=index):
                return _at(self.of(value), [self.of(index)], ast.unparse(value))
            case ast.BinOp(left=left, op=op, right=right):
                return _plain(_ARITHMETIC[type(op)](*_alike(self.of(left), self.of(right))))
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                return float(not _truth(self.of(operand)))
            case ast.UnaryOp(op=op, operand=operand):
                sign = -1.0 if isinstance(op, ast.USub) else 1.0
                return _plain(sign * _numbers(self.of(operand)))
            case ast.BoolOp(op=ast.And(), values=values):
                return float(all(_truth(self.of(value)) for value in values))
            case ast.BoolOp(values=values):
                return float(any(_truth(self.of(value)) for value in values))
            case ast.Compare(left=left, ops=ops, comparators=others):
                return self._compared([self.of(one) for one in (left, *others)], ops)
            case ast.Call(func=ast.Name(id=name), args=[argument]):
                return FUNCTIONS[name](self.of(argument))
        raise AssertionError(f"{ast.dump(node)} was not checked")

    def _named(self, name: str) -> Value:
        if name != ANSWER:
            return self._quantities(name)
        if self._answer is None:
            raise Problem(tr("x is the learner's answer, which is not there yet."))
        return self._answer

    def _compared(self, values: list[Value], ops: list[ast.cmpop]) -> Value:
        """Chained comparisons; of vectors, elementwise."""
        found: Any = np.float64(1)
        for a, op, b in zip(values, ops, values[1:], strict=False):
            if isinstance(a, str) or isinstance(b, str):
                if not isinstance(op, ast.Eq | ast.NotEq):
                    raise Problem(tr("words are only equal or different."))
                found = found * ((a == b) == isinstance(op, ast.Eq))
            else:
                found = found * _COMPARISONS[type(op)](*_alike(a, b))
        return _plain(found)


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        raise Problem(tr("a number is too large.")) from None


def _numbers(value: Value) -> np.ndarray:
    """As an array of numbers. Raises Problem where it holds words."""
    found = np.asarray(value.values if isinstance(value, Table) else value)
    if found.dtype.kind not in "fiub":
        raise Problem(tr("words cannot be computed with."))
    if found.size == 0:
        raise Problem(tr("there is no value here."))
    return found.astype(np.float64)


def _alike(a: Value, b: Value) -> tuple[np.ndarray, np.ndarray]:
    """Two arrays of which each fits the other. Raises Problem."""
    left, right = _numbers(a), _numbers(b)
    try:
        np.broadcast_shapes(left.shape, right.shape)
    except ValueError:
        raise Problem(tr("{left} and {right} do not fit each other.", left=_shape(left), right=_shape(right))) from None
    return left, right


def _shape(value: np.ndarray) -> str:
    return tr("{sizes} values", sizes=" × ".join(map(str, value.shape))) if value.ndim else tr("one value")


def _plain(value: Any) -> Value:
    """A number as a float, everything else as an array."""
    found = np.asarray(value, np.float64)
    return found if found.ndim else float(found)


def _truth(value: Value) -> bool:
    if not isinstance(value, float):
        raise Problem(tr("a condition is about one number; write `max(…)` or `min(…)` over several."))
    return bool(value)


def _at(value: Value, indices: list[Value], name: str) -> Value:
    """The element at these indices, or what the remaining axes hold."""
    for index in indices:
        if isinstance(value, float | str):
            raise Problem(tr("{name} has no more indices.", name=name))
        values, axes = (value.values, value.axes) if isinstance(value, Table) else (value, (1,) * value.ndim)
        element = values[_place(index, axes[0], len(values), name)]
        value = element if isinstance(element, str) else Table(element, axes[1:]) if np.ndim(element) else float(element)
    return value


def _place(index: Value, axis: int | tuple[str, ...], count: int, name: str) -> int:
    """The place of an index along an axis, from 0."""
    if isinstance(axis, tuple):
        if not isinstance(index, str) or index not in axis:
            listed = ", ".join(f'"{label}"' for label in axis[:8])
            raise Problem(tr("{name} has values for {listed}, not for {shown}.", name=name, listed=listed, shown=_shown(index)))
        return axis.index(index)
    if not isinstance(index, float) or index != math.floor(index):
        raise Problem(tr("an index of {name} is one whole number, not {shown}.", name=name, shown=_shown(index)))
    if not axis <= index < count + axis:
        raise Problem(tr(
            "{name} has the indices {first} to {last}, not {shown}.",
            name=name, first=axis, last=count + axis - 1, shown=_shown(index),
        ))
    return int(index) - axis


def _shown(value: Value) -> str:
    """A value in a sentence on a mistake."""
    if isinstance(value, str):
        return f'"{value[:40]}"'
    return f"{value:g}" if isinstance(value, float) else tr("several values")
