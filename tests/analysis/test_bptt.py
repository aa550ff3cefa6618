"""What every copy receives from every loss, against autograd over a network with a leaf for every copy, in float64."""

import json

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from rnn_core.analysis import bptt, bptt_pass, bptt_sweep
from rnn_core.analysis.backward import backward
from rnn_core.analysis.bptt import flow, gradients, truncations
from rnn_core.analysis.bptt_checks import compare, differences
from rnn_core.analysis.bptt_pass import Pass, Target, at_logits, doubled, forward, target_of
from rnn_core.analysis.bptt_sweep import Met, flush, sums, sweep
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.steps import losses
from rnn_core.analysis.trace import trace
from rnn_core.config import Problem
from rnn_core.network.jacobians import ReadByUnit, root, times
from rnn_core.network.models import Network
from rnn_core.results import GradientFlow
from tests.analysis.gradients import KINDS, alternating, loaded, unrolled
from tests.tiny import CELLS, TAGS, model_of

TEXT = "the film was not good , the bad film was fine"
CLOSE = {"rtol": 0, "atol": 1e-11}


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)  # what is computed here is too small to share


def read(one: Loaded, text: str = TEXT, **aim: object) -> tuple[Pass, Target]:
    seen = trace(one, text)
    return forward(one.network, seen.indices), target_of(one, seen, **aim)  # type: ignore[arg-type]


def flowing(one: Loaded, text: str = TEXT, **aim: object) -> GradientFlow:
    seen = trace(one, text)
    return flow(*read(one, text, **aim), seen.tokens, seen.labels)


def some_target(task: str) -> str:
    return " ".join(TAGS[i % 3] for i in range(len(trace(loaded("gru"), TEXT).tokens) - 2)) if task == "tag" else "good"


def each_loss(logits: Tensor, target: Target) -> Tensor:
    classes = target.classes.clamp(min=0)
    return logits.gather(1, classes[:, None])[:, 0] if target.logit else cross_entropy(logits, classes, reduction="none")


# ---- every pair -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "task", "layers", "both", "logit"), alternating(False, True))
def test_every_pair_is_autograds(name: str, task: str, layers: int, both: bool, logit: bool) -> None:
    one = loaded(name, task, layers=layers, bidirectional=both, loss="every")
    done, target = read(one, target=some_target(task), logit=logit)
    found = flowing(one, target=some_target(task), logit=logit)
    twin = unrolled(one, done.fed.tolist())
    values = each_loss(twin.logits, target)
    np.testing.assert_allclose(found.values[found.rows], values.detach()[found.rows], **CLOSE)
    total = (values * target.weights)[target.weights > 0].sum()
    assert found.total == pytest.approx(float(total.detach()), abs=1e-12)
    whole = {key: torch.stack(copies) for key, copies in twin.gradient(total).items()}
    for r, t in enumerate(found.rows.tolist()):
        pairs, reached = twin.gradient(values[t]), twin.reached(values[t])
        for held in found.layers:
            np.testing.assert_allclose(held.states[r], [g.norm() for g, *_ in reached[held.layer, held.direction]], **CLOSE)
            for parameter, norms in held.pairs.items():
                copies = torch.stack(pairs[held.layer, held.direction, parameter])
                np.testing.assert_allclose(norms[r], copies.flatten(1).norm(dim=1), **CLOSE)
                read_, factor = done.layers[held.layer][held.direction], held.factors[parameter]
                np.testing.assert_allclose(factor, read_.factor(parameter).norm(dim=1), **CLOSE)
                full = whole[held.layer, held.direction, parameter].sum(0)
                share = target.weights[t] * (copies * full).flatten(1).sum(1) / full.square().sum()
                np.testing.assert_allclose(held.shares[parameter][r], share, rtol=0, atol=1e-9)
            x = done.layers[held.layer][held.direction].x.norm(dim=1).numpy()
            np.testing.assert_allclose(held.delta[r] * x, held.pairs["weight_ih"][r], **CLOSE)
    _holds_the_readout(done, target, found)
    reached = twin.reached(total)
    for held in found.layers:
        np.testing.assert_allclose(held.reached, [g.norm() for g, *_ in reached[held.layer, held.direction]], **CLOSE)
        for parameter in held.copies:
            copies = whole[held.layer, held.direction, parameter].flatten(1)
            np.testing.assert_allclose(held.copies[parameter], copies.norm(dim=1), **CLOSE)
            full = copies.sum(0)
            shares = copies @ full / full.square().sum()
            np.testing.assert_allclose(held.copy_shares[parameter], shares, rtol=0, atol=1e-9)
            np.testing.assert_allclose(held.shares[parameter].sum(0), shares, rtol=0, atol=1e-9)
            assert held.copy_shares[parameter].sum() == pytest.approx(1, abs=1e-9)
            assert held.shares[parameter].sum() == pytest.approx(1, abs=1e-9)
            running = copies.cumsum(0) if held.direction else copies.flip(0).cumsum(0).flip(0)
            np.testing.assert_allclose(held.running[parameter], running.norm(dim=1) / full.norm(), rtol=0, atol=1e-9)
            cosines = running @ full / running.norm(dim=1).clamp(min=1e-300) / full.norm()
            np.testing.assert_allclose(held.running_cosines[parameter], cosines, rtol=0, atol=1e-8)


def _holds_the_readout(done: Pass, target: Target, found: GradientFlow) -> None:
    """The copies of V and c against autograd with a copy of both at each step."""
    network, steps = done.network, done.steps
    held = found.readout
    own = {name: [getattr(network, name).clone().requires_grad_() for _ in range(steps)] for name in ("weight_out", "bias_out")}
    tops = [h.clone().requires_grad_() for h in done.top]
    logits = torch.stack([tops[t] @ own["weight_out"][t].t() + own["bias_out"][t] for t in range(steps)])
    values = each_loss(logits, target)
    aimed = target.classes >= 0
    for t in torch.nonzero(aimed)[:, 0].tolist():
        (at_h,) = torch.autograd.grad(values[t], tops[t], retain_graph=True)
        assert held.states[t] == pytest.approx(float(at_h.norm()), abs=1e-12)
        (at_o,) = torch.autograd.grad(values[t], logits, retain_graph=True)
        assert held.delta[t] == pytest.approx(float(at_o[t].norm()), abs=1e-12) and not at_o[:t].any() and not at_o[t + 1 :].any()
    for name, leaves in own.items():
        pairs = [torch.autograd.grad(values[t], leaves[t], retain_graph=True)[0].flatten() * aimed[t] for t in range(steps)]
        copies = torch.stack(pairs) * target.weights[:, None]
        full = copies.sum(0)
        np.testing.assert_allclose(held.pairs[name], torch.stack(pairs).norm(dim=1), **CLOSE)
        np.testing.assert_allclose(held.copies[name], copies.norm(dim=1), **CLOSE)
        assert found.norms[name] == pytest.approx(float(full.norm()), abs=1e-12)
        np.testing.assert_allclose(held.copy_shares[name], copies @ full / full.square().sum(), rtol=0, atol=1e-9)
        running = copies.flip(0).cumsum(0).flip(0)
        np.testing.assert_allclose(held.running[name], running.norm(dim=1) / full.norm(), rtol=0, atol=1e-9)
        cosines = running @ full / running.norm(dim=1).clamp(min=1e-300) / full.norm()
        np.testing.assert_allclose(held.running_cosines[name], cosines, rtol=0, atol=1e-8)
        np.testing.assert_allclose(held.pairs[name], held.delta * held.factors[name], **CLOSE)
        spread = held.at(found.rows, 9)
        assert spread.pairs[name].sum() == pytest.approx(held.pairs[name][found.rows].sum())
        assert [spread.pairs[name][r, t] for r, t in enumerate(found.rows)] == held.pairs[name][found.rows].tolist()


@pytest.mark.parametrize("reduce", ["mean", "sum"])
@pytest.mark.parametrize("loss", ["last", "every"])
@pytest.mark.parametrize("name", CELLS)
def test_the_sums_over_copies_are_autograds_gradient(name: str, loss: str, reduce: str) -> None:
    found = flowing(loaded(name, layers=2, reduce=reduce), target="bad", loss=loss)
    assert set(found.differences) == set(found.norms) and "embedding.weight" in found.differences
    assert found.max_abs_difference <= 1e-10 and found.precision == 64
    assert found.weights.sum() == pytest.approx(1 if loss == "last" or reduce == "mean" else len(found.tokens))


def test_a_wrong_gradient_would_be_seen() -> None:
    done, target = read(loaded("gru"))
    ours = sums(done, target, target.weights[None]).row(0)
    assert differences(done, target, ours | {"bias_out": ours["bias_out"] + 1e-6})["bias_out"] == pytest.approx(1e-6)
    wrong = ours | {"embedding.weight": ours["embedding.weight"] + 1e-6}
    assert differences(done, target, wrong)["embedding.weight"] == pytest.approx(1e-6)


def test_single_precision_is_single_and_doubled_leaves_the_run_as_it_was() -> None:
    one = loaded("lstm")
    one.network.float()
    seen = trace(one, TEXT)
    single = flow(forward(one.network, seen.indices), target_of(one, seen), seen.tokens, seen.labels)
    double = flow(forward(doubled(one.network), seen.indices), target_of(one, seen), seen.tokens, seen.labels)
    assert (single.precision, double.precision) == (32, 64)
    assert one.network.bias_out.dtype == torch.float32
    np.testing.assert_allclose(single.layers[0].delta, double.layers[0].delta, rtol=1e-3, atol=1e-6)
    assert double.max_abs_difference <= 1e-10 < single.max_abs_difference < 1e-5


@pytest.mark.parametrize("name", CELLS)
def test_copy_1_of_w_receives_exactly_nothing_and_no_loss_reaches_a_later_copy(name: str) -> None:
    one = loaded(name)
    (held,) = flowing(one).layers
    if one.network.cell.of_step:
        assert (held.pairs["weight_hh"][:, 0] == 0).all() and held.copies["weight_hh"][0] == 0
    assert (held.pairs["weight_ih"][np.triu_indices(len(held.delta), 1)] == 0).all()
    assert (np.diag(held.delta) > 0).all() or name == "relu"


def test_below_both_directions_a_loss_reaches_every_copy_and_above_only_one_side() -> None:
    found = flowing(loaded("tanh", "tag", layers=2, bidirectional=True))
    rows = found.rows
    sides = {(one.layer, one.direction): one.delta for one in found.layers}
    assert (sides[0, 0] > 0).all() and (sides[0, 1] > 0).all()
    later = np.arange(len(found.tokens)) > rows[:, None]
    assert (sides[1, 0][later] == 0).all() and (sides[1, 0][~later] > 0).all()
    earlier = np.arange(len(found.tokens)) < rows[:, None]
    assert (sides[1, 1][earlier] == 0).all() and (sides[1, 1][~earlier] > 0).all()
    assert rows.tolist() == list(range(1, len(found.tokens) - 1))  # <sos> and <eos> have no tag
    assert np.isnan(found.values[[0, -1]]).all() and found.targets[0] == -1


def test_without_w_a_loss_reaches_its_own_copy_alone() -> None:
    one = loaded("tanh")
    one.network.layer(0, 0)["weight_hh"].zero_()
    (held,) = flowing(one).layers
    assert (held.delta[~np.eye(len(held.delta), dtype=bool)] == 0).all() and (np.diag(held.delta) > 0).all()


@pytest.mark.parametrize("name", ["relu", "lstm"])
def test_a_gradient_of_zero_has_no_shares(name: str) -> None:
    one = loaded(name)
    one.network.weight_out.zero_()
    found = flowing(one)
    (held,) = found.layers
    assert held.copies["weight_hh"].sum() == 0
    for values in (held.copy_shares["weight_hh"], held.shares["weight_hh"], held.running["weight_hh"]):
        assert (values == 0).all()


def test_blocks_of_losses_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    one = loaded("gru", "tag", layers=2, bidirectional=True)
    whole = flowing(one)
    monkeypatch.setattr(bptt_sweep, "BLOCK_BYTES", 5000)
    for a, b in zip(whole.layers, flowing(one).layers, strict=True):
        np.testing.assert_allclose(a.delta, b.delta, **CLOSE)
        np.testing.assert_allclose(a.shares["weight_hh"], b.shares["weight_hh"], **CLOSE)


def test_in_long_texts_every_nth_loss_is_followed_and_the_last_one_always(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = flowing(loaded("gru"))
    monkeypatch.setattr(bptt, "MOST_PRODUCTS", 13 * 13 * 4 * (4 + bptt.BESIDE_PRODUCTS) / 3.5)  # 13 steps, W's way is 4 × 4
    some = flowing(loaded("gru"))
    assert len(some.tokens) == 13 and some.rows.tolist() == [0, 4, 8, 12]
    np.testing.assert_allclose(some.layers[0].delta, whole.layers[0].delta[some.rows], **CLOSE)
    np.testing.assert_allclose(some.layers[0].copies["bias"], whole.layers[0].copies["bias"], **CLOSE)


def test_a_text_of_500_tokens_is_followed_whole_by_one_layer_of_the_usual_width() -> None:
    cases = (("lstm", 1, False, 1, 1), ("lstm", 1, True, 1, 2), ("lstm", 2, False, 2, 3), ("lstm", 2, True, 5, 9))
    for cell, layers, both, every, in_double in cases:
        network = Network(model_of(cell, hidden=128, embedding=100, layers=layers, bidirectional=both), 10, 2)
        for stride in (every, in_double):
            assert (torch.diff(bptt.followed(network, torch.zeros(502))) == stride).all()
            network.double()


@pytest.mark.parametrize("name", CELLS)
def test_the_roots_of_slopes_give_vectors_of_the_same_length(name: str) -> None:
    read_ = read(loaded(name))[0].layers[0][0]
    if not isinstance(read_, ReadByUnit):
        return
    for slopes in read_.slopes.at.values():
        grad = torch.randn(5, slopes.shape[1] * slopes.shape[3], dtype=torch.float64)
        for some in (slopes, 1e-200 * slopes, 0 * slopes):
            for step, one in enumerate(root(some)):
                np.testing.assert_allclose(times(one, grad).norm(dim=1), times(some[step], grad).norm(dim=1), rtol=1e-9)


@pytest.mark.parametrize("name", CELLS)
def test_few_losses_and_many_cross_a_step_alike(name: str) -> None:
    read_ = read(loaded(name))[0].layers[0][0]
    grad = torch.randn(40, len(read_.after) * 4, dtype=torch.float64)
    many, few = torch.empty_like(grad), torch.empty_like(grad)
    below, each = torch.zeros(40, 5, dtype=torch.float64), torch.zeros(40, 5, dtype=torch.float64)
    for step in range(13):
        crossing = read_.cross(step, grad)
        crossing.back(many)
        crossing.down(below)
        for row in range(40):
            one = slice(row, row + 1)
            alone = read_.cross(step, grad[one])
            alone.back(few[one])
            alone.down(each[one])
        np.testing.assert_allclose(many, few, **CLOSE)
        np.testing.assert_allclose(below, each, **CLOSE)


# ---- targets --------------------------------------------------------------------------------------------------------


def test_the_target_is_the_networks_own_answer_unless_said() -> None:
    one = loaded("gru")
    seen = trace(one, TEXT)
    assert flowing(one).targets.tolist() == [seen.answer] * len(seen.tokens)
    np.testing.assert_allclose(flowing(one, target="bad").values, losses(seen, [0]), **CLOSE)
    tagger = loaded("gru", "tag", bidirectional=True)
    assert flowing(tagger).targets[1:-1].tolist() == trace(tagger, TEXT).readouts[1:-1].argmax(1).tolist()


@pytest.mark.parametrize(
    ("task", "target", "loss", "said"),
    [("classify", "fine", None, "no label 'fine'. Choose one of: bad, good"), ("tag", "O O", None, "2 tags for 11 tokens"),
     ("tag", "O " * 10 + "X", None, "no label 'X'"), ("tag", None, "last", "Choose every"),
     ("classify", ["good"], None, "one label")],
)  # fmt: skip
def test_targets_that_do_not_fit_are_refused_in_a_sentence(task: str, target: object, loss: str | None, said: str) -> None:
    with pytest.raises(Problem, match=said):
        read(loaded("gru", task), target=target, loss=loss)


# ---- truncation -----------------------------------------------------------------------------------------------------


def truncated(one: Loaded, target: Target, indices: list[int], kind: str, k: int) -> dict[str, Tensor]:
    """The truncated gradient of the cells by autograd over detached graphs."""
    if kind == "chunks":
        twin = unrolled(one, indices, cut=set(range(k, len(indices), k)))
        total = (each_loss(twin.logits, target) * target.weights)[target.weights > 0].sum()
        return summed(one, [twin.gradient(total)])
    found = []
    for t in torch.nonzero(target.weights)[:, 0].tolist():
        twin = unrolled(one, indices, window=(t, k))
        found.append(twin.gradient(target.weights[t] * each_loss(twin.logits, target)[t]))
    return summed(one, found)


def summed(one: Loaded, gradients: list[dict[tuple[int, int, str], list[Tensor]]]) -> dict[str, Tensor]:
    return {
        f"cells.{layer}.{direction}.{name}": sum(torch.stack(gradient[layer, direction, name]).sum(0) for gradient in gradients)  # type: ignore[misc]
        for layer, direction, name in gradients[0]
    }


@pytest.mark.parametrize(("task", "layers", "both"), KINDS[:3])
@pytest.mark.parametrize("name", CELLS)
def test_windows_and_chunks_are_autograds_over_detached_graphs(name: str, task: str, layers: int, both: bool) -> None:
    one = loaded(name, task, layers=layers, bidirectional=both, loss="every")
    done, target = read(one, target=some_target(task))
    full = sums(done, target, target.weights[None]).row(0)
    for found in truncations(done, target, [1, 2, 3, 5, 100]):
        wanted = truncated(one, target, done.fed.tolist(), found.kind, found.k)
        for parameter, gradient in wanted.items():
            assert found.against.norms[parameter] == pytest.approx(float(gradient.norm()), abs=1e-11)
            bias = float((gradient - full[parameter]).norm() / full[parameter].norm())
            assert found.against.bias[parameter] == pytest.approx(bias, abs=1e-10)
            if float(gradient.norm()) > 1e-12:
                cosine = float((gradient * full[parameter]).sum() / gradient.norm() / full[parameter].norm())
                assert found.against.cosines[parameter] == pytest.approx(cosine, abs=1e-9)
                ratio = float(gradient.norm() / full[parameter].norm())
                assert found.against.ratios[parameter] == pytest.approx(ratio, abs=1e-9)


@pytest.mark.parametrize("name", ["tanh", "lstm", "gru"])
def test_below_both_directions_truncation_drops_copies(name: str) -> None:
    one = loaded(name, "tag", layers=2, bidirectional=True)
    done, target = read(one, target=some_target("tag"))
    twin = unrolled(one, done.fed.tolist())
    values = each_loss(twin.logits, target)
    for found in truncations(done, target, [1, 3]):
        kept: dict[tuple[int, int, str], Tensor] = {}
        for t in range(1, done.steps - 1):
            for key, copies in twin.gradient(values[t]).items():
                for i, gradient in enumerate(copies):
                    near = abs(t - i) < found.k if found.kind == "window" else t // found.k == i // found.k
                    kept[key] = kept.get(key, torch.zeros_like(gradient)) + near * target.weights[t] * gradient
        for (layer, direction, parameter), gradient in kept.items():
            norm = found.against.norms[f"cells.{layer}.{direction}.{parameter}"]
            assert norm == pytest.approx(float(gradient.norm()), abs=1e-11)


def test_windows_and_chunks_differ_in_general_and_drop_nothing_at_the_texts_length() -> None:
    done, target = read(loaded("tanh"), loss="every")
    steps = done.steps
    window, whole_window, chunks, whole_chunks = truncations(done, target, [4, steps])
    assert window.against.norms["all"] != pytest.approx(chunks.against.norms["all"], rel=1e-4)
    for whole in (whole_window, whole_chunks):
        assert (whole.k, whole.kept, whole.dropped) == (steps, steps * (steps + 1) // 2, 0)
        assert max(whole.against.bias.values()) < 1e-12
        assert whole.against.cosines["all"] == pytest.approx(1)
    assert window.kept == sum(min(4, t) for t in range(1, steps + 1)) and window.kept + window.dropped == whole_window.kept
    assert window.against.ratios["weight_out"] == pytest.approx(1)
    last, *_ = truncations(*read(loaded("tanh"), loss="last"), [4])
    assert (last.kept, last.dropped) == (4, steps - 4)


# ---- last step against every step -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CELLS)
def test_last_step_and_every_step_are_those_two_gradients(name: str) -> None:
    one = loaded(name, layers=2)
    found = bptt.loss_modes(*read(one, loss="last", target="bad"))
    last, every = (flowing(one, loss=loss, target="bad") for loss in ("last", "every"))
    for parameter in last.norms:
        assert found.last_norms[parameter] == pytest.approx(last.norms[parameter], abs=1e-12)
        assert found.every.norms[parameter] == pytest.approx(every.norms[parameter], abs=1e-12)
    for i, layer in enumerate(last.layers):
        np.testing.assert_allclose(found.last_reached[i, 0], layer.reached, **CLOSE)
        np.testing.assert_allclose(found.every_reached[i, 0], every.layers[i].reached, **CLOSE)
    assert np.linalg.norm([v for k, v in found.every.norms.items() if k != "all"]) == pytest.approx(found.every.norms["all"])


def test_the_loss_at_every_step_is_the_sum_where_the_run_was_trained_on_it() -> None:
    one = loaded("gru")
    mean, total = (bptt.loss_modes(*read(one, loss="last", target="bad", reduce=reduce)) for reduce in ("mean", "sum"))
    steps = read(one)[0].steps
    assert total.every.norms["all"] == pytest.approx(steps * mean.every.norms["all"])
    assert total.last_norms == mean.last_norms


def test_in_long_texts_every_nth_loss_is_cut_and_held_against_the_whole_of_these(monkeypatch: pytest.MonkeyPatch) -> None:
    one = loaded("lstm", "tag")
    done, target = read(one, target=some_target("tag"))
    monkeypatch.setattr(bptt, "MOST_PRODUCTS", 13 * 11 * 8 * (4 + bptt.BESIDE_PRODUCTS) / 2.5)
    assert bptt.cut_rows(one.network, target).tolist() == [2, 5, 8, 11]
    some = truncations(done, target, [3])
    fewer = target._replace(weights=target.weights * torch.tensor([t % 3 == 2 for t in range(13)]))
    monkeypatch.undo()
    assert some == truncations(done, fewer, [3])


@pytest.mark.parametrize("both", [False, True])
def test_pairs_are_counted_as_they_are_defined(both: bool) -> None:
    done, target = read(loaded("tanh", "tag", bidirectional=both))
    steps, rows = done.steps, torch.nonzero(target.weights)[:, 0].tolist()
    reached = [(t, i) for t in rows for i in range(steps) if both or i <= t]
    for found in truncations(done, target, [1, 2, 3, 5, 7, 12, 13, 100]):
        window = [abs(t - i) < found.k for t, i in reached]
        chunks = [t // found.k == i // found.k for t, i in reached]
        assert found.kept == sum(window if found.kind == "window" else chunks)
        assert found.kept + found.dropped == len(reached)


def test_a_comparison_is_of_lengths_and_angles() -> None:
    one = {"a": torch.tensor([3.0, 0.0]), "b": torch.tensor([0.0])}
    other = {"a": torch.tensor([0.0, 4.0]), "b": torch.tensor([1.0])}
    found = compare(one, other)
    assert found.norms == {"a": 3, "b": 0, "all": 3} and found.ratios["a"] == 0.75
    assert found.cosines["a"] == 0 and np.isnan(found.cosines["b"]) and found.bias["a"] == 1.25
    assert np.isnan(compare(other, one).bias["b"])


# ---- the command line -----------------------------------------------------------------------------------------------


def test_what_the_command_prints_is_plain_and_exact() -> None:
    one = loaded("lstm", layers=2)
    one.network.float()
    seen = trace(one, TEXT)
    said = json.loads(json.dumps(gradients(one, seen, "good", "every"), allow_nan=False))
    assert said["max_abs_difference"] <= 1e-10 and said["targets"] == ["good"] * len(seen.tokens)
    assert [(c["layer"], c["direction"]) for c in said["copies"]] == [(1, 1), (2, 1)]
    assert np.shape(said["copies"][0]["by_pair"]["weight_hh"]) == (len(seen.tokens),) * 2
    assert said["copies"][0]["by_copy"]["weight_hh"][0] == 0 and said["rows"][0] == 1
    tagger = loaded("gru", "tag")
    tags = json.loads(json.dumps(gradients(tagger, trace(tagger, TEXT), some_target("tag")), allow_nan=False))
    assert tags["losses"][0] is None and tags["targets"][1] == TAGS[0]


@pytest.mark.parametrize("layers", [1, 2])
def test_what_the_sweep_held_is_of_this_texts_size(layers: int) -> None:
    one = loaded("lstm", layers=layers)
    done, _ = read(one, loss="every")
    found = flowing(one, loss="every")
    steps, d, item = done.steps, 4, 8
    maps = layers * item * steps * steps * (2 + 2 * 3)  # δ, states, and pairs and shares of W, U and b
    between = (layers > 1) * 2 * item * steps * steps * d  # above and below a layer, of all losses
    others = item * 2 * d * (8 * steps + 4 * 4 * steps * layers) + item * done.logits.numel()
    assert found.peak_bytes == maps + between + others < 2**18


# ---- numbers too small to compute with ------------------------------------------------------------------------------


def test_what_has_all_but_vanished_is_0_and_the_rest_stays() -> None:
    rows = torch.tensor([[1e-29, 1e-35], [1e-29, 1e-27], [0.0, 0.0], [3.0, 1e-38]])
    kept = rows.clone()
    flush(rows)
    assert (rows[0] == 0).all() and torch.equal(rows[1:], kept[1:])
    pair = torch.tensor([[1e-35, 1.0]])
    flush(pair)
    assert pair[0, 0] != 0  # the rest of this row has not vanished


def test_gradients_that_vanish_end_at_0_in_single_precision_and_go_on_in_double() -> None:
    one = loaded("lstm")
    one.network.layer(0, 0)["weight_hh"].mul_(1e-4)
    one.network.layer(0, 0)["bias"][4:8] = -12  # the forget gates are shut, so all goes through W
    exact = flowing(one, "film " * 20).layers[0].delta[-1]
    one.network.float()
    single = flowing(one, "film " * 20).layers[0].delta[-1]
    gone = exact < 1e-36
    assert (exact > 0).all() and gone.sum() > 8 and (single[:6] == 0).all()
    near = exact > 1e-20
    np.testing.assert_allclose(single[near], exact[near], rtol=1e-3)


def test_numbers_that_overflow_are_said_in_a_sentence() -> None:
    one = loaded("relu")
    one.network.layer(0, 0)["weight_hh"].fill_(1).mul_(1e100)
    one.network.layer(0, 0)["bias"].fill_(1)
    with pytest.raises(Problem, match="numbers overflow on this text"):
        flowing(one, target="bad")


@pytest.mark.parametrize(("task", "layers", "both"), KINDS)
def test_a_sweep_that_may_leave_out_what_is_far_meets_all_that_is_near(task: str, layers: int, both: bool) -> None:
    done, target = read(loaded("gru", task, layers=layers, bidirectional=both), target=some_target(task))
    seeds, rows = at_logits(done, target) @ done.network.weight_out, torch.eye(done.steps)
    met: dict[int | None, dict[tuple[int, int, int, int], Tensor]] = {None: {}, 3: {}}
    for within, found in met.items():

        def visit(one: Met, found: dict[tuple[int, int, int, int], Tensor] = found) -> None:
            for row, delta in zip(range(one.rows.start, one.rows.stop), one.crossing.delta("weight_ih"), strict=True):
                found[one.layer, one.direction, row, one.step] = delta

        sweep(done, seeds, rows.double(), visit, within)
    near = {key for key in met[None] if abs(key[2] - key[3]) < 3}
    assert near <= met[3].keys() <= met[None].keys()
    assert all(torch.allclose(met[3][key], met[None][key], rtol=0, atol=1e-12) for key in near)
    if layers == 1:
        assert near == met[3].keys()


# ---- texts that are too long ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("task", ["classify", "tag"])
def test_of_a_text_that_is_too_long_the_beginning_is_read_as_a_text_of_its_own(
    task: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = loaded("lstm", task, layers=2, loss="every")
    monkeypatch.setattr(bptt_pass, "MOST_TOKENS", 6)
    tags = some_target(task)
    short = " ".join(tags.split()[:6]) if task == "tag" else tags
    cut, whole = backward(one, trace(one, TEXT), tags), backward(one, trace(one, "the film was not good ,"), short)
    assert cut.cut == "This text has 11 tokens; the way back is of its first 6, read as a text of their own." and not whole.cut
    assert cut.trace.tokens == whole.trace.tokens == ("<sos>", *["the", "film", "was", "not", "good", ","], "<eos>")
    assert cut.trace.text == whole.trace.text and cut.flow.total == whole.flow.total
    for mine, theirs in zip(cut.flow.layers, whole.flow.layers, strict=True):
        for parameter in theirs.pairs:
            np.testing.assert_array_equal(mine.pairs[parameter], theirs.pairs[parameter])
    printed, wanted = gradients(one, trace(one, TEXT), tags), gradients(one, trace(one, "the film was not good ,"), short)
    assert printed.pop("said") == [cut.cut] and wanted.pop("said") == []
    assert printed == wanted
    if task == "tag":
        with pytest.raises(Problem, match="There are 1 tags for 6 tokens"):
            backward(one, trace(one, TEXT), "O")


def test_of_many_pairs_some_are_printed_and_the_sums_are_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    one = loaded("gru", layers=2, loss="every")
    seen = trace(one, TEXT)
    whole = gradients(one, seen)
    monkeypatch.setattr(bptt, "MOST_PRINTED", 5 * 2 * len(seen.tokens))
    some = gradients(one, seen)
    rows = some["rows"]
    assert whole["rows"] == list(range(1, 14)) and rows == [1, 4, 7, 10, 13]
    assert some["said"] == ["Of its 13 losses 5 are printed by pair, evenly from the last; sums are of all."]
    for few, all_ in zip(some["copies"], whole["copies"], strict=True):
        assert few["by_copy"] == all_["by_copy"] and few["share_by_copy"] == all_["share_by_copy"]
        assert np.allclose(few["delta_by_pair"], np.array(all_["delta_by_pair"])[np.array(rows) - 1], **CLOSE)
    for name in ("losses", "weights", "total_loss", "gradient_norms", "differences"):
        assert some[name] == whole[name]


@pytest.mark.parametrize(("task", "tokens"), [("classify", 1_500), ("tag", 5_000)])
def test_what_is_printed_of_a_long_text_is_bounded(task: str, tokens: int) -> None:
    one = loaded("lstm", task, layers=2, bidirectional=task == "tag", loss="every")
    found = gradients(one, trace(one, "film " * tokens))
    assert len(found["tokens"]) == bptt_pass.MOST_TOKENS + 2 and len(found["said"]) == 2
    assert len(json.dumps(found)) < 8_000_000 and found["max_abs_difference"] < 1e-10
    pairs = sum(len(row) for one in found["copies"] for row in one["delta_by_pair"])
    assert pairs <= bptt.MOST_PRINTED


def test_a_larger_network_is_laid_open_for_fewer_tokens() -> None:
    assert bptt_pass.longest(loaded("lstm").network) == bptt_pass.MOST_TOKENS
    with torch.device("meta"):  # no room is made for it

        class Wide:
            cells = torch.nn.Linear(2048, 4 * 2048)

        wide = bptt_pass.longest(Wide())  # type: ignore[arg-type]
        Wide.cells = torch.nn.Linear(2**15, 2**15)
        assert bptt_pass.FEWEST_TOKENS == bptt_pass.longest(Wide()) < wide < bptt_pass.MOST_TOKENS  # type: ignore[arg-type]
