"""Dynamic evaluation: the weights go on learning from the text that is scored."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import torch
from torch import Tensor, nn

from rnn_core.config import Problem
from rnn_core.language import tr


@contextmanager
def adapting(network: nn.Module, rate: float) -> Iterator[Callable[[Tensor], None]]:
    """Gives a function that takes one step of plain SGD on a loss, θ ← θ − η ∂L/∂θ, for any module.

    With the mean loss of each chunk of a stream after the chunk was scored, this is dynamic evaluation (Mikolov et al. 2010;
    Krause et al. 2018, with plain SGD and without decay). On leaving, also by an exception, all parameters have their former
    values and flags.

    Args:
        rate: η.

    Raises:
        Problem: from the function, if the loss is no longer a number.
    """
    before = [(p, p.detach().clone(), p.requires_grad) for p in network.parameters()]

    def learn(loss: Tensor) -> None:
        if not torch.isfinite(loss):
            raise Problem(tr(
                "The weights diverged at the learning rate {rate:g} of dynamic evaluation. Choose a lower one.",
                rate=rate,
            ))
        gradients = torch.autograd.grad(loss, [p for p, _, _ in before], allow_unused=True)
        with torch.no_grad():
            for (p, _, _), gradient in zip(before, gradients, strict=True):
                if gradient is not None:
                    p.sub_(gradient, alpha=rate)

    try:
        network.requires_grad_()
        yield learn
    finally:
        with torch.no_grad():
            for p, value, wanted in before:
                p.copy_(value).requires_grad_(wanted)
