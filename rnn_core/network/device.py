"""Where a network computes, on the processor or on a GPU, and how its numbers are read back to the host."""

import numpy as np
import torch
from torch import Tensor, nn

from rnn_core.config import Problem


def device_of(name: str) -> torch.device:
    """The device that `--device` names; `auto` is the GPU where there is one.

    Raises:
        Problem: when it is not there.
    """
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise Problem("There is no GPU here that torch can use: choose the device cpu or auto.", "--device cpu")
    return torch.device("cuda" if name != "cpu" and there else "cpu")


def title_of(device: torch.device) -> str:
    """The name of the GPU, or "cpu"."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def place_of(network: nn.Module) -> torch.device:
    """The device that a network's parameters are on."""
    return next(network.parameters()).device


def host(tensor: Tensor) -> Tensor:
    """The tensor in memory of the processor, without its graph: the one place where numbers are read back from a GPU.

    Each call waits until the GPU has computed them.
    """
    return tensor.detach().cpu()


def array(tensor: Tensor) -> np.ndarray:
    """The same as an array, which on the processor shares the tensor's memory."""
    return host(tensor).numpy()


def number(tensor: Tensor) -> float:
    """The one number of a tensor."""
    return float(host(tensor))
