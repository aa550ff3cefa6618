"""From files to a dataset: checked examples, splits, labels, tag scheme, fingerprint, and a report on all of it."""

import shutil
import tempfile
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import numpy as np

from rnn_core.config import Problem
from rnn_core.data import checks
from rnn_core.data.examples import Example, Tally
from rnn_core.data.labels import NONE, labels_of, no_labels
from rnn_core.data.numbering import MOST_TOKENS
from rnn_core.data.progress import Tick, part, parts_by_size
from rnn_core.data.reading import read_source, uncollected
from rnn_core.data.sources import HASHED, Plan
from rnn_core.data.splits import cut_from_train, how_split, shared_texts
from rnn_core.data.stored import Counted, Stored, Writer, Written
from rnn_core.data.streams import END
from rnn_core.results import DataReport, LeftOut, SplitSummary

READ, NUMBERED = 0.75, 1.0
"""The share of the work that is done when the files are read, and when all has its final number."""


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


def read_dataset(plan: Plan, progress: Tick | None = None, folder: Path | None = None) -> Dataset:
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


@uncollected()
def _read_into(folder: Path, plan: Plan, progress: Tick | None) -> Dataset:
    share = parts_by_size(plan.paths, progress, HASHED, READ)
    lacking: list[str] = []
    with Writer(folder, plan.config, plan.schema) as writer:
        tallies = {split: read_source(source, split, writer, share[split], lacking) for split, source in plan.sources.items()}
        return _finished(folder, plan, tallies, writer.read(), writer.forgot, lacking, progress)


def _finished(
    folder: Path,
    plan: Plan,
    tallies: Mapping[str, Tally],
    written: Written,
    forgot: bool,
    warnings: list[str],
    progress: Tick | None,
) -> Dataset:
    """The dataset of what was read, once it has its splits, its vocabulary and its final numbers."""
    config, schema, sources = plan.config, plan.schema, plan.sources
    if not len(written.rows("train")):
        raise Problem(
            f"No row of {sources['train'].format.name} is of the training split: write train into its split column.",
            '--split "" to pass it over',
        )

    quarter = (NUMBERED - READ) / 4
    cutting, counting, voting, numbering = (part(progress, READ + i * quarter, READ + (i + 1) * quarter) for i in range(4))
    cut = cut_from_train(written, config, schema.stream, cutting)
    tokens, counts = written.count(counting)
    labels = NONE if schema.stream else labels_of(written, counts["train"], sources["train"], tallies["train"], voting)
    vocabulary = written.vocabulary(tokens)
    examples = tuple([written.example(row) for row in _ten(written.rows("train"))])
    splits = written.finish(vocabulary, (END,) if schema.stream else labels.names, counts, numbering)
    if schema.stream:
        splits = {split: replace(counted, labels={}) for split, counted in splits.items()}
    else:
        for split, source in sources.items():
            if not set(labels.names) & set(splits[split].labels):
                raise no_labels(source, labels.names, list(splits[split].labels), f"--label COLUMN, or leave out --{split}")
        warnings = [*warnings, *checks.warnings(splits, labels.names, shared_texts(written, cut)), *labels.contradictory]
        warnings += [] if written.per_token else checks.wordless(config, splits["train"], examples)
    if forgot:
        warnings.append(
            f"There are more than {MOST_TOKENS:,} different words: the rarest were forgotten while reading and are unknown."
        )
    if progress:
        progress(1.0)
    report = DataReport(
        files=tuple(source.facts(tallies[split].read) | {"split": split} for split, source in sources.items()),
        rows_read=sum(tally.read for tally in tallies.values()),
        rows_kept=len(written),
        left_out=_together(list(tallies.values())),
        warnings=(*warnings, *labels.mixed),
        scheme=labels.scheme,
        vocabulary_size=len(vocabulary),
        splits={split: _summary(counted) for split, counted in splits.items()},
        cut=how_split(config, sources, cut, schema.stream),
        examples=examples,
        notes=(*dict.fromkeys(note for source in sources.values() for note in source.notes), *_unified(written)),
    )
    return Dataset(folder, config, schema, labels.names, labels.scheme, plan.fingerprint, report)


def _unified(written: Written) -> list[str]:
    count = written.unified
    if not count:
        return []
    return [f"{count:,} word{'s are' if count > 1 else ' is'} written in several ways, with ' and ’ or in composed and "
            "decomposed letters (NFC and NFD): each counts as one word."]  # fmt: skip


def _ten(rows: np.ndarray) -> np.ndarray:
    return rows[:: max(1, len(rows) // 10)][:10].copy()  # a copy lets go of the rest


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
