"""Recurrent networks in torch: cells, layers, embeddings, their training and their recording.

`network.Recurrent`, `network.Embedding`, `network.Network`, `network.record` and `network.Edits` load torch at their first use.
"""

from importlib import import_module
from typing import Any

_HOMES = {"Recurrent": "recurrent", "Embedding": "embedding", "Network": "models", "record": "tape", "Edits": "tape"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
