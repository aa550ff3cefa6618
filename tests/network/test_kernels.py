"""The compiled loops against numpy and torch. That whole layers equal the cells unrolled, test_recurrence.py says."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from rnn_core.network.cells.rnn import Elman
from rnn_core.network.kernels import elman, products
from rnn_core.network.recurrence import run

SIZE = st.integers(0, 37)  # over two registers and four blocks


def panels(w: np.ndarray, turned: bool = False, threads: int = 1) -> np.ndarray:
    """The panels of one matrix (K, N), given `turned` as (N, K)."""
    inner, width = w.shape[::-1] if turned else w.shape
    out = np.full(products.panels(1, inner, width, w.itemsize), np.nan, w.dtype)
    for me in range(threads):
        products.lay_out(me, threads, out, w[None], turned)
    return out[0]


@given(SIZE, SIZE, st.integers(1, 3), st.sampled_from([np.float32, np.float64]))
def test_panels_are_columns_side_by_side(inner: int, width: int, threads: int, kind: type) -> None:
    w = np.random.default_rng(0).standard_normal((inner, width)).astype(kind)
    side_by_side = np.concatenate([*panels(w, threads=threads), np.zeros((inner, 0))], axis=1)
    assert (side_by_side[:, :width] == w).all() and not side_by_side[:, width:].any()
    assert (panels(w, threads=threads) == panels(w.T.copy(), turned=True, threads=threads)).all()


@given(SIZE, SIZE, SIZE, st.integers(0, 3), st.booleans(), st.sampled_from([np.float32, np.float64]))
def test_a_product_is_added(rows: int, inner: int, width: int, skip: int, turned: bool, kind: type) -> None:
    rng = np.random.default_rng(rows + 40 * inner + 1600 * width)
    out, a, w = (rng.standard_normal(s).astype(kind) for s in ((rows, skip + width + 2), (rows, inner), (inner, width)))
    wanted = out.astype(np.float64)
    wanted[:, skip : skip + width] += a.astype(np.float64) @ w
    a = np.ascontiguousarray(a.T).T if turned else a
    products.add_product(out[:, skip : skip + width], a, panels(w))
    assert_allclose(out, wanted, atol=1e-13 if kind is np.float64 else 3e-5)


@given(st.integers(0, 300), SIZE, SIZE, st.sampled_from([np.float32, np.float64]))
def test_linear_is_a_product_and_a_bias(count: int, inner: int, width: int, kind: type) -> None:
    rng = np.random.default_rng(count + 400 * inner + 16_000 * width)
    a, w, b = (rng.standard_normal(s).astype(kind) for s in ((count, inner), (inner, width), width))
    out = np.full((count, width), np.nan, kind)
    for first, last in ((0, count // 3), (count // 3, count)):
        products.linear(first, last, out, a, panels(w), b)
    assert_allclose(out, a.astype(np.float64) @ w + b, atol=1e-13 if kind is np.float64 else 3e-5)


def test_rows_are_added_up() -> None:
    a, out = np.random.default_rng(0).standard_normal((30, 7)), np.full(7, np.nan)
    products.add_rows(2, 6, out, a)
    assert_allclose(out[2:6], a[:, 2:6].sum(0), atol=1e-14)
    assert np.isnan(out[[0, 1, 6]]).all()


@given(st.integers(0, 300), SIZE, SIZE, st.sampled_from([np.float32, np.float64]))
def test_outer_products_are_added_up(count: int, height: int, width: int, kind: type) -> None:
    rng = np.random.default_rng(count + 400 * height + 16_000 * width)
    out, a, b = (rng.standard_normal(s).astype(kind) for s in ((height, width), (count, height + 3), (count, width)))
    wanted = a[:, :height].astype(np.float64).T @ b
    for first, last in ((0, height // 2), (height // 2, height)):
        products.outer(first, last, out, a[:, :height], b)
    assert_allclose(out, wanted, atol=1e-12 if kind is np.float64 else 3e-4)


def first_states(phi: str, x: torch.Tensor) -> torch.Tensor:
    """φ(x) for x (B, d) by the Elman cell: one step from h_0 = 0, with U = I and W = 0."""
    parameters = {
        "weight_ih": torch.eye(x.shape[1]),
        "weight_hh": torch.zeros(x.shape[1], x.shape[1]),
        "bias": torch.zeros(x.shape[1]),
    }
    given = {name: p.to(x.dtype) for name, p in parameters.items()}
    return run(Elman(activation=phi), x[None], torch.ones(len(x), dtype=torch.int64), [given])[0][0]


@pytest.mark.parametrize("phi", elman.PHI)
def test_activations_are_torchs(phi: str) -> None:
    """Single precision goes through a quotient of polynomials."""
    a = torch.linspace(-30, 30, 20_001)[:, None]
    for dtype, within in ((torch.float32, 3e-7), (torch.float64, 1e-15)):
        wanted = getattr(torch, phi)(a.to(dtype).double())
        torch.testing.assert_close(first_states(phi, a.to(dtype)).double(), wanted, atol=within, rtol=0)


@pytest.mark.parametrize("phi", elman.PHI)
def test_what_is_not_a_number_stays_so(phi: str) -> None:
    assert first_states(phi, torch.full((4, 4), torch.nan)).isnan().all()
