"""Recognises the scheme of entity tags."""

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rnn_core.language import tr
from rnn_core.metrics.entities import PREFIXED, SCHEMES, SUFFIXED, mark_of, spans

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
    if PREFIXED.fullmatch(tag):
        return tag[1:2] if tag[0].isupper() else "small"
    return "suffix" if SUFFIXED.fullmatch(tag) else ""


def _outside(counts: Counter[str]) -> str:
    """The tag of tokens outside entities: O, or another spelling of it, if nearly all other tags are entity tags."""
    usual = max((tag for tag in counts if tag.lower() in _NO_ENTITY), key=counts.__getitem__, default="O")
    others = counts.total() - counts[usual]
    marked = sum(count for tag, count in counts.items() if _style(tag))
    return usual if usual and "O" not in counts and others and marked >= (1 - ODD) * others else "O"


def _valid(tags: Sequence[str], scheme: str, outside: str) -> bool:
    """Whether all tags other than outside are valid under the strict rules of the scheme."""
    return sum(end - start for _, start, end in spans(tags, scheme)) == sum(tag != outside for tag in tags)
