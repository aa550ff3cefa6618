"""Classification: one label per text, read out after its last step. Loads no torch."""

from collections.abc import Iterator, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from rnn_core.config import DataConfig, ModelConfig, Problem, RunConfig
from rnn_core.data.batches import Encoded
from rnn_core.data.schema import CLASSES
from rnn_core.data.scoring import LabelScorer
from rnn_core.language import N_, tr
from rnn_core.network.weighting import about_labels, step_weights
from rnn_core.results import Scores, Trace
from rnn_core.tasks import Speech, Task, Tick, by_label, number_of

_READS_FORWARDS = N_("A classifier reads in one direction, because an answer at a step may depend only on the steps before it.")


class Classify(Task):
    """One label per text."""

    title = N_("Classification: one label per text")
    short = N_("classification")
    unit = N_("texts")
    schema = CLASSES
    columns = MappingProxyType({"text": N_("Text column"), "label": N_("Label column")})
    samples = MappingProxyType({"reviews.csv": title})
    evaluation = N_("How often is the network right, which classes does it confuse, and on which texts?")
    more_texts = "a mess .\nfunny , moving and never dull\nthe plot is thin , but the acting is a joy"
    losses = ("last", "every")
    shortens = True
    baselines = ("majority", "bag_of_words")
    views = MappingProxyType({
        "unrolled": ("unrolled", "unrolled-back", "unrolled-over"),
        "inspect": ("answers-so-far", "cut", "beliefs", "losses", "states", "logit", "softmax", "text-loss", "weights",
                    "squash", "circuit", "probabilities", "state", "embedding"),
        "bptt": ("target-label", "total", "pairs", "walk", "copy_shares", "running", "modes", "truncation", "reach", "saturation",
                 "sgd", "directions", "beside"),
        "evaluate": ("confusion", "shares", "per_class", "classes", "by-distance", "mistakes", "behind"),
        "matrix": ("texts", "pads", "last-column", "ledger", "recipe", "unit", "alone", "answer-alone"),
        "losses": ("right-so-far", "loss-reach", "decided"),
    })  # fmt: skip

    def texts(self, entities: bool = False, tokens: str = "word") -> tuple[str, ...]:
        # the ready-made runs are right but not confident at every step: gradients of a confident answer are near 0
        return (
            "a slow start , but a great end .",
            "the jokes are tired and the plot is a mess , yet i loved every minute of it .",
        )

    def metric(self, scheme: str | None) -> str:
        return "accuracy"

    def options(self, config: type) -> tuple[str, ...]:
        left_out = {ModelConfig: ("bidirectional",), DataConfig: ("sentence",)}.get(config, ())
        return tuple(name for name in super().options(config) if name not in left_out)

    def check(self, config: DataConfig | RunConfig) -> None:
        super().check(config)
        if isinstance(config, RunConfig) and config.model.bidirectional:
            raise Problem(tr(_READS_FORWARDS), "--no-bidirectional")

    def weights(self, config: RunConfig, lengths: np.ndarray, steps: int, loss: str | None = None) -> np.ndarray:
        return step_weights(
            lengths, steps, per_token=False, loss=loss or self.loss_of(config), reduce=config.train.reduce
        )

    def about_training(self, config: RunConfig, train: Encoded, labels: Sequence[str]) -> dict[str, Any]:
        return about_labels(
            train.lengths, train.targets, len(labels),
            per_token=False, loss=self.loss_of(config), reduce=config.train.reduce,
        )  # fmt: skip

    def answered(self, steps: int) -> np.ndarray:
        return np.array([steps - 1])

    def decode(
        self, network: Any, config: RunConfig, encoded: Encoded, speech: Speech, tick: Tick = lambda share: None
    ) -> Iterator[tuple[Any, ...]]:
        from rnn_core.network.prediction import probabilities

        rows = probabilities(network, encoded, tick, self.inputs)
        for answer, row in zip(rows.argmax(1).tolist(), rows.astype(float).round(6).tolist(), strict=True):
            yield speech.labels[answer], max(row), *row

    def answer_columns(self, labels: Sequence[str]) -> dict[str, Any]:
        return super().answer_columns(labels) | {f"p({label})": float for label in labels}

    def stopped(self, network: Any, tape: Any) -> Any:
        from rnn_core.network.prediction import ended

        return ended(network, tape)

    def scorer(self, labels: Sequence[str], scheme: str | None) -> LabelScorer:
        return LabelScorer(labels, scheme, per_token=False)

    def figures_of(self, scores: Scores, split: str, majority: str | None = None) -> dict[str, Any]:
        return scores.figures(split, majority)

    def details_of(self, scores: Scores) -> dict[str, Any]:
        return scores.details()

    def shown_first(self, seen: Trace) -> int:
        """The decision step; the last step if the answer never changes from the first step on."""
        return seen.decision_step or len(seen.tokens) - 1

    def told(self, seen: Trace) -> dict[str, Any]:
        curves = {name: by_label(seen, p) for name, p in seen.curves.items()}
        decided = seen.decision_step
        return curves | {"answer": seen.labels[seen.answer], "decision_step": None if decided is None else decided + 1}

    def aim(
        self, target: str | Sequence[str] | None, labels: Sequence[str], readouts: np.ndarray, indices: np.ndarray,
        scheme: str | None = None,
    ) -> np.ndarray:
        if target is not None and not isinstance(target, str):
            raise Problem(tr("A text has one label. Give only that."))
        return np.full(len(readouts), readouts[-1].argmax() if target is None else number_of(labels, target))


TASK = Classify()
