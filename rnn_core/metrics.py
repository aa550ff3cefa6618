"""Metrics: accuracy, scores per class, the confusion matrix, and strict entity spans, from arrays.

The tests compare all metrics with scikit-learn and seqeval.
"""

import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np

from rnn_core.language import tr
from rnn_core.results import (
    ClassScores,
    Corpus,
    Reliability,
    Scores,
    SpanScores,
    TokenScores,
    TranslationDetail,
    TranslationScores,
)

Span = tuple[str, int, int]
"""An entity: its type, its first token, and the token after its last."""

Mark = tuple[str, str]
"""A parsed tag: its prefix (B, I, E, S or O) and its type."""


Z95 = 1.959963984540054
"""The 97.5% quantile of the standard normal distribution, for 95% intervals."""


def wilson(right: int, count: int, z: float = Z95) -> tuple[float, float]:
    """The interval of a share of right answers by Wilson 1927 (95% unless z says otherwise).

    With p = right / count, its ends are (p + z²/2n ± z √(p(1 − p)/n + z²/4n²)) / (1 + z²/n). Unlike Wald's interval it has a
    width where all or no answers are right, and stays within 0 … 1.

    Args:
        right, count: the number of right answers, and n, of all answers; 1 or more.
    """
    p, more = right / count, z * z / count
    middle, half = p + more / 2, z * math.sqrt(p * (1 - p) / count + more / (4 * count))
    return max(0.0, (middle - half) / (1 + more)), min(1.0, (middle + half) / (1 + more))


# ---- classes --------------------------------------------------------------------------------------------------------


def confusion(truths: np.ndarray, answers: np.ndarray, k: int) -> np.ndarray:
    """The counts C[i, j] of items of class i that were predicted as j.

    Args:
        truths, answers: (m,) class indices below k.

    Returns:
        (k, k) int64; rows: the truth, columns: the answer.
    """
    pairs = np.asarray(truths, np.int64).ravel() * k + np.asarray(answers, np.int64).ravel()
    return np.bincount(pairs, minlength=k * k).astype(np.int64).reshape(k, k)


def scores(
    confusion: np.ndarray, labels: Sequence[str], loss: float | None = None, spans: SpanScores | None = None
) -> Scores:
    """Accuracy and precision, recall and F1 of each class from a (k, k) confusion matrix.

    Precision_i = C_ii / Σ_j C_ji, recall_i = C_ii / Σ_j C_ij, F1_i = 2 C_ii / (Σ_j C_ji + Σ_j C_ij), each 0 if the
    sum is 0. Macro averages are over the classes that occur in truth or answers, as in scikit-learn without a list of
    labels.
    """
    right, truths, answers = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    occurs = truths + answers > 0
    figures = np.stack([_share(right, answers), _share(right, truths), _share(2 * right, truths + answers)])
    macro = figures[:, occurs].mean(1) if occurs.any() else np.zeros(3)
    accuracy = float(_share(right.sum(), confusion.sum()))
    per_class = tuple(
        ClassScores(label, float(p), float(r), float(f), int(n))
        for label, p, r, f, n in zip(labels, *figures, truths, strict=True)
    )
    return Scores(
        labels=tuple(labels),
        confusion=confusion,
        accuracy=accuracy,
        per_class=per_class,
        macro_precision=float(macro[0]),
        macro_recall=float(macro[1]),
        macro_f1=float(macro[2]),
        micro_f1=accuracy,  # one label and one answer per item: every false positive is another class's false negative
        loss=loss,
        spans=spans,
    )


def _share(part: np.ndarray, whole: np.ndarray) -> np.ndarray:
    """part / whole as float64; 0 if the whole is 0."""
    share = np.zeros(np.shape(whole))
    np.divide(part, whole, out=share, where=np.asarray(whole) > 0)
    return share


class Calibration:
    """Counts predictions by their probability, in pieces: in bins of equal width, of which the higher end belongs to a bin."""

    def __init__(self, bins: int = 10):
        self._ends = np.linspace(0, 1, bins + 1)
        self._sums = np.zeros((3, bins))

    def add(self, p: np.ndarray, right: np.ndarray) -> None:
        """Adds the probabilities of (m,) predictions, and whether each was right."""
        which = np.searchsorted(self._ends[1:-1], p)
        for total, weights in zip(self._sums, (None, p, right), strict=True):
            total += np.bincount(which, weights, len(total))

    def bins(self) -> tuple[Reliability, ...]:
        """Each bin with its number of predictions, their mean probability, and the share that was right."""
        count, p, right = self._sums
        rows = zip(self._ends[:-1], self._ends[1:], count, _share(p, count), _share(right, count), strict=True)
        return tuple(Reliability(float(low), float(high), int(n), float(c), float(a)) for low, high, n, c, a in rows)


# ---- entity spans ---------------------------------------------------------------------------------------------------


class _Rule(NamedTuple):
    """When an entity begins, continues and is complete, each from the previous and the current tag."""

    prefixes: str
    opens: Callable[[Mark, Mark], bool]
    continues: Callable[[Mark, Mark], bool]
    whole: Callable[[Mark, Mark], bool]


def _opens_iob1(before: Mark, mark: Mark) -> bool:
    # I begins an entity unless it continues one; B is only allowed between two neighbours of the same type.
    if mark[0] == "I":
        return before != mark
    return mark[0] == "B" and before[0] in "BI" and before[1] == mark[1]


_RULES = {
    "IOB1": _Rule(
        "BI",
        opens=_opens_iob1,
        continues=lambda before, mark: mark[0] == "I" and before[1] == mark[1],
        # B-x B-y: the second B is invalid, and seqeval then drops the first entity too.
        whole=lambda last, after: not (last[0] == after[0] == "B" and last[1] != after[1]),
    ),
    "IOB2": _Rule(
        "BI",
        opens=lambda before, mark: mark[0] == "B",
        continues=lambda before, mark: mark[0] == "I" and before[1] == mark[1],
        whole=lambda last, after: True,
    ),
    "IOBES": _Rule(
        "BIES",
        opens=lambda before, mark: mark[0] in "BS",
        continues=lambda before, mark: mark[0] in "IE" and before[0] in "BI" and before[1] == mark[1],
        whole=lambda last, after: last[0] in "ES",
    ),
}

SCHEMES = tuple(_RULES)
"""The recognised tag schemes; BILOU is IOBES with other letters (L for E, U for S), as is BMES
(M for I)."""

_OUTSIDE: Mark = ("O", "")
_BILOU = {"L": "E", "U": "S", "M": "I"}


_PREFIXED = re.compile(r"([BIESLUM])(?:[-_](.*))?|([biesl])-(.+)")
_SUFFIXED = re.compile(r"(.+)[-_]([BIESLU])")


def mark_of(tag: str) -> Mark | None:
    """Parses an entity tag, such as B-PER, B_PER or PER-B; None for other tags. "B" and "B-" have the type "_"."""
    if found := _PREFIXED.fullmatch(tag):
        return (found[1] or found[3]).upper(), (found[2] or found[4] or "").strip("-_") or "_"
    found = _SUFFIXED.fullmatch(tag)
    return (found[2], found[1]) if found else None


def _mark(tag: str, prefixes: str) -> Mark:
    """Parses a tag; one without a prefix of the scheme is outside."""
    prefix, kind = mark_of(tag) or _OUTSIDE
    if "S" in prefixes:
        prefix = _BILOU.get(prefix, prefix)
    return (prefix, kind) if prefix in prefixes else _OUTSIDE


def marks(tags: Sequence[str], scheme: str) -> list[Mark]:
    """Tags parsed by a scheme; the letters of BILOU and BMES are those of IOBES, and other tags are outside."""
    return [_mark(tag, _RULES[scheme].prefixes) for tag in tags]


def spans(tags: Sequence[str], scheme: str) -> list[Span]:
    """The entities of one sentence by seqeval's strict rule: only entities that the scheme allows count.

    Args:
        tags: (T,) such as B-PER, I-PER, O.
        scheme: IOB1, IOB2 or IOBES.

    Returns:
        (type, start, end) of each, end exclusive, in order.
    """
    rule = _RULES[scheme]
    marks = [*(_mark(tag, rule.prefixes) for tag in tags), _OUTSIDE]
    found: list[Span] = []
    before, i = _OUTSIDE, 0
    while i < len(tags):
        end = i + 1
        if rule.opens(before, marks[i]):
            while rule.continues(marks[end - 1], marks[end]):
                end += 1
            if rule.whole(marks[end - 1], marks[end]):
                found.append((marks[i][1], i, end))
        before, i = marks[end - 1], end
    return found


class SpanCounts:
    """Counts entities by type, in pieces: true ones, predicted ones, and correct ones.

    Args:
        scheme: IOB1, IOB2 or IOBES.
    """

    def __init__(self, scheme: str):
        self.scheme = scheme
        self._true, self._given, self._right = Counter[str](), Counter[str](), Counter[str]()

    def add(self, truths: Iterable[Sequence[str]], answers: Iterable[Sequence[str]]) -> None:
        """Adds (m,) pairs of lists of tags, each pair of one length."""
        for truth, answer in zip(truths, answers, strict=True):
            wanted, got = set(spans(truth, self.scheme)), set(spans(answer, self.scheme))
            for counter, found in ((self._true, wanted), (self._given, got), (self._right, wanted & got)):
                counter.update(kind for kind, _, _ in found)

    def scores(self) -> SpanScores:
        """Strict precision, recall and F1 by type, pooled (micro) and averaged (macro)."""
        true, given, right = self._true, self._given, self._right
        types = sorted(true.keys() | given.keys())
        per_type = tuple(ClassScores(t, *_figures(right[t], given[t], true[t]), true[t]) for t in types)
        return SpanScores(
            self.scheme,
            per_type,
            *_figures(right.total(), given.total(), true.total()),
            macro_f1=float(np.mean([one.f1 for one in per_type])) if per_type else 0.0,
        )


def span_scores(truths: Iterable[Sequence[str]], answers: Iterable[Sequence[str]], scheme: str) -> SpanScores:
    """The scores of (m,) pairs of lists of tags, each pair of one length, by `SpanCounts`."""
    counts = SpanCounts(scheme)
    counts.add(truths, answers)
    return counts.scores()


def _figures(right: int, given: int, true: int) -> tuple[float, float, float]:
    """Precision, recall and F1 from counts; 0 if undefined."""
    precision, recall, f1 = _share(np.array([right, right, 2 * right]), np.array([given, true, given + true]))
    return float(precision), float(recall), float(f1)


# ---- answers by name ------------------------------------------------------------------------------------------------


class Scoring:
    """Scores answers against the truth, in pieces, for dev, test and files.

    A label that the training split lacks cannot be predicted, so it counts as wrong. Each such label is a class of its own,
    with a row after those of training, and a span of its tags counts as missed: the scores equal those of scikit-learn and
    seqeval for the same names.

    Args:
        labels: the classes of the training split.
        scheme: the tag scheme of entity labels, else None.
        per_token: whether a text has a list of tags; otherwise one label.
    """

    def __init__(self, labels: Sequence[str], scheme: str | None, per_token: bool):
        self._labels, self._known, self._per_token = tuple(labels), set(labels), per_token
        self._pairs: Counter[tuple[str, str]] = Counter()
        self._spans = SpanCounts(scheme) if scheme and per_token else None
        self._loss, self._with_loss = 0.0, 0

    def add(self, truths: Sequence[Any], answers: Sequence[Any], loss: float) -> None:
        """Adds (m,) labels, or lists of tags, and the mean loss of the texts with a label of the training split."""
        if math.isfinite(loss):
            texts = sum(not self._known.isdisjoint(truth if self._per_token else (truth,)) for truth in truths)
            self._loss += loss * texts
            self._with_loss += texts
        flat = map(chain.from_iterable, (truths, answers)) if self._per_token else (truths, answers)
        self._pairs.update(zip(*flat, strict=True))
        if self._spans:
            self._spans.add(truths, answers)

    def scores(self) -> Scores:
        """The scores of all texts added."""
        every = (*self._labels, *sorted({truth for truth, _ in self._pairs} - self._known))
        number = {label: i for i, label in enumerate(every)}
        table = np.zeros((len(every), len(every)), np.int64)
        for (truth, answer), count in self._pairs.items():
            table[number[truth], number[answer]] = count
        loss = self._loss / self._with_loss if self._with_loss else None
        return scores(table, every, loss, self._spans.scores() if self._spans else None)


# ---- recognising a scheme -------------------------------------------------------------------------------------------


_NO_ENTITY = ("o", "out", "outside", "other", "none", "-", "_", "0")
_ALIKE = re.compile(r"[BIESLUbieslu][^\w\s].")

ODD = 0.05
"""The share of tags other than O that may be invalid, such as mistyped ones."""


def scheme_of(
    sequences: Iterable[Sequence[str]], counts: Mapping[str, int] | None = None
) -> tuple[str | None, tuple[str, ...]]:
    """Recognises the tag scheme of training sentences; warnings, if they are inconsistent.

    Tags follow a scheme if nearly all are "O" or a prefix and a type, such as B-PER, B_PER or PER-B. The first tag of an entity
    distinguishes IOB1 (I) from IOB2 (B), and its last tag those from IOBES (E or S), so a sentence with entities is valid under
    at most one scheme: the scheme of most sentences is chosen.

    Args:
        counts: the count of each tag, if known; otherwise the sequences are iterated twice.

    Returns:
        IOB1, IOB2 or IOBES (BILOU too), None for plain classes; and sentences for the user.
    """
    votes: Counter[str | None] = Counter()
    tags_: Counter[str] = Counter()
    if counts is None:
        sequences = list(sequences)
        counts = Counter(tag for tags in sequences for tag in tags)
    outside = _outside(Counter(counts))
    for tags in sequences:
        if entities := [tag for tag in tags if tag != outside]:
            tags_.update(entities)
            votes[next((scheme for scheme in SCHEMES if _valid(tags, scheme, outside)), None)] += 1
    prefixes: Counter[str] = Counter()  # the number of tags with each prefix
    styles: dict[str, Counter[str]] = {}
    for tag, count in tags_.items():
        style, mark = _style(tag), mark_of(tag)
        styles.setdefault(style, Counter())[tag] = count
        if mark:
            prefixes[mark[0]] += count
    usual = max(("-", "_", "suffix", "small"), key=lambda style: styles.get(style, Counter()).total())
    odd = sum((counts for style, counts in styles.items() if style != usual), Counter[str]())
    if odd.total() > ODD * tags_.total() or not styles.get(usual, Counter()).total():
        alike = [tag for tag, _ in tags_.most_common() if _ALIKE.match(tag) and not _style(tag)]
        if 2 * sum(tags_[tag] for tag in alike) <= tags_.total():
            return None, ()
        some = ", ".join(map(repr, alike[:3]))
        return None, (tr(
            "The tags look like entities ({some}), but are not written as B-PER, B_PER or PER-B, so they count as plain classes.",
            some=some,
        ),)  # fmt: skip
    if not votes:
        return None, ()
    likely = ("IOB2", "IOBES", "IOB1") if prefixes.keys() <= set("BI") else ("IOBES", "IOB2", "IOB1")
    scheme = max(likely, key=lambda one: votes[one])  # the first of equals
    if not votes[scheme] and not prefixes.keys() & set("BSU"):
        return None, (tr("The tags look like entities, but in no supported scheme (IOE?), so they count as plain classes."),)
    others = [
        tr("{count:,} only as {scheme}", count=votes[one], scheme=one) if one
        else tr("{count:,} under no scheme", count=votes[one])
        for one in (*likely, None)
        if one != scheme and votes[one]
    ]
    said = []
    if odd:
        some = ", ".join(f"{tag!r} ({count:,})" for tag, count in odd.most_common(5)) + (", …" if len(odd) > 5 else "")
        said.append(tr(
            "A few tags are not written like the others, and may be mistyped: {some}; the network learns each as a class of its "
            "own.",
            some=some,
        ))  # fmt: skip
    if others:
        said.append(tr(
            "The tags are read as {scheme}, but of {total:,} sentences with entities only {valid:,} are valid in it ({others}); "
            "entities that break its rules do not count.",
            scheme=scheme, total=votes.total(), valid=votes[scheme], others=", ".join(others),
        ))  # fmt: skip
    iobes, bilou = (sum(prefixes[letter] for letter in pair) for pair in ("ES", "LU"))
    if scheme == "IOBES" and iobes and bilou:
        said.append(tr(
            "An entity's end is written in two ways, E and S as in IOBES ({iobes:,} tags) and L and U as in BILOU ({bilou:,}): "
            "they mean the same entities, but the network learns them as different tags, so write all of them in one way.",
            iobes=iobes, bilou=bilou,
        ))  # fmt: skip
    return scheme, tuple(said)


def _style(tag: str) -> str:
    """The style of an entity tag: "-" or "_" after its prefix, "small", "suffix", or "" for any other."""
    if _PREFIXED.fullmatch(tag):
        return tag[1:2] if tag[0].isupper() else "small"
    return "suffix" if _SUFFIXED.fullmatch(tag) else ""


def _outside(counts: Counter[str]) -> str:
    """The tag of tokens outside entities: O, or another spelling of it, if nearly all other tags are entity tags."""
    usual = max((tag for tag in counts if tag.lower() in _NO_ENTITY), key=counts.__getitem__, default="O")
    others = counts.total() - counts[usual]
    marked = sum(count for tag, count in counts.items() if _style(tag))
    return usual if usual and "O" not in counts and others and marked >= (1 - ODD) * others else "O"


def _valid(tags: Sequence[str], scheme: str, outside: str) -> bool:
    """Whether all tags other than outside are valid under the strict rules of the scheme."""
    return sum(end - start for _, start, end in spans(tags, scheme)) == sum(tag != outside for tag in tags)


# ---- translations ---------------------------------------------------------------------------------------------------


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
