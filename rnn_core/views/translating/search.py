"""The tree of hypotheses of the search."""

from dataclasses import dataclass

import numpy as np

from rnn_core.figures import search
from rnn_core.language import N_, tr, tr_n
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import pick_step
from rnn_core.views.translating.shared import NEEDS, Written, bytes_of
from rnn_core.views.view import Part, View


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
    bytes_of(lambda found: sum(48 + len(one.token.encode()) for one in found.candidates) + 8 * len(found.written)), pick_step,
)  # fmt: skip
