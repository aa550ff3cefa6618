"""The ledger against the tensors themselves."""

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from rnn_core.analysis.ledger import ledger
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.trace import trace
from rnn_core.data.batches import Encoded
from rnn_core.network.models import Network
from rnn_core.training.callbacks import Callback
from rnn_core.training.engines import Fused
from rnn_core.training.loop import Training
from rnn_core.training.optimizer import Optimizer
from rnn_core.workspace.runs import Speech
from tests.analysis.gradients import KINDS, loaded
from tests.tiny import CELLS, COMPILED, LABELS, TAGS, config_of, model_of, vocabulary_of


@pytest.mark.parametrize("name", CELLS)
@pytest.mark.parametrize(("task", "layers", "both"), KINDS)
def test_formula_declarations_rows_and_tensors_agree(name: str, task: str, layers: int, both: bool) -> None:
    one = loaded(name, task, layers=layers, bidirectional=both)
    found = ledger(one, 3, 7)
    sizes = [p.numel() for p in one.network.parameters()]
    assert found.in_tensors == sum(sizes) == found.by_formula == found.declared
    assert sorted(row.count for row in found.rows) == sorted(sizes)
    d = found.letters["d"]
    letters = found.letters | {"G·d": found.letters["G"] * d, "2·d": 2 * d, "3·d": 3 * d}
    assert all(tuple(letters[s] for s in row.size) == row.shape for row in found.rows)


def test_one_elman_layer_has_the_formula_of_the_books() -> None:
    found = ledger(loaded("tanh"), 1, 1)
    assert found.formula == r"N \cdot n + d \cdot n + d \cdot d + d + k \cdot d + k"
    assert found.numbers == r"12 \cdot 5 + 4 \cdot 5 + 4 \cdot 4 + 4 + 2 \cdot 4 + 2"
    lstm = ledger(loaded("lstm", "tag", layers=2, bidirectional=True), 1, 1)
    assert r"2 \cdot G \cdot d \cdot 2 \cdot d + 2 \cdot G \cdot d \cdot d" in lstm.formula


class Stop(Callback):
    """Says stop after an update of the second epoch: then there are best weights, and the last batch's states."""

    def should_stop(self) -> bool:
        return self.update > self.epoch

    def on_update(self, training: Training) -> None:
        self.update, self.epoch = training.step, training.batches_an_epoch


@pytest.mark.parametrize("name", COMPILED)
@pytest.mark.parametrize("task", ["classify", "tag", "generate"])
@pytest.mark.parametrize("more", [{}, {"optimizer": "sgd", "average": 0.0, "truncate": 4, "loss": "every"}])
def test_the_bytes_are_those_of_a_trainings_own_arrays(name: str, task: str, more: dict[str, Any]) -> None:
    labels = TAGS if task == "tag" else LABELS
    texts = [["the", "film", "was", "good", "the", "film"]] * 3
    per_token = task == "tag"
    data, none = (
        Encoded.of(some, [["O"] * 6] * len(some) if per_token else ["good"] * len(some), vocabulary_of(), labels, per_token)
        for some in (texts, [])
    )
    config, speech = config_of(task, model_of(name, layers=2), epochs=3, batch=3, **{"truncate": 4 if task == "generate" else 0}
                               | more), Speech(vocabulary_of(), labels, None)  # fmt: skip
    training = Training(config, data, none, speech)
    training.run([Stop()])
    network, optimizer, engine = training.network, training.optimizer, training.engine
    assert isinstance(engine, Fused) and isinstance(network, Network) and isinstance(optimizer, Optimizer)
    batch = training.task.batch(config, training._source, training._plan()[0])
    steps, texts_read = batch["tokens"].shape
    found = ledger(Loaded("run", config, speech, network), texts_read, steps)
    for row in found.memory:
        formula = re.sub(r"[A-Za-zℓ]", lambda match: str(found.sizes[match.group()]), row.formula)
        assert eval(formula.replace("·", "*").replace("−", "-")) == row.size, row
    size = {row.name: row.size for row in found.memory}

    weights = sum(p.nbytes for p in network.parameters())
    assert size.pop("weights") == weights
    assert size.pop("best weights so far") == sum(t.nbytes for t in training.best_weights.values()) == weights
    assert size.pop("average of the weights", 0) == sum(t.nbytes for t in training._averaged.values())
    moments = [held.nbytes for key, held in optimizer.state().items() if key.startswith(("mean", "square"))]
    assert size.pop("Adam's two moments", 0) == sum(moments)
    last = optimizer.state()["last.embedding"]
    assert size.pop("row numbers of E") == last.numpy().nbytes + network.embedding._numbers.nbytes
    dense = sum(part.nbytes for part in optimizer.dense.parts(optimizer.dense.gradients))
    rows, gradient = engine.read()[id(network.embedding)]
    of_table = size.pop("gradients") - dense
    assert gradient.nbytes == 4 * len(rows) * config.model.embedding <= of_table == size.pop("inputs x")
    assert len(rows) <= found.sizes["R"] == min(len(speech.vocabulary), batch["tokens"].size)
    kept = 0  # the states of the steps, and the gates without what keeps their rows apart
    for sweep in engine._through._sweeps:
        kept += sweep.states.nbytes
        kept += sum(gates[..., : 4 * sweep.d].nbytes for gates in sweep.kept[1:2] if sweep.gates)
        kept += sum(cells[:, 1:-1].nbytes for cells in sweep.kept[2:])
        assert sweep.steps == found.sizes["K"] == min(steps, config.train.truncate or steps)
    assert size.pop("states and gates") == kept
    counted = np.count_nonzero(batch["at"] < found.sizes["K"] * texts_read)  # of the first chunk
    outputs = 4 * network.weight_out.shape[0]
    assert size.pop("logits") >= counted * outputs and not size
    if not config.train.truncate:
        assert found.sizes["m"] == counted


def test_a_gpu_updates_the_whole_table() -> None:
    one = loaded("gru")
    on_gpu = one._replace(config=replace(one.config, train=replace(one.config.train, device="cuda")))
    found = {row.name: row.formula for row in ledger(on_gpu, 3, 5).memory}
    assert found["gradients"] == "4·P" and found["inputs x"] == "4·B·K·n" and "row numbers of E" not in found


@pytest.mark.parametrize("name", CELLS)
def test_the_bytes_of_the_activations_are_those_of_a_trace(name: str) -> None:
    one = loaded(name, layers=2)
    one = one._replace(network=one.network.float())
    seen = trace(one, "the film was good")
    size = {row.name: row.size for row in ledger(one, 1, len(seen.tokens)).memory}
    held = [seen.states, *([] if seen.cells is None else [seen.cells]), *seen.gates.values()]
    assert size["states and gates"] == sum(np.asarray(array).nbytes for array in held)
    assert size["inputs x"] == seen.embeddings.nbytes and size["logits"] == seen.logits[-1:].nbytes
