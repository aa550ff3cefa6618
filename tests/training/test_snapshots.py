"""Snapshots of a training: the weights of its updates 0, 1, 2, 4 …, within a bound, and without a trace in the training."""

import json
from pathlib import Path

import numpy as np
import pytest

from rnn_core import commands
from rnn_core.config import Problem, TrainConfig
from rnn_core.training.callbacks import Callback
from rnn_core.training.loop import Training
from rnn_core.workspace import Workspace, archive, snapshots
from rnn_core.workspace.runs import Run, Speech, read_tensors, write_tensors
from tests.tiny import LABELS, classified, config_of, model_of, saved_run, vocabulary_of

REVIEWS = str(Path(__file__).parents[2] / "samples" / "reviews.csv")
SMALL = ["train", "--train", REVIEWS, "--threads", "1", "--cell", "gru", "--hidden", "8", "--embedding", "6", "--batch", "4",
         "--patience", "0", "--epochs", "2", "--dropout", "0.3"]  # fmt: skip


def trained(workspace: Workspace, *options: str) -> Run:
    before = {run.id for run in workspace.runs()}
    assert commands.main([*SMALL, *options, "--workspace", str(workspace.root)]) == 0
    return next(run for run in workspace.runs() if run.id not in before)


@pytest.mark.parametrize("optimizer", ["adam", "sgd"])
def test_they_are_the_weights_of_a_training_that_ended_there_and_change_nothing(workspace: Workspace, optimizer: str) -> None:
    more = ("--optimizer", optimizer, "--learning-rate", "0.5" if optimizer == "sgd" else "0.002")
    run = trained(workspace, *more)
    assert snapshots.updates(run) == (0, 1, 2, 4, 8, 16, 32, 64) and run.metrics()["snapshots"] == 8
    assert run.metrics()["updates"] < 128
    without = trained(workspace, *more, "--snapshots", "0")
    assert snapshots.updates(without) == () and not (without.path / snapshots.NAME).exists()
    assert (run.path / "weights.safetensors").read_bytes() == (without.path / "weights.safetensors").read_bytes()

    for update in (1, 4, 32):
        short = trained(workspace, *more, "--snapshots", "0", "--average", "0", "--updates", str(update)).weights()
        found = snapshots.load(run, update)
        assert found.keys() == short.keys()
        for name, array in found.items():
            assert array.dtype == np.float32
            np.testing.assert_allclose(array, short[name], rtol=2**-10, atol=2**-20)
    first, last = snapshots.load(run, 0), snapshots.load(run, 64)
    assert all(np.abs(first[name] - last[name]).max() > 1e-3 for name in ("embedding.weight", "weight_out"))


def test_the_earliest_are_kept_within_the_bound_which_is_said_once(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = trained(workspace)
    one = sum(array.nbytes for array in snapshots.load(run, 1).values()) // 2
    fits = 16 * one / 2**20
    capsys.readouterr()
    with monkeypatch.context() as patched:
        patched.setattr(snapshots, "FEWEST", 2)
        bounded = trained(workspace, "--snapshots", f"{3.5 * one / 2**20:.9f}")
    said = capsys.readouterr().err
    assert snapshots.updates(bounded) == (0, 1, 2) and said.count("would exceed") == 1 and "before update 4 are all" in said
    assert sum(a.nbytes for a in read_tensors(bounded.path / snapshots.NAME, "")[0].values()) == 3 * one
    assert snapshots.updates(trained(workspace, "--snapshots", f"{fits * 1.001:.9f}")) == snapshots.updates(run)
    capsys.readouterr()
    assert snapshots.updates(trained(workspace, "--snapshots", f"{fits * 0.99:.9f}")) == ()
    assert "would exceed" not in capsys.readouterr().err


def test_a_training_that_began_without_them_goes_on_without(workspace: Workspace) -> None:
    run, weights = saved_run(workspace, updates=()), {"w": np.ones(3, np.float32)}
    assert snapshots.keep(run, 4, weights, 1000) and snapshots.updates(run) == ()
    assert all(snapshots.keep(run, update, weights, 1000) for update in (0, 1, 2, 4)) and snapshots.updates(run) == (0, 1, 2, 4)
    snapshots.forget_after(run, 3)
    assert snapshots.updates(run) == (0, 1, 2)
    assert not snapshots.keep(run, 4, weights, 4 * 6 - 1)
    assert snapshots.keep(run, 8, weights, 1000) and snapshots.updates(run) == (0, 1, 2), "no gap"


def test_weights_beyond_float16_keep_32_bits_and_those_that_are_not_finite_are_left_out(workspace: Workspace) -> None:
    run = saved_run(workspace, updates=())
    weights = run.weights()
    large = next(iter(weights))
    rounded = np.full_like(weights[large], 1e-3)
    assert snapshots.keep(run, 0, weights | {large: weights[large] + 70_000}, 1 << 20)
    assert snapshots.keep(run, 1, weights | {large: rounded}, 1 << 20)
    assert snapshots.keep(run, 2, weights | {large: weights[large] + np.inf}, 1 << 20)
    assert snapshots.updates(run) == (0, 1)
    found = snapshots.load(run, 0)
    np.testing.assert_array_equal(found[large], weights[large] + 70_000)
    kept = read_tensors(run.path / snapshots.NAME, "")[0]
    assert {name: array.dtype for name, array in kept.items() if array.dtype != np.float16} == {f"0/{large}": np.float32}
    assert 0 < abs(snapshots.load(run, 1)[large].flat[0] / 1e-3 - 1) <= 2**-11


def test_a_damaged_or_newer_file_is_refused_by_a_sentence(workspace: Workspace) -> None:
    run = saved_run(workspace)
    path = run.path / snapshots.NAME
    whole, rest = read_tensors(path, "")
    assert json.loads(rest) == {"format": snapshots.FORMAT}
    again = archive.unpack(workspace, archive.pack(run))
    assert (again.path / snapshots.NAME).read_bytes() == path.read_bytes()
    name = "1/weight_out"
    for arrays, head, said in (
        (whole, json.dumps({"format": snapshots.FORMAT + 1}), "newer version"),
        (whole, "", "damaged"),
        ({"3/x": whole[name]}, rest, "damaged"),
        ({"a": whole[name]}, rest, "damaged"),
        (whole | {name: whole[name][:1]}, rest, "damaged"),
        (whole | {name: whole[name] * np.float16(np.nan)}, rest, "damaged"),
        ({n: a for n, a in whole.items() if n != name}, rest, "damaged"),
    ):
        write_tensors(path, arrays, head)
        with pytest.raises(Problem, match=said):
            for update in snapshots.updates(run):
                snapshots.load(run, update)
        with pytest.raises(Problem, match=said):
            archive.unpack(workspace, archive.pack(run))


def test_bringing_a_copy_up_to_date_changes_nothing_of_the_training() -> None:
    def watched(ask: bool) -> Training:
        class Asking(Callback):
            def on_update(self, training: Training) -> None:
                if ask:
                    training.weights()

        vocabulary = vocabulary_of()
        config = config_of(model=model_of("gru"), epochs=2, batch=2, average=0.9)
        training = Training(config, classified(40, vocabulary=vocabulary), classified(8, seed=1), Speech(vocabulary, LABELS))
        training.run([Asking()])
        return training

    plain, asked = watched(False).state()[0], watched(True).state()[0]
    assert all(plain[name].equal(asked[name]) for name in plain)


def test_the_default_is_not_saved_in_a_config() -> None:
    from rnn_core.config import plain

    assert "snapshots" not in plain(TrainConfig()) and plain(TrainConfig(snapshots=3))["snapshots"] == 3
