"""The choices that are names of files, and how choices and metrics are written for people."""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rnn_core.language import N_, tr


def _files(folder: str, *first: str) -> tuple[str, ...]:
    """The names of the files in a folder, none of which is imported: some first, the others by name."""
    names = sorted(path.stem for path in (Path(__file__).parents[1] / folder).glob("[a-z]*.py"))
    return tuple(sorted(names, key=lambda name: first.index(name) if name in first else len(first)))


TASKS = _files("tasks", "classify", "tag")
"""The names of the tasks."""

CELLS = _files("network/cells", "rnn", "lstm", "gru")
"""The names of the cells."""

if TYPE_CHECKING:
    TaskName = str
    CellName = str
else:
    TaskName = Literal[TASKS]
    CellName = Literal[CELLS]

CHOICE_NAMES = {"adam": "Adam", "sgd": "SGD", "relu": "ReLU",
                "cpu": N_("the processor"), "cuda": N_("a GPU"),
                "last": N_("at the last step"), "every": N_("at every step"), "word": N_("words"), "char": N_("characters"),
                "elided": N_("words, elisions split"), "start": N_("their start"), "end": N_("their end"),
                "both": N_("half of each")}  # fmt: skip
"""How the values of options are written for people, where that is not the value itself."""

METRIC_NAMES = {"accuracy": N_("accuracy"), "macro_f1": N_("macro F1"), "f1": N_("span F1")}
"""How the headline metrics are written for people, where that is not the name itself."""


def metric_name(metric: str) -> str:
    """How a metric is written for people, in the reader's language."""
    named = METRIC_NAMES | {"perplexity": N_("perplexity")}
    return tr(named[metric]) if metric in named else metric.replace("_", " ")
