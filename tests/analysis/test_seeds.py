"""The mean over seeds and its interval, against scipy's own; which runs differ in their seed alone."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from scipy import stats

from rnn_core.analysis.seeds import spread
from rnn_core.workspace import Workspace
from tests.tiny import config_of, model_of, saved_run


@given(some.lists(some.floats(0, 1), min_size=2, max_size=12))
def test_the_interval_is_that_of_scipy(scores: list[float]) -> None:
    found = spread(scores)
    assert found and found.scores == len(scores) and found.mean == pytest.approx(np.mean(scores))
    error = stats.sem(scores)
    low, high = stats.t.interval(0.95, len(scores) - 1, np.mean(scores), error) if error > 0 else (np.mean(scores),) * 2
    assert (found.low, found.high) == pytest.approx((low, high))


def test_one_score_has_none() -> None:
    assert spread([]) is None and spread([0.5]) is None


def test_runs_that_differ_in_their_seed_and_name_alone(workspace: Workspace) -> None:
    def run(seed: int, **more: object) -> str:
        config = config_of(seed=seed)
        return saved_run(workspace, replace(config, **more)).id  # type: ignore[arg-type]

    own, other = run(3), run(1, name="another name")
    run(2, model=model_of("lstm")), run(4, fingerprint="1" * 64)
    newest = run(1)
    found = [one.id for one in workspace.seeds(workspace.run(own))]
    assert found in ([newest, own], [other, own]) and len(found) == 2
    assert [one.id for one in workspace.seeds(workspace.run(newest))] == [newest, own]
