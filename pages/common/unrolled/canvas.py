"""The unrolled network as a picture: a component of our own, which answers hovering, scrubbing, playing and keys in the browser.

User text only ever becomes `textContent`.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import streamlit as st

from pages.common import state, view_panel
from pages.common.unrolled.component import packed, script, style, words_of
from rnn_core.figures import palette
from rnn_core.figures.text import visible
from rnn_core.views import view
from rnn_core.views.inputs import Inputs
from rnn_core.views.unrolled import Trained, Unrolled, Walked

MOST_LISTED = 200_000
"""Norms of the gradients of single losses that are sent, of all losses at all steps."""

_ASKED = "unrolled-asked-for-page"

_STAYS = ("inspect", "translate", "learn")
"""The pages whose picture leads to no other one: those that lay a step open, and lessons."""

MODULES = ("words", "geometry", "strips", "dom", "columns", "save", "told", "picture", "back", "over", "unrolled")

_component = st.components.v2.component(
    "unrolled_canvas",
    html='<div class="unrolled"></div>',
    css=style(),
    js=script(*MODULES),
)


def show(found: Unrolled | Walked | Trained) -> None:
    """The picture of a text: forwards, with a loss on its way back, or over training."""
    along = found if isinstance(found, Unrolled) else found.along

    def opened() -> None:
        step = int((st.session_state["unrolled"].opened or (-1, 0))[0])
        if 0 <= step < len(along.tokens):
            state.select(step=max(0, step - along.strips[-1].start))  # of the decoder, where there is one
            st.session_state[_ASKED] = True

    def unit() -> None:
        asked = st.session_state["unrolled"].unit
        chosen, step, layer, direction = map(int, asked[:4]) if asked else (-1, 0, 0, 0)
        found = [one for one in along.strips if (one.layer, one.direction) == (layer, direction)]
        if not along.pair and found and 0 <= chosen < len(found[0].order) and 0 <= step < len(along.tokens):
            state.select(step=step, unit=chosen, layer=layer, direction=direction)

    selected = state.selection()
    page = urlsplit(st.context.url or "").path.rpartition("/")[2]
    data = blob(found, "played" in state.session().awaited, selected.loss, selected.step,
                leads=page not in _STAYS, locked=page == "learn" and selected.lock)
    _component(key="unrolled", data=data, on_opened_change=opened, on_unit_change=unit,
               on_played_change=lambda: state.happened("played"), height="content")  # fmt: skip


def asked_for_page() -> bool:
    """Whether somebody has just asked to see a step of the picture on the page that lays it open."""
    return bool(st.session_state.pop(_ASKED, False))


def folded(question: str, name: str, read: Inputs, picture: str) -> None:
    """A picture on a page that has it beside other views, by the name of its view: it is computed once it is opened."""
    place = st.expander(question, key="unrolled-folded", on_change="rerun", icon=":material/view_column:")
    if place.open:
        with place:
            view_panel.show(view(name), read, choices=False, picture=picture)


def blob(
    found: Unrolled | Walked | Trained, tells: bool = False, begins: str | None = None, step: int | None = None,
    leads: bool = True, locked: bool = False,
) -> bytes:  # fmt: skip
    """The picture's numbers as one piece, as `component.packed` has it.

    Args:
        tells: whether the picture tells when it has been played to its end.
        begins: the loss whose way back is shown first, `last` or `every`; None: the one that the run was trained with.
        step: the page's chosen one, at which the picture opens, counted from the start of the decoder where there is one.
        leads: whether it leads to the page that lays a step open.
        locked: whether only the steps can be gone through: the loss, the layer, scissors and nudges stay as they are.
    """
    walked = found if isinstance(found, Walked) else None
    trained = found if isinstance(found, Trained) else None
    back, ways = walked or trained, walked.ways if walked else trained.over.ways if trained else ()
    found = found if isinstance(found, Unrolled) else found.along
    ranked = found.ranked
    arrays = {"losses": found.losses, "best_p": ranked.best_p, "target_p": ranked.target_p}
    for i, strip in enumerate(found.strips):
        arrays |= {f"states.{i}": strip.states, f"contrasts.{i}": strip.contrasts}
    arrays["attention"] = np.empty(0) if found.attention is None else found.attention
    if back:
        arrays |= {name: np.concatenate([np.ravel(getattr(way, name)) for way in ways])
                   for name in ("weights", "above", "arriving", "reached", "copies", "shares", "norms", "falls")}  # fmt: skip
    if walked:
        if walked.cuts:
            arrays |= {f"cut_{name}": getattr(walked.cuts, name) for name in ("above", "arriving", "shares")}
        arrays["parts_by_loss"] = walked.parts if walked.parts.size <= MOST_LISTED else np.empty(0)
    most = max(float(np.abs(one.states).max()) for one in found.strips)
    if trained:
        over, most = trained.over, float(np.abs(trained.over.states).max())
        arrays |= {"over_losses": over.losses, "over_target_p": over.target_p, "over_best_p": over.p}
        for i, strip in enumerate(found.strips):
            arrays[f"over_states.{i}"] = over.states[:, strip.layer, strip.direction][:, :, strip.order]
    kinds = np.where(found.special, "special", np.where(found.known, "", "unknown"))
    header: Mapping[str, Any] = {
        "steps": len(found.tokens), "tokens": [visible(token, 40) for token in found.tokens], "kinds": kinds.tolist(),
        "indices": found.indices.tolist(), "known": found.known.tolist(),
        "answered": (ranked.best[:, 0] >= 0).tolist(), "trained": found.trained.tolist(), "counts": (found.weights > 0).tolist(),
        "classes": found.classes, "labels": [visible(one, 40) for one in ranked.labels], "colours": list(ranked.colours),
        "best": ranked.best.ravel().tolist(), "listed": ranked.best.shape[1],
        "target": found.target, "targets": ranked.targets.tolist(), "every": found.every,
        "strips": [{"layer": one.layer, "direction": one.direction, "start": one.start, "count": len(one.states),
                    "units": len(one.order), "order": one.order.tolist(), "side": one.side} for one in found.strips],
        "parts": list(found.parts), "letters": list(found.letters), "fed": found.fed.tolist(), "pair": found.pair,
        "most": most or 1.0, "scale": list(palette.LIGHT.diverging),
        "tells": tells, "begins": begins,
        **words_of(MODULES, {*found.parts, *found.letters, "h", "V", *([back.letter] if back else [])}),
        "back": back and {
            "letter": back.letter, "recurrent": back.recurrent,
            "ways": [{"loss": way.loss, "step": way.step, "total": way.total, "rates": way.rates.tolist(),
                      "fall": [None if np.isnan(one) else one for one in way.fall.tolist()]} for way in ways],
            "rows": walked.rows.tolist() if walked else [],
        },
        "over": trained and {
            "updates": trained.over.updates.tolist(), "own": trained.over.best, "best": trained.best.ravel().tolist(),
        },
    }  # fmt: skip
    at = None if step is None else step + found.strips[-1].start
    step = at if at is not None and 0 <= at < len(found.tokens) else None
    return packed(header, arrays, {"step": step, "leads": leads, "locked": locked})


view_panel.COMPONENTS["unrolled"] = show
