"""What the BPTT page looks at: the target, the loss and the copy, as widgets over the one selection."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

import streamlit as st

from pages.common import cache, state
from rnn_core import tasks
from rnn_core.views.view import literal
from rnn_core.workspace.runs import Run

if TYPE_CHECKING:  # torch is not loaded before a run is
    from rnn_core.views.bptt import Asked, Backward


OWN = "the network's own answer"


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
    row.selectbox("Target", ("", *cache.loaded(run).speech.labels), format_func=lambda label: label or OWN,
                  **state.bound("label", _label(run) or "", lambda label: label or None))  # fmt: skip


def _tags(run: Run) -> str | None:
    return state.selection().tags


def _choose_tags(row: Any, run: Run) -> None:
    row.text_input("Target: one tag per token", placeholder=OWN,
                   **state.bound("tags", _tags(run) or "", lambda tags: tags.strip() or None))  # fmt: skip


def _say_next(row: Any, run: Run) -> None:
    row.markdown("The target of each step is the token that follows it in the text.")


TARGETS = {
    "target-label": _Target(_choose_label, _label), "target-tags": _Target(_choose_tags, _tags),
    "target-next": _Target(_say_next, lambda run: None),
}  # fmt: skip
"""By the names that tasks have for them, one per task."""


def _target_of(run: Run) -> _Target:
    return next(TARGETS[name] for name in tasks.of(run.config).views["bptt"] if name in TARGETS)


def choose_target(run: Run) -> None:
    """Target, loss, logit and precision."""
    chosen, task = state.selection(), tasks.of(run.config)
    trained = task.loss_of(run.config)
    row = st.container(horizontal=True, vertical_alignment="bottom")
    _target_of(run).choose(row, run)
    if len(task.losses) > 1:
        row.segmented_control(
            "Loss", task.losses, required=True,
            format_func=lambda loss: {"last": "at the last step", "every": "at every step"}[loss]
            + (" (as trained)" if loss == trained else ""),
            **state.bound("loss", chosen.loss if chosen.loss in task.losses else trained),
        )  # fmt: skip
    toggles = (
        ("logit", "Logit instead of loss",
         "A network that is sure has a loss near 0, which sends almost nothing back. The logit of the same class does."),
        ("precise", "64 bits", "Computes with twice the digits: then the difference from autograd is below 1e-10."),
    )  # fmt: skip
    for name, title, words in toggles:
        row.toggle(title, help=words, **state.bound(name, getattr(chosen, name)))


def look_back(run: Run, own: bool = True) -> "Backward":
    """The way back of the selected text. Raises Problem as reading and aiming do.

    Args:
        own: whether this is the selected run: a pinned one aims at its own answer where it lacks the label.
    """
    chosen = state.selection()
    task, target = tasks.of(run.config), _target_of(run).chosen(run)
    loss = chosen.loss if chosen.loss in task.losses else None
    batch = own and "directions" in task.views["bptt"]
    return cache.backward(run, chosen.text or "", chosen.spaced, target, loss, chosen.logit, chosen.precise, batch)


def choose_copies(backward: "Backward") -> "Asked":
    """Layer, direction and parameter, and the loss t and copy i that are clicked; at first the loss that goes furthest."""
    from rnn_core.views import bptt as views

    chosen, network, last = state.selection(), backward.loaded.network, len(backward.trace.tokens) - 1
    parameters = views.parameters(backward.loaded)
    layer = min(chosen.layer, network.config.layers - 1)
    direction = min(chosen.direction, network.directions - 1)
    found: dict[str, tuple[Any, tuple[Any, ...], Callable[[Any], str]]] = {
        "layer": (layer, tuple(range(network.config.layers)), lambda i: f"layer {i + 1}"),
        "direction": (direction, tuple(range(network.directions)), ("from the start", "from the end").__getitem__),
        "parameter": (chosen.parameter if chosen.parameter in parameters else parameters[0], parameters,
                      lambda name: "copies of " + views.letter(backward.loaded, f"cells.0.0.{name}", short=True)),
    }  # fmt: skip
    row = st.container(horizontal=True)
    for name, (value, values, words) in found.items():
        if len(values) > 1:
            row.segmented_control(name.capitalize(), values, format_func=words, required=True, label_visibility="collapsed",
                                  **state.bound(name, value))  # fmt: skip
    rows = backward.flow.rows
    step = int(rows[0 if direction else -1]) if chosen.step is None or chosen.step not in rows else chosen.step
    back = chosen.back
    if back is None:  # one that the loss reaches, and not the first one read, whose W receives 0
        back = max(min(step + 3, last - 1), step) if direction else min(max(step - 3, 1), step)
    trained = backward.loaded.config.train.truncate
    window = min(max(chosen.window or (trained if 0 < trained <= last else 5), 1), last + 1)
    return views.Asked(backward, step, min(back, last), layer, direction, found["parameter"][0], window, chosen.down)


def choose_way(ways: dict[int, str], down: int) -> None:
    """Where the loss comes down into a lower layer; nothing where there is one way alone."""
    if len(ways) > 1:
        st.selectbox("Step s at which the loss comes down into this layer (with its share of what the copy receives)", list(ways),
                     format_func=ways.__getitem__, **state.bound("down", down))  # fmt: skip


def warn(backward: "Backward") -> None:
    """What of the text or the answer makes the figures say little."""
    flow = backward.flow
    for warning in backward.trace.warnings:
        st.warning(literal(warning, 300), icon=":material/help:")
    if backward.cut:
        st.info(backward.cut, icon=":material/content_cut:")
    followed, steps = len(flow.rows), int((flow.targets >= 0).sum())
    if followed < steps:
        st.caption(f"This text is long: {followed:,} of its {steps:,} losses are followed one by one, evenly from the last.")
    if not flow.logit and flow.total < 0.01:
        st.info("The network is so sure of this target that its loss is near 0 and sends almost nothing back. "
                "Switch to the logit, or choose another target or text.", icon=":material/lightbulb:")  # fmt: skip
