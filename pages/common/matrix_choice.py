"""What Words to matrix looks at: the rows, the pads, the unit and the gate, as widgets over the one selection."""

import contextlib
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import streamlit as st

from pages.common import cache, state, widgets
from rnn_core.config import Problem
from rnn_core.data.tokens import tokenise
from rnn_core.workspace.datasets import SavedDataset
from rnn_core.workspace.runs import Run

if TYPE_CHECKING:  # torch is not loaded before a run is
    from rnn_core.analysis.loading import Loaded
    from rnn_core.data.batches import Encoded
    from rnn_core.results import Trace
    from rnn_core.views.equations import Unit
    from rnn_core.views.inspect import Reading
    from rnn_core.views.matrix import Words
    from rnn_core.views.padding import Padded

MORE = {
    "classify": "a mess .\nfunny , moving and never dull\nthe plot is thin , but the acting is a joy",
    "tag": "Stop !\nThe ship sails at noon .\nHer old friends from Paris can fish",
}
"""The further texts before anybody has typed."""

MOST_TEXTS, MOST_TOKENS = 50, 2000
"""Texts typed, and tokens of each, that the matrix takes."""

SOURCES = {"data": "texts of the run's training data", "typed": "typed"}
"""Where the rows below the text come from."""

FROM_DATA = 7
"""So many of the training texts, which the report on the data keeps, are shown."""

MOST_AUDITED = 600
"""Tokens of a text that the padding audit reads: it reads them some dozen times, forwards and backwards."""

PARTS = {
    "texts": "From words to one-hot",
    "pads": "Pads",
    "ledger": "The ledger",
    "unit": "One unit, one step",
    "alone": "Without recurrence",
}
"""The tabs of the page."""

_KEPT, _MOST_KEPT = "matrix-kept", 24


def tabs() -> dict[str, Any]:
    """A tab a question, of which only the open one is to be filled: the others cost nothing."""
    chosen = state.selection().part
    st.session_state["matrix-tab"] = PARTS[chosen if chosen in PARTS else "texts"]

    def turn() -> None:
        title = st.session_state["matrix-tab"]
        state.select(part=next(name for name in PARTS if PARTS[name] == title))

    made = st.tabs(list(PARTS.values()), key="matrix-tab", on_change=turn)
    return dict(zip(PARTS, made, strict=True))


def kept(key: tuple[Any, ...], held: Sequence[Any], compute: Callable[[], Any]) -> Any:
    """What was computed once, for this session.

    Args:
        held: the objects that it was computed from; the key may hold their `id` as long as they live.
    """
    store: dict[Any, tuple[Any, Any]] = st.session_state.setdefault(_KEPT, {})
    key = (*key, *map(id, held))
    if key not in store:
        value = compute()
        while len(store) >= _MOST_KEPT:
            del store[next(iter(store))]
        store[key] = (held, value)
    return store[key][1]


def _choose(title: str, name: str, values: Sequence[Any], value: Any, words: Callable[[Any], str], where: Any = st) -> None:
    """A row of choices for one field of the selection."""
    key = f"matrix-{name}"
    st.session_state[key] = value
    where.segmented_control(title, values, key=key, format_func=words, required=True,
                            on_change=lambda: state.select(**{name: st.session_state[key]}))  # fmt: skip


def data_of(run: Run) -> SavedDataset | None:
    """The run's data where they are in this workspace: ready-made and imported runs come without."""
    with contextlib.suppress(Problem):
        saved = cache.workspace().dataset(run.config.fingerprint)
        return None if saved.problem else saved
    return None


def choose_words(run: Run, loaded: "Loaded", trace: "Trace") -> "Words":
    """Which rows, and how their words are numbered."""
    from rnn_core.analysis.matrix import ORDERS, text_matrix
    from rnn_core.views import matrix as views

    chosen, saved = state.selection(), data_of(run)
    order = chosen.order if chosen.order in ORDERS else "run"
    row = st.container(horizontal=True)
    if saved:
        _choose("Rows below the text", "source", list(SOURCES), chosen.source if chosen.source in SOURCES else "data",
                SOURCES.__getitem__, row)  # fmt: skip
    _choose("Number the words by", "order", ORDERS, order, views.ORDERS.__getitem__, row)
    if saved is None or chosen.source == "typed":
        more = _typed(run)
    else:
        more = [tokens for tokens, _ in saved.report.examples[:FROM_DATA]]
    texts = (trace.tokens[1:-1], *map(tuple, more))
    matrix = kept(("matrix", order, texts), (loaded,), lambda: text_matrix(loaded, texts, order))
    return views.Words(loaded, matrix, order, min(1 if chosen.step is None else chosen.step, matrix.indices.shape[1] - 1))


def _typed(run: Run) -> list[tuple[str, ...]]:
    """Further texts, one a line. They are linked by an id, as private texts are."""
    name = state.selection().rows
    saved = cache.workspace().text(name) if name else None
    st.session_state["matrix-rows"] = MORE[run.config.data.task] if saved is None else saved

    def typed() -> None:
        try:
            state.select(rows=cache.workspace().keep_text(st.session_state["matrix-rows"]))
        except Problem as why:
            st.session_state["matrix-trouble"] = str(why)

    st.text_area("Further texts, one a line", key="matrix-rows", height=110, on_change=typed)
    if "matrix-trouble" in st.session_state:
        widgets.problem(st.session_state.pop("matrix-trouble"))
    lines = [line for line in st.session_state["matrix-rows"].split("\n") if line.strip()]
    if len(lines) > MOST_TEXTS:
        st.info(f"These are {len(lines):,} texts; the first {MOST_TEXTS} are shown.", icon=":material/content_cut:")
    how = run.config.data.tokens
    cut = [tuple(token for token, _, _ in tokenise(line, how, MOST_TOKENS)) for line in lines[:MOST_TEXTS]]
    return [tokens for tokens in cut if tokens]


def dev_texts(run: Run, loaded: "Loaded", operations: float) -> "tuple[Encoded, int] | None":
    """Texts of dev, as many as so many multiplications can read, and how many there are; None without the data or dev."""
    saved = data_of(run)
    if saved is None or "dev" not in saved.report.splits:
        return None

    def read() -> "tuple[Encoded, int] | None":
        from rnn_core.analysis.padding import sample

        if saved.vocabulary != loaded.speech.vocabulary or saved.labels != loaded.speech.labels:
            return None
        encoded = saved.encoded("dev")
        return sample(loaded.network, encoded, operations), len(encoded)

    with widgets.saying_problems():
        return kept(("dev", saved.fingerprint, operations), (loaded,), read)


def refuse_overflow(trace: "Trace") -> None:
    """Ends the page's run with a sentence where there is nothing to compare with."""
    if not np.isfinite(trace.logits).all():
        widgets.problem("This network's numbers overflow on this text, so there is nothing to compare with. Choose a shorter "
                        "text, or train it again with a lower learning rate.")  # fmt: skip
        st.stop()


def choose_pads(loaded: "Loaded", trace: "Trace") -> "Padded":
    """How many pads, where, and what is done with them."""
    from rnn_core.analysis.padding import MOST_PADS, SIDES, audit
    from rnn_core.analysis.trace import trace as read
    from rnn_core.views import padding as views

    refuse_overflow(trace)
    chosen = state.selection()
    pads, side = min(chosen.pads, MOST_PADS), chosen.side if chosen.side in SIDES else "right"
    row = st.container(horizontal=True, vertical_alignment="bottom")
    st.session_state["matrix-pads"] = pads
    row.slider("Pads p", 0, MOST_PADS, key="matrix-pads", on_change=lambda: state.select(pads=st.session_state["matrix-pads"]))
    _choose("Pads on the", "side", SIDES, side, str, row)
    _choose("Masking", "masking", (True, False), chosen.masking, {True: "on", False: "off"}.__getitem__, row)
    if len(trace.tokens) > MOST_AUDITED + 2:
        st.caption(f"This text is long: its first {MOST_AUDITED} tokens are read with pads.")
        whole, first = trace, trace.tokens[1 : MOST_AUDITED + 1]
        trace = kept(("first", MOST_AUDITED), (loaded, whole), lambda: read(loaded, whole.text, first))
    label = chosen.label
    found = kept(("audit", pads, label), (loaded, trace), lambda: audit(loaded, trace, pads, label))
    return views.Padded(loaded, trace, found, side, chosen.masking)


def step_of(trace: "Trace") -> int:
    """The chosen step within the text; at first the last word."""
    last, step = len(trace.tokens) - 1, state.selection().step
    return last - 1 if step is None else min(step, last)


def choose_place(loaded: "Loaded", trace: "Trace") -> "Reading":
    """Layer, direction, step and unit; at first the last word and the unit farthest from 0."""
    from rnn_core.views import inspect as views

    chosen, config = state.selection(), loaded.config.model
    layer, direction = min(chosen.layer, config.layers - 1), min(chosen.direction, loaded.network.directions - 1)
    row = st.container(horizontal=True)
    for name, value, values in (
        ("layer", layer, tuple(range(config.layers))), ("direction", direction, tuple(range(loaded.network.directions))),
    ):  # fmt: skip
        if len(values) > 1:
            _choose(name.capitalize(), name, values, value, views.name_of(name), row)
    step, unit = step_of(trace), chosen.unit
    if unit is None or unit >= config.hidden:
        unit = int(abs(trace.states[layer, direction, step]).argmax())
    return views.Reading(loaded, trace, step, layer, direction, unit)


def unit_of(reading: "Reading") -> "Unit":
    """The chosen unit at the chosen step, and the gate whose sum is read."""
    from rnn_core.analysis.equations import unit_step
    from rnn_core.views import equations as views

    gates, chosen = reading.loaded.network.cell.gates, state.selection().gate
    assert reading.unit is not None
    place = (reading.layer, reading.direction, reading.step, reading.unit)
    found = unit_step(reading.loaded, reading.trace, *place)
    return views.Unit(reading.loaded, reading.trace, found, chosen if chosen in gates else gates[0])


def choose_gate(unit: "Unit") -> None:
    """Whose sum is read, where the cell has several gates."""
    gates = unit.loaded.network.cell.gates
    if len(gates) > 1:
        _choose("Gate", "gate", gates, unit.gate, lambda name: f"gate {name}")
