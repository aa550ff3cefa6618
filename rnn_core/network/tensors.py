"""The numbers of a module by name: what a run saves of it, and puts back."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn


def tensors_of(network: nn.Module) -> dict[str, Tensor]:
    """Parameters and persistent buffers, without their graph. One that several modules share is there once, under its first
    name: the constructor of the network makes it shared again."""
    saved = network.state_dict()
    named = dict(network.named_parameters()) | dict(network.named_buffers())
    return {name: tensor.detach() for name, tensor in named.items() if name in saved}


def shapes_of(make: Callable[[], nn.Module]) -> dict[str, tuple[int, ...]]:
    """The shapes of the tensors of the network that `make` gives, by name. No memory is taken for them: the network may be as
    large as a config says."""
    with torch.device("meta"):
        return {name: tuple(tensor.shape) for name, tensor in tensors_of(make()).items()}


@torch.no_grad()
def put(network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Copies what `tensors_of` gave into a network of the same kind.

    Raises:
        KeyError: when one is missing or of no such name.
        RuntimeError: when a shape is another.
    """
    own = tensors_of(network)
    if other := own.keys() ^ tensors.keys():
        raise KeyError(f"tensors that are not those of the network: {sorted(other)[:3]}")
    for name, tensor in own.items():
        if tensor.shape != tensors[name].shape:
            raise RuntimeError(f"{name} has the shape {tuple(tensors[name].shape)}, not {tuple(tensor.shape)}")
        tensor.copy_(tensors[name])
