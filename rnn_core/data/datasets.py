"""From files to a dataset: checked examples, splits, labels, tag scheme, fingerprint, and a report on all of it."""

import gc
import hashlib
import json
import shutil
import tempfile
import weakref
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain, combinations
from pathlib import Path
from typing import Any

import numpy as np

from rnn_core.config import SPLITS, DataConfig, Problem, make, plain
from rnn_core.data import checks, streams
from rnn_core.data.columns import column_notes, guess_columns, sample_rows, with_columns
from rnn_core.data.contents import without_spaces
from rnn_core.data.encodings import open_binary
from rnn_core.data.examples import EMPTY, Example, Tally, read_file
from rnn_core.data.layouts import LAYOUTS, Layout, layout_of
from rnn_core.data.numbering import MOST_TOKENS
from rnn_core.data.schema import Schema
from rnn_core.data.splits import cut
from rnn_core.data.stored import TRAIN, Counted, Stored, Writer, Written, read_pieces
from rnn_core.data.streams import END
from rnn_core.data.tables import DELIMITERS, Format, recognise
from rnn_core.metrics import scheme_of
from rnn_core.results import DataReport, LeftOut, SplitSummary

__all__ = ["Dataset", "Example", "FileExamples", "Plan", "plan_dataset", "read_dataset", "read_examples"]

Tick = Callable[[float], object]

READER = 2
"""Counts the changes in how a file becomes examples: the same file read otherwise is another dataset."""

HASHED, READ, NUMBERED = 0.03, 0.75, 1.0
"""The share of the work that is done when the files are hashed, when they are read, and when all has its final number."""


@dataclass(frozen=True)
class Dataset(Stored):
    """Checked examples of one task.

    Format, encoding and delimiter stay in `config` as stated: files may differ.

    Attributes:
        labels: the classes that training knows, sorted. Others may stand in dev and test as truths.
        scheme: the tag scheme, None for plain classes.
        fingerprint: sha256 of the files' bytes by split and of `config`.
        report: what was found.
    """

    labels: tuple[str, ...]
    scheme: str | None
    fingerprint: str
    report: DataReport

    @cached_property
    def splits(self) -> dict[str, list[Example]]:
        """All examples by split, train first; a split without examples is absent."""
        return {split: self.examples(split) for split in self.report.splits}


@dataclass(frozen=True)
class FileExamples:
    """The examples of one file, on disk for as long as this is kept.

    Attributes:
        folder: where they lie.
        config: how they were read, columns filled in.
        schema: what each is made of.
        count: how many.
        rows_read: data rows or sentences seen.
        left_out: those not used, or cut, by reason.
        warnings: sentences on what is odd but usable.
    """

    folder: Path
    config: DataConfig
    schema: Schema
    count: int
    rows_read: int
    left_out: tuple[LeftOut, ...]
    warnings: tuple[str, ...]

    def pieces(self) -> Iterator[list[Example]]:
        """All of them, some thousands at a time."""
        yield from read_pieces(self.folder, self.config, self.schema, np.ones(self.count, bool))


@dataclass(frozen=True)
class Source:
    """One file and how it is read.

    Attributes:
        config: the columns filled in.
        layout: how its rows hold what the task needs.
        notes: sentences on how it is read.
    """

    path: Path
    config: DataConfig
    format: Format
    layout: Layout
    notes: tuple[str, ...]

    def facts(self, rows: int) -> dict[str, Any]:
        """What the report says of it."""
        used = {key: value for key in ("text", "label", "sentence", "split") if (value := getattr(self.config, key))}
        return {
            "name": self.format.name,
            "format": self.format.kind,
            "encoding": self.format.encoding,
            "delimiter": DELIMITERS.get(self.format.delimiter or ""),
            "layout": LAYOUTS[self.layout],
            "columns": used,
            "rows": rows,
        }


@dataclass(frozen=True)
class Plan:
    """What is going to be read: the files by split, looked into, the schema, and the fingerprint of the dataset they make."""

    sources: dict[str, Source]
    schema: Schema
    fingerprint: str

    @property
    def config(self) -> DataConfig:
        """That of the training file."""
        return self.sources["train"].config


def plan_dataset(
    files: Mapping[str, Path],
    config: DataConfig,
    schema: Schema,
    names: Mapping[str, str] | None = None,
    progress: Tick | None = None,
) -> Plan:
    """Looks into a training file and, where given, those of dev and test; reads their bytes for the fingerprint only.

    Args:
        files: by split; "train" is needed.
        schema: what each example is made of.
        names: what the files are called where that is not their path's name.
        progress: hears the share of all the work that is done; what it raises ends it.

    Raises:
        Problem: when a file cannot be read, or its columns do not fit.
    """
    if "train" not in files:
        raise Problem("A dataset needs a training file: choose one.")
    if config.split and len(files) > 1:
        raise Problem(
            "Give either a split column or files for dev and test, not both.", "either --split, or --dev and --test"
        )
    shown = {split: (names or {}).get(split) or path.name for split, path in files.items()}
    train = _source(files["train"], config, schema, shown["train"], with_split=len(files) == 1)
    sources = {"train": train}
    for split in SPLITS[1:]:
        if split in files:
            as_train = config
            if train.format.kind == "csv" and not train.format.named and config.header == "auto":
                as_train = make(DataConfig, plain(config) | {"header": "no"})
            sources[split] = _source(files[split], as_train, schema, shown[split], like=train.config)
    digest, share = hashlib.sha256(), _shares(sources, progress, 0, HASHED)
    for split, source in sources.items():
        digest.update(f"{split} {_sha256(source, share[split])}\n".encode())
    digest.update(json.dumps(plain(train.config) | {"reader": READER}, sort_keys=True).encode())
    return Plan(sources, schema, digest.hexdigest())


def read_dataset(
    plan: Plan, progress: Tick | None = None, folder: Path | None = None
) -> Dataset:
    """The dataset in a training file and, where given, those of dev and test, in bounded memory.

    Args:
        plan: what `plan_dataset` gave for the files.
        progress: hears the share done so far, twice a second at least; what it raises ends the reading.
        folder: where to put the examples, an empty one; None: one that goes when the dataset does.

    Raises:
        Problem: when nothing can be learnt from the files; the sentence says why and what to do.
    """
    place = folder or Path(tempfile.mkdtemp(prefix="unrolled-"))
    try:
        dataset = _read_into(place, plan, progress)
    except BaseException:
        if not folder:
            shutil.rmtree(place, ignore_errors=True)
        raise
    if not folder:
        weakref.finalize(dataset, shutil.rmtree, place, ignore_errors=True)
    return dataset


@contextmanager
def uncollected() -> Iterator[None]:
    """No looking for cycles: reading makes millions of lists and no cycle, and the collector took a third of its time."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@uncollected()
def _read_into(folder: Path, plan: Plan, progress: Tick | None) -> Dataset:
    share = _shares(plan.sources, progress, HASHED, READ)
    lacking: list[str] = []
    with Writer(folder, plan.config, plan.schema) as writer:
        tallies = {split: _read(source, split, writer, share[split], lacking) for split, source in plan.sources.items()}
        return _numbered(folder, plan, tallies, writer.read(), writer.forgot, lacking, progress)


def _numbered(
    folder: Path,
    plan: Plan,
    tallies: Mapping[str, Tally],
    written: Written,
    forgot: bool,
    warnings: list[str],
    progress: Tick | None,
) -> Dataset:
    """The dataset of what was read, once it has its splits, its vocabulary and its final numbers."""
    config, name = plan.config, plan.sources["train"].format.name
    if not len(written.rows("train")):
        raise Problem(
            f"No row of {name} is of the training split: write train into its split column.", '--split "" to pass it over'
        )

    part = (NUMBERED - READ) / 4
    cutting, counting, voting, numbering = (_part(progress, READ + i * part, READ + (i + 1) * part) for i in range(4))
    shares = {"dev": config.dev_share, "test": config.test_share}
    shares = {split: share for split, share in shares.items() if split not in written.present and share > 0}
    stream = plan.schema.stream
    if shares:
        _cut_ends(written, shares) if stream else _cut(written, shares, config.split_seed, cutting)
    made = {split: share for split, share in shares.items() if split in written.present}
    how = _how_cut(_how_split(config, plan.sources), made, None if stream else config.split_seed)

    tokens, counts = written.count(counting)
    by_label = {written.labels[i]: int(counts["train"].counts[i]) for i in counts["train"].by_first()}
    unused = tallies["train"].left_out(unused=True)
    labels = () if stream else checks.check_labels(by_label, config, name, unused)
    vocabulary = written.vocabulary(tokens)
    scheme, mixed = scheme_of(written.tags("train", voting), by_label) if written.per_token else (None, None)
    examples = tuple([written.example(row) for row in _ten(written.rows("train"))])
    contradictory = [] if stream else _contradictory(written)
    splits = written.finish(vocabulary, (END,) if stream else labels, counts, numbering)
    if stream:
        splits = {split: replace(counted, labels={}) for split, counted in splits.items()}
    else:
        for split, source in plan.sources.items():
            if not set(labels) & set(splits[split].labels):
                raise _no_labels(source, labels, list(splits[split].labels), f"--label COLUMN, or leave out --{split}")
        warnings = [*warnings, *checks.warnings(splits, labels, _shared(written, made)), *contradictory]
        warnings += [] if written.per_token else _wordless(config, splits["train"], examples)
    if forgot:
        warnings.append(
            f"There are more than {MOST_TOKENS:,} different words: the rarest were forgotten while reading and are unknown."
        )
    notes = [*dict.fromkeys(note for source in plan.sources.values() for note in source.notes)]
    if unified := written.unified:
        notes.append(
            f"{unified:,} word{'s are' if unified > 1 else ' is'} written in several ways, with ' and ’ or in composed and "
            "decomposed letters (NFC and NFD): "
            "each counts as one word."
        )
    if progress:
        progress(1.0)
    return Dataset(
        folder,
        config,
        plan.schema,
        labels,
        scheme,
        plan.fingerprint,
        DataReport(
            files=tuple(source.facts(tallies[split].read) | {"split": split} for split, source in plan.sources.items()),
            rows_read=sum(tally.read for tally in tallies.values()),
            rows_kept=len(written),
            left_out=_together(list(tallies.values())),
            warnings=(*warnings, *([mixed] if mixed else [])),
            scheme=scheme,
            vocabulary_size=len(vocabulary),
            splits={split: _summary(counted) for split, counted in splits.items()},
            cut=how,
            examples=examples,
            notes=tuple(notes),
        ),
    )


def _no_labels(source: Source, known: Sequence[str], found: Sequence[str], typed: str) -> Problem:
    name, label = source.format.name, source.config.label
    ours, theirs = (", ".join(map(repr, some[:5])) + (", …" if len(some) > 5 else "") for some in (known, found))
    return Problem(
        f"There are no labels to score by in {name}: training knows {ours}, and its column {label!r} holds {theirs}. Choose "
        "another column, write its labels as those of training, or have its texts answered with `predict`.",
        typed,
    )


def _contradictory(written: Written) -> list[str]:
    count, row = written.contradictory
    if not count:
        return []
    text = written.config.between.join(written.example(row)[0])
    shown = text if len(text) <= 60 else text[:59] + "…"
    have = "1 text has" if count == 1 else f"{count:,} texts have"
    return [f"{have} different labels in different rows, such as {shown!r}: no network can answer all of those rows right."]


def _wordless(
    config: DataConfig, train: Counted, examples: Sequence[tuple[tuple[str, ...], str | tuple[str, ...]]]
) -> list[str]:
    """Warnings of texts that words are no good steps for."""
    if config.tokens == "char":
        return []
    if without_spaces([" ".join(token for token in tokens if any(map(str.isalpha, token))) for tokens, _ in examples]):
        return ["The texts are written without spaces between words, so a whole phrase counts as one word: read them by "
                "characters instead."]  # fmt: skip
    if train.examples >= 20 and sum(train.lengths[:2]) >= 0.9 * train.examples:
        return ["Nearly every text is a single word: to learn from its letters, read the texts by characters; if these are the "
                "tokens of sentences, choose the task of labelling."]  # fmt: skip
    return []


def read_examples(
    path: Path,
    config: DataConfig,
    schema: Schema,
    labels: Sequence[str] | None = None,
    name: str | None = None,
    progress: Tick | None = None,
    like: DataConfig | None = None,
) -> FileExamples:
    """The examples of one file to evaluate a run on; a split column plays no part.

    Args:
        config, schema: as for a dataset; columns left open are those of `like`, or guessed.
        like: what the run was trained with.
        labels: the classes the run knows; others are warned of.
        progress: hears the share read so far; what it raises ends the reading.

    Raises:
        Problem: when the file cannot be read or no row of it used.
    """
    source = _source(path, with_columns(config, split=None), schema, name or path.name, like)
    labels = None if schema.stream else labels
    folder = None
    lacking: list[str] = []
    try:
        folder = Path(tempfile.mkdtemp(prefix="unrolled-"))
        with Writer(folder, source.config, schema) as writer:
            tally = _read(source, "train", writer, progress or _nobody, lacking)
            written = writer.read()
        if labels is not None and not set(labels) & set(written.labels):
            raise _no_labels(source, labels, written.labels, "--label COLUMN")
    except BaseException as error:
        if folder:
            shutil.rmtree(folder, ignore_errors=True)
        if not isinstance(error, OSError):
            raise
        why = error.strerror or error
        raise Problem(f"{tempfile.gettempdir()} cannot be written: {why}. Free some space there and try again.") from error
    strange = sorted(set(written.labels) - set(labels)) if labels is not None else []
    if strange:
        lacking.append(f"The run does not know the labels {', '.join(map(repr, strange[:5]))}, so those count as errors.")
    warnings = (*source.notes, *lacking)
    found = FileExamples(folder, source.config, schema, len(written), tally.read, tally.left_out(), warnings)
    weakref.finalize(found, shutil.rmtree, folder, ignore_errors=True)
    return found


def _source(
    path: Path, config: DataConfig, schema: Schema, name: str, like: DataConfig | None = None, with_split: bool = False
) -> Source:
    """A file looked into. `like` is what the training file is read with: its columns, where this file has them."""
    if schema.stream:
        text = streams.look_into(path, config, name, like)
        return Source(path, text.config, text.format, text.layout, tuple(f"{name}: {note}" for note in text.notes))
    format = recognise(path, config, name)
    rows = sample_rows(path, format)
    if like and {like.text, like.label, like.sentence} - {None, ""} <= set(format.header):
        config = with_columns(config, text=config.text or like.text, label=config.label or like.label,
                              sentence=config.sentence or like.sentence)  # fmt: skip
    # Another column than that of training may hold labels only where it is called so: any column of 0 and 1 would do else.
    filled = guess_columns(format, rows, config, schema, by_name=bool(like))
    if not with_split:
        filled = with_columns(filled, split=None)
    notes = tuple(f"{name}: {note}" for note in format.notes + column_notes(format, rows, filled, schema))
    return Source(path, filled, format, layout_of(format, rows, filled, schema), notes)


def _read(source: Source, split: str, writer: Writer, tick: Tick, warnings: list[str]) -> Tally:
    """Puts the examples of one file into `writer`; what was left out. A warning when that is much joins `warnings`."""
    config, name, before = source.config, source.format.name, len(writer)
    tally = Tally()
    if writer.schema.stream:
        pieces = streams.Text(source.path, config, source.format).rows(tick)
    else:
        pieces = read_file(source.path, source.format, config, source.layout, tick)
    for found in pieces:
        cut_lines = writer.add(found, source.format.rows_are, split)
        kept = found.notes + [(line, f"cut after {config.max_tokens:,} tokens, and kept") for line in cut_lines]
        for (line, reason), unused in sorted([(n, True) for n in found.faults] + [(n, False) for n in kept]):
            tally.note(reason, source.format.where(line), unused)
        tally.read += len(found.lines) + len(found.faults)
        if len(writer.labels) > checks.MOST_LABELS:
            raise checks.free_text(writer.labels, tally.read, config, name)
    most = tally.left_out(unused=True)
    if len(writer) == before:
        why = f": {most[0].reason} ({most[0].count:,} times, first at {most[0].rows[0]})" if most else ""
        if writer.schema.stream:
            raise Problem(f"There is no text in {name}{why}.", "--text COLUMN")
        instead = " `predict` answers texts without labels." if most and most[0].reason == "no label" else ""
        raise Problem(
            f"No row of {name} can be used{why}; check the columns chosen, {config.text!r} and {config.label!r}, and how the "
            f"file is read.{instead}",
            "--text COLUMN and --label COLUMN",
        )
    most = tuple(entry for entry in most if entry.reason != EMPTY)
    if few := checks.too_few_used(len(writer) - before, tally.read - tally.counts.get(EMPTY, 0), most, name):
        warnings.append(few)
    return tally


def _nobody(share: float) -> None:
    """Hears nothing."""


def _part(progress: Tick | None, start: float, end: float) -> Tick:
    """Turns the share done of a part of the work into the share done of all."""
    return (lambda share: progress(min(start + share * (end - start), end))) if progress else _nobody


def _shares(sources: Mapping[str, Source], progress: Tick | None, start: float, end: float) -> dict[str, Tick]:
    """The same for each file, by their sizes."""
    sizes = {split: max(source.path.stat().st_size, 1) for split, source in sources.items()}
    scale, before, ticks = (end - start) / sum(sizes.values()), start, {}
    for split, size in sizes.items():
        after = min(before + size * scale, end)
        ticks[split], before = _part(progress, before, after), after
    return ticks


def _sha256(source: Source, tick: Tick) -> str:
    digest, done = hashlib.sha256(), 0
    size = max(source.path.stat().st_size, 1)
    with open_binary(source.path, source.format.name) as file:
        while piece := file.read(1 << 22):
            digest.update(piece)
            done += len(piece)
            tick(min(done / size, 1.0))
    return digest.hexdigest()


def _cut(written: Written, shares: Mapping[str, float], seed: int, tick: Tick) -> None:
    """Moves the examples of training that `shares` asks for to their splits."""
    rows: Any = written.splits == TRAIN
    if rows.all():
        rows = slice(None)  # which copies nothing
    texts = written.texts[rows]
    if written.per_token:
        classes = np.zeros(len(texts), np.int32)
    else:
        places = np.empty(len(written.labels), np.int32)
        places[sorted(range(len(places)), key=written.labels.__getitem__)] = np.arange(len(places))
        classes = places[written.classes[rows]]
    codes = np.array([TRAIN, *map(SPLITS.index, shares)], np.int8)
    written.splits[rows] = codes[cut(texts, classes, shares, seed, lambda: tick(0.0))]


def _cut_ends(written: Written, shares: Mapping[str, float]) -> None:
    """Moves the last rows of training to the splits that `shares` asks for: a stream is not shuffled."""
    rows = written.rows("train")
    ends = np.cumsum(written.lengths[rows]) / written.lengths[rows].sum()
    end = 1.0
    for split in reversed([split for split in SPLITS if split in shares]):
        written.splits[rows[(ends > end - shares[split]) & (ends <= end)]] = SPLITS.index(split)
        end -= shares[split]


def _ten(rows: np.ndarray) -> np.ndarray:
    return rows[:: max(1, len(rows) // 10)][:10].copy()  # a copy lets go of the rest


def _shared(written: Written, made: Collection[str]) -> dict[tuple[str, str], int]:
    """How many different texts stand in both splits of each pair; none when both are cut from training."""
    pairs = [pair for pair in combinations(written.present, 2) if not {"train", *made}.issuperset(pair)]
    different = {split: np.unique(written.texts[written.rows(split)]) for split in {*chain.from_iterable(pairs)}}
    return {(a, b): len(np.intersect1d(different[a], different[b], assume_unique=True)) for a, b in pairs}


def _together(tallies: Sequence[Tally]) -> tuple[LeftOut, ...]:
    both = Tally()
    for tally in tallies:
        for reason, count in tally.counts.items():
            both.counts[reason] = both.counts.get(reason, 0) + count
            both.kept |= tally.kept
            both.reasons[reason] = both.reasons.get(reason, []) + tally.reasons[reason]
    return both.left_out()


def _how_split(config: DataConfig, read: Mapping[str, Source]) -> str:
    if config.split:
        return f"The splits are as the column {config.split!r} says."
    return f"The files given are {', '.join(read)}." if len(read) > 1 else "One file was given."


def _how_cut(how: str, shares: Mapping[str, float], seed: int | None) -> str:
    """`seed`: of a cut by chance; None: the splits are the end of the text."""
    if not shares:
        return how
    parts = " and ".join(f"{share:.0%} for {split}" for split, share in shares.items())
    if seed is None:
        return f"{how} Cut from the end of train: {parts}."
    return f"{how} Cut from train with seed {seed}: {parts}, every class in its share, identical texts together."


def _summary(counted: Counted) -> SplitSummary:
    return SplitSummary(
        counted.examples,
        counted.tokens,
        {label: counted.labels[label] for label in checks.in_order(counted.labels)},
        counted.lengths,
        counted.unknown / counted.tokens,
    )
