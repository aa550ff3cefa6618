"""What is kept between reruns is bounded by its bytes, is computed once, and is known by what it depends on."""

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pytest
import torch

from pages.common import bounded, cache
from pages.common.bounded import kept, nbytes
from pages.understand.evaluate import saved
from pages.understand.losses import pair
from rnn_core.config import Problem
from rnn_core.workspace import Workspace
from tests.tiny import config_of, model_of, network_of, saved_run


@dataclass(frozen=True)
class Growing:
    """A result that holds more once it has been asked."""

    first: np.ndarray
    more: dict[str, object] = field(default_factory=dict)

    @cached_property
    def later(self) -> np.ndarray:
        return np.zeros(1000, np.uint8)


def test_the_bytes_of_all_kinds_of_values() -> None:
    one, other = np.zeros(100, np.float32), torch.zeros(7, dtype=torch.float64)
    assert nbytes(one) == 400 and nbytes(other) == 56
    assert nbytes([one, (other, {"a": one, "b": [other, None, "text", 5]})]) == 456, "each counts once"
    grown = Growing(one)
    assert nbytes(grown) == 400
    grown.more["x"] = np.zeros(50, np.uint8)
    assert grown.later.nbytes == 1000 and nbytes(grown) == 1450
    network = network_of(model_of("lstm", layers=2), 30, 2)
    assert nbytes(network) == sum(p.numel() * 4 for p in network.parameters())
    assert nbytes((grown, network), but=[(network, 1), one]) == 1050
    assert nbytes([np.zeros(10, np.uint8)] * 5000) == 5000 * 74 and nbytes(("word",) * 5000) == 40_000
    circle: list[object] = []
    circle.append(circle)
    assert nbytes(circle) == 0 and nbytes(iter([one])) == 0


def test_the_size_of_a_trace_and_of_a_way_back_is_that_of_their_arrays(workspace: Workspace) -> None:
    run = saved_run(workspace, config_of(model=model_of("lstm", layers=2)))
    network, trace = cache.traced(run, "the film was not bad", False)
    arrays = [value for value in vars(trace).values() if isinstance(value, np.ndarray)]
    least = sum(array.nbytes for array in (*arrays, *trace.gates.values()))
    assert least <= nbytes(trace, [network]) <= least + 1000
    back = cache.backward(run, "the film was not bad", False, None, None, False, False, False)
    before = nbytes(back, [network, trace])
    flow = back.flow
    assert nbytes(back, [network, trace]) >= before + sum(pairs.nbytes for one in flow.layers for pairs in one.pairs.values())


def test_what_was_used_longest_ago_goes_first_and_the_latest_stays_however_large() -> None:
    made: list[int] = []

    @kept(1000, 50)
    def made_of(size: int, _network: object = None) -> np.ndarray:
        made.append(size)
        return np.zeros(size, np.uint8)

    first = made_of(400)
    made_of(500)
    assert made_of(400, "another") is first and made_of.held_bytes == 900, "an argument with _ is not part of the key"
    made_of(300)  # 500 was used longest ago
    assert made_of(400) is first and made == [400, 500, 300] and made_of.held_bytes == 700
    made_of(5000)
    assert made_of.held_bytes == 5000 and len(made_of(5000)) == 5000 and made[-1] == 5000
    for small in range(100):
        made_of(small)
    assert len(made_of._held) <= 50 and made_of.held_bytes <= 1000 and len(made_of._at_work) <= 51
    made_of.clear()
    assert made_of.held_bytes == 0


def test_a_result_that_grows_makes_others_go() -> None:
    @kept(2000, 50)
    def made_of(name: str) -> Growing:
        return Growing(np.zeros(900, np.uint8))

    one, other = made_of("one"), made_of("other")
    assert made_of.held_bytes == 1800
    assert other.later.nbytes == 1000 and made_of("other") is other
    assert made_of.held_bytes == 1900 and made_of("one") is not one


def test_what_failed_is_tried_again_and_not_kept() -> None:
    tried: list[int] = []

    @kept(1000, 5)
    def fails(number: int) -> int:
        tried.append(number)
        raise Problem("There is nothing to read.")

    for _ in range(2):
        with pytest.raises(Problem, match="nothing to read"):
            fails(3)
    assert tried == [3, 3] and not fails._held


def test_sessions_that_ask_for_the_same_wait_and_others_do_not() -> None:
    made: list[str] = []
    begun, go_on = threading.Event(), threading.Event()

    @kept(10_000, 50)
    def made_of(name: str) -> np.ndarray:
        made.append(name)
        if name == "slow":
            begun.set()
            assert go_on.wait(10)
        return np.zeros(10)

    with ThreadPoolExecutor(6) as pool:
        slow = [pool.submit(made_of, "slow") for _ in range(4)]
        assert begun.wait(10)
        assert len(pool.submit(made_of, "quick").result(5)) == 10
        go_on.set()
        assert len({id(future.result(10)) for future in slow}) == 1
    assert sorted(made) == ["quick", "slow"]


def test_many_sessions_at_once_stay_within_the_bound() -> None:
    @kept(5_000, 20)
    def made_of(number: int) -> np.ndarray:
        time.sleep(0.0005)
        return np.full(100 * (number % 9 + 1), number, np.uint8)

    def one_session(seed: int) -> None:
        for number in np.random.default_rng(seed).integers(0, 60, 150).tolist():
            assert made_of(number)[0] == number and made_of.held_bytes <= 5_900

    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    try:
        with ThreadPoolExecutor(8) as pool:
            list(pool.map(one_session, range(8)))
    finally:
        sys.setswitchinterval(interval)
    assert made_of.held_bytes <= 5_000


def test_traces_of_long_texts_stay_within_the_bound(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cache._traced, "_most_bytes", 4 << 20)
    cache._traced.clear()
    run = saved_run(workspace, config_of(model=model_of("lstm", hidden=32)))
    for number in range(8):
        cache.traced(run, "the film was not bad " * 300 + "x" * number, False)
        assert cache._traced.held_bytes <= 4 << 20
    assert 1 <= len(cache._traced._held) < 8


def test_the_caches_of_the_pages_are_bounded_by_bytes() -> None:
    """Whatever holds arrays of a text or a network, however long or wide they are."""
    bounds = {
        name: found._most_bytes
        for module in (cache, pair, saved)
        for name, found in vars(module).items()
        if isinstance(found, bounded.Kept)
    }
    assert bounds.keys() == {
        "_loaded", "_traced", "_backward", "_kept_along", "_top", "_sample_for", "_saved_trace", "evaluation", "mistakes",
        "_translated", "_pair", "_continued",
    }  # fmt: skip
    assert sum(bounds.values()) <= 5 << 29
