"""The samples: small labelled files of the project, for runs whose own data are not in the workspace."""

import hashlib
from pathlib import Path
from typing import NamedTuple

from rnn_core import tasks
from rnn_core.config import TRAINED_WITH, DataConfig, Problem
from rnn_core.data.examples import Example
from rnn_core.data.file_examples import read_examples
from rnn_core.data.sources import Plan, sources_of
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import SAMPLES


class Sample(NamedTuple):
    """A sample, tokenised as for a run.

    Attributes:
        path: the file.
        key: the key of an evaluation on it, 64 hexadecimal digits: a hash of its bytes, so that it is the same on all machines.
        examples: all its texts.
    """

    path: Path
    key: str
    examples: tuple[Example, ...]


def sample_for(run: Run) -> Sample | None:
    """The sample of the run's task whose labels the run all knows, and on which it was not trained; None if there is none. Raises
    Problem as `Run` does."""
    data, labels = run.config.data, set(run.speech.labels)
    config = tasks.make(DataConfig, {name: getattr(data, name) for name in TRAINED_WITH})
    task = tasks.of(data)
    for name in task.samples:
        path = SAMPLES / name
        try:
            if Plan.of(sources_of({"train": path}, data, task.schema), task.schema).fingerprint == run.config.fingerprint:
                continue  # it was trained on this one
            examples = tuple(example for some in read_examples(path, config, task.schema).pieces() for example in some)
        except Problem:  # not installed
            continue
        wanted = {label for e in examples for label in ((e.target,) if isinstance(e.target, str) else e.target)}
        if task.schema.stream or wanted <= labels:
            return Sample(path, hashlib.sha256(path.read_bytes()).hexdigest(), examples)
    return None
