"""Every page opens, empty and with data, and shows what was saved."""

from pathlib import Path

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from rnn_core import tasks
from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.workspace import Workspace, store
from rnn_core.workspace.runs import write_tensors
from tests.pages.driving import PAGES, TITLES, Open, chart, numbers, sound
from tests.tiny import config_of, model_of, saved_run


@pytest.mark.parametrize("page", PAGES)
def test_each_page_opens_in_an_empty_workspace_and_offers_the_next_click(
    page: str, open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "READY_MADE", tmp_path / "none")
    app = open_page(page, tmp_path / "workspace")
    assert app.title[0].value == TITLES.get(page, page.capitalize())
    assert app.info or "Begin" in [one.label for one in app.button], "an empty page says what to do next"


@pytest.mark.parametrize("page", PAGES)
def test_each_page_opens_with_data(page: str, open_page: Open, filled: Path) -> None:
    app = open_page(page, filled)
    assert app.title[0].value == TITLES.get(page, page.capitalize())
    assert not app.error


def test_inspect_shows_the_numbers_of_the_trace(open_page: Open, filled: Path, named: dict[str, str]) -> None:
    text = "the soup was cold but the service was wonderful"
    app = open_page("inspect", filled, run=named["reviews.csv"], text=text)
    seen = trace(load(Workspace(filled).run(named["reviews.csv"])), text)
    drawn = chart(app, "view-beliefs")["data"]
    for line, label in zip(drawn, range(len(seen.labels)), strict=False):
        np.testing.assert_allclose(numbers(line["y"]), seen.answers[:, label], atol=1e-6)
    said = " ".join(m.value for m in app.markdown)
    assert seen.labels[seen.answer] in said
    assert seen.decision_step is not None
    assert (f"decided at t = {seen.decision_step + 1} " in said) == (seen.decision_step > 0)


@pytest.mark.parametrize("name", ["reviews.csv", "entities.tsv"])
def test_inspect_says_where_training_cuts_a_long_text(name: str, open_page: Open, filled: Path, named: dict[str, str]) -> None:
    app = open_page("inspect", filled, run=named[name], text="the film was good " * 101, curve="readouts")
    said = [caption.value for caption in app.caption if "is read whole" in caption.value]
    assert len(said) == 1 and "This text has 404 words" in said[0] and "from t = 402 (“the”)" in said[0]
    notes = [note["text"] for note in chart(app, "view-beliefs")["layout"]["annotations"]]
    assert "training cuts before t = 402" in notes
    short = open_page("inspect", filled, run=named[name], text="the film was good " * 100)
    assert not any("is read whole" in caption.value for caption in short.caption)


def test_inspect_names_the_tags_of_a_tagging_run(open_page: Open, filled: Path, named: dict[str, str]) -> None:
    app = open_page("inspect", filled, run=named["entities.tsv"], text="Anna lives in Paris .")
    seen = trace(load(Workspace(filled).run(named["entities.tsv"])), "Anna lives in Paris .")
    drawn = chart(app, "view-tags")["data"]
    heights = {x: y for bar in drawn for x, y in zip(numbers(bar["x"]), numbers(bar["y"]), strict=True)}
    expected = {t + 1: seen.readouts[t].max() for t in range(1, len(seen.tokens) - 1)}
    assert heights == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("quantity", ["h", "m", "i", "f", "g", "q"])
def test_inspect_shows_any_layer_direction_and_gate(
    quantity: str, open_page: Open, filled: Path, named: dict[str, str]
) -> None:
    app = open_page("inspect", filled, run=named["entities.tsv"], text="Anna lives here", layer="1", direction="1",
                    quantity=quantity, step="2", unit="3")  # fmt: skip
    seen = trace(load(Workspace(filled).run(named["entities.tsv"])), "Anna lives here")
    held = {"h": seen.states, "m": seen.cells} | seen.gates
    drawn = numbers(chart(app, "view-state")["data"][0]["y"])
    np.testing.assert_allclose(drawn, held[quantity][1, 1, 2], atol=1e-6)
    assert any(f"**{quantity}ₜ[3] = {held[quantity][1, 1, 2, 3]:.4f}**" in caption.value for caption in app.caption)
    scale = chart(app, "view-states")["data"][0]
    assert (scale["zmin"] == 0) == (quantity in "ifq")


def test_a_link_that_makes_no_sense_is_survived(open_page: Open, filled: Path) -> None:
    app = open_page("inspect", filled, run="../../etc", step="999999", layer="77", unit="x", quantity="zzz", label="none")
    assert app.warning


@pytest.mark.parametrize(
    ("name", "task", "entities"),
    [("entities.tsv", "tag", True), ("tagged.tsv", "tag", False), ("reviews.csv", "classify", False)],
)
def test_what_is_read_at_first_suits_the_run(
    name: str, task: str, entities: bool, open_page: Open, filled: Path, named: dict[str, str]
) -> None:
    app = open_page("inspect", filled, run=named[name])
    assert app.text_area(key="typed").value == tasks.task(task).texts(entities)[0]
    assert [b.label for b in app.button if b.label.startswith("Example")] == ["Example 1", "Example 2"]


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_text_is_refused_with_a_sentence(text: str, open_page: Open, filled: Path) -> None:
    app = open_page("inspect", filled)
    app.text_area(key="typed").set_value(text)
    sound(app.run())
    assert "There is nothing to read" in app.error[0].value


def test_a_trailing_line_end_is_no_part_of_a_text(open_page: Open, filled: Path) -> None:
    app = open_page("inspect", filled)
    app.text_area(key="typed").set_value("a good\nfilm\r\n\n")
    sound(app.run())
    assert app.query_params["text"] in ("a good\nfilm", ["a good\nfilm"]) and app.text_area(key="typed").value == "a good\nfilm"


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script> <b>bold</b>", "$x^2$ and `code` [a](b) **b** :red[x] :smile:", "=1+1", "🙂🙂 🎉",
             "مرحبا بالعالم", "zzz qqq xxx"]
)  # fmt: skip
def test_odd_texts_are_read_as_text(text: str, open_page: Open, filled: Path, named: dict[str, str]) -> None:
    app = open_page("inspect", filled, run=named["reviews.csv"], text=text)
    assert not app.error
    assert not any("<b>" in m.value or "**b**" in m.value or "<script>" in m.value for m in app.markdown)


def test_a_long_text_is_linked_by_an_id_and_comes_back(open_page: Open, filled: Path) -> None:
    long = "word " * 4000
    app = open_page("inspect", filled)
    app.text_area(key="typed").set_value(long)
    sound(app.run())
    assert "text" not in app.query_params
    name = app.query_params["text_id"]
    other = open_page("inspect", filled, text_id=name[0] if isinstance(name, list) else name)
    assert other.text_area(key="typed").value == long


def test_a_private_text_is_saved_once_under_an_id_that_stays_while_it_does(open_page: Open, filled: Path) -> None:
    def saved() -> set[str]:
        return {path.read_text() for path in (filled / "texts").glob("*.txt")}

    def linked(app: AppTest) -> str:
        found = app.query_params["text_id"]
        return found if isinstance(found, str) else found[0]

    app = open_page("inspect", filled, text="a secret film")
    app.toggle(key="pick-private").set_value(True)
    sound(app.run())
    name = linked(app)
    files = len(list((filled / "texts").iterdir()))
    for _ in range(3):
        sound(app.run())
    assert linked(app) == name and len(list((filled / "texts").iterdir())) == files
    again = open_page("inspect", filled, text_id=name, private="1")
    assert linked(again) == name and len(list((filled / "texts").iterdir())) == files
    app.text_area(key="typed").set_value("another secret")
    sound(app.run())
    assert linked(app) != name and "text" not in app.query_params
    assert {"a secret film", "another secret"} <= saved()


def test_a_run_whose_numbers_overflow_is_one_sentence(
    open_page: Open, workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "READY_MADE", workspace.root / "none")
    for task, cell in (("classify", "relu"), ("tag", "relu"), ("classify", "lstm")):
        run = saved_run(workspace, config_of(task, model_of(cell)))
        for most in (1e30, 3e38):
            huge = {name: np.full_like(array, most) for name, array in run.weights().items()}
            write_tensors(run.path / "weights.safetensors", huge)
            app = open_page("inspect", workspace.root, run=run.id, text="the film", step="1", unit="1")
            assert [e.value for e in app.error] == [e.value for e in app.error if "overflow on this text" in e.value]
            assert cell == "lstm" or len(app.error) == 1  # an LSTM's gates may saturate instead


def test_train_counts_the_parameters_before_anything_is_pressed(open_page: Open, filled: Path) -> None:
    app = open_page("train", filled)
    key = next(n.key for n in app.number_input if n.key.endswith("-hidden"))
    before = parameters(app)
    app.number_input(key=key).set_value(app.number_input(key=key).value * 2)
    sound(app.run())
    assert parameters(app) > before


def test_runs_lists_every_run_with_its_scores(open_page: Open, filled: Path) -> None:
    app = open_page("runs", filled)
    table = app.dataframe[0].value
    metrics = {run.name: run.metrics() for run in Workspace(filled).runs()}
    assert set(table["name"]) == set(metrics)
    for name, score in zip(table["name"], table["dev accuracy"], strict=True):
        assert score == pytest.approx(metrics[name]["dev_accuracy"])


def test_the_data_page_reports_what_was_read(open_page: Open, filled: Path) -> None:
    saved = Workspace(filled).datasets()[0]
    app = open_page("data", filled, dataset=saved.id)
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Rows kept"] == f"{saved.report.rows_kept:,}"
    assert shown["Vocabulary N"] == f"{saved.report.vocabulary_size:,}"


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("empty.csv", b"", "empty"),
        ("header.csv", b"text,label\n", "header"),
        ("one.csv", b"text\nhello\nworld\n", "column"),
        ("book.csv", b"PK\x03\x04" + bytes(100), "Excel"),
        ("export.csv", b"<?xml version='1.0'?>\n<a>x,y</a>\n", "XML"),
    ],
)
def test_a_file_that_cannot_be_used_gets_one_sentence_and_nothing_is_lost(
    name: str, content: bytes, said: str, open_page: Open, filled: Path
) -> None:
    app = open_page("data", filled)
    before = len(Workspace(filled).datasets())
    app.file_uploader(key="data-0-upload-train").upload(name, content)
    sound(app.run())
    assert len(app.error) == 1 and said in app.error[0].value
    assert len(Workspace(filled).datasets()) == before
    assert any(metric.label == "Rows kept" for metric in app.metric), "the saved data are still shown"


def parameters(app) -> int:
    """The count on the Train page."""
    said = next(c.value for c in app.caption if "parameters" in c.value)
    return int(said.split(" parameters")[0].strip("*").replace(",", ""))
