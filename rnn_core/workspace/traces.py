"""A saved trace of one text beside a run's weights, so that a new workspace shows it without loading torch."""

import json
from dataclasses import fields

from rnn_core.config import Problem
from rnn_core.network.cells import cell_of
from rnn_core.results import Trace
from rnn_core.workspace.evaluations import weights_of
from rnn_core.workspace.runs import Arrays, Run, read_tensors, write_tensors

NAME = "trace.safetensors"

_GATE = "gate."
"""The prefix of the names of the gates' arrays."""


def save(run: Run, trace: Trace) -> None:
    """Writes a trace into the run's folder, with the hash of the weights."""
    values = {field.name: getattr(trace, field.name) for field in fields(Trace)}
    arrays: Arrays = {_GATE + name: array for name, array in values.pop("gates").items()}
    for name in ("offsets", "indices", "known", "embeddings", "states", "cells", "logits", "readouts", "answers", "form"):
        if (array := values.pop(name)) is not None:
            arrays[name] = array
    head = values | {"weights": weights_of(run), "gates": list(trace.gates)}
    write_tensors(run.path / NAME, arrays, json.dumps(head))


def load(run: Run, text: str) -> Trace | None:
    """The saved trace; None if there is none of this text by these weights, with the values that the cell keeps."""
    if not (run.path / NAME).exists():
        return None
    try:
        arrays, rest = read_tensors(run.path / NAME, run.id)
        head = json.loads(rest)
        if head.pop("weights") != weights_of(run) or head["text"] != text:
            return None
        head.pop("decision_step", None)  # traces of before hold it; it follows from the answers
        gates = {name: arrays.pop(_GATE + name) for name in head.pop("gates")}
        if set(gates) != set(cell_of(run.config.model).kept_names):  # saved when the cell had other letters
            return None
        lists = {name: tuple(head.pop(name)) for name in ("tokens", "labels", "warnings")}
        head["scheme"] = run.speech.scheme  # traces of before lack it
        return Trace(**{"cells": None, "answers": None, "form": None} | head | lists | arrays, gates=gates)
    except (Problem, KeyError, TypeError, ValueError):  # it can be computed again
        return None
