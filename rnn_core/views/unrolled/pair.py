"""An encoder and a decoder unrolled along a text and its translation."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from rnn_core.analysis.loading import Loaded, Unopened
from rnn_core.figures import palette
from rnn_core.language import N_, formula, tr
from rnn_core.results import Side, Translation
from rnn_core.views import formulas
from rnn_core.views.inputs import Inputs
from rnn_core.views.unrolled.along import (
    LISTED,
    PICTURES,
    QUESTION,
    Ranked,
    Strip,
    Unrolled,
    heading,
    lettered,
    letters,
)
from rnn_core.views.unrolled.back import Walked, draw_walked, explain_walked
from rnn_core.views.view import Choice, Controls, Part, View, literal, number


@dataclass(frozen=True)
class PicturedPair(Controls):
    """What the picture shows: `forwards` or `backwards`."""

    picture: str = "forwards"

    def settled(self, inputs: Inputs) -> Self:
        return replace(self, picture=self.picture if self.picture in PICTURES else "forwards")


def _pair(inputs: Inputs, controls: PicturedPair) -> Unrolled:
    return pair_of(inputs.run, inputs.translation)


def pair_of(run: Loaded | Unopened, found: Translation) -> Unrolled:
    """The way forwards along both texts: the encoder's steps, then the decoder's."""
    source, target, cell = found.source, found.target, run.cell
    before, steps = len(source.tokens), len(target.tokens)
    special = np.zeros(before + steps, bool)
    special[[0, before - 1, before]] = True
    counted = np.arange(steps) < found.steps
    losses = np.where(counted, -found.log_p, np.nan)
    fed = np.zeros(before + steps, bool)
    fed[before + 1 :] = np.arange(1, steps) > found.given
    answered = np.concatenate((np.zeros(before, bool), np.ones(steps, bool)))
    weights = np.concatenate((np.zeros(before), counted / max(1, counted.sum())))
    top = max(len(side.values["h"]) for side in (source, target)) - 1
    return Unrolled(
        (*source.tokens, *target.tokens), np.empty(0, int), np.concatenate((source.known, target.known)), special,
        (*_strips(source, 0, "encoder"), *_strips(target, before, "decoder")), len(run.speech.vocabularies["target"]),
        _ranked(found, before, counted), None, np.concatenate((np.full(before, np.nan), losses)), weights, answered, True,
        tuple(cell.parts), (letters(run, cell.of_inputs), letters(run, cell.of_step)),
        formulas.cell(cell.equations, cell.parts, top, 0, 1), run.config.data.unit, fed, found.attention,
    )  # fmt: skip


def _strips(side: Side, start: int, name: str) -> tuple[Strip, ...]:
    states = side.values["h"]
    layers, directions, _, d = states.shape
    return tuple(
        Strip(layer, direction, start, states[layer, direction], np.arange(d), np.empty(0), name)
        for layer in reversed(range(layers)) for direction in range(directions)
    )  # fmt: skip


def _ranked(found: Translation, before: int, counted: np.ndarray) -> Ranked:
    """The answers of the decoder, after the encoder's steps, which have none."""
    likely = [row[:LISTED] for row in found.likely]
    labels = list(dict.fromkeys((*(token for row in likely for token in row), *found.written)))
    place, m = {label: i for i, label in enumerate(labels)}, min(LISTED, found.p.shape[1])
    best = np.array([[place[token] for token in row] for row in likely])
    targets = np.where(counted, [place[token] for token in found.written], -1)
    none = np.full((before, m), np.nan)
    return Ranked(
        tuple(labels), (palette.GREY,) * len(labels), np.concatenate((np.full((before, m), -1), best)),
        np.concatenate((none, found.p[:, :m])), np.concatenate((np.full(before, -1), targets)),
        np.concatenate((none[:, 0], np.where(counted, np.exp(found.log_p), np.nan))),
    )  # fmt: skip


def _draw(found: Unrolled) -> tuple[Part, ...]:
    said = tr(
        "The encoder reads the source, then the decoder starts from the encoder's last states and writes: after each step "
        "its most probable token is its next input (dashed). Each has parameters of its own, the same at all of its steps. ",
    )
    if found.directions > 1:
        said += tr("The lower row of a layer reads from the end; the decoder starts from both directions side by side. ")
    said += (
        tr("Choose a step of the decoder to see how much of each source state its attention takes.")
        if found.attention is not None else tr(
            "This run has no attention: all that the decoder knows of the source is that start.",
        )
    )  # fmt: skip
    return Part("unrolled", lettered(found)), Part("caption", said)


def _explain(found: Unrolled) -> str:
    counted = np.flatnonzero(found.weights > 0)
    attends = (
        formula(
            r"$$g_t = \sum_j \alpha_{tj}\, s_j, \qquad \sum_j \alpha_{tj} = 1, \qquad \tilde h_t = \tanh(W_c [h_t; g_t]), "
            r"\qquad \hat y_t = \mathrm{softmax}(c + V \tilde h_t)$$",
        ) if found.attention is not None
        else formula(r"$$\hat y_t = \mathrm{softmax}(c + V h_t)$$")
    )  # fmt: skip
    words = tr(
        "{lines}\n\n"
        "{attends}\n\n"
        r"$$L(t) = -\log \hat y_t[\text{{token}}], \qquad L = \tfrac1m \textstyle\sum_t L(t)$$"
        "\n\n",
        lines=formulas.lines(found.equations), attends=attends,
    )
    if len(counted):
        last = int(counted[-1])
        token, value = literal(found.ranked.labels[found.ranked.targets[last]], 40), float(found.losses[last])
        total = float((found.weights * np.nan_to_num(found.losses)).sum())
        words += tr(
            "At the decoder's last step, t = {last} of the picture, the token is {token}: −log {p:.6g} = {value} "
            "nats. The mean of the {counted} losses is L = {total} nats.\n\n",
            last=last + 1, token=token, p=float(found.ranked.target_p[last]), value=number(value), counted=len(counted),
            total=number(total),
        )
    return words + tr(
        "Here sⱼ are the encoder's states of the top layer, of both directions side by side where there are two. The "
        "decoder's state before its first step is the encoder's last one. Where a state has more units than rows, "
        "neighbouring units share a row, which shows the largest of them by absolute value, with its sign.",
    )


def _choose(inputs: Inputs, controls: PicturedPair) -> tuple[Choice, ...]:
    return (Choice("picture", tr("Picture"), tuple(PICTURES), lambda name: tr(PICTURES[name])),)


def _bytes_of(found: Translation) -> int:
    values = sum(side.values["h"].size for side in (found.source, found.target))
    steps, words = len(found.source.tokens) + len(found.target.tokens), [token for row in found.likely for token in row]
    names = sum(len(token.encode()) + 40 for token in (*words, *found.source.tokens, *found.target.tokens, *found.written))
    attention = 0 if found.attention is None else found.attention.size
    return 8 * (values + attention) + (200 + 24 * LISTED) * steps + 64 * 1024 + 2 * names


PAIR: View[PicturedPair, Unrolled] = View(
    "unrolled-pair", QUESTION, ("run", "translation"), PicturedPair, _pair, _draw, _explain,
    lambda inputs: _bytes_of(inputs.translation), choices=_choose, heading=heading,
)  # fmt: skip


def _walked(inputs: Inputs, controls: PicturedPair) -> Walked:
    way, cell = inputs.pair, inputs.run.cell
    parameter = way.followed
    nothing = np.empty((0, 0), np.float32)
    return Walked(pair_of(inputs.run, way.translation), np.empty(0, int), nothing, cell.declared[parameter].letter,
                  parameter in cell.of_step, way.ways, None)  # fmt: skip


def _walked_bytes(inputs: Inputs) -> int:
    found, cell = inputs.pair.translation, inputs.run.cell
    strips = sum(side.values["h"].shape[0] * side.values["h"].shape[1] for side in (found.source, found.target))
    steps, losses = len(found.source.tokens) + len(found.target.tokens), len(found.target.tokens) + 1
    return _bytes_of(found) + losses * (4 * steps * strips * (5 + len(cell.parts)) + 4096)


PAIR_BACK: View[PicturedPair, Walked] = View(
    "unrolled-pair-back", N_("How does the gradient walk back?"), ("run", "pair"), PicturedPair, _walked, draw_walked,
    explain_walked, _walked_bytes, choices=_choose,
)  # fmt: skip
