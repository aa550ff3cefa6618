"""Guesses the kind of a file from its first lines: a table, JSON, tokens with tags, or one text and its label per line."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

from rnn_core.config import Problem
from rnn_core.data.dialects import DELIMITERS
from rnn_core.data.names import TAGS, known, plain
from rnn_core.data.records import FASTTEXT, conll_fields
from rnn_core.language import N_, tr
from rnn_core.metrics import mark_of

SUFFIXES = {
    ".parquet": "parquet", ".pq": "parquet", ".conllu": "conllu", ".conll": "conll", ".iob": "conll", ".bio": "conll",
    ".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "jsonl",
}  # fmt: skip

ONE_SENTENCE = 400
"""The maximum number of lines that are taken for the tokens of one sentence if there are no blank lines."""

_JSON_START = re.compile(r"\{\s*[\"}]|\[\s*\{")
_CONLLU_START = re.compile(r"# (sent_id|text|newdoc|newpar|global\.columns)\b")
_AT_LABEL = re.compile(r"@\s*([\w+.-]{1,30})\s*$")
_FASTTEXT = re.compile(rf"(^|\s){FASTTEXT}[^\s,;]+(\s|$)")
_FIRST_LABEL = re.compile(r"([+\-−]?\w[\w:.-]{0,40})\s+\S")
_TAG = re.compile(r"[A-Z$.,:;'`#()\"-][A-Z0-9$.,:;'`#()\"_-]*")
"""A part-of-speech tag as treebanks write it."""

_FOREIGN: dict[str, tuple[re.Pattern[str], str]] = {
    N_("BRAT's standoff annotations (.ann)"): (
        re.compile(r"[TERAMN#*]\d*\t\S+ (\d+ \d+|\S+:T\d+)"),
        N_("convert them to CoNLL, with one token and its tag per line"),
    ),
    N_("an export of Label Studio"): (
        re.compile(r'\[?\s*\{(?=(?s:.)*"(annotations|completions)"\s*:\s*\[)(?=(?s:.)*"result"\s*:\s*\[)'),
        N_("export it as CoNLL 2003, or as CSV for classification"),
    ),
    N_("SQuAD's JSON of questions"): (
        re.compile(r'\{(?s:.)*"paragraphs"\s*:\s*\['), N_("write one text and its label per row"),
    ),
    "XML": (re.compile(r"<\?xml|<!DOCTYPE"), N_("save the texts and labels as a CSV file")),
    "HTML": (re.compile(r"(?i)<html"), N_("save the texts and labels as a CSV file")),
}
"""Kinds that are recognised by their first lines but cannot be read, with advice."""


def kind_of(stated: str | None, suffix: str, top: Sequence[str], name: str) -> str:
    """The kind of a text file, one of the values of `DataConfig.format`.

    Args:
        stated: the kind stated by the user, if any.
        suffix: the suffix of the file's name, in lower case.
        top: its first lines.

    Raises:
        Problem: if the kind is recognised but cannot be read.
    """
    if stated:
        return stated
    start = "".join(top[:20]).lstrip("\ufeff \t\r\n")[:20_000]
    for what, (begins, advice) in _FOREIGN.items():
        if begins.match(start):
            raise Problem(tr("{name} is {what}, which cannot be read: {advice}.", name=name, what=tr(what), advice=tr(advice)))
    full = [line for line in top if line.strip()]
    if _share(full, _FASTTEXT.search) >= 0.9:
        return "fasttext"
    if suffix in (".conllu", ".jsonl", ".ndjson", ".json"):
        return SUFFIXES[suffix]
    if _JSON_START.match(start):
        return "jsonl"
    if suffix == ".csv":
        return "csv"
    nine = [line.count("\t") == 9 for line in full if not line.startswith("#")]
    if (_CONLLU_START.match(start) and any(nine)) or all(nine):
        return "conllu"
    if word_tags(top):
        return "word_tag"
    if found := _by_token(full, len(full) < len("".join(top).strip().splitlines()), suffix):
        return found
    return SUFFIXES.get(suffix) or (_labelled_lines(full) if suffix != ".tsv" else None) or "csv"


def _share(lines: Sequence[str], fits: Callable[[str], object]) -> float:
    return sum(map(bool, map(fits, lines))) / max(len(lines), 1)


def _by_token(full: Sequence[str], blank: bool, suffix: str) -> str | None:
    """`token_tag` or `conll` if each line is a token and its tags, else None.

    Args:
        full: the lines that are not blank.
        blank: whether there are blank lines between them.
    """
    if token_header(full[0]) and blank:
        full = full[1:]
    elif _named(full[0]):
        return None
    tokens = [line for line in full if not line.startswith("-DOCSTART-")]
    pairs = _share(tokens, lambda line: line.count("\t") == 1 and " " not in line.split("\t")[0])
    if blank or suffix in SUFFIXES:
        if pairs >= 0.75:
            return "token_tag"
        widths = Counter(len(conll_fields(line)) for line in tokens if not line.startswith("#"))
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        if (width > 1 and count >= 0.75 * widths.total()) or (blank and tabs_alone(tokens)):
            return "conll"
    elif suffix != ".csv" and 1 < len(tokens) <= ONE_SENTENCE:  # one sentence
        rows = [conll_fields(line) for line in tokens]
        tags = [row[-1] for row in rows]
        alike = len({len(row) for row in rows}) == 1 and len(rows[0]) > 1
        if alike and _share(tags, lambda tag: tag == "O" or mark_of(tag) or _TAG.fullmatch(tag)) == 1 and len(set(tags)) > 1:
            return "token_tag" if pairs == 1 else "conll"
    return None


def _named(line: str) -> bool:
    """Whether a line is probably the header of a table: two or more column names, separated by tabs."""
    fields = line.strip().split("\t")
    return len(fields) > 1 and sum(map(known, fields)) >= 2


def token_header(line: str) -> bool:
    """Whether a line names the columns of tokens and tags below it, such as `Word Tag`."""
    fields = [plain(field) for field in conll_fields(line)]
    return len(fields) > 1 and fields[0] in ("token", "word", "form") and {*fields[1:]} <= {*TAGS, "chunk", "lemma"}


def tabs_alone(top: Sequence[str]) -> str | None:
    """A tab, if all lines with a token have equally many tabs, and splitting at blanks does not fit as well; else None."""
    tokens = [line.rstrip("\r\n") for line in top if line.strip() and not line.startswith(("#", "-DOCSTART-"))]
    tabs = {line.count("\t") for line in tokens}
    if len(tabs) != 1 or tabs == {0}:
        return None
    width = tabs.pop() + 1
    return "\t" if any(len(conll_fields(line)) != width for line in tokens) else None


def word_tags(top: Sequence[str]) -> tuple[str, int] | None:
    """The separator of words and tags and the number of parts, if lines are like `Anna|NNP|B-PER went|VB|O`; else None."""
    words = [word for line in top[:200] for word in line[:2_000].split()]
    if len(words) < 2 or not any(" " in line.strip() for line in top[:200]):
        return None
    for sign in ("|", "/", "_"):
        widths = Counter(word.count(sign) + 1 for word in words)
        width, count = widths.most_common(1)[0]
        tags = Counter(word.rsplit(sign, 1)[-1] for word in words if sign in word)
        if width > 1 and count >= 0.9 * len(words) and min(widths) > 1 and len(tags) <= 200 and len(tags) * 2 <= len(words):
            return sign, width
    return None


def _labelled_lines(full: Sequence[str]) -> str | None:
    """`text_at_label` or `label_text` if each line is a text and one of few labels, and no table; else None."""
    if len(full) < 10:
        return None
    ends = [_AT_LABEL.search(line) for line in full]
    if all(ends) and len({end[1] for end in ends if end}) * 5 <= len(full):
        return "text_at_label"
    starts = [_FIRST_LABEL.match(line) for line in full]
    if not all(starts) or _share(full, lambda line: "\t" in line) >= 0.9 or _named(full[0]):
        return None
    labels = {start[1] for start in starts if start}
    table = any(len(counts := Counter(line.count(sign) for line in full)) and counts.most_common(1)[0][0] > 0
                and counts.most_common(1)[0][1] >= 0.9 * len(full) for sign in DELIMITERS)  # fmt: skip
    return "label_text" if not table and 1 < len(labels) <= 100 and len(labels) * 5 <= len(full) else None
