"""Translate: a text is translated, a word is forced, a second run stands beside it, and bad input is a sentence."""

import math
import re
from pathlib import Path

import pytest
from safetensors.numpy import load_file, save_file
from streamlit.testing.v1 import AppTest

from rnn_core.analysis.loading import load
from rnn_core.analysis.translating import translate
from rnn_core.config import TranslateConfig
from rnn_core.data.vocabulary import UNK
from rnn_core.figures.text import percent
from rnn_core.views.translating import VIEWS
from rnn_core.views.view import literal, number
from rnn_core.workspace import Workspace, store
from rnn_core.workspace.runs import Run
from tests.pages.driving import Open, chart, sound
from tests.tiny import config_of, model_of, saved_run

TEXT = "the film was not good"
SHORT = {"longest": "8", "beam": "2"}


@pytest.fixture
def runs(tmp_path: Path) -> tuple[Path, Run, Run]:
    workspace = Workspace(tmp_path / "workspace")
    made = [saved_run(workspace, config_of("translate", model_of("gru", attention=kind), name=kind), seed=seed)
            for seed, kind in enumerate(("dot", "none"))]  # fmt: skip
    return workspace.root, made[0], made[1]


def link(app: AppTest) -> dict[str, str]:
    return {name: value[0] if isinstance(value, list) else value for name, value in dict(app.query_params).items()}


def texts(app: AppTest) -> list[str]:
    return [words.value.removeprefix("#### ") for words in app.markdown if words.value.startswith("#### ")]


def expected(run: Run, begins: str = "") -> str:
    return translate(load(run), TEXT, TranslateConfig(beam=2, longest=8), begins).text


def test_a_text_is_translated_and_every_view_is_shown(open_page: Open, runs: tuple[Path, Run, Run]) -> None:
    root, run, _ = runs
    app = open_page("translate", root, run=run.id, text=TEXT, step="1", unit="2", **SHORT)
    assert not app.error and texts(app) == [literal(expected(run), 2_000)]
    found = translate(load(run), TEXT, TranslateConfig(beam=2, longest=8))
    log_p, steps = float(found.log_p[: found.steps].sum()), found.steps
    (said,) = [one.value for one in app.caption if one.value.startswith("log p = ")]
    numbers = re.search(rf"log p = (-[\d.]+), p = (.*) for all {steps} steps; the geometric mean of a step is ([\d.]+)%", said)
    assert numbers and float(numbers[1]) == pytest.approx(log_p, rel=1e-3)
    p = math.exp(log_p)
    assert numbers[2] == (percent(p) if p >= 0.001 else number(p))
    assert float(numbers[3]) == pytest.approx(100 * p ** (1 / steps), abs=0.06)
    for name in ("instead", "both-states", "beam"):
        assert chart(app, f"view-{name}")["data"]
    headings = {words.value.removeprefix("##### ") for words in app.markdown if words.value.startswith("##### ")}
    assert {one.question for one in VIEWS} <= headings


def test_a_word_is_forced_and_let_go(open_page: Open, runs: tuple[Path, Run, Run]) -> None:
    root, run, _ = runs
    app = open_page("translate", root, run=run.id, text=TEXT, step="0", **SHORT)
    button = app.button(key="instead-1")
    word = button.label
    button.click()
    sound(app.run())
    assert app.text_input(key="pick-begins").value == word
    assert texts(app) == [literal(expected(run, word), 2_000)] and texts(app)[0].startswith(word)
    next(one for one in app.button if one.label.startswith("Let the decoder")).click()
    sound(app.run())
    assert texts(app) == [literal(expected(run), 2_000)]


def test_attention_is_set_and_let_go(open_page: Open, runs: tuple[Path, Run, Run]) -> None:
    root, run, other = runs
    app = open_page("translate", root, run=run.id, text=TEXT, step="1", **SHORT)
    free = translate(load(run), TEXT, TranslateConfig(beam=2, longest=8))
    app.selectbox(key="linked").set_value(3)
    sound(app.run())
    begins = " ".join(free.written[:1])
    linked = translate(load(run), TEXT, TranslateConfig(beam=2, longest=8), begins, links={1: 3})
    assert link(app)["links"] == "2-4" and link(app)["begins"] == begins and texts(app) == [literal(linked.text, 2_000)]
    assert any("Set: “was” has the weight 1" in one.value for one in app.caption)
    app.button(key="instead-0").click()  # the link of this step stays, and its word is chosen
    sound(app.run())
    assert link(app)["links"] == "2-4" and link(app)["begins"].split()[0] == begins
    app.selectbox(key="linked").set_value(None)
    sound(app.run())
    assert "links" not in link(app)
    next(one for one in app.button if one.label.startswith("Let the decoder")).click()
    sound(app.run())
    assert texts(app) == [literal(expected(run), 2_000)]
    beside = open_page("translate", root, run=run.id, beside=other.id, text=TEXT, links="1-2", **SHORT)
    assert not beside.error and len(texts(beside)) == 2, "a run without attention has none to set"


@pytest.mark.parametrize("links", ["1-99", "x", "1-2.3", "-1-2", "1-2" * 5_000, "1-0"])
def test_a_link_of_the_address_that_makes_no_sense_is_a_sentence_or_left_out(
    open_page: Open, runs: tuple[Path, Run, Run], links: str
) -> None:
    root, run, _ = runs
    app = open_page("translate", root, run=run.id, text=TEXT, links=links, **SHORT)
    said = [one.value for one in app.error]
    assert not said or "Take the links away" in said[0]
    assert bool(said) == (links in ("1-99", "1-0"))


def test_unknown_words_are_copied(open_page: Open, runs: tuple[Path, Run, Run]) -> None:
    root, run, other = runs
    weights = load_file(run.path / "weights.safetensors")
    weights["bias_out"][UNK] += 3.0
    save_file(weights, run.path / "weights.safetensors")
    app = open_page("translate", root, run=run.id, text=TEXT, beside=other.id, **SHORT)
    app.toggle(key="pick-copy").set_value(True)
    sound(app.run())
    found = translate(load(run), TEXT, TranslateConfig(beam=2, longest=8, copy=True))
    count = int(found.copied.sum())
    assert count and link(app)["copy"] == "1" and texts(app) == [literal(found.text, 2_000), literal(expected(other), 2_000)]
    said = [one.value for one in app.caption]
    assert any(one.endswith(f"in the place of \\<unk\\>: {count:,} word{'s' * (count != 1)}.") for one in said)
    assert "This run has no attention, so it copies nothing." in said
    without = open_page("translate", root, run=other.id, text=TEXT, **SHORT)
    assert not [one for one in without.toggle if one.key == "pick-copy"], "only attention tells which word to copy"


def test_two_runs_side_by_side(open_page: Open, runs: tuple[Path, Run, Run]) -> None:
    root, run, other = runs
    app = open_page("translate", root, run=run.id, text=TEXT, beside=other.id, **SHORT)
    assert not app.error and texts(app) == [literal(expected(one), 2_000) for one in (run, other)]
    app.selectbox(key="pick-beside").set_value("")
    assert len(texts(sound(app.run()))) == 1


def test_bad_input_is_one_sentence(open_page: Open, runs: tuple[Path, Run, Run]) -> None:
    root, run, other = runs
    app = open_page("translate", root, run=run.id, text=TEXT, begins="unheard")
    assert len(app.error) == 1 and "cannot begin with" in app.error[0].value
    app.text_input(key="pick-begins").set_value("good")
    assert not sound(app.run()).error
    app = open_page("translate", root, run=run.id, text="   ")
    assert "nothing to translate" in app.error[0].value
    app = open_page("translate", root, run=run.id, text="nobody knows these", beside=other.id)
    assert not app.error and len(app.warning) == 2
    app = open_page("translate", root, run=run.id, text=TEXT, beside="gone", beam="999", longest="0", step="99")
    assert not app.error and len(texts(app)) == 1


def test_without_a_run_of_translation_the_page_says_how_to_get_one(
    open_page: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "READY_MADE", tmp_path / "none")
    workspace = Workspace(tmp_path / "workspace")
    saved_run(workspace)
    app = open_page("translate", workspace.root)
    assert not app.error and "No run of this kind" in app.info[0].value
