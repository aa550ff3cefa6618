"""The loops of training compiled before anybody waits for them: on a new machine that takes 15 seconds with the first cell.

`start` is for pages on the way to a training. `python -m rnn_core.training.ahead [CELL …]` does the work.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Thread


def start() -> None:
    """Starts a process of the lowest priority that compiles what is not kept from before, and ends. Loads no torch."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )
    Thread(target=process.wait, daemon=True).start()  # an ended process that nobody waited for stays in the system's table


def main(cells: Sequence[str]) -> None:
    """Trains a network of each cell on two texts; every kind of number is the one that a real training has."""
    if hasattr(os, "nice"):
        os.nice(19)

    from rnn_core.config import DataConfig, ModelConfig, RunConfig, TrainConfig, make
    from rnn_core.data.batches import Encoded
    from rnn_core.data.vocabulary import Vocabulary
    from rnn_core.network.sweeps import SWEEPS
    from rnn_core.training.loop import Training
    from rnn_core.workspace.runs import Speech

    texts, labels = [("good",), ("bad", "film")], ("bad", "good")
    vocabulary = Vocabulary.build(texts, 9)
    encoded = Encoded.of(texts, labels[::-1], vocabulary, labels, False)
    for cell in cells or SWEEPS:
        model = make(ModelConfig, {"cell": cell, "embedding": 4, "hidden": 4})
        train = TrainConfig(epochs=1, threads=1)
        config = RunConfig(DataConfig(), model, train, "0" * 64, "ahead")
        Training(config, encoded, encoded, Speech(vocabulary, labels)).run()


if __name__ == "__main__":
    main(sys.argv[1:])
