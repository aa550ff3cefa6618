"""Training in chunks of K steps: the gradient is that of a graph cut at each boundary, with the state carried over."""

import math
from collections.abc import Iterator
from typing import Any, Literal

import numpy as np
import pytest
import torch
from torch import Tensor

from rnn_core import tasks
from rnn_core.config import Problem, RunConfig, make, plain
from rnn_core.data.batches import Batch
from rnn_core.network import memory
from rnn_core.network.dropout import Noise
from rnn_core.network.recurrence import zero_state
from rnn_core.training.loop import Training
from rnn_core.workspace.runs import Speech
from tests import by_hand
from tests.tiny import CELLS, COMPILED, LABELS, TAGS, batch_loss, classified, config_of, model_of, tagged, vocabulary_of


@pytest.fixture(autouse=True)
def _double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


ENGINES: list[Literal["auto", "autograd"]] = ["auto", "autograd"]


def training_of(task: str, cell: str, loss: str | None, layers: int = 1, **train: Any) -> tuple[Training, Batch]:
    encoded = classified(6, 9) if task == "classify" else tagged(6, 9)
    config = config_of(task, model_of(cell, layers=layers), loss=loss, clip=0, **train)
    training = Training(config, encoded, encoded, Speech(vocabulary_of(), LABELS if task == "classify" else TAGS))
    training.network.train()  # without dropout
    return training, encoded.batch(torch.arange(6).numpy())


def named(training: Training, rows: np.ndarray) -> dict[str, Tensor]:
    found = training.task.batch(training.config, training.train, rows)
    return {name: torch.from_numpy(a) for name, a in found.items()}


def gradients(training: Training, batch: Batch) -> tuple[float, dict[str, Tensor]]:
    network = training.network
    size = training.config.train.truncate or len(batch.tokens)
    loss = training.engine.gradients(named(training, batch.rows), Noise(0, 0), size)
    words, gradient = training.engine.read()[id(network.embedding)]
    rest = [(n, p) for n, p in network.named_parameters() if n != "embedding.weight"]
    dense = training.optimizer.dense
    found = {n: torch.from_numpy(g.copy()).view_as(p) for (n, p), g in zip(rest, dense.parts(dense.gradients), strict=True)}
    table = torch.zeros_like(network.embedding.weight).detach()
    return loss, found | {"embedding.weight": table.index_copy_(0, torch.from_numpy(words), torch.from_numpy(gradient.copy()))}


def cut_graph(training: Training, batch: Batch, size: int) -> tuple[float, dict[str, Tensor]]:
    """The same by autograd through the cells' equations in one graph, with the state detached after every K steps."""
    network, config = training.network.eval(), training.config
    network.zero_grad()
    lengths, targets = torch.from_numpy(batch.lengths), torch.from_numpy(batch.targets)
    x = torch.nn.functional.embedding(torch.from_numpy(batch.tokens), network.embedding.weight)
    for layer in range(network.config.layers):
        p = network.layer(layer, 0)
        state = zero_state(network.cell, x.shape[1], network.config.hidden, x)
        h = []
        for start in range(0, len(x), size):
            for x_t in x[start : start + size]:
                state, _ = by_hand.step(network.cell, p, x_t, state)
                h.append(state[0])
            state = tuple(part.detach() for part in state)
        x = torch.stack(h)
    weights = tasks.of(config).weights(config, batch.lengths, len(x))
    wanted = targets.expand(len(x), -1)
    log_p = network.readout(x).log_softmax(2)
    each = -log_p.gather(2, wanted.clamp(min=0)[:, :, None])[:, :, 0]
    loss = (each * torch.from_numpy(weights) * (wanted >= 0)).sum() / len(lengths)
    loss.backward()
    return float(loss.detach()), {n: p.grad for n, p in network.named_parameters()}  # type: ignore[misc]


SETTINGS = [("classify", "last"), ("classify", "every"), ("tag", None)]


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("size", [1, 3, 4])
@pytest.mark.parametrize(("task", "loss"), SETTINGS)
@pytest.mark.parametrize(
    ("engine", "cell"), [(engine, cell) for engine in ENGINES for cell in CELLS if engine == "autograd" or cell in COMPILED]
)
def test_chunks_give_the_gradient_of_a_graph_cut_at_each_boundary(
    engine: str, cell: str, task: str, loss: str | None, size: int, layers: int
) -> None:
    training, batch = training_of(task, cell, loss, layers, truncate=size, engine=engine)
    assert training.engine.name == {"auto": "fused"}.get(engine, engine)
    found, wanted = gradients(training, batch), cut_graph(training, batch, size)
    assert found[0] == pytest.approx(wanted[0], rel=1e-12)
    for name, gradient in wanted[1].items():
        torch.testing.assert_close(found[1][name], gradient, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("task", "loss"), SETTINGS)
def test_chunks_as_long_as_the_text_change_nothing(task: str, loss: str | None) -> None:
    whole = training_of(task, "gru", loss)
    wanted = gradients(*whole)
    found = gradients(*training_of(task, "gru", loss, truncate=len(whole[1].tokens)))
    less = gradients(*training_of(task, "gru", loss, truncate=2))
    assert found[0] == wanted[0] and less[0] == pytest.approx(wanted[0], rel=1e-12), "the loss is never truncated"
    for name, gradient in wanted[1].items():
        assert torch.equal(found[1][name], gradient)
    assert not torch.allclose(less[1]["cells.0.0.weight_hh"], wanted[1]["cells.0.0.weight_hh"])


def test_the_whole_gradient_is_that_of_the_batch_loss() -> None:
    training, batch = training_of("classify", "lstm", "every")
    loss, found = gradients(training, batch)
    training.network.eval().zero_grad()
    whole = batch_loss(training.network, training.config, *(torch.from_numpy(a) for a in (batch.tokens, batch.lengths,
                                                                                         batch.targets)))  # fmt: skip
    whole.backward()
    assert loss == pytest.approx(whole.item(), rel=1e-12)
    for name, p in training.network.named_parameters():
        torch.testing.assert_close(found[name], p.grad, rtol=0, atol=1e-12)


def test_no_more_than_a_chunk_is_held(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept for the way back grows with K and not with T, though each step has words of its own."""

    def held(length: int, size: int) -> int:
        sizes: list[int] = []
        monkeypatch.setattr(memory, "fresh", lambda kind, *shape: sizes.append(math.prod(shape)) or np.empty(shape, kind))
        monkeypatch.setattr(memory, "_of_thread", memory._OfThread())
        encoded = classified(4, 2)
        words = vocabulary_of([str(i) for i in range(996)])
        training = Training(config_of(truncate=size), encoded, encoded, Speech(words, LABELS))
        sizes.clear()
        last, zero = np.arange(4) + 4 * (length - 1), np.zeros(4, np.int64)
        batch = {"tokens": np.arange(length * 4).reshape(-1, 4) % len(words), "lengths": np.full(4, length), "at": last,
                 "labels": zero, "weights": np.ones(4), "total": np.array(4.0)}  # fmt: skip
        batch = {name: torch.from_numpy(a) for name, a in batch.items()}
        training.engine.gradients(batch, Noise(0, 0), size or length)
        return sum(sizes)

    assert held(400, 20) == held(200, 20) < held(400, 0) / 5


def test_both_directions_are_refused_with_the_reason() -> None:
    config: RunConfig = config_of("tag", model_of(bidirectional=True))
    with pytest.raises(Problem, match="end of the text"):
        make(RunConfig, plain(config) | {"train": plain(config.train) | {"truncate": 5}})


def test_a_truncated_training_learns() -> None:
    encoded = classified(120, 9)
    training = Training(config_of(truncate=4, epochs=12, learning_rate=0.02, loss="every", average=0), encoded,
                        classified(40, 9, seed=1), Speech(vocabulary_of(), LABELS))  # fmt: skip
    assert training.run()
    assert training.best is not None and training.best["dev_accuracy"] > 0.85
