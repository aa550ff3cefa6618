"""Cuts dev and test from train: seeded, stratified by class, identical texts together; from a stream, its end."""

import random
from array import array
from collections.abc import Callable, Collection, Mapping, MutableSequence
from itertools import chain, combinations, islice
from typing import Any

import numpy as np

from rnn_core.config import SPLITS, DataConfig
from rnn_core.data.finish import TRAIN, Written
from rnn_core.data.progress import Tick
from rnn_core.data.schema import Schema
from rnn_core.language import tr


def cut(
    texts: np.ndarray,
    classes: np.ndarray,
    shares: Mapping[str, float],
    seed: int,
    tick: Callable[[], object] = lambda: None,
) -> np.ndarray:
    """The split of each of m examples: 0 for train, i for the i-th of `shares` (split → share of all examples).

    Splits are stratified by class. Every class keeps a text in train, and examples with the same text are in the same
    split. A split with a share gets at least one example, if there are enough.

    Args:
        texts: (m,) a number for each text, equal for equal texts.
        classes: (m,) the class of each, as its index among the sorted classes; 0 for all without labels.
        tick: is called often; an exception raised by it stops the work.
    """
    group, first = _groups(texts, tick)
    home = classes[first]  # the class of a text's first occurrence: a text may occur with several labels
    home = home.astype(np.min_scalar_type(home.max(initial=0)))
    ends = np.cumsum(np.bincount(home))
    count = len(first)
    del first  # each array takes much memory for tens of millions of texts
    order = np.argsort(home, kind="stable").astype(np.int32)
    del home
    size = np.bincount(group).astype(np.int32)
    sizes = size.data  # its items are plain numbers

    wanted = {i: max(1, round(share * len(texts))) for i, share in enumerate(shares.values(), start=1) if share > 0}
    codes = [*wanted]
    owed = [0.0] * len(codes)  # a share that is too small a part of one class is added to that of the next
    chosen = np.zeros(count, np.int8)
    rng = random.Random(seed)
    for start, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        groups = array("i", order[start:end].tobytes())  # a list would take ten times the memory
        _shuffle(groups, rng, tick)
        for place, split in enumerate(codes):
            owed[place] += wanted[split] * int(size[order[start:end]].sum()) / len(texts)
        for one in islice(groups, 1, None if owed else 1):
            many = sizes[one]
            if not one & 0x3FFF:
                tick()
            most = max(owed)
            if most <= 1 - 1e-6:
                break
            if most > many / 2 - 1e-6:  # as close to the share as whole groups allow
                place = owed.index(most)
                owed[place] -= many
                chosen[one] = codes[place]
    return chosen[group]


def _groups(texts: np.ndarray, tick: Callable[[], object]) -> tuple[np.ndarray, np.ndarray]:
    """(m,) the group of equal texts of each, and the index of the first text of each group, in increasing order."""
    leader = np.empty(len(texts), np.int32)  # the first text equal to each
    bucket = np.ascontiguousarray(texts, np.int64).view(np.uint8)[::8] & 15  # some bits of each
    for number in range(16):  # equal texts are in one bucket; `tick` is called between short sorts
        tick()
        rows = np.flatnonzero(bucket == number)
        order = rows[np.argsort(texts[rows], kind="stable")]
        ordered = texts[order]
        new = np.ones(len(rows), bool)
        new[1:] = ordered[1:] != ordered[:-1]
        leader[order] = order[new][np.cumsum(new) - 1]
    leads = leader == np.arange(len(texts), dtype=np.int32)
    return (np.cumsum(leads, dtype=np.int32) - 1)[leader], np.flatnonzero(leads).astype(np.int32)


def _shuffle(items: MutableSequence[int], rng: random.Random, tick: Callable[[], object]) -> None:
    """Shuffles as `rng.shuffle` does, but faster, and calls `tick` now and then."""
    draw = rng.getrandbits
    for bits in range(len(items).bit_length(), 1, -1):
        for i in range(min(len(items), (1 << bits) - 1) - 1, (1 << bits - 1) - 2, -1):
            j = draw(bits)
            while j > i:
                j = draw(bits)
            items[i], items[j] = items[j], items[i]
            if not i & 0xFFFF:
                tick()


def cut_from_train(written: Written, config: DataConfig, stream: bool, tick: Tick) -> dict[str, float]:
    """Moves training examples to the requested splits that have none.

    Args:
        stream: whether the examples are one long text, whose end is cut; otherwise they are drawn at random.
        tick: is called often; an exception raised by it stops the work.

    Returns:
        The share of each split that was cut.
    """
    asked = {"dev": config.dev_share, "test": config.test_share}
    shares = {split: share for split, share in asked.items() if split not in written.present and share > 0}
    if shares and stream:
        _cut_ends(written, shares)
    elif shares:
        _cut_rows(written, shares, config.split_seed, tick)
    return {split: share for split, share in shares.items() if split in written.present}


def _cut_rows(written: Written, shares: Mapping[str, float], seed: int, tick: Tick) -> None:
    """Moves random examples, stratified by class."""
    rows: Any = written.splits == TRAIN
    if rows.all():
        rows = slice(None)  # a view, without a copy
    texts = written.text.texts[rows]
    if written.schema.labels is None or written.per_token:
        classes = np.zeros(len(texts), np.int32)
    else:
        places = np.empty(len(written.labels), np.int32)
        places[sorted(range(len(places)), key=written.labels.__getitem__)] = np.arange(len(places))
        classes = places[written.classes[rows]]
    codes = np.array([TRAIN, *map(SPLITS.index, shares)], np.int8)
    written.splits[rows] = codes[cut(texts, classes, shares, seed, lambda: tick(0.0))]


def _cut_ends(written: Written, shares: Mapping[str, float]) -> None:
    """Moves the last rows: a stream is not shuffled."""
    rows = written.rows("train")
    ends = np.cumsum(written.text.lengths[rows]) / written.text.lengths[rows].sum()
    end = 1.0
    for split in reversed([split for split in SPLITS if split in shares]):
        written.splits[rows[(ends > end - shares[split]) & (ends <= end)]] = SPLITS.index(split)
        end -= shares[split]


def how_split(config: DataConfig, files: Collection[str], cut: Mapping[str, float], schema: Schema) -> str:
    """A sentence on the origin of the splits.

    Args:
        files: the splits that have a file.
        cut: the result of `cut_from_train`.
    """
    if config.split:
        given = tr("The splits are given by the column {column!r}.", column=config.split)
    else:
        given = tr("The files given are {files}.", files=", ".join(files)) if len(files) > 1 else tr("One file was given.")
    if not cut:
        return given
    if len(cut) > 1:
        parts = tr("{dev:.0%} for dev and {test:.0%} for test", **cut)
    else:
        parts = tr("{dev:.0%} for dev", **cut) if "dev" in cut else tr("{test:.0%} for test", **cut)
    if schema.stream:
        return tr("{given} Cut from the end of train: {parts}.", given=given, parts=parts)
    if schema.labels:
        return tr(
            "{given} Cut from train with seed {seed}: {parts}. Identical texts stay in one split, stratified by class as far as "
            "that allows.",
            given=given, seed=config.split_seed, parts=parts,
        )  # fmt: skip
    return tr(
        "{given} Cut from train with seed {seed}: {parts}. Identical texts stay in one split.",
        given=given, seed=config.split_seed, parts=parts,
    )  # fmt: skip


def different_texts(written: Written, labels: Collection[str]) -> dict[str, int]:
    """The number of different texts of each of some classes."""
    number = {label: i for i, label in enumerate(written.labels)}
    return {label: len(np.unique(written.text.texts[written.classes == number[label]])) for label in labels}


def shared_texts(written: Written, cut: Collection[str]) -> dict[tuple[str, str], int]:
    """The number of different texts that both splits of a pair contain, without pairs that were cut from one file."""
    pairs = [pair for pair in combinations(written.present, 2) if not {"train", *cut}.issuperset(pair)]
    different = {split: np.unique(written.text.texts[written.rows(split)]) for split in {*chain.from_iterable(pairs)}}
    return {(a, b): len(np.intersect1d(different[a], different[b], assume_unique=True)) for a, b in pairs}
