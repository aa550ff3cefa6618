"""The class of all tasks, and what its methods take and give. Loads no torch."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

import numpy as np

from rnn_core.config import (
    USUAL,
    DataConfig,
    EvaluateConfig,
    ModelConfig,
    Problem,
    RunConfig,
    TranslateConfig,
    WriteConfig,
    options,
)
from rnn_core.data.batches import Batch, Encoded, encode, plan
from rnn_core.data.examples import Example
from rnn_core.data.schema import TEXT, Schema
from rnn_core.data.scoring import Predictions, flat, unseen_labels
from rnn_core.data.tag_rules import TagRules
from rnn_core.data.tokens import tokenise
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.data.written import CONLL, FORMATS
from rnn_core.language import tr
from rnn_core.network.weighting import counted
from rnn_core.results import Answers, DataReport, Trace, Written
from rnn_core.tasks._options import SHORTENING, TRANSLATING, check_data, check_evaluation, check_run

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    Outputs = Mapping[str, Tensor]

Tick = Callable[[float], object]


class Suggestion(NamedTuple):
    """A suggested value for an option of `ModelConfig` or `TrainConfig`, and the reason, as a clause."""

    value: Any
    why: str


class Speech(Protocol):
    """Vocabularies and labels, as a run saves them: the vocabulary of the first text, labels, tag scheme, and the vocabularies
    of the further sides by name."""

    @property
    def vocabulary(self) -> Vocabulary: ...
    @property
    def labels(self) -> tuple[str, ...]: ...
    @property
    def scheme(self) -> str | None: ...
    @property
    def vocabularies(self) -> Mapping[str, Vocabulary]: ...


class Fed(NamedTuple):
    """A tensor of a batch that holds the input words of a network, (T, B).

    Attributes:
        side: the side with their vocabulary.
        lengths: the name of the tensor with the steps of each text without padding, (B,).
    """

    side: str
    lengths: str


class Scorer(Protocol):
    """Scores many texts, which are added in pieces."""

    def add(self, encoded: Encoded, predictions: Any, unseen: Mapping[int, str] = ...) -> None:
        """Adds texts: encoded, with the result of `Task.predict`, and the labels that the training split lacks
        (`data.scoring.unseen_labels`). Raises ValueError if such a label has no name."""

    def scores(self) -> Any:
        """The scores of all texts added, for `Task.figures_of`: `results.Scores` for labels, else a type of the task. Its `loss`
        is the mean loss per text in nats, or None."""


class Floor(Protocol):
    """A simple model that networks are compared with, fitted (`baselines.Model`)."""

    def answers(self, examples: Sequence[Example]) -> Any:
        """Those that `Task.floor` scores."""


class Task:
    """One task. Its file in this folder holds it as `TASK`.

    Attributes:
        title: its name on pages, such as "Classification: one label per text".
        short: a short name, such as "classification".
        unit: the unit of counts of answers: "texts" or "tokens".
        label_of: what has a label: "text", "token", or "next", if the label of a token is the token that follows.
        formats: the formats of predictions for a file, of `data.written.FORMATS`; () if the task makes none.
        schema: the schema of its data.
        columns: the titles of the boxes that choose columns, by the option of `DataConfig`.
        samples: its files in `samples/`, with the purpose of each.
        evaluation: the question above its scores.
        more_texts: short texts to try, one per line.
        reading: the values of options of `DataConfig` with which new files are read where none are stated.
        losses: the values of `TrainConfig.loss` that it allows, the default first.
        fed: the tensors of a batch that hold words, by name. Training replaces rare words in them by `<unk>`, and counts their
            tokens.
        ties: whether the classes of its readout are the tokens of the vocabulary, so that E can be V (`ModelConfig.tied`).
        carries: whether a batch may continue from the last state of the batch before it in the plan (`carried`).
        translates: whether the network has a decoder, so that the options of one apply.
        shortens: whether it may read another part of a long text than its start, and without HTML tags.
        higher_is_better: whether the best epoch has the highest value of `metric`, or the lowest.
        baselines: simple models that its networks are compared with, by the names of their files in `rnn_core/baselines`.
        views: the names of its views and other parts, by page: inspect, bptt, evaluate, losses, matrix.
    """

    title: str
    short: str
    unit: str
    label_of: str = "text"
    formats: tuple[str, ...] = tuple(suffix for suffix in FORMATS if suffix != CONLL)
    schema: Schema
    columns: Mapping[str, str]
    samples: Mapping[str, str]
    evaluation: str
    more_texts: str
    reading: Mapping[str, Any] = MappingProxyType({})
    losses: tuple[str, ...]
    fed: Mapping[str, Fed] = MappingProxyType({"tokens": Fed(TEXT, "lengths")})
    ties: bool = False
    carries: bool = False
    translates: bool = False
    shortens: bool = False
    higher_is_better: bool = True
    baselines: tuple[str, ...] = ()
    views: Mapping[str, tuple[str, ...]]

    @property
    def name(self) -> str:
        """The name of its file, as in configs."""
        return type(self).__module__.rpartition(".")[2]

    # ---- words and options ------------------------------------------------------------------------------------------

    def sample(self, entities: bool = False) -> str:
        """Its file in `samples/`. `entities`: for a run whose tags mark entities."""
        return next(iter(self.samples))

    def texts(self, entities: bool = False, tokens: str = "word") -> tuple[str, ...]:
        """Example texts for a run, the first of which is the default.

        Args:
            entities: as for `sample`.
            tokens: how texts are cut, as in `DataConfig`.
        """
        raise NotImplementedError

    def metric(self, scheme: str | None) -> str:
        """The headline metric, which chooses the best epoch. `scheme`: the tag scheme of entity labels, else None."""
        raise NotImplementedError

    def options(self, config: type) -> tuple[str, ...]:
        """The options of a config that apply to the task; forms omit or disable the others."""
        sides = [side.name for side in self.schema.sides]
        left_out = [name for name in ("label", "target") if name not in sides] if config is DataConfig else []
        left_out += [] if self.shortens else [*SHORTENING]
        if config is EvaluateConfig:
            left_out += [] if self.carries else ["dynamic"]
            left_out += [] if self.translates else [*options(TranslateConfig)]
            left_out += [] if self.schema.per_token else ["rules"]
        left_out += [] if self.ties else ["tied"]
        left_out += [] if self.translates else [*TRANSLATING]
        left_out += [] if self.schema.forms else ["form"]
        return tuple(name for name in options(config) if name not in left_out)

    def loss_of(self, config: RunConfig) -> str:
        """The value of `TrainConfig.loss`, with the task's default filled in."""
        return config.train.loss or self.losses[0]

    def suggest(self, report: DataReport, stated: Mapping[str, Any]) -> dict[str, Suggestion]:
        """Suggested values of options for the data, besides those by size (`training.suggest`).

        Args:
            stated: the user's values, by option.
        """
        return {}

    def check_evaluation(self, how: EvaluateConfig) -> None:
        """Raises Problem if options are set that do not apply to the task."""
        check_evaluation(self, how)

    def check(self, config: DataConfig | RunConfig) -> None:
        """Raises Problem if options do not fit the task."""
        if isinstance(config, RunConfig):
            self.check(config.data)
            check_run(self, config)
        else:
            check_data(self, config)

    # ---- data and network -------------------------------------------------------------------------------------------

    def encode(
        self,
        texts: Sequence[Sequence[str]],
        targets: Sequence[Any] | None,
        speech: Speech,
        further: Mapping[str, Sequence[Sequence[str]]] = MappingProxyType({}),
    ) -> Encoded:
        """Encodes texts, their further sides and their labels as arrays.

        Args:
            targets: a label or tags for each text; None: no label is known.
            further: the tokens of further texts, by side; without a side that the network generates.
        """
        return encode(self.schema, texts, targets, {TEXT: speech.vocabulary, **speech.vocabularies}, speech.labels, further)

    def encode_examples(self, examples: Sequence[Example], speech: Speech) -> Encoded:
        """Encodes examples, with all their sides and labels."""
        further = {name: [e.further[name].tokens for e in examples] for name in self.schema.texts[1:]}
        targets = [e.target for e in examples] if self.schema.labels else None
        return self.encode([e.tokens for e in examples], targets, speech, further)

    def network(self, config: RunConfig, speech: Speech) -> "torch.nn.Module":
        """A new network with random weights, for the vocabularies of the sides and the labels of the training split."""
        from rnn_core.network.models import Network

        words, forms = len(speech.vocabulary), {}
        if config.model.form:
            forms = {name: len(speech.vocabularies[name]) for name in self.schema.forms}
        return Network(config.model, words, self.outputs(words, len(speech.labels)), forms)

    def read_by(self, config: RunConfig, vocabularies: Mapping[str, Vocabulary]) -> dict[str, Vocabulary]:
        """The vocabularies of further sides, by name, that a network of this config reads.

        Raises:
            Problem: if the data lack the form of words, because an earlier version read them.
        """
        forms = self.schema.forms
        if config.model.form and (lacking := forms.keys() - vocabularies.keys()):
            raise Problem(
                tr("These data were read by an earlier version, without the form of words ({names}). Read their files again, "
                   "or train without the form.", names=", ".join(sorted(lacking))),
                "--form 0",
            )  # fmt: skip
        return {name: one for name, one in vocabularies.items() if config.model.form or name not in forms}

    def prepare(self, config: RunConfig, train: Encoded) -> Any:
        """The training split in the form that `plan` and `batch` take. Raises Problem if it is too small for the config."""
        return train

    def plan(self, config: RunConfig, source: Any, epoch: int) -> Sequence[Any]:
        """The batches of an epoch: texts of similar length, in an order decided by the seed.

        Args:
            source: the result of `prepare`.
        """
        rng = np.random.default_rng([config.train.seed, epoch])
        return plan(source.lengths, config.train.batch, rng)

    def carried(self, config: RunConfig, which: Any) -> int:
        """The number of batches before this one in the plan whose state it carries on; 0 if it starts from zero."""
        return 0

    def batch(self, config: RunConfig, source: Any, which: Any) -> dict[str, np.ndarray]:
        """A batch of the plan, as arrays by name.

        Returns:
            The `inputs`: `tokens` (T, B), padded at the end, and `lengths`, the steps without padding, (B,). For the m steps
            that the loss counts: `at`, their indices in (T·B), `labels` and `weights` w_t, (m,) each; and `total`, (), the
            divisor of Σ w_t L(t).
        """
        batch = source.batch(which)
        at, labels, weights = counted(self.weights(config, batch.lengths, len(batch.tokens)), batch.targets)
        return {**self.inputs(source, batch), "at": at, "labels": labels, "weights": weights,
                "total": np.array(float(len(which)))}  # fmt: skip

    def inputs(self, encoded: Encoded, batch: Batch) -> dict[str, np.ndarray]:
        """The inputs of the network, by name: `tokens` (T, B), `lengths` (B,), and others of the task, such as characters,
        `encoded.sides[name].batch(batch.rows)`."""
        return batch.inputs

    def outputs(self, words: int, classes: int) -> int:
        """k, the width of the plain stack's readout: here the number of classes.

        Args:
            words: N, the size of the vocabulary.
            classes: the number of labels in the training split.
        """
        return classes

    def parameters(self, model: ModelConfig, sizes: Mapping[str, int], classes: int) -> int:
        """The number of parameters of the network, without making it.

        Args:
            sizes: the sizes of the vocabularies, by side.
            classes: the number of labels in the training split.
        """
        from rnn_core.network.models import count_parameters

        forms = {name: sizes[name] for name in self.schema.forms if model.form and name in sizes}
        return count_parameters(model, sizes[TEXT], self.outputs(sizes[TEXT], classes), forms)

    def weights(self, config: RunConfig, lengths: np.ndarray, steps: int, loss: str | None = None) -> np.ndarray:
        """w_t of each text, (T, B) float64: the weight of each step in the loss; 0 at pads.

        Args:
            lengths: (B,) steps without padding, `<sos>` and `<eos>` included.
            steps: T of the batch.
            loss: one of `losses`, instead of the run's.
        """
        raise NotImplementedError

    def loss(self, outputs: "Outputs", batch: "Outputs") -> "tuple[Tensor, Tensor, Tensor]":
        """The loss of a batch.

        Args:
            outputs: the outputs of the network: `logits` (m, k) at the m steps that count, or their `losses`, (m,).
            batch: `labels` and `weights` w_t of these, (m,), and `total`, the B texts, ().

        Returns:
            Σ w_t L(t), (), in the graph; its divisor, `total`; and L(t), (m,), in nats.
        """
        from rnn_core.network.losses import cross_entropy

        return cross_entropy(outputs, batch)

    def about_training(self, config: RunConfig, train: Encoded, labels: Sequence[str]) -> dict[str, Any]:
        """Metrics of the training data for comparison with those of the training, by their names in the history."""
        return {}

    # ---- answers and scores -----------------------------------------------------------------------------------------

    def answered(self, steps: int) -> np.ndarray:
        """The steps with an answer in a text of T steps, `<sos>` and `<eos>` included, (R,)."""
        raise NotImplementedError

    def rules(self, labels: Sequence[str], scheme: str | None) -> TagRules | None:
        """The rules that a sequence of answers keeps to; None if there are none. `scheme`: the tag scheme of entity labels."""
        return None

    def predict(
        self, network: Any, config: RunConfig, encoded: Encoded, tick: Tick = lambda share: None, rules: TagRules | None = None
    ) -> Any:
        """The network's predictions for labelled texts and its loss on them, without dropout: `data.scoring.Predictions`, or the
        type of the task's scorer.

        Args:
            tick: is called with the share done, 0…1; an exception raised by it stops the work.
            rules: those that the answers keep to; None: each is the most probable of its step.
        """
        from rnn_core.network.prediction import predict

        return predict(network, lambda lengths, steps: self.weights(config, lengths, steps), encoded, tick, self.inputs, rules)

    def decode(
        self, network: Any, config: RunConfig, encoded: Encoded, speech: Speech, tick: Tick = lambda share: None
    ) -> Iterator[tuple[Any, ...]]:
        """The answers to texts by column: the values of `answer_columns`, probabilities with six decimals. As `predict`."""
        raise NotImplementedError

    def answer_columns(self, labels: Sequence[str]) -> dict[str, Any]:
        """The columns of an answer in a table, by name: `answer` first, then its probability.

        Args:
            labels: the classes whose probabilities are included, if the task gives them.

        Returns:
            The types of the columns: `str` or `float`, or `list[str]` and `list[float]` with one value per token.
        """
        return {"answer": str, "probability": float}

    def stopped(self, network: Any, tape: Any) -> "Tensor | None":
        """The answers if the texts had stopped after each step, as logits (T, B, k); None if the task has no such answers.

        Args:
            tape: the tape of the network's forward pass over the texts.
        """
        return None

    def unseen(self, encoded: Encoded, pieces: Iterable[Sequence[Example]]) -> dict[int, str]:
        """The labels that the training split lacks, by their indices in `encoded.targets`.

        Args:
            pieces: the encoded examples, in the same order.
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
        how: EvaluateConfig = USUAL,
    ) -> Any:
        """The scores of labelled examples, of which one piece is in memory at a time.

        Args:
            pieces: is iterated again if a task reads the examples a second time.
            texts: their total number.
            keep: is called with the answers to each piece.
            how: options among those that apply to the task.
        """
        scorer, done = self.scorer(speech.labels, speech.scheme), 0
        rules = self.rules(speech.labels, speech.scheme) if how.rules else None
        for some in pieces:
            encoded = self.encode_examples(some, speech)
            found = self.predict(network, config, encoded, partial(_tell, tick, done, len(some), texts), rules)
            done += len(some)
            scorer.add(encoded, found, self.unseen(encoded, [some]))
            if answers := self.named(some, found, speech):
                keep(answers)
        return scorer.scores()

    def learned(self, data: Speech, pieces: Iterable[Sequence[Example]]) -> tuple[Speech, Iterable[Sequence[Example]]]:
        """What simple models learn from and are scored on: the words and labels, and the examples of a split."""
        return data, pieces

    def floor(self, model: Floor, speech: Speech, pieces: Iterable[Sequence[Example]], split: str) -> dict[str, Any]:
        """The scores of a simple model as of a network, as `figures_of` names them."""
        scorer = self.scorer(speech.labels, speech.scheme)
        for some in pieces:
            encoded, answers = self.encode_examples(some, speech), flat(model.answers(some))
            given = Predictions(answers, np.zeros(len(answers), np.float32), np.nan)
            scorer.add(encoded, given, self.unseen(encoded, [some]))
        return self.figures_of(scorer.scores(), split)

    def named(self, examples: Sequence[Example], found: Any, speech: Speech) -> Answers | None:
        """The result of `predict` for some examples, with names, to be saved with the scores; None if nothing is saved."""
        tokens = [list(e.tokens) for e in examples]
        truths = [e.target if isinstance(e.target, str) else list(e.target) for e in examples]
        given = found.answers >= 0  # without the specials
        answers = [speech.labels[i] for i in found.answers[given].tolist()]
        confidences = found.confidences[given].astype(float).round(6).tolist()
        if self.schema.per_token:
            ends = np.cumsum([len(row) for row in tokens]).tolist()
            rows = [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]
            answers, confidences = [answers[row] for row in rows], [confidences[row] for row in rows]
        return Answers(tokens, truths, answers, confidences)

    def excerpt(self, network: Any, config: RunConfig, vocabulary: Vocabulary) -> str:
        """A short text that the network writes at this moment of training, with a fixed seed; empty if it writes none."""
        return ""

    def write(
        self, network: Any, config: RunConfig, vocabulary: Vocabulary, prompt: str, how: WriteConfig
    ) -> Iterator[Written]:
        """Continues a prompt, token by token.

        Raises:
            Problem: if the task does not generate text.
        """
        raise Problem(tr("A run of {task} does not generate text: choose a run of generation.", task=tr(self.short)))

    def translate(
        self,
        network: Any,
        config: RunConfig,
        sources: Sequence[Sequence[str]],
        speech: Speech,
        how: TranslateConfig,
        tick: Tick = lambda share: None,
    ) -> list[tuple[str, float]]:
        """The best translation of each source, given as tokens: as text, and its probability.

        Raises:
            Problem: if the task does not translate.
        """
        raise Problem(tr("A run of {task} does not translate: choose a run of translation.", task=tr(self.short)))

    def scorer(self, labels: Sequence[str], scheme: str | None) -> Scorer:
        """The scorer for dev, test and files. `labels`: the classes of the training split."""
        raise NotImplementedError

    def figures_of(self, scores: Any, split: str, majority: str | None = None) -> dict[str, Any]:
        """The metrics of a split by their names in history and command line, such as test_accuracy.

        Args:
            majority: the most frequent class of training, if known.
        """
        raise NotImplementedError

    def details_of(self, scores: Any) -> dict[str, Any]:
        """Further values that `evaluate` prints, as plain values."""
        return {}

    # ---- one text -----------------------------------------------------------------------------------------------------

    def shown_first(self, seen: Trace) -> int:
        """The step that pages show by default, from 0."""
        return 1

    def told(self, seen: Trace) -> dict[str, Any]:
        """The values that `inspect` prints for a text, besides its tokens."""
        raise NotImplementedError

    def outcomes(self, vocabulary: Vocabulary, labels: Sequence[str]) -> tuple[str, ...]:
        """The names of the k classes of the readout: the labels of the training split."""
        return tuple(labels)

    def cut(self, text: str, how: str) -> list[tuple[str, int, int]]:
        """The tokens of a typed text, each with its start and end in the text. `how`: a value of `DataConfig.tokens`."""
        return tokenise(text, how)

    def numbers(self, vocabulary: Vocabulary, tokens: Sequence[str]) -> list[int]:
        """The vocabulary indices of the tokens of a typed text."""
        return vocabulary.encode(tokens)

    def aim(
        self,
        target: str | Sequence[str] | None,
        labels: Sequence[str],
        readouts: np.ndarray,
        indices: np.ndarray,
        scheme: str | None = None,
    ) -> np.ndarray:
        """The target class at each step of a text, (T,); −1 if there is none.

        Args:
            target: the target as typed by a user; None: the network's own answer, unless the text determines the target.
            labels: the names of the classes.
            readouts: (T, k) the probability of each class at each step.
            indices: (T,) the input tokens, `<sos>` and `<eos>` included.
            scheme: the tag scheme of entity labels, to whose rules the network's own answers keep.

        Raises:
            Problem: if the target does not fit the text, or a label is not one of `labels`.
        """
        raise NotImplementedError

    def beginning(self, target: str | Sequence[str] | None, tokens: int, most: int) -> str | Sequence[str] | None:
        """The target of the first `most` tokens of a text of `tokens` tokens."""
        return target


def _tell(tick: Tick, before: int, some: int, texts: int, share: float) -> None:
    tick((before + share * some) / texts)
