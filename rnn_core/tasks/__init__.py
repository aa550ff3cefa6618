"""What a network is trained to do. Each other file here is one task, found by its name. Loads no torch.

All that depends on the task is asked of its object: the data it needs, the network, which steps the loss counts, decoding,
scores, and the words, options and views that pages show.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import cache, partial
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol, TypeVar

import numpy as np

from rnn_core import config as options_of
from rnn_core.config import TASKS, DataConfig, Problem, RunConfig, WriteConfig, options
from rnn_core.data.batches import Batch, Encoded, encode, plan
from rnn_core.data.examples import Example
from rnn_core.data.guessing import guess_schema
from rnn_core.data.schema import TEXT, Schema
from rnn_core.data.scoring import unseen_labels
from rnn_core.data.tokens import tokenise
from rnn_core.data.top import Top
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.data.written import CONLL, FORMATS
from rnn_core.network.weighting import counted
from rnn_core.results import Answers, DataReport, Trace, Written

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    Outputs = Mapping[str, Tensor]

C = TypeVar("C", DataConfig, RunConfig)

Tick = Callable[[float], object]


class Lacking(Problem):
    """There is no task of this name."""


class Suggestion(NamedTuple):
    """A value for an option of `ModelConfig` or `TrainConfig`, and the reason, as a clause."""

    value: Any
    why: str


class Speech(Protocol):
    """What turns words into numbers and numbers into labels, as a run has it on disk: the vocabulary of the first text, labels,
    tag scheme, and the vocabularies of the further sides by name."""

    @property
    def vocabulary(self) -> Vocabulary: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def scheme(self) -> str | None: ...
    @property
    def vocabularies(self) -> Mapping[str, Vocabulary]: ...


class Fed(NamedTuple):
    """A tensor of a batch that holds the words a network reads, (T, B).

    Attributes:
        side: whose vocabulary they are of.
        lengths: the tensor with the true steps of each, (B,).
    """

    side: str
    lengths: str


class Scorer(Protocol):
    """Scores of many texts, which are added some at a time."""

    def add(self, encoded: Encoded, predictions: Any, unseen: Mapping[int, str] = ...) -> None:
        """Some texts more: as encoded, what `Task.predict` gave for them, and the labels that training never saw
        (`data.scoring.unseen_labels`). Raises ValueError when such a label has no name."""

    def scores(self) -> Any:
        """The scores of all that was added, for `Task.figures_of`: `results.Scores` where there are labels, else a value of
        the task's own. Its `loss` is the mean loss per text in nats, or None."""


class Task:
    """One task. Its file in this folder holds it as `TASK`.

    Attributes:
        title: what a page calls it, such as "Classification: one label per text".
        short: the same in a word, such as "classification".
        unit: what is counted when answers are: "texts" or "tokens".
        formats: the formats that answers to the rows of a file are written in, of `data.written.FORMATS`; () where the task has
            no answers to give for a file.
        schema: the data it needs.
        columns: the titles of the boxes that choose columns, by the option of `DataConfig`.
        samples: the files in `samples/` that show it, with what each is for.
        evaluation: what its scores tell, as the question above them.
        more_texts: short texts to try, one per line.
        losses: the values of `TrainConfig.loss` that mean something, the default first.
        fed: the tensors of a batch by name that hold words, of which training hides rare ones (`<unk>`) and which it counts.
        carries: whether a batch may go on from the state in which the batch before it in the plan ended (`continues`).
        higher_is_better: whether the best epoch has the highest value of `metric`, or the lowest.
        views: the names of the views and other parts that it has, by page: inspect, bptt, evaluate, losses, matrix.
    """

    title: str
    short: str
    unit: str
    formats: tuple[str, ...] = tuple(suffix for suffix in FORMATS if suffix != CONLL)
    schema: Schema
    columns: Mapping[str, str]
    samples: Mapping[str, str]
    evaluation: str
    more_texts: str
    losses: tuple[str, ...]
    fed: Mapping[str, Fed] = MappingProxyType({"tokens": Fed(TEXT, "lengths")})
    carries: bool = False
    higher_is_better: bool = True
    views: Mapping[str, tuple[str, ...]]

    @property
    def name(self) -> str:
        """The name of its file, which configs hold."""
        return type(self).__module__.rpartition(".")[2]

    # ---- words and options ------------------------------------------------------------------------------------------

    def sample(self, entities: bool = False) -> str:
        """The file in `samples/` that shows it. `entities`: for a run whose tags mark entities."""
        return next(iter(self.samples))

    def texts(self, entities: bool = False) -> tuple[str, ...]:
        """Texts to try a run on, the first of which is read before anybody has typed. As `sample`."""
        raise NotImplementedError

    def metric(self, scheme: str | None) -> str:
        """The headline metric, which chooses the best epoch. `scheme`: the tag scheme of entity labels, else None."""
        raise NotImplementedError

    def options(self, config: type) -> tuple[str, ...]:
        """The options of a config that mean something here; forms leave the others out or show them disabled."""
        sides = [side.name for side in self.schema.sides]
        left_out = [name for name in ("label", "target") if name not in sides] if config is DataConfig else []
        return tuple(name for name in options(config) if name not in left_out)

    def loss_of(self, config: RunConfig) -> str:
        """Where the loss is taken, with the task's default filled in."""
        return config.train.loss or self.losses[0]

    def suggest(self, report: DataReport, stated: Mapping[str, Any]) -> dict[str, Suggestion]:
        """Values for options that the task suggests for the data, beyond those by size alone (`training.suggest`).

        Args:
            stated: the user's own values, by option.
        """
        return {}

    def check(self, config: DataConfig | RunConfig) -> None:
        """Raises Problem when options do not suit the task."""
        if isinstance(config, DataConfig) and config.target and "target" not in self.options(DataConfig):
            raise Problem("This task reads one text per row: leave out the column of a second one (target).")
        if isinstance(config, RunConfig):
            self.check(config.data)
            if config.train.loss is not None and config.train.loss not in self.losses:
                raise Problem(
                    f"The loss of this task is taken at {' or '.join(self.losses)} step, not {config.train.loss}.",
                    f"--loss {self.losses[0]}",
                )

    # ---- data and network -------------------------------------------------------------------------------------------

    def encode(
        self,
        texts: Sequence[Sequence[str]],
        targets: Sequence[Any] | None,
        speech: Speech,
        further: Mapping[str, Sequence[Sequence[str]]] = MappingProxyType({}),
    ) -> Encoded:
        """Texts as tokens, their further sides, and their labels, as arrays.

        Args:
            targets: a label or tags for each text; None: none is known.
            further: the tokens of further texts by the name of their side; without a side that the network is to write.
        """
        return encode(self.schema, texts, targets, {TEXT: speech.vocabulary, **speech.vocabularies}, speech.labels, further)

    def encode_examples(self, examples: Sequence[Example], speech: Speech) -> Encoded:
        """The same of examples, with all that is known of them."""
        further = {name: [e.further[name].tokens for e in examples] for name in self.schema.texts[1:]}
        targets = [e.target for e in examples] if self.schema.labels else None
        return self.encode([e.tokens for e in examples], targets, speech, further)

    def network(self, config: RunConfig, speech: Speech) -> "torch.nn.Module":
        """A new network with random weights, for the words of each side and the labels that training knows."""
        from rnn_core.network.models import Network

        words = len(speech.vocabulary)
        return Network(config.model, words, self.outputs(words, len(speech.labels)))

    def prepare(self, config: RunConfig, train: Encoded) -> Any:
        """The training split as `plan` and `batch` take it. Raises Problem when it is too small for the config."""
        return train

    def plan(self, config: RunConfig, source: Any, epoch: int) -> Sequence[Any]:
        """The batches of an epoch: texts of similar length, in an order that the seed decides.

        Args:
            source: from `prepare`.
        """
        rng = np.random.default_rng([config.train.seed, epoch])
        return plan(source.lengths, config.train.batch, rng)

    def continues(self, which: Any) -> bool:
        """Whether a batch of the plan goes on from the state in which the one before it ended; else from zero."""
        return False

    def batch(self, config: RunConfig, source: Any, which: Any) -> dict[str, np.ndarray]:
        """One batch of the plan by name.

        Returns:
            The `inputs`: `tokens` (T, B), padded at the end, and `lengths`, true steps, (B,); of the m steps that the loss counts
            `at`, their places in (T·B), `labels` and `weights` w_t, (m,) each; `total`, (), by which Σ w_t L(t) is divided.
        """
        batch = source.batch(which)
        at, labels, weights = counted(self.weights(config, batch.lengths, len(batch.tokens)), batch.targets)
        return {**self.inputs(source, batch), "at": at, "labels": labels, "weights": weights,
                "total": np.array(float(len(which)))}  # fmt: skip

    def inputs(self, encoded: Encoded, batch: Batch) -> dict[str, np.ndarray]:
        """What the network reads of a batch, by name: `tokens` (T, B), `lengths` (B,), and what the task adds, such as the
        characters, `encoded.sides[name].batch(batch.rows)`."""
        return batch.inputs

    def outputs(self, words: int, classes: int) -> int:
        """k, the numbers that the readout of the plain stack gives at a step: one for each class here.

        Args:
            words: N, the size of the vocabulary.
            classes: how many labels training knows.
        """
        return classes

    def weights(self, config: RunConfig, lengths: np.ndarray, steps: int, loss: str | None = None) -> np.ndarray:
        """w_t of each text, (T, B) float64: how much the loss counts each step; 0 at pads.

        Args:
            lengths: (B,) true steps, `<sos>` and `<eos>` included.
            steps: T of the batch.
            loss: one of `losses` in place of the run's own.
        """
        raise NotImplementedError

    def loss(self, outputs: "Outputs", batch: "Outputs") -> "tuple[Tensor, Tensor, Tensor]":
        """The loss of a batch.

        Args:
            outputs: of the network: `logits` (m, k) at the m steps that count.
            batch: `labels` and `weights` w_t of these, (m,), and `total`, the B texts, ().

        Returns:
            Σ w_t L(t), (), in the graph; the weight to divide it by, `total`; and L(t), (m,), in nats.
        """
        from rnn_core.network.losses import cross_entropy

        return cross_entropy(outputs, batch)

    def about_training(self, config: RunConfig, train: Encoded, labels: Sequence[str]) -> dict[str, Any]:
        """Figures of the training data to hold a training's against, by the names that the history has for them."""
        return {}

    # ---- answers and scores -----------------------------------------------------------------------------------------

    def answered(self, steps: int) -> np.ndarray:
        """The steps at which a text of T steps, `<sos>` and `<eos>` included, is answered, (R,)."""
        raise NotImplementedError

    def predict(
        self, network: Any, config: RunConfig, encoded: Encoded, tick: Tick = lambda share: None
    ) -> Any:
        """The network's answers to labelled texts and its loss on them, without dropout: `data.scoring.Predictions`, or what the
        task's own scorer takes.

        Args:
            tick: hears the share answered so far; what it raises ends the work.
        """
        from rnn_core.network.prediction import predict

        return predict(network, lambda lengths, steps: self.weights(config, lengths, steps), encoded, tick, self.inputs)

    def decode(
        self, network: Any, config: RunConfig, encoded: Encoded, labels: Sequence[str], tick: Tick = lambda share: None
    ) -> Iterator[tuple[Any, ...]]:
        """The answer to each text by name: the values of `answer_columns`, probabilities with six decimals. As `predict`."""
        raise NotImplementedError

    def answer_columns(self, labels: Sequence[str]) -> dict[str, Any]:
        """The columns that the answer to a text fills in a table, by name: `answer` first, then how sure it is.

        Args:
            labels: the classes whose probabilities are wanted, where the task gives them.

        Returns:
            The types of their values: `str` or `float`, or `list[str]` and `list[float]` with one value per token.
        """
        return {"answer": str, "probability": float}

    def stopped(self, network: Any, tape: Any) -> "Tensor | None":
        """The answers if texts had stopped after each step, as logits (T, B, k); None where the task has no such answers.

        Args:
            tape: of the network's forward pass over the texts.
        """
        return None

    def unseen(self, encoded: Encoded, pieces: Iterable[Sequence[Example]]) -> dict[int, str]:
        """The labels of some texts that training never saw, by their places in `encoded.targets`.

        Args:
            pieces: the examples that were encoded, in the same order.
        """
        return unseen_labels(encoded, pieces) if self.schema.labels else {}

    def evaluate(
        self,
        network: Any,
        config: RunConfig,
        speech: Speech,
        pieces: Iterable[Sequence[Example]],
        texts: int,
        keep: Callable[[Answers], object],
        tick: Tick = lambda share: None,
    ) -> Any:
        """The scores of labelled examples, of which one piece is in memory at a time.

        Args:
            texts: how many there are in all.
            keep: takes the answers to each piece.
        """
        scorer, done = self.scorer(speech.labels, speech.scheme), 0
        for some in pieces:
            encoded = self.encode_examples(some, speech)
            found = self.predict(network, config, encoded, partial(_tell, tick, done, len(some), texts))
            done += len(some)
            scorer.add(encoded, found, self.unseen(encoded, [some]))
            if answers := self.named(some, found, speech):
                keep(answers)
        return scorer.scores()

    def named(self, examples: Sequence[Example], found: Any, speech: Speech) -> Answers | None:
        """What `predict` found for some examples, by name, to be kept beside the scores; None where nothing is kept."""
        tokens = [list(e.tokens) for e in examples]
        truths = [e.target if isinstance(e.target, str) else list(e.target) for e in examples]
        given = found.answers >= 0  # not the specials
        answers = [speech.labels[i] for i in found.answers[given].tolist()]
        confidences = found.confidences[given].astype(float).round(6).tolist()
        if self.schema.per_token:
            ends = np.cumsum([len(row) for row in tokens]).tolist()
            rows = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
            answers, confidences = [answers[row] for row in rows], [confidences[row] for row in rows]
        return Answers(tokens, truths, answers, confidences)

    def write(
        self, network: Any, config: RunConfig, vocabulary: Vocabulary, prompt: str, how: WriteConfig
    ) -> Iterator[Written]:
        """Continues a prompt, token by token.

        Raises:
            Problem: when the task does not write.
        """
        raise Problem(f"A run of {self.short} answers texts and writes none: choose a run that was trained to write.")

    def scorer(self, labels: Sequence[str], scheme: str | None) -> Scorer:
        """What scores dev, test and files alike. `labels`: those that training knows."""
        raise NotImplementedError

    def figures_of(self, scores: Any, split: str, majority: str | None = None) -> dict[str, Any]:
        """The figures of a split by the names that history and command line have for them, such as test_accuracy.

        Args:
            majority: the most frequent class of training, where that is known.
        """
        raise NotImplementedError

    def details_of(self, scores: Any) -> dict[str, Any]:
        """What `evaluate` prints beyond the figures, as plain values."""
        return {}

    # ---- one text's loss, laid open ---------------------------------------------------------------------------------

    def shown_first(self, seen: Trace) -> int:
        """The step that pages show before anybody has chosen one, from 0."""
        return 1

    def told(self, seen: Trace) -> dict[str, Any]:
        """What `inspect` prints of a text, beside its tokens, as plain values."""
        raise NotImplementedError

    def outcomes(self, vocabulary: Vocabulary, labels: Sequence[str]) -> tuple[str, ...]:
        """The names of the k classes that the readout tells apart: the labels that training knows."""
        return tuple(labels)

    def cut(self, text: str, how: str) -> list[tuple[str, int, int]]:
        """The tokens of a text that is typed, each with where it starts and ends in it. `how`: "word" or "char"."""
        return tokenise(text, how)

    def aim(
        self, target: str | Sequence[str] | None, labels: Sequence[str], readouts: np.ndarray, indices: np.ndarray
    ) -> np.ndarray:
        """The class wanted at each step of a text, (T,); −1 where none is.

        Args:
            target: as a person writes it; None: the network's own answer, where the text itself does not say.
            labels: the names of the classes.
            readouts: (T, k) the probability of each class at each step.
            indices: (T,) the tokens that are fed, `<sos>` and `<eos>` included.

        Raises:
            Problem: when the target does not fit the text, or a label is not one of `labels`.
        """
        raise NotImplementedError

    def beginning(self, target: str | Sequence[str] | None, tokens: int, most: int) -> str | Sequence[str] | None:
        """The target of the first `most` tokens of a text of `tokens` tokens."""
        return target


def names() -> tuple[str, ...]:
    """The tasks there are, by their files; none is imported."""
    return TASKS


@cache
def task(name: str) -> Task:
    """The task of this name. Raises Lacking, a Problem, when there is none."""
    if name not in TASKS:
        raise Lacking(f"This needs the task {name[:60]!r}, which this version lacks. Update the app.")
    found: Task = import_module(f"{__name__}.{name}").TASK
    return found


def of(config: DataConfig | RunConfig) -> Task:
    """The task that a dataset or a run is for."""
    return task(config.data.task if isinstance(config, RunConfig) else config.task)


def make(kind: type[C], values: dict[str, Any]) -> C:
    """A config from plain values, checked by `config.make` and by its task.

    Raises:
        Problem: naming the first option that does not fit and what would.
    """
    data = values.get("data") if kind is RunConfig else values
    if isinstance(data, dict) and isinstance(name := data.get("task"), str):
        task(name)
    made = options_of.make(kind, values)
    of(made).check(made)
    return made


def guess(top: Top, stated: DataConfig = DataConfig()) -> str:  # noqa: B008 - it cannot be changed
    """The name of the task that a labelled file fits, from its first rows.

    Args:
        stated: the columns that are known.

    Raises:
        Problem: when the file has no rows, or they may be texts as well as tokens.
    """
    schema = guess_schema(top, stated)
    return next(one for one in names() if task(one).schema == schema)


def by_label(seen: Trace, rows: np.ndarray) -> list[dict[str, float]]:
    """The probability of each class by its name, for rows (m, k)."""
    return [{label: round(float(p), 6) for label, p in zip(seen.labels, row, strict=True)} for row in rows]


def _tell(tick: Tick, before: int, some: int, texts: int, share: float) -> None:
    tick((before + share * some) / texts)


def number_of(labels: Sequence[str], label: str) -> int:
    """The number of a label. Raises Problem when it is none of `labels`."""
    if label not in labels:
        listed = ", ".join(labels[:20]) + (" …" if len(labels) > 20 else "")
        raise Problem(f"This run has no label {label[:60]!r}. Take one of: {listed}.")
    return labels.index(label)
