"""What is kept between reruns is found again, and renewed when the run has other weights."""

import os
from pathlib import Path
from threading import Thread

import pytest
from threadpoolctl import threadpool_info

from pages.common import cache
from rnn_core.training import ahead
from rnn_core.workspace import Workspace
from tests.pages.driving import Open
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


def test_a_page_computes_in_one_thread_whichever_thread_it_runs_in(workspace: Workspace) -> None:
    """torch's setting is the thread's own, and Streamlit runs a page in a new one every time."""
    run = saved_run(workspace)
    cache.traced(run, "the film", False)
    found: list[int] = []

    def page() -> None:
        cache.traced(run, "the film", False)
        found.extend(pool["num_threads"] for pool in threadpool_info() if "torch" in pool["filepath"])

    thread = Thread(target=page)
    thread.start()
    thread.join()
    assert found and set(found) == {1}


def test_the_way_back_is_kept_by_all_that_it_depends_on(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UNROLLED_WORKSPACE", str(workspace.root))
    run = saved_run(workspace)
    asked = ("the film", False, "good", "last", False, False, False, "mean")
    first = cache.backward(run, *asked)
    assert cache.backward(run, *asked) is first
    for place, other in enumerate(("the bad film", True, "bad", "every", True, True)):
        changed = cache.backward(run, *asked[:place], other, *asked[place + 1 :])
        assert changed is not first and cache.backward(run, *asked) is first
    assert cache.backward(run, *asked[:-1], "sum") is not first and cache.backward(run, *asked) is first
    assert cache.backward(run, *asked[:-2], True, "mean") is first, "there are no data for a mini-batch"
    os.utime(run.path / "weights.safetensors", ns=(0, 0))
    assert cache.backward(run, *asked) is not first


def test_the_pages_on_the_way_to_a_training_have_its_loops_compiled_once(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    started: list[str] = []
    monkeypatch.setattr(ahead, "start", lambda: started.append("started"))
    cache.compiled_ahead.clear()
    open_page("inspect", tmp_path)
    assert not started
    for page in ("data", "train", "data"):
        open_page(page, tmp_path)
    assert len(started) == 1
