"""What the tabs of Words to matrix share: which is open, the step, what is kept, and a row of choices."""

from collections.abc import Callable, Collection, Sequence
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages.common import state, widgets
from pages.common.bounded import nbytes
from rnn_core.results import OVERFLOW

if TYPE_CHECKING:  # torch is not loaded before a run is
    from rnn_core.results import Trace

PARTS = {
    "texts": "From words to one-hot",
    "pads": "Pads",
    "ledger": "The ledger",
    "unit": "One unit, one step",
    "alone": "Without recurrence",
}
"""The tabs of the page."""

_MOST_KEPT = 24

_MOST_BYTES = 64 << 20
"""What a session keeps of this page at most, but for the latest result."""


def tabs(parts: Collection[str]) -> dict[str, Any]:
    """One tab per question, of which only the open one is to be filled: the others cost nothing.

    Args:
        parts: those of `PARTS` that the task has.
    """
    shown = {name: title for name, title in PARTS.items() if name in parts}
    chosen = state.selection().part
    names = {title: name for name, title in shown.items()}
    title = shown[chosen if chosen in shown else next(iter(shown))]
    made = st.tabs(list(names), **state.bound("part", title, names.__getitem__))
    return dict(zip(shown, made, strict=True))


def kept(key: tuple[Any, ...], held: Sequence[Any], compute: Callable[[], Any]) -> Any:
    """What was computed once, for this session.

    Args:
        held: the objects that it was computed from; the key may hold their `id` as long as they live.
    """
    store = state.session().kept
    key = (*key, *map(id, held))
    if key not in store:
        value = compute()
        store[key] = (held, value)
        while len(store) > 1 and (len(store) > _MOST_KEPT or nbytes([v for _, v in store.values()], held) > _MOST_BYTES):
            del store[next(iter(store))]
    return store[key][1]


def choose(title: str, name: str, values: Sequence[Any], value: Any, words: Callable[[Any], str], where: Any = st) -> None:
    """A row of choices for one field of the selection."""
    where.segmented_control(title, values, format_func=words, required=True, **state.bound(name, value))


def count(title: str, name: str, most: int, at_first: int, where: Any, **more: Any) -> int:
    """A whole number from 1 for one field of the selection; returns it."""
    chosen = getattr(state.selection(), name)
    value = min(max(at_first if chosen is None else chosen, 1), most)
    where.number_input(title, 1, most, **state.bound(name, value), **more)
    return value


def step_of(trace: "Trace") -> int:
    """The chosen step within the text; at first the last word."""
    last, step = len(trace.tokens) - 1, state.selection().step
    return last - 1 if step is None else min(step, last)


def refuse_overflow(trace: "Trace") -> None:
    """Ends the page's run with a sentence where there is nothing to compare with."""
    if trace.overflows:
        widgets.problem(OVERFLOW)
        st.stop()
