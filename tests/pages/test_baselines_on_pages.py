"""Simple models beside a run's scores: the sentence and its numbers, the table, and the button of older runs."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from pages.common import baselines as shown
from rnn_core.commands import main
from rnn_core.results import BaselineScores
from rnn_core.training import jobs
from rnn_core.views.compared import BASELINES, said
from rnn_core.views.inputs import Compared, given
from rnn_core.workspace import Workspace
from rnn_core.workspace import baselines as saved
from tests.pages.driving import Open, sound

QUESTION = "##### Is the network better than a simple model?"


def compared(own: float, others: dict[str, float], split: str = "test") -> Compared:
    found = tuple(BaselineScores(name, {f"{split}_accuracy": score}, 0.1) for name, score in others.items())
    return Compared("accuracy", True, {f"{split}_accuracy": own}, found)


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (0.8, "On test the accuracy of this network, 0.8000, is **4.4 points below** tf-idf with logistic regression (0.8440)."),
        (0.9, "On test the accuracy of this network, 0.9000, is 5.6 points above tf-idf with logistic regression (0.8440)."),
        (0.8441, "On test this network has the same accuracy as **tf-idf with logistic regression**: 0.8441."),
    ],
)
def test_the_sentence_names_the_best_of_them(own: float, words: str) -> None:
    beside = BASELINES.answer(given(compared=compared(own, {"majority": 0.5, "bag_of_words": 0.844})))
    assert said(beside).startswith(words) and ("Try" in said(beside)) == (own < 0.9)
    assert 100 * beside.ahead == pytest.approx(100 * own - 84.4)
    table = BASELINES.render(beside)[1].content
    assert table.columns["accuracy on test"] == [own, 0.5, 0.844]
    assert all(name in BASELINES.explain(beside) for name in ("always the most frequent class", "tf-idf"))


@pytest.mark.parametrize(("own", "words"), [
    (6.0, "On test the perplexity of this network, 6.000, is lower, so better, than that of Kneser–Ney n-grams (7.500)."),
    (8.0, "is **higher, so worse,** than that of Kneser–Ney n-grams (7.500). That model sees only the few tokens"),
])  # fmt: skip
def test_of_perplexities_the_lowest_is_the_best(own: float, words: str) -> None:
    others = (BaselineScores("frequency", {"test_perplexity": 30.0}, 0.1), BaselineScores("ngram", {"test_perplexity": 7.5}, 0.1))
    beside = BASELINES.answer(given(compared=Compared("perplexity", False, {"test_perplexity": own}, others)))
    assert words in said(beside) and beside.best == "ngram" and beside.ahead == 7.5 - own


def test_without_a_test_split_dev_is_spoken_of() -> None:
    assert said(BASELINES.answer(given(compared=compared(0.6, {"majority": 0.7}, "dev")))).startswith("On dev ")


def test_evaluate_shows_them_and_train_says_so(open_page: Open, filled: Path, named: dict[str, str], tmp_path: Path) -> None:
    run = Workspace(filled).run(named["reviews.csv"])
    found = shown.of(run)
    assert found and {one.name for one in found.baselines} == {"majority", "bag_of_words"}
    words = said(BASELINES.answer(given(compared=found)))
    app = open_page("train", filled, run=run.id)
    assert words in [one.value for one in (*app.info, *app.warning)]
    shutil.copytree(run.path, tmp_path / "workspace" / "runs" / run.id)  # without its data: as scored after training
    app = open_page("evaluate", tmp_path / "workspace", run=run.id, on="test")
    texts = [one.value for one in app.markdown]
    assert QUESTION in texts and words in texts


def test_an_older_run_has_a_button_that_fits_them(open_page: Open, filled: Path, named: dict[str, str], tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    shutil.copytree(filled, root)
    run = Workspace(root).run(named["tagged.tsv"])
    (run.path / saved.NAME).unlink()
    app = open_page("train", root, run=run.id)
    assert app.button(key=f"fit-baselines-{run.id}").label == "Compare with simple models"
    assert main(["baselines", run.id, "--workspace", str(root)]) == 0  # what the button starts
    assert any("the most frequent tag of each word" in one.value for one in (*sound(app.run()).info, *app.warning))


def test_without_its_data_there_is_no_button(open_page: Open, filled: Path, named: dict[str, str], tmp_path: Path) -> None:
    root = tmp_path / "workspace"
    shutil.copytree(filled / "runs" / named["reviews.csv"], root / "runs" / named["reviews.csv"])
    (root / "runs" / named["reviews.csv"] / saved.NAME).unlink()
    app = open_page("evaluate", root, run=named["reviews.csv"], on="test")
    assert not [one for one in app.button if one.label == "Compare with simple models"]


def test_a_run_that_is_not_better_is_trained_again_by_a_button(
    open_page: Open, filled: Path, named: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root, started = tmp_path / "workspace", []
    shutil.copytree(filled, root)
    run = Workspace(root).run(named["reviews.csv"])
    monkeypatch.setattr(jobs, "start", lambda folder, arguments: main([*arguments, "--job", str(folder)]))
    app = open_page("evaluate", root, run=run.id, on="test")
    sound(next(button for button in app.button if button.label == "Evaluate").click().run())
    monkeypatch.setattr(jobs, "start", lambda folder, arguments: started.append((folder, arguments)))
    for score, offered in ((0.0, False), (1.0, True)):
        saved.save(run, (BaselineScores("bag_of_words", {"dev_accuracy": score, "test_accuracy": score}, 0.1),))
        for page in ("train", "evaluate"):
            app = open_page(page, root, run=run.id, on="test")
            assert [one.label for one in app.button if one.key == f"again-{run.id}"] == ["Train again with dropout 0.7"] * offered
    sound(app.button(key=f"again-{run.id}").click().run())
    ((folder, arguments),) = started
    again = Workspace(root).run(folder.name).config
    assert arguments[:3] == ["train", "--resume", folder.name] and again.fingerprint == run.config.fingerprint
    assert again == replace(run.config, model=replace(run.config.model, dropout=0.7), name=f"{run.config.name}, dropout 0.7")


@pytest.mark.parametrize(("run", "name"), [
    ("00-notebook", "Kneser–Ney n-grams"), ("00-english-french", "n-grams of the target alone"),
])  # fmt: skip
def test_reports_of_streams_and_translations_show_them_too(open_page: Open, tmp_path: Path, run: str, name: str) -> None:
    app = open_page("evaluate", tmp_path, run=run)
    assert QUESTION in [one.value for one in app.markdown]
    (table,) = (one.value for one in app.dataframe if "model" in one.value)
    found = shown.of(Workspace(tmp_path).run(run))
    assert found and table["model"].tolist()[0] == "this network" and name in table["model"].tolist()
    assert table["perplexity on test"].tolist() == pytest.approx([
        found.figures["test_perplexity"], *(one.figures["test_perplexity"] for one in found.baselines),
    ])  # fmt: skip
