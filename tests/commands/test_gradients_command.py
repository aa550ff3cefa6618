"""`gradients`: equal to autograd's."""

import pytest
import torch

from rnn_core.analysis.loading import load
from rnn_core.data.vocabulary import EOS, SOS
from rnn_core.workspace import Workspace
from tests.commands.running import Run, figures
from tests.tiny import saved_run


@pytest.mark.parametrize(("loss", "reduce"), [("last", "mean"), ("every", "mean"), ("every", "sum")])
def test_gradients_are_those_of_autograd(command: Run, workspace: Workspace, loss: str, reduce: str) -> None:
    run = saved_run(workspace)
    asked = ("--target", "bad", "--loss", loss, "--reduce", reduce)
    found = figures(command("gradients", run.id, "the film was good", *asked))
    assert found["run"] == run.id and found["tokens"][1:-1] == ["the", "film", "was", "good"]
    assert set(found["targets"]) == {"bad"} and found["loss"] == loss
    each_weight = [0, 0, 0, 0, 0, 1] if loss == "last" else [1 if reduce == "sum" else pytest.approx(1 / 6)] * 6
    assert found["weights"] == each_weight and found["reduce"] == reduce
    assert 0 <= found["max_abs_difference"] < 1e-10
    by_copy = found["copies"][0]["by_copy"]["weight_hh"]
    assert len(by_copy) == 6 and by_copy[0] == 0, "copy 1 of W receives nothing, because h_0 = 0"
    network = load(run).network.double().requires_grad_()
    indices = torch.tensor([SOS, *run.speech.vocabulary.encode(found["tokens"][1:-1]), EOS])[:, None]
    h = network.hidden(indices, torch.tensor([6]))
    each = -network.readout(h)[:, 0].log_softmax(1)[:, 0]  # "bad" is the first label
    total = each[-1] if loss == "last" else each.sum() if reduce == "sum" else each.mean()
    assert found["total_loss"] == pytest.approx(total.item(), rel=1e-9)
    total.backward()
    for name, p in network.named_parameters():
        assert found["gradient_norms"][name] == pytest.approx(p.grad.norm().item(), rel=1e-9, abs=1e-12), name
    v = found["readout"]
    for t, weight in enumerate(found["weights"]):  # ∂L/∂V|(t) = w_t (ŷ_t − y_t) h_tᵀ
        error = network.readout(h[t])[0].softmax(0).detach() - torch.tensor([1.0, 0.0], dtype=torch.float64)
        assert v["delta_by_loss"][t] == pytest.approx(error.norm().item(), rel=1e-9)
        assert v["by_copy"]["bias_out"][t] == pytest.approx(weight * error.norm().item(), rel=1e-9)
        assert v["by_copy"]["weight_out"][t] == pytest.approx(weight * (error.norm() * h[t].norm()).item(), rel=1e-9)
    assert sum(v["share_by_copy"]["weight_out"]) == pytest.approx(1) == sum(v["share_by_copy"]["bias_out"])
