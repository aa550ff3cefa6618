"""E and V as one matrix: one tensor, whose gradient is the sum of both uses, from training to the pages."""

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core import tasks
from rnn_core.analysis.bptt import flow, loss_modes, truncations
from rnn_core.analysis.bptt_checks import autograd
from rnn_core.analysis.bptt_pass import doubled, forward, target_of
from rnn_core.analysis.bptt_updates import sgd_step
from rnn_core.analysis.ledger import ledger
from rnn_core.analysis.loading import Loaded, load
from rnn_core.analysis.recipe import starts
from rnn_core.analysis.trace import trace
from rnn_core.commands import main
from rnn_core.config import ModelConfig, Problem, RunConfig, plain
from rnn_core.network.dropout import Noise
from rnn_core.network.losses import cross_entropy
from rnn_core.network.models import Network, count_parameters
from rnn_core.network.tensors import put, shapes_of, tensors_of
from rnn_core.results import DataReport, SplitSummary
from rnn_core.tasks.generate import TASK
from rnn_core.training.engines import Autograd, Engine, Fused
from rnn_core.training.loop import Training
from rnn_core.training.optimizer import Optimizer, by_rows
from rnn_core.views.bptt.asked import facts_of, letter
from rnn_core.workspace import Workspace
from rnn_core.workspace.runs import Speech, tensor_shapes
from tests.tasks.test_generate import VOCABULARY, double, encoded_of, run_command, weights_of  # noqa: F401
from tests.tasks.test_generate import config_of as config_apart
from tests.tiny import CELLS, COMPILED, model_of, network_of, saved_run

WORDS, STEPS, TEXTS, D = 30, 9, 5, 6


def config_of(cell: str = "lstm", layers: int = 1, **more: Any) -> RunConfig:
    config = config_apart(cell, layers, **more)
    return tasks.make(RunConfig, plain(config) | {"model": plain(config.model) | {"tied": True, "embedding": D, "hidden": D}})


def tied(cell: str = "lstm", **options: Any) -> Network:
    return network_of(model_of(cell, tied=True, embedding=D, hidden=D, **options), WORDS, WORDS)


def apart(network: Network) -> Network:
    """The same network with a matrix for each use."""
    twin = Network(ModelConfig(**plain(network.config) | {"tied": False}), WORDS, WORDS)
    own = tensors_of(network)
    put(twin, own | {"embedding.weight": own["weight_out"]})
    return twin


def batch(seed: int) -> dict[str, torch.Tensor]:
    rng = np.random.default_rng(seed)
    lengths = np.array([STEPS, *rng.integers(1, STEPS + 1, TEXTS - 1)])
    at = np.flatnonzero(np.arange(STEPS)[:, None] < lengths)
    given = {"tokens": rng.integers(1, WORDS // 2, (STEPS, TEXTS)), "lengths": lengths, "at": at,
             "labels": rng.integers(0, WORDS, len(at)), "weights": rng.random(len(at))}  # fmt: skip
    return {name: torch.from_numpy(a) for name, a in given.items()} | {"total": torch.tensor(float(len(at)))}


def engine_of(kind: type, network: Network) -> Engine:
    optimizer = Optimizer(network.train(), config_of(clip=0).train)
    return Fused(network, optimizer) if kind is Fused else Autograd(network, cross_entropy, optimizer)


def test_one_tensor_has_two_names_and_is_saved_once() -> None:
    network = tied()
    assert network.embedding.weight is network.weight_out and not by_rows(network)
    assert [*tensors_of(network)].count("weight_out") == 1 and "embedding.weight" not in tensors_of(network)
    count, more = (sum(p.numel() for p in one.parameters()) for one in (network, apart(network)))
    assert count == count_parameters(network.config, WORDS, WORDS) == more - WORDS * D
    assert shapes_of(lambda: Network(network.config, WORDS, WORDS)) == {n: tuple(t.shape) for n, t in tensors_of(network).items()}
    again = Network(network.config, WORDS, WORDS)
    put(again, tensors_of(network))
    assert again.embedding.weight is again.weight_out and torch.equal(again.weight_out, network.weight_out)


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("size", [STEPS, 4])
@pytest.mark.parametrize("kind", [Fused, Autograd])
@pytest.mark.parametrize("cell", COMPILED)
def test_the_gradient_is_the_sum_of_both_uses(cell: str, kind: type, size: int) -> None:
    """Against autograd on two copies, with the same dropout masks."""
    network = tied(cell, layers=2, dropout=0.3)
    twin, engine = apart(network).train(), engine_of(kind, network)
    loss, given, wanted = engine.gradients(batch(0), Noise(1, 0), size), batch(0), 0.0
    assert not engine.read()
    other = engine_of(Autograd, twin)
    wanted = other.gradients(given, Noise(1, 0), size)
    words, rows = other.read()[id(twin.embedding)]
    assert loss == pytest.approx(wanted, rel=1e-10)
    dense, theirs = engine.optimizer.dense, other.optimizer.dense  # type: ignore[attr-defined]
    both = theirs.part(twin.weight_out).gradients[0].copy()
    assert np.abs(rows).max() > 1e-4 < np.abs(both).max()
    both[words] += rows
    np.testing.assert_allclose(dense.part(network.weight_out).gradients[0], both, rtol=0, atol=1e-12)
    for name, p in network.cells.named_parameters():
        np.testing.assert_allclose(
            dense.part(p).gradients[0], theirs.part(dict(twin.cells.named_parameters())[name]).gradients[0], rtol=0, atol=1e-12
        )


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("kind", [Fused, Autograd])
def test_every_row_gets_the_updates_of_torchs_adam(kind: type) -> None:
    network, theirs = tied(), tied()
    engine, wanted = engine_of(kind, network), torch.optim.Adam(theirs.parameters(), lr=0.01)
    for update in range(20):
        engine.gradients(batch(update), Noise(0, update), STEPS)
        engine.optimizer.step(engine.read())  # type: ignore[attr-defined]
        wanted.zero_grad()
        total, divisor, _ = cross_entropy(theirs(batch(update)), batch(update))
        (total / divisor).backward()
        wanted.step()
    for (name, one), other in zip(network.named_parameters(), theirs.parameters(), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-8, msg=name)


@pytest.mark.parametrize("engine", ["auto", "autograd"])
def test_a_resumed_training_comes_to_the_same_weights_bit_for_bit(engine: str) -> None:
    def fresh() -> Training:
        return Training(config_of(engine=engine, dropout=0.3), encoded_of(), encoded_of(), Speech(VOCABULARY))

    whole, half = fresh(), fresh()
    assert whole.run() and (whole.engine.name == "fused") == (engine == "auto")
    for which in half._plan()[:5]:
        half._update(which)
    again = fresh()
    again.restore(*half.state())
    again.network.train()
    assert again.run()
    for name, weights in weights_of(whole).items():
        assert torch.equal(weights, weights_of(again)[name]), name


def test_widths_that_differ_are_refused_and_suggested_alike() -> None:
    values = plain(config_of())
    with pytest.raises(Problem, match="embedding width is 5, the state has 6 units") as why:
        tasks.make(RunConfig, values | {"model": values["model"] | {"embedding": 5}})
    assert why.value.typed == "--embedding 6"
    with pytest.raises(Problem, match="leave the two apart"):
        tasks.make(RunConfig, values | {"data": {"task": "classify"}})
    assert "tied" in TASK.options(ModelConfig) and "tied" not in tasks.task("tag").options(ModelConfig)
    for stated, width in (({}, 128), ({"hidden": 40}, 40), ({"embedding": 24}, 24), ({"hidden": 9, "embedding": 9}, 9)):
        report = DataReport((), 1, 1, (), (), None, 10, {"train": SplitSummary(1, 5000, {}, (), 0.0)}, "", ())
        found = {name: one.value for name, one in TASK.suggest(report, {"tied": True, **stated}).items()} | stated
        assert (found["hidden"], found["embedding"]) == (width, width)
    assert "tied" not in plain(ModelConfig()), "configs of before keep what they hold"


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_the_way_back_of_a_text_is_autograds(cell: str, layers: int, workspace: Workspace) -> None:
    """The sum of both uses, V's copies as one of them, and one step of gradient descent along it."""
    one = load(saved_run(workspace, config_of(cell, layers), labels=(), vocabulary=VOCABULARY))
    seen = trace(one, "the ship sails")
    done = forward(doubled(one.network), seen.indices)
    target = target_of(one, seen)
    found, wanted = flow(done, target, seen.tokens, one.outcomes), autograd(done, target)
    assert found.norms.keys() == wanted.keys() and "embedding.weight" not in wanted and found.max_abs_difference < 1e-12
    for name, gradient in wanted.items():
        assert found.norms[name] == pytest.approx(float(gradient.norm()), rel=1e-9)
    assert found.norm == pytest.approx(float(torch.cat([g.flatten() for g in wanted.values()]).norm()), rel=1e-9)
    assert found.readout.norms["weight_out"] != pytest.approx(found.norms["weight_out"], rel=1e-3)
    assert found.readout.copy_shares["weight_out"].sum() == pytest.approx(1)
    whole = truncations(done, target, [2, 99])
    assert whole[0].against.cosines["weight_out"] < 1 and whole[1].against.cosines["all"] == pytest.approx(1)
    rate = 1e-6 / found.norm**2
    step = sgd_step(done, target, [rate])
    assert (step.after[0] - step.before) / rate == pytest.approx(step.slope, rel=1e-3)
    assert letter(facts_of(one), "weight_out") == "E = V"
    assert loss_modes(done, target).last_norms.keys() == wanted.keys() | {"all"}


def test_the_ledger_counts_the_matrix_once(workspace: Workspace) -> None:
    run = saved_run(workspace, config_of(truncate=4), labels=(), vocabulary=VOCABULARY)
    one = load(run)
    found = ledger(one, 3, 7)
    assert found.in_tensors == found.by_formula == found.declared == sum(row.count for row in found.rows)
    assert found.rows[0].letter == "E = V" and "V" not in {row.letter for row in found.rows}
    assert r"k \cdot d" not in found.formula and found.formula.startswith(r"N \cdot n")
    for row in found.memory:
        formula = re.sub(r"[A-Za-zℓ]", lambda match: str(found.sizes[match.group()]), row.formula)
        assert eval(formula.replace("·", "*").replace("−", "-")) == row.size, row
    training = Training(config_of(truncate=4), encoded_of(), encoded_of(), Speech(VOCABULARY))
    for which in training._plan()[:2]:
        training._update(which)
    size, network = {row.name: row.size for row in found.memory}, training.network
    assert isinstance(network, Network) and isinstance(training.optimizer, Optimizer)
    dense = sum(part.nbytes for part in training.optimizer.dense.parts(training.optimizer.dense.gradients))
    assert size["gradients"] == dense + size["inputs x"] and size["row numbers of E"] == network.embedding._numbers.nbytes
    for scheme in ("orthogonal", "torch"):
        model = ModelConfig(**plain(one.config.model) | {"initialisation": scheme, "embedding": 64, "hidden": 64})
        other = tasks.make(RunConfig, plain(one.config) | {"model": model})
        fresh = TASK.network(other, one.speech)
        said = starts(Loaded("run", other, one.speech, fresh))  # type: ignore[arg-type]
        most = float(said["E = V"].rsplit("±", 1)[1])
        assert 0.95 * most < float(fresh.weight_out.detach().abs().max()) <= most and "V" not in said and "E" not in said


def test_a_tied_run_is_saved_loaded_and_goes_on_writing(
    tmp_path: Path, workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    path, place = tmp_path / "verses.txt", f"--workspace={workspace.root}"
    path.write_text("the ship sails at noon.\nthe lamp is lit at night.\n" * 12)
    options = ("train", "--task", "generate", "--train", path, "--tokens", "char", "--epochs", 2, "--tied", "--batch", 2, place)
    assert "embedding width is 8" in run_command(capsys, *options, "--hidden", 12, "--embedding", 8, status=2)
    trained = run_command(capsys, *options, "--hidden", 12)
    run = workspace.run(trained["run"])
    assert run.config.model.tied and run.config.model.embedding == 12 and trained["engine"] == "fused"
    assert "embedding.weight" not in tensor_shapes(run.path / "weights.safetensors", run.id)
    loaded = load(run)
    assert loaded.network.embedding.weight is loaded.network.weight_out
    written = [run_command(capsys, "generate", run.id, "--prompt", "the", "--length", 20, "--seed", 5, place) for _ in range(2)]
    assert written[0] == written[1] and written[0]["tokens"]
    assert main(["runs", "--workspace", str(workspace.root)]) == 0
