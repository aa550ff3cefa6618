"""Sequence tagging: one tag per token, read out at its own step. Loads no torch."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from rnn_core.config import DataConfig, Problem, RunConfig
from rnn_core.data.batches import Encoded
from rnn_core.data.schema import TAGS
from rnn_core.data.scoring import LabelScorer
from rnn_core.data.tag_rules import TagRules
from rnn_core.data.written import FORMATS
from rnn_core.language import N_, tr
from rnn_core.network.weighting import about_labels, step_weights
from rnn_core.results import DataReport, Scores, Trace
from rnn_core.tasks import Speech, Suggestion, Task, Tick, by_label, number_of

FORM = 32
"""The suggested width of the embeddings of each feature of the form of words."""


class Tag(Task):
    """One tag per token."""

    title = N_("Sequence tagging: one tag per token")
    short = N_("sequence tagging")
    unit = N_("tokens")
    label_of = "token"
    formats = tuple(FORMATS)
    schema = TAGS
    columns = MappingProxyType(
        {"text": N_("Token column"), "label": N_("Tag column"), "sentence": N_("Sentence column (if any)")}
    )
    samples = MappingProxyType(
        {"tagged.tsv": title, "entities.tsv": N_("Sequence tagging: names of people, places and organisations")}
    )
    evaluation = N_("How often is the network right, which tags does it confuse, and on which tokens?")
    more_texts = "Stop !\nThe ship sails at noon .\nHer old friends from Paris can fish"
    reading = MappingProxyType({"lowercase": True, "vocabulary": 50_000})  # their form (`ModelConfig.form`) keeps capitals
    losses = ("every",)
    baselines = ("majority", "frequent_tag")
    views = MappingProxyType({
        "unrolled": ("unrolled", "unrolled-back", "unrolled-over"),
        "inspect": ("own-answers", "cut", "tags", "beliefs", "losses", "states", "logit", "softmax", "text-loss", "weights",
                    "squash", "circuit", "probabilities", "state", "embedding"),
        "bptt": ("target-tags", "total", "pairs", "walk", "copy_shares", "running", "truncation", "reach", "saturation", "sgd",
                 "directions", "beside"),
        "evaluate": ("confusion", "shares", "per_class", "spans", "classes", "mistakes", "behind"),
        "matrix": ("texts", "pads", "ledger", "recipe", "unit", "alone", "tags-alone"),
        "losses": (),
    })  # fmt: skip

    def sample(self, entities: bool = False) -> str:
        return "entities.tsv" if entities else "tagged.tsv"

    def texts(self, entities: bool = False, tokens: str = "word") -> tuple[str, ...]:
        # the ready-made runs are right but not confident at every step: gradients of a confident answer are near 0
        if entities:
            return (
                "Ram went to Delhi yesterday , and Zarina wrote a letter to the University of Oslo .",
                "Angela Merkel flew to Jaipur , but Paris Hilton stayed in Paris .",
            )
        return (
            "My sister can open the can while the old man the boats .",
            "Nobody in Lisbon expected the train to leave early .",
        )

    def metric(self, scheme: str | None) -> str:
        return "f1" if scheme else "macro_f1"

    def options(self, config: type) -> tuple[str, ...]:
        return tuple(name for name in super().options(config) if config is not DataConfig or name != "tokens")

    def suggest(self, report: DataReport, stated: Mapping[str, Any]) -> dict[str, Suggestion]:
        found = {"learning_rate": Suggestion(0.002, tr("the default for sequence tagging"))}
        if not stated.get("truncate"):  # truncation reads in one direction
            found["bidirectional"] = Suggestion(True, tr("a tag may depend on the words after it"))
        if "casing" in report.sides:  # data that an earlier version read have no form
            found["form"] = Suggestion(FORM, tr("the casing and the ending of a word are known even if the word is not"))
        return found

    def check(self, config: DataConfig | RunConfig) -> None:
        super().check(config)
        if isinstance(config, DataConfig) and config.tokens != "word":
            raise Problem(
                tr("The tokens of labelled data are given and not cut again: set tokens to word."),
                "--tokens word",
            )

    def weights(self, config: RunConfig, lengths: np.ndarray, steps: int, loss: str | None = None) -> np.ndarray:
        return step_weights(lengths, steps, per_token=True, loss="every", reduce=config.train.reduce)

    def about_training(self, config: RunConfig, train: Encoded, labels: Sequence[str]) -> dict[str, Any]:
        return about_labels(
            train.lengths, train.targets, len(labels), per_token=True, loss="every", reduce=config.train.reduce
        )

    def rules(self, labels: Sequence[str], scheme: str | None) -> TagRules | None:
        return TagRules.of(labels, scheme) if scheme else None

    def answered(self, steps: int) -> np.ndarray:
        return np.arange(1, steps - 1)

    def decode(
        self, network: Any, config: RunConfig, encoded: Encoded, speech: Speech, tick: Tick = lambda share: None
    ) -> Iterator[tuple[Any, ...]]:
        found = self.predict(network, config, encoded, tick, self.rules(speech.labels, speech.scheme))
        named, sure = np.array(speech.labels, object)[found.answers], found.confidences.astype(float).round(6)
        for start, end in zip(encoded.starts, encoded.starts[1:], strict=False):
            yield named[start + 1 : end - 1].tolist(), sure[start + 1 : end - 1].tolist()

    def answer_columns(self, labels: Sequence[str]) -> dict[str, Any]:
        return {"answer": list[str], "probability": list[float]}

    def scorer(self, labels: Sequence[str], scheme: str | None) -> LabelScorer:
        return LabelScorer(labels, scheme, per_token=True)

    def figures_of(self, scores: Scores, split: str, majority: str | None = None) -> dict[str, Any]:
        return scores.figures(split, majority)

    def details_of(self, scores: Scores) -> dict[str, Any]:
        return scores.details()

    def told(self, seen: Trace) -> dict[str, Any]:
        own = self.aim(None, seen.labels, seen.readouts, seen.indices, seen.scheme)
        return {"readouts": by_label(seen, seen.readouts), "tags": [seen.labels[i] for i in own[1:-1]]}

    def aim(
        self, target: str | Sequence[str] | None, labels: Sequence[str], readouts: np.ndarray, indices: np.ndarray,
        scheme: str | None = None,
    ) -> np.ndarray:
        wanted, steps = target.split() if isinstance(target, str) else target, len(readouts)
        if wanted is not None and len(wanted) != steps - 2:
            raise Problem(tr(
                "There are {tags:,} tags for {tokens:,} tokens. Give one tag per token.",
                tags=len(wanted), tokens=steps - 2,
            ))
        if wanted is None:
            tags, rules = readouts[1:-1].argmax(1), self.rules(labels, scheme)
            if rules:
                with np.errstate(divide="ignore"):
                    tags = rules.best(np.log(readouts[1:-1].astype(np.float64)))
        else:
            tags = np.array([number_of(labels, tag) for tag in wanted])
        return np.array([-1, *tags, -1])

    def beginning(self, target: str | Sequence[str] | None, tokens: int, most: int) -> str | Sequence[str] | None:
        wanted = target.split() if isinstance(target, str) else target
        return wanted[:most] if wanted is not None and len(wanted) == tokens else target


TASK = Tag()
