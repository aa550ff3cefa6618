"""The compiled loops against numpy and torch. That whole layers equal the cells unrolled, test_recurrence.py says."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from rnn_core.compiled import share_out
from rnn_core.network import kernels
from rnn_core.network.models import Dropout

SMALL = st.integers(0, 13)


@pytest.fixture
def threads_put_back() -> Iterator[None]:
    threads = torch.get_num_threads()
    yield
    torch.set_num_threads(threads)


@settings(deadline=None)  # the first example compiles
@given(SMALL, SMALL, SMALL, st.integers(0, 3), st.sampled_from([np.float32, np.float64]))
def test_a_product_is_added(rows: int, inner: int, width: int, skip: int, kind: type) -> None:
    rng = np.random.default_rng(rows + 20 * inner + 400 * width)
    out, a, w = (rng.standard_normal(s).astype(kind) for s in ((rows, skip + width + 2), (rows, inner), (inner, width)))
    wanted = out.astype(np.float64)
    wanted[:, skip : skip + width] += a.astype(np.float64) @ w
    kernels.add_product(out, skip, a, w)
    assert_allclose(out, wanted, atol=1e-14 if kind is np.float64 else 1e-5)


def test_a_product_wider_than_a_block_is_added_too() -> None:
    rng = np.random.default_rng(0)
    out, a, w = np.zeros((5, 1100)), rng.standard_normal((5, 7)), rng.standard_normal((7, 1100))
    kernels.add_product(out, 0, a, w)
    assert_allclose(out, a @ w, atol=1e-13)


@pytest.mark.parametrize("phi", ["tanh", "sigmoid", "relu"])
def test_activations_are_torchs(phi: str) -> None:
    """One step from h_0 = 0 is φ alone; single precision goes through a quotient of polynomials."""
    a = torch.linspace(-30, 30, 20_001)
    for dtype, within in ((torch.float32, 3e-7), (torch.float64, 1e-15)):
        wanted = getattr(torch, phi)(a.to(dtype).double())
        h = torch.stack((torch.zeros_like(a), a)).to(dtype)[:, None].contiguous()
        kernels.elman(0, 1, kernels.PHI[phi], h.numpy(), torch.zeros(len(a), 0, dtype=dtype).numpy())
        torch.testing.assert_close(h[1, 0].double(), wanted, atol=within, rtol=0)


def test_what_is_not_a_number_stays_so() -> None:
    for phi in kernels.PHI.values():
        h = np.full((2, 4, 4), np.nan, np.float32)
        kernels.elman(0, 4, phi, h, np.eye(4, dtype=np.float32))
        assert np.isnan(h).all()


@pytest.mark.usefixtures("threads_put_back")
@pytest.mark.parametrize("threads", [1, 2, 3])
def test_threads_share_out_every_row_once(threads: int) -> None:
    torch.set_num_threads(threads)
    for count in (*range(1, 30), 1001):
        seen = np.zeros(count)

        def mark(first: int, last: int, seen: np.ndarray) -> None:
            seen[first:last] += 1

        share_out(mark, count, 4, torch.from_numpy(seen))
        assert (seen == 1).all()


@pytest.mark.usefixtures("threads_put_back")
def test_a_fault_in_another_threads_share_is_raised() -> None:
    torch.set_num_threads(2)

    def fault(first: int, last: int) -> None:
        if first:
            raise ValueError("here")

    with pytest.raises(ValueError, match="here"):
        share_out(fault, 8, 4)


@pytest.mark.parametrize("p", [0.1, 0.5, 0.9])
def test_dropout_drops_the_share_it_says_independently_and_keeps_the_mean(p: float) -> None:
    """Shares and correlations over a million numbers, within four standard errors of what chance gives."""
    dropout, x = Dropout(p), torch.ones(1_000_000)
    dropout.train()
    first, second = (dropout(x).numpy() for _ in range(2))
    assert_allclose(np.unique(first), [0, 1 / (1 - p)], rtol=1e-6)
    error = 4 / np.sqrt(len(x))
    kept = [(a > 0) - (1 - p) for a in (first, second)]
    variance = p * (1 - p)
    assert abs(kept[0].mean()) < error * np.sqrt(variance)
    assert abs((kept[0] * kept[1]).mean()) < error * variance  # another choice each time
    for lag in (1, 2, 64, 100, 128):
        assert abs((kept[0][lag:] * kept[0][:-lag]).mean()) < error * variance


def test_dropouts_gradient_goes_where_numbers_were_kept() -> None:
    dropout, x = Dropout(0.3), torch.randn(7, 11, requires_grad=True)
    dropout.train()
    out = dropout(x)
    g = torch.randn(7, 11)
    out.backward(g)
    torch.testing.assert_close(x.grad, g * (out.detach() != 0) / 0.7)


@given(st.integers(1, 9), st.integers(1, 30), st.integers(0, 5))
@settings(deadline=None)
def test_rows_dropped_at_once_are_the_embedding_dropped(words: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    table, indices = torch.from_numpy(rng.standard_normal((words, 5))), torch.from_numpy(rng.integers(words, size=(count, 2)))
    g = torch.from_numpy(rng.standard_normal((count, 2, 5)))
    found = []
    for at_once in (True, False):
        dropout, leaf = Dropout(0.4).train(), table.clone().requires_grad_()
        out = dropout.rows(leaf, indices) if at_once else dropout(torch.nn.functional.embedding(indices, leaf))
        out.backward(g)
        found.append((out.detach(), leaf.grad))
    torch.testing.assert_close(*found)
