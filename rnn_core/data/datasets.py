"""From files to a dataset: checked examples, splits, labels, tag scheme, fingerprint, and a report on all of it."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rnn_core.config import SPLITS, TASKS, DataConfig, Problem, plain
from rnn_core.data import checks
from rnn_core.data.columns import LAYOUTS, Layout, guess_columns, layout_of, sample_rows, with_columns
from rnn_core.data.encodings import open_binary
from rnn_core.data.examples import Example, Tally, read_file
from rnn_core.data.splits import cut
from rnn_core.data.tables import DELIMITERS, Format, recognise
from rnn_core.data.vocabulary import UNK, Vocabulary
from rnn_core.metrics import scheme_of
from rnn_core.results import DataReport, LeftOut, SplitSummary

__all__ = ["Dataset", "Example", "FileReport", "read_dataset", "read_examples"]


@dataclass(frozen=True)
class Dataset:
    """Checked examples of one task.

    Attributes:
        config: how they were read, columns filled in. Format, encoding and delimiter stay as stated: files may differ.
        splits: by name, train first; a split without examples is absent.
        labels: the classes that training knows, sorted. Others may stand in dev and test as truths.
        scheme: the tag scheme, None for plain classes.
        fingerprint: sha256 of the files' bytes by split and of `config`.
        report: what was found.
    """

    config: DataConfig
    splits: dict[str, list[Example]]
    labels: tuple[str, ...]
    scheme: str | None
    fingerprint: str
    report: DataReport


@dataclass(frozen=True)
class FileReport:
    """What reading one file found.

    Attributes:
        facts: name, format, encoding, delimiter, layout, columns used, rows read.
        rows_read: data rows or sentences seen.
        left_out: those not used, or cut, by reason.
        warnings: sentences on what is odd but usable.
    """

    facts: dict[str, Any]
    rows_read: int
    left_out: tuple[LeftOut, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class _File:
    config: DataConfig
    format: Format
    layout: Layout
    found: list[tuple[Example, str | None]]
    tally: Tally

    @property
    def facts(self) -> dict[str, Any]:
        used = {key: value for key in ("text", "label", "sentence", "split") if (value := getattr(self.config, key))}
        return {
            "name": self.format.name,
            "format": self.format.kind,
            "encoding": self.format.encoding,
            "delimiter": DELIMITERS.get(self.format.delimiter or ""),
            "layout": LAYOUTS[self.layout],
            "columns": used,
            "rows": self.tally.read,
        }


def read_dataset(
    files: Mapping[str, Path],
    config: DataConfig,
    names: Mapping[str, str] | None = None,
    progress: Callable[[float], None] | None = None,
) -> Dataset:
    """The dataset in a training file and, where given, those of dev and test.

    Args:
        files: by split; "train" is needed.
        names: what the files are called where that is not their path's name.
        progress: hears the share read so far; what it raises ends the reading.

    Raises:
        Problem: when nothing can be learnt from the files; the sentence says why and what to do.
    """
    if "train" not in files:
        raise Problem("A dataset needs a training file: choose one.")
    if config.split and len(files) > 1:
        raise Problem("Give either a split column or files for dev and test, not both.")
    shown = {split: (names or {}).get(split) or path.name for split, path in files.items()}
    digest, share = _hashed(files, shown), _Shares(files, progress)

    train = _read(files["train"], config, shown["train"], share.of("train"), with_split=len(files) == 1)
    read = {"train": train}
    for split in SPLITS[1:]:
        if split in files:
            read[split] = _read(files[split], config, shown[split], share.of(split), like=train.config)
    digest.update(json.dumps(plain(train.config), sort_keys=True).encode())

    splits: dict[str, list[Example]] = {}
    for given, file in read.items():
        for example, named in file.found:
            splits.setdefault(named or given, []).append(example)
    if "train" not in splits:
        raise Problem(f"No row of {shown['train']} is of the training split: write train into its split column.")
    shares = {"dev": config.dev_share, "test": config.test_share}
    shares = {split: share for split, share in shares.items() if split not in splits and share > 0}
    parts = cut(splits.pop("train"), shares, config.split_seed)
    splits |= parts
    how = _how_cut(
        _how_split(train.config, read), {split: shares[split] for split in parts if split in shares}, config.split_seed
    )
    splits = {split: splits[split] for split in SPLITS if split in splits}

    labels = checks.check_labels(splits["train"], train.config, shown["train"])
    vocabulary = Vocabulary.build((e.tokens for e in splits["train"]), config.vocabulary, config.lowercase)
    warnings = checks.warnings(splits, labels, vocabulary)
    scheme, mixed = scheme_of([e.target for e in splits["train"]]) if TASKS[config.task].per_token else (None, None)
    share.done()
    return Dataset(
        train.config,
        splits,
        labels,
        scheme,
        digest.hexdigest(),
        DataReport(
            files=tuple(file.facts | {"split": split} for split, file in read.items()),
            rows_read=sum(file.tally.read for file in read.values()),
            rows_kept=sum(map(len, splits.values())),
            left_out=_together([file.tally for file in read.values()]),
            warnings=(*warnings, *([mixed] if mixed else [])),
            scheme=scheme,
            vocabulary_size=len(vocabulary),
            splits={split: _summary(examples, vocabulary) for split, examples in splits.items()},
            cut=how,
            examples=tuple((e.tokens, e.target) for e in splits["train"][:: max(1, len(splits["train"]) // 10)][:10]),
        ),
    )


def read_examples(
    path: Path,
    config: DataConfig,
    labels: Sequence[str] | None = None,
    name: str | None = None,
    progress: Callable[[float], None] | None = None,
) -> tuple[list[Example], FileReport]:
    """The examples of one file to evaluate a run on; a split column plays no part.

    Args:
        config: as for a dataset; columns left open are guessed.
        labels: the classes the run knows; others are warned of.
        progress: hears the share read so far; what it raises ends the reading.

    Raises:
        Problem: when the file cannot be read or no row of it used.
    """
    file = _read(path, with_columns(config, split=None), name or path.name, progress, with_split=False)
    examples = [example for example, _ in file.found]
    strange = sorted(set(checks.label_counts(examples)) - set(labels)) if labels is not None else []
    warnings = (
        (f"The run does not know the labels {', '.join(map(repr, strange[:5]))}, so those count as errors.",)
        if strange
        else ()
    )
    return examples, FileReport(file.facts, file.tally.read, file.tally.left_out(), warnings)


def _read(
    path: Path,
    config: DataConfig,
    name: str,
    tick: Callable[[float], None] | None,
    like: DataConfig | None = None,
    with_split: bool = False,
) -> _File:
    """One file whole. `like` is what the training file was read with: its columns, where this file has them."""
    format = recognise(path, config, name)
    rows = sample_rows(path, format)
    if like and {like.text, like.label, like.sentence} - {None} <= set(format.header):
        config = like
    filled = guess_columns(format, rows, config)
    if not with_split:
        filled = with_columns(filled, split=None)
    tally = Tally()
    layout = layout_of(format, rows, filled)
    found = list(read_file(path, format, filled, layout, tally, tick))
    if not found:
        most = tally.left_out()
        why = f": {most[0].reason} ({most[0].count:,} times, first at {most[0].rows[0]})" if most else ""
        raise Problem(
            f"No row of {name} can be used{why}; check the columns chosen, {filled.text!r} and {filled.label!r}."
        )
    return _File(filled, format, layout, found, tally)


class _Shares:
    """Turns the share read of each file into the share of all, by their sizes."""

    def __init__(self, files: Mapping[str, Path], progress: Callable[[float], None] | None) -> None:
        self.progress = progress
        self.sizes = {split: max(path.stat().st_size, 1) for split, path in files.items()}

    def of(self, split: str) -> Callable[[float], None] | None:
        """What the reader of one file is to call."""
        if self.progress is None:
            return None
        tell, total = self.progress, sum(self.sizes.values())
        before = sum(self.sizes[s] for s in SPLITS[: SPLITS.index(split)] if s in self.sizes)
        return lambda share: tell((before + share * self.sizes[split]) / total)

    def done(self) -> None:
        """All is read."""
        if self.progress:
            self.progress(1.0)


def _hashed(files: Mapping[str, Path], shown: Mapping[str, str]) -> "hashlib._Hash":
    digest = hashlib.sha256()
    for split in SPLITS:
        if split in files:
            with open_binary(files[split], shown[split]) as file:
                digest.update(f"{split} {hashlib.file_digest(file, 'sha256').hexdigest()}\n".encode())
    return digest


def _together(tallies: Sequence[Tally]) -> tuple[LeftOut, ...]:
    both = Tally()
    for tally in tallies:
        for reason, count in tally.counts.items():
            both.counts[reason] = both.counts.get(reason, 0) + count
            both.reasons[reason] = both.reasons.get(reason, []) + tally.reasons[reason]
    return both.left_out()


def _how_split(config: DataConfig, read: Mapping[str, _File]) -> str:
    if config.split:
        return f"The splits are as the column {config.split!r} says."
    return f"The files given are {', '.join(read)}." if len(read) > 1 else "One file was given."


def _how_cut(how: str, shares: Mapping[str, float], seed: int) -> str:
    if not shares:
        return how
    parts = " and ".join(f"{share:.0%} for {split}" for split, share in shares.items())
    return f"{how} Cut from train with seed {seed}: {parts}, every class in its share, identical texts together."


def _summary(examples: Sequence[Example], vocabulary: Vocabulary) -> SplitSummary:
    counts = checks.label_counts(examples)
    lengths = [0] * (max(len(e.tokens) for e in examples) + 1)
    for example in examples:
        lengths[len(example.tokens)] += 1
    tokens = sum(len(e.tokens) for e in examples)
    unknown = sum(vocabulary.encode(e.tokens).count(UNK) for e in examples)
    order = sorted(counts, key=lambda label: (checks.natural(label), label))
    return SplitSummary(
        len(examples), tokens, {label: counts[label] for label in order}, tuple(lengths), unknown / tokens
    )
