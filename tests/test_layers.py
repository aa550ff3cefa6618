"""The import order of docs/design.md, read from the code, and what a fresh process loads."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from rnn_core.workspace import Workspace
from tests.tiny import saved_run

ROOT = Path(__file__).parents[1]
FIRST = ("language", "config", "results")
NETWORK = (*FIRST, "metrics", "data", "compiled", "threads")
WORKSPACE = (*NETWORK, "network")
TASKS = (*WORKSPACE, "tasks")
ABOVE = (*TASKS, "workspace")
ALLOWED: dict[str, tuple[str, ...]] = {
    "language": (), "config": ("language",), "results": ("language",),
    "compiled": (), "threads": (), "metrics": FIRST, "data": (*FIRST, "metrics"), "network": NETWORK,
    "tasks": WORKSPACE, "workspace": TASKS, "training": ABOVE,
    "baselines": (*FIRST, "data"), "analysis": (*ABOVE, "baselines"), "figures": FIRST,
    "views": (*FIRST, "baselines", "tasks", "analysis", "figures"),
    "lessons": (*FIRST, "metrics", "tasks", "analysis", "figures", "views"),
    "commands": (*ABOVE, "baselines", "training", "analysis", "figures", "views"), "__main__": ("commands", "training"), "__init__": (),
}  # fmt: skip
"""What each part of rnn_core may import of the others."""


def imports(path: Path) -> set[str]:
    """Every module that a file imports anywhere in it, `from a import b` as a.b."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are written in full"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def part_of(path: Path) -> str:
    return path.relative_to(ROOT / "rnn_core").parts[0].removesuffix(".py")


CORE = sorted((ROOT / "rnn_core").rglob("*.py"))
PAGES = sorted([ROOT / "app.py", *(ROOT / "pages").rglob("*.py")])


@pytest.mark.parametrize("path", CORE, ids=lambda p: str(p.relative_to(ROOT)))
def test_each_part_imports_those_before_it_only(path: Path) -> None:
    part = part_of(path)
    parts = {name.split(".")[1] for name in imports(path) if name.startswith("rnn_core.")} - {part}
    assert parts <= set(ALLOWED[part]), f"{part} may not import {parts - set(ALLOWED[part])}"


@pytest.mark.parametrize("path", CORE, ids=lambda p: str(p.relative_to(ROOT)))
def test_the_core_knows_neither_streamlit_nor_the_pages(path: Path) -> None:
    assert not {name.split(".")[0] for name in imports(path)} & {"streamlit", "pages", "app", "tests"}


def test_figures_draw_with_numpy_alone() -> None:
    for path in (ROOT / "rnn_core" / "figures").glob("*.py"):
        outside = {name.split(".")[0] for name in imports(path)} - sys.stdlib_module_names
        assert outside <= {"rnn_core", "numpy"}, path


def test_no_pickle_is_read_or_written() -> None:
    for path in (*CORE, *PAGES):
        names = imports(path)
        assert not {name.split(".")[0] for name in names} & {"pickle", "shelve", "dill", "joblib", "marshal"}, path
        assert "torch.save" not in path.read_text() and "torch.load" not in path.read_text(), path


def test_no_page_lies_beside_the_folders_of_pages() -> None:
    assert not list((ROOT / "pages").glob("*.py"))


def test_tasks_are_modules_without_torch_at_their_top() -> None:
    for path in (ROOT / "rnn_core" / "tasks").glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            named = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            named += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            assert "torch" not in {name.split(".")[0] for name in named}, path


def test_every_part_is_in_the_order() -> None:
    assert {part_of(path) for path in CORE} == set(ALLOWED)


def loads(code: str, *arguments: str) -> set[str]:
    """Which of torch and streamlit a fresh process has loaded after this."""
    code += "\nimport sys; print(*({'torch', 'streamlit'} & set(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(done.stdout.splitlines()[-1].split())


def test_the_first_layers_and_listing_the_workspace_load_no_torch(workspace: Workspace) -> None:
    run = saved_run(workspace)
    figures = ", ".join(f"rnn_core.figures.{path.stem}" for path in (ROOT / "rnn_core" / "figures").glob("[a-z]*.py"))
    code = (
        f"import sys, rnn_core.config, rnn_core.results, rnn_core.metrics, rnn_core.tasks, {figures}\n"
        "for name in rnn_core.tasks.names(): rnn_core.tasks.task(name)\n"
        "from rnn_core.workspace import Workspace, evaluations\n"
        "from rnn_core.training import jobs, learning, suggest\n"
        "found = Workspace(sys.argv[1])\n"
        f"assert [(r.name, r.id, r.trained) for r in found.runs()] == [('tiny', '{run.id}', True)]\n"
        "found.runs()[0].history(); found.runs()[0].metrics(); found.runs()[0].speech; found.datasets()"
    )
    assert loads(code, str(workspace.root)) == set()


def test_the_help_on_every_command_loads_neither_torch_nor_pandas() -> None:
    code = (
        "import sys\nfrom rnn_core import commands\n"
        "for name in commands.COMMANDS:\n"
        "    try: commands.main([name, '--help'])\n"
        "    except SystemExit: pass\n"
        "assert not {'pandas', 'numba', 'sklearn'} & set(sys.modules)"
    )
    assert loads(code) == set()


def test_the_widgets_of_the_pages_load_no_torch() -> None:
    assert loads("import pages.common.widgets") == {"streamlit"}


def test_the_table_of_views_loads_no_torch() -> None:
    assert loads("from rnn_core import views; assert len(views.names()) > 15; views.view('states')") == set()


def test_a_saved_trace_is_drawn_without_torch(workspace: Workspace) -> None:
    code = (
        "from pages.common import cache\n"
        "from rnn_core import tasks\n"
        "from rnn_core import views\n"
        "from rnn_core.views.inputs import given\n"
        "from rnn_core.workspace.store import READY_MADE\n"
        "from rnn_core.workspace.runs import Run\n"
        "from pages.common.text_choice import examples\n"
        "for path in READY_MADE.iterdir():\n"
        "    if not tasks.of(Run(path).config).views['inspect']:\n"
        "        continue\n"
        "    loaded, trace = cache.seen(Run(path), examples(Run(path))[0], False)\n"
        "    for name in views.TABLE['inspect']:\n"
        "        if name in tasks.of(loaded.config).views['inspect']:\n"
        "            view = views.view(name)\n"
        "            found = view.answer(given(run=loaded, text=trace))\n"
        "            view.render(found), view.explain(found)\n"
    )
    assert loads(code) == {"streamlit"}
