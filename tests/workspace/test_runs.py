"""A run's folder: what it holds comes back, and damage is a sentence that names the run."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core import metrics
from rnn_core.analysis.loading import load
from rnn_core.config import FORMAT, Problem, RunConfig, plain
from rnn_core.network import models
from rnn_core.training import loop
from rnn_core.workspace import Workspace, files, runs
from rnn_core.workspace.evaluations import scores_to_json
from rnn_core.workspace.runs import Run, Speech, read_tensors, write_tensors
from tests.conftest import ROOT
from tests.tiny import LABELS, TAGS, config_of, model_of, saved_run, vocabulary_of


def damaged(run: Run, name: str, content: bytes | None) -> Run:
    (run.path / name).unlink()
    if content is not None:
        (run.path / name).write_bytes(content)
    return Run(run.path)


def test_everything_comes_back(workspace: Workspace) -> None:
    config = config_of("tag", model_of("gru", bidirectional=True), name="Übung <b>")
    run = Run(saved_run(workspace, config, scheme="IOB2").path)
    assert run.config == config and run.name == "Übung <b>" and run.trained and not run.resumable
    assert run.speech == Speech(vocabulary_of(), TAGS, "IOB2")
    history = run.history()
    assert history.steps.tolist() == [2] and history.losses.tolist() == [0.75] and history.epoch_at.tolist() == [0.5]
    assert history.epochs == ({"epoch": 1, "step": 4, "train_loss": 0.5, "dev_loss": 0.25, "best": True},)
    assert run.metrics()["dev_accuracy"] == 0.5
    loaded = load(run)
    assert loaded.id == run.id and not loaded.network.training
    for name, p in loaded.network.named_parameters():
        assert np.array_equal(p.numpy(), run.weights()[name]) and not p.requires_grad


def test_a_run_that_has_only_begun(workspace: Workspace) -> None:
    run = Run(workspace.fresh("runs"))
    run.write_config(config_of())
    assert not run.trained and run.metrics() == {} and len(run.history().steps) == 0
    with pytest.raises(Problem, match="no weights yet"):
        run.weights()
    with pytest.raises(Problem, match=run.id):
        load(run)


def test_another_name_is_a_label_only(workspace: Workspace) -> None:
    run = saved_run(workspace)
    run.rename("  Better  ")
    assert run.name == Run(run.path).name == "Better" and workspace.run("Better").id == run.id
    assert plain(run.config) == plain(config_of()) | {"name": "Better"}
    for nothing in ("", "  \n"):
        with pytest.raises(Problem, match="needs a name"):
            run.rename(nothing)
    run.rename("x" * 1000)
    assert len(Run(run.path).name) == 200


def test_deleting_leaves_nothing(workspace: Workspace) -> None:
    run, other = saved_run(workspace), saved_run(workspace)
    run.delete()
    assert [p.name for p in (workspace.root / "runs").iterdir()] == [other.id]


def config_bytes(**more: Any) -> bytes:
    return json.dumps(plain(config_of()) | more).encode()


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{", b"[]", b"5", b"null", b"\xff", b"{}", config_bytes(format="1"), config_bytes(surprise=1),
     config_bytes(model={"hidden": "wide"}), config_bytes(model=None), config_bytes(data={"task": "dance"})],
)  # fmt: skip
def test_a_damaged_config_is_a_sentence_that_names_the_run(workspace: Workspace, content: bytes | None) -> None:
    run = damaged(saved_run(workspace), "config.json", content)
    with pytest.raises(Problem, match=run.id):
        _ = run.config
    with pytest.raises(Problem, match=run.id):
        load(run)
    assert run.name == run.id


def test_a_run_of_a_newer_version_is_refused(workspace: Workspace) -> None:
    run = damaged(saved_run(workspace), "config.json", config_bytes(format=FORMAT + 1, novelty=True))
    with pytest.raises(Problem, match=f"{run.id} was written by a newer version.*Update"):
        _ = run.config


GOOD = vocabulary_of().to_json() | {"labels": ["a", "b"], "scheme": None}
NEEDED = GOOD.keys() - {"unify"}  # which older runs lack


@pytest.mark.parametrize(
    "content",
    [None, b"", b"{", b"[]", b"null", *(json.dumps({k: v for k, v in GOOD.items() if k != left}).encode() for left in NEEDED),
     json.dumps(GOOD | {"labels": 5}).encode(), json.dumps(GOOD).replace("3", "1e999").encode(),
     json.dumps(GOOD | {"counts": [1]}).encode(), json.dumps(GOOD | {"labels": ["a", "a"]}).encode(),
     json.dumps(GOOD | {"scheme": "BIG"}).encode(), json.dumps(GOOD | {"scheme": [1]}).encode()],
)  # fmt: skip
def test_a_damaged_vocabulary_is_a_sentence_that_names_the_run(workspace: Workspace, content: bytes | None) -> None:
    run = damaged(saved_run(workspace), "vocabulary.json", content)
    with pytest.raises(Problem, match=run.id):
        _ = run.speech


@pytest.mark.parametrize("content", [b"", b"short", b"\xff" * 500, b'\x08\x00\x00\x00\x00\x00\x00\x00{"a":{}}'])
def test_damaged_weights_are_a_sentence_that_names_the_run(workspace: Workspace, content: bytes) -> None:
    run = damaged(saved_run(workspace), "weights.safetensors", content)
    with pytest.raises(Problem, match=run.id):
        run.weights()


def test_weights_cut_short_or_of_another_network_are_refused(workspace: Workspace) -> None:
    run = saved_run(workspace)
    whole = (run.path / "weights.safetensors").read_bytes()
    for keep in (7, 100, len(whole) - 1):
        with pytest.raises(Problem, match=run.id):
            damaged(run, "weights.safetensors", whole[:keep]).weights()
    arrays = load(Run(damaged(run, "weights.safetensors", whole).path)).network.state_dict()
    for change in ({"embedding.weight": np.zeros((3, 3), np.float32)}, {"extra": np.zeros(1, np.float32)}):
        write_tensors(run.path / "weights.safetensors", {n: t.numpy() for n, t in arrays.items()} | change)
        with pytest.raises(Problem, match=f"{run.id} is damaged: its weights do not fit"):
            load(Run(run.path))


SCORES = metrics.scores(np.array([[2, 1], [0, 3]]), LABELS, 0.25, metrics.span_scores([["B-A"]], [["O"]], "IOB2"))
TEST = scores_to_json(SCORES)


def scored(**more: Any) -> bytes:
    return json.dumps({"scores": {"test": TEST | more}}).encode()


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff", b"5", b"[1]", b'{"epochs": "2"}', b'{"train_seconds": [1]}', b'{"dev_accuracy": 1e999}',
     b'{"scores": 5}', b'{"scores": {"test": {}}}', b'{"scores": {"test": []}}', scored(accuracy="1"), scored(labels=[1, 2]),
     scored(labels=["a"]), scored(confusion=[[1]]), scored(confusion=[["x", 1], [1, 1]]), scored(confusion=[[1, 1], [1]]),
     scored(per_class=[]), scored(per_class=[{"label": "a"}] * 2), scored(spans={}), scored(loss="x"), scored(more=1),
     b'{"device": 5}', json.dumps({"device": "x" * 201}).encode(), b'{"device": "\\ud800"}', b'{"engine": "cpu"}',
     scored(spans=TEST["spans"] | {"f1": None}), json.dumps({"scores": {"<b>": TEST}}).encode()],
)  # fmt: skip
def test_damaged_metrics_are_a_sentence_that_names_the_run(workspace: Workspace, content: bytes) -> None:
    run = damaged(saved_run(workspace), "metrics.json", content)
    with pytest.raises(Problem, match=run.id):
        run.metrics()


@pytest.mark.parametrize(
    "content", [b"{}", b'{"epochs": 2}', b'{"scores": {}}', b'{"dev_loss": null}', b'{"device": "NVIDIA H100"}', scored(),
                scored(loss=None)]
)  # fmt: skip
def test_any_name_of_the_metrics_may_be_absent(workspace: Workspace, content: bytes) -> None:
    run = damaged(saved_run(workspace), "metrics.json", content)
    assert run.metrics() == {name: value for name, value in json.loads(content).items() if value is not None}


@pytest.mark.parametrize(
    "line",
    [b"\xff\xfe", b"{", b"5", b"null", b'"loss"', b'{"loss": 1}', b"[]", b'{"loss": "x", "step": 1, "epoch": 1}',
     b'{"loss": NaN, "step": 1, "epoch": 1}', b'{"loss": 1, "step": [], "epoch": 1}', b'{"loss": 1, "step": 1e20, "epoch": 1}',
     b'{"train_loss": "x", "epoch": 1}', b'{"train_loss": 1, "epoch": 1, "dev_accuracy": "x"}', b'{"train_loss": 1}',
     b'{"train_loss": 1, "epoch": 99999999999}', b'{"loss": 1' + b"0" * 400 + b', "step": 1, "epoch": 1}'],
)  # fmt: skip
def test_damaged_lines_of_the_history_are_dropped(workspace: Workspace, line: bytes) -> None:
    run = saved_run(workspace)
    good = (run.path / "history.jsonl").read_bytes()
    (run.path / "history.jsonl").write_bytes(line + b"\n" + good + b'{"step": 5, "ep')
    assert run.history().steps.tolist() == [2] and len(run.history().epochs) == 1


@pytest.mark.parametrize(
    ("kind", "said"), [("BF16", "cannot be read"), ("F16", "32 or 64 bits"), ("I32", "32 or 64 bits")]
)
def test_weights_of_another_kind_are_refused(workspace: Workspace, kind: str, said: str) -> None:
    run = saved_run(workspace)
    entry = {"dtype": kind, "shape": [1], "data_offsets": [0, 4 if kind == "I32" else 2]}
    header = json.dumps({"embedding.weight": entry}).encode()
    content = len(header).to_bytes(8, "little") + header + bytes(4 if kind == "I32" else 2)
    with pytest.raises(Problem, match=said) as why:
        damaged(run, "weights.safetensors", content).weights()
    assert run.id in str(why.value)


@pytest.mark.parametrize("odd", [np.nan, np.inf, -np.inf, 1e300])
def test_weights_that_are_no_numbers_are_refused(workspace: Workspace, odd: float) -> None:
    run = saved_run(workspace)
    weights = {name: array.astype(np.float64) for name, array in run.weights().items()}
    weights["bias_out"][0] = odd
    write_tensors(run.path / "weights.safetensors", weights)
    with pytest.raises(Problem, match=f"{run.id} is damaged: its weights hold NaN or infinity"):
        load(run)


def test_tensors_and_the_text_beside_them_come_back(tmp_path: Path) -> None:
    arrays = {"a/b": np.arange(6.0).reshape(2, 3).T, "c": np.array(3, np.int64), "r": np.arange(5, dtype=np.uint8)}
    write_tensors(tmp_path / "t", arrays, '{"x": "ü"}')
    again, rest = read_tensors(tmp_path / "t", "run")
    assert rest == '{"x": "ü"}' and again.keys() == arrays.keys()
    for name, array in arrays.items():
        assert np.array_equal(again[name], array) and again[name].dtype == array.dtype


def test_a_history_longer_than_any_training_writes_is_a_sentence_and_is_not_read(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = saved_run(workspace)
    (run.path / "history.jsonl").write_bytes(b"{}\n" * 250_001)
    with pytest.raises(Problem, match=f"{run.id} is damaged: history.jsonl has more than 250,000 lines"):
        run.history()
    monkeypatch.setitem(runs.MOST_BYTES, "history.jsonl", 1 << 20)
    with (run.path / "history.jsonl").open("r+b") as file:
        file.truncate(1 << 33)  # a hole: it takes no room on the disk
    with pytest.raises(Problem, match=f"{run.id} is damaged: history.jsonl is larger than 1 MB"):
        run.history()


def test_the_longest_history_of_a_training_is_read(workspace: Workspace) -> None:
    run = saved_run(workspace)
    notes = loop.NOTES_AN_EPOCH + 1
    longest = RunConfig.__pydantic_fields__["train"].annotation.__pydantic_fields__["epochs"].metadata
    epochs = max(rule.le for rule in longest if hasattr(rule, "le"))
    assert epochs * (notes + 1) <= runs.MOST_LINES
    note = files.as_line({"step": 123_456_789, "epoch": 9_999.947368421052, "loss": 0.6931471805599453})
    names = ("epoch", "step", "train_loss", "seconds", "tokens_per_second", "pad_share", "dev_loss", "dev_accuracy",
             "dev_macro_f1", "dev_f1")  # fmt: skip
    scores = files.as_line(dict.fromkeys(names, 1_234.123456789012) | {"best": False})
    assert epochs * (notes * len(note) + len(scores)) <= runs.MOST_BYTES["history.jsonl"]
    (run.path / "history.jsonl").write_text(note * 20_000 + scores * 1_000)
    history = run.history()
    assert len(history.steps) == 20_000 and len(history.epochs) == 1_000


def test_no_room_is_made_for_a_network_that_the_weights_do_not_fit(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = saved_run(workspace)
    run.write_config(config_of(model=model_of(hidden=4096, embedding=4096, layers=8)))  # 4 GB
    network = models.Network

    def made(*given: Any) -> models.Network:
        assert torch.get_default_device().type == "meta", "of shapes alone"
        return network(*given)

    monkeypatch.setattr(models, "Network", made)
    with pytest.raises(Problem, match="weights do not fit its config"):
        load(Run(run.path))


def test_a_full_disk_is_said_where_tensors_are_written(tmp_path: Path) -> None:
    small = subprocess.run(
        ["bash", "-c", f"ulimit -f 20; exec {sys.executable} -c \"$0\"", (
            "import numpy, pathlib, rnn_core.workspace.runs as r\n"
            "from rnn_core.config import Problem\n"
            f"place = pathlib.Path({str(tmp_path)!r}) / 'w'\n"
            "try: r.write_tensors(place, {'a': numpy.zeros(100_000)})\n"
            "except Problem as why: print(why)")],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert "w cannot be written: the file is larger than this system allows" in small.stdout, small.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_list_of_runs_reads_the_configs_that_are_new(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(20):
        saved_run(workspace, config_of(name=f"run {number}"))
    read: list[str] = []
    real = files.read_json
    monkeypatch.setattr(files, "read_json", lambda path, *more: (read.append(path.parent.name), real(path, *more))[1])

    def names() -> set[str]:
        read.clear()
        return {run.config.name for run in Workspace(workspace.root).runs()}

    assert names() == {f"run {number}" for number in range(20)} and len(read) == 20
    assert len(names()) == 20 and read == []
    renamed = Workspace(workspace.root).runs()[7]
    renamed.rename("another")
    assert "another" in names() and read == [renamed.id]
    (renamed.path / "config.json").write_text("{}")
    for _ in range(2):
        with pytest.raises(Problem, match="damaged"):
            _ = Workspace(workspace.root).run(renamed.id).config
