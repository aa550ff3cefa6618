"""The tensors of a module by name, as a run saves and restores them."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn


def tensors_of(network: nn.Module) -> dict[str, Tensor]:
    """Parameters and persistent buffers, detached. A tensor shared by several modules has only its first name: the constructor
    of the network shares it again."""
    saved = network.state_dict()
    named = dict(network.named_parameters()) | dict(network.named_buffers())
    return {name: tensor.detach() for name, tensor in named.items() if name in saved}


def shapes_of(make: Callable[[], nn.Module]) -> dict[str, tuple[int, ...]]:
    """The shapes of the tensors of the network returned by `make`, by name, without allocating memory for them."""
    with torch.device("meta"):
        return {name: tuple(tensor.shape) for name, tensor in tensors_of(make()).items()}


@torch.no_grad()
def put(network: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Copies the tensors from `tensors_of` into a network of the same architecture.

    Raises:
        KeyError: if a tensor is missing, or has an unknown name.
        RuntimeError: if a shape differs.
    """
    own = tensors_of(network)
    if other := own.keys() ^ tensors.keys():
        raise KeyError(f"tensors that are not those of the network: {sorted(other)[:3]}")
    for name, tensor in own.items():
        if tensor.shape != tensors[name].shape:
            raise RuntimeError(f"{name} has the shape {tuple(tensors[name].shape)}, not {tuple(tensor.shape)}")
        tensor.copy_(tensors[name])
