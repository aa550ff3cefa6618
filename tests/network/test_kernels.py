"""The compiled loops against numpy and torch. That whole layers equal the cells unrolled, test_recurrence.py says."""


import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from rnn_core.network import kernels

SIZE = st.integers(0, 37)  # over two registers and four blocks


@settings(deadline=None)  # the first example compiles
@given(SIZE, SIZE, SIZE, st.integers(0, 3), st.booleans(), st.sampled_from([np.float32, np.float64]))
def test_a_product_is_added(rows: int, inner: int, width: int, skip: int, turned: bool, kind: type) -> None:
    rng = np.random.default_rng(rows + 40 * inner + 1600 * width)
    out, a, w = (rng.standard_normal(s).astype(kind) for s in ((rows, skip + width + 2), (rows, inner), (inner, width)))
    wanted = out.astype(np.float64)
    wanted[:, skip : skip + width] += a.astype(np.float64) @ w
    a = np.ascontiguousarray(a.T).T if turned else a
    kernels.add_product(out[:, skip : skip + width], a, kernels.panels(torch.from_numpy(w)).numpy())
    assert_allclose(out, wanted, atol=1e-13 if kind is np.float64 else 3e-5)


@settings(deadline=None)
@given(st.integers(0, 300), SIZE, SIZE, st.sampled_from([np.float32, np.float64]))
def test_outer_products_are_added_up(count: int, height: int, width: int, kind: type) -> None:
    rng = np.random.default_rng(count + 400 * height + 16_000 * width)
    out, a, b = (rng.standard_normal(s).astype(kind) for s in ((height, width), (count, height + 3), (count, width)))
    wanted = out + a[:, :height].astype(np.float64).T @ b
    for first, last in ((0, height // 2), (height // 2, height)):
        kernels.add_outer(first, last, out, a[:, :height], b)
    assert_allclose(out, wanted, atol=1e-12 if kind is np.float64 else 3e-4)


def first_states(phi: str, x: torch.Tensor) -> torch.Tensor:
    """φ(x) for x (B, d) by the Elman kernel: one step from h_0 = 0, with U = 1 and W = 0."""
    d = x.shape[1]
    h, one = torch.zeros(3, *x.shape, dtype=x.dtype), torch.eye(d, dtype=x.dtype)
    weights = (w.numpy() for w in (kernels.panels(one), kernels.panels(0 * one), 0 * one[0]))
    kernels.elman(0, len(x), False, np.ones(len(x), int), kernels.PHI[phi], h.numpy(), 0, x[None].numpy(), *weights)
    return h[1]


@pytest.mark.parametrize("phi", kernels.PHI)
def test_activations_are_torchs(phi: str) -> None:
    """Single precision goes through a quotient of polynomials."""
    a = torch.linspace(-30, 30, 20_001)[:, None]
    for dtype, within in ((torch.float32, 3e-7), (torch.float64, 1e-15)):
        wanted = getattr(torch, phi)(a.to(dtype).double())
        torch.testing.assert_close(first_states(phi, a.to(dtype)).double(), wanted, atol=within, rtol=0)


@pytest.mark.parametrize("phi", kernels.PHI)
def test_what_is_not_a_number_stays_so(phi: str) -> None:
    assert first_states(phi, torch.full((4, 4), torch.nan)).isnan().all()
