"""A split read otherwise, against one text at a time, and how much of it is read at once."""

import numpy as np
import pytest
import torch

from rnn_core.analysis import readings as analysis
from rnn_core.analysis.feedforward import gain
from rnn_core.data.batches import Encoded
from rnn_core.data.vocabulary import PAD
from rnn_core.training.jobs import Cancelled
from tests.analysis.gradients import loaded
from tests.tiny import classified, tagged


@pytest.mark.parametrize("steps", [analysis._BATCH_STEPS, 40])
@pytest.mark.parametrize("name", ["lstm", "tanh"])
def test_the_last_column_is_read_text_by_text(name: str, steps: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(analysis, "_BATCH_STEPS", steps)
    one, data = loaded(name, layers=2), classified(40)
    found = analysis.cost(one.network, data, 50)
    right = {"true_end": 0, "last_column": 0, "left": 0}
    for row, length in enumerate(data.lengths):
        text = data.indices[data.starts[row] : data.starts[row + 1]].tolist()
        pads = [PAD] * (found.longest - length)
        for way, tokens in (("true_end", text), ("last_column", text + pads), ("left", pads + text)):
            h = one.network.hidden(torch.tensor(tokens)[:, None], torch.tensor([len(tokens)]))
            right[way] += int(one.network.readout(h[-1, 0]).argmax()) == data.targets[row]
    assert {way: getattr(found, way) * 40 for way in right} == pytest.approx(right)
    assert (found.texts, found.available, found.longest) == (40, 50, int(data.lengths.max()))


@pytest.mark.parametrize(("task", "data"), [("classify", classified(30)), ("tag", tagged(30))])
def test_both_are_given_and_progress_goes_up_to_a_cancel(task: str, data: Encoded) -> None:
    one, heard = loaded("gru", task), []
    found = analysis.readings(one, data, 30, heard.append)
    assert found.recurrence == gain(one, data, 30)
    assert found.padding == (None if task == "tag" else analysis.cost(one.network, data, 30))
    assert heard == sorted(heard) and heard[0] == 0 and heard[-1] < 1

    def stop(share: float) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        analysis.readings(one, data, 30, stop)


@pytest.mark.parametrize("data", [classified(30), tagged(30)])
def test_a_sample_is_spread_over_the_split_and_bounded(data: Encoded, monkeypatch: pytest.MonkeyPatch) -> None:
    one = loaded("gru", "tag" if data.per_token else "classify")
    network = one.network
    assert analysis.sample(one, data) is data
    weights = sum(p.numel() for p in network.cells.parameters())
    steps = int(data.lengths.sum()) + (0 if data.per_token else 60 * int(data.lengths.max()))
    monkeypatch.setattr(analysis, "OPERATIONS", weights * steps * 4.5 / 30)
    few = analysis.sample(one, data)
    assert len(few) == 4
    rows = np.array([0, 10, 19, 29])
    some = data.part(rows)
    np.testing.assert_array_equal(few.indices, some.indices)
    for new, old in enumerate(rows):
        mine, other = some.batch(np.array([new])), data.batch(np.array([old]))
        np.testing.assert_array_equal(mine.tokens, other.tokens)
        np.testing.assert_array_equal(mine.targets, other.targets)
