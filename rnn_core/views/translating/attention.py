"""Where the decoder looked at each step."""

from dataclasses import dataclass

import numpy as np

from rnn_core.language import N_, formula, tr
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import place
from rnn_core.views.translating.shared import NEEDS, Written, bytes_of
from rnn_core.views.view import Part, View, literal


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
    _explain_alignment,
    bytes_of(lambda found: 8 * len(found.written) * (len(found.source.tokens) + 3) + len(found.source.tokens)),
)  # fmt: skip
