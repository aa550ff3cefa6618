"""All commands: bad input is one sentence with exit status 2, help, what is hidden, and what nobody foresaw."""

import gc
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
from importlib import import_module
from pathlib import Path

import pytest
import torch

from rnn_core import commands, tasks
from rnn_core.config import DataConfig, ModelConfig, TrainConfig, options
from rnn_core.training import jobs
from rnn_core.workspace import Workspace
from rnn_core.workspace.store import READY_MADE
from tests.commands.running import REVIEWS, ROOT, SAMPLES, SMALL, TAGGED, Run, figures, refused
from tests.tiny import config_of, saved_run


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_refused_before_files_are_read(command: Run, workspace: Workspace) -> None:
    refused(command("train", "--train", "no-such-file.csv", "--device", "cuda"), "There is no GPU here", "--device cpu")
    run = saved_run(workspace, config_of(name="Elsewhere", device="cuda"))
    refused(command("train", "--resume", run.id), "Elsewhere trains on a GPU", "Resume it where one is")
    for looks in (["evaluate", run.id, REVIEWS], ["inspect", run.id, "a film"], ["gradients", run.id, "a film"],
                  ["predict", run.id, REVIEWS, "--out", str(workspace.root / "answers.csv")]):  # fmt: skip
        refused(command(*looks, "--device", "cuda"), "There is no GPU here", "--device cpu")
    for device in ("cpu", "auto"):
        assert figures(command("inspect", run.id, "a film", "--device", device))["run"] == run.id


@pytest.mark.parametrize(
    ("arguments", "key"),
    [(["runs"], "runs"), (["inspect", "RUN", "a film"], "tokens"), (["gradients", "RUN", "a film"], "copies"),
     (["evaluate", "RUN", REVIEWS], "confusion")],
)  # fmt: skip
def test_the_ready_made_runs_are_in_a_fresh_workspace(
    command: Run, workspace: Workspace, arguments: list[str], key: str
) -> None:
    ready = sorted(path.name for path in READY_MADE.iterdir())
    shutil.rmtree(workspace.root)
    assert key in figures(command(*(ready[-1] if a == "RUN" else a for a in arguments)))
    assert sorted(run.id for run in workspace.runs()) == ready


def test_ready_made_runs_are_left_as_they_are_where_nothing_can_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").touch()
    ready = READY_MADE / "05-film-reviews"
    before = sorted(ready.rglob("*"))
    elsewhere = ["--workspace", str(tmp_path / "file")]
    assert commands.main(["inspect", ready.name, "a film", *elsewhere]) == 0
    assert commands.main(["evaluate", ready.name, REVIEWS, *elsewhere]) == 2
    assert "is ready-made, and" in capsys.readouterr().err.splitlines()[-1]
    assert sorted(ready.rglob("*")) == before


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["train"], ["--train FILE"]), (["train", "--train", "no/such/file.csv"], ["file.csv"]),
        (["train", "--train", REVIEWS, "--hidden", "0"], ["hidden", "1"]),
        (["train", "--train", REVIEWS, "--dropout", "1.5"], ["dropout"]),
        (["train", "--train", REVIEWS, "--learning-rate", "nan"], ["learning-rate"]),
        (["train", "--train", REVIEWS, "--label", "stars"], ["stars"]),
        (["train", "--train", REVIEWS, "--bidirectional"], ["one direction", "Type --no-bid"]),
        (["train", "--train", TAGGED, "--task", "tag", "--loss", "last"], ["every", "Type --loss every."]),
        (["train", "--train", str(SAMPLES)], ["samples"]), (["train", "--resume", "nothing"], ["nothing", "runs"]),
        (["train", "--dataset", "0123456789abcdef"], ["not in the workspace"]),
        (["train", "--dataset", "0123456789abcdef", "--lowercase", "--test", REVIEWS], ["--lowercase", "--test"]),
        (["train", "--resume", "r", "--epochs", "3", "--train", REVIEWS], ["leave out --epochs, --train"]),
        (["train", "--dev", REVIEWS], ["--train FILE"]),
        (["data", "--train", REVIEWS, "--encoding", "klingon"], ["klingon"]),
        (["inspect", "no-run", "text"], ["no-run"]), (["evaluate", "../../etc", REVIEWS], ["../../etc"]),
    ],
)  # fmt: skip
def test_bad_input_is_one_sentence_and_status_2(
    command: Run, workspace: Workspace, arguments: list[str], said: list[str]
) -> None:
    refused(command(*arguments), *said)
    assert workspace.runs() == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["inspect", "RUN", ""], ["nothing to read"]), (["inspect", "RUN", "a " * 20_001], ["20,001"]),
        (["gradients", "RUN", "a film", "--target", "so-so"], ["so-so"]), (["gradients", "RUN", " "], ["nothing to read"]),
        (["evaluate", "RUN"], ["--on"]), (["evaluate", "RUN", REVIEWS, "--on", "test"], ["--on"]),
        (["evaluate", "RUN", "--on", "test"], ["not in the workspace"]), (["readings", "RUN"], ["not in the workspace"]),
        (["evaluate", "RUN", "absent.csv"], ["absent.csv"]), (["evaluate", "RUN", REVIEWS, "--label", "x"], ["x"]),
    ],
)  # fmt: skip
def test_bad_input_beside_a_run(command: Run, workspace: Workspace, arguments: list[str], said: list[str]) -> None:
    run = saved_run(workspace)
    refused(command(*(run.id if a == "RUN" else a for a in arguments)), *said)


def test_text_that_is_half_a_character_is_no_traceback(command: Run, workspace: Workspace) -> None:
    run = saved_run(workspace)
    for arguments in (
        ["inspect", run.id, "good \udcff film"],
        ["train", "--train", REVIEWS, *SMALL, "--name", "\udcff"],
    ):
        status, out, err = command(*arguments)
        assert status in (0, 2) and not any("Traceback" in line for line in err)
        assert len(out) == (status == 0)


@pytest.mark.parametrize("arguments", [["train", "--cell", "transformer"], ["train", "--epochs", "many"], ["dance"],
                                       ["train", "--hiden", "3"], ["inspect"]])  # fmt: skip
def test_options_that_do_not_exist_are_said_by_name(command: Run, arguments: list[str]) -> None:
    status, out, err = command(*arguments)
    assert status == 2 and out == [] and "error:" in err[-1] and not any("Traceback" in line for line in err)


def test_a_workspace_that_cannot_be_written_is_said(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for arguments in (["data", "--train", REVIEWS], ["train", "--train", REVIEWS, *SMALL]):
        assert commands.main([*arguments, "--workspace", str(tmp_path / "file")]) == 2
        assert "there is a file where a folder should be" in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize("name", [name for name, one in commands.COMMANDS.items() if not one.writes])
def test_a_command_that_only_looks_leaves_the_workspace_as_it_is(command: Run, workspace: Workspace, name: str) -> None:
    text = ["tiny", "a film"]
    words = {"inspect": text, "gradients": text, "generate": ["tiny"], "translate": text, "runs": []}
    saved_run(workspace)

    def seen() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in [workspace.root, *workspace.root.rglob("*")]}

    before = seen()
    writes = name in ("generate", "translate")  # this run has labels, and does not
    assert command(name, *words[name])[0] == (2 if writes else 0)
    assert seen() == before


def test_a_training_that_is_stopped_says_how_to_go_on(command: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rnn_core.training.work.Training", stopped)
    monkeypatch.setattr(commands.Workspace, "runs", stopped)
    status, out, err = command("train", "--train", REVIEWS, *SMALL)
    assert status == 130 and out == [] and err[-1] == "Stopped. `train --resume RUN` goes on with the run."
    assert command("runs") == (130, [], ["Stopped."])


@pytest.mark.parametrize(
    ("name", "configs"),
    [
        ("train", (DataConfig, ModelConfig, TrainConfig)),
        ("data", (DataConfig,)),
        ("evaluate", ()),
        ("predict", ()),
        ("inspect", ()),
        ("runs", ()),
    ],
)
def test_help_lists_every_option(command: Run, name: str, configs: tuple[type, ...]) -> None:
    status, out, _ = command(name, "--help")
    text = " ".join(" ".join(out).split())
    assert status == 0 and "--workspace" in text and "--job" not in text
    assert ("guessed from the training file" in text) == (DataConfig in configs)
    for config in configs:
        meant = {option for task in tasks.names() for option in tasks.task(task).options(config)}
        for option, field in options(config).items():
            if option not in meant:
                continue
            assert f"--{option.replace('_', '-')}" in text, option
            assert (field.title or "?") in text, option


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as end:
        commands.main(["--help"])
    assert end.value.code == 0
    text = capsys.readouterr().out
    assert all(re.search(rf"\n    {name}\s", text) for name in commands.COMMANDS)


def test_each_file_is_a_command_by_its_name() -> None:
    files = {path.stem for path in Path(commands.__file__).parent.glob("[a-z]*.py")} - {"command", "options", "shared"}
    assert files == set(commands.COMMANDS)
    for name, one in commands.COMMANDS.items():
        assert one is import_module(f"rnn_core.commands.{name}").COMMAND, name


def test_the_module_runs_as_a_program_with_the_workspace_of_the_environment(workspace: Workspace) -> None:
    run = saved_run(workspace)
    environment = os.environ | {"UNROLLED_WORKSPACE": str(workspace.root)}

    def program(*arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run([sys.executable, "-m", "rnn_core", *arguments], cwd=ROOT, env=environment,
                              capture_output=True, text=True, check=False)  # fmt: skip

    listed = program("runs")
    assert listed.returncode == 0 and json.loads(listed.stdout)["runs"][0]["run"] == run.id
    wrong = program("inspect", "no-run", "x")
    assert wrong.returncode == 2 and wrong.stdout == "" and wrong.stderr.count("\n") == 1


@pytest.mark.parametrize("file", ["/proc/self/mem", "/proc/self/maps", "/dev/zero", "/dev/null", "pipe"])
@pytest.mark.parametrize("name", ["data", "evaluate", "predict"])
def test_what_is_no_ordinary_file_is_refused_at_once(
    command: Run, workspace: Workspace, tmp_path: Path, name: str, file: str
) -> None:
    if file == "pipe":
        os.mkfifo(tmp_path / "pipe")
        file = str(tmp_path / "pipe")
    elif not Path(file).exists():
        pytest.skip(f"there is no {file} here")
    run = saved_run(workspace)
    words = {"data": ["--train", file], "evaluate": [run.id, file], "predict": [run.id, file, "--out", str(tmp_path / "out.csv")]}
    status, out, err = command(name, *words[name])
    assert status == 2 and out == [] and len(err) == 1 and "ordinary file" in err[0]


def test_a_hidden_job_lies_in_the_workspace(command: Run, tmp_path: Path) -> None:
    status, _, err = command("runs", "--job", str(tmp_path / "elsewhere"))
    assert status == 2 and "--job" in err[0] and not (tmp_path / "elsewhere").exists()


@pytest.mark.parametrize("name", ["runs", "train"])  # without and within the frame of a job
def test_what_nobody_foresaw_is_one_sentence_that_names_a_log(
    command: Run, workspace: Workspace, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("who would have thought")

    monkeypatch.setattr(commands.Workspace, "runs", broken)
    monkeypatch.setattr("rnn_core.training.work.Training", broken)
    status, out, err = command(*(["runs"] if name == "runs" else ["train", "--train", REVIEWS, *SMALL]))
    log = workspace.root / "errors.log"
    assert status == 1 and out == [] and str(log) in err[-1] and "Traceback" not in "".join(err)
    assert log.read_text().count("ZeroDivisionError: who would have thought") == 1


def test_temporary_files_lie_in_the_workspace_and_go(
    command: Run, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    made = tempfile.mkdtemp
    monkeypatch.setattr(tempfile, "mkdtemp", lambda *a, **k: seen.append(made(*a, **k)) or seen[-1])
    run = saved_run(workspace, labels=("negative", "positive"))
    assert command("evaluate", run.id, REVIEWS)[0] == 0
    assert seen and all(Path(path).is_relative_to(workspace.root) for path in seen)
    gc.collect()
    assert not [p for p in workspace.root.rglob(".*") if "~" in p.name]


@pytest.mark.skipif(not hasattr(os, "getpriority"), reason="this system knows no priorities")
def test_a_training_steps_back_and_a_short_command_does_not(tmp_path: Path) -> None:
    program = (
        "import os, runpy\n"
        "try: runpy.run_module('rnn_core', run_name='__main__')\nexcept SystemExit: pass\n"
        "print(os.getpriority(os.PRIO_PROCESS, 0))"
    )
    found = []
    for command in (["train", "--train", "no such file"], ["runs"]):
        done = subprocess.run([sys.executable, "-c", program, *command, "--workspace", str(tmp_path)], cwd=ROOT,
                              env={k: v for k, v in os.environ.items() if k != jobs.PARENT},
                              capture_output=True, text=True, check=True)  # fmt: skip
        found.append(int(done.stdout.split()[-1]) - os.getpriority(os.PRIO_PROCESS, 0))
    assert found[1] == 0 and 0 < found[0] <= 10  # below 10 where this process is itself at the end of the scale


def test_a_pipe_that_is_closed_early_is_no_traceback(workspace: Workspace) -> None:
    saved_run(workspace)
    program = f"{sys.executable} -m rnn_core runs --workspace {workspace.root} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr and "Exception" not in done.stderr
