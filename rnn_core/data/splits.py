"""Cutting dev and test from train: seeded, each class in its share, identical texts together."""

import random
from collections.abc import Mapping, Sequence

from rnn_core.data.examples import Example


def cut(examples: Sequence[Example], shares: Mapping[str, float], seed: int) -> dict[str, list[Example]]:
    """`examples` parted into train and the splits of `shares` (split → share of all examples), order kept.

    Classes come in like shares; tag sequences count as one class. Every class keeps a text in train, and examples with
    the same text land in the same split. A split with a share gets at least one example when there are enough.
    """
    strata: dict[str, dict[str, list[int]]] = {}
    home: dict[str, str] = {}  # the class a text was first seen with: a text may stand there with several labels
    for i, example in enumerate(examples):
        label = home.setdefault(example.text, example.target if isinstance(example.target, str) else "")
        strata.setdefault(label, {}).setdefault(example.text, []).append(i)

    wanted = {split: max(1, round(share * len(examples))) for split, share in shares.items() if share > 0}
    owed = dict.fromkeys(wanted, 0.0)  # what a class is too small to give is owed by the next
    chosen = {i: "train" for i in range(len(examples))}
    rng = random.Random(seed)
    for label in sorted(strata):
        groups = list(strata[label].values())
        rng.shuffle(groups)
        size = sum(map(len, groups))
        for split, number in wanted.items():
            owed[split] += number * size / len(examples)
        for group in groups[1:]:
            split = max(owed, key=lambda s: owed[s], default="train")
            if split in owed and owed[split] > len(group) - 1e-6:
                owed[split] -= len(group)
                chosen |= dict.fromkeys(group, split)
    splits: dict[str, list[Example]] = {split: [] for split in ("train", *wanted)}
    for i, split in chosen.items():
        splits[split].append(examples[i])
    return {split: kept for split, kept in splits.items() if kept}
