"""A text by every snapshot, against each snapshot read by itself as a run of its own."""

import numpy as np
import pytest

from rnn_core.analysis import over_training as module
from rnn_core.analysis.backward import backward
from rnn_core.analysis.loading import Loaded, load, unopened
from rnn_core.analysis.over_training import beginning, over_training
from rnn_core.analysis.steps import losses, targets_of
from rnn_core.analysis.trace import trace
from rnn_core.workspace import Workspace, snapshots
from rnn_core.workspace.runs import write_tensors
from tests.tiny import CELLS, LABELS, TAGS, config_of, model_of, saved_run

TEXT = "the film was not good but poor"


def run_of(workspace: Workspace, cell: str = "lstm", loss: str | None = None, task: str = "classify", **more: object) -> Loaded:
    fit = {"truncate": 4} if task == "generate" else {}
    return load(saved_run(workspace, config_of(task, model_of(cell, **more), loss=loss, **fit)))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize(
    ("task", "loss", "both"),
    [("classify", "last", False), ("classify", "every", False), ("tag", None, True), ("generate", None, False)],
)
def test_each_snapshot_is_read_as_by_itself_and_the_run_stays_as_it_is(
    workspace: Workspace, cell: str, task: str, loss: str | None, both: bool
) -> None:
    one = run_of(workspace, cell, loss, task, layers=2, bidirectional=both)
    assert one.run and one.updates == unopened(one.run).updates == (0, 1, 2)
    before = {name: tensor.clone() for name, tensor in one.network.state_dict().items()}
    seen = trace(one, TEXT)
    label = {"classify": LABELS[1], "tag": TAGS[1], "generate": None}[task]
    found = over_training(one, seen, label)
    assert all(tensor.equal(before[name]) for name, tensor in one.network.state_dict().items())
    assert found.updates.tolist() == [0, 1, 2, 4] and found.best == 3 and found.left_out == ()
    target = {"classify": LABELS[1], "tag": [seen.labels[i] for i in found.targets[1:-1]], "generate": None}[task]
    np.testing.assert_array_equal(found.targets, targets_of(one, seen, label))

    right = []
    for i, update in enumerate(found.updates.tolist()):
        alone = saved_run(workspace, one.config, updates=())
        weights = one.run.weights() if i == found.best else snapshots.load(one.run, update)
        write_tensors(alone.path / "weights.safetensors", weights)
        other = load(alone)
        read = trace(other, TEXT)
        way = backward(other, read, target).ways[0 if loss == "last" else -1]  # type: ignore[arg-type]
        np.testing.assert_array_equal(found.states[i], read.states)
        np.testing.assert_array_equal(found.classes[i, :, 0], read.readouts.argmax(1))
        np.testing.assert_array_equal(found.p[i], -np.sort(-read.readouts, axis=1)[:, :4])
        np.testing.assert_allclose(found.losses[i], losses(read, found.targets), rtol=1e-6)
        np.testing.assert_allclose(np.exp(-found.losses[i]), found.target_p[i], rtol=1e-5)
        own = found.ways[i]
        assert found.totals[i] == own.total == pytest.approx(way.total) and not own.nudged
        for name in ("above", "arriving", "reached", "copies", "shares", "norms"):
            np.testing.assert_allclose(getattr(own, name), getattr(way, name), rtol=1e-4, atol=1e-7)
        np.testing.assert_array_equal(found.weights, way.weights)
        assert own.shares.sum(1) == pytest.approx(1, abs=1e-4)
        counted = (found.weights > 0) & (found.targets >= 0)
        right.append(int((read.readouts.argmax(1) == found.targets)[counted].sum()))
    assert found.right.tolist() == right
    assert np.abs(np.diff(found.totals)).min() > 0, "other weights, other losses"


def test_the_runs_own_weights_stand_at_the_update_of_the_best_epoch(workspace: Workspace) -> None:
    one = run_of(workspace)
    assert one.run
    line = '{"epoch": %d, "step": %d, "train_loss": 0.5, "best": %s}\n'
    (one.run.path / "history.jsonl").write_text(line % (1, 1, "true") + line % (2, 2, "false"))
    found = over_training(one, trace(one, TEXT))
    assert found.updates.tolist() == [0, 1, 1, 2] and found.best == 2, "the average after an update follows its weights"
    assert (found.targets == trace(one, TEXT).readouts[-1].argmax()).all(), "unless a label is named, what the run answers"
    (one.run.path / "history.jsonl").write_text("")
    assert over_training(one, trace(one, TEXT)).updates.tolist() == [0, 1, 2, 2]


def test_of_a_long_text_the_beginning_is_read(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    one = run_of(workspace)
    seen = trace(one, " ".join(["film"] * 30))
    assert beginning(one, seen) is seen
    monkeypatch.setattr(module, "FEWEST_TOKENS", 3)
    for name, value, tokens in (("MOST_TOKENS", 7, 7), ("MOST_NUMBERS", 12 * 4 * (4 + 4 + 2 + 11), 10)):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, value)
            short = beginning(one, seen)
            assert len(short.tokens) == tokens + 2
            found = over_training(one, short)
            np.testing.assert_array_equal(found.states[-1], short.states)


def test_snapshots_whose_numbers_are_not_finite_are_left_out(workspace: Workspace) -> None:
    one = run_of(workspace, "relu", "every")
    assert one.run
    huge = {name: np.full_like(array, 3e38) for name, array in one.run.weights().items()}
    assert snapshots.keep(one.run, 4, huge, 1 << 20)
    found = over_training(load(one.run), trace(one, TEXT), LABELS[1])
    assert found.left_out == (4,) and found.updates.tolist() == [0, 1, 2, 4] and found.best == 3
    assert all(np.isfinite(getattr(found, name)).all() for name in ("states", "p", "losses", "totals"))
