"""Numbers are read back to the host by `network/device.py` alone, by the syntax tree: each read waits for the GPU.

`x.numpy()`, `x.cpu()`, `x.item()` and `x.to("cpu")` are found everywhere; `x.tolist()`, `float(x)`, `int(x)`, `bool(x)` and calls
that give as many rows as they find, `nonzero` and `unique`, in the files that import torch. A value's type is not in the tree:
where such a call takes no tensor, or one that is always of the processor, its source is listed with the reason.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

CORE = Path(__file__).parents[1] / "rnn_core"

_KERNELS = "compiled loops read arrays of the processor"
_PAGES = "pages and `readings` alone ask for it, with a network on the processor"
OF_THE_PROCESSOR = {
    "network/device.py": "it is the one place",
    "network/dense.py": _KERNELS,
    "network/dropout.py": "a compiled loop on the processor; torch's own dropout beside it",
    "network/embedding.py": "rows are looked up by arrays on the processor; `rows` leaves that path first",
    "network/sweeps.py": _KERNELS,
    "training/optimizer.py": "tables updated by rows are arrays; `device_optimizer` has its place beside the processor",
    "analysis/along.py": _PAGES,
    "analysis/bptt_reach.py": _PAGES,
    "analysis/cutting.py": _PAGES,
    "analysis/scaling.py": _PAGES,
    "analysis/bptt_updates.py": _PAGES,
    "analysis/equations.py": _PAGES,
    "analysis/feedforward.py": _PAGES,
    "analysis/one_hot.py": _PAGES,
    "analysis/padding.py": _PAGES,
    "analysis/readings.py": _PAGES,
}
"""Files whose tensors are in memory of the processor, and why."""

_ARRAY, _NUMBER, _SWEEP = "an array", "a plain number", "`host` gave what it decides by"
_FUSED = "`Fused` is of the processor"
_ASKED = "the text and its target stay on the processor"
OTHERS: dict[str, dict[str, str]] = {
    "network/prediction.py": {
        "int(batch.lengths.sum())": _ARRAY,
        "int(((weights > 0) & (batch.targets >= 0)).any(0).sum())": _ARRAY,
    },
    "network/losses.py": {"float(loss.sum())": _ARRAY},
    "analysis/translating.py": {
        **{f"level.{field}.tolist()": _ARRAY for field in ("parents", "tokens", "log_p", "going", "ended")},
        "order.tolist()": _ARRAY,
    },
    "analysis/pair_way_back.py": {
        "int(layer)": "a part of a name", "int(direction)": "likewise", "counted.tolist()": "steps, a NumPy array",
    },
    "analysis/translation_backward.py": {
        "rows.tolist()": _ARRAY,
        "array(self.batch['wanted'])[:, 0].tolist()": _ARRAY,
        "int(layer)": _NUMBER,
        "int(direction)": _NUMBER,
    },
    "network/search.py": {
        "np.flatnonzero(last == EOS).tolist()": _ARRAY,
        "owners.tolist()": _ARRAY,
        "np.unique(owners).tolist()": _ARRAY,
        "tokens.tolist()": _ARRAY,
        "sources[:len(tokens)].tolist()": _ARRAY,
        "float(log_p)": _ARRAY,
        "float(log_p / length ** normalisation)": _ARRAY,
    },
    "network/writing.py": {"float(softmax(o)[index])": _ARRAY, "float(p[index])": _ARRAY},
    "training/device_optimizer.py": {
        "copy.deepcopy(self.network).cpu()": "once a resumed training: a checkpoint is brought up to date by the processor",
        "float(self.updates)": _NUMBER,
    },
    "training/engines.py": {
        "part[i:i + 1].numpy()": _FUSED,
    },
    "training/work.py": {"int(self.megabytes * 2 ** 20)": _NUMBER},
    "training/loop.py": {"float(batch['total'])": "a batch is of arrays until the engine takes it"},
    "tasks/_base.py": {
        "found.confidences[given].astype(float).round(6).tolist()": _ARRAY,
        "found.answers[given].tolist()": _ARRAY,
        "np.cumsum([len(row) for row in tokens]).tolist()": _ARRAY,
        "float(len(which))": _NUMBER,
    },
    "analysis/bptt.py": {
        "torch.nonzero(classes >= 0)": _ASKED,
        "bool(direction)": _NUMBER,
        **{f"{one}.tolist()": _ARRAY for one in ("found.targets", "found.weights", "found.values", "(found.rows + 1)", "values",
                                                 "one.delta", "found.readout.delta")},
        "int((found.targets >= 0).sum())": _ARRAY,
        "int((rows + 1).sum())": _ARRAY,
    },
    "analysis/bptt_checks.py": {"torch.unique(done.tables[name])": _ASKED, "torch.nonzero(target.weights > 0)": _ASKED},
    "analysis/bptt_pass.py": {"int(MOST_WORK / (6 * weights))": _NUMBER, "int(trace.offsets[most, 1])": _ARRAY},
    "analysis/bptt_sweep.py": {
        "torch.unique(indices, return_inverse=True)": _ASKED, "torch.unique(words)": _ASKED,
        "torch.searchsorted(last, walk).tolist()": _SWEEP,
        "torch.searchsorted(last, walk + within).tolist()": _SWEEP,
        "torch.searchsorted(first, walk - within, right=True).tolist()": _SWEEP,
        "torch.searchsorted(first, walk, right=True).tolist()": _SWEEP,
    },
    "analysis/corpus_hunt.py": {"begins.tolist()": "an array of numpy", "int(lengths[column])": "an array of numpy"},
    "analysis/over_training.py": {"int(trace.offsets[most, 1])": _ARRAY, "int(found[-1]['step'])": _NUMBER},
    "analysis/sweep.py": {"int(steps[-1])": "the steps that are asked about stay on the processor"},
    "analysis/trace.py": {"bool(_LEFTWARD.match(word))": "a match of a regular expression"},
}  # fmt: skip
"""Calls in all other files, and why they read nothing back."""

READS = ("numpy", "cpu", "item")
IN_TORCH_FILES = ("tolist", "nonzero", "unique", "masked_select")
NUMBERS = ("float", "int", "bool")
READERS = ("host", "array", "number")


def reads(path: Path) -> Iterator[str]:
    """The source of every call in a file that reads a tensor's numbers, or may."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    modules = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    modules += [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    with_torch = any(name.split(".")[0] == "torch" for name in modules)
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called, source = node.func, ast.unparse(node)
        if isinstance(called, ast.Attribute):
            of_numpy = isinstance(called.value, ast.Name) and called.value.id == "np"
            moved = called.attr == "to" and any(isinstance(a, ast.Constant) and a.value == "cpu" for a in node.args)
            if called.attr in READS or moved or (with_torch and called.attr in IN_TORCH_FILES and not of_numpy):
                yield source
        elif with_torch and isinstance(called, ast.Name) and called.id in NUMBERS and not _plain(node.args):
            yield source


def _plain(arguments: list[ast.expr]) -> bool:
    """Whether the argument was read by `device.py`, comes from numpy, or is no tensor by its looks."""
    one = arguments[0] if arguments else ast.Constant(0)
    inside = [node.func for node in ast.walk(one) if isinstance(node, ast.Call)]
    return isinstance(one, ast.Constant) or any(
        (isinstance(called, ast.Name) and called.id in READERS)
        or (isinstance(called, ast.Attribute) and isinstance(called.value, ast.Name) and called.value.id == "np")
        for called in inside
    )


FILES = [path for part in ("network", "training", "tasks", "analysis") for path in sorted((CORE / part).rglob("*.py"))]


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(CORE)))
def test_numbers_are_read_back_in_one_place(path: Path) -> None:
    name = str(path.relative_to(CORE))
    if name not in OF_THE_PROCESSOR:
        assert set(reads(path)) == set(OTHERS.get(name, ()))


def test_the_lists_name_what_is_there() -> None:
    names = {str(path.relative_to(CORE)) for path in FILES}
    assert names >= OF_THE_PROCESSOR.keys() | OTHERS.keys()
    assert all(set(reads(CORE / name)) for name in OF_THE_PROCESSOR)
