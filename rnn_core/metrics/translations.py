"""Scores of translations, by sacrebleu."""

from collections.abc import Sequence
from typing import Any

from rnn_core.results import (
    Corpus,
    TokenScores,
    TranslationDetail,
    TranslationScores,
)


def translation(
    forced: TokenScores,
    hypotheses: Sequence[str],
    references: Sequence[Sequence[str]],
    detail: TranslationDetail | None = None,
) -> TranslationScores:
    """The scores of translations against all references of each source.

    BLEU and chrF are sacrebleu's (Post 2018), cased, with its 13a tokeniser.

    Args:
        forced: the scores with teacher forcing.
        hypotheses: (m,) the translation of each source.
        references: (m,) the references of each source, one or more.
        detail: the scores in detail.
    """
    from rapidfuzz.distance import Levenshtein

    nearest = [
        min((Levenshtein.distance(hypothesis, one), len(one)) for one in some)
        for hypothesis, some in zip(hypotheses, references, strict=True)
    ]
    (bleu, chrf), signatures = _by_sacrebleu(hypotheses, references)
    return TranslationScores(
        forced.tokens, forced.loss, forced.accuracy, len(hypotheses),
        _exact(hypotheses, references),
        sum(errors for errors, _ in nearest) / max(1, sum(length for _, length in nearest)),
        bleu.score, chrf.score, signatures, detail,
    )  # fmt: skip


def corpus(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> Corpus:
    """The scores of some translations, one at least; arguments as of `translation`."""
    (bleu, chrf), _ = _by_sacrebleu(hypotheses, references)
    return Corpus(
        len(hypotheses), bleu.score if bleu.totals[-1] else None, tuple(map(float, bleu.precisions)), float(bleu.bp),
        chrf.score, _exact(hypotheses, references),
    )  # fmt: skip


def sentence_chrf(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> list[float]:
    """The chrF of each translation, 0 … 100, the best one over its references; arguments as of `translation`."""
    import sacrebleu

    score = sacrebleu.CHRF().sentence_score
    return [score(one, list(dict.fromkeys(some))).score for one, some in zip(hypotheses, references, strict=True)]


def _by_sacrebleu(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> tuple[tuple[Any, Any], tuple[str, str]]:
    """BLEU and chrF as sacrebleu's objects, and its signatures of the two."""
    import sacrebleu

    most = max(map(len, references), default=0)
    streams = [[some[i] if i < len(some) else None for some in references] for i in range(most)]
    bleu, chrf = sacrebleu.BLEU(), sacrebleu.CHRF()
    given: Any = list(hypotheses), streams  # a source with fewer references than others has None, which its type lacks
    return (bleu.corpus_score(*given), chrf.corpus_score(*given)), (str(bleu.get_signature()), str(chrf.get_signature()))


def _exact(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """The share of translations that equal a reference."""
    return sum(one in some for one, some in zip(hypotheses, references, strict=True)) / len(hypotheses)
