"""Readouts before the end of a sentence against true labels: those of the prefixes that are phrases of its tree.

    python -m benchmarks.prefixes                          # three seeds; 42 minutes beside other work on two cores
    python -m benchmarks.prefixes --seeds 1 --epochs 1     # a quick try, whose figures say nothing

Trains the rows of sst2 in benchmarks/results.py, best epoch on dev, whose sentences are those of sst_trees without the neutral
ones. Then it reads the test sentences. The label of a prefix is the sign of its phrase, and neutral prefixes are left out. The
table shows the accuracy of the readout after a prefix and of the answer if the text stopped there. The differences are means
over seeds, with the 95% interval of the bootstrap over sentences.
"""

import argparse
import csv
import re
import statistics
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.results import DATA, RESULTS, train
from rnn_core.data.tokens import tokenise
from rnn_core.workspace import Workspace

if TYPE_CHECKING:
    from rnn_core.analysis.loading import Loaded

RUNS = {
    "last step": "sst2, LSTM, sentences",
    "every step": "sst2, LSTM, sentences, loss at every step",
    "last step, phrases as texts too": "sst2, LSTM, sentences and their phrases",
}
"""By name in the table: the rows of the Results whose options are taken."""

WAYS = ("the readout there", "the answer if the text stopped there")
LENGTHS = {"1–3 words": (1, 3), "4–7": (4, 7), "8–15": (8, 15), "16 or more": (16, 10**9)}
NEUTRAL = 2
DRAWS = 2000


def phrases_from_start(tree: str) -> tuple[list[str], list[tuple[int, int]]]:
    """The words of a bracketed tree, and its prefixes that are phrases.

    Args:
        tree: `(label left right)` or `(label word)`, such as `(3 (2 It) (4 works))`.

    Returns:
        The words as the tree spells them, and the number of words and the label of each such prefix, the shortest first; the
        last one is the whole.
    """
    words: list[str] = []
    begun: list[tuple[int, int]] = []  # label and first word of each phrase that is not closed yet
    found: list[tuple[int, int]] = []
    for label, word in re.findall(r"\((\d)|([^\s()]+)|\)", tree):
        if label:
            begun.append((int(label), len(words)))
        elif word:
            words.append(word)
        else:
            of, first = begun.pop()
            if first == 0:
                found.append((len(words), of))
    return words, found


@dataclass(frozen=True)
class Prefixes:
    """The prefixes of m sentences that are phrases with a label, and the sentences themselves.

    Attributes:
        texts: (m,) the sentences.
        sentence: (P,) the sentence of each prefix, in order; that of a sentence itself is the last one of its own.
        words: (P,) how many words the prefix has.
        ends: (P,) where it ends in its text, in characters.
        positive: (P,) whether its label is positive; otherwise it is negative.
    """

    texts: list[str]
    sentence: np.ndarray
    words: np.ndarray
    ends: np.ndarray
    positive: np.ndarray

    @classmethod
    def of(cls, trees: Iterable[str]) -> "Prefixes":
        """Those of all trees that are not neutral as a whole."""
        texts: list[str] = []
        found: list[tuple[int, int, int, bool]] = []
        for tree in trees:
            words, phrases = phrases_from_start(tree)
            if not phrases or phrases[-1][1] == NEUTRAL:
                continue
            spelled = [plain(word) for word in words]
            for count, label in phrases:
                if label != NEUTRAL:
                    found.append((len(texts), count, len(" ".join(spelled[:count])), label > NEUTRAL))
            texts.append(" ".join(spelled))
        sentence, words_read, ends, positive = (np.array(column) for column in zip(*found, strict=True))
        return cls(texts, sentence, words_read, ends, positive)

    @property
    def whole(self) -> np.ndarray:
        """(P,) whether it is the sentence itself."""
        return self.ends == np.array([len(text) for text in self.texts])[self.sentence]

    @property
    def of_sentence(self) -> np.ndarray:
        """(P,) whether the label of its sentence is positive."""
        return self.positive[self.whole][self.sentence]

    def columns(self) -> dict[str, np.ndarray]:
        """The prefixes of each column of the table, (P,) bool."""
        part = ~self.whole
        by_length = {name: part & (self.words >= low) & (self.words <= high) for name, (low, high) in LENGTHS.items()}
        other = {"all prefixes": part, "prefixes whose label is not their sentence's": part & (self.positive != self.of_sentence)}
        return by_length | other | {"whole sentences": self.whole}


def plain(word: str) -> str:
    """A word of the Penn Treebank as text has it, which is how sst2 spells it."""
    return word.replace("-LRB-", "(").replace("-RRB-", ")").replace("\\", "")


def right(loaded: "Loaded", prefixes: Prefixes) -> np.ndarray:
    """(2, P) whether the readout after each prefix is right, and whether the answer if the text stopped there is."""
    import torch

    from rnn_core.analysis.along import beliefs
    from rnn_core.data.batches import Encoded, in_order

    tokens = [tokenise(text, loaded.config.data.tokens) for text in prefixes.texts]
    words = [[token for token, _, _ in one] for one in tokens]
    encoded = Encoded.of(words, None, loaded.speech.vocabulary, loaded.speech.labels, False)
    step = np.zeros(len(prefixes.ends), int)  # step 0 is <sos>, so after n tokens the step is n
    for i, (sentence, end) in enumerate(zip(prefixes.sentence, prefixes.ends, strict=True)):
        step[i] = sum(after <= end for _, _, after in tokens[sentence])
    positive, found = loaded.speech.labels.index("positive"), np.zeros((2, len(step)), bool)
    for rows in in_order(encoded.lengths):
        batch = encoded.batch(rows)
        column = np.full(len(encoded), -1)
        column[rows] = np.arange(len(rows))
        here = column[prefixes.sentence] >= 0
        at = step[here], column[prefixes.sentence[here]]
        for way, classes in enumerate(beliefs(loaded.network, torch.from_numpy(batch.tokens), torch.from_numpy(batch.lengths))):
            found[way, here] = (classes[at] == positive) == prefixes.positive[here]
    return found


def interval(difference: np.ndarray, sentence: np.ndarray) -> tuple[float, float]:
    """Where 95% of the means over prefixes lie when sentences are drawn with replacement.

    Prefixes of one sentence stay together, since a network that is right on one of them tends to be right on the next.

    Args:
        difference: (P,) a number per prefix.
        sentence: (P,) its sentence.
    """
    _, of = np.unique(sentence, return_inverse=True)
    total, count = np.bincount(of, difference), np.bincount(of)
    drawn = np.random.default_rng(0).multinomial(len(count), np.full(len(count), 1 / len(count)), DRAWS)
    low, high = np.quantile((drawn @ total) / (drawn @ count), (0.025, 0.975))
    return float(low), float(high)


def print_table(prefixes: Prefixes, phrases: Iterable[str], found: dict[str, np.ndarray]) -> None:
    """Prints the counts, the floors, a row for each run and way to answer, and the differences of the two losses.

    Args:
        phrases: the texts of the run that is trained on phrases.
        found: by the names of `RUNS` what `right` gave for each seed, (S, 2, P).
    """
    columns = {name: some for name, some in prefixes.columns().items() if some.any()}

    def row(name: str, cells: Iterable[str]) -> None:
        print(f"| {name} | {' | '.join(cells)} |", flush=True)

    row("test accuracy", columns)
    print(f"| --- |{' --- |' * len(columns)}")
    counted = {
        "number": np.ones(len(prefixes.ends), bool),
        "of these, all but the last word": prefixes.words == prefixes.words[prefixes.whole][prefixes.sentence] - 1,
        "of these, word for word among the phrases of training": seen(prefixes, phrases),
    }
    for name, counts in counted.items():
        row(name, (f"{(counts & some).sum():,}" for some in columns.values()))
    shares = {name: prefixes.positive[some].mean() for name, some in columns.items()}
    row("the more frequent label", (f"{max(share, 1 - share):.3f}" for share in shares.values()))
    same = prefixes.positive == prefixes.of_sentence
    row("the true label of the sentence", (f"{same[some].mean():.3f}" for some in columns.values()))
    for name, each in found.items():
        for way, what in enumerate(WAYS):
            row(f"{name}: {what}", (accuracies(each[:, way, some].mean(1)) for some in columns.values()))
    if {"last step", "every step"} <= found.keys():
        for way, what in enumerate(WAYS):
            apart = found["every step"][:, way].mean(0) - found["last step"][:, way].mean(0)
            cells = []
            for some in columns.values():
                low, high = interval(apart[some], prefixes.sentence[some])
                cells.append(f"{apart[some].mean():+.3f} ({low:+.3f} to {high:+.3f})".replace("-", "−"))
            row(f"every less last: {what}", cells)


def accuracies(each: Sequence[float] | np.ndarray) -> str:
    """Their mean, and each of them in brackets."""
    return f"{statistics.mean(map(float, each)):.3f} ({' '.join(f'{one:.3f}' for one in each)})"


def seen(prefixes: Prefixes, phrases: Iterable[str]) -> np.ndarray:
    """(P,) whether a prefix occurs word for word among these texts."""
    known = set(phrases)
    parts = zip(prefixes.sentence, prefixes.ends, strict=True)
    return np.array([prefixes.texts[sentence][:end] in known for sentence, end in parts])


def main() -> int:
    """Trains, reads and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3, help="of each run")
    parser.add_argument("--epochs", help="N epochs instead of each run's own")
    given = parser.parse_args()
    lacking = [str(DATA / name) for name in ("sst_trees", "sst2") if not (DATA / name).is_dir()]
    if lacking:
        print(f"The public data is not here: {', '.join(lacking)}", file=sys.stderr)
        return 2
    from rnn_core.analysis.loading import load

    with (DATA / "sst_trees" / "test.txt").open(encoding="utf-8") as file:
        prefixes = Prefixes.of(file)
    found = {}
    with tempfile.TemporaryDirectory() as workspace:
        for name, result in RUNS.items():
            options = [*RESULTS[result][0], *(["--epochs", given.epochs] if given.epochs else [])]
            runs = [train(options, seed, workspace) for seed in range(given.seeds)]
            seconds = statistics.mean(run["train_seconds"] for run in runs)
            dev = accuracies([run["dev_accuracy"] for run in runs])
            print(f"{name}: dev accuracy {dev}, {seconds:.0f} seconds of training a run", file=sys.stderr, flush=True)
            opened = Workspace(workspace)
            found[name] = np.stack([right(load(opened.run(str(run["run"]))), prefixes) for run in runs])
    with (DATA / "sst2" / "train_phrases.csv").open(encoding="utf-8", newline="") as file:
        print_table(prefixes, (line["text"] for line in csv.DictReader(file)), found)
    return 0


if __name__ == "__main__":
    sys.exit(main())
