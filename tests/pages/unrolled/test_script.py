"""The script of the picture: its own tests, run by node, and that its modules are put together as one."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from locales import collect
from pages.common.unrolled import canvas, circuit, component, one_unit
from rnn_core import language
from tests.language import pseudo

NODE = shutil.which("node")
needs_node = pytest.mark.skipif(NODE is None, reason="node is not installed: apt-get install nodejs")


@needs_node
def test_the_numbers_behind_the_picture() -> None:
    tests = sorted(map(str, Path(__file__).parent.glob("*.test.mjs")))
    done = subprocess.run([str(NODE), "--test", *tests], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    ran = re.search(r"^# pass (\d+)$", done.stdout, re.MULTILINE)
    assert ran and int(ran[1]) >= 19


@needs_node
@pytest.mark.parametrize("modules", [canvas.MODULES, one_unit.MODULES, circuit.MODULES], ids=["picture", "one unit", "circuit"])
def test_the_modules_are_one_script(tmp_path: Path, modules: tuple[str, ...]) -> None:
    script = component.script(*modules)
    assert not re.search(r"^(import|export (const|function|class))", script, re.MULTILINE) and script.count("export default") == 1
    (tmp_path / "whole.mjs").write_text(script, encoding="utf-8")
    done = subprocess.run([str(NODE), "--check", str(tmp_path / "whole.mjs")], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_user_text_only_ever_becomes_text() -> None:
    script = component.script(*canvas.MODULES, *one_unit.MODULES, *circuit.MODULES)
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|new Function", script)


def test_every_message_of_the_scripts_is_sent_to_a_reader_of_another_language(monkeypatch: pytest.MonkeyPatch) -> None:
    pseudo.install(monkeypatch)
    assert component.words_of(canvas.MODULES) == {}
    monkeypatch.setattr(language, "_find", lambda: language.Reader(pseudo.NAME, "hh"))
    for modules in (canvas.MODULES, one_unit.MODULES, circuit.MODULES):
        sent = component.words_of(modules, ("W", "V"))
        source = component.script(*modules)
        calls = len(re.findall(r"\b(?:tr|trN|spread)\(\s*\"", source))
        assert calls and len(sent["words"]) <= calls and sent["named"] == {"W": "⟦W_hh⟧", "V": "⟦W_hy⟧"}
        assert all(pseudo.LEFT in said and pseudo.RIGHT in said for said in sent["words"].values())
        collected = {message if isinstance(message, str) else component._PLURAL.join(message)
                     for message, _ in collect.messages([Path(component.__file__).parent])}  # fmt: skip
        assert set(sent["words"]) <= collected
