"""Whether options fit a task."""

from typing import TYPE_CHECKING

from rnn_core.config import DataConfig, EvaluateConfig, Problem, RunConfig, set_options
from rnn_core.language import N_, tr

if TYPE_CHECKING:
    from rnn_core.tasks._base import Task

TRANSLATING = {"attention": "dot", "input_feeding": False, "label_smoothing": 0.0, "scheduled_sampling": 0.0}
"""The options of a decoder, and their values where there is none."""

SHORTENING = {"keep": "start", "strip_html": False}
"""The options of long texts in files, and their values where a task has none."""

_CALLED = {"attention": N_("attention"), "input_feeding": N_("input feeding"), "label_smoothing": N_("label smoothing"),
           "scheduled_sampling": N_("scheduled sampling")}  # fmt: skip

_LOSS_ELSEWHERE = {"last": N_("The loss of this task is taken at last step, not every."),
                   "every": N_("The loss of this task is taken at every step, not last.")}  # fmt: skip
"""The sentence about another loss, by the only one that a task has."""


def check_evaluation(task: "Task", how: EvaluateConfig) -> None:
    """Raises Problem if options of evaluation are set that do not apply to a task."""
    for name in set_options(how).keys() - set(task.options(EvaluateConfig)):
        if name == "dynamic":
            raise Problem(tr(
                "Dynamic evaluation learns along one text: a run of {task} reads separate ones. Leave it out.",
                task=tr(task.short),
            ))  # fmt: skip
        if name == "rules":
            raise Problem(tr("Only entity tags have rules: leave --no-rules out."))
        raise Problem(tr(
            "A run of {task} does not search for a target: leave out --{option}.",
            task=tr(task.short), option=name.replace("_", "-"),
        ))


def check_data(task: "Task", config: DataConfig) -> None:
    """Raises Problem if options of data do not fit a task."""
    if config.target and "target" not in task.options(DataConfig):
        raise Problem(tr("This task reads one text per row: leave out the column of a second text (target)."))
    for name, neutral in SHORTENING.items():
        if getattr(config, name) != neutral and not task.shortens:
            raise Problem(tr("Only classification reads another part of a long text than its start, and removes HTML tags."))


def check_form(task: "Task", config: RunConfig) -> None:
    """Raises Problem if a network shall read the form of words and the task's data have none."""
    if config.model.form and not task.schema.forms:
        raise Problem(tr("Only sequence tagging reads the form of words beside the words: leave it out."), "--form 0")


def check_run(task: "Task", config: RunConfig) -> None:
    """Raises Problem if options of the network or of training do not fit a task."""
    if config.train.loss is not None and config.train.loss not in task.losses:
        raise Problem(tr(_LOSS_ELSEWHERE[task.losses[0]]), f"--loss {task.losses[0]}")
    for name, neutral in TRANSLATING.items():
        value = getattr(config.model, name, getattr(config.train, name, None))
        if value != neutral and not task.translates:
            raise Problem(tr(
                "Only a network with a decoder has the option {option}: leave it out.",
                option=tr(_CALLED[name]),
            ))
    model = config.model
    check_form(task, config)
    if model.tied and not task.ties:
        raise Problem(tr("Only a network that predicts tokens can use its embedding as its output: leave the two apart."),
                      "--no-tied")  # fmt: skip
    width = model.hidden * (1 + model.bidirectional)
    if model.tied and model.embedding != width:
        raise Problem(
            tr(
                "A tied embedding is as wide as the state that the output reads: the embedding width is "
                "{embedding}, the state has {width} units. Set both to the same number.",
                embedding=model.embedding, width=width,
            ),
            f"--embedding {width}",
        )
