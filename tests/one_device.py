"""Holds torch's operations to one device each, as a GPU does; the meta device alone lets some mix, such as a matrix product."""

from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

_MAY_MIX = ("_to_copy", "copy_", "index", "index_put", "index_put_", "_index_put_impl_", "_pack_padded_sequence")
"""What moves tensors, and what takes indices or lengths of the processor."""


class OneDevice(TorchDispatchMode):
    """Raises AssertionError at an operation on tensors of several devices; one number of the processor may stand anywhere."""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        tensors = [one for one in tree_leaves((args, kwargs)) if isinstance(one, Tensor)]
        devices = {one.device.type for one in tensors if one.dim() or one.device.type != "cpu"}
        name = func.overloadpacket.__name__
        assert len(devices) < 2 or name in _MAY_MIX, f"{name} mixes {devices}"
        return func(*args, **(kwargs or {}))
