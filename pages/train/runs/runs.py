"""Runs: every run with its settings and scores, side by side."""

import hashlib
import re

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages.common import cache, run_choice, state, widgets
from pages.train.runs import comparing, listing
from rnn_core.language import tr
from rnn_core.views.view import literal
from rnn_core.workspace import archive
from rnn_core.workspace.runs import Run

MOST_MB = 200
"""An imported zip is held in the server's memory and unpacked there while its page waits."""

workspace, session = cache.workspace(), state.session()
st.title(tr("Runs"))
st.caption(tr("Every network trained here: its settings, its scores, its curves. Click a column to sort, tick runs to compare."))


@st.dialog(tr("Delete this for everybody?"))
def ask_to_delete(runs: list[Run]) -> None:
    """The workspace is shared, so deleting asks first."""
    for run in runs:
        st.markdown(f"- {literal(run.name)} ({literal(run.id)})")
    st.markdown(tr("The weights, curves and evaluations are gone for everybody who uses this server."))
    yes, no = st.columns(2)
    if yes.button(tr("Delete"), type="primary", width="stretch", key="really-delete"):
        with widgets.saying_problems():
            listing.delete(runs)
        if state.selection().run in {run.id for run in runs}:
            state.select(run=None)
        st.rerun()
    if no.button(tr("Keep"), width="stretch", key="keep"):
        st.rerun()


def file_name_of(run: Run) -> str:
    """A file name made of the run's name."""
    return re.sub(r"[^\w-]+", "-", run.name).strip("-")[:60] + f"-{run.id[-6:]}.zip"


def offer_pages(where: DeltaGenerator, run: Run, key: str = "") -> None:
    """Buttons that open a run on other pages."""
    translates = run_choice.fits(run, "translate")
    for label, icon, page in (
        (tr("Translate"), ":material/translate:", "pages/read/translate/translate.py") if translates else
        (tr("Inspect"), ":material/search:", "pages/read/inspect/inspect.py"),
        (tr("Evaluate"), ":material/grid_on:", "pages/understand/evaluate/evaluate.py"),
        (tr("Training"), ":material/model_training:", "pages/train/train/train.py"),
    ):
        if where.button(label, icon=icon, key=f"open-{label}{key}"):
            state.select(run=run.id, dataset=None)
            session.training = (run.id,)
            st.switch_page(page)


def import_one() -> None:
    """A run from a zip that this page made."""
    with st.expander(tr("Import a run from a zip"), icon=":material/upload:"):
        upload = st.file_uploader(tr("A zip that this page made"), type="zip", key="import-run", max_upload_size=MOST_MB,
                                  help=tr("Tick a run and press Download to make one."))  # fmt: skip
        if upload and st.button(tr("Import"), key="import-now"):
            with widgets.saying_problems():
                run = archive.unpack(workspace, upload.getvalue())
            state.select(run=run.id)
            state.session().imported = run.name
            st.rerun()


if name := session.imported:
    session.imported = None
    st.success(tr("{name} is here, and chosen in Inspect and Evaluate.", name=literal(name)), icon=":material/check:")
found = workspace.runs()
if not found:
    st.info(tr("There is no run yet. Train one on the Train page, or import one below."), icon=":material/stacks:")
    st.page_link("pages/train/train/train.py", label=tr("Go to Train"), icon=":material/arrow_forward:")
    import_one()
    st.stop()
table = listing.rows(found)
columns = [name for name in table[0] | {k: 0 for row in table for k in row} if any(r.get(name) is not None for r in table)]
event = st.dataframe(
    {name: [row.get(name) for row in table] for name in columns},
    hide_index=True,
    placeholder="",
    # Ticks are row numbers: a list that another session has changed is another table, with the same runs ticked.
    key=f"runs-table-{hashlib.sha256(' '.join(run.id for run in found).encode()).hexdigest()[:16]}",
    selection_default={"selection": {"rows": [i for i, run in enumerate(found) if run.id in session.ticked]}},
    on_select="rerun",
    selection_mode="multi-row",
    column_config=listing.column_config(),
)
ticked = [found[i] for i in event["selection"]["rows"]]
session.ticked = tuple(run.id for run in ticked)
if not ticked:
    st.caption(tr("Tick a run at its left edge to open, rename, download or delete it; tick several to compare them."))
else:
    actions = st.container(horizontal=True, vertical_alignment="bottom")
    if len(ticked) == 1:
        one = ticked[0]
        offer_pages(actions, one)
        with actions.popover(tr("Rename"), icon=":material/edit:"):
            name = st.text_input(tr("New name"), value=one.name, key=f"rename-{one.id}", max_chars=200)
            if st.button(tr("Rename"), key="rename-now"):
                with widgets.saying_problems():
                    one.rename(name)
                st.rerun()
        actions.download_button(tr("Download"), lambda: archive.pack(one), file_name_of(one), "application/zip",
                                icon=":material/download:")  # fmt: skip
        with actions.popover(tr("Settings"), icon=":material/tune:"):
            comparing.show_settings(one)
    else:
        with actions.popover(tr("Open"), icon=":material/open_in_new:"):
            for one in ticked:
                st.markdown(literal(one.name))
                offer_pages(st.container(horizontal=True), one, f"-{one.id}")
    if actions.button(tr("Delete"), icon=":material/delete:"):
        ask_to_delete(ticked)
if len(ticked) > 1:
    comparing.compare(ticked)
comparing.show_curves(ticked or found[:5], not ticked)
import_one()
