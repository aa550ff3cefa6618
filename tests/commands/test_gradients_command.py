"""`gradients`: equal to autograd's."""

import pytest
import torch

from rnn_core.analysis.loading import load
from rnn_core.data.vocabulary import EOS, SOS
from rnn_core.workspace import Workspace
from tests.commands.running import Run, figures
from tests.tiny import saved_run


@pytest.mark.parametrize("loss", ["last", "every"])
def test_gradients_are_those_of_autograd(command: Run, workspace: Workspace, loss: str) -> None:
    run = saved_run(workspace)
    found = figures(command("gradients", run.id, "the film was good", "--target", "bad", "--loss", loss))
    assert found["run"] == run.id and found["tokens"][1:-1] == ["the", "film", "was", "good"]
    assert set(found["targets"]) == {"bad"} and found["loss"] == loss
    assert found["weights"] == ([0, 0, 0, 0, 0, 1] if loss == "last" else [pytest.approx(1 / 6)] * 6)
    assert 0 <= found["max_abs_difference"] < 1e-10
    by_copy = found["copies"][0]["by_copy"]["weight_hh"]
    assert len(by_copy) == 6 and by_copy[0] == 0, "copy 1 of W receives nothing, because h_0 = 0"
    network = load(run).network.double().requires_grad_()
    indices = torch.tensor([SOS, *run.speech.vocabulary.encode(found["tokens"][1:-1]), EOS])[:, None]
    h = network.hidden(indices, torch.tensor([6]))
    each = -network.readout(h)[:, 0].log_softmax(1)[:, 0]  # "bad" is the first label
    total = each[-1] if loss == "last" else each.mean()
    assert found["total_loss"] == pytest.approx(total.item(), rel=1e-9)
    total.backward()
    for name, p in network.named_parameters():
        assert found["gradient_norms"][name] == pytest.approx(p.grad.norm().item(), rel=1e-9, abs=1e-12), name
