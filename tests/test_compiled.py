"""Compiled loops: what is kept of them, and what they may be made of."""

import inspect
import runpy
import shutil
from pathlib import Path

import pytest

from rnn_core import compiled
from rnn_core.network import dropout, embedding
from rnn_core.network.kernels import activations, barrier, elman, gru, layers, lstm, products, readout
from rnn_core.training import kernels as optimizing

FILES = (dropout, embedding, optimizing, activations, elman, gru, layers, lstm, barrier, products, readout)


def test_what_is_kept_is_forgotten_when_any_file_with_compiled_loops_changes(tmp_path: Path) -> None:
    root = tmp_path / "rnn_core"
    shutil.copytree(Path(compiled.__file__).parent, root, ignore=shutil.ignore_patterns("__pycache__"))

    def stamp() -> str:
        return compiled.stamp.__wrapped__(root)

    before = stamp()
    assert before == compiled.stamp()
    changed = set()
    for path in sorted(root.rglob("*.py")):
        text = path.read_text()
        path.write_text(text + "# another line\n")
        if stamp() != before:
            changed.add(path.relative_to(root).with_suffix("").as_posix().replace("/", "."))
        path.write_text(text)
    assert changed == {"compiled", *(file.__name__.removeprefix("rnn_core.") for file in FILES)}


def test_every_compiled_function_is_kept_by_that_stamp() -> None:
    functions = [f for file in FILES for f in vars(file).values() if hasattr(f, "py_func")]
    assert len(functions) > 30
    for function in functions:
        if function.targetoptions.get("inline") != "always":  # part of those that call it
            assert function._cache._impl.locator.get_source_stamp() == compiled.stamp(), function


def test_no_compiled_function_may_be_rounded_as_the_compiler_likes() -> None:
    """Else loops just compiled and loops kept would give other bits: test_ahead.py shows it for one cell."""
    for file in FILES:
        for function in vars(file).values():
            assert not getattr(function, "targetoptions", {}).get("fastmath")
        assert "flags=" not in inspect.getsource(file), "no such leave for single instructions either"


def test_it_is_said_once_that_loops_are_compiled_and_not_when_they_were_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    path, said = tmp_path / "loops.py", []
    path.write_text(
        "from rnn_core.compiled import compiled\n"
        "@compiled\ndef double(x):\n    return 2 * x\n"
        "@compiled\ndef more(x):\n    return double(x) + 1\n"
    )
    for wanted in (["said"], [], []):
        loops = runpy.run_path(str(path))
        said.clear()
        with compiled.when_compiling(lambda: said.append("said")):
            assert loops["more"](3) == 7 and loops["double"](3) == 6
        assert said == wanted
    loops = runpy.run_path(str(path))
    assert loops["more"](3.5) == 8
    assert said == [], "nothing is heard outside"
