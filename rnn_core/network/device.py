"""Where a network computes: on the processor or on a GPU."""

import torch
from torch import Tensor

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


def host(tensor: Tensor) -> Tensor:
    """The tensor in memory of the processor, without its graph: the one place where numbers are read back from a GPU.

    Each call waits until the GPU has computed them.
    """
    return tensor.detach().cpu()
