"""Every page in another language: whatever is read on it has gone through the catalogue."""

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.read.inspect.table import TABS as INSPECT
from pages.understand.bptt.table import TABS as GRADIENTS
from pages.understand.bptt.table import TABS_OF_TWO
from pages.understand.matrix.table import TABS
from pages.understand.matrix.table import TABS_OF_TWO as MATRICES_OF_TWO
from rnn_core import tasks
from rnn_core.workspace import Workspace
from rnn_core.workspace.store import SAMPLES
from tests.language import pseudo
from tests.pages.driving import Open
from tests.tiny import config_of, model_of, saved_run

TEXT = "qzaq qzbq qzcq qzdq"
PROPER = {
    "unrolled", "adam", "relu", "tanh", "lstm", "gru", "rnn", "bleu", "chrf", "softmax", "csv", "tsv", "json", "jsonl", "utf",
    "english", "deutsch", "pseudo", "pytorch", "torch", "numpy", "sgd", "bptt", "eos", "sos", "unk", "pad", "log", "exp", "max",
    "min", "gpu", "cpu", "mingru", "elman", "dev", "sigmoid", "auc", "iob", "iobes", "bio", "conll", "parquet", "zip", "svg",
    "nats",
}
"""Words that are the same in every language."""

VISITS: tuple[tuple[str, str, dict[str, str]], ...] = (
    *(("inspect", name, {"inside": tab}) for name in ("classify", "tag", "generate") for tab in INSPECT),
    *(("bptt", name, {"section": section}) for name in ("classify", "tag", "generate") for section in GRADIENTS),
    *(("matrix", name, {"part": part}) for name in ("classify", "generate") for part in TABS),
    *(("bptt", "translate", {"section": section}) for section in TABS_OF_TWO),
    *(("matrix", "translate", {"part": part}) for part in MATRICES_OF_TWO),
    *((page, "classify", {}) for page in ("unrolled", "losses", "evaluate", "train", "data", "runs", "learn")),
    *(("evaluate", name, {}) for name in ("tag", "generate", "translate")),
    ("generate", "generate", {}), ("translate", "translate", {}),
)  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace with a run of each task, of random weights."""
    workspace = Workspace(tmp_path_factory.mktemp("languages") / "workspace")
    for name in tasks.names():
        more = {"truncate": 4} if tasks.task(name).carries else {}
        saved_run(workspace, config_of(name, model_of("lstm", layers=2), **more))
    (workspace.root / "runs" / ".seeded").touch()
    return workspace.root


def runs_of(root: Path) -> dict[str, str]:
    return {run.config.data.task: run.id for run in Workspace(root).runs()}


def foreign(app: AppTest, known: set[str]) -> dict[str, str]:
    """The words outside of the catalogue, each with the kind of the element and the text in which it stands."""
    found: dict[str, str] = {}
    for kind, text in pseudo.seen(app):
        for word in pseudo.outside(text):
            if word.lower() not in known:
                found.setdefault(word, f"{kind}: {text[:200]}")
    return found


@pytest.mark.parametrize(("page", "name", "link"), VISITS, ids=["-".join((one[0], one[1], *one[2].values())) for one in VISITS])
def test_nothing_that_is_read_goes_past_the_catalogue(
    open_page: Open, root: Path, monkeypatch: pytest.MonkeyPatch, page: str, name: str, link: dict[str, str]
) -> None:
    pseudo.install(monkeypatch)
    run = Workspace(root).run(runs_of(root)[name])
    given = {"run": run.id, "text": TEXT, "language": pseudo.NAME, "step": "2", "unit": "1"} | link
    app = open_page(page, root, **given)
    words = (word for one in (run.speech.vocabulary, *run.speech.vocabularies.values()) for word in one.words)
    task = tasks.of(run.config)
    examples = [*task.texts(), *task.texts(entities=True), task.more_texts, *(path.name for path in SAMPLES.iterdir())]
    users = [TEXT, run.name, run.id, *run.speech.labels, *words, *examples]
    known = PROPER | {part.lower() for text in users for part in re.findall(r"[^\W\d_]+", str(text))}
    found = foreign(app, known)
    assert not found, "\n".join(f"{word}: {where}" for word, where in found.items())
