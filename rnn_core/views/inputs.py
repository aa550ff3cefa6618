"""What views read: each input by its name, with the key under which results that were made of it are kept."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rnn_core.analysis.loading import Loaded, Unopened
from rnn_core.results import (
    Along,
    BaselineScores,
    ByDistance,
    CorpusHunt,
    History,
    Mistake,
    Scores,
    SplitSummary,
    TokenScores,
    Trace,
    Translation,
    TranslationScores,
)

if TYPE_CHECKING:  # it loads torch
    from rnn_core.analysis.backward import Backward
    from rnn_core.analysis.translation_backward import TranslationBackward

NEEDS = {
    "run": "the run's network, or the run unopened where a saved trace answers",
    "text": "the text as the run reads it, a trace",
    "second_text": "further texts, as tokens",
    "prompt": "the number of tokens of the text that were given; the network wrote the rest",
    "translation": "the text and its translation, with every number along both",
    "labels": "the label or the tags of each of the further texts; None where they are not known",
    "history": "what the run's training wrote down",
    "dataset": "the run's data: their name and the summary of each split; None where they are not here",
    "evaluation": "the run's scores",
    "evaluations": "the scores of several runs on the same data, by what the runs are called",
    "distances": "the accuracy of several runs on the same texts by distance, by what the runs are called",
    "static": "the scores of the same text with fixed weights, beside those of dynamic evaluation",
    "answers": "some of the answers that were scored, with their texts",
    "answered": "whether each answer of a saved evaluation was right, and its probability",
    "compared": "the scores that the run wrote down, beside those of simple models",
    "target": "the way back of the text: what the losses at its target send to each step",
    "pair": "the way back of a text and its translation: what the loss of each target token sends to each step of both networks",
    "hunt": "a hunt for units over a corpus",
    "beside": "the ways back of several runs, by what these are called",
    "along": "how the run and its twin read many texts step by step, by their losses",
    "twins": "the scores that the run and its twin wrote down after training, by their losses",
}
"""The inputs by their names."""


@dataclass(frozen=True)
class Dataset:
    """The data of a run.

    Attributes:
        name: what the dataset is called.
        splits: the summary of each split.
    """

    name: str
    splits: Mapping[str, SplitSummary]


@dataclass(frozen=True)
class Answers:
    """Some answers of an evaluation.

    Attributes:
        found: those that are listed, in their order; right ones too.
        count: how many such answers there are.
        total: how many answers there are in all.
        unit: what is counted, such as `texts`.
        between: what stands between two tokens of a text.
        cell: the truth and the answer, where these are the answers of one cell of the confusion matrix.
    """

    found: Sequence[Mistake]
    count: int
    total: int
    unit: str
    between: str
    cell: tuple[str, str] | None = None


@dataclass(frozen=True)
class Answered:
    """All answers of a saved evaluation; m texts, or tokens of them.

    Attributes:
        data: what was evaluated, in words.
        unit: what is counted, such as `texts`.
        p: (m,) the probability of each answer.
        right: (m,) whether it was right.
    """

    data: str
    unit: str
    p: np.ndarray
    right: np.ndarray


@dataclass(frozen=True)
class Compared:
    """The scores of a run and of simple models on its data.

    Attributes:
        metric: the headline metric.
        higher_is_better: whether more of it is better.
        figures: of the run, as `Run.metrics`.
        baselines: one at least.
    """

    metric: str
    higher_is_better: bool
    figures: Mapping[str, Any]
    baselines: tuple[BaselineScores, ...]


Once = Callable[[Hashable, Callable[[], Any]], Any]
"""Keeps what was computed by a key, and gives it again."""


def once() -> Once:
    """A memory that keeps everything, for a notebook or a report; pages bring one that is bounded."""
    held: dict[Hashable, Any] = {}

    def keep(key: Hashable, compute: Callable[[], Any]) -> Any:
        if key not in held:
            held[key] = compute()
        return held[key]

    return keep


class Input(NamedTuple):
    """One input, and by which key it is known again."""

    key: Hashable
    value: Any


@dataclass(frozen=True)
class Inputs:
    """The inputs of a page, a report or a notebook.

    Attributes:
        named: by the names in `NEEDS`.
        keep: keeps results, and what several views share.
    """

    named: Mapping[str, Input]
    keep: Once = field(default_factory=once)

    def only(self, needs: Iterable[str]) -> "Inputs":
        """These alone: a view reads nothing else than it names. Raises KeyError where one is not there."""
        return Inputs({name: self.named[name] for name in needs}, self.keep)

    def once(self, function: Callable[..., Any], *arguments: Hashable) -> Any:
        """`function(self, *arguments)`, computed once for these inputs, for what several views are made of."""
        name = f"{function.__module__}.{function.__qualname__}"
        return self.keep((name, self.key, *arguments), lambda: function(self, *arguments))

    @property
    def key(self) -> Hashable:
        """By which all of these inputs are known again."""
        return tuple((name, one.key) for name, one in sorted(self.named.items()))

    @property
    def run(self) -> Loaded | Unopened:
        found: Loaded | Unopened = self.named["run"].value
        return found

    @property
    def network(self) -> Loaded:
        """The run, opened."""
        found = self.run
        assert isinstance(found, Loaded), "the network of this run is not open"
        return found

    @property
    def trace(self) -> Trace:
        found: Trace = self.named["text"].value
        return found

    @property
    def prompt(self) -> int:
        found: int = self.named["prompt"].value
        return found

    @property
    def translation(self) -> Translation:
        found: Translation = self.named["translation"].value
        return found

    @property
    def more(self) -> tuple[tuple[str, ...], ...]:
        found: tuple[tuple[str, ...], ...] = self.named["second_text"].value
        return found

    @property
    def labels(self) -> tuple[str | tuple[str, ...] | None, ...]:
        found: tuple[str | tuple[str, ...] | None, ...] = self.named["labels"].value
        return found

    @property
    def history(self) -> History:
        found: History = self.named["history"].value
        return found

    @property
    def dataset(self) -> Dataset | None:
        found: Dataset | None = self.named["dataset"].value
        return found

    @property
    def scores(self) -> Scores:
        found: Scores = self.named["evaluation"].value
        return found

    @property
    def token_scores(self) -> TokenScores:
        found: TokenScores = self.named["evaluation"].value
        return found

    @property
    def translation_scores(self) -> TranslationScores:
        found: TranslationScores = self.named["evaluation"].value
        return found

    @property
    def evaluations(self) -> Mapping[str, TranslationScores]:
        found: Mapping[str, TranslationScores] = self.named["evaluations"].value
        return found

    @property
    def distances(self) -> Mapping[str, ByDistance]:
        found: Mapping[str, ByDistance] = self.named["distances"].value
        return found

    @property
    def static(self) -> TokenScores:
        found: TokenScores = self.named["static"].value
        return found

    @property
    def answers(self) -> Answers:
        found: Answers = self.named["answers"].value
        return found

    @property
    def answered(self) -> Answered:
        found: Answered = self.named["answered"].value
        return found

    @property
    def compared(self) -> Compared:
        found: Compared = self.named["compared"].value
        return found

    @property
    def hunt(self) -> CorpusHunt:
        found: CorpusHunt = self.named["hunt"].value
        return found

    @property
    def backward(self) -> "Backward":
        found: Backward = self.named["target"].value
        return found

    @property
    def pair(self) -> "TranslationBackward":
        found: TranslationBackward = self.named["pair"].value
        return found

    @property
    def beside(self) -> Mapping[str, "Backward"]:
        found: Mapping[str, Backward] = self.named["beside"].value
        return found

    @property
    def twins(self) -> Mapping[str, Mapping[str, Any]]:
        found: Mapping[str, Mapping[str, Any]] = self.named["twins"].value
        return found

    @property
    def along(self) -> Mapping[str, Along]:
        found: Mapping[str, Along] = self.named["along"].value
        return found


def given(**values: Any) -> Inputs:
    """Inputs that are at hand, by their names in `NEEDS`; each is known by its identity."""

    return Inputs({name: Input(id(value), value) for name, value in values.items()})
