"""A text and its translation: attention, the words that could have come, the states of both networks, and the search."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np

from rnn_core.figures import bars, heatmap, palette, search
from rnn_core.figures.text import percent
from rnn_core.language import N_, formula, tr, tr_n
from rnn_core.results import Translation
from rnn_core.views import formulas
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import Step, name_of, pick_step, place, quantities
from rnn_core.views.view import Choice, Part, View, literal, number

NEEDS = ("run", "translation")


@dataclass(frozen=True)
class Written(Step):
    """A step of the decoder from 0; None, or beyond the target: the first, or the last."""

    def settled(self, inputs: Inputs) -> Self:
        return replace(self, step=min(self.step or 0, len(inputs.translation.written) - 1))


def _size(each: Callable[[Translation], int]) -> Callable[[Inputs], int]:
    """The bytes of some numbers of a translation, of its tokens, and of some words."""

    def most(inputs: Inputs) -> int:
        found = inputs.translation
        tokens = (*found.source.tokens, *found.target.tokens, *found.written, *(one for row in found.likely for one in row))
        return each(found) + sum(2 * len(one.encode()) + 40 for one in tokens) + 4096

    return most


# ---- attention ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Alignment:
    """The words of both texts and the attention between them.

    Attributes:
        source: (S,) with `<sos>` and `<eos>`.
        known: (S,) whether the vocabulary has each.
        written: (T,) with `<eos>`.
        given: the first of them that were given and not chosen by the decoder.
        p: (T,) the probability of each written word.
        copied: (T,) whether each stands in the place of `<unk>`, and is a token of the source.
        linked: (T,) the source step that was set to be attended to alone; −1: none was.
        attention: α, (T, S); None without attention.
        kind: of attention: `none`, `dot` or `additive`.
        step: the chosen one.
        layers: of the decoder.
        feeding: whether the attentional state is an input of the next step.
        style: how written tokens are put together, as for `detokenise`.
    """

    source: tuple[str, ...]
    known: np.ndarray
    written: tuple[str, ...]
    given: int
    p: np.ndarray
    copied: np.ndarray
    linked: np.ndarray
    attention: np.ndarray | None
    kind: str
    step: int
    layers: int
    feeding: bool
    style: str


def _alignment(inputs: Inputs, controls: Written) -> Alignment:
    found, model = inputs.translation, inputs.run.config.model
    return Alignment(
        found.source.tokens, found.source.known, found.written, found.given, np.exp(found.log_p), found.copied, found.linked,
        found.attention, model.attention, controls.at, model.layers, model.input_feeding, found.style,
    )  # fmt: skip


def _draw_alignment(found: Alignment) -> tuple[Part, ...]:
    said = tr(
        "Each row is a word that the decoder wrote, with its probability on the right. This run has no attention: after the "
        "source is read, its decoder sees one vector, whatever the length.",
    ) if found.attention is None else tr(
        "Each row is a word that the decoder wrote, with its probability on the right, each column a word that the encoder "
        "read; the colour is the weight. Point at a word to see its weights on the other side; choose a step by a click or the "
        "arrow keys. A double click on a cell makes the step look at this word alone.",
    )  # fmt: skip
    return Part("alignment", found), Part("caption", said)


_DECODER = {
    "none": (
        N_(
            "The decoder starts from the encoder's last state, in both directions where there are two. This one vector is "
            "all that it has of the source (Sutskever et al. 2014):",
        ),
        r"$$h_0 = s_S, \qquad \hat y_t = \mathrm{softmax}(c + V h_t)$$",
    ),
    "dot": (
        N_(
            "After each step, the decoder's state is compared with all states of the encoder by their dot products. Their "
            "softmax is the weights, and the readout reads the weighted mean of these states, too (Luong et al. 2015):",
        ),
        r"$$\alpha_{tj} = \frac{\exp(h_t \cdot s_j)}{\sum_i \exp(h_t \cdot s_i)}, \quad g_t = \sum_j \alpha_{tj} s_j, "
        r"\quad \tilde h_t = \tanh(W_c [h_t; g_t]), \quad \hat y_t = \mathrm{softmax}(c + V \tilde h_t)$$",
    ),
    "additive": (
        N_(
            "Before each step, a small network compares the decoder's last state with all states of the encoder. The "
            "softmax of its scores is the weights, and the weighted mean of these states is an input of the step (Bahdanau "
            "et al. 2015):",
        ),
        r"$$e_{tj} = v \cdot \tanh(W_a h_{t-1} + U_a s_j), \quad \alpha_{tj} = \frac{\exp e_{tj}}{\sum_i \exp e_{ti}}, "
        r"\quad g_t = \sum_j \alpha_{tj} s_j, \quad \tilde h_t = \tanh(W_c [h_t; g_t]), \quad \hat y_t = "
        r"\mathrm{softmax}(c + V \tilde h_t)$$",
    ),
}
"""By the kind of attention, how the decoder reads the source: words and the formula."""


def _explain_alignment(found: Alignment) -> str:
    words, equations = _DECODER[found.kind]
    t = found.step
    said = f"{tr(words)}\n\n{formula(equations)}\n\n"
    if found.feeding:
        said += tr("With input feeding, the attentional state h̃ of a step is an input of the next. ")
    if found.layers > 1:
        said += tr("h is the state of the top layer of {layers}. ", layers=found.layers)
    if found.attention is not None:
        weights = found.attention[t]
        listed = " · ".join(f"{literal(found.source[j], 30)} {weights[j]:.4f}" for j in np.argsort(-weights)[:4].tolist())
        said += tr(
            "sⱼ is the encoder's state at the source's step j. At {t} the largest of the {weights} weights are: {listed}. "
            "All of them sum to {sum:.6f}. ",
            t=place(t, found.written[t]), weights=len(weights), listed=listed, sum=float(weights.sum(dtype=np.float64)),
        )
        if found.linked[t] >= 0:
            said += tr(
                "These weights were set: 1 at j = {linked} and 0 elsewhere, in the place of the softmax, so g is the state "
                "of this one step. ",
                linked=found.linked[t] + 1,
            )  # fmt: skip
    if found.copied[t]:
        return said + tr(
            "Here the decoder wrote `<unk>`, with p = {p:.6g}. The source token with the largest weight, `<sos>` and "
            "`<eos>` left out, stands in its place (Luong et al. 2015). The next step reads `<unk>`.",
            p=found.p[t],
        )
    return said + tr("The word has p = {p:.6g}.", p=found.p[t])


ALIGNMENT: View[Written, Alignment] = View(
    "alignment", N_("Which source words is each word written from?"), NEEDS, Written, _alignment, _draw_alignment,
    _explain_alignment, _size(lambda found: 8 * len(found.written) * (len(found.source.tokens) + 3) + len(found.source.tokens)),
)  # fmt: skip


# ---- the word at a step -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Instead:
    """The most probable words at a step.

    Attributes:
        words, p: (m,) the most probable first.
        written: the word that was written.
        unknown: whether it stands in the place of `<unk>`, whose probability this is: it was copied from the source, or given.
        p_written: its probability.
        given: whether it was given and not chosen by the decoder.
        step: the step from 0.
        before: the word before it, as the decoder read it.
        whole: log p of all words of the target.
        steps: T, of these words.
    """

    words: tuple[str, ...]
    p: np.ndarray
    written: str
    unknown: bool
    p_written: float
    given: bool
    step: int
    before: str
    whole: float
    steps: int


def _read(found: Translation, step: int) -> str:
    """The token that the decoder reads at a step."""
    return found.target.tokens[step] if found.target.known[step] else "<unk>"


def _instead(inputs: Inputs, controls: Written) -> Instead:
    found, t = inputs.translation, controls.at
    unknown = bool(found.copied[t]) or (t < found.given and not found.target.known[t + 1])
    return Instead(
        found.likely[t], found.p[t].copy(), found.written[t], unknown, float(np.exp(found.log_p[t])), t < found.given, t,
        _read(found, t), float(found.log_p[: found.steps].sum()), found.steps,
    )  # fmt: skip


def _draw_instead(found: Instead) -> tuple[Part, ...]:
    words, p, chosen = found.words, found.p, "<unk>" if found.unknown else found.written
    if chosen not in words:
        words, p = (*words[:-1], chosen), np.array([*p[:-1], found.p_written])
    drawn = bars.top_probabilities(p, words, dict.fromkeys(words, palette.BLUE), chosen, len(words), N_("here"))
    values = {"chosen": literal(chosen, 30), "step": found.step + 1, "p": percent(found.p_written)}
    written = literal(found.written, 30)
    if found.unknown and found.given:
        said = tr(
            "“{chosen}” at t = {step} has p = {p}; “{written}” was given, and the decoder did not choose it.",
            written=written, **values,
        )
    elif found.given:
        said = tr("“{chosen}” at t = {step} has p = {p}; it was given, and the decoder did not choose it.", **values)
    elif found.unknown:
        said = tr(
            "“{chosen}” at t = {step} has p = {p}; “{written}” was copied from the source in its place.",
            written=written, **values,
        )
    else:
        said = tr("“{chosen}” at t = {step} has p = {p}.", **values)
    return Part("figure", drawn), Part("caption", said)


def _explain_instead(found: Instead) -> str:
    listed = " · ".join(f"{literal(word, 30)} {p:.4f}" for word, p in zip(found.words[:5], found.p.tolist(), strict=False))
    return tr(
        "At each step, the readout gives every word of the target's vocabulary a probability. The probability of a "
        "translation is the product over its steps:\n\n"
        r"$$p(y_1, \dots, y_T \mid x) = \prod_{{t=1}}^{{T}} p(y_t \mid y_1, \dots, y_{{t-1}}, x) = \prod_{{t=1}}^{{T}} \hat "
        "y_t[y_t]$$\n\n"
        "Here T = {steps} and log p = {whole}, so p = {p}. At {step}, after “{before}”, the most probable words are: "
        "{listed}.",
        steps=found.steps, whole=number(found.whole), p=number(float(np.exp(found.whole))),
        step=place(found.step, found.written), before=literal(found.before, 30), listed=listed,
    )


INSTEAD: View[Written, Instead] = View(
    "instead", N_("Which words could have come here?"), NEEDS, Written, _instead, _draw_instead, _explain_instead,
    _size(lambda found: 8 * found.p.shape[1]),
)  # fmt: skip


# ---- the states of both networks ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Unit(Written):
    """A quantity of a layer, and a unit of it; None: none is chosen."""

    unit: int | None = None
    layer: int = 0
    quantity: str = "h"

    def settled(self, inputs: Inputs) -> Self:
        run = inputs.run
        return replace(
            super().settled(inputs),
            unit=self.unit if self.unit is not None and self.unit < run.config.model.hidden else None,
            layer=min(self.layer, run.config.model.layers - 1),
            quantity=self.quantity if self.quantity in quantities(run) else "h",
        )


@dataclass(frozen=True)
class Both:
    """A quantity of the units of the encoder and of the decoder.

    Attributes:
        values: (S + T, d), or (S + 1 + T, d) with the decoder's state before its first step between both.
        words: of the columns; a message for the state before the first step.
        source: S.
        start: whether the state before the first step is among them: it is for the parts of the state.
        quantity, layer, unit: the chosen ones; the unit may be None.
        bounded: whether the quantity is a gate, which σ keeps in 0…1.
        directions: of the encoder.
        step: the chosen one of the decoder.
        read, written: the tokens that the decoder reads and writes at this step.
        equations: of the cell, as LaTeX.
    """

    values: np.ndarray
    words: tuple[str, ...]
    source: int
    start: bool
    quantity: str
    layer: int
    unit: int | None
    bounded: bool
    directions: int
    step: int
    read: str
    written: str
    equations: tuple[str, ...]

    @property
    def at(self) -> int:
        """The column of the chosen step."""
        return self.source + self.start + self.step


def _both(inputs: Inputs, controls: Unit) -> Both:
    found, run = inputs.translation, inputs.run
    of_source = found.source.values[controls.quantity][controls.layer]  # (directions, S, d / directions)
    of_target = found.target.values[controls.quantity][controls.layer, 0]
    start = controls.quantity in run.cell.parts
    between = [_last(of_source)[None]] if start else []
    bounded = any(one.name == controls.quantity and one.kind == "gate" for one in run.cell.kept)
    return Both(
        np.concatenate([np.concatenate(list(of_source), 1), *between, of_target]),
        (*found.source.tokens, *([N_("start")] if start else []), *found.target.tokens), len(found.source.tokens), start,
        controls.quantity, controls.layer, controls.unit, bounded, len(of_source), controls.at, _read(found, controls.at),
        found.written[controls.at], run.cell.equations,
    )  # fmt: skip


def _last(values: np.ndarray) -> np.ndarray:
    """The encoder's last state, (d,): that of the backward direction is at the first word.

    Args:
        values: (directions, S, d / directions).
    """
    return np.concatenate([one[0] if direction else one[-1] for direction, one in enumerate(values)])


def _draw_both(found: Both) -> tuple[Part, ...]:
    words = list(found.words)
    if found.start:
        words[found.source] = tr(words[found.source])
    drawn = heatmap.states(found.values, words, found.at, found.unit, gate=found.bounded)
    edges = [found.source, *([found.source + 1] if found.start else [])]
    line = {"type": "line", "y0": 0, "y1": 1, "yref": "paper", "line": {"color": palette.ORANGE, "width": 3}}
    drawn["layout"]["shapes"] += [{**line, "x0": at + 0.5, "x1": at + 0.5} for at in edges]
    said = tr(
        "Left of the orange lines the encoder reads the source, right of them the decoder writes. The column between them is "
        "the state from which the decoder starts: the encoder's last one. ",
    ) if found.start else tr(
        "Left of the orange line the encoder reads the source, right of it the decoder writes. ",
    )  # fmt: skip
    said += tr(
        "In the marked column, the decoder's t = {step}, it reads “{read}” and writes “{written}”. ",
        step=found.step + 1, read=literal(found.read, 30), written=literal(found.written, 30),
    )  # fmt: skip
    if found.directions > 1:
        half = found.values.shape[1] // 2
        said += tr(
            "Units 0 to {before} of the encoder read from the start of the source, units {first} to {last} from its end, so "
            "their last state is at the first word. ",
            before=half - 1, first=half, last=2 * half - 1,
        )  # fmt: skip
    if found.unit is not None:
        said += tr(
            "Unit {unit} at the decoder's t = {step}: {value:.4f}.",
            unit=found.unit, step=found.step + 1, value=found.values[found.at, found.unit],
        )
    return Part("figure", drawn), Part("caption", said.strip())


def _explain_both(found: Both) -> str:
    d, here = found.values.shape[1], found.values[found.at]
    said = tr(
        "Each column is one step of layer {layer}, each row one of {d} units. Encoder and decoder have the same equations with "
        "parameters of their own; x is what the layer reads at the step:",
        layer=found.layer + 1, d=d,
    ) + f"\n\n{formulas.lines(found.equations)}\n\n"
    if found.start:
        vector = found.values[found.source]
        said += tr(
            "The decoder starts from {d} numbers, whose Euclidean length is {norm}. Without attention they are all that it "
            "has of the source. ",
            d=d, norm=number(float(np.linalg.norm(vector))),
        )  # fmt: skip
    length = number(float(np.linalg.norm(here)))
    return said + tr(
        "At the decoder's step {step}, the Euclidean length of its {quantity} is {length}.",
        step=found.step + 1, quantity=tr(found.quantity), length=length,
    )


def _pick_cell(point: list[Any]) -> dict[str, Any]:
    return {"unit": int(point[1])} if len(point) > 1 and point[1] is not None else {}


def _choose_both(inputs: Inputs, controls: Unit) -> tuple[Choice, ...]:
    model = inputs.run.config.model
    return (
        Choice("quantity", tr("Quantity"), quantities(inputs.run), name_of(inputs.run, "quantity")),
        Choice("layer", tr("Layer"), range(model.layers), name_of(inputs.run, "layer")),
        Choice("unit", tr("Unit"), (0, model.hidden - 1), form="number"),
    )


BOTH: View[Unit, Both] = View(
    "both-states", N_("What do the encoder and the decoder hold, step by step?"), NEEDS, Unit, _both, _draw_both, _explain_both,
    lambda inputs: _size(
        lambda found: 8 * (len(found.source.tokens) + 1 + len(found.target.tokens)) * inputs.run.config.model.hidden
    )(inputs), _pick_cell, _choose_both,
)  # fmt: skip


# ---- the search ---------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Searched:
    """The hypotheses of a beam search.

    Attributes:
        steps, parents, log_p: (m,) of each candidate, as in `results.Candidate`.
        tokens, fates: (m,) the same.
        best: the candidates that lead to the translation.
        width, normalisation: of the search.
        given: the first tokens, which were given.
        length: the tokens of the translation, `<eos>` included where it was written.
        log_p_given: log p of the given tokens.
        step: the chosen step.
    """

    steps: np.ndarray
    parents: np.ndarray
    log_p: np.ndarray
    tokens: tuple[str, ...]
    fates: tuple[str, ...]
    best: tuple[int, ...]
    width: int
    normalisation: float
    given: int
    length: int
    step: int


def _searched(inputs: Inputs, controls: Written) -> Searched:
    found = inputs.translation
    line, at = list[int](), found.best
    while at >= 0:
        line.append(at)
        at = found.candidates[at].parent
    return Searched(
        np.array([one.step for one in found.candidates], np.int32), np.array([one.parent for one in found.candidates], np.int32),
        np.array([one.log_p for one in found.candidates]), tuple(one.token for one in found.candidates),
        tuple(one.fate for one in found.candidates), tuple(reversed(line)), found.width, found.normalisation, found.given,
        found.steps, controls.at,
    )  # fmt: skip


def _draw_searched(found: Searched) -> tuple[Part, ...]:
    fates = {fate: found.fates.count(fate) for fate in ("kept", "ended", "pruned")}
    said = tr_n(
        "The search considered {n:,} continuation: it kept {kept:,}, {ended:,} ended, and it pruned {pruned:,}. The orange line "
        "is the translation. ",
        "The search considered {n:,} continuations: it kept {kept:,}, {ended:,} ended, and it pruned {pruned:,}. The orange "
        "line is the translation. ",
        len(found.fates), **fates,
    )
    said += (tr("A beam of 1 is greedy search: it takes the most probable word at each step. Choose a wider beam above.")
             if found.width == 1 else tr("A click on a word chooses its step."))  # fmt: skip
    most = max(found.width, 3)
    if fates["pruned"]:
        said += tr(" Of the pruned ones, the {most} most probable at each step are drawn.", most=most)
    if "<unk>" in found.tokens:
        said += tr(" In the translation, a word of the source takes the place of `<unk>`.")
    drawn = search.tree(
        found.steps, found.parents, found.tokens, found.log_p, found.fates, found.best, found.step, found.given, most
    )
    return Part("figure", drawn), Part("caption", said)


def _explain_searched(found: Searched) -> str:
    said = tr(
        "A beam of K = {width} keeps at most K hypotheses at each step, those that ended among them: the most probable of "
        "all continuations. The others are pruned, and so is a hypothesis that can no longer get a better score than one "
        "that ended. At the end, the best score wins. Dividing by a power α of the length T, `<eos>` included, keeps the "
        "search from favouring short ones:\n\n"
        r"$$\mathrm{{score}} = \frac{{\log p(y_1, \dots, y_T \mid x)}}{{T^{{\,\alpha}}}}$$",
        width=found.width,
    )
    if found.best:
        log_p = float(found.log_p[found.best[-1]])
        score = log_p / max(1, found.length) ** found.normalisation
        said += "\n\n" + tr(
            "Here α = {normalisation:g}, T = {length}, log p = {log_p:.4f}, and the score is {score:.4f}.",
            normalisation=found.normalisation, length=found.length, log_p=log_p, score=score,
        )
    if found.given:
        said += tr_n(
            " The first {n:,} word of the translation were given, so the search begins after them.",
            " The first {n:,} words of the translation were given, so the search begins after them.",
            found.given,
        )
    return said


SEARCHED: View[Written, Searched] = View(
    "beam", N_("Which hypotheses did the search keep?"), NEEDS, Written, _searched, _draw_searched, _explain_searched,
    _size(lambda found: sum(48 + len(one.token.encode()) for one in found.candidates) + 8 * len(found.written)), pick_step,
)  # fmt: skip

VIEWS = (ALIGNMENT, INSTEAD, BOTH, SEARCHED)
