"""Whatever comes in ends as a result or as a sentence: nothing is lost, nothing is left behind, nothing is written elsewhere."""

import json
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from pages.common.selection import Selection, from_link, to_link
from pages.train.runs import listing
from rnn_core.commands import main
from rnn_core.config import Problem
from rnn_core.figures import lines
from rnn_core.results import BaselineScores
from rnn_core.workspace import Workspace, baselines, faults
from rnn_core.workspace.archive import unpack
from rnn_core.workspace.runs import MOST_BYTES, Run
from tests.hostile import generators
from tests.pages.driving import PAGES, Open, sound
from tests.tiny import config_of, model_of, saved_run


@pytest.fixture
def workspace(workspace: Workspace) -> Workspace:
    """One that the ready-made runs are not copied into."""
    (workspace.root / "runs").mkdir(parents=True)
    (workspace.root / "runs" / ".seeded").touch()
    return workspace


@contextmanager
def nothing_elsewhere(workspace: Workspace) -> Iterator[None]:
    """Nothing is written beside the workspace, and no temporary file is left in it."""
    around = set(workspace.root.parent.iterdir())
    yield
    assert set(workspace.root.parent.iterdir()) == around
    assert not [path for path in workspace.root.rglob(".*") if "~" in path.name]
    assert not (workspace.root / faults.LOG).exists(), (workspace.root / faults.LOG).read_text()


def a_sentence(why: str) -> bool:
    return why.endswith(".") and "\n" not in why and "Traceback" not in why and len(why) < 2500


def unpacked(workspace: Workspace, content: bytes) -> tuple[Run | None, str]:
    """The run in a zip, or why there is none."""
    try:
        return unpack(workspace, content), ""
    except Problem as why:
        return None, str(why)


def as_json(text: str) -> Any:
    """What a text says in JSON, which knows neither NaN nor Infinity."""
    return json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))


def test_zips_of_runs(workspace: Workspace, seeds: range, capsys: pytest.CaptureFixture[str]) -> None:
    runs = [
        saved_run(workspace), saved_run(workspace, config_of("tag", model_of("lstm", bidirectional=True)), scheme="IOB2"),
        saved_run(workspace, config_of(model=model_of("relu", layers=2))),
    ]  # fmt: skip
    for run in runs:
        baselines.save(run, (BaselineScores("majority", {"test_accuracy": 0.5}, 0.1),))
    sound_ones = [{name: (run.path / name).read_bytes() for name in MOST_BYTES} for run in runs]
    taken = 0
    for seed in seeds:
        with nothing_elsewhere(workspace), warnings.catch_warnings():
            warnings.simplefilter("ignore", RuntimeWarning)  # numbers that overflow
            run, why = unpacked(workspace, generators.archive(seed, sound_ones[seed % len(runs)]))
            if run is None:
                assert a_sentence(why), (seed, why)
                continue
            taken += 1
            (row,) = listing.rows([run])
            assert row["status"] == "imported", (seed, row)
            lines.curves({run.name: run.history()}, "accuracy")
            commands = (["inspect", run.id, "the film was good"], ["gradients", run.id, "a film"], ["runs"])
            for command in commands[: 3 if seed % 8 == 0 else 1]:
                capsys.readouterr()
                status = main([*command, "--workspace", str(workspace.root)])
                said = capsys.readouterr()
                assert status in (0, 2), (seed, command, said.err)
                if status == 0:
                    assert as_json(said.out), (seed, command)
                else:
                    assert a_sentence(said.err.rstrip("\n")), (seed, command, said.err)
            run.delete()
    assert {run.id for run in workspace.runs()} == {run.id for run in runs}
    assert 0 < taken < len(seeds)


def test_files_of_data(workspace: Workspace, seeds: range, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "files").mkdir()
    kept = 0
    for seed in seeds:
        name, content = generators.data_file(seed)
        path = tmp_path / "files" / name
        path.write_bytes(content)
        with nothing_elsewhere(workspace):
            capsys.readouterr()
            status = main(["data", "--train", str(path), *generators.options(seed), "--workspace", str(workspace.root)])
            said = capsys.readouterr()
            assert status in (0, 2), (seed, said.err)
            assert "Traceback" not in said.err and said.err.count("\n") < 60, (seed, said.err)
            if status == 0:
                dataset = workspace.dataset(json.loads(said.out)["dataset"])
                assert len(dataset.examples("train")) == dataset.report.splits["train"].examples, seed
                kept += 1
        path.unlink()
    assert 0 < kept < len(seeds)


def test_links(seeds: range) -> None:
    for seed in seeds:
        found = from_link(generators.link(seed))
        assert from_link(to_link(Selection(**found))) == {
            name: value for name, value in found.items() if value != getattr(Selection(), name)
        }, seed


def test_pages_that_links_open(open_page: Open, filled: Path, named: dict[str, str], seeds: range) -> None:
    for seed in seeds[::12]:
        page = sorted(PAGES)[seed // 12 % len(PAGES)]
        sound(open_page(page, filled, **generators.link(seed, tuple(named.values()))))
