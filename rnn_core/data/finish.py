"""Completes the files of a dataset from a `Writer`: splits, vocabularies, and arrays with the final indices."""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from rnn_core.config import SPLITS, DataConfig
from rnn_core.data import forms
from rnn_core.data.arrays import Arrays, Frame
from rnn_core.data.numbering import READABLE, Counts, Numbers, signs
from rnn_core.data.schema import TEXT
from rnn_core.data.sides import END, FIRST, FORGOTTEN, START, letters
from rnn_core.data.stored import spellings_path, vocabulary_path
from rnn_core.data.vocabulary import EOS, SOS, SPECIALS, UNK, Vocabulary, folding, unified
from rnn_core.data.writer import TokensWriter, Writer

PIECE = 1_000_000
"""The number of tokens per block."""

TRAIN = 0


class CountedSide(NamedTuple):
    """A further tokens side of a split in numbers.

    Attributes:
        tokens: their number.
        lengths: the number of texts with 0, 1, 2 … tokens.
        unknown: the number of tokens outside the vocabulary.
    """

    tokens: int
    lengths: tuple[int, ...]
    unknown: int


@dataclass(frozen=True)
class Counted:
    """One split in numbers.

    Attributes:
        examples, tokens: their numbers.
        labels: the count of each label, in order of first appearance; empty if the data have no labels.
        lengths: the number of texts with 0, 1, 2 … tokens.
        unknown: the number of tokens outside the vocabulary.
        strange: the number of texts without a word of the vocabulary; punctuation is not a word, unless there is nothing else.
        signs: the number of texts by their bits from `signs`.
        further: further tokens sides, by name.
    """

    examples: int
    tokens: int
    labels: dict[str, int]
    lengths: tuple[int, ...]
    unknown: int
    strange: int
    signs: np.ndarray
    further: dict[str, CountedSide]


class WrittenTokens:
    """A tokens side with provisional numbers.

    Attributes:
        tokens: the token of each number; "" for number 0, the dropped tokens.
        texts: (m,) a number for each text, equal for texts with equal words.
        lengths: (m,) the number of tokens of each.
        signs: (m,) the bits of each, from `signs`.
    """

    def __init__(self, writer: TokensWriter, config: DataConfig):
        self.config, self.path = config, writer.path
        self.tokens = list(writer.numbering.tokens)
        self.texts = np.frombuffer(writer.same, np.int64)
        self.lengths = np.frombuffer(writer.lengths, np.int32)
        self.signs = np.frombuffer(writer.signs, np.uint8)

    @cached_property
    def starts(self) -> np.ndarray:
        """(m + 1,) the index where the tokens of each begin. Made after the splits are cut, which takes the most memory."""
        starts = np.zeros(len(self.lengths) + 1, np.int64)
        np.cumsum(self.lengths, out=starts[1:])
        return starts

    def pieces(self, tags: Path | None = None) -> Iterator[tuple[slice, np.ndarray, np.ndarray]]:
        """Yields consecutive examples, the numbers of their tokens, and those of their tags from the file `tags`."""
        with self.path.open("rb") as tokens, (tags or self.path).open("rb") as beside:
            start = 0
            while start < len(self.lengths):
                end = int(np.searchsorted(self.starts, self.starts[start] + PIECE, "right")) - 1
                end = max(end, start + 1)
                count = int(self.starts[end] - self.starts[start])
                numbers = np.fromfile(tokens, np.int32, count)
                yield slice(start, end), numbers, np.fromfile(beside, np.int32, count) if tags else numbers[:0]
                start = end

    def numbers(self, row: int, path: Path | None = None) -> list[int]:
        """The numbers of the tokens of one text, or of its tags from the file `path`."""
        return np.fromfile(path or self.path, np.int32, int(self.lengths[row]), offset=4 * int(self.starts[row])).tolist()

    def of(self, row: int) -> tuple[str, ...]:
        """The tokens of one text."""
        return tuple([self.tokens[i] for i in self.numbers(row)])

    @cached_property
    def folded(self) -> tuple[list[str], np.ndarray]:
        """The different words of the tokens, and the index of the word of each number."""
        if not self.config.lowercase and all(map(str.isascii, self.tokens)):
            return self.tokens, np.arange(len(self.tokens), dtype=np.int32)
        numbers = Numbers()
        fold = folding(self.config.lowercase)
        which = np.fromiter((numbers[fold(token)] for token in self.tokens), np.int32, len(self.tokens))
        return list(numbers), which

    @property
    def unified(self) -> int:
        """The number of words with several spellings that `unified` makes one, apart from capitals."""
        spelled = [word for token in self.tokens if not token.isascii() and (word := unified(token)) != token]
        if not spelled:
            return 0
        written = set(self.tokens)
        return sum(count > 1 or word in written for word, count in Counter(spelled).items())

    def vocabulary(self, counts: Counts) -> Vocabulary:
        """The result of `Vocabulary.build` for the training texts, from the count of each word there."""
        tokens, order = self.folded[0], counts.by_count()
        order = order[counts.counts[order] >= self.config.min_count]
        order = order[: self.config.vocabulary + 1 + len(SPECIALS)].tolist()
        kept = [i for i in order if i and tokens[i] not in SPECIALS][: self.config.vocabulary]
        return Vocabulary(
            SPECIALS + tuple([tokens[i] for i in kept]),
            (0,) * len(SPECIALS) + tuple(counts.counts[kept].tolist()),
            self.config.lowercase,
        )

    def characters(self, counts: Counts) -> Vocabulary:
        """The result of `Vocabulary.build` for the characters of the training tokens; case is kept.

        Args:
            counts: the count of each token there.
        """
        found, fold = Counter[str](), folding(lowercase=False)
        for i in counts.by_first():
            for letter in letters(self.tokens[i]):
                found[fold(letter)] += int(counts.counts[i])
        return Vocabulary.of_counts(found, self.config.vocabulary)

    def form(self, name: str, counts: Counts) -> Vocabulary:
        """The vocabulary of a feature of the form of the training tokens. `counts`: as for `characters`."""
        return forms.vocabulary(name, [(self.tokens[i], int(counts.counts[i])) for i in counts.by_first() if i])


class Written:
    """The examples of a closed `Writer`, before they have their final splits and indices.

    Attributes:
        sides: the tokens sides by name; `text` is the first.
        labels: the label of each number, in order of first appearance.
        classes: (m,) the number of the label of each; empty if there is one tag per token.
        splits: (m,) the split of each, as its index in `SPLITS`.
    """

    def __init__(self, writer: Writer):
        writer.close()
        self.folder, self.config, self.schema = writer.folder, writer.config, writer.schema
        self.per_token = writer.schema.per_token
        self.sides = {name: WrittenTokens(side, writer.config) for name, side in writer.texts.items()}
        self.text = self.sides[TEXT]
        self.labels = list(writer.labels)
        self.classes = np.frombuffer(writer.classes, np.int32)
        self.splits = np.frombuffer(writer.splits, np.int8).copy()
        self._tags_path = writer.tags_path

    def __len__(self) -> int:
        return len(self.splits)

    def rows(self, split: str) -> np.ndarray:
        """The rows of the examples of one split."""
        return np.flatnonzero(self.splits == SPLITS.index(split))

    @property
    def present(self) -> list[str]:
        """The splits with examples."""
        return [split for code, split in enumerate(SPLITS) if (self.splits == code).any()]

    def _pieces(
        self, tick: Callable[[float], object]
    ) -> Iterator[tuple[str, slice, np.ndarray, np.ndarray, np.ndarray]]:
        """Yields for each side in turn: its name, consecutive examples, the numbers of their tokens and of their tags, and the
        split of each token."""
        for done, (name, side) in enumerate(self.sides.items()):
            for rows, numbers, tags in side.pieces(self._tags_path if self.per_token else None):
                tick((done + rows.stop / len(self)) / len(self.sides))
                yield name, rows, numbers, tags, np.repeat(self.splits[rows], side.lengths[rows])

    def example(self, row: int) -> tuple[tuple[str, ...], str | tuple[str, ...]]:
        """The tokens of one example, and its label or tags."""
        if self.per_token:
            return self.text.of(row), tuple([self.labels[i] for i in self.text.numbers(row, self._tags_path)])
        return self.text.of(row), self.labels[self.classes[row]]

    def tags(self, split: str, tick: Callable[[float], object]) -> Iterator[list[str]]:
        """The tags of each example of a split."""
        code = SPLITS.index(split)
        for _, rows, _, tags, _ in self._pieces(tick):
            starts = self.text.starts[rows.start : rows.stop + 1] - self.text.starts[rows.start]
            for row in np.flatnonzero(self.splits[rows] == code).tolist():
                yield [self.labels[i] for i in tags[starts[row] : starts[row + 1]].tolist()]

    def count(self, tick: Callable[[float], object]) -> tuple[dict[str, Counts], dict[str, Counts]]:
        """The counts of the tokens of each side in training, and of the labels in each split.

        For tokens sides by the index of the word (see `WrittenTokens.folded`), for characters and forms by the number of the
        token.
        """
        words = {name: Counts(len(side.folded[0])) for name, side in self.sides.items()}
        made = self.schema.spelled | self.schema.forms
        words |= {name: Counts(len(self.sides[of].tokens)) for name, of in made.items()}
        labels = {split: Counts(len(self.labels)) for split in self.present}
        for name, rows, numbers, tags, of_token in self._pieces(tick):
            train = numbers if (of_token == TRAIN).all() else numbers[of_token == TRAIN]
            words[name].add(self.sides[name].folded[1][train])
            for of_it in (made_of for made_of, of in made.items() if of == name):
                words[of_it].add(train)
            for split, counts in labels.items() if name == TEXT else ():
                code = SPLITS.index(split)
                counts.add(tags[of_token == code] if self.per_token else self.classes[rows][self.splits[rows] == code])
        return words, labels

    @property
    def contradictory(self) -> tuple[int, int]:
        """The number of texts that occur with several labels, and the first row of one of them; (0, 0) without any."""
        if self.per_token or not len(self):
            return 0, 0
        order = np.argsort(self.text.texts, kind="stable")
        texts, classes = self.text.texts[order], self.classes[order]
        new = np.r_[True, texts[1:] != texts[:-1]]
        group = np.cumsum(new) - 1
        differs = classes != classes[np.flatnonzero(new)][group]
        found = np.unique(group[differs])
        return len(found), int(order[differs].min()) if len(found) else 0

    @property
    def same(self) -> int:
        """The number of examples whose texts all have the same words; 0 if an example has one text."""
        others = [side.texts == self.text.texts for name, side in self.sides.items() if name != TEXT]
        return int(np.logical_and.reduce(others).sum()) if others else 0

    def unknown(self, vocabularies: Mapping[str, Vocabulary], split: str) -> dict[tuple[str, str], tuple[int, int]]:
        """By each tokens side, and each side whose vocabulary it is compared with: the number of tokens of the split that this
        vocabulary lacks, and that of all its tokens."""
        code, found = SPLITS.index(split), Counter[tuple[str, str, bool]]()
        lacks = {(name, of): np.array(vocabularies[of].encode(side.tokens)) == UNK for name, side in self.sides.items()
                 for of in self.sides}  # fmt: skip
        for name, _, numbers, _, of_token in self._pieces(lambda share: None):
            mine = numbers[of_token == code]
            for of in self.sides:
                found[name, of, True] += int(lacks[name, of][mine].sum())
                found[name, of, False] += len(mine)
        return {pair: (found[*pair, True], found[*pair, False]) for pair in lacks}

    def vocabularies(self, words: Mapping[str, Counts]) -> dict[str, Vocabulary]:
        """The vocabulary of each side by name, from the counts of `count`."""
        found = {name: side.vocabulary(words[name]) for name, side in self.sides.items()}
        found |= {name: self.sides[of].characters(words[name]) for name, of in self.schema.spelled.items()}
        return found | {name: self.sides[of].form(name, words[name]) for name, of in self.schema.forms.items()}

    def _sizes(self) -> dict[tuple[str, str, str], int]:
        """The number of values of each array, by split, side and name."""
        sizes = {}
        for split in self.present:
            rows = self.rows(split)
            for name, side in self.sides.items():
                steps = int(side.lengths[rows].sum()) + 2 * len(rows)
                sizes[split, name, "indices"], sizes[split, name, "starts"] = steps, len(rows) + 1
                sizes |= {(split, spelled, "numbers"): steps for spelled, of in self.schema.spelled.items() if of == name}
                sizes |= {(split, form, "indices"): steps for form, of in self.schema.forms.items() if of == name}
                if name == TEXT:
                    sizes[split, name, "targets"] = steps if self.per_token else len(rows)
        return sizes

    def finish(
        self,
        vocabularies: Mapping[str, Vocabulary],
        labels: Sequence[str],
        label_counts: dict[str, Counts],
        tick: Callable[[float], object],
    ) -> dict[str, Counted]:
        """Writes splits.npy, the vocabularies and the arrays of each split, and returns the counts of each split."""
        np.save(self.folder / "splits.npy", self.splits)
        for name, vocabulary in vocabularies.items():
            path = vocabulary_path(self.folder, name)
            path.write_text(json.dumps(vocabulary.to_json(), ensure_ascii=False), encoding="utf-8")
        for name, of in self.schema.spelled.items():
            tokens = pa.table({"token": pa.array(self.sides[of].tokens[1:], pa.string())})
            pq.write_table(tokens, spellings_path(self.folder, name))
        number = {label: i for i, label in enumerate(labels)}
        targets = np.array([number.get(label, -1) for label in self.labels], np.int64)
        index = {name: np.array(vocabularies[name].encode(side.tokens), np.int32) for name, side in self.sides.items()}
        features = {
            name: np.array(vocabularies[name].encode([forms.FEATURES[name](token) for token in self.sides[of].tokens]), np.int32)
            for name, of in self.schema.forms.items()
        }
        for values in features.values():
            values[0] = UNK  # of the dropped tokens
        telling = np.array([bool(signs(word) & READABLE) for word in vocabularies[TEXT].words])
        telling[: len(SPECIALS)] = False
        if not telling.any():  # as in texts of brackets
            telling[len(SPECIALS) :] = True
        present = self.present
        unknown, strange = Counter[tuple[str, str]](), dict.fromkeys(present, 0)
        with Arrays(self.folder, self._sizes()) as arrays:
            for name, rows, numbers, tags, of_token in self._pieces(tick):
                lengths = self.sides[name].lengths[rows]
                for split in present:
                    chosen, inside = self.splits[rows] == SPLITS.index(split), of_token == SPLITS.index(split)
                    own = lengths[chosen]
                    if not len(own):
                        continue
                    given, frame = numbers[inside], Frame(own)
                    mine = index[name][given]
                    unknown[name, split] += int((mine == UNK).sum())
                    arrays.write(split, name, "indices", frame.around(mine, SOS, EOS))
                    arrays.write_starts(split, name, frame.ends)
                    for spelled, of in self.schema.spelled.items():
                        if of == name:
                            row = np.where(given, given + (FIRST - 1), FORGOTTEN).astype(np.int32)
                            arrays.write(split, spelled, "numbers", frame.around(row, START, END))
                    for form, of in self.schema.forms.items():
                        if of == name:
                            arrays.write(split, form, "indices", frame.around(features[form][given], SOS, EOS))
                    if name == TEXT:
                        strange[split] += int((~np.logical_or.reduceat(telling[mine], np.cumsum(own) - own)).sum())
                        wanted = targets[tags[inside]] if self.per_token else targets[self.classes[rows][chosen]]
                        arrays.write(split, name, "targets", frame.around(wanted, -1, -1) if self.per_token else wanted)
        for path in (*(side.path for side in self.sides.values()), self._tags_path):
            path.unlink()
        found = {}
        for split in present:
            mine = self.splits == SPLITS.index(split)
            sides = {}
            for name, side in self.sides.items():
                sizes = np.bincount(side.lengths[mine])
                sides[name] = CountedSide(int(sizes @ np.arange(len(sizes))), tuple(sizes.tolist()), unknown[name, split])
            text, came = sides.pop(TEXT), label_counts[split]
            named = {self.labels[i]: int(came.counts[i]) for i in came.by_first()} if self.schema.labels else {}
            seen = np.bincount(self.text.signs[mine], minlength=8)
            examples = int(np.count_nonzero(mine))
            found[split] = Counted(examples, text.tokens, named, text.lengths, text.unknown, strange[split], seen, sides)
        return found
