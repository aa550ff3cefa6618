"""Translations that repeat n-grams."""

from rnn_core.figures import judged as figures
from rnn_core.language import N_, tr, tr_n
from rnn_core.results import (
    Loops,
)
from rnn_core.views.inputs import Inputs
from rnn_core.views.judged.shared import detail_of, example_parts, most_bytes, share_words
from rnn_core.views.view import Controls, Part, View, figure, number


def _loops(inputs: Inputs, controls: Controls) -> Loops:
    return detail_of(inputs.translation_scores).loops


def _draw_loops(found: Loops) -> tuple[Part, ...]:
    follows = tr(
        "In {share} of the translations, an n-gram follows itself more often than in each reference of the source.",
        share=share_words(found.looping, found.sources),
    )
    ended = tr_n(
        "{n:,} translation did not end within {longest:,} tokens.", "{n:,} translations did not end within {longest:,} tokens.",
        found.unended, longest=found.longest,
    ) if found.unended else tr("All translations ended within {longest:,} tokens.", longest=found.longest)  # fmt: skip
    said = f"{follows} {ended}"
    drawn = figures.repeats(found.by_n, found.sources, found.references)
    loops = example_parts(found.examples, tr("Translations that repeat themselves"), tr("n-grams, times repeated"), "translation")
    return (*figure(drawn), Part("caption", said), *loops)


def _explain_loops(found: Loops) -> str:
    most = max(found.by_n, key=lambda one: one.loops)
    return tr(
        "A decoder that is stuck writes the same tokens again and again. For each n, the places i are counted at which an "
        "n-gram follows itself at once; an n-gram that is itself a shorter one repeated counts for the shorter one only.\n\n"
        r"$$r_n(y) = \#\{{\, i : (y_i, \dots, y_{{i+n-1}}) = (y_{{i+n}}, \dots, y_{{i+2n-1}}) \,\}}$$"
        "\n\n"
        "References repeat some n-grams too, as “that that” or 11. So a translation counts as a loop only if $r_n$ is "
        "larger than in each of its references. The share of these is largest for n = {n}:\n\n"
        r"$$\frac{{{loops}}}{{{sources}}} = {share}$$"
        "\n\n"
        "For this n, an n-gram follows itself in {hypotheses:,} of the {sources:,} translations and in {references:,} of "
        "the {all_references:,} references.",
        n=most.n, loops=most.loops, sources=found.sources, share=number(most.loops / found.sources),
        hypotheses=most.hypotheses, references=most.references, all_references=found.references,
    )


LOOPS: View[Controls, Loops] = View(
    "loops", N_("Does the decoder get stuck in a loop?"), ("evaluation",), Controls, _loops, _draw_loops, _explain_loops,
    most_bytes,
)  # fmt: skip
