"""Recurrent networks in torch: cells, layers, embeddings, and what trains and records them.

`network.Recurrent`, `network.Embedding`, `network.Network`, `network.record` and `network.Edits` load torch when they are first
asked for.
"""

from importlib import import_module
from typing import Any

_HOMES = {"Recurrent": "recurrent", "Embedding": "embedding", "Network": "models", "record": "tape", "Edits": "tape"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
