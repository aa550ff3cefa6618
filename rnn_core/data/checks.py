"""What is odd about a dataset: refused where nothing can be learnt from it, else warned of in sentences."""

from collections import Counter
from collections.abc import Mapping, Sequence

import regex

from rnn_core.config import SPLITS, DataConfig, Problem
from rnn_core.data.numbering import EMOJI, READABLE, RIGHT_TO_LEFT
from rnn_core.data.stored import Counted
from rnn_core.results import LeftOut

MAX_CLASSES = 1_000
MOST_LABELS = 100_000
"""Different labels, of all splits, at which reading ends."""

FEW = 10
"""Below so many training examples a class is warned of."""

Splits = Mapping[str, Counted]


def natural(label: str) -> tuple[tuple[int, int, str], ...]:
    """Sorts labels as people do: 2 before 10. Digits compare by their number without leading zeros."""
    parts = regex.findall(r"[0-9]+|[^0-9]+", label)
    return tuple((0, len(p.lstrip("0")), p.lstrip("0")) if p.isdigit() and p.isascii() else (1, 0, p) for p in parts)


def check_labels(
    counts: Mapping[str, int], config: DataConfig, name: str, left_out: Sequence[LeftOut] = ()
) -> tuple[str, ...]:
    """The classes of the training split, sorted.

    Args:
        counts: how often each label stands there.
        left_out: the rows of its file that were not used, the most frequent reason first.

    Raises:
        Problem: when there is only one, or so many that the column is rather free text.
    """
    total = sum(counts.values())
    if len(counts) < 2:
        only = "".join(counts)[:60]
        raise Problem(
            f"Every label in the column {config.label!r} of {name} is {only!r}: "
            "a network needs two classes at least, so choose another column or add rows of another class."
            + _look_at(left_out),
            "--label COLUMN",
        )
    if len(counts) > MAX_CLASSES or (len(counts) > 50 and len(counts) * 2 > total):
        raise free_text(len(counts), total, config, name)
    return in_order(counts)


def _look_at(left_out: Sequence[LeftOut]) -> str:
    """A sentence on the rows that may hold what is missing; empty when there are none."""
    if not left_out:
        return ""
    total, first = sum(entry.count for entry in left_out), left_out[0]
    most = "most often " if len(left_out) > 1 else ""
    were, them = ("row was", "it") if total == 1 else ("rows were", "them")
    return f" {total:,} {were} left out ({most}{first.reason}, first at {first.rows[0]}), so look at {them} first."


def free_text(different: int, total: int, config: DataConfig, name: str) -> Problem:
    """What is said of a label column with so many different values."""
    return Problem(
        f"The label column {config.label!r} of {name} looks like free text, with {different:,} different values "
        f"in {total:,}: choose a column with few classes.",
        "--label COLUMN",
    )


def in_order(labels: Mapping[str, int]) -> tuple[str, ...]:
    """Labels sorted as people do."""
    return tuple(sorted(labels, key=lambda label: (natural(label), label)))


def warnings(splits: Splits, labels: Sequence[str], shared: Mapping[tuple[str, str], int]) -> list[str]:
    """Sentences on labels training never saw, texts in two splits, small classes, and texts hard to read.

    Args:
        shared: how many different texts stand in both splits of a pair.
    """
    return [
        *_missing(splits), *_unseen(splits, labels), *_twice(shared), *_small(splits["train"]), *_hard(splits),
    ]  # fmt: skip


def _missing(splits: Splits) -> list[str]:
    """Without dev nothing says when training should stop; without test nothing says how good it got."""
    lacking = [split for split in SPLITS[1:] if split not in splits]
    use = {"dev": "to choose the best epoch by", "test": "to score the network on"}
    return [f"There is no {split} split {use[split]}: the data has too few different texts to cut one from, or none was asked "
            "for." for split in lacking]  # fmt: skip


def _unseen(splits: Splits, labels: Sequence[str]) -> list[str]:
    found = []
    known = set(labels)
    for split, counted in splits.items():
        strange = {label: n for label, n in counted.labels.items() if label not in known}
        if strange:
            found.append(
                f"{_some([f'{label!r} ({n:,})' for label, n in strange.items()])} in {split} never stand in train, "
                "so the network cannot answer them: they count as errors."
            )
    return found


def _twice(shared: Mapping[tuple[str, str], int]) -> list[str]:
    pairs = ", ".join(f"{a} and {b}: {n:,}" for (a, b), n in shared.items() if n)
    return [f"The same text stands in two splits ({pairs}), so scores may look better than they are."] if pairs else []


def _small(train: Counted) -> list[str]:
    small = [f"{label!r} ({n})" for label, n in Counter(train.labels).most_common() if n < FEW]
    return [f"Fewer than ten training examples: {_some(small)}; do not expect much of them."] if small else []


def _hard(splits: Splits) -> list[str]:
    emoji, unknown = Counter[str](), Counter[str]()
    right_to_left = 0
    for split, counted in splits.items():
        right_to_left += sum(int(n) for found, n in enumerate(counted.signs) if found & RIGHT_TO_LEFT)
        emoji[split] = sum(int(n) for found, n in enumerate(counted.signs) if found & EMOJI and not found & READABLE)
        if split != "train":
            unknown[split] = counted.strange
    found = []
    if emoji.total():
        found.append(f"Texts of emoji alone: {_by_split(emoji)}; of emoji, the network knows only those that stand in train.")
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
