"""Dropout: shares, independence, and its way back."""

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_allclose

from rnn_core.network.dropout import Dropout, Noise, thin, thin_rows


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


def test_keys_are_decided_by_seed_update_and_place_alone() -> None:
    keys = [[Noise(seed, update).key() for update in range(300)] for seed in range(300)]
    assert keys == [[Noise(seed, update).key() for update in range(300)] for seed in range(300)]
    assert len({key for row in keys for key in row}) > 90_000 - 10  # of 2³², one in 90,000 is drawn twice about once
    noise = Noise(3, 5)
    drawn = np.array([noise.key() for _ in range(20_000)])
    assert drawn.min() >= 0 and drawn.max() < 2**32
    bits = (drawn[:, None] >> np.arange(32)) & 1
    assert abs(bits.mean(0) - 0.5).max() < 4.5 * 0.5 / np.sqrt(len(drawn))


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
def test_choices_come_as_often_as_they_should(share: float) -> None:
    noise, error = Noise(0, 1), 4 * np.sqrt(share * (1 - share) / 500_000)
    first, second = noise.choices((1000, 500), share), noise.choices((1000, 500), share)
    assert abs(first.mean() - share) < error and abs(second.mean() - share) < error
    assert abs((first & second).mean() - share**2) < error


def test_dropouts_gradient_goes_where_numbers_were_kept() -> None:
    dropout, x = Dropout(0.3), torch.randn(7, 11, requires_grad=True)
    dropout.train()
    out = dropout(x)
    g = torch.randn(7, 11)
    out.backward(g)
    torch.testing.assert_close(x.grad, g * (out.detach() != 0) / 0.7)


@given(st.integers(1, 9), st.integers(0, 30), st.integers(0, 5))
def test_rows_dropped_at_once_are_the_rows_dropped(words: int, count: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    table, rows = rng.standard_normal((words, 5)), rng.integers(words, size=count)
    at_once = np.full((count, 5), np.nan)
    thin_rows(at_once, table, rows, np.arange(count), 0.4, 17)
    one_by_one = table[rows]
    thin(one_by_one, 0.4, 17)
    assert (at_once == one_by_one).all()


def test_a_variational_mask_is_one_for_all_steps_of_a_text_and_lasts_until_the_state_is_reset() -> None:
    dropout, x, of = Dropout(0.4, variational=True).train(), torch.ones(6, 5, 30), torch.tensor([0, 3, 3, 4, 0])
    masks = []
    for noise in (Noise(1, 7), Noise(1, 8, 1), Noise(1, 9, 2), Noise(1, 9), Noise(2, 7)):
        dropout.noise = noise
        whole, again, other = dropout.states(x, 1), dropout.states(x, 1), dropout.states(x, 2)
        assert torch.equal(whole, whole[:1].expand_as(whole)) and torch.equal(whole, again) and not torch.equal(whole, other)
        assert torch.equal(dropout.states(x[0, of], 1, of, 5), whole[0, of])
        assert len({tuple(row) for row in whole[0].tolist()}) == 5, "each text has its own"
        thinned = x.numpy().copy()
        thin(thinned, 0.4, noise.lasting(1), 5 * 30)
        assert (thinned == whole.numpy()).all()
        masks.append(whole)
    assert torch.equal(masks[0], masks[1]) and torch.equal(masks[0], masks[2])
    assert not torch.equal(masks[0], masks[3]) and not torch.equal(masks[0], masks[4])
    fresh = Dropout(0.4).train()
    assert not torch.equal(*fresh.states(x, 1)[:2]) and dropout.eval().states(x, 1) is x
