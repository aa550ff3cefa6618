"""Compiles the loops of training in advance: on a new machine this takes 15 seconds for the first cell.

Pages that lead to a training call `start`. `python -m rnn_core.training.ahead [CELL …]` compiles.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from threading import Thread


def start() -> None:
    """Starts a process of lowest priority that compiles the loops that are not cached, and exits. Loads no torch."""
    process = subprocess.Popen(
        [sys.executable, "-m", __name__],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    )
    Thread(target=process.wait, daemon=True).start()  # without a wait, the ended process stays in the process table


def main(cells: Sequence[str]) -> None:
    """Trains a network of each cell on two texts, with the dtypes of a real training, and one that reads the form of words."""
    if hasattr(os, "nice"):
        os.nice(19)

    from rnn_core.config import DataConfig, ModelConfig, RunConfig, TrainConfig, make
    from rnn_core.data.batches import Encoded, encode
    from rnn_core.data.forms import FEATURES
    from rnn_core.data.schema import TAGS, TEXT
    from rnn_core.data.vocabulary import Vocabulary
    from rnn_core.network.sweeps import SWEEPS
    from rnn_core.training.loop import Training
    from rnn_core.workspace.runs import Speech

    texts, labels = [("good",), ("bad", "film")], ("bad", "good")
    vocabulary = Vocabulary.build(texts, 9)
    encoded = Encoded.of(texts, labels[::-1], vocabulary, labels, False)
    forms = {name: Vocabulary.build([[*map(feature, text)] for text in texts], 9) for name, feature in FEATURES.items()}
    of_words = Speech(vocabulary, labels, None, forms)
    tagged = encode(TAGS, texts, [("good",), ("bad", "good")], {TEXT: vocabulary, **forms}, labels, {})
    for cell in cells or SWEEPS:
        model = make(ModelConfig, {"cell": cell, "embedding": 4, "hidden": 4})
        train = TrainConfig(epochs=1, threads=1)
        config = RunConfig(DataConfig(), model, train, "0" * 64, "ahead")
        Training(config, encoded, encoded, Speech(vocabulary, labels)).run()
        config = RunConfig(DataConfig(task="tag"), replace(model, form=2), train, "0" * 64, "ahead")
        Training(config, tagged, tagged, of_words).run()


if __name__ == "__main__":
    main(sys.argv[1:])
