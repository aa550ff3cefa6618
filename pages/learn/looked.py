"""What a lesson looks at, and the inputs of views and quantities that are made of it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pages.common import cache, state, training, view_panel
from pages.learn import training as trainings
from pages.understand.evaluate import evaluating, report
from pages.understand.losses import pair
from rnn_core import tasks
from rnn_core.config import Problem, TranslateConfig
from rnn_core.data.tokens import tokenise
from rnn_core.language import tr
from rnn_core.results import Evaluation, Scores
from rnn_core.views.inputs import Answered, Dataset, Input, Inputs
from rnn_core.workspace import evaluations
from rnn_core.workspace.runs import Run
from rnn_core.workspace.store import READY_MADE

READY = "ready/"
"""Before the name of a ready-made run."""

TRAINED = "trained"
"""The run that the lesson has had trained last."""


@dataclass(frozen=True)
class Looked:
    """What is looked at.

    Attributes:
        run: the run.
        given: the rest, by `lessons.GIVENS`.
        first: the text of the lesson, before the learner typed one.
    """

    run: Run
    given: Mapping[str, str]
    first: str = ""

    def resolve(self, needs: Sequence[str]) -> Inputs:
        """The inputs of these names. Raises Problem where one cannot be made."""
        unknown = [name for name in needs if name not in _MAKE]
        if unknown:
            raise Problem(tr("A lesson has no {unknown} to show.", unknown=" / ".join(unknown)))
        return Inputs({name: _MAKE[name](self) for name in needs}, view_panel.keep)

    @property
    def text(self) -> str:
        return self.given.get("text", "")

    @property
    def label(self) -> str | None:
        return self.given.get("label")

    @property
    def here(self) -> tuple[str, int]:
        """By which the run and its weights are known."""
        return str(self.run.path), cache.version_of(self.run)


def run_of(name: str) -> Run:
    """The run that a lesson names. Raises Problem where it is not here."""
    if name == TRAINED:
        return trainings.latest()
    if not name.startswith(READY):
        return cache.workspace().run(name)
    wanted = name.removeprefix(READY)
    found = [run for run in cache.workspace().runs() if run.id.lstrip("0123456789-") == wanted]
    if found:
        return found[0]
    ready = [path for path in READY_MADE.glob(f"*{wanted}") if path.name.lstrip("0123456789-") == wanted]
    if not ready:
        raise Problem(tr("There is no ready-made run called {wanted!r}.", wanted=wanted[:60]))
    return Run(ready[0], fixed=True)  # deleted from the workspace, so that of the installation is opened


def _text(looked: Looked) -> Input:
    _, trace = cache.traced(looked.run, looked.text, False)
    return Input((looked.here, looked.text), trace)


def _target(looked: Looked) -> Input:
    asked = looked.text, False, looked.label, looked.given.get("loss"), False, False
    return Input((looked.here, *asked), cache.backward(looked.run, *asked, False))


def _prompt(looked: Looked) -> Input:
    config = looked.run.config
    count = len(tasks.of(config).cut(looked.text, config.data.tokens))
    return Input(count, count)


def _more(looked: Looked) -> Input:
    how = looked.run.config.data
    rows = (row.strip() for row in looked.given.get("more", "").split("|"))
    cut = tuple(tuple(token for token, _, _ in tokenise(row, how.tokens, how.max_tokens)) for row in rows if row)
    return Input(cut, cut)


def _labels(looked: Looked) -> Input:
    labels = (None,) * len(_more(looked).value)
    return Input(labels, labels)


def _dataset(looked: Looked) -> Input:
    saved = cache.data_of(looked.run)
    found = Dataset(saved.name, saved.report.splits) if saved else None
    return Input((saved.fingerprint, saved.name) if saved else None, found)


def _history(looked: Looked) -> Input:
    return Input(looked.here, looked.run.history())


def _translation(looked: Looked) -> Input:
    asked = looked.text, TranslateConfig(), "", ()
    return Input((looked.here, *asked), cache.translated(looked.run, *asked)[1])


def _pair(looked: Looked) -> Input:
    asked = looked.text, looked.given.get("target"), False, False
    return Input((looked.here, *asked), cache.pair(looked.run, *asked))


def _twins(looked: Looked) -> dict[str, Run]:
    """The run and its twin by their losses, in the order of these. Raises Problem where there is no twin."""
    twin = cache.workspace().twin(looked.run)
    if twin is None:
        raise Problem(tr("This run has no twin with the other loss."))
    return dict(sorted((training.loss_of(one), one) for one in (looked.run, twin)))


def _along(looked: Looked) -> Input:
    runs = _twins(looked)
    found = {loss: along for loss, one in runs.items() if (along := pair.saved_along(one))}
    if len(found) < len(runs):
        raise Problem(tr("How these runs read dev step by step is not saved. Open them on Last or every step."))
    return Input(tuple((loss, str(one.path), cache.version_of(one)) for loss, one in runs.items()), found)


def _scores(looked: Looked) -> Input:
    runs = _twins(looked)
    key = tuple((loss, str(one.path), cache.version_of(one)) for loss, one in runs.items())
    return Input(key, {loss: one.metrics() for loss, one in runs.items()})


def _evaluated(looked: Looked) -> tuple[Path, int, Evaluation]:
    """The saved evaluation of the run's weights, on its data or else on the sample: its folder, and when it was written."""
    run = looked.run
    places = [evaluations.folder(run, run.config.fingerprint, split) for split in ("test", "dev")]
    if sample := cache.sample_for(run):
        places.append(evaluations.folder(run, sample.key, "file"))
    for place in places:
        found, version = evaluating.saved_in(place)
        if found and found.weights == evaluations.weights_of(run):
            return place, version, found
    raise Problem(tr("This run has not been evaluated yet. Open Evaluate and press Evaluate there."))


def _evaluation(looked: Looked) -> Input:
    folder, version, found = _evaluated(looked)
    return Input((str(folder), version), found.scores)


def _answers(looked: Looked) -> Input:
    """Those of the chosen cell of the confusion matrix, or all wrong ones."""
    folder, version, found = _evaluated(looked)
    if not isinstance(found.scores, Scores):
        raise Problem(tr("This network does not answer with classes."))
    config, named = looked.run.config, looked.given.get("cell")
    cell = report.cell_of(named, found.scores)
    listed = report.listed(folder, found.scores, tasks.of(config).unit, config.data.between, cell)
    return Input((str(folder), version, cell), listed)


def _answered(looked: Looked) -> Input:
    folder, version, found = _evaluated(looked)
    unit, key = tasks.of(looked.run.config).unit, (str(folder), version)
    answered = view_panel.keep(("answered", *key), lambda: Answered(found.data, unit, *evaluations.confidences(folder)))
    if not len(answered.p):  # of a stream, which keeps no rows
        raise Problem(tr("The answers of this evaluation are not kept one by one."))
    return Input(key, answered)


_MAKE: dict[str, Callable[[Looked], Input]] = {
    "run": lambda looked: Input(looked.here, cache.loaded(looked.run)), "text": _text, "target": _target, "prompt": _prompt,
    "second_text": _more, "labels": _labels, "dataset": _dataset, "history": _history, "translation": _translation, "pair": _pair,
    "along": _along, "twins": _scores,
    "evaluation": _evaluation, "answers": _answers,
    "answered": _answered,
}  # fmt: skip
"""What makes each input, by its name in `views.inputs.NEEDS`."""


def now(given: Mapping[str, str], run: Run) -> Looked:
    """What is looked at now: the lesson's, with the text, the label and the cell that the learner chose."""
    chosen = state.selection()
    own = {key: value for key in ("text", "label", "loss", "cell") if (value := getattr(chosen, key)) is not None}
    return Looked(run, {**given, **own}, given.get("text", ""))
