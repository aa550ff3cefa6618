"""The scores of translations: figures, a second run beside this one, where translations are bad, and examples."""

from collections.abc import Hashable, Mapping
from typing import Any, NamedTuple

import streamlit as st

from pages.common import baselines, cache, inputs, run_choice, view_panel, widgets
from pages.understand.evaluate import evaluating
from rnn_core import tasks
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import TokenScores, TranslationScores
from rnn_core.training import jobs
from rnn_core.views.judged import comparable
from rnn_core.views.view import literal
from rnn_core.workspace import evaluations
from rnn_core.workspace.runs import Run

TABLE = (("by-length", "coverage"), ("copied", "loops"), ("vector",), ("judged",))
"""The views of the page, those of one row side by side."""

ATTENTION = {"none": N_("no attention"), "dot": N_("dot attention"), "additive": N_("additive attention")}


class Beside(NamedTuple):
    """A second run, with its scores on the same data, and their key."""

    run: Run
    scores: TranslationScores
    key: Hashable


def show(run: Run, scores: TokenScores | TranslationScores, found: evaluating.Scored) -> None:
    """The whole report.

    Args:
        scores: without translations, those of teacher forcing alone.
        found: how they were found.
    """
    _figures(scores)
    baselines.show(run)
    if not isinstance(scores, TranslationScores) or scores.detail is None or found.folder is None:
        return
    st.caption(tr(
        "{sources:,} different sources, each translated once by {search}; all targets of a source are its references.",
        sources=scores.sources, search=_search(found.options),
    ))  # fmt: skip
    other = _beside(run, scores, found)
    runs = [(run, scores), *([(other.run, other.scores)] if other else [])]
    names = run_choice.short_names([one for one, _ in runs], attention)
    together = {name: one for name, (_, one) in zip(names, runs, strict=True)}
    key = found.key, other and other.key, tuple(names)
    given = inputs.of(evaluation=(found.key, scores), evaluations=(key, together))
    listed = tasks.of(run.config).views["evaluate"]
    there = {"coverage": scores.detail.coverage is not None,
             "vector": any(one.detail and one.detail.vector for _, one in runs)}  # fmt: skip
    view_panel.rows(TABLE, lambda name: name in listed and there.get(name, True), given)


def _search(options: Mapping[str, Any]) -> str:
    """How the translations were searched for, in words."""
    beam = options.get("beam", 1)
    if options.get("copy"):
        return tr("greedy search, unknown words copied") if beam == 1 else tr("a beam of {beam}, unknown words copied", beam=beam)
    return tr("greedy search") if beam == 1 else tr("a beam of {beam}", beam=beam)


def _figures(scores: TokenScores | TranslationScores) -> None:
    shown = {
        tr("Loss"): (f"{scores.loss:.4f}", tr(
            "the mean of −log p(token), in nats per token, with teacher forcing: each step reads the right tokens before it",
        )),
        tr("Perplexity"): (f"{scores.perplexity:.3f}", tr(
            "exp(loss): among as many equally probable tokens one would be as unsure",
        )),
        tr("Accuracy"): (f"{scores.accuracy:.4f}", tr(
            "the share of tokens that were the most probable, with teacher forcing: each step reads the right tokens before it",
        )),
    }  # fmt: skip
    if isinstance(scores, TranslationScores):
        shown = {
            "BLEU": (f"{scores.bleu:.1f}", tr("of the corpus, by sacrebleu: {signature}", signature=scores.signatures[0])),
            "chrF": (f"{scores.chrf:.1f}", tr("of the corpus, by sacrebleu: {signature}", signature=scores.signatures[1])),
            tr("Exact match"): (f"{scores.exact:.4f}", tr("the share of translations that equal a reference")),
            tr("Character errors"): (f"{scores.character_errors:.4f}", tr(
                "edit operations to the nearest reference, divided by the characters of these references",
            )),
        } | shown  # fmt: skip
    row = st.container(horizontal=True, gap="medium")
    for title, (value, words) in shown.items():
        row.metric(title, value, help=words, width="content")


# ---- a second run ---------------------------------------------------------------------------------------------------


def _beside(run: Run, scores: TranslationScores, found: evaluating.Scored) -> Beside | None:
    """The box that chooses a run beside this one, and its scores; without any, the way to them."""
    assert found.folder is not None
    other = run_choice.choose_beside(run, "translate", tr("A run beside this one, scored on the same data"), _label)
    if other is None:
        return None
    folder = other.path / "evaluations" / found.folder.name
    evaluation, version = evaluating.saved_in(folder)
    status = widgets.watch(folder, f"beside-{folder.name}")
    theirs = evaluation and evaluation.scores
    current = evaluation is not None and evaluation.weights == evaluations.weights_of(other)
    if isinstance(theirs, TranslationScores) and evaluating.in_detail(theirs) and current:
        if comparable(scores, theirs):
            return Beside(other, theirs, (str(folder), version))
        st.info(tr("The other run cuts texts in another way, so its groups of source lengths are not these ones."),
                icon=":material/compare_arrows:")  # fmt: skip
    elif status is None or not status.active:
        _offer(run, other, found)
    return None


def _offer(run: Run, other: Run, found: evaluating.Scored) -> None:
    """Says that the other run has no scores of these data, and the button that has them made."""
    assert found.folder is not None
    label = literal(_label(other), 120)
    lacks = (tr("{run} has no scores of these data with these options yet, or older ones.", run=label) if found.options else
             tr("{run} has no scores of these data yet, or older ones.", run=label))
    if found.arguments is None or other.fixed:
        advice = tr("They cannot be made here.")
        st.info(f"{lacks} {advice}", icon=":material/grid_on:")
    elif other.config.fingerprint != run.config.fingerprint and found.arguments[0].startswith("--on"):
        advice = tr("It was trained on other data: evaluate both runs on a file of your own.")
        st.info(f"{lacks} {advice}", icon=":material/grid_on:")
    else:
        advice = tr("Evaluate it, too, and the chart shows both.")
        st.info(f"{lacks} {advice}", icon=":material/grid_on:")
        if st.button(tr_n("Evaluate the other run", "Evaluate {n} other runs", 1), icon=":material/play_arrow:"):
            jobs.start(other.path / "evaluations" / found.folder.name,
                       ["evaluate", other.id, *found.arguments, f"--workspace={cache.workspace().root}"])  # fmt: skip
            st.rerun()


def _label(run: Run) -> str:
    return f"{run_choice.run_label(run)} · {attention(run)}"


def attention(run: Run) -> str:
    """The attention of a run, in words. Raises Problem if the run is damaged."""
    model = run.config.model
    named = tr(ATTENTION[model.attention])
    return tr("{attention}, input feeding", attention=named) if model.input_feeding else named
