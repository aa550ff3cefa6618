"""The pages on a run that writes text: no labels, no classes, and as many outcomes as the vocabulary has tokens."""

import json
from pathlib import Path

import numpy as np
import pytest

from rnn_core import tasks
from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.commands import main
from rnn_core.config import EvaluateConfig
from rnn_core.data.vocabulary import EOS
from rnn_core.results import TokenScores
from rnn_core.training import jobs
from rnn_core.views import inspect
from rnn_core.views.view import number
from rnn_core.workspace import Workspace, evaluations
from rnn_core.workspace.runs import write_tensors
from tests.figures.validated import validated
from tests.pages.conftest import open_page  # noqa: F401 - a fixture
from tests.pages.driving import ROOT, Open, chart, numbers, sound
from tests.pages.test_every_view import shown
from tests.tiny import config_of, model_of, saved_run, vocabulary_of
from tests.views.looking import Looking, figure
from tests.views.test_views import NASTY, escaped_only

VERSES = ROOT / "samples" / "verses.txt"


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a run by characters, one by words, and one that classifies."""
    root = tmp_path_factory.mktemp("written") / "workspace"
    (root / "runs").mkdir(parents=True)
    (root / "runs" / ".seeded").touch()
    small = ["--hidden", "8", "--embedding", "8", "--epochs", "2", "--threads", "1", "--workspace", str(root)]
    for tokens in ("char", "word"):
        text = ["--task", "generate", "--train", str(VERSES), "--tokens", tokens, "--truncate", "128", "--batch", "16"]
        assert main(["train", *text, "--name", tokens, *small]) == 0
    assert main(["train", "--task", "classify", "--train", str(ROOT / "samples" / "reviews.csv"), "--name", "r", *small]) == 0
    return root


@pytest.fixture
def ids(written: Path) -> dict[str, str]:
    return {run.name: run.id for run in Workspace(written).runs()}


@pytest.mark.parametrize("tokens", ["char", "word"])
@pytest.mark.parametrize("page", ["inspect", "generate", "data", "train", "runs", "matrix", "bptt", "losses", "evaluate"])
def test_every_page_opens(page: str, tokens: str, open_page: Open, written: Path, ids: dict[str, str]) -> None:  # noqa: F811
    app = open_page(page, written, run=ids[tokens])
    assert not app.error, [e.value for e in app.error]


def test_the_views_of_the_next_token_explain_with_text_as_it_was_written(workspace: Workspace) -> None:
    config = config_of("generate", model_of("gru"), truncate=4)
    one = load(saved_run(workspace, config, vocabulary=vocabulary_of((*NASTY, "film"))))
    seen = trace(one, "".join(NASTY), NASTY)
    p = inspect.foreseen(one, seen)
    assert p[[0, -1]].tolist() == [0, 0] and p[3] == seen.readouts[2, seen.indices[3]]
    for step in (0, 3, len(seen.tokens) - 2, len(seen.tokens) - 1):
        looking = Looking(one, seen, step=step)
        for view in (inspect.NEXT_LOSSES, inspect.NEXT):
            found = looking(view)
            validated(figure(view, found))
            escaped_only(view.explain(found))
    values = -np.log(p[1:-1])
    assert np.allclose(Looking(one, seen, step=1)(inspect.NEXT_LOSSES).values[:-2], values, rtol=1e-5)
    assert f"{number(float(values.mean()))} nats per token" in inspect.NEXT_LOSSES.explain(looking(inspect.NEXT_LOSSES))


@pytest.mark.parametrize("section", ["truncation", "reach", "sgd", "beside"])
def test_every_tab_of_bptt_opens(section: str, open_page: Open, written: Path, ids: dict[str, str]) -> None:  # noqa: F811
    app = open_page("bptt", written, run=ids["char"], section=section, label="good", tags="B-PER", text="The lamp\nis lit")
    assert not app.error and not app.selectbox(key="pick-run").disabled
    assert any("token that follows" in words.value for words in app.markdown)
    assert not [box for box in app.text_input if "Target" in box.label], "the text itself says what is wanted"


@pytest.mark.parametrize("part", ["texts", "ledger", "unit", "pads"])
def test_every_tab_of_words_to_matrix_opens(part: str, open_page: Open, written: Path, ids: dict[str, str]) -> None:  # noqa: F811
    app = open_page("matrix", written, run=ids["char"], part=part, text="The lamp\nis lit")
    assert not app.error
    if part == "texts":
        assert {"␣", "⏎"} <= set(app.dataframe[1].value["token"])
        assert any("one stream" in words.value for words in app.markdown)


def test_inspect_shows_the_most_probable_tokens_and_signs_for_blanks(
    open_page: Open,  # noqa: F811
    written: Path,
    ids: dict[str, str],
) -> None:
    app = open_page("inspect", written, run=ids["char"], text="The lamp\nis", step="2", label="T")
    assert len(numbers(chart(app, "view-next")["data"][0]["x"])) == 20
    ticks = chart(app, "view-next-losses")["layout"]["xaxis"]["ticktext"]
    assert "␣" in ticks and "⏎" in ticks and not [box for box in app.selectbox if box.label == "Label"]
    sound(open_page("inspect", written, run=ids["word"], text="x"))
    sound(open_page("inspect", written, run=ids["word"], text="The lamp " * 300))


def test_evaluate_shows_figures_and_offers_no_answers(
    open_page: Open,  # noqa: F811
    written: Path,
    ids: dict[str, str],
) -> None:
    assert main(["evaluate", ids["word"], "--on", "test", "--workspace", str(written)]) == 0
    app = open_page("evaluate", written, run=ids["word"], shown="answers")
    assert [metric.label for metric in app.metric] == ["Loss", "Perplexity", "Accuracy", "Among the first five", "Tokens"]
    assert any("next token" in words.value for words in app.caption)
    assert not any("classes" in words.value for words in app.caption)
    assert not [group for group in app.get("button_group") if "pick-shown" in group.proto.id]
    app = open_page("evaluate", written, run=ids["word"], on="file")
    app.file_uploader(key="evaluate-file").upload("more.md", b"The lamp is lit.\n" * 20)
    sound(app.run())
    assert any("one text, each line a row" in words.value for words in app.caption) and not app.error


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [("a.txt", b"", "is empty"), ("a.txt", b" \n\n", "is empty"), ("a.md", b"\x89PNG\r\n\x1a\n" + b"\0" * 99, "not text"),
     ("a.csv", b"a,b\n" + b"1,2\n3,4\n" * 9, "no column of text"),
     ("a.txt", b"The lamp is lit.\n" * 9, "one text, each line a row"),
     ("a.md", b"Lamps, and verses,\nand more, of them\n" * 9, "one text, each line a row"),
     ("a.csv", b"id,text\n" + b"1,A lamp.\n2,Two lamps.\n" * 9, "one document per row")],
)  # fmt: skip
def test_a_file_of_text_is_previewed_or_refused_in_a_sentence(
    name: str,
    content: bytes,
    said: str,
    open_page: Open,  # noqa: F811
    tmp_path: Path,
) -> None:
    app = open_page("data", tmp_path)
    app.file_uploader(key="data-0-upload-train").upload(name, content)
    sound(app.run())
    if not name.endswith((".txt", ".md")):
        task = next(group for group in app.get("button_group") if group.proto.id.endswith("-task"))
        app.session_state[task.key] = "generate"
        sound(app.run())
    words = [box.value.replace("\\", "") for box in (*app.error, *app.caption)]
    assert any(said in line for line in words), words


def test_the_form_on_train_shows_what_means_something(
    open_page: Open,  # noqa: F811
    written: Path,
) -> None:
    dataset = next(one for one in Workspace(written).datasets() if not one.labels)
    app = open_page("train", written, dataset=dataset.id)
    assert not [box for box in app.selectbox if box.key and box.key.endswith(("-loss", "-reduce"))]
    numbers_shown = {box.key.rpartition("-")[2]: box for box in app.number_input}
    assert {"truncate", "minutes", "updates"} <= numbers_shown.keys()
    assert numbers_shown["truncate"].value == 64 and "Suggested: 64 (a stream is long" in numbers_shown["truncate"].help
    numbers_shown["minutes"].set_value(5.0)
    sound(app.run())
    assert next(box for box in app.number_input if "-epochs" in box.key).value == 10_000
    assert any("lowest dev perplexity" in words.value for words in app.caption)


def test_train_shows_the_text_that_was_written_after_each_epoch(open_page: Open, written: Path, ids: dict[str, str]) -> None:  # noqa: F811
    run = Workspace(written).run(ids["char"])
    texts = [entry["written"] for entry in run.history().epochs]
    assert len(texts) == 2 and all(isinstance(text, str) and 0 < len(text) <= 240 for text in texts) and texts[0] != texts[1]
    best = load(run)
    metrics = run.metrics()
    again = tasks.of(run.config).excerpt(best.network, run.config, run.speech.vocabulary)
    assert again == texts[metrics["best_epoch"] - 1], "that of the weights that were scored"
    app = open_page("train", written, run=run.id)
    assert texts[-1] in [code.value for code in app.code]
    app.select_slider[0].set_value(1)
    sound(app.run())
    assert texts[0] in [code.value for code in app.code]
    assert main(["evaluate", run.id, "--on", "test", "--workspace", str(written)]) == 0
    figures = {metric.label: metric.value for metric in open_page("evaluate", written, run=run.id, on="test").metric}
    assert {"Loss", "Bits per character", "Perplexity", "Accuracy", "Among the first five"} <= set(figures)
    assert float(figures["Bits per character"]) == pytest.approx(float(figures["Loss"]) / np.log(2), abs=2e-4)


def test_evaluate_shows_where_the_loss_is_and_opens_a_passage(
    open_page: Open,  # noqa: F811
    written: Path,
    ids: dict[str, str],
) -> None:
    run = Workspace(written).run(ids["char"])
    assert main(["evaluate", run.id, "--on", "dev", "--workspace", str(written)]) == 0
    app = open_page("evaluate", written, run=run.id, on="dev")
    shown(app, {"baselines", "positions", "frequency", "context", "calibration", "worst"})
    folder = evaluations.folder(run, run.config.fingerprint, "dev")
    saved = evaluations.load(folder)
    assert saved is not None and isinstance(saved.scores, TokenScores) and saved.scores.breakdown is not None
    drawn = chart(app, "view-positions")["data"][0]
    np.testing.assert_allclose(numbers(drawn["y"]), [one.loss for one in saved.scores.breakdown.line])
    app = open_page("evaluate", written, run=run.id, on="dev", position="stream", passage="1")
    np.testing.assert_allclose(numbers(chart(app, "view-positions")["data"][0]["y"]),
                               [one.loss for one in saved.scores.breakdown.stream])  # fmt: skip
    assert any("Passage 2 of" in words.value for words in app.caption)
    held = json.loads((folder / "scores.json").read_text())
    del held["scores"]["breakdown"]
    (folder / "scores.json").write_text(json.dumps(held))
    app = open_page("evaluate", written, run=run.id, on="dev")
    assert any("older version" in info.value for info in app.info) and app.metric and not app.get("plotly_chart")
    assert next(button for button in app.button if button.label == "Evaluate again").proto.type == "primary"


def test_dynamic_evaluation_stands_beside_fixed_weights(
    open_page: Open,  # noqa: F811
    written: Path,
    ids: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    run = Workspace(written).run(ids["word"])
    monkeypatch.setattr(jobs, "start", lambda folder, arguments: main([*arguments, "--job", str(folder)]))
    app = open_page("evaluate", written, run=run.id, on="dev")
    app.toggle(key="pick-dynamic").set_value(True)
    sound(app.run())
    assert app.number_input(key="rate").value == 0.1
    app.number_input(key="rate").set_value(0.5)
    sound(app.run())
    next(button for button in app.button if button.label == "Evaluate").click()
    sound(app.run())
    shown(app, {"baselines", "dynamic", "positions", "frequency", "calibration", "worst"})
    found, fixed = (evaluations.load(evaluations.folder(run, run.config.fingerprint, "dev", EvaluateConfig(dynamic=rate)))
                    for rate in (0.5, None))  # fmt: skip
    assert found is not None and fixed is not None and found.scores.loss is not None and fixed.scores.loss is not None
    loss = next(metric for metric in app.metric if metric.label == "Loss")
    assert loss.value == f"{found.scores.loss:.4f}" and loss.delta == f"{found.scores.loss - fixed.scores.loss:.4f}"
    assert any(f"whose loss is {fixed.scores.loss:.4f}." in words.value for words in app.caption)
    for rate in ("nan", "-1", "1e9", "x"):
        app = open_page("evaluate", written, run=run.id, on="dev", dynamic=rate)
        assert not app.toggle(key="pick-dynamic").value and not app.error
    classifier = open_page("evaluate", written, run=ids["r"], dynamic="0.1")
    assert not [toggle for toggle in classifier.toggle if toggle.key == "pick-dynamic"]


@pytest.mark.parametrize("tokens", ["char", "word"])
def test_a_run_opens_with_a_text_of_its_own_data(tokens: str, open_page: Open, written: Path, ids: dict[str, str]) -> None:  # noqa: F811
    app = open_page("inspect", written, run=ids[tokens])
    text = app.text_area(key="typed").value
    first = VERSES.read_text(encoding="utf-8").split("\n")[0]
    assert "".join(text.split()) and "".join(first.split()).startswith("".join(text.split())), "the beginning of its first row"
    assert open_page("generate", written, run=ids[tokens]).text_area(key="prompt").value == text


def test_a_text_that_eos_ends_says_so(open_page: Open, workspace: Workspace) -> None:  # noqa: F811
    config = config_of("generate", model_of("gru"), truncate=4)
    run = saved_run(workspace, config, vocabulary=vocabulary_of())
    weights = run.weights()
    weights["bias_out"][EOS] += 3  # so that <eos> is soon drawn
    write_tensors(run.path / "weights.safetensors", weights)
    app = open_page("generate", workspace.root, run=run.id)
    said = [caption.value for caption in app.caption if "It ended after" in caption.value]
    writing = workspace.writing(app.query_params["writing"] if isinstance(app.query_params["writing"], str)
                                else app.query_params["writing"][0])  # fmt: skip
    assert writing
    network = load(run).network
    prompt, how = writing.prompt, writing.branches[0].how
    count = sum(1 for _ in tasks.of(run.config).write(network, run.config, run.speech.vocabulary, prompt, how))
    assert count < 400 and len(said) == 1 and f"after {count} of 400 tokens" in said[0]
