"""Which column holds what: guessed from names and content, corrected by the user, shown before anything is imported."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

import regex

from rnn_core.config import DataConfig, Problem, make, plain
from rnn_core.data.dialects import is_number
from rnn_core.data.encodings import HEAD
from rnn_core.data.names import FLAGS, LABEL, SENTENCE, SPLIT, TAGS, TEXT, TITLE, TOKENS, named, split_of
from rnn_core.data.names import plain as plain_name
from rnn_core.data.pairs import guess_pair
from rnn_core.data.schema import CLASSES, Schema
from rnn_core.data.schema import TAGS as TAGGED
from rnn_core.data.tables import Format, Row, place, read_rows, recognise
from rnn_core.data.values import as_list, as_text, hold_spans
from rnn_core.metrics import mark_of

Layout = Literal["text", "texts", "lists", "sentence", "token", "spans", "lines", "documents"]
"""How a row holds what the task needs: `text`, one label per text; `texts`, two that belong together; or with tags: `lists`
of tokens and of tags, a `sentence` with spaces between tokens and between tags, one `token` with its tag and the sentence it
belongs to, or a text and `spans` of its characters with their types. Of a stream, the `lines` of one text, or whole
`documents`."""

LAYOUTS: dict[Layout, str] = {
    "text": "one text and its label per row",
    "texts": "two texts per row, one to read and one to write",
    "lists": "one sentence per row, as lists of tokens and tags",
    "sentence": "one sentence per row, with spaces between tokens and between tags",
    "token": "one token and its tag per row",
    "spans": "one text per row, with spans of characters and their types",
    "lines": "one text, each line a row",
    "documents": "one document per row",
}

SAMPLE = 200
"""Rows from which columns are guessed."""

_LOOKED_INTO, _FURTHER = 5_000, 5
"""Rows in which letters outside of ASCII are looked for, and how many of those that have some are shown."""

_MOST = 0.8
"""The share of rows with as many tags as tokens from which a file is one to label; the others are left out as faulty."""


@dataclass(frozen=True)
class Preview:
    """A file before it is imported.

    Attributes:
        format: how the file is read.
        config: the config given, its open columns filled in by guesses.
        header: the column names.
        rows: the first rows, and after them some whose letters show whether the encoding is right; every value as text
            of at most 200 characters.
        layout: how a row holds what the task needs; None when the columns do not fit.
        problem: what to choose differently when they do not, else None.
    """

    format: Format
    config: DataConfig
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    layout: Layout | None
    problem: str | None


def preview(path: Path, config: DataConfig, schema: Schema, name: str | None = None, rows: int = 20) -> Preview:
    """The top of a file and the columns guessed, in bounded time and memory.

    Raises:
        Problem: when the file cannot be read at all; what the columns lack is said in the preview.
    """
    format = recognise(path, config, name)
    sample = sample_rows(path, format)
    first = [[_written(value) for value in row.values] for row in sample[:rows]]
    further = islice(_beyond_ascii(path, format, sample[len(first) - 1].line), _FURTHER) if first else ()
    shown = tuple(tuple(map(_short, row)) for row in chain(first, further))
    try:
        filled = guess_columns(format, sample, config, schema)
        layout = layout_of(format, sample, filled, schema)
        format = replace(format, notes=format.notes + column_notes(format, sample, filled, schema))
        return Preview(format, filled, format.header, shown, layout, None)
    except Problem as problem:
        return Preview(format, config, format.header, shown, None, str(problem))


def _beyond_ascii(path: Path, format: Format, after: int) -> Iterator[list[str]]:
    """What stands in the rows below the line `after` that have letters outside of ASCII, from the head of the file."""
    if not format.encoding:
        return
    size = 0
    with suppress(Problem):  # what is wrong further down is said when all is read
        for row in islice(read_rows(path, format), _LOOKED_INTO):
            values = [_written(value) for value in row.values]
            size += sum(map(len, values))
            if size > HEAD:
                return
            if row.line > after and not row.fault and not all(map(str.isascii, values)):
                yield [_from_beyond_ascii(value) for value in values]


def guess_schema(path: Path, name: str | None = None, **read_by: str | None) -> Schema:
    """Whether a file holds one tag per token or one label per text, from its first rows; the latter where nothing tells.

    Args:
        read_by: options of `DataConfig` that are known: format, encoding, delimiter, columns.

    Raises:
        Problem: when the file cannot be read at all.
    """
    config = make(DataConfig, dict(read_by))
    format = recognise(path, config, name)
    if format.by_sentence:
        return TAGGED
    rows = sample_rows(path, format)
    try:
        config = guess_columns(format, rows, config, TAGGED)
        layout = layout_of(format, rows, config, TAGGED)
    except Problem:
        layout = None
    if layout == "spans":
        return TAGGED
    if layout:
        text, label = ([row.values[place(format, column or "")] for row in rows] for column in (config.text, config.label))
        if layout == "token":  # a sentence has several rows
            sentences = [as_text(row.values[place(format, config.sentence or "")]) for row in rows]
            if len(set(sentences) - {""}) < len(rows):
                return TAGGED
        else:
            parts = as_list if layout == "lists" else lambda value: as_text(value).split()
            lengths = [(len(parts(tokens) or ()), len(parts(tags) or ())) for tokens, tags in zip(text, label, strict=True)]
            telling = [tokens == tags for tokens, tags in lengths if max(tokens, tags) > 1]  # one and one may be text and label
            if telling and sum(telling) >= _MOST * len(telling):
                return TAGGED
    _ask_about_words(format, rows, read_by)
    return CLASSES


def _ask_about_words(format: Format, rows: Sequence[Row], read_by: Mapping[str, str | None]) -> None:
    """Raises Problem where rows may be texts of one word, or the tokens of sentences whose column is missing."""
    config = make(DataConfig, dict(read_by))
    try:
        config = guess_columns(format, rows, config, CLASSES)
    except Problem:
        return
    at, to = place(format, config.text or ""), place(format, config.label or "")
    words = [as_text(row.values[at]).strip() for row in rows]
    labels = {as_text(row.values[to]).strip() for row in rows}
    single = sum(len(word) <= 30 and " " not in word and not without_spaces([word]) for word in words)
    if len(rows) >= 20 and single >= 0.9 * len(rows) and len(labels) <= 50:
        raise Problem(
            f"Nearly every text in the column {config.text!r} of {format.name} is a single word: if these are the tokens of "
            "sentences, a column must say which sentence each is of, or blank lines must part the sentences; if each is a text "
            "of its own, choose classification.",
            "--sentence COLUMN, or --task classify",
        )


_SPACELESS = regex.compile(
    r"[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Thai}\p{Script=Lao}\p{Script=Khmer}\p{Script=Myanmar}]"
)
_LETTERS = regex.compile(r"\p{L}")


def without_spaces(texts: Sequence[str]) -> bool:
    """Whether most letters are of scripts that put no spaces between words (Chinese, Japanese, Thai and others), and there are
    few spaces: somebody may have put them between the words."""
    whole = "\n".join(texts)
    letters = len(_LETTERS.findall(whole))
    return not whole.isascii() and 2 * len(_SPACELESS.findall(whole)) > letters > 4 * len(whole.split())


def guess_tokens(path: Path, config: DataConfig, schema: Schema, name: str | None = None) -> Literal["word", "char"]:
    """Whether the texts of a file are rather read by words or by characters, from its first rows. A stream is read by
    characters: there are few of them, so that a short text already says much about each.

    Raises:
        Problem: when the file cannot be read, or its columns do not fit.
    """
    if schema.per_token:
        return "word"
    if schema.stream:
        return "char"
    format = recognise(path, config, name)
    rows = sample_rows(path, format)
    found = guess_columns(format, rows, config, schema)
    texts = [[as_text(row.values[place(format, getattr(found, name) or "")]) for row in rows] for name in schema.texts]
    return "char" if any(map(without_spaces, texts)) else "word"


def sample_rows(path: Path, format: Format) -> list[Row]:
    """The first sound rows with all their values. Raises Problem when there is no row below the header."""
    rows = list(islice(read_rows(path, format), SAMPLE))
    if not rows:
        raise Problem(f"{format.name} has no rows below its header: add rows with a text and a label each.")
    return [row for row in rows if not row.fault]


def _title_or_longer(free: Sequence[str], texts: Mapping[str, Sequence[str]], worded: Callable[[str], bool]) -> str | None:
    """The column of titles, or one whose texts are more than twice as long."""
    title = named(free, TITLE, worded)
    sizes = {column: sum(map(len, texts[column])) for column in free if worded(column)}
    longest = max(sizes, key=sizes.__getitem__, default=None)
    return longest if title and longest and sizes[longest] > 2 * sizes[title] else title


def _name_no_labels(format: Format, texts: Mapping[str, Sequence[str]], table: Mapping[str, Sequence[Any]]) -> None:
    """Raises Problem where a column could be meant as that of labels, but is of numbers or of lists."""
    for column, values in texts.items():
        if any(len(as_list(value) or ()) > 1 for value in table[column]):
            raise Problem(
                f"{format.name} has several labels for one text (multi-label) in its column {column!r}, and no column with one "
                "label per text, which is what this program learns: choose or add such a column.", "--label COLUMN"
            )  # fmt: skip
        measured = len(set(values)) < len(values) or any(re.search(r"\d[.,]\d*[1-9]", value) for value in values)  # and no ids
        if len(values) > 2 and measured and _numeric(values):
            raise Problem(
                f"{format.name} has no column of labels; its column {column!r} holds numbers. To learn those is regression, and "
                "this program learns classes: put them into a few classes, such as low and high.", "--label COLUMN"
            )  # fmt: skip


def guess_columns(
    format: Format, rows: Sequence[Row], config: DataConfig, schema: Schema, by_name: bool = False
) -> DataConfig:
    """`config` with its open columns filled in: by their names, else by what they hold.

    Args:
        rows: some rows with all their values.
        by_name: whether a column of labels must be called as such.

    Raises:
        Problem: when a stated column is missing, or a guess is not possible.
    """
    for stated in (config.text, config.label, config.target, config.sentence, config.split):
        if stated:
            place(format, stated)
    if format.by_sentence:
        return _fixed_columns(format, rows, config, schema)
    table = {
        column: [row.values[i] for row in rows if row.values[i] is not None and as_text(row.values[i]).strip()]
        for i, column in enumerate(format.header)
    }
    texts = {column: [as_text(value).strip() for value in values] for column, values in table.items()}
    taken = {config.text, config.label, config.target, config.sentence, config.split}
    free = [column for column in format.header if column not in taken]

    def claim(column: str | None) -> str | None:
        if column in free:
            free.remove(column)
        return column

    def worded(column: str) -> bool:
        return 2 * len(texts[column]) >= len(rows) and not _numeric(texts[column])

    split = config.split
    if split is None:
        split = claim(named(free, SPLIT, lambda column: _looks_like_splits(texts[column], column)))
        split = split or claim(named(free, tuple(FLAGS), lambda column: len(set(texts[column])) == 2
                                     and _looks_like_splits(texts[column], column)))  # fmt: skip
    # Names first, for both: a label called "score" must be gone before the longest column is taken for the text.
    text, label, sentence = config.text, config.label, config.sentence
    if len(schema.texts) > 1:
        text, target = _pair(format, config, free, worded)
        free = [column for column in free if column not in (text, target)]
        config = with_columns(config, text=text, target=target)
        if schema.labels is None:
            return with_columns(config, split=split)
    if schema.per_token:
        spans = next((column for column in free if hold_spans(table[column])), None)
        label = label or claim(spans)
        if label and hold_spans(table[label]):
            text = text or claim(named(free, TEXT, worded))
        numbers = [column for column in free if _numeric(texts[column]) or column.rstrip().endswith("#")]  # of sentences
        text = text or claim(named([column for column in free if column not in numbers], TOKENS) or named(free, TOKENS))
        label = label or claim(_most_entities({column: table[column] for column in free}) or named(free, TAGS))
    else:
        text = text or claim(named(free, TEXT, worded) or _title_or_longer(free, texts, worded) or named(free, TEXT))
        label = label or claim(
            named(free, LABEL, lambda column: _classes(table[column], texts[column]))
            or named(free, LABEL, lambda column: not _never_labels(table[column]))
            or named(free, LABEL)
        )
    text = text or claim(max(free, key=lambda column: (worded(column), sum(map(len, texts[column]))), default=None))
    if not by_name:
        label = label or claim(min(filter(lambda column: _classes(table[column], texts[column]), free),
                                   key=lambda column: len(set(texts[column])), default=None))  # fmt: skip
    if text is None:
        raise Problem(f"{format.name} has no column left for the text: choose the columns.", "--text COLUMN")
    if label is None:
        if not by_name:
            _name_no_labels(format, {column: texts[column] for column in free}, table)
        raise Problem(
            f"{format.name} has no column of labels: no column besides {text!r} holds few values that come again and again. "
            "Choose the column of labels, or have the texts answered with `predict`.",
            "--label COLUMN",
        )
    if schema.per_token and sentence is None and _tokens(texts[text]):
        sentence = claim(named(free, SENTENCE))
    return with_columns(config, text=text, label=label, sentence=sentence, split=split)


def _pair(format: Format, config: DataConfig, free: Sequence[str], worded: Callable[[str], bool]) -> tuple[str, str]:
    """The columns of two texts. Raises Problem when there are not two of them."""
    if config.text and config.text == config.target:
        raise Problem(
            f"The column {config.text!r} of {format.name} is chosen for both texts: choose one to read and another to write.",
            "--text COLUMN and --target COLUMN",
        )
    text, target = guess_pair(free, worded, config.text, config.target)
    if not text or not target:
        only = f"only {text or target!r}" if text or target else "none"
        raise Problem(
            f"{format.name} needs two columns of text, one to read and one to write, and has {only}: choose the columns, or "
            "another file.",
            "--text COLUMN and --target COLUMN",
        )
    return text, target


def guess_text(format: Format, rows: Sequence[Row], config: DataConfig, schema: Schema) -> str:
    """The column of texts or tokens of a file that may lack labels: the one stated, else by its name, else the longest.

    Args:
        rows: some rows with all their values.

    Raises:
        Problem: when a stated column is missing.
    """
    if config.text:
        place(format, config.text)
        return config.text
    tagging = schema.per_token
    if format.by_sentence and tagging:
        return _fixed_columns(format, rows, config, schema).text or format.header[0]
    texts = {column: [as_text(row.values[i]).strip() for row in rows] for i, column in enumerate(format.header)}

    def words(column: str) -> bool:
        return not _numeric([text for text in texts[column] if text])

    def worded(column: str) -> bool:
        return 2 * sum(map(bool, texts[column])) >= len(rows) and words(column)

    if tagging and (tokens := named(format.header, TOKENS, worded)):
        return tokens
    known = named(format.header, TEXT, worded) or named(format.header, TITLE, worded) or named(format.header, TEXT, words)
    return known or max(format.header, key=lambda column: (worded(column), sum(map(len, texts[column]))))


def guess_sentence(format: Format, rows: Sequence[Row], config: DataConfig, schema: Schema, text: str) -> str | None:
    """The column that says which sentence a token belongs to; None where the column `text` does not hold one token per row.

    Raises:
        Problem: when a stated column is missing.
    """
    if config.sentence:
        place(format, config.sentence)
    if config.sentence is not None or not schema.per_token or format.by_sentence:
        return config.sentence or None
    values = [as_text(row.values[place(format, text)]) for row in rows]
    return named([column for column in format.header if column != text], SENTENCE) if _tokens(values) else None


def column_notes(format: Format, rows: Sequence[Row], config: DataConfig, schema: Schema) -> tuple[str, ...]:
    """Sentences on columns that could have been chosen instead.

    Args:
        rows: some rows with all their values.
        config: with its columns filled in.
    """
    table = {column: [row.values[i] for row in rows] for i, column in enumerate(format.header)}
    taken = (config.text, config.label, config.target, config.split, config.sentence)
    others = [column for column in table if column not in taken]
    flags = [column for column in others if plain_name(column) in FLAGS]
    if config.split and flags:
        return (f"The splits are those of {config.split!r}; {_and(flags)} may say so too, and is not read.",)
    if schema.per_token:
        tags = [column for column in others if _entities(table[column]) or named([column], TAGS)]
        if not tags:
            return ()
        return (f"The tags are those of {config.label!r}; {_and(tags)} may hold tags too.",)
    binary = [column for column in (*others, config.label or "")
              if {as_text(value).strip() for value in table.get(column, ())} == {"0", "1"}]  # fmt: skip
    if len(binary) >= 3 and config.label in binary:
        return (f"The columns {_and(binary)} hold 0 and 1, as several labels of one text do: only {config.label!r} is learnt.",)
    return ()


def _and(columns: Sequence[str], most: int = 6) -> str:
    shown = [repr(column[:40]) for column in columns[:most]]
    more = f" and {len(columns) - most} more" if len(columns) > most else ""
    return (", ".join(shown[:-1]) + f" and {shown[-1]}" if len(shown) > 1 and not more else ", ".join(shown)) + more


def with_columns(config: DataConfig, **columns: str | None) -> DataConfig:
    """`config` with other columns."""
    return make(DataConfig, plain(config) | columns)


def _fixed_columns(format: Format, rows: Sequence[Row], config: DataConfig, schema: Schema) -> DataConfig:
    if not schema.per_token:
        other = "a table with two columns of text" if len(schema.texts) > 1 else "a file with one label per text"
        raise Problem(f"{format.name} has one tag per token: choose the task of labelling, or {other}.", "--task tag")
    if format.kind == "conllu":
        return with_columns(config, text=config.text or "FORM", label=config.label or "UPOS")
    else:
        lists = {column: [row.values[i] for row in rows] for i, column in enumerate(format.header)}
        words = {column: {word for value in values for word in value} for column, values in lists.items()}
        text = next((column for column in lists if not all(map(str.isdigit, words[column]))), format.header[0])
        several = next((column for column in reversed(format.header) if len(words[column]) > 1), format.header[-1])
        label: str | None = _most_entities({column: values for column, values in lists.items() if column != text})
        if not label and _entities(lists[text]) and len(lists) == 2:  # one tag and its token per line
            label, text = text, next(column for column in lists if column != text)
        label = label or (several if several != text else format.header[-1])
    return with_columns(config, text=config.text or text, label=config.label or label)


_CHUNKS = {"NP", "VP", "PP", "ADVP", "ADJP", "SBAR", "PRT", "CONJP", "INTJ", "LST", "UCP"}
"""Types of phrases, which tags mark as they do entities."""


def _entities(values: Sequence[Any]) -> int:
    """How many tags of entities a column holds; 0 where it holds anything else."""
    tags = [tag for value in values for tag in (as_list(value) or as_text(value).split())]
    marks = [mark for tag in tags if (mark := mark_of(tag))]
    if len(marks) + tags.count("O") < 0.9 * len(tags) or not tags.count("O"):
        return 0
    return sum(kind not in _CHUNKS for _, kind in marks)


def _most_entities(columns: Mapping[str, Sequence[Any]]) -> str | None:
    """The column with the most tags of entities, the last of equals; None where no column has any."""
    found = {column: _entities(values) for column, values in columns.items()}
    return max(reversed(found), key=found.__getitem__) if any(found.values()) else None


def _numeric(values: Sequence[str]) -> bool:
    return bool(values) and sum(map(is_number, values)) >= 0.9 * len(values)


_DATE = re.compile(
    r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}([T ].*)?|\d{1,2}:\d{2}.*|\w{3},? .*\d{4}.*\d:\d.*|"
    r"\d{1,2}[ -]\w{3,9}[ -]\d{2,4}|\w{3,9} \d{1,2},? \d{4}"
)


def _never_labels(values: Sequence[Any]) -> bool:
    """Whether a column holds lists of several entries, dates, or nothing at all."""
    lists = [entries for value in values if (entries := as_list(value)) is not None]
    texts = [as_text(value).strip() for value in values]
    return not values or (2 * len(lists) > len(values) and any(len(entries) > 1 for entries in lists)) or _dates(texts)


def _dates(texts: Sequence[str]) -> bool:
    return sum(bool(_DATE.fullmatch(text)) for text in texts) > 0.8 * len(texts)


def _classes(values: Sequence[Any], texts: Sequence[str]) -> bool:
    """Whether a column may be one of labels by its content: few different values, and no ids, dates, lists or measures."""
    different = Counter(texts)
    if len(different) < 2 or _never_labels(values) or sum(map(len, different)) > 60 * len(different):
        return False
    if len(different) == len(texts) > 2 and _numeric(texts):  # ids
        return False
    measured = any(re.search(r"[.,]\d*[1-9]", text) for text in different) and _numeric(texts)
    return not (measured and len(different) > 10) and (2 * len(different) <= len(texts) or len(texts) < 20)


def _tokens(values: Sequence[str]) -> bool:
    """Whether most values are single tokens rather than sentences."""
    return sum(" " in value.strip() for value in values) * 2 < len(values)


def _looks_like_splits(values: Sequence[str], column: str) -> bool:
    """Whether most values are splits, of at least two kinds where some are none."""
    found = [split_of(value, column) for value in values]
    known = [split for split in found if split]
    return bool(known) and (len(known) == len(found) or (len(set(known)) > 1 and 2 * len(known) > len(found)))


def layout_of(format: Format, rows: Sequence[Row], config: DataConfig, schema: Schema) -> Layout:
    """How the chosen columns hold tokens and tags.

    Raises:
        Problem: when every row is one token and no column says which sentence it belongs to.
    """
    if not schema.per_token:
        return "text" if len(schema.texts) == 1 else "texts"
    if config.sentence:
        return "token"
    at, to = place(format, config.text or ""), place(format, config.label or "")
    pairs = [(row.values[at], row.values[to]) for row in rows]
    if hold_spans([tags for _, tags in pairs]) and not any(as_list(text) is not None for text, _ in pairs):
        return "spans"
    if format.by_sentence or any(as_list(text) is not None and as_list(tags) is not None for text, tags in pairs):
        return "lists"
    if len(pairs) > 1 and _tokens([as_text(text) for text, _ in pairs]):
        raise Problem(
            f"The column {config.text!r} of {format.name} holds one token per row: "
            "choose the sentence column, which says what belongs together.",
            "--sentence COLUMN",
        )
    return "sentence"


def _written(value: Any) -> str:
    return " ".join(map(as_text, value[:200])) if isinstance(value, list) else as_text(value)


def _from_beyond_ascii(text: str) -> str:
    """The text from a little before its first letter outside of ASCII, where that would be cut away."""
    found = re.search(r"[^\x00-\x7f]", text)
    return "…" + text[found.start() - 50 :] if found and found.start() > 150 else text


def top_of(rows: Iterable[Sequence[Any]]) -> tuple[tuple[str, ...], ...]:
    """Rows as a preview shows them."""
    return tuple(tuple(_short(_written(value)) for value in row) for row in rows)


def _short(text: str) -> str:
    text = text[:300].encode("utf-8", "replace").decode("utf-8")  # half a character, which JSON can spell, is shown as ?
    return text if len(text) <= 200 else text[:199] + "…"
