"""The terms of a sum as bars."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from rnn_core.figures import palette
from rnn_core.figures.frame import Figure, frame, targets
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import GateTerms, Logit


class Part(NamedTuple):
    """A part of a sum: what it is called, its value, its kind (`past`, `word` or `bias`; of a logit `state` or `bias`), and what
    hover says of it."""

    name: str
    value: float
    kind: str
    says: str


MOST_TERMS = 8
"""Terms of a sum that are shown by themselves."""


def largest_terms(terms: GateTerms, unit: int, below: Sequence[str], most: int = MOST_TERMS) -> list[Part]:
    """What a gate's sum is made of: the largest terms first, then the rest added up, then the biases.

    Args:
        unit: u, the row of W and U.
        below: (n,) what the inputs are called.
    """
    times, scale = (f"{name} · " if name else "" for name in (terms.factor_name, terms.word_name))
    past = zip(terms.hidden * terms.factor, terms.weights_hidden, strict=True)
    word = zip(terms.inputs * terms.word_factor, terms.weights_inputs, below, strict=True)
    u, w = tr("U"), tr("W")
    parts = [
        Part(f"{times}{w} · " + tr("h[{j}]", j=j), float(value), "past", tr(
            "{times}W[{unit}, {j}] = {weight:.4f}, times h[{j}]", times=times, unit=unit, j=j, weight=weight,
        )) for j, (value, weight) in enumerate(past)
    ]  # fmt: skip
    parts += [
        Part(f"{scale}{u} · {name}", float(value), "word", tr(
            "{scale}U[{unit}, {i}] = {weight:.4f}, times {name}", scale=scale, unit=unit, i=i, weight=weight, name=name,
        )) for i, (value, weight, name) in enumerate(word)
    ]  # fmt: skip
    parts.sort(key=lambda part: -abs(part.value))
    shown, left = parts[:most], parts[most:]
    for kind, name in (("past", f"{times}{w} · {tr('h')}"), ("word", f"{scale}{u} · x")):
        rest = [part.value for part in left if part.kind == kind]
        if rest:
            added = tr_n("{n:,} product added up", "{n:,} products added up", len(rest))
            shown.append(Part(tr("{name}: the other {count}", name=name, count=len(rest)), sum(rest), kind, added))
    if terms.bias or not terms.others:
        shown.append(Part("b", terms.bias, "bias", f"b[{unit}]"))
    shown += [Part(tr(plain(name)), value, "bias", tr(plain(name))) for name, value in terms.others.items()]
    inner = Part(f"{times}{terms.inner_name}", terms.factor * terms.inner_bias, "bias", tr("the bias of W h"))
    return shown + [inner] * (terms.inner_bias != 0)


def largest_of_logit(found: Logit, states: Sequence[str], most: int = MOST_TERMS) -> list[Part]:
    """What a logit is made of: the largest terms first, then the rest added up, then c.

    Args:
        states: (D,) what the numbers of the state are called.
    """
    terms = zip(found.terms, found.weights, states, strict=True)
    v = tr("V")
    parts = [
        Part(f"{v} · {name}", float(value), "state", tr(
            "V[{chosen}, {i}] = {weight:.4f}, times {name}", chosen=found.chosen, i=i, weight=weight, name=name,
        )) for i, (value, weight, name) in enumerate(terms)
    ]  # fmt: skip
    parts.sort(key=lambda part: -abs(part.value))
    shown, rest = parts[:most], [part.value for part in parts[most:]]
    if rest:
        added = tr_n("{n:,} product added up", "{n:,} products added up", len(rest))
        shown.append(Part(tr("V · h: the other {count}", count=len(rest)), sum(rest), "state", added))
    return [*shown, Part("c", found.bias, "bias", f"c[{found.chosen}]")]


def plain(latex: str) -> str:
    """A short formula of LaTeX in plain signs."""
    signs = {r"\odot": "⊙", r"\mu": "µ", r"\alpha": "α", r"\beta": "β", r"\sigma": "σ", "_{t-1}": "(t−1)", "_t": "(t)", "-": "−"}
    for sign, written in signs.items():
        latex = latex.replace(sign, written)
    return latex


Looks = Mapping[str, tuple[str, str]]
"""By the kind of a part what the legend calls it, to be translated, and its colour."""

OF_GATE: Looks = {"past": (N_("W h: from the state before"), palette.BLUE),
                  "word": (N_("U x: from what is read"), palette.ORANGE),
                  "bias": (N_("bias"), palette.GREY), "sum": (N_("sum"), palette.GREEN)}  # fmt: skip
OF_LOGIT: Looks = {"state": (N_("V h: from the state"), palette.BLUE), "bias": (N_("bias"), palette.GREY),
                   "sum": (N_("logit"), palette.GREEN)}  # fmt: skip


def terms(parts: Sequence[Part], total: float, looks: Looks = OF_GATE, written: str = N_("b + W h + U x")) -> Figure:
    """The terms of a sum as bars, and the sum, and how it is written."""
    every = [*parts, Part(tr(looks["sum"][0]), total, "sum", tr(written))]
    data: list[dict[str, Any]] = []
    for kind, (name, colour) in looks.items():
        own = [i for i, part in enumerate(every) if part.kind == kind]
        if own:
            data.append(dict(
                type="bar",
                y=own, x=[every[i].value for i in own], orientation="h", name=tr(name), marker={"color": colour},
                width=np.full(len(own), 0.8),  # by itself Plotly fills the gaps between the bars of one kind
                text=[f"{every[i].value:+.4f}" for i in own], textposition="outside", cliponaxis=False, hoverinfo="skip",
            ))  # fmt: skip
    rows = np.arange(len(every), dtype=np.int32)
    says = [f"{part.says}: {part.value:+.6f}" for part in every]
    data.append(targets(np.array([part.value for part in every]), rows, rows, says))  # one trace for the parts of all kinds
    low, high = min(0.0, *(part.value for part in every)), max(0.0, *(part.value for part in every))
    room = 0.28 * ((high - low) or 1)
    return frame(
        data,
        24 * len(every) + 100,
        ("terms", len(every)),
        barmode="overlay",
        bargap=0.25,
        xaxis={"range": [low - room, high + room]},
        yaxis={"range": [len(every) - 0.5, -0.5], "tickvals": list(range(len(every))), "showgrid": False,
               "ticktext": [part.name for part in every]},
        showlegend=True,
    )  # fmt: skip
