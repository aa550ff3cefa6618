"""From files to a dataset: checked examples, splits, labels, tag scheme, fingerprint, and a report."""

import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from rnn_core.config import Problem
from rnn_core.data import checks
from rnn_core.data.examples import Example, Tally
from rnn_core.data.finish import Counted, Written
from rnn_core.data.labels import NONE, labels_of, no_labels
from rnn_core.data.numbering import MOST_TOKENS, Counts
from rnn_core.data.progress import Tick, part, parts_by_size
from rnn_core.data.reading import read_source, uncollected
from rnn_core.data.schema import TEXT
from rnn_core.data.sources import HASHED, Plan
from rnn_core.data.splits import cut_from_train, different_texts, how_split, shared_texts
from rnn_core.data.stored import Stored
from rnn_core.data.streams import END
from rnn_core.data.vocabulary import SPECIALS, Vocabulary
from rnn_core.data.writer import Writer
from rnn_core.language import tr, tr_n
from rnn_core.results import DataReport, LeftOut, SideReport, SplitSummary

READ, NUMBERED = 0.75, 1.0
"""The share of the work done once the files are read, and once all tokens have their final indices."""


@dataclass(frozen=True)
class Dataset(Stored):
    """Checked examples of one task.

    `config` keeps format, encoding and delimiter as stated, because files may differ.

    Attributes:
        labels: the classes of the training split, sorted. Dev and test may contain others.
        scheme: the tag scheme, None for plain classes.
        fingerprint: sha256 of the files' bytes by split and of `config`.
        report: the counts, warnings and examples for the Data page.
    """

    labels: tuple[str, ...]
    scheme: str | None
    fingerprint: str
    report: DataReport

    @cached_property
    def splits(self) -> dict[str, list[Example]]:
        """All examples by split, train first; a split without examples is absent."""
        return {split: self.examples(split) for split in self.report.splits}


def read_dataset(plan: Plan, progress: Tick | None = None, folder: Path | None = None) -> Dataset:
    """Reads a dataset from a training file and, if given, files for dev and test, in bounded memory.

    Args:
        plan: the files and how each is read.
        progress: is called with the share done, 0…1, at least twice per second; an exception raised by it stops the work.
        folder: an empty folder for the examples; None: a temporary one, deleted with the dataset.

    Raises:
        Problem: if nothing can be learnt from the files.
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


@uncollected()
def _read_into(folder: Path, plan: Plan, progress: Tick | None) -> Dataset:
    share = parts_by_size(plan.paths, progress, HASHED, READ)
    lacking: list[str] = []
    with Writer(folder, plan.config, plan.schema) as writer:
        tallies = {split: read_source(source, split, writer, share[split], lacking) for split, source in plan.sources.items()}
        return _finished(folder, plan, tallies, Written(writer), writer.forgot, lacking, progress)


def _finished(
    folder: Path,
    plan: Plan,
    tallies: Mapping[str, Tally],
    written: Written,
    forgot: bool,
    warnings: list[str],
    progress: Tick | None,
) -> Dataset:
    """Makes the dataset: splits, vocabularies, final indices and report."""
    config, schema, sources = plan.config, plan.schema, plan.sources
    if not len(written.rows("train")):
        raise Problem(
            tr(
                "No row of {name} belongs to the training split: write train into its split column.",
                name=sources["train"].format.name,
            ),
            '--split "" to ignore it',
        )

    quarter = (NUMBERED - READ) / 4
    cutting, counting, voting, numbering = (part(progress, READ + i * quarter, READ + (i + 1) * quarter) for i in range(4))
    cut = cut_from_train(written, config, schema.stream, cutting)
    words, counts = written.count(counting)
    labels = labels_of(written, counts["train"], sources["train"], tallies["train"], voting) if schema.labels else NONE
    vocabularies = written.vocabularies(words)
    ten = _ten(written.rows("train"))
    examples = tuple([written.example(row) for row in ten])
    texts = {name: tuple([side.of(row) for row in ten]) for name, side in written.sides.items()}
    pairs = checks.same_texts(written)
    for split in written.present[1:]:
        pairs += checks.swapped(written, vocabularies, split, split)
    splits = written.finish(vocabularies, (END,) if schema.stream else labels.names, counts, numbering)
    for split, source in sources.items() if schema.labels else ():
        if not set(labels.names) & set(splits[split].labels):
            raise no_labels(source, labels.names, list(splits[split].labels), f"--label COLUMN, or leave out --{split}")
    if not schema.stream:
        warnings = [*warnings, *pairs, *checks.warnings(splits, labels.names, shared_texts(written, cut)), *labels.contradictory]
        if not schema.per_token:
            absent = checks.absent(splits, labels.names) if schema.labels else {}
            warnings += checks.about_absent(absent, splits["train"], different_texts(written, absent), cut)
            labelled, of_sides = schema.labels is not None, (some for some in texts.values())
            warnings += dict.fromkeys(w for some in of_sides for w in checks.wordless(config, splits["train"], some, labelled))
    if forgot:
        warnings.append(tr(
            "There are more than {most:,} different words: the rarest were dropped during reading and are unknown.",
            most=MOST_TOKENS,
        ))  # fmt: skip
    if progress:
        progress(1.0)
    report = DataReport(
        files=tuple(source.facts(tallies[split].read) | {"split": split} for split, source in sources.items()),
        rows_read=sum(tally.read for tally in tallies.values()),
        rows_kept=len(written),
        left_out=_together(list(tallies.values())),
        warnings=(*warnings, *labels.mixed),
        scheme=labels.scheme,
        vocabulary_size=len(vocabularies[TEXT]),
        splits={split: _summary(counted) for split, counted in splits.items()},
        cut=how_split(config, sources, cut, schema),
        examples=examples,
        notes=(
            *dict.fromkeys(note for source in sources.values() for note in source.notes), *_unified(written),
            *_dropped(written, words, vocabularies),
        ),
        sides={name: _side(name, len(vocabularies[name]), splits, texts.get(name, ())) for name in schema.further},
    )
    return Dataset(folder, config, schema, labels.names, labels.scheme, plan.fingerprint, report)


def _unified(written: Written) -> list[str]:
    count = sum(side.unified for side in written.sides.values())
    if not count:
        return []
    return [tr_n(
        "{n:,} word is written in several ways, with ' and ’ or in composed and decomposed letters (NFC and NFD): each counts as "
        "one word.",
        "{n:,} words are written in several ways, with ' and ’ or in composed and decomposed letters (NFC and NFD): each counts "
        "as one word.",
        count,
    )]  # fmt: skip


def _dropped(written: Written, words: Mapping[str, Counts], vocabularies: Mapping[str, Vocabulary]) -> list[str]:
    """How many different tokens of training the vocabulary of each text leaves out, and their share of all tokens."""
    said = []
    for name in written.sides:
        counts, vocabulary = words[name].counts, vocabularies[name]
        kept, different, total = len(vocabulary) - len(SPECIALS), int(np.count_nonzero(counts)), int(counts.sum())
        if kept == different or not total:
            continue
        told = {"kept": kept, "different": different, "share": 1 - sum(vocabulary.counts) / total}
        said.append(
            tr(
                "The vocabulary holds {kept:,} of the {different:,} different characters of training; the others, {share:.2%} of "
                "all its characters, are read as <unk>.", **told,
            ) if written.config.unit == "characters" else tr(
                "The vocabulary holds {kept:,} of the {different:,} different words of training; the others, {share:.2%} of all "
                "its words, are read as <unk>.", **told,
            )
        )  # fmt: skip
    return said


def _ten(rows: np.ndarray) -> np.ndarray:
    return rows[:: max(1, len(rows) // 10)][:10].copy()  # a copy, so that the rest can be freed


def _together(tallies: Sequence[Tally]) -> tuple[LeftOut, ...]:
    both = Tally()
    for tally in tallies:
        for reason, count in tally.counts.items():
            both.counts[reason] = both.counts.get(reason, 0) + count
            both.kept |= tally.kept
            both.reasons[reason] = both.reasons.get(reason, []) + tally.reasons[reason]
    return both.left_out()


def _summary(counted: Counted) -> SplitSummary:
    return SplitSummary(
        counted.examples,
        counted.tokens,
        {label: counted.labels[label] for label in checks.in_order(counted.labels)},
        counted.lengths,
        counted.unknown / counted.tokens,
    )


def _side(name: str, size: int, splits: Mapping[str, Counted], examples: tuple[tuple[str, ...], ...]) -> SideReport:
    sides = {split: counted.further[name] for split, counted in splits.items() if name in counted.further}
    return SideReport(
        size,
        {split: side.tokens for split, side in sides.items()},
        {split: side.lengths for split, side in sides.items()},
        {split: side.unknown / side.tokens for split, side in sides.items()},
        examples,
    )
