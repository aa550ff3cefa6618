"""The axis of steps: words where they can be read, numbers where they could not."""

import pytest

from rnn_core.figures.frame import step_axis


@pytest.mark.parametrize("count", [1, 40, 41, 160])
def test_tokens_stand_under_their_steps(count: int) -> None:
    tokens = [f"w{i}" for i in range(count)]
    axis = step_axis(tokens)
    assert len(axis["tickvals"]) == len(axis["ticktext"]) <= 40
    assert axis["ticktext"] == [tokens[t - 1] for t in axis["tickvals"]]


def test_far_apart_steps_are_numbered_from_1() -> None:
    axis = step_axis(["w"] * 2000)
    assert len(axis["tickvals"]) <= 20 and axis["tickvals"][0] == 1
    assert axis["ticktext"] == [str(t) for t in axis["tickvals"]]
