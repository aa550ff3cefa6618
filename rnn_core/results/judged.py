"""The scores of translations in detail: by source length, unknown words, loops, coverage, and examples."""

from dataclasses import dataclass

from rnn_core.results.probe import VectorProbe


@dataclass(frozen=True)
class Corpus:
    """The scores of some translations.

    Attributes:
        sources: the number of sources.
        bleu: of the corpus, 0 … 100; None if no translation has four tokens, without which BLEU is 0.
        precisions: the n-gram precisions of BLEU for n = 1 … 4, in percent; smoothed if no n-gram is right.
        brevity: the brevity penalty of BLEU.
        chrf: of the corpus, 0 … 100.
        exact: the share of translations that equal a reference.
    """

    sources: int
    bleu: float | None
    precisions: tuple[float, ...]
    brevity: float
    chrf: float
    exact: float


@dataclass(frozen=True)
class LengthGroup:
    """The scores of the sources whose number of tokens lies in a range.

    Attributes:
        first, last: the range of the number of tokens, both included.
        scores: of these.
    """

    first: int
    last: int
    scores: Corpus


@dataclass(frozen=True)
class Judged:
    """A source and its translation; long texts are cut.

    Attributes:
        place: of the source among all different ones, from 0.
        source, hypothesis: the text and its translation.
        references: the first references.
        chrf: the chrF of the translation, 0 … 100.
        exact: whether the translation equals a reference.
    """

    place: int
    source: str
    hypothesis: str
    references: tuple[str, ...]
    chrf: float
    exact: bool


@dataclass(frozen=True)
class Marked:
    """A source and its translation with some tokens of the source, each with a number; long texts are cut.

    Attributes:
        source, hypothesis, reference: the text, its translation and its first reference.
        tokens: some tokens.
        values: a number for each of them.
    """

    source: str
    hypothesis: str
    reference: str
    tokens: tuple[str, ...]
    values: tuple[float, ...]


@dataclass(frozen=True)
class Coverage:
    """The attention that source tokens receive: C_j = Σ_t α_tj, over all steps of the decoder (Tu et al. 2016).

    Attributes:
        tokens: the number of source tokens, without `<sos>` and `<eos>`.
        steps: the number of steps of the decoder, T, which is also the sum of all attention.
        received: Σ_j C_j over these tokens.
        sos, eos: Σ C of `<sos>` and of `<eos>`.
        counts: the number of tokens with C_j in [0, w), [w, 2w), …; the last one is open.
        width: w.
        low, high: the bounds below and above which tokens are counted.
        below, above: the number of tokens with C_j < low, and with C_j > high.
        little, much: the sources with most tokens below, and above, with their C_j.
    """

    tokens: int
    steps: int
    received: float
    sos: float
    eos: float
    counts: tuple[int, ...]
    width: float
    low: float
    high: float
    below: int
    above: int
    little: tuple[Marked, ...]
    much: tuple[Marked, ...]


@dataclass(frozen=True)
class Unknown:
    """Sources with tokens outside the vocabulary.

    Attributes:
        without, having: the scores of sources without and with such tokens; None if there are none.
        tokens: the number of such tokens.
        writable: how many of them the target's vocabulary has, so that they can be written.
        wanted: how many stand unchanged in a reference.
        written: how many stand unchanged in the translation.
        right: how many stand in both.
        reachable: how many of `wanted` can be written.
        examples: sources with such tokens; a value of 1: it stands in a reference, so it should be copied.
        replaced: the number of `<unk>` in all translations, each replaced by the most attended source token; None: `<unk>` was
            not written.
    """

    without: Corpus | None
    having: Corpus | None
    tokens: int
    writable: int
    wanted: int
    written: int
    right: int
    reachable: int
    examples: tuple[Marked, ...]
    replaced: int | None = None


@dataclass(frozen=True)
class Repeats:
    """Texts in which an n-gram follows itself at once.

    Attributes:
        n: its number of tokens.
        hypotheses: the number of translations with such an n-gram.
        references: the number of references with one.
        loops: the number of translations in which one follows itself more often than in each reference.
    """

    n: int
    hypotheses: int
    references: int
    loops: int


@dataclass(frozen=True)
class Loops:
    """Translations in which the decoder repeats itself.

    Attributes:
        by_n: for n = 1 … 4.
        sources: the number of translations.
        references: the number of references.
        looping: the number of translations that are a loop for any n.
        unended: the number of translations that the limit of the length ended.
        longest: that limit, in tokens.
        examples: of loops, those that repeat most first; the n-grams that repeat, with the number of their repetitions.
    """

    by_n: tuple[Repeats, ...]
    sources: int
    references: int
    looping: int
    unended: int
    longest: int
    examples: tuple[Marked, ...]


@dataclass(frozen=True)
class TranslationDetail:
    """The scores of translations in detail. Its size does not depend on the number of sources.

    Attributes:
        cut: how texts are cut, `char`, `word` or `elided`.
        lengths: by the number of tokens of the source.
        unknown: sources with unknown tokens.
        loops: repeated n-grams.
        coverage: of the source by attention; None without attention.
        examples: the first exact translations; the worst, the best and the first of the others; in their order.
        vector: what the vector between the encoder and the decoder holds; None for too few sources.
    """

    cut: str
    lengths: tuple[LengthGroup, ...]
    unknown: Unknown
    loops: Loops
    coverage: Coverage | None
    examples: tuple[Judged, ...]
    vector: VectorProbe | None = None
