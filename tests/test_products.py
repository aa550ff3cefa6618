"""No product with a network's parameter stands outside of network/ and tasks/, read from the syntax trees.

What is a parameter is followed from name to name within a function, not from a function to those it calls.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "rnn_core"
PARAMETERS = {"weight_ih", "weight_hh", "weight_out", "weight", "bias_inner", "layer", "parameters", "named_parameters"}
"""Attributes and keys that are a parameter, or hold some."""
PRODUCTS = {"linear", "mm", "bmm", "addmm", "baddbmm", "addbmm", "matmul", "einsum", "tensordot", "mv", "addmv", "dot", "inner"}
CORE = [path for path in sorted(ROOT.rglob("*.py")) if path.relative_to(ROOT).parts[0] not in ("network", "tasks")]


def is_parameter(node: ast.AST, names: set[str]) -> bool:
    """Whether an expression is a parameter, holds some, or is a part, a view or a copy of one: `own["weight_hh"].t()[:3]`."""
    if isinstance(node, ast.Name):
        return node.id in names
    if isinstance(node, ast.Attribute):
        return node.attr in PARAMETERS or is_parameter(node.value, names)
    if isinstance(node, ast.Subscript):
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        return key in PARAMETERS or is_parameter(node.value, names)
    if isinstance(node, ast.Call):
        plain = isinstance(node.func, ast.Name) and node.func.id in ("dict", "list", "tuple", "zip", "iter", "next", "enumerate")
        return is_parameter(node.func, names) or (plain and any(is_parameter(one, names) for one in node.args))
    if isinstance(node, ast.DictComp):
        return is_parameter(node.value, names)
    if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.SetComp):
        return is_parameter(node.elt, names)
    if isinstance(node, ast.Tuple | ast.List):
        return any(is_parameter(one, names) for one in node.elts)
    return isinstance(node, ast.UnaryOp) and is_parameter(node.operand, names)


def bound(tree: ast.AST) -> Iterator[tuple[ast.AST, ast.AST]]:
    """Targets, and what is bound to them."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                    yield from zip(target.elts, node.value.elts, strict=True)
                else:
                    yield target, node.value
        elif isinstance(node, ast.AnnAssign | ast.NamedExpr) and node.value:
            yield node.target, node.value
        elif isinstance(node, ast.For | ast.comprehension):
            yield node.target, node.iter


def products(tree: ast.AST) -> list[int]:
    """The lines of the products with a parameter in a function, or in a file beside its functions."""
    names: set[str] = set()
    bindings, count = list(bound(tree)), -1
    while count != len(names):
        count = len(names)
        for target, value in bindings:
            if is_parameter(value, names):
                names |= {one.id for one in ast.walk(target) if isinstance(one, ast.Name) and isinstance(one.ctx, ast.Store)}
    found = []
    for node in ast.walk(tree):
        factors: list[ast.AST] = []
        if isinstance(node, ast.BinOp) and isinstance(node.op, ast.MatMult):
            factors = [node.left, node.right]
        elif isinstance(node, ast.AugAssign) and isinstance(node.op, ast.MatMult):
            factors = [node.target, node.value]
        elif isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name.rstrip("_") in PRODUCTS:
                factors = [*node.args, *(one.value for one in node.keywords)]
                factors += [node.func.value] if isinstance(node.func, ast.Attribute) else []
        if any(is_parameter(factor, names) for factor in factors):
            found.append(node.lineno)
    return found


def in_file(tree: ast.Module) -> list[int]:
    """The lines of all products with a parameter; each function by itself, as names mean something else in another."""
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    beside = ast.Module([node for node in tree.body if not isinstance(node, ast.FunctionDef | ast.ClassDef)], [])
    return sorted({line for part in (*functions, beside) for line in products(part)})


@pytest.mark.parametrize("path", CORE, ids=lambda p: str(p.relative_to(ROOT)))
def test_no_product_with_a_parameter(path: Path) -> None:
    lines = in_file(ast.parse(path.read_text(encoding="utf-8")))
    assert not lines, f"{path.name}: the products of lines {lines} belong into rnn_core/network/"


@pytest.mark.parametrize(
    "line",
    [
        "y = linear(x, network.weight_out, network.bias_out)", "y = torch.nn.functional.linear(x, own['weight_ih'])",
        "y = grad @ network.weight_out", "y = h @ network.layer(0, 1)['weight_hh'].t()", "y = own['weight_hh'].T[:3] @ h",
        "own = network.layer(0, 0)\n    w = own[name]\n    y = torch.mm(h, w)",
        "w, u = read.parameters['weight_hh'], 1\n    w.mv(h)",
        "into.addmm_(delta, read.parameters['weight_ih'])", "y = torch.einsum('ij,bj->bi', layer.weight, x)",
        "p = {k: v.double() for k, v in network.layer(0, 0).items()}\n    y = x @ p[name]",
        "for name, p in network.named_parameters():\n        x @ p", "y = [x @ p for p in network.parameters()]",
        "w = dict(network.named_parameters())\n    y = x @ w['bias']", "x @= m.weight", "y = x.matmul(other=m.weight)",
    ],
)  # fmt: skip
def test_each_way_to_write_one_is_found(line: str) -> None:
    assert in_file(ast.parse(f"def f(network):\n    {line}\n"))


@pytest.mark.parametrize(
    "line",
    ["y = gradient @ x", "y = network(batch)", "y = network.readout_back(at_logits)", "w = network.weight_out\n    y = a @ b",
     "y = read.x @ gradients[name + parameter].t()"],
)  # fmt: skip
def test_others_are_let_be(line: str) -> None:
    assert not in_file(ast.parse(f"def f(network):\n    {line}\n"))
