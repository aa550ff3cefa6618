"""A language model: its targets, its carried state, its scores, and the text it writes, each against another way to get it."""

import dataclasses
import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core.analysis.bptt import flow
from rnn_core.analysis.bptt_pass import doubled, forward, target_of
from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.commands import main
from rnn_core.config import DataConfig, ModelConfig, Problem, RunConfig, TrainConfig, WriteConfig
from rnn_core.data.batches import Encoded
from rnn_core.data.streams import END, stream_of, tokens_of
from rnn_core.data.vocabulary import EOS, SOS, Vocabulary
from rnn_core.network.dropout import Noise
from rnn_core.network.models import Network
from rnn_core.network.prediction import follow
from rnn_core.tasks.generate import TASK, TOLD, StreamScorer
from rnn_core.training.loop import Training
from rnn_core.workspace import Workspace
from rnn_core.workspace.runs import Speech
from tests.tiny import CELLS, model_of, network_of, saved_run

TEXT = "the ship sails at noon.\nthe lamp is lit at night.\nthe miller counts his sheep at noon.\n" * 6
VOCABULARY = Vocabulary.build([tokens_of(TEXT, "char")], 100)
NONE = Encoded.of([], [], VOCABULARY, (), False)


def encoded_of(text: str = TEXT) -> Encoded:
    lines = [tokens_of(line, "char") for line in text.splitlines(keepends=True)]
    return Encoded.of(lines, [""] * (len(lines) - 1) + [END], VOCABULARY, (END,), False)


def config_of(cell: str = "lstm", layers: int = 1, dropout: float = 0.0, **train: Any) -> RunConfig:
    options = {"truncate": 16, "batch": 4, "threads": 1, "epochs": 2, "learning_rate": 0.01, "patience": 0} | train
    return RunConfig(
        DataConfig(task="generate", tokens="char"), model_of(cell, layers=layers, dropout=dropout),
        TrainConfig(**options), "0" * 64, "verses",
    )  # fmt: skip


def training_of(**options: Any) -> Training:
    return Training(config_of(**options), encoded_of(), encoded_of(TEXT[:200]), Speech(VOCABULARY))


def weights_of(training: Training) -> dict[str, torch.Tensor]:
    training.optimizer.catch_up()
    return {name: p.detach().clone() for name, p in training.network.named_parameters()}


@pytest.fixture
def double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_the_carried_state_is_that_of_one_long_pass(cell: str, layers: int) -> None:
    """Chunk after chunk, each part of the stream is read as in one go, and each chunk's loss is its own steps' mean."""
    config = config_of(cell, layers, learning_rate=1e-12, average=0)
    training = Training(config, encoded_of(), NONE, Speech(VOCABULARY))
    network, source = training.network.eval(), training._source
    inputs, targets, lengths = map(torch.from_numpy, source.chunk(0, source.steps()))
    each = torch.nn.functional.cross_entropy(
        network({"tokens": inputs, "lengths": lengths})["logits"].flatten(0, 1), targets.flatten(), reduction="none"
    ).view_as(targets)
    counts = torch.arange(len(inputs))[:, None] < lengths
    network.train()
    rare = training._rare["tokens"]
    training._rare["tokens"] = np.zeros_like(rare)
    assert source.groups == 1
    for which in training._plan():
        before = training._note_loss, training._note_weight
        training._update(which)
        part = slice(which[1], which[1] + 16)
        found = (training._note_loss - before[0], training._note_weight - before[1])
        assert found[0] == pytest.approx(float((each.detach() * counts)[part].sum()), rel=1e-7)
        assert found[1] == int(counts[part].sum())
    assert training._note_weight == len(stream_of(training.train)) and rare.shape == (len(VOCABULARY),)


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("engine", ["auto", "autograd"])
def test_the_gradient_of_a_chunk_stops_at_its_edge(engine: str) -> None:
    """The second chunk, from the state of the first without its graph, against torch.nn.LSTM on the same weights."""
    training = training_of(engine=engine, average=0)
    training.network.train()
    training._update(training._plan()[0])
    network, batch = training.network, TASK.batch(training.config, training._source, training._plan()[1])
    start = training._carried
    assert start is not None
    named = {name: torch.from_numpy(a) for name, a in batch.items()}
    loss = training.engine.gradients(named, Noise(0, 1), 99, start)
    words, table = training.engine.read()[id(network.embedding)]
    d, own = network.config.hidden, network.layer(0, 0)
    twin = torch.nn.LSTM(network.config.embedding, d)
    with torch.no_grad():
        twin.weight_ih_l0.copy_(own["weight_ih"])
        twin.weight_hh_l0.copy_(own["weight_hh"])
        twin.bias_ih_l0.copy_(own["bias"])
        twin.bias_hh_l0.zero_()
    rows = network.embedding.weight.detach().clone().requires_grad_()
    h, _ = twin(rows[named["tokens"]], tuple(part.detach() for part in start))
    o = torch.nn.functional.linear(h.flatten(0, 1)[named["at"]], network.weight_out.detach(), network.bias_out.detach())
    wanted = torch.nn.functional.cross_entropy(o, named["labels"])
    wanted.backward()
    assert loss == pytest.approx(wanted.detach().item(), rel=1e-10)
    ours = training.optimizer.dense.part(own["weight_ih"], own["weight_hh"], own["bias"]).gradients
    for found, expected in zip(ours, (twin.weight_ih_l0, twin.weight_hh_l0, twin.bias_ih_l0), strict=True):
        np.testing.assert_allclose(found, expected.grad.numpy(), rtol=0, atol=1e-12)
    np.testing.assert_allclose(table, rows.grad.numpy()[words], rtol=0, atol=1e-12)


@pytest.mark.parametrize("engine", ["auto", "autograd"])
def test_a_resumed_language_model_comes_to_the_same_weights_bit_for_bit(engine: str) -> None:
    """Cut off within an epoch, between two chunks: the carried state and its place are part of the checkpoint."""

    class Stop:
        def __init__(self, at: int):
            self.at = at

        def on_note(self, *_: Any) -> None: ...

        def on_epoch(self, *_: Any) -> None: ...

        def on_update(self, training: Training) -> None:
            self.now = training.step

        def should_stop(self) -> bool:
            return getattr(self, "now", 0) == self.at

    whole, half = (training_of(engine=engine, dropout=0.3) for _ in range(2))
    assert whole.run()
    assert half.batches_an_epoch > 5 and not half.run([Stop(half.batches_an_epoch + 3)])  # type: ignore[list-item]
    held, rest = half.state()
    assert any(name.startswith("carried/") for name in held)
    again = training_of(engine=engine, dropout=0.3)
    again.restore({name: value.clone() for name, value in held.items()}, rest)
    assert again.run()
    for name, weights in weights_of(whole).items():
        assert torch.equal(weights, weights_of(again)[name]), name
    assert again.best is not None and whole.best is not None
    assert again.best["dev_perplexity"] == whole.best["dev_perplexity"]


def test_a_state_begins_anew_in_each_group_and_is_carried_within(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rnn_core.tasks.generate.CARRIED", 2)
    training, starts = training_of(), []
    gradients = training.engine.gradients

    def heard(batch: Any, noise: Noise, size: int, start: Any) -> float:
        starts.append(start)
        return gradients(batch, noise, size, start)

    monkeypatch.setattr(training.engine, "gradients", heard)
    plan = training._plan()
    assert training._source.groups > 2 and sorted({group for group, _ in plan}) == list(range(training._source.groups))
    for which in plan:
        before = training._carried
        training._update(which)
        assert (starts[-1] is None) == (which[1] == 0) and starts[-1] is (before if which[1] else None)
    training.epoch = 1
    assert {*training._plan()} == {*plan} and training._plan() != plan, "another order, and no chunk less"


def test_both_engines_train_to_the_same_weights() -> None:
    fused, autograd = training_of(dropout=0.3), training_of(engine="autograd", dropout=0.3)
    assert fused.run() and autograd.run()
    assert (fused.engine.name, autograd.engine.name) == ("fused", "autograd")
    for name, weights in weights_of(fused).items():
        torch.testing.assert_close(weights, weights_of(autograd)[name], rtol=0, atol=1e-4)


def test_updates_repeat_what_minutes_ended() -> None:
    timed = training_of(epochs=10_000, minutes=0.01)
    assert timed.run() and timed.seconds >= 0.6 and timed.done
    counted = training_of(epochs=10_000, updates=timed.step)
    assert counted.run() and counted.step == timed.step
    for name, weights in weights_of(timed).items():
        assert torch.equal(weights, weights_of(counted)[name])
    assert counted.best == timed.best or counted.best["dev_loss"] == timed.best["dev_loss"]  # type: ignore[index]


@pytest.mark.usefixtures("double")
def test_following_a_stream_is_reading_it_token_by_token() -> None:
    network = network_of(model_of("gru", layers=2, dropout=0.4), len(VOCABULARY), len(VOCABULARY)).train()
    stream = stream_of(encoded_of(TEXT[:120]))
    found = follow(network, stream)
    assert network.training, "its mode is put back"
    network.eval()
    state, before, wanted, best, hits, among = network.start(1), SOS, [], [], [], []
    for token in stream.tolist():
        logits, state, kept = network.step(torch.tensor([before]), state)
        wanted.append(-float(logits[0].log_softmax(0)[token].detach()))
        best.append(float(logits[0].softmax(0).max().detach()))
        hits.append(int(logits[0].argmax()) == token)
        among.append(token in logits[0].argsort(descending=True)[:5].tolist())
        before = token
    np.testing.assert_allclose(found.nats, wanted, rtol=1e-6)
    np.testing.assert_allclose(found.best, best, rtol=1e-6)
    assert set(kept[0]) == set(network.cell.kept_names)
    assert found.right.tolist() == hits and found.near.tolist() == among


def test_scores_are_means_over_tokens() -> None:
    network = network_of(model_of("lstm"), len(VOCABULARY), len(VOCABULARY)).eval()
    config, scorer = config_of(), StreamScorer()
    found = TASK.predict(network, config, encoded_of())
    scorer.add(encoded_of(), found)
    scorer.add(encoded_of(TEXT[:60]), TASK.predict(network, config, encoded_of(TEXT[:60])))
    both, few = scorer.scores(), TASK.predict(network, config, encoded_of(TEXT[:60]))
    assert both.tokens == len(TEXT) + 1 + 61  # and <eos>, twice
    assert both.loss == pytest.approx((found.loss * found.tokens + few.loss * few.tokens) / both.tokens)
    assert both.perplexity == pytest.approx(math.exp(both.loss))
    assert set(TASK.figures_of(both, "dev")) == {
        f"dev_{name}" for name in ("loss", "bits", "perplexity", "accuracy", "near", "tokens")
    }
    assert both.bits == pytest.approx(both.loss / math.log(2)) and both.near is not None and both.near >= both.accuracy
    near = [round(scores.near * scores.tokens) for scores in (both, found, few) if scores.near]
    assert near[0] == near[1] + near[2]


@pytest.mark.parametrize(
    ("options", "said"),
    [({"truncate": 0}, "truncate it to chunks"), ({"loss": "last"}, "not last")],
)
def test_options_that_mean_nothing_here_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(Problem, match=said):
        TASK.check(config_of(**options))


def test_both_directions_are_refused() -> None:
    both = RunConfig(DataConfig(task="generate"), ModelConfig(bidirectional=True), TrainConfig(), "0" * 64, "x")
    with pytest.raises(Problem, match="later tokens"):
        TASK.check(both)
    assert "bidirectional" not in TASK.options(ModelConfig) and "label" not in TASK.options(DataConfig)


def test_a_text_shorter_than_one_stream_is_refused() -> None:
    with pytest.raises(Problem, match="too few for 64 parts"):
        Training(config_of(batch=64), encoded_of(TEXT[:100]), NONE, Speech(VOCABULARY))


# ---- the whole way by the command line --------------------------------------------------------------------------------


def run_command(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> Any:
    assert main([str(a) for a in arguments]) == status
    captured = capsys.readouterr()
    return json.loads(captured.out.splitlines()[-1]) if status == 0 else captured.err


@pytest.mark.parametrize("how", ["char", "word", "elided"])
def test_train_evaluate_inspect_gradients_and_generate(
    how: str, tmp_path: Path, workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    path, place = tmp_path / "verses.txt", f"--workspace={workspace.root}"
    path.write_text(TEXT * 3)
    trained = run_command(capsys, "train", "--task", "generate", "--train", path, "--tokens", how, "--epochs", 3, "--hidden", 12,
                          "--embedding", 8, "--batch", 2, "--learning-rate", 0.02, place)  # fmt: skip
    assert trained["engine"] == "fused" and trained["dev_perplexity"] == pytest.approx(math.exp(trained["dev_loss"]))
    run = workspace.run(trained["run"])
    assert trained["updates"] == run.metrics()["updates"] > 0
    dev = run_command(capsys, "evaluate", run.id, "--on", "dev", place)
    assert dev["test_loss"] == pytest.approx(trained["dev_loss"], rel=1e-6) and dev["test_tokens"] == trained["dev_tokens"]
    own = run_command(capsys, "evaluate", run.id, path, place)
    assert own["test_tokens"] == len(tokens_of(TEXT * 3, how)) + 1
    loaded = load(run)
    encoded = [SOS, *run.speech.vocabulary.encode(tokens_of("the ship", how))]
    seen = run_command(capsys, "inspect", run.id, "the ship", place)
    logits = loaded.network({"tokens": torch.tensor(encoded)[:, None], "lengths": torch.tensor([len(encoded)])})["logits"][:, 0]
    losses = torch.nn.functional.cross_entropy(logits[:-1], torch.tensor(encoded[1:]), reduction="none")
    np.testing.assert_allclose(seen["losses"], losses.numpy(), atol=2e-6)
    best = logits.softmax(1).topk(TOLD, 1)
    for row, numbers, p in zip(seen["next"], best.indices.tolist(), best.values.tolist(), strict=False):
        assert list(row) == [loaded.outcomes[i] for i in numbers] and list(row.values()) == pytest.approx(p, abs=2e-6)
    found = run_command(capsys, "gradients", run.id, "the ship", place)
    assert found["targets"][: len(encoded) - 1] == [loaded.outcomes[i] for i in encoded[1:]]
    np.testing.assert_allclose(found["losses"][: len(encoded) - 1], losses.numpy(), atol=1e-5)
    one, two = (run_command(capsys, "generate", run.id, "--prompt", "the", "--length", 30, "--seed", 5, place) for _ in range(2))
    assert one == two and 0 < one["tokens"] <= 30 and one["nats_per_token"] > 0
    run_command(capsys, "generate", run.id, "--prompt", "the", "--length", 30, "--seed", 5, "--out", tmp_path / "t.txt", place)
    assert (tmp_path / "t.txt").read_text() == "the" + one["text"]
    full = run_command(capsys, "generate", run.id, "--prompt", "the", "--length", 30, "--seed", 5, "--json", place)
    assert "".join(one["token"] for one in full["written"]).replace(" ", "") == one["text"].replace(" ", "")
    assert full["nats_per_token"] == pytest.approx(-np.mean(np.log([t["p"] for t in full["written"]])), abs=1e-3)
    for wrong in ("temperature=-1", "temperature=nan", "length=0", "length=1000000", "seed=-4", "top-p=0"):
        said = run_command(capsys, "generate", run.id, f"--{wrong}", place, status=2)
        assert f"option {wrong.split('=')[0]} does not fit" in said
    assert "no labels" in run_command(capsys, "predict", run.id, path, "--out", tmp_path / "x.csv", place, status=2)


@pytest.mark.parametrize("how", ["char", "word", "elided"])
def test_writing_ends_with_a_document_or_goes_on_with_another(how: str, workspace: Workspace) -> None:
    """The text that goes on, read again, has the tokens that were written, with the probabilities that they had."""
    vocabulary = Vocabulary.build([tokens_of(TEXT, how)], 100)
    config = dataclasses.replace(config_of(), data=DataConfig(task="generate", tokens=how))  # type: ignore[arg-type]
    one = load(saved_run(workspace, config, labels=(), vocabulary=vocabulary))
    with torch.no_grad():
        one.network.bias_out[EOS] += 2
    settings = WriteConfig(length=60, seed=1)
    short = [*TASK.write(one.network, config, vocabulary, "the", settings)]
    long = [*TASK.write(one.network, config, vocabulary, "the", dataclasses.replace(settings, past_end=True))]
    assert len(short) < 60 == len(long) and long[: len(short)] == short and long[len(short)].token == "<eos>"
    assert all(token.token != "<eos>" for token in short) and sum(token.token == "<eos>" for token in long) > 2
    text = "the" + "".join(token.text for token in long)
    seen = trace(one, text)
    begin = 1 + len(tokens_of("the", how))
    assert seen.indices[begin:-1].tolist() == [vocabulary.words.index(token.token) for token in long]
    p = seen.readouts[np.arange(begin - 1, begin + 59), seen.indices[begin:-1]]
    np.testing.assert_allclose(p, [token.p for token in long], rtol=1e-4)
    at = begin + len(short)
    beginning = "the" + "".join(token.text for token in long[: len(short) + 1])
    first = next(iter(TASK.write(one.network, config, vocabulary, beginning, settings)), None)
    assert first is None or seen.readouts[at, vocabulary.words.index(first.token)] == pytest.approx(first.p, rel=1e-4)


def test_a_run_that_classifies_writes_nothing(workspace: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    run = saved_run(workspace)
    said = run_command(capsys, "generate", run.id, f"--workspace={workspace.root}", status=2)
    assert "does not generate text" in said


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_of_the_next_tokens_are_autograds(cell: str, workspace: Workspace) -> None:
    run = saved_run(workspace, config_of(cell, 2), labels=(), vocabulary=VOCABULARY)
    loaded = load(run)
    seen = trace(loaded, "the ship")
    done = forward(doubled(loaded.network), seen.indices)
    target = target_of(loaded, seen, None, None)
    assert target.classes.tolist() == [*seen.indices[1:-1], -1, -1]
    found = flow(done, target, seen.tokens, loaded.outcomes)
    assert max(found.differences.values()) < 1e-12 and found.total > 0


def test_a_module_is_a_plain_stack_of_n_outputs() -> None:
    assert isinstance(TASK.network(config_of(), Speech(VOCABULARY)), Network) and TASK.outputs(30, 0) == 30
    assert TASK.carries and not TASK.higher_is_better and TASK.metric(None) == "perplexity"
