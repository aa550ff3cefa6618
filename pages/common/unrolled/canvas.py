"""The unrolled network as a picture: a component of our own, which answers hovering, scrubbing, playing and keys in the browser.

User text only ever becomes `textContent`.
"""

import hashlib
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import streamlit as st

from pages.common import state
from rnn_core.figures import palette
from rnn_core.figures.text import visible
from rnn_core.views.unrolled import Unrolled, Walked

_FOLDER = Path(__file__).parent

MOST_LISTED = 200_000
"""Probabilities of all classes at all steps that are sent; of more, those of the label and of the winners alone."""


_ASKED = "unrolled-asked-for-inspect"


def script(*modules: str) -> str:
    """Modules of this folder as one script, because a component has one: those that are imported come first, and the last one is
    the component."""
    parts = [(_FOLDER / f"{name}.mjs").read_text(encoding="utf-8") for name in modules]
    first = [re.sub(r"^export (?=const|function|class)", "", part, flags=re.MULTILINE) for part in parts[:-1]]
    return re.sub(r"^import \{[^}]*\} from .*$", "", "\n".join([*first, parts[-1]]), flags=re.MULTILINE)


def style() -> str:
    """The stylesheet of the components of this folder."""
    return (_FOLDER / "unrolled.css").read_text(encoding="utf-8")


MODULES = ("geometry", "strips", "dom", "save", "picture", "back", "unrolled")

_component = st.components.v2.component(
    "unrolled_canvas",
    html='<div class="unrolled"></div>',
    css=style(),
    js=script(*MODULES),
)


def show(found: Unrolled | Walked) -> None:
    """The picture of a text, forwards, or with a loss on its way back."""
    along = found if isinstance(found, Unrolled) else found.along

    def opened() -> None:
        step = int((st.session_state["unrolled"].opened or (-1, 0))[0])
        if 0 <= step < len(along.tokens):
            state.select(step=step)
            st.session_state[_ASKED] = True

    def unit() -> None:
        chosen, step, _ = map(int, st.session_state["unrolled"].unit or (-1, 0, 0))
        if 0 <= chosen < along.states.shape[1] and 0 <= step < len(along.tokens):
            state.select(step=step, unit=chosen, layer=along.layers - 1)

    _component(key="unrolled", data=blob(found), on_opened_change=opened, on_unit_change=unit, height="content")


def asked_for_inspect() -> bool:
    """Whether somebody has just asked to see a step of the picture on Inspect."""
    return bool(st.session_state.pop(_ASKED, False))


def blob(found: Unrolled | Walked) -> bytes:
    """The picture's numbers as one piece: the length of a JSON header, little-endian in four bytes, the header, and float32
    arrays in the order in which it names them."""
    walked, found = (None, found) if isinstance(found, Unrolled) else (found, found.along)
    best = found.p.argmax(1)
    steps = np.arange(len(best))
    arrays = {
        "states": found.states, "losses": found.losses, "contrasts": found.contrasts, "target_p": found.p[:, found.target],
        "winner_p": found.p[steps, best], "p": found.p if found.p.size <= MOST_LISTED else np.empty(0),
    }  # fmt: skip
    if walked:
        arrays |= {name: np.concatenate([np.ravel(getattr(way, name)) for way in walked.ways])
                   for name in ("weights", "own", "arriving", "reached", "copies", "shares")}  # fmt: skip
        if walked.cuts:
            arrays |= {"cut_arriving": walked.cuts.arriving, "cut_shares": walked.cuts.shares}
        arrays["falls"] = np.concatenate([way.falls for way in walked.ways])
        arrays["parts_by_loss"] = walked.parts if walked.parts.size <= MOST_LISTED else np.empty(0)
    last = len(found.tokens) - 1
    header: Mapping[str, Any] = {
        "steps": len(found.tokens), "units": found.states.shape[1], "tokens": [visible(token, 40) for token in found.tokens],
        "kinds": ["special" if t in (0, last) else "" if known else "unknown" for t, known in enumerate(found.known.tolist())],
        "indices": found.indices.tolist(), "known": found.known.tolist(), "labels": [visible(one, 40) for one in found.labels],
        "colours": list(found.colours), "target": found.target, "winner": best.tolist(), "counts": (found.weights > 0).tolist(),
        "every": found.every, "parts": list(found.parts), "letters": list(found.letters), "order": found.order.tolist(),
        "most": float(np.abs(found.states).max()) or 1.0, "scale": list(palette.LIGHT.diverging),
        "back": walked and {
            "letter": walked.letter, "recurrent": walked.recurrent, "totals": [way.total for way in walked.ways],
            "norms": [way.norm for way in walked.ways],
            "rates": [way.rate for way in walked.ways], "fall": [None if np.isnan(way.fall) else way.fall for way in walked.ways],
            "rows": walked.rows.tolist(),
        },
        "arrays": [[name, array.size] for name, array in arrays.items()],
    }  # fmt: skip
    content = b"".join(np.ascontiguousarray(array, "<f4").tobytes() for array in arrays.values())
    head = json.dumps(header)
    known = hashlib.sha256(head.encode() + content).hexdigest()[:16]
    encoded = f'{{"id": "{known}", {head[1:]}'.encode()
    return len(encoded).to_bytes(4, "little") + encoded + content
