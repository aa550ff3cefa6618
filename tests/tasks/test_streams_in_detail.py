"""The scores of a stream in detail, each against a plain computation on the network's own steps; and dynamic evaluation."""

import copy
import json
import math
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from sklearn.calibration import calibration_curve

from rnn_core.analysis.loading import load
from rnn_core.commands import main
from rnn_core.config import DataConfig, EvaluateConfig, Problem, RunConfig, TrainConfig
from rnn_core.data.breakdown import PLACES, places
from rnn_core.data.examples import Example
from rnn_core.data.streams import END, tokens_of
from rnn_core.data.vocabulary import EOS, SOS, UNK, Vocabulary
from rnn_core.metrics import Calibration
from rnn_core.network.dynamic import adapting
from rnn_core.network.models import Network
from rnn_core.network.prediction import follow
from rnn_core.results import ENDS, UNKNOWN, Breakdown, Evaluation, Group, TokenScores
from rnn_core.tasks.generate import TASK
from rnn_core.workspace import Workspace, evaluations
from rnn_core.workspace.runs import Speech
from tests.tiny import CELLS, model_of, network_of, saved_run

LINES = "the ship sails at noon.\nthe lamp is lit at night.\nthe miller counts his sheep at noon.\n"
VOCABULARY = Vocabulary.build([tokens_of(LINES * 5, "char")], 100)
SPEECH = Speech(VOCABULARY)
K = 8


def config_of(cell: str = "lstm", layers: int = 1) -> RunConfig:
    train = TrainConfig(truncate=K, threads=1)
    return RunConfig(DataConfig(task="generate", tokens="char"), model_of(cell, layers=layers), train, "0" * 64, "verses")


def documents(*texts: str) -> list[Example]:
    """The lines of some documents, as a file has them."""
    rows = []
    for text in texts:
        lines = text.splitlines(keepends=True)
        rows += [Example(line, tuple(line), END if i == len(lines) else "", "") for i, line in enumerate(lines, 1)]
    return rows


EXAMPLES = documents(LINES * 4, "ÄÖ the lamp!\n\nat noon", LINES)
STREAM = [token for e in EXAMPLES for token in (*VOCABULARY.encode(e.tokens), *[EOS] * (e.target == END))]
WRITTEN = [token for e in EXAMPLES for token in (*e.tokens, *["<eos>"] * (e.target == END))]


def network(cell: str = "lstm", layers: int = 1) -> Network:
    return network_of(model_of(cell, layers=layers), len(VOCABULARY), len(VOCABULARY), seed=3).eval().requires_grad_(False)


def evaluated(one: Network, examples: list[Example] = EXAMPLES, dynamic: float | None = None, **more: Any) -> TokenScores:
    pieces = [examples[i : i + 3] for i in range(0, len(examples), 3)]
    how: Any = SimpleNamespace(dynamic=dynamic)  # rates beyond those of an `EvaluateConfig`, too
    found = TASK.evaluate(one, config_of(), SPEECH, pieces, len(examples), lambda answers: None, how=how, **more)
    assert isinstance(found, TokenScores)
    return found


def step_by_step(one: Network, tokens: list[int]) -> tuple[np.ndarray, np.ndarray]:
    """−log p of each token, and the probabilities at each step, from a state of zero."""
    state, before, nats, rows = one.start(1), SOS, [], []
    for token in tokens:
        logits, state, _ = one.step(torch.tensor([before]), state)
        p = logits[0].double().softmax(0)
        nats.append(-math.log(p[token]))
        rows.append(p.numpy())
        before = token
    return np.array(nats), np.array(rows)


def last_losses(one: Network, windows: torch.Tensor) -> np.ndarray:
    """−log p of the last token of each window, (B, T), from a state of zero; a step reads a token of all windows."""
    state, before = one.start(len(windows)), torch.full((len(windows),), SOS)
    for tokens in windows.t():
        logits, state, _ = one.step(before, state)
        before = tokens
    return -logits.double().log_softmax(1).gather(1, windows[:, -1:])[:, 0].numpy()


def detail_of(scores: TokenScores) -> Breakdown:
    assert scores.breakdown is not None
    return scores.breakdown


def sums(groups: tuple[Group, ...]) -> dict[tuple[int, int], tuple[int, float]]:
    return {(one.first, one.last): (one.tokens, one.loss) for one in groups}


def same(groups: tuple[Group, ...], numbers: list[int], nats: np.ndarray, begins: list[int]) -> None:
    """Makes sure that the groups are those of the numbers, by a dictionary."""
    by: dict[int, list[float]] = defaultdict(list)
    for number, value in zip(numbers, nats.tolist(), strict=True):
        by[max(begin for begin in begins if begin <= number)].append(value)
    assert [one.first for one in groups] == sorted(by)
    for one in groups:
        assert one.tokens == len(by[one.first]) and one.loss == pytest.approx(np.mean(by[one.first]), rel=1e-5)
        after = next(begin for begin in begins if begin > one.first)
        assert one.last == min(after - 1, max(one.first, *numbers))


AT_ONCE = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96, 128, 192, 256, 384, 512, 768]


@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("cell", CELLS)
def test_the_loss_by_position_and_by_frequency(cell: str, layers: int) -> None:
    one = network(cell, layers)
    scores = evaluated(one)
    nats, p = step_by_step(one, STREAM)
    assert scores.loss == pytest.approx(nats.mean(), rel=1e-5) and scores.tokens == len(STREAM)
    detail = detail_of(scores)
    line, document, in_line, in_document = 0, 0, [], []
    for token in WRITTEN:
        line, document = line + 1, document + 1
        in_line.append(line)
        in_document.append(document)
        line, document = line * (token not in ("\n", "<eos>")), document * (token != "<eos>")
    same(detail.line, in_line, nats, AT_ONCE)
    same(detail.document, in_document, nats, AT_ONCE)
    assert detail.documents == 3 and detail.cut == "char"
    counts = dict(zip(VOCABULARY.words, VOCABULARY.counts, strict=True)) | {"<eos>": ENDS}
    often = [counts.get(token, UNKNOWN) for token in WRITTEN]
    same(detail.frequency, often, nats, [-1, 0, 1, 2, 4, 8, 16, 32, 64, 128])
    unknown = next(group for group in detail.frequency if group.first == UNKNOWN)
    assert unknown.tokens == STREAM.count(UNK) == 3 and unknown.last == UNKNOWN
    for groups in (detail.line, detail.document, detail.frequency, detail.stream):
        assert sum(one.tokens for one in groups) == len(STREAM)
        assert sum(one.nats for one in groups) == pytest.approx(nats.sum(), rel=1e-5)
    assert len(detail.stream) == 100 and [one.first for one in detail.stream[1:]] == [one.last + 1 for one in detail.stream[:-1]]
    for part in detail.stream:
        assert part.loss == pytest.approx(nats[part.first - 1 : part.last].mean(), rel=1e-5)
    assert scores.accuracy == pytest.approx(np.mean(p.argmax(1) == STREAM))


def test_groups_are_the_same_whatever_is_held_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = detail_of(evaluated(network()))
    monkeypatch.setattr("rnn_core.data.breakdown._BLOCK", 37)
    parts = detail_of(evaluated(network()))
    for name in ("line", "document", "frequency"):
        one, other = sums(getattr(whole, name)), sums(getattr(parts, name))
        assert one.keys() == other.keys()
        np.testing.assert_allclose(list(one.values()), list(other.values()), rtol=1e-12)
    np.testing.assert_allclose([(b.count, b.confidence, b.accuracy) for b in whole.calibration],
                               [(b.count, b.confidence, b.accuracy) for b in parts.calibration], rtol=1e-6)  # fmt: skip


@pytest.mark.parametrize("cell", CELLS)
def test_the_loss_by_tokens_read_is_that_of_reading_them_alone(cell: str) -> None:
    one = network(cell)
    detail = detail_of(evaluated(one))
    at, counts = places(len(STREAM))
    assert [point.read for point in detail.context] == list(counts) == [0, 1, 2, 4, 8, 16, 32, 64, 128]
    assert detail.places == len(at) and at[0] == 128 and at[-1] == len(STREAM) - 1 and len(set(at.tolist())) == len(at)
    whole, _ = step_by_step(one, STREAM)
    assert detail.carried == pytest.approx(whole[at].mean(), rel=1e-5)
    for point in detail.context[:6]:
        windows = torch.tensor([STREAM[i - point.read : i + 1] for i in at])
        values = last_losses(one, windows)
        assert values[0] == pytest.approx(step_by_step(one, windows[0].tolist())[0][-1])
        assert point.loss == pytest.approx(values.mean(), rel=1e-5)
        assert point.error == pytest.approx(values.std(ddof=1) / math.sqrt(len(at)), rel=1e-4)


@pytest.mark.parametrize("tokens", [2, 3, 4, 5, 9, 100, 1023, 1024, 5000, 10**7])
def test_places_can_be_read_and_are_bounded(tokens: int) -> None:
    at, counts = places(tokens)
    assert 1 <= len(at) <= PLACES and at.min() >= counts[-1] >= 1 and at.max() == tokens - 1
    assert counts[-1] == min(256, 2 ** int(math.log2(tokens // 2))) and list(counts) == sorted(set(counts))
    assert len(at) * (sum(counts) + len(counts)) <= 270_000


def test_calibration_is_scikit_learns() -> None:
    one = network()
    detail = detail_of(evaluated(one))
    _, p = step_by_step(one, STREAM)
    best, right = p.max(1), p.argmax(1) == np.array(STREAM)
    true, predicted = calibration_curve(right, best, n_bins=10)
    filled = [b for b in detail.calibration if b.count]
    np.testing.assert_allclose([b.accuracy for b in filled], true, atol=1e-9)
    np.testing.assert_allclose([b.confidence for b in filled], predicted, rtol=1e-5)
    assert sum(b.count for b in filled) == len(STREAM) and len(detail.calibration) == 10
    error = sum(abs(right[(best > b.low) & (best <= b.high)].mean() - best[(best > b.low) & (best <= b.high)].mean()) * b.count
                for b in filled) / len(STREAM)  # fmt: skip
    assert detail.calibration_error == pytest.approx(error, rel=1e-5) and 0 < error < 1


def test_probabilities_at_the_end_of_a_bin_belong_to_it() -> None:
    p, right = np.array([0.0, 0.1, 0.2, 0.5, 0.95, 1.0]), np.array([0, 1, 1, 0, 1, 1], bool)
    counted = Calibration()
    counted.add(p[:2], right[:2])
    counted.add(p[2:], right[2:])
    true, predicted = calibration_curve(right, p, n_bins=10)
    some = [one for one in counted.bins() if one.count]
    assert [(one.accuracy, one.confidence) for one in some] == [pytest.approx(pair) for pair in zip(true, predicted, strict=True)]
    assert [one.count for one in counted.bins()] == [2, 1, 0, 0, 1, 0, 0, 0, 0, 2]


def test_the_worst_passages_are_the_windows_of_highest_loss_with_their_texts() -> None:
    one, stream, written = network(), STREAM * 4, WRITTEN * 4
    detail = detail_of(evaluated(one, EXAMPLES * 4))
    nats, _ = step_by_step(one, stream)
    assert (detail.window, detail.stride) == (200, 50)
    starts = [*range(0, len(nats) - 200 + 1, 50)]
    wanted: list[int] = []
    for start in sorted(starts, key=lambda i: -nats[i : i + 200].mean()):
        if all(abs(start - other) >= 200 for other in wanted):
            wanted.append(start)
    assert [one.start + one.given for one in detail.worst] == wanted and len(wanted) >= 2
    for passage, start in zip(detail.worst, wanted, strict=True):
        assert passage.given == min(start, 200) and len(passage.losses) == len(passage.tokens) == passage.given + 200
        assert list(passage.tokens) == written[passage.start : start + 200]
        np.testing.assert_allclose(passage.losses, nats[passage.start : start + 200], atol=1e-4)
        assert passage.loss == pytest.approx(nats[start : start + 200].mean(), rel=1e-4)
    assert any("Ä" in passage.tokens for passage in detail.worst), "as the file spells it"


def test_at_most_ten_passages_and_short_tokens_are_kept() -> None:
    long = documents(*[LINES * 6 for _ in range(12)], "x" * 10)
    long.append(Example("", ("é" * 10_000, "."), END, ""))
    config = replace(config_of(), data=replace(config_of().data, tokens="word"))
    found = TASK.evaluate(network(), config, SPEECH, [long], len(long), lambda answers: None)
    worst = detail_of(found).worst
    assert len(worst) == 10 and detail_of(found).window == 40
    assert max(len(token) for passage in worst for token in passage.tokens) <= 200


@pytest.mark.parametrize("text", ["a", "ab", "the\n", "\n\n\n"])
def test_a_text_of_one_or_a_few_tokens_is_scored(text: str) -> None:
    one = network()
    scores = evaluated(one, documents(text))
    detail = detail_of(scores)
    nats, _ = step_by_step(one, [*VOCABULARY.encode(list(text)), EOS])
    assert scores.loss == pytest.approx(nats.mean(), rel=1e-5) and scores.tokens == len(text) + 1
    (passage,) = detail.worst
    assert passage.given == 0 and passage.tokens == (*text, "<eos>")
    assert len(passage.losses) == len(text) + 1 and detail.context[0].read == 0 and detail.places >= 1


def test_a_text_without_tokens_is_said() -> None:
    with pytest.raises(Problem, match="fewer than two tokens"):
        TASK.evaluate(network(), config_of(), SPEECH, [[Example("", ("a",), "", "")]], 1, lambda answers: None)


# ---- dynamic evaluation ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("cell", CELLS)
def test_a_learning_rate_of_zero_gives_the_static_scores(cell: str) -> None:
    one = network(cell, 2)
    with adapting(one, 0.0) as learn:
        dynamic = follow(one, np.array(STREAM), learn=learn, size=K)
    static = follow(one, np.array(STREAM), size=K)
    for ours, theirs in zip(dynamic, static, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    scores, fixed = evaluated(one, dynamic=0.0), evaluated(one)
    assert scores.loss == pytest.approx(fixed.loss, rel=1e-6) and scores.accuracy == fixed.accuracy
    assert detail_of(scores).context == () and detail_of(scores).places == 0
    assert sums(detail_of(scores).line).keys() == sums(detail_of(fixed).line).keys()


@pytest.fixture
def double() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.usefixtures("double")
@pytest.mark.parametrize("cell", CELLS)
def test_each_chunk_is_scored_before_its_step_of_sgd(cell: str) -> None:
    """Against torch.optim.SGD on a copy that reads step by step, with the state detached between chunks."""
    one, rate = network(cell, 2), 0.5
    twin = copy.deepcopy(one).requires_grad_()
    plain = torch.optim.SGD(twin.parameters(), lr=rate)
    state, before, wanted = twin.start(1), SOS, []
    for first in range(0, 30, K):
        losses = []
        for token in STREAM[first : min(first + K, 30)]:
            logits, state, _ = twin.step(torch.tensor([before]), state)
            losses.append(-logits[0].log_softmax(0)[token])
            before = token
        wanted += [float(loss.detach()) for loss in losses]
        plain.zero_grad()
        torch.stack(losses).mean().backward()
        plain.step()
        state = tuple(part.detach() for part in state)
    kept = {name: p.clone() for name, p in one.named_parameters()}
    with adapting(one, rate) as learn:
        found = follow(one, np.array(STREAM[:30]), learn=learn, size=K)
        for name, p in one.named_parameters():
            torch.testing.assert_close(p, twin.get_parameter(name), rtol=1e-8, atol=1e-10)
    np.testing.assert_allclose(found.nats, wanted, rtol=1e-5)
    assert abs(found.nats.mean() - follow(one, np.array(STREAM[:30])).nats.mean()) > 1e-4
    for name, p in one.named_parameters():
        assert torch.equal(p, kept[name]) and not p.requires_grad and p.grad is None


def test_it_helps_on_a_text_that_repeats_itself() -> None:
    one = network()
    text = documents(LINES * 30)
    static, dynamic = evaluated(one, text), evaluated(one, text, 1.0)
    assert dynamic.loss < 0.8 * static.loss
    first, last = detail_of(dynamic).stream[0], detail_of(dynamic).stream[-1]
    assert last.loss < first.loss


@pytest.mark.parametrize("how", ["cancel", "diverge"])
def test_the_network_is_as_before_when_it_is_cut_off(how: str) -> None:
    one = network()
    kept = {name: p.clone() for name, p in one.named_parameters()}

    def stop(share: float) -> None:
        if share > 0.5:
            raise InterruptedError

    if how == "cancel":
        with pytest.raises(InterruptedError):
            evaluated(one, dynamic=0.5, tick=stop)
    else:
        with pytest.raises(Problem, match=r"diverged at the learning rate 1e\+30 of dynamic evaluation. Choose a lower one"):
            evaluated(one, dynamic=1e30)
    for name, p in one.named_parameters():
        assert torch.equal(p, kept[name]) and not p.requires_grad
    assert not one.training


# ---- on disk and by the command line --------------------------------------------------------------------------------


def save(folder: Path, scores: TokenScores, dynamic: float | None = None) -> Evaluation:
    options = {} if dynamic is None else {"dynamic": dynamic}
    return evaluations.save(folder, lambda keep: Evaluation("r", "x", 5, scores, options=options))


def test_the_details_come_back_and_stay_small(tmp_path: Path) -> None:
    for dynamic in (None, 0.25):
        made = save(tmp_path, evaluated(network(), dynamic=dynamic), dynamic)
        again = evaluations.load(tmp_path)
        assert again == made and again is not None and again.options.get("dynamic") == dynamic
        assert (tmp_path / "scores.json").stat().st_size < 200_000
        assert ("options" in json.loads((tmp_path / "scores.json").read_text())) == (dynamic is not None)


def test_an_evaluation_without_details_or_with_those_of_another_format_opens(tmp_path: Path) -> None:
    made = save(tmp_path, evaluated(network()))
    held = json.loads((tmp_path / "scores.json").read_text())
    assert held["scores"]["breakdown"]["format"] == evaluations.BREAKDOWN
    for detail in (None, {"format": 99, "new": 1}, {"format": 0}):
        held["scores"]["breakdown"] = detail
        (tmp_path / "scores.json").write_text(json.dumps(held))
        again = evaluations.load(tmp_path)
        assert again == replace(made, scores=replace(made.scores, breakdown=None))
    del held["scores"]["breakdown"]
    (tmp_path / "scores.json").write_text(json.dumps(held))
    assert evaluations.load(tmp_path) is not None
    for damaged in ({"format": 1}, {"format": 1, "line": 3}, [1], "x", 5):
        held["scores"]["breakdown"] = damaged
        (tmp_path / "scores.json").write_text(json.dumps(held))
        with pytest.raises(Problem, match="damaged"):
            evaluations.load(tmp_path)


def run_command(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> Any:
    assert main([str(a) for a in arguments]) == status
    captured = capsys.readouterr()
    return json.loads(captured.out.splitlines()[-1]) if status == 0 else captured.err


def test_dynamic_evaluation_by_the_command_line_never_changes_the_run(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = saved_run(workspace, config_of(), (), vocabulary=VOCABULARY)
    before = {path: path.read_bytes() for path in run.path.iterdir() if path.is_file()}
    file, place = tmp_path / "more.txt", f"--workspace={workspace.root}"
    file.write_text(LINES * 3 + "Ä <b>!\n")
    found = run_command(capsys, "evaluate", run.id, file, "--dynamic", 0.5, place)
    fixed = run_command(capsys, "evaluate", run.id, file, place)
    assert found["dynamic"] == 0.5 and found["static_loss"] == fixed["test_loss"] != found["test_loss"]
    assert "dynamic" not in fixed and "static_loss" not in fixed
    assert {path: path.read_bytes() for path in run.path.iterdir() if path.is_file()} == before
    folders = {path.name.partition("-file")[2]: path for path in (run.path / "evaluations").iterdir()}
    assert set(folders) == {"", "-dynamic-0.5"}
    one, other = (evaluations.load(folders[name]) for name in ("", "-dynamic-0.5"))
    assert one is not None and other is not None and one.options == {} and other.options == {"dynamic": 0.5}
    assert one.weights == other.weights == evaluations.weights_of(run)
    loaded = load(run)
    how, text = EvaluateConfig(dynamic=0.5), [documents(file.read_text())]
    again = TASK.evaluate(loaded.network, run.config, run.speech, text, 1, lambda a: None, how=how)
    assert again.loss == pytest.approx(found["test_loss"], rel=1e-6)

    detail = detail_of(one.scores)  # type: ignore[arg-type]
    assert fixed["calibration_error"] == detail.calibration_error
    assert fixed["loss_by_tokens_read"] == {str(point.read): point.loss for point in detail.context}
    assert [group["loss"] for group in fixed["loss_by_line"]] == [group.loss for group in detail.line]
    assert fixed["worst_passages"][0]["text"] == "".join(detail.worst[0].tokens[detail.worst[0].given :])
    assert fixed["worst_passages"][0]["first"] == detail.worst[0].start + detail.worst[0].given + 1
    assert found["loss_by_tokens_read"] == {}


@pytest.mark.parametrize("rate", ["nan", "-1", "1000", "inf"])
def test_a_rate_that_makes_no_sense_is_refused(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str], rate: str
) -> None:
    run = saved_run(workspace, config_of(), (), vocabulary=VOCABULARY)
    (tmp_path / "more.txt").write_text(LINES)
    arguments = "evaluate", run.id, tmp_path / "more.txt", f"--dynamic={rate}", f"--workspace={workspace.root}"
    assert "option dynamic does not fit" in run_command(capsys, *arguments, status=2)


def test_a_run_of_separate_texts_has_no_dynamic_evaluation(
    workspace: Workspace, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run = saved_run(workspace)
    (tmp_path / "mine.csv").write_text("text,label\ngood film,good\nbad film,bad\n")
    arguments = "evaluate", run.id, tmp_path / "mine.csv", "--dynamic=0.1", f"--workspace={workspace.root}"
    assert "Dynamic evaluation learns along one text: a run of classification reads" in run_command(capsys, *arguments, status=2)
