"""The probabilities of saved answers, and whether these were right, held against the rows of the file."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest

from pages.learn.looked import Looked
from rnn_core.config import Problem
from rnn_core.workspace import Workspace, evaluations
from rnn_core.workspace.store import READY_MADE
from tests.tiny import saved_run


@pytest.mark.parametrize("name", ["05-film-reviews", "01-names"])
def test_each_answer_has_its_probability(name: str) -> None:
    (folder,) = (READY_MADE / name / "evaluations").iterdir()
    wanted = []
    for row in pq.read_table(folder / "predictions.parquet").to_pylist():
        one = not isinstance(row["answers"], list)
        truths, answers, p = ([row[key]] if one else row[key] for key in ("truths", "answers", "confidences"))
        wanted += [(sure, truth == answer) for truth, answer, sure in zip(truths, answers, p, strict=True)]
    found, right = evaluations.confidences(folder)
    assert list(zip(found.tolist(), right.tolist(), strict=True)) == wanted and len(wanted) > 200


def test_a_damaged_file_is_said(tmp_path: Path) -> None:
    (tmp_path / "predictions.parquet").write_bytes(b"no parquet")
    with pytest.raises(Problem, match="damaged"):
        evaluations.confidences(tmp_path)


def test_a_lesson_on_a_run_without_an_evaluation_says_so(workspace: Workspace) -> None:
    with pytest.raises(Problem, match="not been evaluated"):
        Looked(saved_run(workspace), {}).resolve(("answered",))
