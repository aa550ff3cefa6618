"""The device of a network, CPU or GPU, and copies from it to the host."""

import numpy as np
import torch
from torch import Tensor, nn

from rnn_core.config import Problem
from rnn_core.language import tr


def device_of(name: str) -> torch.device:
    """The device for a value of `--device`; `auto` is the GPU, if there is one.

    Raises:
        Problem: if it is not available.
    """
    there = torch.cuda.is_available()
    if name == "cuda" and not there:
        raise Problem(tr("There is no GPU here that torch can use: choose the device cpu or auto."), "--device cpu")
    return torch.device("cuda" if name != "cpu" and there else "cpu")


def title_of(device: torch.device) -> str:
    """The name of the GPU, or "cpu"."""
    return torch.cuda.get_device_name(device) if device.type == "cuda" else device.type


def place_of(network: nn.Module) -> torch.device:
    """The device of a network's parameters."""
    return next(network.parameters()).device


def host(tensor: Tensor) -> Tensor:
    """The tensor in CPU memory, detached. All copies from a GPU are made here.

    Each call waits until the GPU has computed the tensor.
    """
    return tensor.detach().cpu()


def array(tensor: Tensor) -> np.ndarray:
    """The same as an array, which shares the tensor's memory on the CPU."""
    return host(tensor).numpy()


def number(tensor: Tensor) -> float:
    """The value of a tensor with one element."""
    return float(host(tensor))
