"""The tables of an evaluation, and the way from a cell of its matrix to Inspect."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.understand.evaluate import report
from rnn_core import metrics
from rnn_core.commands import main
from rnn_core.results import Answers, Evaluation
from rnn_core.workspace import Workspace, evaluations
from tests.pages.driving import ROOT, Open, sound


def test_entity_types_have_a_macro_and_a_micro_average() -> None:
    def page() -> None:
        import numpy as np

        from pages.understand.evaluate import report
        from rnn_core import metrics

        spans = metrics.span_scores([["B-A", "B-A", "B-C"]], [["B-A", "B-A", "O"]], "IOB2")
        report.tables(metrics.scores(np.eye(3, dtype=int), ["B-A", "B-C", "O"], spans=spans))

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


@pytest.fixture(scope="module")
def tags(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a tagger that is often wrong, and its evaluation."""
    root = tmp_path_factory.mktemp("tags") / "workspace"
    (root / "runs").mkdir(parents=True)
    small = ["--hidden", "4", "--embedding", "4", "--epochs", "1", "--threads", "1", "--task", "tag"]
    assert main(["train", "--train", str(ROOT / "samples" / "tagged.tsv"), *small, "--workspace", str(root)]) == 0
    assert main(["evaluate", Workspace(root).runs()[0].id, "--on", "test", "--workspace", str(root)]) == 0
    return root


def test_all_mistakes_are_listed_until_a_cell_is_chosen_and_one_opens_in_inspect(tags: Path, open_page: Open) -> None:
    run = Workspace(tags).runs()[0]
    folder = evaluations.folder(run, run.config.fingerprint, "test")
    found = evaluations.load(folder)
    assert found is not None
    matrix = found.scores.confusion
    wrong = int(matrix.sum() - np.trace(matrix))
    app = open_page("evaluate", tags, run=run.id, on="test")
    assert wrong > 10 and any(header.value == f"All {wrong:,} mistakes" for header in app.subheader)
    table = app.dataframe[-1].value
    assert len(table) == min(wrong, 200) and (table["truth"] != table["answer"]).all()
    assert table["confidence"].is_monotonic_decreasing
    listed, _ = evaluations.mistakes(folder, 1, lambda mistake: mistake)
    app.session_state[f"mistakes-{run.id}"] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    sound(app.run())
    assert app.title[0].value == "Inspect"
    assert app.text_area(key="typed").value == " ".join(listed[0].where.tokens)

    row, column = (int(i) for i in np.argwhere(matrix)[0])
    app = open_page("evaluate", tags, run=run.id, on="test", cell=f"{row},{column}")
    assert not any("mistakes" in header.value for header in app.subheader)
    sound(next(button for button in app.button if button.label == "All mistakes").click().run())
    assert any(header.value == f"All {wrong:,} mistakes" for header in app.subheader)


@pytest.mark.parametrize("per_token", [False, True])
def test_the_file_of_mistakes_holds_all_of_them_and_no_formula(tmp_path: Path, per_token: bool) -> None:
    tokens = [["=1+1", "now"], ["-", "so"], ["fine"]]
    columns = [tokens, [["=A", "b"], ["b", "b"], ["b"]], [["b", "b"], ["@c", "b"], ["b"]], [[0.5, 0.9], [0.75, 0.9], [0.9]]]
    if not per_token:
        columns = [tokens, *([row[0] for row in column] for column in columns[1:])]

    def made(keep: Callable[[Answers], None]) -> Evaluation:
        keep(Answers(*columns))
        return Evaluation("r", "x", 3, metrics.scores(np.eye(2, dtype=np.int64), ["a", "b"]))

    evaluations.save(tmp_path, made)
    rows = list(csv.reader(io.StringIO(report._mistakes_csv(tmp_path, " ").decode(), newline="")))
    token = [["token", "place"], ["'-", "1"], ["'=1+1", "1"]] if per_token else [[], [], []]
    assert rows == [
        ["text", *token[0], "truth", "answer", "confidence"],
        ["'- so", *token[1], "b", "'@c", "0.75"],
        ["'=1+1 now", *token[2], "'=A", "b", "0.5"],
    ]
