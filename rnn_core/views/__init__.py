"""One question each: compute, render, explain. Every view by its name, in one table; a file is imported when its view is."""

from importlib import import_module
from typing import Any

from rnn_core.views.view import View

TABLE = {
    "inspect": (
        "answers-so-far", "own-answers", "foreseen", "cut", "beliefs", "losses", "next-losses", "next", "tags", "states",
        "probabilities", "state", "embedding",
    ),
    "unrolled": (
        "unrolled", "unrolled-writing", "unrolled-back", "unrolled-over", "unrolled-pair", "unrolled-pair-back",
    ),
    "inspect.readout": ("logit", "softmax"),
    "inspect.text_loss": ("text-loss",),
    "inspect.weights": ("weights",),
    "inspect.squash": ("squash",),
    "inspect.circuit": ("circuit",),
    "evaluate": ("confusion", "shares", "per_class", "spans", "classes", "mistakes", "behind"),
    "distance": ("by-distance",),
    "trusted": ("trusted",),
    "compared": ("baselines",),
    "judged": ("by-length", "coverage", "copied", "loops", "judged"),
    "vector": ("vector",),
    "streams": ("positions", "frequency", "context", "calibration", "worst", "dynamic"),
    "losses": ("twins", "right-so-far", "loss-reach", "decided"),
    "one_hot": ("stages", "indices", "vocabulary", "one-hot-vector", "one_hot", "whole-data", "labels"),
    "pairs": ("pair-matrices",),
    "padding": ("pad_drifts", "pad_curves", "pad_moved", "pad_drift", "pad_states"),
    "chunks": ("stream",),
    "ledger": ("ledger", "memory", "ledger-sum", "translator-ledger"),
    "recipe": ("recipe",),
    "equations": ("unit-step", "terms"),
    "bptt": (
        "total", "pairs", "walk", "path", "copy_shares", "running", "modes", "truncation", "reach", "saturation", "sgd",
        "clipping", "directions", "beside",
    ),
    "translation_gradients": (
        "translation-total", "translation-pairs", "translation-walk", "translation-ways", "translation-shares",
        "translation-parameters",
    ),
    "cutting": ("cut-readouts", "cut-gradients"),
    "exploding": ("exploding",),
    "numpy_script": ("numpy-script",),
    "feedforward": ("alone", "same-step", "answer-alone", "tags-alone"),
    "writing": ("written", "choice", "surprise"),
    "translating": ("alignment", "instead", "both-states", "beam"),
    "hunting": ("hunt", "corpus-hunt"),
}  # fmt: skip
"""The names of the views, by the file of this folder that has them."""

_FILES = {name: file for file, names in TABLE.items() for name in names}


def names() -> tuple[str, ...]:
    """Of all views."""
    return tuple(_FILES)


def view(name: str) -> View[Any, Any]:
    """The view of this name. Raises KeyError where there is none."""
    module = import_module(f"rnn_core.views.{_FILES[name]}")
    return next(one for one in module.VIEWS if one.name == name)
