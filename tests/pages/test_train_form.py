"""The form on Train: options that would do nothing cannot be set, and say why."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy import stats
from streamlit.testing.v1 import AppTest

from pages.common import run_choice
from rnn_core.commands import main
from rnn_core.config import CELLS
from rnn_core.network.cells import kind
from rnn_core.training import jobs
from rnn_core.workspace import Workspace
from tests.pages.driving import ROOT, Open, sound


def box(app: AppTest, kind: str, name: str):
    """The widget of one option."""
    return next(widget for widget in getattr(app, kind) if widget.key.endswith(f"-{name}"))


def opened(open_page: Open, root: Path, name: str) -> AppTest:
    dataset = next(dataset for dataset in Workspace(root).datasets() if dataset.name == name)
    return open_page("train", root, dataset=dataset.id)


def test_there_is_nothing_to_average_where_one_step_counts(open_page: Open, filled: Path) -> None:
    app = opened(open_page, filled, "reviews.csv")
    assert box(app, "selectbox", "reduce").disabled and "last step alone" in box(app, "selectbox", "reduce").help
    box(app, "selectbox", "loss").set_value("every")
    sound(app.run())
    assert not box(app, "selectbox", "reduce").disabled and "last step" not in box(app, "selectbox", "reduce").help
    assert not box(opened(open_page, filled, "tagged.tsv"), "selectbox", "reduce").disabled


def test_an_activation_is_chosen_for_the_elman_network_alone(open_page: Open, filled: Path) -> None:
    app = opened(open_page, filled, "reviews.csv")
    assert box(app, "selectbox", "activation").disabled
    box(app, "selectbox", "cell").set_value("rnn")
    sound(app.run())
    assert not box(app, "selectbox", "activation").disabled


def test_cells_go_by_their_titles_and_one_without_a_kernel_says_so(open_page: Open, filled: Path) -> None:
    app = opened(open_page, filled, "reviews.csv")
    assert box(app, "selectbox", "cell").options == [kind(name).title for name in CELLS]
    assert not any("kernel" in caption.value for caption in app.caption)
    box(app, "selectbox", "cell").set_value("mingru")
    sound(app.run())
    said = "minGRU has no compiled kernel: it trains by autograd, step by step, at 0.8 to 1.05 of the LSTM's tokens per second."
    assert any(caption.value == said for caption in app.caption)


@pytest.mark.parametrize(("more", "said"), [((), "dev score"), (("--dev-share", "0"), "training loss")])
def test_patience_says_what_it_waits_for(more: tuple[str, ...], said: str, open_page: Open, workspace: Workspace) -> None:
    assert main(["data", "--train", str(ROOT / "samples" / "reviews.csv"), "--workspace", str(workspace.root), *more]) == 0
    help_ = box(opened(open_page, workspace.root, "reviews.csv"), "number_input", "patience").help
    assert said in help_


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_device_that_is_not_there_is_offered_and_refused_with_a_sentence(open_page: Open, filled: Path) -> None:
    app = opened(open_page, filled, "reviews.csv")
    button = next(button for button in app.button if button.label == "Train")
    assert not button.disabled
    box(app, "selectbox", "device").set_value("cuda")
    sound(app.run())
    assert any("There is no GPU here that torch can use" in error.value for error in app.error)
    assert not any(button.label == "Train" for button in app.button)
    box(app, "selectbox", "device").set_value("auto")
    sound(app.run())
    assert not app.error


def test_a_training_says_whose_it_is_and_the_forms_button_is_the_primary_one(
    open_page: Open, filled: Path, named: dict[str, str]
) -> None:
    runs = {run.name: run for run in Workspace(filled).runs()}
    data = {one.name: one for one in Workspace(filled).datasets()}
    for dataset, heading in (("reviews.csv", "Train another network"), ("tagged.tsv", "Another training")):
        app = open_page("train", filled, run=named["reviews.csv"], dataset=data[dataset].id)
        headings = [header.value.replace("\\", "") for header in app.subheader]
        own = ["reviews.csv", heading] if dataset == "reviews.csv" else [heading, "reviews.csv"]
        assert headings == own
        said = f"{run_choice.network_label(runs['reviews.csv'])} · data: reviews.csv"
        assert said in [caption.value.replace("\\", "") for caption in app.caption]
        assert [button.label for button in app.button if button.proto.type == "primary"] == ["Train"]
        assert [one.value for one in app.metric if one.label == "Epochs trained"] == ["2"]
    app = open_page("train", filled, run=named["reviews.csv"])  # without data in the link, those of the run
    assert app.selectbox(key="pick-dataset").value == data["reviews.csv"].id
    sound(next(button for button in app.button if button.label == "Close").click().run())
    assert [header.value for header in app.subheader] == []


def test_a_tied_embedding_is_suggested_as_wide_as_the_state_and_widths_that_differ_are_said(
    open_page: Open, workspace: Workspace
) -> None:
    file = ROOT / "samples" / "verses.txt"
    assert main(["data", "--train", str(file), "--task", "generate", "--tokens", "char", "--workspace", str(workspace.root)]) == 0
    app = opened(open_page, workspace.root, "verses.txt")
    assert box(app, "toggle", "variational").help and not box(app, "toggle", "tied").value

    def width(name: str):
        return next(one for one in app.number_input if one.key.startswith("train-") and f"-{name}" in one.key)

    before = next(caption.value for caption in app.caption if "parameters**" in caption.value)
    box(app, "toggle", "tied").set_value(True)
    sound(app.run())
    wide = width("embedding").value
    after = next(caption.value for caption in app.caption if "parameters**" in caption.value)
    assert wide == width("hidden").value and before != after and not app.error
    width("embedding").set_value(wide + 1)
    sound(app.run())
    assert width("embedding").value == width("hidden").value == wide + 1, "the other width follows"
    width("hidden").set_value(9)
    app.run()
    assert any("Set both to the same number" in error.value for error in app.error)


def test_several_seeds_are_started_and_summed_up(
    open_page: Open, filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "workspace"
    shutil.copytree(filled, root)
    started: list[list[str]] = []
    monkeypatch.setattr(jobs, "start", lambda folder, arguments: started.append(arguments))
    app = opened(open_page, root, "reviews.csv")
    for field, value in (("epochs", 1), ("hidden", 3), ("embedding", 3), ("seed", 4)):
        box(app, "number_input", field).set_value(value)
    box(app, "number_input", "seeds").set_value(3)
    sound(next(button for button in app.button if button.label == "Train").click().run())
    workspace = Workspace(root)
    runs = [workspace.run(arguments[2]) for arguments in started]
    assert [(run.config.train.seed, run.name.rpartition(", ")[2]) for run in runs] == [(n, f"seed {n}") for n in (4, 5, 6)]
    for run in runs:
        assert main(["train", "--resume", run.id, "--workspace", str(root)]) == 0
    scores = [run.metrics()["test_accuracy"] for run in runs]
    low, high = stats.t.interval(0.95, 2, np.mean(scores), stats.sem(scores))
    app = open_page("train", root, run=runs[0].id)
    (said,) = (caption.value for caption in app.caption if "differ in their seed" in caption.value)
    assert f"3 runs differ in their seed alone. Their mean accuracy on test is {np.mean(scores):.4f}" in said
    assert f"from {max(0, low):.4f} to {min(1, high):.4f}; this run, with seed 4, has {scores[0]:.4f}." in said
