"""A text by every snapshot, against each snapshot read by itself as a run of its own."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_core.analysis import over_training as module
from rnn_core.analysis.backward import backward
from rnn_core.analysis.loading import Loaded, load, unopened
from rnn_core.analysis.over_training import beginning, over_training
from rnn_core.analysis.steps import losses
from rnn_core.analysis.trace import trace
from rnn_core.workspace import Workspace, snapshots
from rnn_core.workspace.runs import write_tensors
from tests.tiny import CELLS, LABELS, config_of, model_of, saved_run

TEXT = "the film was not good but poor"


def run_of(workspace: Workspace, cell: str = "lstm", loss: str = "every", **more: object) -> Loaded:
    return load(saved_run(workspace, config_of("classify", model_of(cell, **more), loss=loss)))


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("loss", ["last", "every"])
def test_each_snapshot_is_read_as_by_itself_and_the_run_stays_as_it_is(workspace: Workspace, cell: str, loss: str) -> None:
    one = run_of(workspace, cell, loss, layers=2)
    assert one.updates == unopened(one.run).updates == (0, 1, 2)
    before = {name: tensor.clone() for name, tensor in one.network.state_dict().items()}
    seen = trace(one, TEXT)
    found = over_training(one, seen, LABELS[1])
    assert all(tensor.equal(before[name]) for name, tensor in one.network.state_dict().items())
    assert found.updates.tolist() == [0, 1, 2, 4] and found.best == 3 and found.left_out == ()
    assert one.run

    for i, update in enumerate(found.updates.tolist()):
        alone = saved_run(workspace, one.config, updates=())
        weights = one.run.weights() if i == found.best else snapshots.load(one.run, update)
        write_tensors(alone.path / "weights.safetensors", weights)
        other = load(alone)
        read = trace(other, TEXT)
        way = backward(other, read, LABELS[1]).both_ways[loss == "every"]
        np.testing.assert_array_equal(found.states[i], read.states[-1, 0])
        np.testing.assert_array_equal(found.readouts[i], read.readouts)
        np.testing.assert_allclose(found.losses[i], losses(read, 1), rtol=1e-6)
        assert found.totals[i] == pytest.approx(way.total) and found.norms[i] == pytest.approx(way.norm)
        for name in ("reached", "copies", "shares"):
            np.testing.assert_array_equal(getattr(found, name)[i], getattr(way, name))
        np.testing.assert_array_equal(found.weights, way.weights)
        assert found.shares[i].sum() == pytest.approx(1, abs=1e-4)
        assert found.answers[i] == read.readouts[-1].argmax()
    assert np.abs(np.diff(found.totals)).min() > 0, "other weights, other losses"


def test_the_answer_is_right_from_the_last_turn_on(workspace: Workspace) -> None:
    one = run_of(workspace)
    found = over_training(one, trace(one, TEXT), LABELS[0])

    def right_from(*answers: int) -> int | None:
        readouts = np.zeros((4, 1, 2), np.float32)
        readouts[range(4), 0, answers] = 1
        return replace(found, readouts=readouts, target=1).right_from

    assert right_from(0, 1, 0, 1) == 3 and right_from(0, 1, 1, 1) == 1 and right_from(1, 1, 1, 1) == 0
    assert right_from(1, 1, 1, 0) is None


def test_the_runs_own_weights_stand_at_the_update_of_the_best_epoch(workspace: Workspace) -> None:
    one = run_of(workspace)
    assert one.run
    line = '{"epoch": %d, "step": %d, "train_loss": 0.5, "best": %s}\n'
    (one.run.path / "history.jsonl").write_text(line % (1, 1, "true") + line % (2, 2, "false"))
    found = over_training(one, trace(one, TEXT))
    assert found.updates.tolist() == [0, 1, 1, 2] and found.best == 2, "the average after an update follows its weights"
    assert found.target == trace(one, TEXT).readouts[-1].argmax(), "unless a label is named, what the run answers"
    (one.run.path / "history.jsonl").write_text("")
    assert over_training(one, trace(one, TEXT)).updates.tolist() == [0, 1, 2, 2]


def test_of_a_long_text_the_beginning_is_read(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    one = run_of(workspace)
    seen = trace(one, " ".join(["film"] * 30))
    assert beginning(one, seen) is seen
    monkeypatch.setattr(module, "FEWEST_TOKENS", 3)
    for name, value, tokens in (("MOST_TOKENS", 7, 7), ("MOST_NUMBERS", 12 * 4 * (4 + 2 + 4), 10)):
        with monkeypatch.context() as patched:
            patched.setattr(module, name, value)
            short = beginning(one, seen)
            assert len(short.tokens) == tokens + 2
            found = over_training(one, short)
            np.testing.assert_array_equal(found.states[-1], short.states[-1, 0])


def test_snapshots_whose_numbers_are_not_finite_are_left_out(workspace: Workspace) -> None:
    one = run_of(workspace, "relu", "every")
    assert one.run
    huge = {name: np.full_like(array, 3e38) for name, array in one.run.weights().items()}
    assert snapshots.keep(one.run, 4, huge, 1 << 20)
    found = over_training(load(one.run), trace(one, TEXT), LABELS[1])
    assert found.left_out == (4,) and found.updates.tolist() == [0, 1, 2, 4] and found.best == 3
    assert all(np.isfinite(getattr(found, name)).all() for name in ("states", "readouts", "losses", "reached", "shares"))
