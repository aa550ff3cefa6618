"""Unrolled: train a recurrent network on your own text and look inside. Run with `streamlit run app.py`.

The server imports this file once, for `app`, and runs it for each session and rerun.
"""

from importlib import import_module
from pathlib import Path

import streamlit as st
from streamlit.runtime.pages_manager import PagesManager
from streamlit.runtime.scriptrunner import get_script_run_ctx

from pages.common import state, widgets
from rnn_core.language import tr


def main() -> None:
    """One run: the navigation, and the page that is open."""
    st.set_page_config("Unrolled", page_icon=str(Path(__file__).parent / "pages" / "common" / "icon.svg"), layout="wide")
    state.restore()
    unrolled = st.Page("pages/read/unrolled.py", title="Unrolled", icon=":material/view_column:", url_path="unrolled")
    inspect = st.Page("pages/read/inspect/inspect.py", title=tr("Inspect"), icon=":material/search:", url_path="inspect")

    generate = st.Page("pages/read/generate/generate.py", title=tr("Generate"), icon=":material/edit_note:", url_path="generate")
    translate = st.Page("pages/read/translate/translate.py", title=tr("Translate"), icon=":material/translate:",
                        url_path="translate")  # fmt: skip

    def home() -> None:
        """The bare address opens the first page, which so has an address of its own like every other one."""
        st.switch_page(unrolled, query_params=st.query_params)

    page = st.navigation(
        {
            tr("Look inside"): [
                unrolled, inspect, generate, translate, st.Page(home, title=tr("Home"), default=True, visibility="hidden"),
            ],
            tr("Learn"): [
                st.Page("pages/learn/learn.py", title=tr("Lessons"), icon=":material/school:", url_path="learn"),
            ],
            tr("Train your own"): [
                st.Page("pages/train/data/data.py", title=tr("Data"), icon=":material/table_view:", url_path="data"),
                st.Page("pages/train/train/train.py", title=tr("Train"), icon=":material/model_training:", url_path="train"),
                st.Page("pages/train/runs/runs.py", title=tr("Runs"), icon=":material/stacks:", url_path="runs"),
            ],
            tr("Understand"): [
                st.Page("pages/understand/matrix/matrix.py", title=tr("Words to matrix"), icon=":material/grid_view:",
                        url_path="matrix"),
                st.Page("pages/understand/bptt/bptt.py", title="BPTT", icon=":material/undo:", url_path="bptt"),
                st.Page("pages/understand/losses/losses.py", title=tr("Last or every step"), icon=":material/compare_arrows:",
                        url_path="losses"),
                st.Page("pages/understand/evaluate/evaluate.py", title=tr("Evaluate"), icon=":material/grid_on:",
                        url_path="evaluate"),
            ],
        }
    )  # fmt: skip
    widgets.frame()
    with widgets.saying_faults():
        page.run()


if get_script_run_ctx() is None:
    # Streamlit looks for pages in `pages/` by itself until st.navigation has run once: a deep link that is a server's first
    # visit would be told "Page not found".
    PagesManager.uses_pages_directory = False
    app = st.App(__file__)
    # what pages draw with: the first visitor does not wait for it
    for module in ("pandas", "rnn_core.views.inspect", "rnn_core.views.unrolled"):
        import_module(module)
else:
    main()
