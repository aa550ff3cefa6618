"""Words to matrix: from text to indices, one-hot and pads, every parameter, and one unit's sum term by term."""

import streamlit as st

from pages.common import cache, matrix_choice, run_choice, state, text_choice, view_panel, widgets

st.title("Words to matrix")
st.caption("How do words become numbers, and what does the network do with them in one step?")

run = run_choice.choose_run()
with widgets.saying_problems():
    text_choice.choose_text(run)
    chosen = state.selection()
    loaded, trace = cache.traced(run, chosen.text or "", chosen.spaced)

from rnn_core.analysis import feedforward, ledger, padding  # noqa: E402 - after the first paint, because they load torch
from rnn_core.views import equations as equation_views  # noqa: E402
from rnn_core.views import feedforward as alone_views  # noqa: E402
from rnn_core.views import inspect as inspect_views  # noqa: E402
from rnn_core.views import ledger as ledger_views  # noqa: E402
from rnn_core.views import matrix as views  # noqa: E402
from rnn_core.views import padding as padding_views  # noqa: E402

ABSENT = "The run's data are not in this workspace, so dev cannot be read. Upload the file again on the Data page."
per_token = loaded.config.task.per_token
tabs = matrix_choice.tabs()

if tabs["texts"].open:
    with tabs["texts"]:
        words = matrix_choice.choose_words(run, loaded, trace)
        st.dataframe(views.stages(words, trace.text), hide_index=True,
                     column_config={"step by step": st.column_config.TextColumn(width=190)})  # fmt: skip
        view_panel.show(views.INDICES, words, state.select)
        st.caption(views.shown_words(words))
        st.markdown(views.vocabulary_words(words))
        st.dataframe(views.vocabulary(words), hide_index=True, height=250)
        view_panel.show(views.ONE_HOT, words, state.select)
        st.markdown(views.one_hot_words(words))
        saved = matrix_choice.data_of(run)
        if saved:
            st.markdown(views.whole_words(saved.name, saved.report.splits, words))

if tabs["pads"].open:
    with tabs["pads"]:
        padded = matrix_choice.choose_pads(loaded, trace)
        st.markdown(padding_views.drift_words(padded))
        st.dataframe(padding_views.drifts(padded), hide_index=True, column_config={
            name: st.column_config.NumberColumn(format="%.3g") for name in padding_views.DRIFTS
        })  # fmt: skip
        left, right = st.columns(2, gap="medium")
        with left:
            view_panel.show(padding_views.MOVED, padded)
            view_panel.show(padding_views.CURVES, padded)
        with right:
            view_panel.show(padding_views.STATES, padded)
        if per_token:
            st.caption("Each token has its own answer, read at its own step: no answer is read from the last column here.")
        elif dev := matrix_choice.dev_texts(run, loaded, padding.OPERATIONS):
            some, available = dev
            cost = matrix_choice.kept(("cost",), (loaded, some), lambda: padding.cost(loaded.network, some, available))
            st.markdown(padding_views.cost_words(cost))
        else:
            st.info(ABSENT, icon=":material/inventory_2:")

if tabs["ledger"].open:
    with tabs["ledger"]:
        row = st.container(horizontal=True)
        batch = row.number_input("Texts in a batch B", 1, 100_000, run.config.train.batch)
        steps = row.number_input("Steps T", 1, 20_000, len(trace.tokens), help="at first those of the text above")
        found = ledger.ledger(loaded, batch, steps)
        left, right = st.columns(2, gap="medium")
        with left:
            view_panel.show(ledger_views.PARAMETERS, found)
        with right:
            view_panel.show(ledger_views.MEMORY, found)
        st.markdown(ledger_views.sum_words(found))
        st.dataframe(ledger_views.counts(found), hide_index=True,
                     column_config={"share": st.column_config.NumberColumn(format="percent"),
                                    "numbers": st.column_config.NumberColumn(format="localized")})  # fmt: skip

if tabs["unit"].open:
    with tabs["unit"]:
        reading = matrix_choice.choose_place(loaded, trace)
        view_panel.show(inspect_views.STATES, reading, state.select)
        st.caption(inspect_views.unit_words(reading))
        unit = matrix_choice.unit_of(reading)
        st.markdown(equation_views.heading(unit))
        st.latex(equation_views.live(unit))
        st.caption(f"{equation_views.check(unit)} A click in the picture above chooses another step and unit.")
        view_panel.show(equation_views.TERMS, unit, None, lambda: matrix_choice.choose_gate(unit))
        with st.expander("Every term"):
            st.dataframe(equation_views.all_terms(unit), hide_index=True, height=300)

if tabs["alone"].open:
    with tabs["alone"]:
        matrix_choice.refuse_overflow(trace)
        step = matrix_choice.step_of(trace)
        alone = alone_views.Alone(loaded, trace, feedforward.without_recurrence(loaded, trace), step, chosen.label)
        view_panel.show(alone_views.ALONE, alone, state.select)
        st.markdown(alone_views.text_words(alone))
        if dev := matrix_choice.dev_texts(run, loaded, feedforward.OPERATIONS):
            some, available = dev
            gain = matrix_choice.kept(("gain",), (loaded, some), lambda: feedforward.gain(loaded, some, available))
            st.markdown(alone_views.gain_words(gain, per_token))
        else:
            st.info(ABSENT, icon=":material/inventory_2:")
