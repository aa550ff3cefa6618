"""The tables of an evaluation, and the way from a cell of its matrix to Inspect."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages.understand.evaluate import report, rows
from rnn_core import metrics
from rnn_core.commands import main
from rnn_core.results import Answers, Evaluation
from rnn_core.workspace import Workspace, evaluations
from rnn_core.workspace.runs import Run
from tests.pages.driving import ROOT, Open, sound


def listed(app: AppTest) -> dict[str, list]:
    """The columns of the table of texts, as the browser gets them."""
    tables = [json.loads(one.proto.json) for one in app.get("bidi_component") if one.proto.component_name == "unrolled_rows"]
    return {title: [row[i] for row in tables[0]["rows"]] for i, title in enumerate(tables[0]["titles"])}


def opened(open_page: Open, workspace: Path, run: Run, cell: str | None = None) -> AppTest:
    """Evaluate, and a click on the first row: the test driver has no browser in which the component could say so."""
    with pytest.MonkeyPatch.context() as patch:
        made = rows._table

        def clicked(**named: Any) -> Any:
            made(**named)
            return SimpleNamespace(opened=0)

        patch.setattr(rows, "_table", clicked)
        return open_page("evaluate", workspace, run=run.id, on="test", **({"cell": cell} if cell else {}))


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
    written = listed(app)["text"][0]
    assert written in {e.text for e in Workspace(characters).dataset(run.config.fingerprint).examples("test")}
    app = opened(open_page, characters, run, f"{row},{column}")
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
    total = int(matrix.sum())
    assert wrong > 10 and any(words.value == f"**{wrong:,} mistakes** in {total:,} tokens" for words in app.markdown)
    assert any(words.value.startswith("Sorted by confidence, most confident mistakes first.") for words in app.caption)
    table = listed(app)
    assert len(table["text"]) == min(wrong, 200) and all(t != a for t, a in zip(table["truth"], table["answer"], strict=True))
    assert table["confidence"] == sorted(table["confidence"], reverse=True)
    (first,), _ = evaluations.mistakes(folder, 1, lambda mistake: mistake)
    app = opened(open_page, tags, run)
    assert app.title[0].value == "Inspect"
    assert app.text_area(key="typed").value == " ".join(first.where.tokens) and app.query_params["spaced"] in ("1", ["1"])
    assert app.query_params["step"] in (where := str(first.where.token + 1), [where])

    row, column = (int(i) for i in np.argwhere(matrix)[0])
    app = open_page("evaluate", tags, run=run.id, on="test", cell=f"{row},{column}")
    assert not any("mistakes**" in words.value for words in app.markdown)
    sound(next(button for button in app.button if button.label == "All mistakes").click().run())
    assert any(words.value == f"**{wrong:,} mistakes** in {total:,} tokens" for words in app.markdown)


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
