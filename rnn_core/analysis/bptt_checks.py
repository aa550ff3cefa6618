"""Gradients held against others: those of torch's autograd, or those of another way to take the loss."""

import copy

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from rnn_core.analysis.bptt_pass import Pass, Target
from rnn_core.analysis.bptt_sweep import Gradients, by_parameter
from rnn_core.network.device import number, place_of
from rnn_core.network.models import Network
from rnn_core.results import Comparison


def autograd(done: Pass, target: Target) -> Gradients:
    """The gradient of the total loss by torch's autograd through the network as it is trained."""
    twin = copy.deepcopy(done.network).requires_grad_(True)
    with torch.enable_grad():
        total_by(twin, done, target).backward()
    return {name: p.grad for name, p in twin.named_parameters() if p.grad is not None}


def total_by(network: Network, done: Pass, target: Target) -> Tensor:
    """The total of this text's losses, (), by a network with other weights, read as it is trained."""
    counted, device = torch.nonzero(target.weights > 0)[:, 0], place_of(network)
    read = {"tokens": done.fed[:, None].to(device), "lengths": torch.tensor([done.steps], device=device)}
    logits = network(read | {"at": counted.to(device)})["logits"]
    chosen = target.classes[counted].to(device)
    each = logits.gather(1, chosen[:, None])[:, 0] if target.logit else cross_entropy(logits, chosen, reduction="none")
    return (each * target.weights[counted].to(each)).sum()


def differences(done: Pass, target: Target, ours: Gradients) -> dict[str, float]:
    """The largest absolute difference of each gradient from autograd's."""
    wanted, ours = autograd(done, target), by_parameter(done, ours)
    found = {}
    for name, gradient in wanted.items():
        if name in done.tables:
            mine = torch.zeros_like(gradient)
            mine[torch.unique(done.tables[name]).to(mine.device)] = ours[name]
        else:
            mine = ours[name]
        found[name] = number((mine - gradient).abs().max())
    return found


def _products(one: Tensor, other: Tensor) -> tuple[float, float, float, float]:
    """⟨a, b⟩, ‖a‖², ‖b‖² and ‖a − b‖²."""
    size = number(other.square().sum())
    if one is other:  # such as the gradient of a vocabulary's readout, which no truncation changes
        return size, size, size, 0.0
    return number((one * other).sum()), number(one.square().sum()), size, number((one - other).square().sum())


def compare(one: Gradients, other: Gradients) -> Comparison:
    """One gradient held against another, parameter by parameter, and under `all` as one long vector."""
    products: dict[str, tuple[float, ...]] = {name: _products(one[name], other[name]) for name in one}
    products["all"] = tuple(map(sum, zip(*products.values(), strict=True)))
    norms, cosines, ratios, bias = {}, {}, {}, {}
    for name, (inner, mine, theirs, apart) in products.items():
        norms[name] = mine**0.5
        cosines[name] = inner / (mine * theirs) ** 0.5 if mine * theirs else float("nan")
        ratios[name] = (mine / theirs) ** 0.5 if theirs else float("nan")
        bias[name] = (apart / theirs) ** 0.5 if theirs else float("nan")
    return Comparison(norms, cosines, ratios, bias)
