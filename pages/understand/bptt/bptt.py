"""BPTT: what each step's loss sends back to each step's copy of the parameters."""

import streamlit as st

from pages.common import cache, run_choice, text_choice, view_panel, widgets
from pages.understand.bptt import choice, sections
from rnn_core import tasks

st.title("Backpropagation through time")
st.caption("Is the loss taken at every word or only at the last, and what does each earlier word then hear of it?")

run = run_choice.choose_run("bptt")
with widgets.saying_problems():
    text_choice.choose_text(run)
    choice.choose_target(run)
    backward = choice.look_back(run)
    flow = backward.flow

from rnn_core.views import bptt as views  # noqa: E402 - after the first paint, because it loads torch

choice.warn(backward)
st.markdown(
    f"The total is L = **{flow.total:.4g}**, its gradient has length **{flow.norm:.4g}**. Checked against torch's autograd: "
    f"the largest difference of any number is **{flow.max_abs_difference:.1e}** ({flow.precision} bits)."
)
asked = choice.choose_copies(backward)
view_panel.earlier(views.MAP, asked)
if asked.recurrent:
    first = len(flow.tokens) if asked.direction else 1
    st.caption(f"Copy {first} of {asked.letter} receives exactly 0 from every loss: the state before the first step that is read "
               "is h₀ = 0.")  # fmt: skip

view_panel.earlier(views.WALK, asked)
walk = views.WALK.compute(asked)
if walk.path:
    choice.choose_way(views.ways(walk), walk.path.down)
st.markdown(views.path_words(walk))
with st.expander("Step by step, with the factors"):
    st.dataframe(views.steps_back(asked), hide_index=True)
    if factors := views.factors(walk):
        st.markdown("The path in numbers: what the loss asks of the state at t, what of it arrives at k, δ there, and h before.")
        st.dataframe(factors, hide_index=True, height=220)

tabs = sections.tabs("modes" in tasks.of(run.config).views["bptt"])
if tabs["copies"].open:
    with tabs["copies"]:
        view_panel.earlier(views.SHARES, asked)
        view_panel.earlier(views.RUNNING, asked)

if "modes" in tabs and tabs["modes"].open:
    with tabs["modes"]:
        view_panel.earlier(views.MODES, asked)
        st.markdown(views.modes_words(views.MODES.compute(asked)))
        st.dataframe(views.compared(backward.modes, backward.loaded), hide_index=True)
        st.page_link("pages/understand/losses/losses.py", label="Train the same network with both losses and compare",
                     icon=":material/compare_arrows:")  # fmt: skip

if tabs["truncation"].open:
    with tabs["truncation"]:
        with widgets.saying_problems():
            view_panel.earlier(views.TRUNCATION, asked, False, lambda: sections.choose_window(asked))
        st.markdown(views.cut_words(views.TRUNCATION.compute(asked)))

if tabs["reach"].open:
    with tabs["reach"]:
        view_panel.earlier(views.REACH, asked)
        st.markdown(views.horizon_words(views.faded(asked), asked.direction))
        if left_out := backward.reach(asked.layer, asked.direction, asked.step).left_out:
            st.caption(f"To answer quickly, {left_out:,} of the steps have no singular value of their own here.")
        view_panel.earlier(views.SATURATION, asked)

if tabs["sgd"].open:
    with tabs["sgd"]:
        left, right = st.columns(2, gap="medium")
        with left:
            view_panel.earlier(views.SGD, asked)
        with right:
            clip = sections.choose_clip(run.config.train.clip)
            st.markdown(views.clip_words(asked, clip))
            st.dataframe(views.updates(asked, clip), hide_index=True)
        if "directions" not in tasks.of(run.config).views["bptt"]:
            st.caption("This run learns from one stream, not from a batch of texts, so there is no mini-batch to compare with.")
        elif backward.examples:
            view_panel.earlier(views.DIRECTIONS, asked)
            if cache.data_of(run) is None:
                st.caption(run_choice.INSTEAD)
        else:
            run_choice.offer_data("so there is no mini-batch to hold this text's gradient against")

if tabs["beside"].open:
    with tabs["beside"]:
        beside = views.Beside(sections.pinned(run))
        view_panel.earlier(views.BESIDE, beside)
        st.markdown(views.horizons(beside))
        st.dataframe(views.side_by_side(beside), hide_index=True)
