"""What the BPTT page looks at: the target, the loss and the copy, as widgets over the one selection."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import streamlit as st

from pages.common import cache, state, wording
from rnn_core import tasks
from rnn_core.language import N_, tr
from rnn_core.language.retold import retold
from rnn_core.views.inputs import Input
from rnn_core.views.view import literal
from rnn_core.workspace.runs import Run

if TYPE_CHECKING:  # torch is not loaded before a run is
    from rnn_core.analysis.backward import Backward
    from rnn_core.results import GradientFlow, TranslationGradients


OWN = N_("the network's own answer")


class _Target(NamedTuple):
    """How a target is chosen.

    Attributes:
        choose: draws what chooses it, into a row.
        chosen: the one that is selected, as `Task.aim` takes it; None: what the task aims at by itself.
    """

    choose: Callable[[Any, Run], None]
    chosen: Callable[[Run], str | None]


def _label(run: Run) -> str | None:
    label = state.selection().label
    return label if label in cache.loaded(run).speech.labels else None


def _choose_label(row: Any, run: Run) -> None:
    row.selectbox(tr("Target"), width=260, options=("", *cache.loaded(run).speech.labels),
                  format_func=lambda label: label or tr(OWN),
                  **state.bound("label", _label(run) or "", lambda label: label or None))  # fmt: skip


def _tags(run: Run) -> str | None:
    return state.selection().tags


def _choose_tags(row: Any, run: Run) -> None:
    row.text_input(tr("Target: one tag per token"), placeholder=tr(OWN),
                   **state.bound("tags", _tags(run) or "", lambda tags: tags.strip() or None))  # fmt: skip


def _say_next(row: Any, run: Run) -> None:
    row.markdown(tr("The target of each step is the token that follows it in the text."))


TARGETS = {
    "target-label": _Target(_choose_label, _label), "target-tags": _Target(_choose_tags, _tags),
    "target-next": _Target(_say_next, lambda run: None),
}  # fmt: skip
"""By the names that tasks have for them, one per task."""


def _target_of(run: Run) -> _Target:
    return next(TARGETS[name] for name in tasks.of(run.config).views["bptt"] if name in TARGETS)


def choose_target(run: Run) -> None:
    """Target, loss, how the steps are added up, logit and precision."""
    task = tasks.of(run.config)
    trained = task.loss_of(run.config)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    _target_of(run).choose(row, run)
    if len(task.losses) > 1:
        row.segmented_control(
            tr("Loss"), task.losses, required=True,
            format_func=lambda loss: _as_trained(wording.value(loss), loss == trained),
            **state.bound("loss", _loss(run) or trained),
        )  # fmt: skip
    if _adds_up(run):
        own = run.config.train.reduce
        row.segmented_control(
            tr("Over the steps"), ("mean", "sum"), required=True,
            format_func=lambda name: _as_trained(wording.value(name), name == own),
            **state.bound("reduce", _reduce(run) or own),
        )  # fmt: skip
    with row:
        choose_toggles()


def _as_trained(name: str, own: bool) -> str:
    """A choice, marked where the run was trained so."""
    return tr("{choice} (as trained)", choice=name) if own else name


def choose_toggles() -> None:
    """Logit and precision."""
    chosen = state.selection()
    toggles = (
        ("logit", tr("Logit instead of loss"),
         tr("A network that is sure has a loss near 0, whose gradient is near 0 too. The gradient of the class's logit is not.")),
        ("precise", tr("64 bits"), tr("Computes with twice the digits: the difference from autograd is then below 1e-10.")),
    )  # fmt: skip
    for name, title, words in toggles:
        st.toggle(title, help=words, **state.bound(name, getattr(chosen, name)))


def _loss(run: Run) -> str | None:
    loss = state.selection().loss
    return loss if loss in tasks.of(run.config).losses else None


def _reduce(run: Run) -> str | None:
    reduce = state.selection().reduce
    return reduce if reduce in ("mean", "sum") else None


def _adds_up(run: Run) -> bool:
    """Whether the loss that is chosen is of several steps, so that their mean and their sum differ."""
    task, steps = tasks.of(run.config), 9
    return int((task.weights(run.config, np.array([steps]), steps, _loss(run)) > 0).sum()) > 1


def look_back(run: Run, own: bool = True) -> Input:
    """The way back of the selected text, and its key. Raises Problem as reading and aiming do.

    Args:
        own: whether this is the selected run: a pinned one aims at its own answer where it lacks the label.
    """
    chosen = state.selection()
    task, target = tasks.of(run.config), _target_of(run).chosen(run)
    batch = own and "directions" in task.views["bptt"]
    asked = (chosen.text or "", chosen.spaced, target, _loss(run), chosen.logit, chosen.precise)
    found = cache.backward(run, *asked, batch, _reduce(run))
    return Input((str(run.path), cache.version_of(run), *asked, _reduce(run), bool(found.examples)), found)


def warn(backward: "Backward") -> None:
    """What of the text or the answer makes the figures say little."""
    flow = backward.flow
    for warning in backward.trace.warnings:
        st.warning(literal(retold(warning), 300), icon=":material/help:")
    if backward.cut:
        st.info(retold(backward.cut), icon=":material/content_cut:")
    followed, steps = len(flow.rows), int((flow.targets >= 0).sum())
    if followed < steps:
        st.caption(tr(
            "This text is long: {followed:,} of its {steps:,} losses are followed one by one, evenly from the last.",
            followed=followed, steps=steps,
        ))
    say_sure(flow)


def say_total(loss: str, flow: "GradientFlow | TranslationGradients") -> None:
    """The loss as a formula, the length of its gradient, and how far that is from autograd's."""
    st.markdown(
        tr(
            "The loss of this text is ${loss}$; its gradient has length **{norm:.4g}**. Checked against torch's autograd: the "
            "largest difference of any number is **{difference:.1e}** ({bits} bits).",
            loss=loss, norm=flow.norm, difference=flow.max_abs_difference, bits=flow.precision,
        )
    )


def say_sure(flow: "GradientFlow | TranslationGradients") -> None:
    """That a network which is sure of its target has a gradient near 0."""
    if not flow.logit and flow.total < 0.01:
        st.info(tr(
            "The network is so sure of this target that its loss and its gradient are near 0. Switch to the logit, or "
            "choose another target or text.",
        ), icon=":material/lightbulb:")  # fmt: skip
