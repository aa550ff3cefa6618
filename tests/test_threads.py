"""How compiled loops are shared out among threads."""

from threading import Event, Thread
from time import sleep

import numpy as np
import pytest
import torch

from rnn_core import threads as of_process
from rnn_core.network.kernels.barrier import wait_at
from rnn_core.threads import flushed_denormals, share_out, together


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_share_out_every_row_once(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnn_core.threads._threads", threads)
    for count in (*range(1, 30), 1001):
        seen = np.zeros(count)

        def mark(first: int, last: int, seen: np.ndarray) -> None:
            seen[first:last] += 1

        share_out(mark, count, 4, seen)
        assert (seen == 1).all()


def test_a_fault_in_another_threads_share_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnn_core.threads._threads", 2)

    def fault(first: int, last: int) -> None:
        if first:
            raise ValueError("here")

    with pytest.raises(ValueError, match="here"):
        share_out(fault, 8, 4)


@pytest.mark.parametrize("threads", [1, 2, 3, 5])
def test_threads_wait_at_a_barrier(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each writes its number, and after they have met reads everybody's: also with more threads than cores."""
    monkeypatch.setattr("rnn_core.threads._threads", threads)
    written, read = np.zeros((threads, 50), int), np.zeros((threads, 50), int)

    def write_and_read(me: int, together: int, barrier: np.ndarray, written: np.ndarray, read: np.ndarray) -> None:
        assert together == threads
        for i in range(50):
            written[me, i] = me + i
            wait_at(threads, barrier)
            read[me, i] = written[:, i].sum()
            wait_at(threads, barrier)

    together(write_and_read, threads, written, read)
    assert (read == sum(range(threads)) + threads * np.arange(50)).all()


@pytest.mark.parametrize("faulty", [0, 1])
def test_nobody_waits_for_a_thread_that_failed(faulty: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnn_core.threads._threads", 2)

    def fault(me: int, threads: int, barrier: np.ndarray) -> None:
        if me == faulty:
            raise ValueError("here")
        wait_at(threads, barrier)

    for _ in range(3):
        with pytest.raises(ValueError, match="here"):
            together(fault, 2)


def test_what_failed_is_over_when_it_is_raised() -> None:
    """The memory that its other threads write to may be used again."""
    begun, over = Event(), []

    def fault(me: int, threads: int, barrier: np.ndarray) -> None:
        if me:
            begun.set()
            sleep(0.2)
            over.append(me)
        else:
            begun.wait()
            raise ValueError("here")

    with pytest.raises(ValueError, match="here"):
        together(fault, 2)
    assert over == [1]


def test_a_helper_that_cannot_start_is_not_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    class Refused(Thread):
        def start(self) -> None:
            raise RuntimeError("can't start new thread")

    before = len(of_process._helpers)
    monkeypatch.setattr("rnn_core.threads.Thread", Refused)
    with pytest.raises(RuntimeError, match="start"):
        together(lambda me, threads, barrier: None, before + 2)
    assert len(of_process._helpers) == before


def test_layers_of_several_threads_do_not_wait_for_each_other(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnn_core.threads._threads", 3)
    done = []

    def wait_often(me: int, threads: int, barrier: np.ndarray) -> None:
        done.append(me)
        for _ in range(20):
            wait_at(threads, barrier)

    callers = [Thread(target=lambda: [together(wait_often, 3) for _ in range(10)]) for _ in range(4)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join(60)
        assert not caller.is_alive()
    assert sorted(done) == sorted([0, 1, 2] * 40)


def test_denormals_are_zero_within_and_numbers_again_after() -> None:
    tiny = torch.tensor([1e-20], dtype=torch.float32)
    assert (tiny * tiny).item() > 0
    with pytest.raises(ZeroDivisionError), flushed_denormals():
        assert (tiny * tiny).item() == 0
        _ = 1 / 0
    assert (tiny * tiny).item() > 0


def test_helpers_flush_denormals_as_the_thread_that_trains_does(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnn_core.threads._threads", 3)
    found = np.ones(3, np.float32)

    def multiply(first: int, last: int) -> None:
        tiny = torch.tensor([1e-20], dtype=torch.float32)
        found[first:last] = (tiny * tiny).item()

    with flushed_denormals():
        share_out(multiply, 3, 1)
    assert not found.any()
