"""Translation: an encoder reads a text, a decoder writes another. Loads no torch.

Each target token is predicted from the source and the target tokens before it (teacher forcing); the loss is the mean over the
target tokens of a batch, `<eos>` included.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from sys import intern
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from rnn_core.config import (
    USUAL,
    DataConfig,
    EvaluateConfig,
    ModelConfig,
    Problem,
    RunConfig,
    TrainConfig,
    TranslateConfig,
)
from rnn_core.data.batches import Encoded, in_order, plan
from rnn_core.data.detokenise import detokenise, style
from rnn_core.data.examples import Example, Text
from rnn_core.data.judging import Translated, detail
from rnn_core.data.probing import MOST
from rnn_core.data.schema import PAIRS, TEXT
from rnn_core.data.sides import Tokens
from rnn_core.data.streams import END
from rnn_core.data.tag_rules import TagRules
from rnn_core.data.vocabulary import COPYING, PAD, UNK, UNWRITTEN, Vocabulary, copied
from rnn_core.language import N_, tr
from rnn_core.metrics.nats import token_figures
from rnn_core.results import Answers, DataReport, TokenScores, Trace, TranslationScores
from rnn_core.tasks import Fed, Floor, Speech, Suggestion, Task, Tick
from rnn_core.tasks._options import check_form

if TYPE_CHECKING:  # it loads torch
    from rnn_core.network.search import Hypothesis

TARGET = "target"

class _Side(NamedTuple):
    """The words of one side, as a dataset has those of a text."""

    vocabulary: Vocabulary
    labels: tuple[str, ...] = ()
    scheme: str | None = None
    vocabularies: Mapping[str, Vocabulary] = MappingProxyType({})


class Foreseen(NamedTuple):
    """Sums over target tokens with teacher forcing: their number, −log p and the right ones."""

    tokens: int
    nats: float
    right: int


class ForcedScorer:
    """Adds up `Foreseen`."""

    def __init__(self) -> None:
        self._all: list[Foreseen] = []

    def add(self, encoded: Encoded, predictions: Foreseen, unseen: Mapping[int, str] = MappingProxyType({})) -> None:
        """Adds the result of `Translate.predict`."""
        self._all.append(predictions)

    def scores(self) -> TokenScores:
        """The scores of all texts added."""
        tokens, nats, right = map(sum, zip(*self._all, strict=True))
        return TokenScores(tokens, nats / tokens, right / tokens)


class Translate(Task):
    """A text into another."""

    title = N_("Translation: a text into another")
    short = N_("translation")
    unit = N_("tokens")
    label_of = "next"
    higher_is_better = False
    ties = True
    translates = True
    baselines = ("target_ngram",)
    schema = PAIRS
    columns = MappingProxyType({"text": N_("Source column"), "target": N_("Target column")})
    samples = MappingProxyType({"dates.csv": title})
    evaluation = N_("How close are its translations to the references?")
    more_texts = "3 May 2020\nthe third of May 2020\nMay 3rd, 2020"
    losses = ("every",)
    fed = MappingProxyType({"source": Fed(TEXT, "source_lengths"), "tokens": Fed(TARGET, "lengths")})
    views = MappingProxyType({
        "unrolled": ("unrolled-pair", "unrolled-pair-back"),
        "translate": ("alignment", "instead", "both-states", "beam"), "inspect": (), "losses": (),
        "matrix": ("both-texts", "both-ledger"),
        "bptt": ("target-text", "translation-total", "translation-pairs", "translation-walk", "translation-ways",
                 "translation-shares", "translation-parameters"),
        "evaluate": ("by-length", "coverage", "copied", "loops", "vector", "judged"),
    })  # fmt: skip

    def texts(self, entities: bool = False, tokens: str = "word") -> tuple[str, ...]:
        if tokens != "char":
            return ("I don't know where my sister works.", "She reads a book every evening.", "Can you open the window, please?",
                    "My brother is taller than me.")  # fmt: skip
        return ("Sunday, 3 May 2020", "the twenty-first of June 1987", "Oct 5th, 2031")

    def metric(self, scheme: str | None) -> str:
        return "perplexity"

    def options(self, config: type) -> tuple[str, ...]:
        left_out = {TrainConfig: ("loss", "reduce", "truncate"), DataConfig: ("sentence",)}.get(config, ())
        return tuple(name for name in super().options(config) if name not in left_out)

    def suggest(self, report: DataReport, stated: Mapping[str, Any]) -> dict[str, Suggestion]:
        tokens = report.splits["train"].tokens
        large, why = tokens > 200_000, tr("{tokens:,} source tokens", tokens=tokens)
        width = stated.get("hidden", 256 if large else 128)  # of a tied embedding, too
        return {
            "bidirectional": Suggestion(True, tr("the encoder may read the whole source before the decoder writes")),
            "hidden": Suggestion(256 if large else 128, why),
            "embedding": Suggestion(width if stated.get("tied") else 128 if large else 64, why),
            "dropout": Suggestion(0.2 if large else 0.1, why),
            "batch": Suggestion(64 if large else 32, why),
            "learning_rate": Suggestion(0.002 if large else 0.005, why),
            "epochs": Suggestion(10 if large else 20, why),
        }

    def check(self, config: DataConfig | RunConfig) -> None:
        if isinstance(config, RunConfig):
            model = config.model
            check_form(self, config)
            if config.train.truncate:
                raise Problem(tr("The encoder's gradient comes from the decoder's first step: leave the truncation out."),
                              "--truncate 0")  # fmt: skip
            if model.bidirectional and model.hidden % 2:
                raise Problem(tr("Each direction of the encoder has half of the hidden units: choose an even number of them."),
                              f"--hidden {model.hidden + 1}")  # fmt: skip
            if model.input_feeding and model.attention == "none":
                raise Problem(tr("Input feeding feeds the attentional state: it needs attention."), "--attention dot")
            if model.tied and model.embedding != model.hidden:
                raise Problem(
                    tr(
                        "A tied embedding is as wide as the state that the output reads: the embedding width is "
                        "{embedding}, the state has {width} units. Set both to the same number.",
                        embedding=model.embedding, width=model.hidden,
                    ),
                    f"--embedding {model.hidden}",
                )
            self.check(config.data)
            return
        super().check(config)

    # ---- data and network -------------------------------------------------------------------------------------------

    def network(self, config: RunConfig, speech: Speech) -> Any:
        from rnn_core.network.translator import Translator

        model, train = config.model, config.train
        return Translator(
            model, len(speech.vocabulary), len(speech.vocabularies[TARGET]), model.attention, model.input_feeding,
            train.label_smoothing, train.scheduled_sampling,
        )  # fmt: skip

    def parameters(self, model: ModelConfig, sizes: Mapping[str, int], classes: int) -> int:
        from rnn_core.network.translator import count_parameters

        return count_parameters(model, sizes[TEXT], sizes[TARGET])

    def outcomes(self, vocabulary: Vocabulary, labels: Sequence[str]) -> tuple[str, ...]:
        return ()

    def plan(self, config: RunConfig, source: Encoded, epoch: int) -> Sequence[Any]:
        """Pairs of similar target length, in an order decided by the seed."""
        return plan(_targets(source).lengths, config.train.batch, np.random.default_rng([config.train.seed, epoch]))

    def batch(self, config: RunConfig, source: Encoded, which: Any) -> dict[str, np.ndarray]:
        """A batch of the plan: `source` (S, B) with `source_lengths`, and the target from `<sos>` on, `tokens` (T, B) with
        `lengths`. The label of each step is the next token, `<eos>` after the last."""
        read, written = source.sides[TEXT].batch(which), _targets(source).batch(which)
        lengths = written.lengths - 1
        true = np.arange(len(written.indices) - 1)[:, None] < lengths
        at = np.flatnonzero(true)
        return {
            "source": read.indices, "source_lengths": read.lengths, "lengths": lengths,
            "tokens": np.where(true, written.indices[:-1], PAD),
            "at": at, "labels": written.indices[1:].ravel()[at], "weights": np.ones(len(at)), "total": np.array(float(len(at))),
        }  # fmt: skip

    def weights(self, config: RunConfig, lengths: np.ndarray, steps: int, loss: str | None = None) -> np.ndarray:
        counts: np.ndarray = (np.arange(steps)[:, None] < lengths - 1).astype(np.float64)
        return counts

    # ---- scores -----------------------------------------------------------------------------------------------------

    def answered(self, steps: int) -> np.ndarray:
        return np.arange(max(0, steps - 1))

    def predict(
        self, network: Any, config: RunConfig, encoded: Encoded, tick: Tick = lambda share: None, rules: TagRules | None = None
    ) -> Foreseen:
        """Sums over the target tokens, with teacher forcing and without dropout or label smoothing."""
        from rnn_core.network.prediction import foresee

        tokens, nats, right = 0, 0.0, 0
        batches = list(in_order(_targets(encoded).lengths)) if len(encoded) else []
        for done, rows in enumerate(batches):
            tick(done / len(batches))
            batch = self.batch(config, encoded, rows)
            each, best = foresee(network, batch)
            tokens, nats, right = tokens + len(each), nats + float(each.sum(dtype=np.float64)), right + int(best.sum())
        return Foreseen(tokens, nats, right)

    def scorer(self, labels: Sequence[str], scheme: str | None) -> ForcedScorer:
        return ForcedScorer()

    def translate(
        self,
        network: Any,
        config: RunConfig,
        sources: Sequence[Sequence[str]],
        speech: Speech,
        how: TranslateConfig,
        tick: Tick = lambda share: None,
    ) -> list[tuple[str, float]]:
        found = self._search(network, config, self.encode(sources, None, speech), how, tick)
        joined = self._style(config, speech)
        return [(detokenise(self._tokens(speech, one, source), joined), float(np.exp(one.log_p)))
                for one, source in zip(found, sources, strict=True)]  # fmt: skip

    def _search(
        self,
        network: Any,
        config: RunConfig,
        encoded: Encoded,
        how: TranslateConfig,
        tick: Tick = lambda share: None,
    ) -> "list[Hypothesis]":
        """The best hypothesis for each source; the attention that it gave, for the steps of its own source alone."""
        from rnn_core.network.device import place_of
        from rnn_core.network.prediction import evaluating, tensors_by_name
        from rnn_core.network.search import beam

        found: dict[int, Hypothesis] = {}
        unwritten = COPYING if how.copies(config.model) else UNWRITTEN
        batches = list(in_order(encoded.lengths, 8192 // how.beam)) if len(encoded) else []
        with evaluating(network):
            for done, rows in enumerate(batches):
                tick(done / len(batches))
                read = encoded.sides[TEXT].batch(rows)
                given = tensors_by_name({"source": read.indices, "source_lengths": read.lengths}, place_of(network))
                searched = beam(network, given, how.beam, how.longest, how.normalisation, unwritten=unwritten)
                for row, length, (best, *_) in zip(rows.tolist(), read.lengths.tolist(), searched, strict=True):
                    received = best.received
                    found[row] = best._replace(received=None if received is None else received[:length].copy())
        return [found[row] for row in range(len(encoded))]

    def _starts(self, network: Any, encoded: Encoded) -> np.ndarray:
        """The state from which the decoder starts for each source, all layers and parts side by side, (m, D)."""
        from rnn_core.network.device import array, place_of
        from rnn_core.network.prediction import evaluating, tensors_by_name

        found: dict[int, np.ndarray] = {}
        with evaluating(network):
            for rows in in_order(encoded.lengths):
                read = encoded.sides[TEXT].batch(rows)
                given = tensors_by_name({"source": read.indices, "source_lengths": read.lengths}, place_of(network))
                parts = [array(part).swapaxes(0, 1).reshape(len(rows), -1) for part in network.start(given).parts]
                found |= zip(rows.tolist(), np.concatenate(parts, 1), strict=True)
        return np.array([found[row] for row in range(len(encoded))])

    def _tokens(self, speech: Speech, best: "Hypothesis", source: Sequence[str]) -> tuple[str, ...]:
        return copied(speech.vocabularies[TARGET].words, best.tokens, best.sources, source)

    def _style(self, config: RunConfig, speech: Speech) -> str:
        return style(config.data.tokens, speech.vocabularies[TARGET].words)

    def decode(
        self, network: Any, config: RunConfig, encoded: Encoded, speech: Speech, tick: Tick = lambda share: None
    ) -> Iterator[tuple[Any, ...]]:
        joined = self._style(config, speech)
        for one in self._search(network, config, encoded, TranslateConfig(), tick):
            yield detokenise(self._tokens(speech, one, ()), joined), round(float(np.exp(one.log_p)), 6)

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
    ) -> TranslationScores:
        """Each different source is translated once; all its targets are references."""
        from rnn_core import metrics

        scorer, found, references, done = ForcedScorer(), dict[str, Translated](), dict[str, dict[str, Text]](), 0
        vectors, joined = list[np.ndarray](), self._style(config, speech)
        for some in pieces:
            scorer.add(whole := self.encode_examples(some, speech), self.predict(network, config, whole))
            for e in some:
                text, tokens = e.further[TARGET]
                references.setdefault(e.text, {}).setdefault(text.strip(), Text(text.strip(), tuple(map(intern, tokens))))
            new = list({e.text: e for e in some if e.text not in found}.values())
            encoded = self.encode([e.tokens for e in new], None, speech)
            if new and (left := MOST - len(found)) > 0:
                vectors.append(self._starts(network, encoded.part(np.arange(min(left, len(new))))))
            for e, best in zip(new, self._search(network, config, encoded, how), strict=True):
                tokens = self._tokens(speech, best, e.tokens)
                found[e.text] = Translated(e.text, tuple(map(intern, e.tokens)), detokenise(tokens, joined), tokens, best.ended,
                                           best.tokens.count(UNK), (), best.received)  # fmt: skip
            keep(Answers([list(e.tokens) for e in some], [e.further[TARGET].text for e in some],
                         [found[e.text].hypothesis for e in some], [1.0] * len(some)))  # fmt: skip
            done += len(some)
            tick(done / texts)
        every = [one._replace(references=tuple(references[text].values())) for text, one in found.items()]
        told = detail(every, speech.vocabulary, speech.vocabularies[TARGET], config.data.tokens, config.data.between, how.longest,
                      how.copies(config.model), np.concatenate(vectors))  # fmt: skip
        return metrics.translation(scorer.scores(), [one.hypothesis for one in every], [one.right for one in every], told)

    def learned(self, data: Speech, pieces: Iterable[Sequence[Example]]) -> tuple[Speech, Iterable[Sequence[Example]]]:
        """The targets alone, each a document of a stream."""
        targets = ([replace(e, text=e.further[TARGET].text, tokens=e.further[TARGET].tokens, target=END) for e in some]
                   for some in pieces)  # fmt: skip
        return _Side(data.vocabularies[TARGET]), targets

    def floor(self, model: Floor, speech: Speech, pieces: Iterable[Sequence[Example]], split: str) -> dict[str, Any]:
        """The loss on the same tokens as with teacher forcing: those of the targets, and `<eos>` after each."""
        return token_figures(model.answers([e for some in pieces for e in some]), split)

    def figures_of(self, scores: Any, split: str, majority: str | None = None) -> dict[str, Any]:
        return scores.figures(split)

    def details_of(self, scores: TranslationScores) -> dict[str, Any]:
        told, found = scores.detail, dict[str, Any]()
        if told is not None:
            coverage = told.coverage and {name: getattr(told.coverage, name) for name in ("tokens", "steps", "below", "above")}
            found = {
                "by_length": [asdict(group) for group in told.lengths],
                "unknown": {name: value for name, value in asdict(told.unknown).items() if name != "examples"},
                "loops": {name: value for name, value in asdict(told.loops).items() if name != "examples"},
                "coverage": coverage,
                "vector": told.vector and asdict(told.vector) | {"explained": told.vector.explained},
            }
        return {"signatures": list(scores.signatures), **found}

    # ---- one text ---------------------------------------------------------------------------------------------------

    def told(self, seen: Trace) -> dict[str, Any]:
        raise Problem(tr("A run of translation is not inspected as one text: use translate."))


def _targets(encoded: Encoded) -> Tokens:
    """The side that is written."""
    side = encoded.sides[TARGET]
    assert isinstance(side, Tokens)
    return side


TASK = Translate()
