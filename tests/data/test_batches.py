"""Batches: every text once an epoch, within the budget, alike in length, and decided by the seed alone."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rnn_core.data.batches import GROUP, POOL, Encoded, in_order, plan
from rnn_core.data.vocabulary import EOS, PAD, SOS
from tests.tiny import LABELS, TAGS, WORDS, vocabulary_of

LENGTHS = st.lists(st.integers(3, 60), min_size=1, max_size=120).map(np.array)
SIZES = st.integers(1, 40)
TEXTS = st.lists(st.lists(st.sampled_from([*WORDS, "unheard-of"]), min_size=1, max_size=6), min_size=1, max_size=6)


def planned(lengths: np.ndarray, size: int, *seed: int) -> list[np.ndarray]:
    return plan(lengths, size, np.random.default_rng(seed))


def padded_steps(lengths: np.ndarray, batches: list[np.ndarray]) -> int:
    return sum(int(lengths[rows].max()) * len(rows) for rows in batches)


@given(LENGTHS, SIZES, st.integers(0, 5))
def test_every_text_stands_in_exactly_one_batch_of_an_epoch(lengths: np.ndarray, size: int, seed: int) -> None:
    rows = np.concatenate(planned(lengths, size, seed))
    assert sorted(rows.tolist()) == list(range(len(lengths)))


@given(LENGTHS, st.integers(2, 40), st.integers(0, 5))
def test_a_batch_with_its_pads_stays_within_the_budget_or_is_one_text(
    lengths: np.ndarray, size: int, seed: int
) -> None:
    for rows in planned(lengths, size, seed):
        budget = size * lengths.mean()
        if len(rows) > GROUP:  # rounded to the nearest multiple
            budget *= len(rows) / (len(rows) - GROUP / 2)
        assert len(rows) == 1 or lengths[rows].max() * len(rows) <= budget


@given(LENGTHS, SIZES, st.integers(0, 5))
def test_batches_are_multiples_of_a_group_but_for_small_ones_and_each_pools_last(
    lengths: np.ndarray, size: int, seed: int
) -> None:
    odd = [rows for rows in planned(lengths, size, seed) if len(rows) > GROUP and len(rows) % GROUP]
    assert len(odd) <= max(1, round(len(lengths) / (size * POOL)))


@given(LENGTHS)
def test_size_one_is_one_text_at_a_time(lengths: np.ndarray) -> None:
    assert all(len(rows) == 1 for rows in planned(lengths, 1, 0))


@given(LENGTHS, SIZES)
def test_the_same_seed_gives_the_same_plan(lengths: np.ndarray, size: int) -> None:
    first, second = planned(lengths, size, 7, 1), planned(lengths, size, 7, 1)
    assert [rows.tolist() for rows in first] == [rows.tolist() for rows in second]


@pytest.mark.parametrize("size", [1, 4, 32])
def test_epochs_and_seeds_give_other_orders(size: int) -> None:
    lengths = np.random.default_rng(0).integers(3, 40, 300)
    plans = [[rows.tolist() for rows in planned(lengths, size, seed, epoch)] for seed in (0, 1) for epoch in (0, 1)]
    assert all(a != b for a, b in itertools.combinations(plans, 2))


def test_batches_hold_texts_of_like_length_and_few_pads() -> None:
    lengths = 3 + np.random.default_rng(0).geometric(0.06, 20_000)
    batches = planned(lengths, 32, 0)
    assert padded_steps(lengths, batches) / lengths.sum() < 1.06
    blind = [rows for rows in np.array_split(np.arange(len(lengths)), len(batches))]
    assert padded_steps(lengths, blind) / lengths.sum() > 2
    assert 25 < len(lengths) / len(batches) < 40  # about what was asked for
    sizes = np.array([len(rows) for rows in batches])
    assert np.corrcoef(sizes[:-1], sizes[1:])[0, 1] < 0.1  # and long ones do not follow long ones
    assert len(batches) > 2 * POOL


@given(LENGTHS, st.integers(10, 300))
def test_prediction_goes_through_every_text_once_the_shortest_first(lengths: np.ndarray, budget: int) -> None:
    batches = list(in_order(lengths, budget))
    order = np.concatenate(batches)
    assert sorted(order.tolist()) == list(range(len(lengths)))
    assert (np.diff(lengths[order]) >= 0).all()
    assert all(len(rows) == 1 or lengths[rows].max() * len(rows) <= budget for rows in batches)


@given(TEXTS, st.data())
def test_a_batch_is_its_texts_with_their_targets_at_their_steps(texts: list[list[str]], data: st.DataObject) -> None:
    vocabulary = vocabulary_of()
    tags = [[data.draw(st.sampled_from([*TAGS, "X-NEW"])) for _ in text] for text in texts]
    classes = [data.draw(st.sampled_from([*LABELS, "unseen"])) for _ in texts]
    by_tag = Encoded.of(texts, tags, vocabulary, TAGS, True)
    by_class = Encoded.of(texts, classes, vocabulary, LABELS, False)
    rows = np.array(data.draw(st.permutations(range(len(texts)))))[: data.draw(st.integers(1, len(texts)))]
    assert len(by_tag) == len(by_class) == len(texts)
    assert by_class.lengths.tolist() == [len(text) + 2 for text in texts]
    tagged, classed = by_tag.batch(rows), by_class.batch(rows)
    assert np.array_equal(tagged.tokens, classed.tokens)
    assert tagged.tokens.dtype == tagged.targets.dtype == classed.targets.dtype == np.int64
    assert tagged.tokens.shape == tagged.targets.shape == (max(len(texts[r]) for r in rows) + 2, len(rows))
    for b, row in enumerate(rows):
        length = len(texts[row]) + 2
        assert classed.rows[b] == row and classed.lengths[b] == length
        assert tagged.tokens[:length, b].tolist() == [SOS, *vocabulary.encode(texts[row]), EOS]
        assert (tagged.tokens[length:, b] == PAD).all() and (tagged.targets[length:, b] == -1).all()
        wanted = [TAGS.index(tag) if tag in TAGS else -1 for tag in tags[row]]
        assert tagged.targets[:length, b].tolist() == [-1, *wanted, -1]
        assert classed.targets[b] == (LABELS.index(classes[row]) if classes[row] in LABELS else -1)
