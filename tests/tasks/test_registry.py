"""The tasks there are, and what every one of them has."""

from pathlib import Path

import pytest

from rnn_core import tasks
from rnn_core.config import (
    DataConfig,
    ModelConfig,
    Problem,
    RunConfig,
    TrainConfig,
    choices,
    metric_name,
    options,
    plain,
)
from rnn_core.data.written import FORMATS
from rnn_core.workspace.store import SAMPLES
from tests.tiny import config_of

ROOT = Path(__file__).parents[2]
PAGES = {"unrolled", "inspect", "generate", "translate", "bptt", "evaluate", "matrix", "losses"}


def test_tasks_are_listed_by_their_files_in_one_order() -> None:
    assert tasks.names() == choices(options(DataConfig)["task"])
    assert tasks.names()[:2] == ("classify", "tag")
    assert set(tasks.names()) == {path.stem for path in (ROOT / "rnn_core" / "tasks").glob("[a-z]*.py")}
    assert [tasks.task(name).name for name in tasks.names()] == list(tasks.names())


@pytest.mark.parametrize("name", tasks.names())
def test_a_task_is_whole(name: str) -> None:
    task = tasks.task(name)
    assert ":" in task.title and task.short == task.short.lower() and task.unit and task.losses
    assert all((SAMPLES / sample).is_file() for sample in task.samples)
    assert task.sample() in task.samples and task.sample(entities=True) in task.samples
    assert task.texts() and task.texts(entities=True)
    assert metric_name(task.metric(None)) and metric_name(task.metric("IOB2"))
    assert task.views.keys() <= PAGES
    needed = () if task.schema.stream else tuple(name for name in task.columns if name != "sentence")
    assert task.schema.columns == needed
    assert set(task.formats) <= set(FORMATS) and task.evaluation.endswith("?")
    assert list(task.answer_columns(()))[:1] == ["answer"]
    for config in (DataConfig, ModelConfig, TrainConfig):
        assert set(task.options(config)) <= set(options(config))


def test_a_task_this_version_lacks_is_said_in_a_sentence() -> None:
    said = "This needs the task 'dance', which this version lacks. Update the app."
    values = plain(config_of())
    for ask in (
        lambda: tasks.task("dance"),
        lambda: tasks.make(DataConfig, {"task": "dance"}),
        lambda: tasks.make(RunConfig, values | {"data": values["data"] | {"task": "dance"}}),
    ):
        with pytest.raises(Problem) as why:
            ask()
        assert str(why.value) == said


@pytest.mark.parametrize("values", [{"task": None}, {"task": 3}, {"task": []}])
def test_a_name_that_is_none_is_refused(values: dict[str, object]) -> None:
    with pytest.raises(Problem, match="task"):
        tasks.make(DataConfig, values)


def test_the_loss_is_the_tasks_usual_one_unless_told() -> None:
    found = [tasks.of(config).loss_of(config) for config in (config_of(), config_of("tag"), config_of(loss="every"))]
    assert found == ["last", "every", "every"]
    assert tasks.of(config_of("tag")) is tasks.of(DataConfig(task="tag")) is tasks.task("tag")
