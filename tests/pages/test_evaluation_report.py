"""The tables of an evaluation, and the way from a cell of its matrix to Inspect."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from rnn_core.commands import main
from rnn_core.workspace import Workspace, evaluations
from tests.pages.driving import ROOT, Open, sound


def test_entity_types_have_a_macro_and_a_micro_average() -> None:
    def page() -> None:
        import numpy as np

        from pages.common import evaluation_report
        from rnn_core import metrics

        spans = metrics.span_scores([["B-A", "B-A", "B-C"]], [["B-A", "B-A", "O"]], "IOB2")
        evaluation_report.tables(metrics.scores(np.eye(3, dtype=int), ["B-A", "B-C", "O"], spans=spans))

    table = sound(AppTest.from_function(page).run()).dataframe[1].value.set_index("type")
    assert table.loc["(macro average)"].tolist() == [0.5, 0.5, 0.5, 3]  # A is found, C is not
    assert table.loc["(micro average)"].tolist() == pytest.approx([2 / 3, 1, 0.8, 3])


@pytest.fixture(scope="module")
def characters(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a run that reads characters, evaluated on its test split."""
    root = tmp_path_factory.mktemp("characters") / "workspace"
    (root / "runs").mkdir(parents=True)
    small = ["--hidden", "4", "--embedding", "4", "--epochs", "1", "--threads", "1", "--tokens", "char"]
    assert main(["train", "--train", str(ROOT / "samples" / "reviews.csv"), *small, "--workspace", str(root)]) == 0
    assert main(["evaluate", Workspace(root).runs()[0].id, "--on", "test", "--workspace", str(root)]) == 0
    return root


def test_a_text_of_characters_is_opened_as_it_was_written(characters: Path, open_page: Open) -> None:
    run = Workspace(characters).runs()[0]
    found = evaluations.load(evaluations.folder(run, run.config.fingerprint, "test"))
    assert found is not None
    row, column = (int(i) for i in np.argwhere(found.scores.confusion)[0])
    app = open_page("evaluate", characters, run=run.id, on="test", cell=f"{row},{column}")
    written = app.dataframe[1].value["text"][0]
    assert written in {e.text for e in Workspace(characters).dataset(run.config.fingerprint).examples("test")}
    key = f"behind-{run.id}-{found.scores.labels[row]}-{found.scores.labels[column]}"
    app.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    sound(app.run())
    assert app.title[0].value == "Inspect" and app.text_area(key="typed").value == written
    assert "spaced" not in app.query_params
    assert any("characters in the vocabulary" in caption.value for caption in app.caption)
