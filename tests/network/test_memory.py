"""Memory that is kept for the next use."""

import threading

import numpy as np

from rnn_core.network import memory
from rnn_core.network.memory import Memory, fresh, scratch


def begin(array: np.ndarray) -> int:
    return array.__array_interface__["data"][0]


def test_arrays_begin_where_a_line_of_the_cache_does() -> None:
    for kind in (np.float32, np.float64, np.int64):
        for shape in ((), (0, 3), (5,), (7, 3, 2)):
            array = fresh(kind, *shape)
            assert array.shape == shape and array.dtype == kind and array.flags.c_contiguous
            assert not array.size or begin(array) % 64 == 0
            array[...] = 1


def test_a_use_gets_its_memory_again_and_two_uses_never_share() -> None:
    kept, single, double = Memory(), np.dtype(np.float32), np.dtype(np.float64)
    first = kept.array("a", single, 5, 4)
    assert begin(kept.array("a", single, 2, 3)) == begin(first), "less than there is"
    assert begin(kept.array("b", single, 5, 4)) != begin(first) != begin(kept.array("a", double, 5, 4))
    more = kept.array("a", single, 50)
    assert begin(more) != begin(first) and begin(kept.array("a", single, 5, 4)) == begin(more)


def test_what_is_very_large_is_not_kept(monkeypatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setattr(memory, "_KEPT_AT_MOST", 1000)
    kept, kind = Memory(), np.dtype(np.float64)
    small, large = kept.array("a", kind, 100), kept.array("a", kind, 200)
    assert len(large) == 200 and begin(kept.array("a", kind, 100)) == begin(small)


def test_threads_do_not_share_scratch() -> None:
    kind = np.dtype(np.float32)
    arrays = [scratch("a", kind, 10)]
    other = threading.Thread(target=lambda: arrays.append(scratch("a", kind, 10)))
    other.start()
    other.join()
    begins = [begin(array) for array in arrays]
    assert begins[0] != begins[1] and begin(scratch("a", kind, 10)) == begins[0]
