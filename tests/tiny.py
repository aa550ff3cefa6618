"""Small things that several tests are made of: configs, random networks, toy data and untrained runs."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import torch
from torch import Tensor

from rnn_core import tasks
from rnn_core.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from rnn_core.data import datasets, file_examples, guessing, sources, unlabelled
from rnn_core.data import preview as previews
from rnn_core.data.batches import Encoded
from rnn_core.data.forms import FEATURES
from rnn_core.data.scoring import LabelScorer, Predictions
from rnn_core.data.top import Top, look
from rnn_core.data.vocabulary import SPECIALS, Vocabulary
from rnn_core.network.models import Network
from rnn_core.network.sweeps import SWEEPS
from rnn_core.results import Scores
from rnn_core.workspace import Workspace, snapshots
from rnn_core.workspace.runs import Run, Speech, write_tensors

T = TypeVar("T")

CELLS: dict[str, dict[str, Any]] = {
    "tanh": {"cell": "rnn", "activation": "tanh"},
    "relu": {"cell": "rnn", "activation": "relu"},
    "sigmoid": {"cell": "rnn", "activation": "sigmoid"},
    "lstm": {"cell": "lstm"},
    "gru": {"cell": "gru"},
    "mingru": {"cell": "mingru"},
    "peephole": {"cell": "peephole_lstm"},
    "layernorm": {"cell": "layernorm_lstm"},
}
"""Every cell by a short name, as options of `ModelConfig`."""

COMPILED = tuple(name for name, options in CELLS.items() if options["cell"] in SWEEPS)
"""Those that have a compiled kernel."""

LABELS = ("bad", "good")
TAGS = ("B-PER", "I-PER", "O")
WORDS = ("the", "film", "was", "good", "bad", "fine", "poor", "not")


def in_turn(cases: Sequence[T], first: int, count: int) -> list[T]:
    """`count` of some cases from number `first` on; the first follows the last. Where each cell or task takes a few of its own,
    all together take every one, in a part of the time."""
    return [cases[(first + i) % len(cases)] for i in range(count)]


def number_of(cell: str) -> int:
    """The place of a cell among `CELLS`."""
    return [*CELLS].index(cell)


def model_of(cell: str = "gru", **options: Any) -> ModelConfig:
    """A small model."""
    return ModelConfig(**{"embedding": 5, "hidden": 4, "dropout": 0.0} | CELLS[cell] | options)


def config_of(task: str = "classify", model: ModelConfig | None = None, name: str = "tiny", **train: Any) -> RunConfig:
    """A run's config on no particular data."""
    train = {"threads": 1} | train
    return RunConfig(DataConfig(task=task), model or model_of(), TrainConfig(**train), "0" * 64, name)


def network_of(model: ModelConfig, words: int, classes: int, seed: int = 0) -> Network:
    """A network with every number, biases included, drawn from N(0, 0.5²)."""
    torch.manual_seed(seed)
    network = Network(model, words, classes)
    with torch.no_grad():
        for p in (network.embedding.weight, network.weight_out, network.bias_out, *network.cells.parameters()):
            p.normal_(0, 0.5)
    return network


def random_network(config: RunConfig, speech: Speech, seed: int = 0) -> torch.nn.Module:
    """The network of a run, with every number drawn from N(0, 0.5²)."""
    task = tasks.of(config)
    if not task.schema.texts[1:] and not config.model.form:
        return network_of(config.model, len(speech.vocabulary), task.outputs(len(speech.vocabulary), len(speech.labels)), seed)
    torch.manual_seed(seed)
    network = task.network(config, speech)
    with torch.no_grad():
        for p in network.parameters():
            p.normal_(0, 0.5)
    return network


def vocabulary_of(words: Sequence[str] = WORDS, times: int = 3, lowercase: bool = False) -> Vocabulary:
    """Each word seen `times` times."""
    return Vocabulary.build([words] * times, 1000, lowercase)


def random_texts(count: int, longest: int, seed: int = 0, words: Sequence[str] = WORDS) -> list[list[str]]:
    """Texts of 1 … `longest` words."""
    rng = np.random.default_rng(seed)
    return [list(rng.choice(words, size=rng.integers(1, longest + 1))) for _ in range(count)]


def classified(count: int, longest: int = 7, seed: int = 0, vocabulary: Vocabulary | None = None) -> Encoded:
    """Texts whose label is the keyword they hold, somewhere among other words."""
    rng = np.random.default_rng(seed)
    labels = [LABELS[int(i)] for i in rng.integers(0, 2, count)]
    texts = random_texts(count, longest, seed, ("the", "film", "was", "fine", "poor", "not"))
    for text, label in zip(texts, labels, strict=True):
        text.insert(int(rng.integers(0, len(text) + 1)), label)
    return Encoded.of(texts, labels, vocabulary or vocabulary_of(), LABELS, False)


def tagged(count: int, longest: int = 7, seed: int = 0, vocabulary: Vocabulary | None = None) -> Encoded:
    """Sentences where B-PER is a word after "not", I-PER the word after that, and all else is O."""
    texts = random_texts(count, longest, seed)
    return Encoded.of(texts, [tags_of(text) for text in texts], vocabulary or vocabulary_of(), TAGS, True)


def tags_of(text: Sequence[str]) -> list[str]:
    """The tags of `tagged`."""
    before = ["", *text]
    tags = ["B-PER" if word == "not" else "O" for word in before[: len(text)]]
    return ["I-PER" if tag == "O" and i and tags[i - 1] == "B-PER" else tag for i, tag in enumerate(tags)]


def saved_run(
    workspace: Workspace,
    config: RunConfig | None = None,
    labels: Sequence[str] | None = None,
    scheme: str | None = None,
    vocabulary: Vocabulary | None = None,
    seed: int = 0,
    updates: Sequence[int] = (0, 1, 2),
) -> Run:
    """A run on disk with random weights, a history and metrics, as if it had been trained. `updates`: of its snapshots."""
    config = config or config_of()
    vocabulary = vocabulary or vocabulary_of()
    task = tasks.of(config)
    if labels is None:
        labels = TAGS if task.schema.per_token else LABELS if task.schema.labels else ()
    run = Run(workspace.fresh("runs"))
    run.write_config(config)
    further = dict.fromkeys(task.schema.texts[1:], vocabulary)
    if config.model.form:
        known = vocabulary.words[len(SPECIALS) :]
        further |= {name: Vocabulary.build([[*map(FEATURES[name], known)]], 1000) for name in task.schema.forms}
    speech = Speech(vocabulary, tuple(labels), scheme, further)
    run.write_speech(speech)
    network = random_network(config, speech, seed)
    write_tensors(run.path / "weights.safetensors", {n: p.detach().numpy() for n, p in network.named_parameters()})
    (run.path / "history.jsonl").write_text(
        '{"step": 2, "epoch": 0.5, "loss": 0.75}\n{"epoch": 1, "step": 4, "train_loss": 0.5, "dev_loss": 0.25, "best": true}\n'
    )
    run.write("metrics.json", {"parameters": 1, "epochs": 1, "dev_accuracy": 0.5, "scores": {}})
    for update in updates:
        named = random_network(config, speech, seed + 1 + update).named_parameters()
        assert snapshots.keep(run, update, {n: p.detach().numpy() for n, p in named}, 1 << 30)
    return run


def batch_loss(network: Network, config: RunConfig, tokens: Tensor, lengths: Tensor, targets: Tensor) -> Tensor:
    """The mean loss of a batch's texts, read in one go."""
    weights = tasks.of(config).weights(config, lengths.numpy(), len(tokens))
    return weighted_loss(network, network.hidden(tokens, lengths), torch.from_numpy(weights), targets.expand(len(tokens), -1))


def weighted_loss(network: Network, h: Tensor, weights: Tensor, targets: Tensor) -> Tensor:
    """Σ_t w_t L(t) of each text by torch's cross-entropy, as a mean over the texts.

    Args:
        h: the uppermost states, (T, B, D).
        weights: w_t, (T, B).
        targets: the class wanted at each step, (T, B); −1 counts nothing.
    """
    there = (weights > 0) & (targets >= 0)
    each = torch.nn.functional.cross_entropy(network.readout(h[there]), targets[there], reduction="none")
    return each.dot(weights[there].to(each.dtype)) / targets.shape[1]


def stand_in(monkeypatch: Any, task: tasks.Task, name: str = "classify") -> None:
    """Lets configs that name one task mean another, which has no file in rnn_core/tasks/."""
    real = tasks.task
    monkeypatch.setattr(tasks, "task", lambda asked: task if asked == name else real(asked))


# ---- functions of data/ and of tasks, with the task that a config names ------------------------------------------------


def read_dataset(files: Mapping[str, Path], config: DataConfig | None = None, names: Any = None, progress: Any = None) -> Any:
    config = config or DataConfig()
    schema = tasks.of(config).schema
    return datasets.read_dataset(sources.Plan.of(sources.sources_of(files, config, schema, names), schema, progress), progress)


def read_examples(path: Path, config: DataConfig, *more: Any, **named: Any) -> Any:
    return file_examples.read_examples(path, config, tasks.of(config).schema, *more, **named)


def top_of(path: Path, config: DataConfig, name: str | None = None) -> Top:
    return look(path, config, name, tasks.of(config).schema.stream)


def preview(path: Path, config: DataConfig, name: str | None = None, **named: Any) -> Any:
    return previews.preview(top_of(path, config, name), config, tasks.of(config).schema, **named)


def guess(path: Path, **stated: Any) -> str:
    config = DataConfig(**stated)
    return tasks.guess(look(path, config), config)


def guess_tokens(path: Path, config: DataConfig) -> str:
    return guessing.guess_tokens(top_of(path, config), config, tasks.of(config).schema)


def look_into(path: Path, config: DataConfig, *more: Any) -> Any:
    return unlabelled.look_into(path, config, tasks.of(config).schema, *more)


def predict(network: Network, config: RunConfig, encoded: Encoded, *more: Any, **named: Any) -> Predictions:
    return tasks.of(config).predict(network, config, encoded, *more, **named)


def score(
    predictions: Predictions, encoded: Encoded, labels: Sequence[str], scheme: str | None, unseen: Any = None
) -> Scores:
    """The scores of one split."""
    scorer = LabelScorer(labels, scheme, encoded.per_token)
    scorer.add(encoded, predictions, unseen or {})
    return scorer.scores()
