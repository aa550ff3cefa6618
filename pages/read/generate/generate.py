"""Generate: a language model writes, is surprised by texts, and has units that tell patterns in them."""

import streamlit as st

from pages.common import run_choice, running, state, view_panel, widgets
from pages.read.generate import reading, writing
from rnn_core.language import N_, tr

TABS = {
    "write": (N_("Write"), writing.show),
    "surprise": (N_("Surprise"), reading.surprise),
    "hunt": (N_("Hunt for a unit"), reading.hunt),
}
"""The tabs by their names in links: the title, and what fills it."""

view_panel.COMPONENTS["running"] = running.text

st.title(tr("Generate"))
st.caption(tr("A language model continues your text. Click a token to see the alternatives, and continue with one of them."))

run = run_choice.choose_run("generate", fitting=True)
for name, tab in state.tabs("reading", {name: tr(title) for name, (title, _) in TABS.items()}).items():
    if tab.open:
        with tab, widgets.saying_problems():
            TABS[name][1](run)
