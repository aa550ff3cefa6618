"""What is odd about a dataset: refused where nothing can be learnt from it, else warned of in sentences."""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import chain, combinations

import regex

from rnn_core.config import SPLITS, DataConfig, Problem
from rnn_core.data.examples import Example
from rnn_core.data.vocabulary import UNK, Vocabulary

MAX_CLASSES = 1_000
FEW = 10
"""Below so many training examples a class is warned of."""

Splits = Mapping[str, Sequence[Example]]

_READABLE = regex.compile(r"[\p{L}\p{N}]")
_EMOJI = regex.compile(r"[\p{Extended_Pictographic}\p{Regional_Indicator}]")
_RIGHT_TO_LEFT = regex.compile(r"[\p{Bidi_Class=R}\p{Bidi_Class=AL}]")


def label_counts(examples: Sequence[Example]) -> Counter[str]:
    """How often each label stands there: one a text, or one a token when the targets are tags."""
    targets = [(e.target,) if isinstance(e.target, str) else e.target for e in examples]
    return Counter(chain.from_iterable(targets))


def natural(label: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts labels as people do: 2 before 10. Digits compare by their number without leading zeros."""
    parts = regex.findall(r"[0-9]+|[^0-9]+", label)
    return tuple((0, len(p.lstrip("0")), p.lstrip("0")) if p.isdigit() and p.isascii() else (1, 0, p) for p in parts)


def check_labels(train: Sequence[Example], config: DataConfig, name: str) -> tuple[str, ...]:
    """The classes of the training split, sorted.

    Raises:
        Problem: when there is only one, or so many that the column is rather free text.
    """
    counts = label_counts(train)
    if len(counts) < 2:
        only = "".join(counts)[:60]
        raise Problem(
            f"Every label in the column {config.label!r} of {name} is {only!r}: "
            "a network needs two classes at least, so choose another column or add rows of another class."
        )
    if len(counts) > MAX_CLASSES or (len(counts) > 50 and len(counts) * 2 > counts.total()):
        raise Problem(
            f"The label column {config.label!r} of {name} looks like free text, with {len(counts):,} different values "
            f"in {counts.total():,}: choose a column with few classes."
        )
    return tuple(sorted(counts, key=lambda label: (natural(label), label)))


def warnings(splits: Splits, labels: Sequence[str], vocabulary: Vocabulary) -> list[str]:
    """Sentences on labels training never saw, texts in two splits, small classes, and texts hard to read."""
    return [
        *_missing(splits), *_unseen(splits, labels), *_twice(splits), *_small(splits["train"]), *_hard(splits, vocabulary),
    ]  # fmt: skip


def _missing(splits: Splits) -> list[str]:
    """Without dev nothing says when training should stop; without test nothing says how good it got."""
    lacking = [split for split in SPLITS[1:] if not splits.get(split)]
    use = {"dev": "to choose the best epoch by", "test": "to score the network on"}
    return [f"There is no {split} split {use[split]}: the data has too few different texts to cut one from, or none was asked "
            "for." for split in lacking]  # fmt: skip


def _unseen(splits: Splits, labels: Sequence[str]) -> list[str]:
    found = []
    for split, examples in splits.items():
        strange = {label: n for label, n in label_counts(examples).items() if label not in set(labels)}
        if strange:
            found.append(
                f"{_some([f'{label!r} ({n:,})' for label, n in strange.items()])} in {split} never stand in train, "
                "so the network cannot answer them: they count as errors."
            )
    return found


def _twice(splits: Splits) -> list[str]:
    texts = {split: {example.text for example in examples} for split, examples in splits.items()}
    shared = {pair: len(texts[pair[0]] & texts[pair[1]]) for pair in combinations(texts, 2)}
    pairs = ", ".join(f"{a} and {b}: {n:,}" for (a, b), n in shared.items() if n)
    return [f"The same text stands in two splits ({pairs}), so scores may look better than they are."] if pairs else []


def _small(train: Sequence[Example]) -> list[str]:
    small = [f"{label!r} ({n})" for label, n in label_counts(train).most_common() if n < FEW]
    return [f"Fewer than ten training examples: {_some(small)}; do not expect much of them."] if small else []


def _hard(splits: Splits, vocabulary: Vocabulary) -> list[str]:
    emoji, unknown = Counter[str](), Counter[str]()
    for split, examples in splits.items():
        if split != "train":
            emoji[split] = sum(not _READABLE.search(e.text) and bool(_EMOJI.search(e.text)) for e in examples)
            unknown[split] = sum(all(i == UNK for i in vocabulary.encode(e.tokens)) for e in examples)
    right_to_left = sum(
        not e.text.isascii() and bool(_RIGHT_TO_LEFT.search(e.text)) for e in chain.from_iterable(splits.values())
    )
    found = []
    if emoji.total():
        found.append(f"Texts of emoji alone: {_by_split(emoji)}; the network knows only those that stand in train.")
    if unknown.total():
        found.append(
            f"Texts without a single word known from training: {_by_split(unknown)}; their answers mean nothing."
        )
    if right_to_left:
        found.append(
            f"Texts with right-to-left script: {right_to_left:,}; they are fed in reading order, first word first."
        )
    return found


def _by_split(counts: Counter[str]) -> str:
    return ", ".join(f"{n:,} in {split}" for split, n in counts.items() if n)


def _some(items: Sequence[str], most: int = 5) -> str:
    return ", ".join(items[:most]) + (f" and {len(items) - most:,} more" if len(items) > most else "")
