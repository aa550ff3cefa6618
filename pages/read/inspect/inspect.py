"""Inspect: what the network holds and believes after every word of one text."""

from dataclasses import replace

import streamlit as st

from pages.common import cache, run_choice, state, text_choice, view_panel, widgets
from pages.read.inspect import chips, fold
from rnn_core import tasks
from rnn_core.config import CHOICE_NAMES
from rnn_core.results import OVERFLOW
from rnn_core.views import inspect as views
from rnn_core.views.view import literal
from rnn_core.workspace.store import KEPT_DAYS

st.title("Inspect")
st.caption("Type a text and see what the network holds and believes after every word.")

run = run_choice.choose_run("inspect")
with widgets.saying_problems():
    text_choice.choose_text(run)
    examples = text_choice.examples(run)
chosen = state.selection()
buttons = st.container(horizontal=True, vertical_alignment="center")
buttons.button("Read it", type="primary", icon=":material/play_arrow:")
for number, example in enumerate(examples):
    buttons.button(f"Example {number + 1}", on_click=state.select, kwargs={"text": example}, help=literal(example))
buttons.toggle(
    "Private",
    help="Keeps the text out of the address: it is saved on the server and the link names it by a random id. Whoever has the "
    f"link can still open it, until nobody has for {KEPT_DAYS['texts']} days.",
    **state.bound("private", chosen.private),
)

with widgets.saying_problems():
    loaded, trace = cache.seen(run, chosen.text or "", chosen.spaced)
if trace.overflows:
    widgets.problem(OVERFLOW)
    st.stop()

last = len(trace.tokens) - 1
tokens = CHOICE_NAMES[loaded.config.data.tokens]
task = tasks.of(run.config)
shown = task.views["inspect"]
step = min(task.shown_first(trace) if chosen.step is None else chosen.step, last)
reading = views.Reading(
    loaded, trace, step,
    layer=min(chosen.layer, loaded.config.model.layers - 1),
    direction=min(chosen.direction, trace.states.shape[1] - 1),
    unit=chosen.unit if chosen.unit is not None and chosen.unit < loaded.config.model.hidden else None,
    quantity=chosen.quantity if chosen.quantity in views.quantities(loaded) else "h",
    label=chosen.label if chosen.label in loaded.speech.labels else None,
    curve=chosen.curve,
)  # fmt: skip

for warning in trace.warnings:
    st.warning(literal(warning, 300), icon=":material/help:")
for name in shown:
    if name in views.TOKENS:
        row = views.TOKENS[name](reading)
        st.markdown(row.words)
        chips.tokens(trace, row, step, lambda t: state.select(step=t), "chips")
unknown = int((~trace.known).sum())
if unknown:
    st.caption(f"Not in the vocabulary (dotted), so read as \\<unk\\>: {unknown} of {len(trace.tokens) - 2} {tokens}.")

CURVES = {"answers": "Answer if the text stopped here", "readouts": "Readout of the state"}


def choose_curve() -> None:
    st.segmented_control("Curve", list(CURVES), format_func=CURVES.__getitem__, label_visibility="collapsed", required=True,
                         wrap=True, **state.bound("curve", reading.shown))  # fmt: skip


def choose_label() -> None:
    answer = views.LOSSES.compute(replace(reading, label=None)).label or ""

    def words(label: str) -> str:
        return "Label: the answer at each token" if not label else f"Label: {label}" + " (the answer)" * (label == answer)

    st.selectbox("Label", trace.labels if answer else ("", *trace.labels), format_func=words, label_visibility="collapsed",
                 **state.bound("label", reading.label or answer, lambda label: label or None))  # fmt: skip


def choose_states() -> None:
    controls = st.container(horizontal=True)
    for key, values in (
        ("quantity", views.quantities(loaded)),
        ("layer", tuple(range(loaded.config.model.layers))),
        ("direction", tuple(range(trace.states.shape[1]))),
    ):
        if len(values) > 1:
            controls.segmented_control(
                key.capitalize(),
                values,
                format_func=views.name_of(loaded, key),
                label_visibility="collapsed",
                required=True,
                wrap=True,
                **state.bound(key, getattr(reading, key)),
            )


for view in views.ALONG:
    if view.name in shown:
        view_panel.show(view, reading, state.select)
beside = [view for view in views.BESIDE if view.name in shown]
choices = {views.BELIEFS: choose_curve if len(trace.curves) > 1 else None, views.LOSSES: choose_label}
for column, view in zip(st.columns(len(beside), gap="medium") if beside else (), beside, strict=True):
    with column:
        view_panel.show(view, reading, state.select, choices[view])
if fold.reached("fold-states", 742):
    view_panel.show(views.STATES, reading, state.select, choose_states)
    st.caption(views.unit_words(reading))

st.divider()
head, back, on = st.columns([6, 1, 1], vertical_alignment="center")
head.subheader(f"t = {step + 1} of {last + 1}: {literal(trace.tokens[step], 40)}")
back.button("Back", icon=":material/chevron_left:", disabled=step == 0, width="stretch",
            on_click=state.select, kwargs={"step": step - 1})  # fmt: skip
on.button("Next", icon=":material/chevron_right:", disabled=step == last, width="stretch",
          on_click=state.select, kwargs={"step": step + 1})  # fmt: skip
st.caption(
    f"Number {trace.indices[step]:,} of the {len(loaded.speech.vocabulary):,} {tokens} in the vocabulary"
    + ("." if trace.known[step] else ": this one is not among them, so \\<unk\\> is read in its place.")
)
if fold.reached("fold-step", 380):
    at_step = [view for view in views.AT_STEP if view.name in shown]
    for column, view in zip(st.columns(len(at_step), gap="medium"), at_step, strict=True):
        with column:
            view_panel.show(view, reading, state.select)
numbers = st.expander("The embedding and the state as numbers", key="numbers", on_change="rerun")
if numbers.open:
    numbers.dataframe({"x_t (embedding)": trace.embeddings[step]}, height=220)
    numbers.dataframe({f"{reading.quantity}_t": reading.series()[step]}, height=220)
cache.torch_ahead()
