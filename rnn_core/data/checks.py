"""Checks of a dataset: a Problem if nothing can be learnt from it, else warnings."""

import unicodedata
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from itertools import chain, islice
from math import isfinite

import regex

from rnn_core.config import SPLITS, DataConfig, Problem
from rnn_core.data.contents import without_spaces
from rnn_core.data.finish import Counted, Written
from rnn_core.data.numbering import EMOJI, READABLE, RIGHT_TO_LEFT
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.language import tr, tr_n
from rnn_core.language.retold import retold
from rnn_core.results import LeftOut

MAX_CLASSES = 1_000
MOST_LABELS = 100_000
"""The number of different labels, in all splits, at which reading stops."""

FEW = 10
"""The number of training examples below which there is a warning about a class."""

Splits = Mapping[str, Counted]


MANY_LEFT_OUT = 0.2
"""The share of rows left out above which there is a warning; above half the file is refused."""

MANY_SAME = 0.1
"""The share of rows with the same text on both sides above which there is a warning."""

SWAPPED = 0.1
"""Two texts look swapped if the vocabularies of each other know at least this share of their tokens more, and half of the unknown
ones."""

_MISSING = {"nan", "null", "none", "n/a", "na", "#n/a", "<na>", "nil", "-", "--", "?", "undefined", "missing"}
"""Labels, in lower case, that often mean a missing value."""


def natural(label: str) -> tuple[tuple[int, int, str], ...]:
    """A key for natural sorting of labels: 2 before 10. Digits compare as numbers, without leading zeros."""
    parts = regex.findall(r"[0-9]+|[^0-9]+", label)
    return tuple((0, len(p.lstrip("0")), p.lstrip("0")) if p.isdigit() and p.isascii() else (1, 0, p) for p in parts)


def check_labels(
    counts: Mapping[str, int], config: DataConfig, name: str, left_out: Sequence[LeftOut] = ()
) -> tuple[str, ...]:
    """The classes of the training split, sorted.

    Args:
        counts: the count of each label there.
        left_out: the rows of the file that were not used, the most frequent reason first.

    Raises:
        Problem: if there is only one class, or so large a number that the column is probably free text.
    """
    total = sum(counts.values())
    if len(counts) < 2:
        only = "".join(counts)[:60]
        if not left_out:
            raise Problem(
                tr(
                    "Every label in the column {label!r} of {name} is {only!r}: a network needs at least two classes, so "
                    "choose another column or add rows of another class.",
                    label=config.label, name=name, only=only,
                ),
                "--label COLUMN",
            )
        raise Problem(
            tr(
                "Every label in the column {label!r} of {name} is {only!r}: a network needs at least two classes, so choose "
                "another column or add rows of another class. {look}",
                label=config.label, name=name, only=only, look=_look_at(left_out),
            ),
            "--label COLUMN",
        )
    numbers = [value for label in counts if (value := number_of(label)) is not None]
    # Numbers of classes count up from 0 or 1; measurements have gaps or fractions.
    gaps = sorted(numbers) != list(range(int(min(numbers, default=0)), int(min(numbers, default=0)) + len(numbers)))
    parts = len(counts) > 10 and any(value % 1 for value in numbers)
    measured = len(numbers) >= 0.9 * len(counts) and (parts or (len(counts) > 30 and gaps and min(numbers, default=0) >= 0))
    if measured or len(counts) > MAX_CLASSES or (len(counts) > 50 and len(counts) * 2 > total):
        raise free_text(counts, total, config, name)
    return in_order(counts)


def _look_at(left_out: Sequence[LeftOut]) -> str:
    """A sentence on the rows left out, which may hold the missing labels."""
    total, first = sum(entry.count for entry in left_out), left_out[0]
    reason, where = retold(first.reason), first.rows[0]
    if len(left_out) > 1:
        return tr(
            "{n:,} rows were left out (most often {reason}, first at {where}), so look at them first.",
            n=total, reason=reason, where=where,
        )  # fmt: skip
    return tr_n(
        "{n:,} row was left out ({reason}, first at {where}), so look at it first.",
        "{n:,} rows were left out ({reason}, first at {where}), so look at them first.",
        total, reason=reason, where=where,
    )  # fmt: skip


def free_text(labels: Collection[str], total: int, config: DataConfig, name: str) -> Problem:
    """The Problem of a label column with too many different values: numbers, or free text."""
    different = len(labels)
    if sum(number_of(label) is not None for label in islice(labels, 1_000)) >= 0.9 * min(different, 1_000):
        return Problem(
            tr(
                "The labels in the column {label!r} of {name} are numbers, {different:,} different ones in {total:,}: "
                "predicting them is regression, and this program learns classes; choose another column, or group the "
                "numbers into a few classes, such as low and high.",
                label=config.label, name=name, different=different, total=total,
            ),
            "--label COLUMN",
        )
    return Problem(
        tr(
            "The label column {label!r} of {name} looks like free text, with {different:,} different values in {total:,}: "
            "choose a column with few classes.",
            label=config.label, name=name, different=different, total=total,
        ),
        "--label COLUMN",
    )


def number_of(label: str) -> float | None:
    """The value of a label that is a number, else None."""
    try:
        value = float(label.replace("−", "-").replace(",", ".").strip("%$€£ "))
    except ValueError:
        return None
    return value if isfinite(value) else None


def in_order(labels: Collection[str]) -> tuple[str, ...]:
    """Labels in natural order: numbers by value, others with 2 before 10."""
    numbers = {label: value for label in labels if (value := number_of(label)) is not None}
    return tuple(sorted(labels, key=lambda label: (label not in numbers, numbers.get(label, 0.0), natural(label), label)))


def warnings(splits: Splits, labels: Sequence[str], shared: Mapping[tuple[str, str], int]) -> list[str]:
    """Warnings about labels that train lacks, similar labels, texts in two splits, small classes, and unusual texts.

    Args:
        shared: the number of different texts that both splits of a pair contain.
    """
    return [
        *_missing(splits), *_unseen(splits, labels), *_alike(splits), *_twice(shared), *_small(splits["train"]), *_hard(splits),
    ]  # fmt: skip


def too_few_used(used: int, read: int, left_out: Sequence[LeftOut], name: str) -> str | None:
    """A warning if more than a fifth of a file's rows are left out.

    Raises:
        Problem: if more than half of them are.
    """
    out = read - used
    if out <= MANY_LEFT_OUT * read:
        return None
    entry = left_out[0]
    values = {"out": out, "read": read, "name": name, "reason": retold(entry.reason), "where": entry.rows[0]}
    if out * 2 > read:
        raise Problem(tr(
            "{out:,} of the {read:,} rows of {name} cannot be used, most often: {reason} (first at {where}). Correct or delete "
            "these rows, or choose other columns or another way to read the file.",
            **values,
        ) if len(left_out) > 1 else tr(
            "{out:,} of the {read:,} rows of {name} cannot be used, all: {reason} (first at {where}). Correct or delete these "
            "rows, or choose other columns or another way to read the file.",
            **values,
        ))  # fmt: skip
    if len(left_out) > 1:
        return tr("{out:,} of the {read:,} rows of {name} cannot be used, most often: {reason} (first at {where}).", **values)
    return tr("{out:,} of the {read:,} rows of {name} cannot be used, all: {reason} (first at {where}).", **values)


def _alike(splits: Splits) -> list[str]:
    """A warning about labels that are probably one class, or missing values."""
    counts = sum((Counter(counted.labels) for counted in splits.values()), Counter[str]())
    groups: dict[str | float, list[str]] = {}
    for label in in_order(counts):
        number = number_of(label)
        folded = " ".join(unicodedata.normalize("NFKC", label).casefold().split())
        groups.setdefault(folded if number is None else number, []).append(label)
    same = [_both(group, counts) for group in groups.values() if len(group) > 1]
    missing = [f"{label!r} ({counts[label]:,})" for label in counts if label.lower() in _MISSING]
    found = []
    if same and missing:
        found.append(tr(
            "There are labels that differ only in capitals, or in how a letter or a number is written: {same}, and labels that "
            "may mean a missing value: {missing}. Each counts as a class of its own.",
            same=_some(same), missing=_some(missing),
        ))  # fmt: skip
    elif same:
        found.append(tr(
            "There are labels that differ only in capitals, or in how a letter or a number is written: {same}. Each counts as "
            "a class of its own.",
            same=_some(same),
        ))  # fmt: skip
    elif missing:
        found.append(tr(
            "There are labels that may mean a missing value: {missing}. Each counts as a class of its own.",
            missing=_some(missing),
        ))  # fmt: skip
    if several := _joined(counts):
        found.append(tr(
            "Some labels are lists of labels: {several}. This program learns one label per text (single-label), so each such "
            "list counts as a class of its own.",
            several=_some(several),
        ))  # fmt: skip
    return found


def _both(group: Sequence[str], counts: Mapping[str, int]) -> str:
    if len(group) == 2:
        first, second = group
        return tr(
            "{first!r} ({first_count:,}) and {second!r} ({second_count:,})",
            first=first, first_count=counts[first], second=second, second_count=counts[second],
        )  # fmt: skip
    return tr(" and ").join(f"{label!r} ({counts[label]:,})" for label in group)


def _joined(counts: Mapping[str, int]) -> list[str]:
    """Labels that are other labels joined by a comma, a semicolon or a bar; empty if there are few."""
    for sign in (",", ";", "|", "#"):
        parted = {label: [part.strip() for part in label.split(sign)] for label in counts}
        parts = Counter(part for some in parted.values() for part in some)
        joined = [label for label, some in parted.items() if len(some) > 1 and all(parts[part] > 1 for part in some)]
        if len(joined) > 1 and 10 * sum(counts[label] for label in joined) >= sum(counts.values()):
            return [f"{label!r} ({counts[label]:,})" for label in joined]
    return []


def absent(splits: Splits, labels: Sequence[str]) -> dict[str, list[str]]:
    """The classes that dev or test lacks, each with the splits that lack it."""
    found = {label: [split for split in SPLITS[1:] if split in splits and label not in splits[split].labels] for label in labels}
    return {label: lacking for label, lacking in found.items() if lacking}


def about_absent(
    absent: Mapping[str, Sequence[str]], train: Counted, different: Mapping[str, int], cut: Collection[str]
) -> list[str]:
    """A warning about classes that dev or test lacks, and why.

    Args:
        absent: as of `absent`.
        different: the number of different texts of each of these classes.
        cut: the splits that were cut from train.
    """
    if not absent:
        return []
    said = _some([_lacking(label, lacking, train.labels[label], different[label]) for label, lacking in absent.items()])
    if {*cut} & {*chain(*absent.values())}:
        return [tr(
            "Some classes are not in every split: {said}. Rows with the same text stay in one split, so that no text of dev or "
            "test is one of training. A split without a class cannot show how well the network finds it: add different texts of "
            "the class.",
            said=said,
        )]  # fmt: skip
    return [tr(
        "Some classes are not in every split: {said}. A split without a class cannot show how well the network finds it: add "
        "different texts of the class.",
        said=said,
    )]  # fmt: skip


def _lacking(label: str, lacking: Sequence[str], rows: int, texts: int) -> str:
    """That some splits lack a class, as a clause. `rows`, `texts`: of the class in training, and its different texts in all."""
    if texts == 1 < rows:
        how = tr("all with the same text")
    else:
        how = tr_n("{n:,} different text in all", "{n:,} different texts in all", texts)
    if len(lacking) > 1:
        return tr_n(
            "{label!r} is not in dev and test ({n:,} row in train, {how})",
            "{label!r} is not in dev and test ({n:,} rows in train, {how})", rows, label=label, how=how,
        )  # fmt: skip
    return tr_n(
        "{label!r} is not in {split} ({n:,} row in train, {how})",
        "{label!r} is not in {split} ({n:,} rows in train, {how})", rows, label=label, split=lacking[0], how=how,
    )  # fmt: skip


def _missing(splits: Splits) -> list[str]:
    """Warnings about missing splits: dev chooses the best epoch, test scores the network."""
    found = {
        "dev": tr("There is no dev split to choose the best epoch: the data have too few different texts to cut one, or none was "
                  "requested."),
        "test": tr("There is no test split to score the network: the data have too few different texts to cut one, or none was "
                   "requested."),
    }  # fmt: skip
    return [found[split] for split in SPLITS[1:] if split not in splits]


def _unseen(splits: Splits, labels: Sequence[str]) -> list[str]:
    found = []
    known = set(labels)
    for split, counted in splits.items():
        strange = {label: n for label, n in counted.labels.items() if label not in known}
        if strange:
            found.append(tr(
                "{labels} in {split} do not occur in train, so the network cannot answer them: they count as errors.",
                labels=_some([f"{label!r} ({n:,})" for label, n in strange.items()]), split=split,
            ))  # fmt: skip
    return found


def _twice(shared: Mapping[tuple[str, str], int]) -> list[str]:
    pairs = ", ".join(tr("{first} and {second}: {n:,}", first=a, second=b, n=n) for (a, b), n in shared.items() if n)
    return [tr("The same text occurs in two splits ({pairs}), so scores may be too optimistic.", pairs=pairs)] if pairs else []


def _small(train: Counted) -> list[str]:
    small = [f"{label!r} ({n})" for label, n in Counter(train.labels).most_common() if n < FEW]
    return [tr("Fewer than ten training examples: {labels}; do not expect much of them.", labels=_some(small))] if small else []


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
        found.append(tr(
            "Texts of emoji alone: {counts}; the network knows only the emoji that occur in train.", counts=_by_split(emoji)
        ))  # fmt: skip
    if unknown.total():
        found.append(tr(
            "Texts without any word known from training: {counts}; their answers mean nothing.", counts=_by_split(unknown)
        ))  # fmt: skip
    if right_to_left:
        found.append(tr(
            "Texts with right-to-left script: {count:,}; they are fed in reading order, first word first.", count=right_to_left
        ))  # fmt: skip
    return found


def _by_split(counts: Counter[str]) -> str:
    return ", ".join(tr("{count:,} in {split}", count=n, split=split) for split, n in counts.items() if n)


def _some(items: Sequence[str], most: int = 5) -> str:
    listed = ", ".join(items[:most])
    return tr("{listed} and {more:,} more", listed=listed, more=len(items) - most) if len(items) > most else listed


def wordless(config: DataConfig, train: Counted, examples: Sequence[Sequence[str]], labelled: bool) -> list[str]:
    """Warnings about texts for which words are unsuitable as tokens.

    Args:
        examples: the tokens of some texts.
        labelled: whether each text has a label.
    """
    if config.tokens == "char":
        return []
    if without_spaces([" ".join(token for token in tokens if any(map(str.isalpha, token))) for tokens in examples]):
        return [tr("The texts are written without spaces between words, so a whole phrase counts as one word: read them by "
                   "characters instead.")]  # fmt: skip
    if labelled and train.examples >= 20 and sum(train.lengths[:2]) >= 0.9 * train.examples:
        return [tr("Nearly every text is a single word: to learn from its letters, read the texts by characters; if these are "
                   "the tokens of sentences, choose the task sequence tagging.")]  # fmt: skip
    return []


def same_texts(written: Written) -> list[str]:
    """A warning about examples with the same text on both sides."""
    same, rows = written.same, len(written)
    if same < MANY_SAME * rows or not same:
        return []
    first, second = (getattr(written.config, name) for name in written.sides)
    if same == rows:
        return [tr(
            "The columns {first!r} and {second!r} hold the same text in every row, so there is nothing to learn but to copy: "
            "choose other columns, unless that is wanted.",
            first=first, second=second,
        )]  # fmt: skip
    return [tr(
        "In {same:,} of {rows:,} rows the columns {first!r} and {second!r} hold the same text: such rows may not be translated.",
        same=same, rows=rows, first=first, second=second,
    )]  # fmt: skip


def swapped(written: Written, vocabularies: Mapping[str, Vocabulary], split: str, name: str) -> list[str]:
    """A warning if the two texts of a split look swapped: each is known better by the vocabulary of the other one.

    Args:
        vocabularies: of training, by side.
        name: of the split or file.
    """
    if len(written.sides) != 2:
        return []
    counts = written.unknown(vocabularies, split)
    total = sum(every for (side, of), (_, every) in counts.items() if side == of)
    own, others = (sum(unknown for (side, of), (unknown, _) in counts.items() if (side == of) is same) / max(total, 1)
                   for same in (True, False))  # fmt: skip
    if own < 2 * others or own - others < SWAPPED:
        return []
    text, target = (getattr(written.config, side) for side in written.sides)
    return [tr(
        "The two texts of {name} look swapped: {own:.0%} of their tokens are unknown, and {others:.0%} if {target!r} is read and "
        "{text!r} is written.",
        name=name, own=own, others=others, target=target, text=text,
    )]  # fmt: skip
