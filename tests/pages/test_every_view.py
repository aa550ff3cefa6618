"""Every view of every page is shown for each task and cell that it fits, and its figure is drawn."""

import shutil
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.read.inspect.table import TABS as INSPECT
from pages.understand.bptt.table import ABOVE_OF_TWO, TABS_OF_TWO
from pages.understand.bptt.table import TABS as GRADIENTS
from pages.understand.matrix.table import SOME, TABS
from pages.understand.matrix.table import TABS_OF_TWO as TABS_OF_BOTH
from rnn_core import tasks, views
from rnn_core.workspace import Workspace
from tests.pages.driving import Open, chart, sound
from tests.tiny import CELLS, config_of, model_of, saved_run

TEXT = "the film was not good"
WITHOUT_FIGURE = {
    "recipe", "circuit", "same-step", "classes", "total", "worst", "translation-total", "translation-ways",
    "translation-parameters", "baselines",
}  # fmt: skip
"""Views with a question that are formulas and tables alone, or a component of our own."""

ONE_TEXT = [name for name in tasks.names() if tasks.task(name).views["inspect"]]
"""Tasks whose networks read one text."""


def shown(app: AppTest, names: set[str]) -> None:
    """Makes sure that these views are on a page, and no other."""
    assert not app.error
    asked = {views.view(name).question for name in names} - {""}
    questions = {view.question for view in map(views.view, views.names())}
    headings = {words.value.removeprefix("##### ") for words in app.markdown if words.value.startswith("##### ")}
    assert headings & questions == asked
    for name in names:
        if views.view(name).question and name not in WITHOUT_FIGURE:
            assert chart(app, f"view-{name}")["data"], name


Section = tuple[str, str]
"""A page, and the tab, section or part that its link opens."""

SECTIONS: tuple[Section, ...] = (
    *(("inspect", tab) for tab in INSPECT), *(("bptt", section) for section in GRADIENTS), *(("matrix", part) for part in TABS),
)  # fmt: skip


def has(task: str, section: Section) -> bool:
    """Whether a section stands on its page for a run of a task."""
    page, name = section
    listed = tasks.task(task).views[page]
    always = page == "inspect" or (page == "bptt" and name != "modes")
    return always or name in listed


def opened(task: str, cell: str) -> list[Section]:
    """A part of the sections: each one meets every cell, and every task that has it, but not every task with every cell."""
    found = []
    for i, section in enumerate(SECTIONS):
        those = [one for one in ONE_TEXT if has(one, section)]
        if task == those[(i + [*CELLS].index(cell)) % len(those)]:
            found.append(section)
    return found


def test_each_section_meets_every_cell_and_every_task() -> None:
    met = [(section, task, cell) for task in ONE_TEXT for cell in CELLS for section in opened(task, cell)]
    assert {(section, cell) for section, _, cell in met} == {(section, cell) for section in SECTIONS for cell in CELLS}
    standing = {(section, task) for section in SECTIONS for task in ONE_TEXT if has(task, section)}
    assert {(section, task) for section, task, _ in met} == standing
    assert {(task, cell) for _, task, cell in met} == {(task, cell) for task in ONE_TEXT for cell in CELLS}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("task", ONE_TEXT)
def test_of_one_text(open_page: Open, tmp_path: Path, task: str, cell: str) -> None:
    workspace = Workspace(tmp_path / "workspace")
    more = {"truncate": 4} if tasks.task(task).carries else {}
    run = saved_run(workspace, config_of(task, model_of(cell, layers=2), **more))
    listed = tasks.task(task).views
    at = {"run": run.id, "text": TEXT, "step": "2", "unit": "1"}
    tabs = {tab: {name for row in rows for name in row} for tab, (_, rows) in INSPECT.items()}
    along = {*listed["inspect"]} - set().union(*tabs.values())
    for page, name in opened(task, cell):
        if page == "inspect":
            shown(open_page(page, workspace.root, inside=name, **at), along | (tabs[name] & {*listed["inspect"]}))
        elif page == "bptt":
            names = {view for row in GRADIENTS[name][1] for view in row} - {"batch", "losses-page"}
            shown(open_page(page, workspace.root, section=name, layer="0", **at), {"pairs", "walk", "path", *names})
        else:
            names = {view for row in TABS[name][1] for view in row if view not in SOME or view in listed["matrix"]}
            shown(open_page(page, workspace.root, part=name, **at), names - {"last-column", "gain"})


@pytest.mark.parametrize("attention", ["none", "additive"])
def test_of_the_gradients_of_two_texts(open_page: Open, tmp_path: Path, attention: str) -> None:
    workspace = Workspace(tmp_path / "workspace")
    run = saved_run(workspace, config_of("translate", model_of("lstm", layers=2, bidirectional=True, attention=attention)))
    above = {name for row in ABOVE_OF_TWO for name in row}
    for section, (_, rows) in TABS_OF_TWO.items():
        app = open_page("bptt", workspace.root, run=run.id, text=TEXT, section=section, layer="1", direction="1", step="1")
        shown(app, {*above, *(name for row in rows for name in row)})


def test_of_the_matrices_of_two_texts(open_page: Open, tmp_path: Path) -> None:
    workspace = Workspace(tmp_path / "workspace")
    run = saved_run(workspace, config_of("translate", model_of("lstm", layers=2, bidirectional=True)))
    for part, (_, rows) in TABS_OF_BOTH.items():
        shown(open_page("matrix", workspace.root, run=run.id, part=part, text=TEXT), {name for row in rows for name in row})


WITHOUT = [(task, page) for task in tasks.names() for page in ("inspect", "bptt", "matrix") if not tasks.task(task).views[page]]


@pytest.mark.parametrize(("task", "page"), WITHOUT)
def test_a_run_without_views_on_a_page_is_said(open_page: Open, tmp_path: Path, task: str, page: str) -> None:
    workspace = Workspace(tmp_path / "workspace")
    run = saved_run(workspace, config_of(task))
    app = open_page(page, workspace.root, run=run.id, text=TEXT)
    assert not app.error and f"nothing to show here for {tasks.task(task).short}" in app.info[0].value


@pytest.mark.parametrize("name", ["entities.tsv", "tagged.tsv", "reviews.csv"])
@pytest.mark.parametrize("shares", [False, True])
def test_of_scores(open_page: Open, filled: Path, named: dict[str, str], tmp_path: Path, name: str, shares: bool) -> None:
    root = tmp_path / "workspace"
    shutil.copytree(filled / "runs" / named[name], root / "runs" / named[name])  # without its data: as scored after training
    app = open_page("evaluate", root, run=named[name], on="test")
    app.toggle(key="shares").set_value(shares)
    expected = {"shares" if shares else "confusion", "spans" if name == "entities.tsv" else "per_class", "classes"}
    shown(sound(app.run()), expected | {"baselines"})
    assert expected <= {*tasks.of(Workspace(root).run(named[name]).config).views["evaluate"]}
