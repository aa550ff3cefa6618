"""Generate: it writes by itself at the first visit, saves what it wrote, and goes on from an alternative."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.read.generate import settings
from rnn_core import tasks
from rnn_core.analysis.corpus_hunt import hunt_corpus
from rnn_core.analysis.loading import load
from rnn_core.commands import main
from rnn_core.config import WriteConfig
from rnn_core.training import jobs
from rnn_core.workspace import Workspace
from rnn_core.workspace.explorations import Writing
from rnn_core.workspace.store import SAMPLES
from tests.pages.driving import Open, sound

RUN = "00-notebook"
HOW = WriteConfig(length=40, seed=3)


@pytest.fixture
def fresh(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


def written(root: Path, prompt: str, how: WriteConfig) -> str:
    run = Workspace(root).run(RUN)
    network = load(run).network
    return "".join(t.text for t in tasks.of(run.config).write(network, run.config, run.speech.vocabulary, prompt, how))


def link(app: AppTest) -> dict[str, str]:
    return {name: value if isinstance(value, str) else value[0] for name, value in app.query_params.items()}


def saved(app: AppTest, root: Path) -> Writing:
    found = Workspace(root).writing(link(app)["writing"])
    assert found
    return found


def button(app: AppTest, label: str) -> None:
    next(one for one in app.button if one.label.startswith(label)).click()
    sound(app.run())


def settle(app: AppTest, prompt: str, how: WriteConfig = HOW) -> AppTest:
    """Types a prompt and settings, and writes."""
    app.text_area(key="prompt").set_value(prompt)
    for name in ("length", "temperature", "top_k", "top_p", "seed"):
        app.number_input(key=f"how-{name}").set_value(getattr(how, name))
    app.text_input(key="how-stop").set_value(how.stop)
    app.toggle(key="how-past_end").set_value(how.past_end)
    button(app, "Write")
    return app


def test_the_first_visit_writes_what_the_command_line_would(open_page: Open, fresh: Path) -> None:
    app = open_page("generate", fresh)
    assert not app.error and app.selectbox(key="pick-run").value == RUN
    writing = saved(app, fresh)
    prompt = tasks.task("generate").texts()[0]
    assert writing.prompt == prompt and writing.branches[0].text == written(fresh, prompt, WriteConfig())
    assert any("nats per character" in caption.value for caption in app.caption)
    again = open_page("generate", fresh, **link(app))
    assert saved(again, fresh) == writing and again.text_area(key="prompt").value == prompt, "a link shows the same"


def test_an_alternative_is_gone_on_from_as_if_it_had_been_typed(open_page: Open, fresh: Path) -> None:
    app = settle(open_page("generate", fresh), "Monday, ")
    first = saved(app, fresh)
    number = int(link(app).get("branch", 0))
    text = first.whole(number)
    assert text == "Monday, " + written(fresh, "Monday, ", HOW)
    instead = next(one for one in app.button if one.key and one.key.startswith("instead-"))
    instead.click()
    sound(app.run())
    tree = saved(app, fresh)
    branch = tree.branches[-1]
    assert branch.parent == number and tree.branches[:-1] == first.branches
    beginning = tree.beginning(len(tree.branches) - 1)
    assert beginning == text[: branch.at] + branch.chosen and beginning[-1] != text[branch.at]
    assert branch.text == written(fresh, beginning, HOW)
    assert any(one.key == f"branch-{number}" for one in app.button), "the tree is shown"
    next(one for one in app.button if one.key == f"branch-{number}").click()
    sound(app.run())
    assert int(link(app).get("branch", 0)) == number


@pytest.mark.parametrize("prompt", ["", "ЖЖ 漢字", "<b>x</b> $y$", "\n\n"])
def test_any_prompt_is_continued(prompt: str, open_page: Open, fresh: Path) -> None:
    app = settle(open_page("generate", fresh), prompt)
    assert not app.error
    assert saved(app, fresh).branches[-1].text == written(fresh, prompt, HOW)


def test_it_goes_on_after_the_end_of_a_document(open_page: Open, fresh: Path) -> None:
    how = WriteConfig(length=40, seed=3, past_end=True)
    app = settle(open_page("generate", fresh), "The end.<|endoftext|>\nM", how)
    branch = saved(app, fresh).branches[-1]
    assert not app.error and branch.how == how and branch.text == written(fresh, "The end.<|endoftext|>\nM", how)
    assert not any("Not in the vocabulary" in caption.value for caption in app.caption)


def test_it_stops_at_a_text_and_the_next_seed_writes_another(open_page: Open, fresh: Path) -> None:
    app = settle(open_page("generate", fresh), "Monday, ", WriteConfig(length=300, stop="\\n"))
    text = saved(app, fresh).branches[-1].text
    assert text.endswith("\n") and text.count("\n") == 1
    button(app, "Write with the next seed")
    assert app.number_input(key="how-seed").value == 1
    last = saved(app, fresh).branches[-1]
    assert last.how.seed == 1 and last.text != text


def test_a_text_that_is_gone_is_said_and_another_is_written(open_page: Open, fresh: Path) -> None:
    app = open_page("generate", fresh, run=RUN, writing="0" * 32)
    assert any("no longer kept" in info.value for info in app.info) and not app.get("plotly_chart")
    button(app, "Write")
    assert saved(app, fresh).branches and not app.info


def test_without_a_language_model_the_way_to_train_one_is_shown(open_page: Open, filled: Path) -> None:
    app = open_page("generate", filled)
    assert any("Data page has a sample" in info.value for info in app.info) and not app.text_area


def test_the_way_back_stands_beside_it(open_page: Open, fresh: Path) -> None:
    app = open_page("generate", fresh, run=RUN)
    assert {f"view-{name}" for name in ("choice", "next-losses", "states")} <= {
        chart.proto.id.rpartition("-view-")[1].strip("-") + "-" + chart.proto.id.rpartition("-view-")[2]
        for chart in app.get("plotly_chart")
    }


@pytest.mark.parametrize("pattern", ["brackets", "quotes", "place", "name"])
def test_a_unit_is_hunted_in_the_sample_at_once(pattern: str, open_page: Open, fresh: Path) -> None:
    app = open_page("generate", fresh, reading="hunt", pattern=pattern)
    assert not app.error and any("held out" in words.value for words in app.markdown)
    units = app.dataframe[0].value["unit"].tolist()
    assert len(units) == 10 and app.pills[0].options == [str(unit) for unit in units]


@pytest.mark.parametrize(("expression", "said"), [("", "Type a regular expression"), ("(", "not a valid regular expression"),
                                                  ("zzz+", "too few tokens with the pattern")])  # fmt: skip
def test_an_expression_that_finds_nothing_is_said(expression: str, said: str, open_page: Open, fresh: Path) -> None:
    app = open_page("generate", fresh, reading="hunt", pattern="expression", expression=expression)
    assert said in (app.error or app.info)[0].value
    assert bool(app.error) == (expression != "zzz+"), "that a text is too short is no error"
    assert any(one.label == "Hunt in it" for one in app.button) == (expression == "zzz+")


def test_a_pasted_text_is_coloured_by_its_surprise(open_page: Open, fresh: Path) -> None:
    app = open_page("generate", fresh, reading="surprise", text="Monday, 7 July 2005 <b>zzz</b>")
    assert not app.error and len(app.dataframe[0].value) == 12
    app.text_area(key="pasted").set_value("Anna said so.")
    sound(app.run())
    assert not app.error and app.dataframe[0].value["t"].max() <= len("Anna said so.") + 2


def test_a_hunt_over_a_corpus_is_a_job_whose_result_is_shown(
    open_page: Open, fresh: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[list[str]] = []

    def start(folder: Path, arguments: list[str]) -> None:
        asked.append(arguments)
        assert main([*arguments, "--job", str(folder)]) == 0

    monkeypatch.setattr(jobs, "start", start)
    app = open_page("generate", fresh, reading="hunt", pattern="expression", expression=r"\w+", corpus="verses.txt")
    assert app.selectbox(key="pick-corpus").options == ["the sample verses.txt", "the sample notebook.txt"]
    button(app, "Hunt in it")
    said = [words.value for words in app.markdown if "best in verses" in words.value]
    path = SAMPLES / "verses.txt"
    tokens = len(path.read_text(encoding="utf-8"))
    found = hunt_corpus(load(Workspace(fresh).run(RUN)), [list(path.read_text())], "verses.txt", "expression", r"\w+", "m")
    assert f"Unit **{found.hunt.units[0]}**" in said[0] and f"of the {tokens:,} tokens." in said[0]
    assert not any(one.label == "Hunt in it" for one in app.button), "it is saved"
    again = open_page("generate", fresh, **link(app))
    assert any("best in verses" in words.value for words in again.markdown) and len(asked) == 1


def test_a_long_text_is_a_job_that_shows_and_gives_it(open_page: Open, fresh: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def start(folder: Path, arguments: list[str]) -> None:
        assert main([*arguments, "--job", str(folder)]) == 0

    monkeypatch.setattr(jobs, "start", start)
    monkeypatch.setattr(settings, "MOST_LENGTH", 50)
    how = WriteConfig(length=60, seed=2, stop="zzz")
    app = settle(open_page("generate", fresh, run=RUN, long="0"), "-- \n", how)
    wanted = "-- \n" + written(fresh, "-- \n", how)
    shown = [code.value for code in app.code]
    assert shown == [wanted] and any(f"{len(wanted):,} characters" in words.value for words in app.markdown)
    folder = Workspace(fresh).folder("writings", link(app)["long"])
    assert (folder / "text.txt").read_text() == wanted
    again = open_page("generate", fresh, **link(app))
    assert [code.value for code in again.code] == [wanted], "a link shows it"
    button(again, "Close")
    assert "long" not in link(again)


def test_a_long_text_that_is_gone_is_said(open_page: Open, fresh: Path) -> None:
    for name in ("20200101-000000-abcdef", "../../x"):
        app = open_page("generate", fresh, run=RUN, long=name)
        assert any("no longer kept" in info.value for info in app.info) and not app.exception
