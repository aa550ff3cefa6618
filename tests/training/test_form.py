"""The form of words beside the words: x_t against its definition, both engines, truncation, and resuming bit for bit."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from rnn_core.config import ModelConfig, Problem, TrainConfig
from rnn_core.data.batches import Encoded, encode
from rnn_core.data.forms import FEATURES
from rnn_core.data.schema import TAGS, TEXT
from rnn_core.data.vocabulary import UNK, Vocabulary
from rnn_core.network.dropout import Noise
from rnn_core.network.embedding import different_rows
from rnn_core.network.losses import cross_entropy
from rnn_core.network.models import Network, count_parameters
from rnn_core.training.engines import Autograd, Engine, Fused
from rnn_core.training.loop import Training
from rnn_core.training.optimizer import Optimizer
from rnn_core.workspace.runs import Speech
from tests.tiny import COMPILED, config_of, model_of

WORDS, CLASSES, STEPS, TEXTS = 30, 3, 8, 6
FORMS = {"casing": 6, "ending2": 12, "ending3": 15}


@pytest.fixture
def double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def network_of(model: ModelConfig, seed: int = 0) -> Network:
    torch.manual_seed(seed)
    return Network(model, WORDS, CLASSES, FORMS)


def batch(seed: int) -> dict[str, Tensor]:
    rng = np.random.default_rng(seed)
    lengths = np.array([STEPS, *rng.integers(1, STEPS + 1, TEXTS - 1)])
    true = np.arange(STEPS)[:, None] < lengths
    columns = [np.where(true, rng.integers(1, size, true.shape), 0) for size in (WORDS, *FORMS.values())]
    at = np.flatnonzero(true)
    given = {"tokens": np.stack(columns, 2), "lengths": lengths, "at": at, "labels": rng.integers(0, CLASSES, len(at)),
             "weights": rng.random(len(at))}  # fmt: skip
    return {name: torch.from_numpy(a) for name, a in given.items()} | {"total": torch.tensor(float(TEXTS))}


@pytest.mark.usefixtures("double")
def test_x_is_the_rows_of_all_tables_one_after_the_other() -> None:
    network, given = network_of(model_of("gru", form=3)).eval(), batch(0)
    tables = [network.embedding.weight, *(network.forms[name].weight for name in FORMS)]
    x = torch.cat([nn.functional.embedding(given["tokens"][..., i], table) for i, table in enumerate(tables)], -1)
    plain = Network(ModelConfig(cell="gru", embedding=x.shape[2], hidden=4, dropout=0.0), 1, CLASSES).eval()
    plain.load_state_dict({name: p for name, p in network.state_dict().items() if not name.startswith(("embedding", "forms"))},
                          strict=False)  # fmt: skip
    assert torch.equal(network.inputs(given["tokens"]), x)
    states = plain.cells(x, given["lengths"])[0]
    found = network({"tokens": given["tokens"], "lengths": given["lengths"]})
    torch.testing.assert_close(found["states"], states)
    torch.testing.assert_close(found["logits"], nn.functional.linear(states, network.weight_out, network.bias_out))


def test_unique_with_inverse_of_rows() -> None:
    rows = np.random.default_rng(0).integers(0, 4, (7, 5, 3))
    different, which = different_rows(rows)
    wanted, places = np.unique(rows.reshape(-1, 3), axis=0, return_inverse=True)
    assert (different == wanted).all() and (which.ravel() == places.ravel()).all() and which.shape == (7, 5)


def engine_of(kind: type, network: Network, **train: Any) -> Engine:
    optimizer = Optimizer(network, TrainConfig(**{"learning_rate": 0.01} | train))
    return Fused(network, optimizer) if kind is Fused else Autograd(network, cross_entropy, optimizer)


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("cell", COMPILED)
@pytest.mark.parametrize(("both", "size"), [(True, STEPS), (False, 3)])
def test_both_engines_give_the_same_losses_and_weights(cell: str, both: bool, size: int) -> None:
    found = []
    for kind in (Fused, Autograd):
        network = network_of(model_of(cell, form=3, bidirectional=both, dropout=0.3)).train()
        engine, losses = engine_of(kind, network, clip=0.5), []
        for update in range(20):
            losses.append(engine.gradients(batch(update % 5), Noise(1, update), size))
            engine.optimizer.step(engine.read())  # type: ignore[attr-defined]
        engine.optimizer.catch_up()  # type: ignore[attr-defined]
        found.append((losses, {name: p.detach().clone() for name, p in network.named_parameters()}))
    (fused, ours), (autograd, theirs) = found
    np.testing.assert_allclose(fused, autograd, rtol=1e-8)
    assert {f"forms.{name}.weight" for name in FORMS} < ours.keys()
    for name, weights in ours.items():
        torch.testing.assert_close(weights, theirs[name], rtol=1e-7, atol=1e-9)


@pytest.mark.usefixtures("double")
def test_the_updates_are_those_of_torch_with_plain_tables() -> None:
    """Adam with lazy rows against `torch.optim.Adam` over all rows, without dropout and clipping."""
    network, twin = (network_of(model_of("gru", form=3)).train() for _ in range(2))
    engine = engine_of(Fused, network, clip=0.0)
    adam = torch.optim.Adam(twin.parameters(), lr=0.01)
    for update in range(20):
        given = batch(update % 5)
        engine.gradients(given, Noise(1, update), STEPS)
        engine.optimizer.step(engine.read())  # type: ignore[attr-defined]
        total, weight, _ = cross_entropy(twin(given), given)
        adam.zero_grad()
        (total / weight).backward()
        adam.step()
    engine.optimizer.catch_up()  # type: ignore[attr-defined]
    for (name, ours), theirs in zip(network.named_parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-5, atol=1e-5, msg=name)


def test_the_parameters_are_counted_without_a_network() -> None:
    model = model_of("lstm", form=3, bidirectional=True)
    assert count_parameters(model, WORDS, CLASSES, FORMS) == sum(p.numel() for p in network_of(model).parameters())
    assert network_of(model).inputs.width == model.input_width


TEXT_ROWS = ["Anna walks in Oslo .", "Bo walked with anna .", "The dogs walk in Bergen !", "He talked to Ola ."] * 3


def tagged() -> tuple[Encoded, Speech]:
    texts = [row.split() for row in TEXT_ROWS]
    vocabulary, labels = Vocabulary.build(texts, 100), ("N", "O")
    forms = {name: Vocabulary.build([map(feature, text) for text in texts], 100) for name, feature in FEATURES.items()}
    tags = [["N" if token[0].isupper() else "O" for token in text] for text in texts]
    return encode(TAGS, texts, tags, {TEXT: vocabulary, **forms}, labels, {}), Speech(vocabulary, labels, None, forms)


@pytest.mark.parametrize("engine", ["auto", "autograd"])
def test_a_training_resumes_bit_for_bit(engine: str) -> None:
    encoded, speech = tagged()
    config = config_of("tag", model_of("gru", form=3, dropout=0.3), batch=2, epochs=3, engine=engine)
    whole = Training(config, encoded, encoded, speech)
    whole.run()
    first = Training(config, encoded, encoded, speech)
    for _ in range(4):
        first._update(first._plan()[first.place])
    again = Training(config, encoded, encoded, speech)
    again.restore(*first.state())
    again.run()
    assert again.engine.name == ("fused" if engine == "auto" else "autograd")
    for name, p in whole.network.named_parameters():
        assert torch.equal(p, dict(again.network.named_parameters())[name]), name


def test_a_rare_word_is_hidden_but_not_its_form(monkeypatch: pytest.MonkeyPatch) -> None:
    encoded, speech = tagged()
    training = Training(config_of("tag", model_of("gru", form=3), batch=12), encoded, encoded, speech)
    training._rare["tokens"][:] = True
    seen: list[dict[str, Any]] = []
    true = training.engine.gradients

    def keep(batch: Any, *rest: Any) -> float:
        seen.append(dict(batch))
        return true(batch, *rest)

    monkeypatch.setattr(training.engine, "gradients", keep)
    which = training._plan()[0]
    given = training.task.batch(training.config, training._source, which)["tokens"]
    training._update(which)
    (fed,) = [one["tokens"] for one in seen]
    assert (fed[..., 1:] == given[..., 1:]).all() and (fed[..., 0] != given[..., 0]).any()
    assert set(fed[..., 0][fed[..., 0] != given[..., 0]].tolist()) == {UNK}


@pytest.mark.parametrize("task", ["classify", "generate", "translate"])
def test_other_tasks_refuse_the_form(task: str) -> None:
    from rnn_core import tasks

    with pytest.raises(Problem, match="Only sequence tagging reads the form"):
        tasks.task(task).check(config_of(task, model_of(form=3)))
