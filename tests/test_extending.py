"""docs/extending.md, followed to the letter in a copy of the project."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
COPIED = ("app.py", "pyproject.toml", "pages", "rnn_core", "samples", "tests")


OPENS = """
import sys
from streamlit.testing.v1 import AppTest
for page in ("read/inspect/inspect", "understand/bptt/bptt", "understand/matrix/matrix"):
    app = AppTest.from_file("app.py", default_timeout=120)
    app.query_params["run"] = sys.argv[1]
    app.switch_page(f"pages/{page}.py")
    app.run()
    assert not app.exception, [one.message for one in app.exception]
    assert not app.error, [one.value for one in app.error]
    assert app.get("plotly_chart"), page
    print(*(one.value for one in app.markdown), sep="\\n")
"""


def sections() -> dict[str, str]:
    """The parts of the guide by their headings."""
    parts = re.split(r"^## (.+)$", GUIDE, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def files(part: str) -> dict[str, str]:
    """The files that a part tells to write."""
    return {name: text for name, text in re.findall(r"`([\w/]+\.\w+)`:\n\n```\w+\n(.*?)```", part, re.DOTALL)}


def edits(part: str) -> list[tuple[str, str, str]]:
    """The edits that a part tells to make: a file, lines of it, and those in their place."""
    found = []
    for name, block in re.findall(r"`([\w/]+\.\w+)`:\n\n```diff\n(.*?)```", part, re.DOTALL):
        old, new = (
            "\n".join(line[1:] for line in block.splitlines() if line[0] == sign) for sign in "-+"
        )
        found.append((name, old, new))
    return found


def run(copy: Path, *words: str) -> str:
    done = subprocess.run([sys.executable, *words], cwd=copy, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("extended") / "unrolled"
    folder.mkdir()
    for name in COPIED:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(ROOT / name, folder / name)
    return folder


@pytest.mark.parametrize("title", sections())
def test_the_guide_works_to_the_letter(title: str, copy: Path) -> None:
    part = sections()[title]
    written = {name: text for name, text in files(part).items() if name not in {name for name, _, _ in edits(part)}}
    assert written
    for name, old, new in edits(part):
        held = (copy / name).read_text(encoding="utf-8")
        assert held.count(old) == 1, (name, old)
        (copy / name).write_text(held.replace(old, new), encoding="utf-8")
    for name, text in written.items():
        assert not (copy / name).exists(), name
        (copy / name).write_text(text, encoding="utf-8")
    commands = [line for block in re.findall(r"```sh\n(.*?)```", part, re.DOTALL) for line in block.splitlines()]
    assert commands
    run_id = ""
    for line in commands:
        words = re.findall(r'"[^"]*"|\S+', line)
        assert words[0] == "python"
        told = run(copy, *(run_id if word == "RUN" else word.strip('"') for word in words[1:]))
        found = json.loads(told.splitlines()[-1])
        run_id = found.get("run", run_id)
    said = run(copy, "-c", OPENS, run_id)
    for question in re.findall(r'View\(\n    "\w+", "(.*?)"', part):
        assert question in said
    for line in re.findall(r"```python\n(CELLS\[.*?\] = .*?)\n```", part):
        tests = (copy / "tests" / "tiny.py").read_text(encoding="utf-8")
        changed = re.sub(r"(?m)^(COMPILED = )", line.replace("\\", r"\\") + r"\n\1", tests)
        assert changed != tests
        (copy / "tests" / "tiny.py").write_text(changed, encoding="utf-8")
        name = re.findall(r'CELLS\["(\w+)"\]', line)[0]
        told = run(copy, "-m", "pytest", "-q", "tests/network/test_tape.py", "tests/network/test_cells.py", "-k", name)
        assert re.search(r"\[100%\]|passed", told), told
