"""The scores of translations in detail. Loads no torch."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np

from rnn_core.data.examples import Text
from rnn_core.data.probing import probe
from rnn_core.data.vocabulary import UNK, Vocabulary
from rnn_core.metrics import corpus, sentence_chrf
from rnn_core.results import Corpus, Coverage, Judged, LengthGroup, Loops, Marked, Repeats, TranslationDetail, Unknown

GROUPS = 8
"""Each group of source lengths has at least this part of the sources; the last one may have half of it."""

KEPT, MARKED = 100, 20
"""The number of examples that are kept of each kind, and of those with marked tokens."""

MOST_LETTERS, MOST_REFERENCES = 300, 8
"""Characters of a text, and references of a source, that are kept with an example."""

LONGEST_GRAM = 4
"""The greatest n of the n-grams that are searched for repetitions."""

WIDTH, BINS, LOW, HIGH = 0.25, 13, 0.5, 2.0
"""The width and number of the bins of coverage, and the bounds below and above which tokens are counted."""


class Translated(NamedTuple):
    """A source with its translation.

    Attributes:
        text, tokens: the source, and its tokens without specials.
        hypothesis, written: its translation, and the tokens of that.
        ended: whether the translation ended by `<eos>`, and not by the limit of the length.
        copied: the number of its tokens that were `<unk>`, each replaced by a token of the source.
        references: one or more, all different.
        received: the attention that each step of the source received, `<sos>` and `<eos>` included, (m + 2,); None without.
    """

    text: str
    tokens: tuple[str, ...]
    hypothesis: str
    written: tuple[str, ...]
    ended: bool
    copied: int
    references: tuple[Text, ...]
    received: np.ndarray | None

    @property
    def right(self) -> list[str]:
        """The texts of the references."""
        return [one.text for one in self.references]


def detail(
    found: Sequence[Translated],
    read: Vocabulary,
    write: Vocabulary,
    cut: str,
    between: str,
    longest: int,
    copy: bool,
    vectors: np.ndarray,
) -> TranslationDetail:
    """The scores of translations in detail.

    Args:
        found: one source at least, all different.
        read, write: the vocabularies of sources and of targets.
        cut: how texts are cut, as for `tokenise`.
        between: what stands between two tokens of a text.
        longest: the limit of the length of a translation, in tokens.
        copy: whether unknown tokens could be copied.
        vectors: (m, D) the decoder's start states for the first sources.
    """
    return TranslationDetail(
        cut,
        _by_length(found),
        _unknown(found, read, write, copy),
        _loops(found, read.fold, between, longest),
        _coverage(found),
        _examples(found),
        probe(vectors, [read.encode(one.tokens) for one in found[: len(vectors)]]),
    )


def _scored(some: Sequence[Translated]) -> Corpus:
    return corpus([one.hypothesis for one in some], [one.right for one in some])


# ---- by length ------------------------------------------------------------------------------------------------------


def groups_of(lengths: np.ndarray) -> list[tuple[int, int]]:
    """Ranges of nearly equal numbers of texts, as (first, last), both included, in their order.

    Args:
        lengths: (m,) the length of each text.
    """
    least, ranges = len(lengths) / GROUPS, list[list[int]]()
    held = least
    for value, count in zip(*(some.tolist() for some in np.unique(lengths, return_counts=True)), strict=True):
        if held >= least:
            ranges.append([value, value])
            held = 0.0
        ranges[-1][1] = value
        held += count
    if held < least / 2 and len(ranges) > 1:
        (_, last) = ranges.pop()
        ranges[-1][1] = last
    return [(first, last) for first, last in ranges]


def _by_length(found: Sequence[Translated]) -> tuple[LengthGroup, ...]:
    return tuple(
        LengthGroup(first, last, _scored([one for one in found if first <= len(one.tokens) <= last]))
        for first, last in groups_of(np.array([len(one.tokens) for one in found]))
    )


# ---- unknown tokens -------------------------------------------------------------------------------------------------


def _unknown(found: Sequence[Translated], read: Vocabulary, write: Vocabulary, copy: bool) -> Unknown:
    having, without, examples, counts = list[Translated](), list[Translated](), list[tuple[bool, Marked]](), Counter[str]()
    for one in found:
        words = [read.fold(token) for token, i in zip(one.tokens, read.encode(one.tokens), strict=True) if i == UNK]
        (having if words else without).append(one)
        if not words:
            continue
        right = {read.fold(token) for some in one.references for token in some.tokens}
        written = {read.fold(token) for token in one.written}  # a copied one is spelled as in the source
        for word, number in zip(words, write.encode(words), strict=True):
            facts = {"tokens": True, "writable": number != UNK, "wanted": word in right, "written": word in written}
            facts |= {"right": facts["wanted"] and facts["written"], "reachable": facts["wanted"] and facts["writable"]}
            counts.update(name for name, true in facts.items() if true)
        missed = any(word in right and word not in written for word in words)
        examples.append((missed, _marked(one, [(word, float(word in right)) for word in words])))
    examples.sort(key=lambda each: not each[0])
    names = ("tokens", "writable", "wanted", "written", "right", "reachable")
    return Unknown(
        _scored(without) if without else None, _scored(having) if having else None,
        **{name: counts[name] for name in names}, examples=tuple(marked for _, marked in examples[:MARKED]),
        replaced=sum(one.copied for one in found) if copy else None,
    )  # fmt: skip


# ---- loops ----------------------------------------------------------------------------------------------------------


def repeated(tokens: Sequence[str], n: int) -> list[tuple[str, ...]]:
    """The n-gram at each place where an n-gram follows itself at once. One that is itself a shorter one repeated is left out: it
    counts for that."""
    found = []
    for i in range(len(tokens) - 2 * n + 1):
        gram = tuple(tokens[i : i + n])
        if gram == tuple(tokens[i + n : i + 2 * n]) and not any(gram == gram[:d] * (n // d) for d in range(1, n) if n % d == 0):
            found.append(gram)
    return found


def _loops(found: Sequence[Translated], fold: Callable[[str], str], between: str, longest: int) -> Loops:
    sizes = range(1, LONGEST_GRAM + 1)
    hypotheses, references, loops = (dict.fromkeys(sizes, 0) for _ in range(3))
    examples: list[tuple[int, Marked]] = []
    for one in found:
        texts = [[fold(token) for token in some.tokens] for some in one.references]
        excess, grams = 0, Counter[tuple[str, ...]]()
        for n in sizes:
            own, others = repeated(one.written, n), [len(repeated(text, n)) for text in texts]
            hypotheses[n] += bool(own)
            references[n] += sum(map(bool, others))
            if len(own) > max(others):
                loops[n] += 1
                excess += len(own) - max(others)
                grams.update(own)
        if grams:
            examples.append((excess, _marked(one, [(between.join(gram), float(k)) for gram, k in grams.most_common()])))
    examples.sort(key=lambda each: -each[0])
    return Loops(
        tuple(Repeats(n, hypotheses[n], references[n], loops[n]) for n in sizes),
        len(found), sum(len(one.references) for one in found), len(examples), sum(not one.ended for one in found), longest,
        tuple(marked for _, marked in examples[:MARKED]),
    )  # fmt: skip


# ---- coverage -------------------------------------------------------------------------------------------------------


def _coverage(found: Sequence[Translated]) -> Coverage | None:
    given = [(one, one.received) for one in found if one.received is not None]
    if not given:
        return None
    received = np.concatenate([values[1:-1] for _, values in given])
    sos, eos = (sum(float(values[i]) for _, values in given) for i in (0, -1))
    steps = sum(len(one.written) + one.ended for one, _ in given)
    counts = np.bincount(np.minimum(received // WIDTH, BINS - 1).astype(np.int64), minlength=BINS)

    def most(outside: Callable[[np.ndarray], np.ndarray], sign: int) -> tuple[Marked, ...]:
        """The sources with most tokens `outside` a bound, the farthest tokens first."""
        chosen = [(one, values[1:-1], np.flatnonzero(outside(values[1:-1]))) for one, values in given]
        chosen.sort(key=lambda each: -len(each[2]))
        return tuple(
            _marked(one, sorted(((one.tokens[i], float(values[i])) for i in at.tolist()), key=lambda each: sign * each[1]))
            for one, values, at in chosen[:MARKED] if len(at)
        )  # fmt: skip

    return Coverage(
        len(received), steps, float(received.sum()), sos, eos, tuple(counts.tolist()), WIDTH, LOW, HIGH,
        int((received < LOW).sum()), int((received > HIGH).sum()),
        most(lambda values: values < LOW, 1), most(lambda values: values > HIGH, -1),
    )  # fmt: skip


# ---- examples -------------------------------------------------------------------------------------------------------


def _examples(found: Sequence[Translated]) -> tuple[Judged, ...]:
    scores = sentence_chrf([one.hypothesis for one in found], [one.right for one in found])
    exact = [one.hypothesis in one.right for one in found]
    others = [i for i, right in enumerate(exact) if not right]
    ordered = sorted(others, key=scores.__getitem__)
    kept = {i for i in [i for i, right in enumerate(exact) if right][:KEPT]}
    kept |= {*others[:KEPT], *ordered[:KEPT], *ordered[-KEPT:]}
    return tuple(
        Judged(i, shortened(found[i].text), shortened(found[i].hypothesis),
               tuple(map(shortened, found[i].right[:MOST_REFERENCES])),
               round(float(scores[i]), 4), exact[i])
        for i in sorted(kept)
    )  # fmt: skip


def _marked(one: Translated, tokens: Iterable[tuple[str, float]]) -> Marked:
    """A source with some tokens and their values."""
    some = list(tokens)[:MARKED]
    source, hypothesis, reference = map(shortened, (one.text, one.hypothesis, one.references[0].text))
    names, values = tuple(shortened(token) for token, _ in some), tuple(round(value, 4) for _, value in some)
    return Marked(source, hypothesis, reference, names, values)


def shortened(text: str) -> str:
    """A text of at most `MOST_LETTERS` characters, the last of them "…" if it is cut."""
    return text if len(text) <= MOST_LETTERS else text[: MOST_LETTERS - 1] + "…"
