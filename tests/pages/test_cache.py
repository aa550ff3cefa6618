"""What is kept between reruns is found again, and renewed when the run has other weights."""

import os

from pages.common import cache
from rnn_core.workspace import Workspace
from tests.tiny import saved_run


def test_a_trace_is_kept_by_the_runs_weights(workspace: Workspace) -> None:
    run = saved_run(workspace)
    network, first = cache.traced(run, "the film", False)
    cache._loaded.clear()
    again, second = cache.traced(run, "the film", False)
    assert again is not network and second is first
    os.utime(run.path / "weights.safetensors", ns=(0, 0))
    renewed, third = cache.traced(run, "the film", False)
    assert renewed is not again and third is not first
