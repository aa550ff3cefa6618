"""Compiled loops: how they are shared out, and what may be kept of them."""


import numpy as np
import pytest
import torch

from rnn_core import compiled
from rnn_core.compiled import share_out
from rnn_core.network import dropout, kernels
from rnn_core.training import kernels as optimizing


@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_share_out_every_row_once(threads: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_threads", threads)
    for count in (*range(1, 30), 1001):
        seen = np.zeros(count)

        def mark(first: int, last: int, seen: np.ndarray) -> None:
            seen[first:last] += 1

        share_out(mark, count, 4, torch.from_numpy(seen))
        assert (seen == 1).all()


def test_a_fault_in_another_threads_share_is_raised(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(compiled, "_threads", 2)

    def fault(first: int, last: int) -> None:
        if first:
            raise ValueError("here")

    with pytest.raises(ValueError, match="here"):
        share_out(fault, 8, 4)


def test_compiled_functions_use_those_of_their_own_file_alone() -> None:
    """Numba keeps machine code until the file of the function that was called changes, whatever else it was made of."""
    files = (kernels, dropout, optimizing)
    assert sum(hasattr(f, "py_func") for file in files for f in vars(file).values()) > 12
    for file in files:
        for function in vars(file).values():
            if hasattr(function, "py_func"):
                used = [vars(file).get(name) for name in function.py_func.__code__.co_names]
                assert {u.py_func.__module__ for u in used if hasattr(u, "py_func")} <= {file.__name__}
