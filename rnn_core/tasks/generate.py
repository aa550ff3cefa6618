"""Generation: a language model that predicts the next token, and generates text. Loads no torch.

The input of a step is a token, its target the next token. The text is one stream, cut into parts that are processed side by
side, in consecutive chunks of K steps; the state is carried from one chunk to the next (truncated backpropagation through
time, Mikolov et al. 2010).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from rnn_core.config import USUAL, DataConfig, EvaluateConfig, ModelConfig, Problem, RunConfig, TrainConfig, WriteConfig
from rnn_core.data.batches import Encoded
from rnn_core.data.breakdown import Read, breakdown, places, with_texts
from rnn_core.data.examples import Example
from rnn_core.data.schema import STREAM
from rnn_core.data.streams import (
    CARRIED,
    MARK,
    Streams,
    joined,
    numbers_of,
    spans_of,
    stream_from,
    stream_of,
    tokens_of,
)
from rnn_core.data.tag_rules import TagRules
from rnn_core.data.vocabulary import EOS, SOS, UNWRITTEN, Vocabulary
from rnn_core.language import N_, tr
from rnn_core.metrics.nats import token_figures
from rnn_core.results import Answers, DataReport, TokenScores, Trace, Written
from rnn_core.tasks import Floor, Speech, Suggestion, Task, Tick

if TYPE_CHECKING:
    from rnn_core.network.prediction import Foreseen

Chunk = tuple[int, int]
"""A group of parts that are processed side by side, and the first step of a chunk."""

EXCERPT = 240
"""Characters of the text that a network writes after each epoch of its training."""

TOLD = 5
"""The number of most probable next tokens that are listed."""

_ANEW = 0.3
"""The share of an evaluation's progress for places that are read anew."""


class StreamScorer:
    """Sums the scores of next-token predictions over streams."""

    def __init__(self) -> None:
        self._tokens, self._nats, self._right, self._near = 0, 0.0, 0, 0

    def add(self, encoded: Encoded, predictions: TokenScores, unseen: Mapping[int, str] = MappingProxyType({})) -> None:
        """Adds a stream: the result of `Generate.predict`."""
        self._tokens += predictions.tokens
        self._nats += predictions.loss * predictions.tokens
        self._right += round(predictions.accuracy * predictions.tokens)
        self._near += round((predictions.near or 0) * predictions.tokens)

    def scores(self) -> TokenScores:
        """The scores of all streams added."""
        return TokenScores(self._tokens, self._nats / self._tokens, self._right / self._tokens, self._near / self._tokens)


class Generate(Task):
    """The next token of a text."""

    title = N_("Generation: the next token of a text")
    short = N_("generation")
    unit = N_("tokens")
    label_of = "next"
    formats = ()
    ties = True
    carries = True
    higher_is_better = False
    schema = STREAM
    columns = MappingProxyType({"text": N_("Text column")})
    samples = MappingProxyType({"verses.txt": title, "notebook.txt": N_("Generation: recipes, diary entries and short programs")})
    evaluation = N_("How probable was each next token to the network, and how often was the most probable one right?")
    more_texts = "The lamp\nis lit\nand the harbour sleeps"
    losses = ("every",)
    baselines = ("frequency", "ngram")
    views = MappingProxyType({
        "unrolled": ("unrolled-writing", "unrolled-back", "unrolled-over"),
        "generate": ("written", "choice", "surprise", "hunt", "next-losses", "states", "pairs"),
        "inspect": ("foreseen", "next-losses", "states", "logit", "softmax", "text-loss", "weights", "squash", "circuit",
                    "next", "state", "embedding"),
        "bptt": ("target-next", "total", "pairs", "walk", "copy_shares", "running", "truncation", "reach", "saturation", "sgd",
                 "beside"),
        "evaluate": ("positions", "frequency", "context", "calibration", "worst", "dynamic"),
        "matrix": ("texts", "stream", "ledger", "recipe", "unit"),
        "losses": (),
    })  # fmt: skip

    def texts(self, entities: bool = False, tokens: str = "word") -> tuple[str, ...]:
        return (
            'Sunday, 3 May 2020\n"Is the garden gate open?" asked',
            "Apple cake (serves 4)\n- 200 g butter (",
            "def count_words(words",
            "The miller counts the falling leaves",
        )

    def metric(self, scheme: str | None) -> str:
        return "perplexity"

    def options(self, config: type) -> tuple[str, ...]:
        left_out = {
            ModelConfig: ("bidirectional",), DataConfig: ("sentence", "split", "max_tokens", "split_seed"),
            TrainConfig: ("loss", "reduce"),
        }.get(config, ())  # fmt: skip
        return tuple(name for name in super().options(config) if name not in left_out)

    def suggest(self, report: DataReport, stated: Mapping[str, Any]) -> dict[str, Suggestion]:
        tokens = report.splits["train"].tokens
        large = tokens > 100_000
        why = tr("a stream of {tokens:,} tokens", tokens=tokens)
        hidden = Suggestion(256 if large else 128, why)
        embedding = Suggestion(64 if large else 32, why)
        if stated.get("tied"):  # both have the same width
            if "embedding" in stated:
                hidden = Suggestion(stated["embedding"], tr("as wide as the tied embedding"))
            embedding = Suggestion(stated.get("hidden", hidden.value), tr("a tied embedding is as wide as the state"))
        return {
            "truncate": Suggestion(64, tr("a stream is long, so backpropagation is truncated to chunks")),
            "batch": Suggestion(32 if large else max(1, min(8, tokens // 200)), why),
            "hidden": hidden,
            "embedding": embedding,
            "dropout": Suggestion(0.2, why),
            "learning_rate": Suggestion(0.003, why),
            "epochs": Suggestion(10_000 if stated.get("minutes") or stated.get("updates") else 20 if large else 80, why),
            "patience": Suggestion(0 if stated.get("minutes") or stated.get("updates") else 8, why),
        }

    def check(self, config: DataConfig | RunConfig) -> None:
        super().check(config)
        if isinstance(config, RunConfig):
            if config.model.bidirectional:
                raise Problem(tr("A network that generates text reads in one direction: it must not depend on later tokens."),
                              "--no-bidirectional")  # fmt: skip
            if not config.train.truncate:
                raise Problem(tr("A stream is too long for full backpropagation: truncate it to chunks, such as of 64 steps."),
                              "--truncate 64")  # fmt: skip

    # ---- data and network -------------------------------------------------------------------------------------------

    def outputs(self, words: int, classes: int) -> int:
        return words

    def outcomes(self, vocabulary: Vocabulary, labels: Sequence[str]) -> tuple[str, ...]:
        return vocabulary.words

    def prepare(self, config: RunConfig, train: Encoded) -> Streams:
        return Streams(stream_of(train), config.train.batch, CARRIED * config.train.truncate)

    def plan(self, config: RunConfig, source: Streams, epoch: int) -> Sequence[Chunk]:
        """The groups of parts in an order decided by the seed, each with all its chunks in order."""
        rng, size = np.random.default_rng([config.train.seed, epoch]), config.train.truncate
        order = rng.permutation(source.groups).tolist()
        return [(group, first) for group in order for first in range(0, source.steps(group), size)]

    def carried(self, config: RunConfig, which: Chunk) -> int:
        return which[1] // config.train.truncate

    def batch(self, config: RunConfig, source: Streams, which: Chunk) -> dict[str, np.ndarray]:
        group, first = which
        tokens, targets, lengths = source.chunk(first, config.train.truncate, group)
        at = np.flatnonzero(np.arange(len(tokens))[:, None] < lengths)
        return {"tokens": tokens, "lengths": lengths, "at": at, "labels": targets.ravel()[at], "weights": np.ones(len(at)),
                "total": np.array(float(len(at)))}  # fmt: skip

    def weights(self, config: RunConfig, lengths: np.ndarray, steps: int, loss: str | None = None) -> np.ndarray:
        """For the input `<sos>` w_1 … w_m `<eos>`: the m steps whose next token is one of the text, their mean or their sum."""
        counts = (np.arange(steps)[:, None] < lengths - 2).astype(np.float64)
        return counts if config.train.reduce == "sum" else counts / counts.sum(0).clip(1)

    # ---- scores -----------------------------------------------------------------------------------------------------

    def answered(self, steps: int) -> np.ndarray:
        return np.arange(max(0, steps - 2))

    def predict(
        self, network: Any, config: RunConfig, encoded: Encoded, tick: Tick = lambda share: None, rules: TagRules | None = None
    ) -> TokenScores:
        """The scores of next-token predictions on the stream of the rows, in one pass with carried state."""
        from rnn_core.network.prediction import follow

        return _scores(follow(network, _long_enough(stream_of(encoded)), tick))

    def decode(
        self, network: Any, config: RunConfig, encoded: Encoded, speech: Speech, tick: Tick = lambda share: None
    ) -> Iterator[tuple[Any, ...]]:
        raise Problem(tr("A run of generation predicts no labels. Use `generate`, or `evaluate` on a text."))

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
    ) -> TokenScores:
        """All rows are one stream: the state is carried over between them. Only numbers and the worst passages are kept.

        Dynamic evaluation updates the weights after each chunk of K steps, and restores them at the end.
        """
        from rnn_core.network.dynamic import adapting
        from rnn_core.network.prediction import follow

        vocabulary, cut = speech.vocabulary, config.data.tokens
        stream = _long_enough(stream_from(pieces, vocabulary))
        if how.dynamic is None:
            read = _anew(network, stream, lambda share: tick(share * _ANEW))
            found = follow(network, stream, lambda share: tick(_ANEW + share * (1 - _ANEW)))
        else:
            read = None
            with adapting(network, how.dynamic) as learn:
                found = follow(network, stream, tick, learn, config.train.truncate)
        detail = breakdown(stream, found.nats, found.best, found.right, vocabulary, cut, read)
        return replace(_scores(found), breakdown=with_texts(detail, pieces))

    def floor(self, model: Floor, speech: Speech, pieces: Iterable[Sequence[Example]], split: str) -> dict[str, Any]:
        """The loss on all rows as one stream, as `evaluate`."""
        return token_figures(model.answers([e for some in pieces for e in some]), split)

    def scorer(self, labels: Sequence[str], scheme: str | None) -> StreamScorer:
        return StreamScorer()

    def figures_of(self, scores: TokenScores, split: str, majority: str | None = None) -> dict[str, Any]:
        return scores.figures(split)

    def details_of(self, scores: TokenScores) -> dict[str, Any]:
        detail = scores.breakdown
        if detail is None:
            return {}
        groups = {name: getattr(detail, name) for name in ("line", "document", "frequency")}
        return {
            "calibration_error": detail.calibration_error,
            "loss_by_tokens_read": {str(one.read): one.loss for one in detail.context},
            **{f"loss_by_{name}": [asdict(group) for group in some] for name, some in groups.items()},
            "worst_passages": [
                {"first": one.start + one.given + 1, "loss": one.loss, "text": joined(one.tokens[one.given :], detail.cut)}
                for one in detail.worst
            ],
        }

    # ---- one text ---------------------------------------------------------------------------------------------------

    def told(self, seen: Trace) -> dict[str, Any]:
        """At each step: the most probable next tokens, and −log p of the actual one."""
        # not sorted, because N is large; copied, because a slice would keep all N indices in memory
        some = [np.argpartition(-row, min(TOLD, len(row)) - 1)[:TOLD].copy() for row in seen.readouts]
        best = [row[np.lexsort((row, -p[row]))] for row, p in zip(some, seen.readouts, strict=True)]
        follows = seen.indices[1:-1]
        p = seen.readouts[np.arange(len(follows)), follows].astype(np.float64)
        rows = zip(best, seen.readouts, strict=True)
        return {
            "next": [{seen.labels[i]: round(float(row[i]), 6) for i in some} for some, row in rows],
            "losses": (-np.log(p.clip(1e-45))).round(6).tolist(),
        }

    def cut(self, text: str, how: str) -> list[tuple[str, int, int]]:
        return spans_of(text, how)

    def numbers(self, vocabulary: Vocabulary, tokens: Sequence[str]) -> list[int]:
        return numbers_of(tokens, vocabulary)

    def aim(
        self, target: str | Sequence[str] | None, labels: Sequence[str], readouts: np.ndarray, indices: np.ndarray,
        scheme: str | None = None,
    ) -> np.ndarray:
        """The next tokens of the text, which are the targets."""
        if target is not None:
            raise Problem(tr("The target of each step is the next token of the text itself: leave the target out."))
        return np.array([*indices[1:-1], -1, -1])

    def excerpt(self, network: Any, config: RunConfig, vocabulary: Vocabulary) -> str:
        from rnn_core.network.prediction import evaluating

        how = WriteConfig(length=EXCERPT if config.data.tokens == "char" else EXCERPT // 5, temperature=0.7)
        with evaluating(network):
            return "".join(token.text for token in self.write(network, config, vocabulary, "", how))

    def write(
        self, network: Any, config: RunConfig, vocabulary: Vocabulary, prompt: str, how: WriteConfig
    ) -> Iterator[Written]:
        from rnn_core.network.writing import write

        cut, stop = config.data.tokens, how.stop_text
        read = [SOS, *self.numbers(vocabulary, tokens_of(prompt, cut))]
        before, tail = "\n" if prompt.endswith(MARK) else prompt[-1:], ""
        for number, p, drawn in write(network, read, how, UNWRITTEN, () if how.past_end else (EOS,)):
            if number == EOS and not how.past_end:
                return
            token = "\n" if number == EOS else vocabulary.words[number]
            separated = cut != "char" and before and before != "\n" and token != "\n"
            text = MARK + token if number == EOS else (" " if separated else "") + token
            yield Written(text, vocabulary.words[number], p, drawn)
            before, tail = token, (tail + text)[-len(stop) - len(text):]
            if stop and stop in tail:
                return


def _long_enough(stream: np.ndarray) -> np.ndarray:
    """The stream. Raises Problem if there is nothing to predict."""
    if len(stream) < 2:
        raise Problem(tr("This text has fewer than two tokens: there is nothing to predict. Give a longer one."))
    return stream


def _scores(found: "Foreseen") -> TokenScores:
    loss, accuracy, near = (float(values.mean(dtype=np.float64)) for values in (found.nats, found.right, found.near))
    return TokenScores(len(found.nats), loss, accuracy, near)


def _anew(network: Any, stream: np.ndarray, tick: Tick) -> Read:
    """The losses at some places of a stream, each read from a state of zero, by the number of tokens read before it."""
    from rnn_core.network.prediction import fresh

    at, counts = places(len(stream))
    work, done, nats = sum(counts) + len(counts), 0, dict[int, np.ndarray]()
    for count in counts:
        nats[count] = fresh(network, stream, at, count, lambda share: tick((done + share * (count + 1)) / work))  # noqa: B023
        done += count + 1
    return Read(at, nats)


TASK = Generate()
