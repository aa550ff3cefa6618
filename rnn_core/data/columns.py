"""The columns of texts, labels, sentences and splits: guessed from names and contents, unless stated."""

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rnn_core.config import DataConfig, Problem, make, plain
from rnn_core.data.contents import (
    entities,
    look_like_splits,
    may_be_labels,
    most_entities,
    never_labels,
    numeric,
    single_tokens,
)
from rnn_core.data.formats import Format, place
from rnn_core.data.names import FLAGS, LABEL, SENTENCE, SPLIT, TAGS, TEXT, TITLE, TOKENS, named
from rnn_core.data.names import plain as plain_name
from rnn_core.data.pairs import PAIRS, guess_pair
from rnn_core.data.schema import Schema
from rnn_core.data.tables import Row
from rnn_core.data.values import as_list, as_text, hold_spans
from rnn_core.language import N_, tr


def with_columns(config: DataConfig, **columns: str | None) -> DataConfig:
    """`config` with other columns."""
    return make(DataConfig, plain(config) | columns)


def guess_columns(
    format: Format, rows: Sequence[Row], config: DataConfig, schema: Schema, by_name: bool = False
) -> DataConfig:
    """`config` with its open columns filled in: by names, else by contents.

    Args:
        rows: some rows with all their values.
        by_name: whether the label column must have a usual name for labels.

    Raises:
        Problem: if a stated column is missing, or a guess is not possible.
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
        return 2 * len(texts[column]) >= len(rows) and not numeric(texts[column])

    split = config.split
    if split is None:
        split = claim(named(free, SPLIT, lambda column: look_like_splits(texts[column], column)))
        split = split or claim(named(free, tuple(FLAGS), lambda column: len(set(texts[column])) == 2
                                     and look_like_splits(texts[column], column)))  # fmt: skip
    # Names first, for both: a label named "score" must be taken before the longest column becomes the text.
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
        numbers = [column for column in free if numeric(texts[column]) or column.rstrip().endswith("#")]  # sentence numbers
        text = text or claim(named([column for column in free if column not in numbers], TOKENS) or named(free, TOKENS))
        label = label or claim(most_entities({column: table[column] for column in free}) or named(free, TAGS))
    else:
        text = text or claim(named(free, TEXT, worded) or _title_or_longer(free, texts, worded) or named(free, TEXT))
        label = label or claim(
            named(free, LABEL, lambda column: may_be_labels(table[column], texts[column]))
            or named(free, LABEL, lambda column: not never_labels(table[column]))
            or named(free, LABEL)
        )
    text = text or claim(max(free, key=lambda column: (worded(column), sum(map(len, texts[column]))), default=None))
    if not by_name:
        label = label or claim(min(filter(lambda column: may_be_labels(table[column], texts[column]), free),
                                   key=lambda column: len(set(texts[column])), default=None))  # fmt: skip
    if text is None:
        raise Problem(tr("{name} has no column left for the text: choose the columns.", name=format.name), "--text COLUMN")
    if label is None:
        if not by_name:
            _name_no_labels(format, {column: texts[column] for column in free}, table)
        raise Problem(
            tr(
                "{name} has no column of labels: no column besides {text!r} holds few values, each in many rows. Choose "
                "the column of labels, or predict the labels (“Answers for a file”, or `predict`).",
                name=format.name, text=text,
            ),
            "--label COLUMN",
        )
    if schema.per_token and sentence is None and single_tokens(texts[text]):
        sentence = claim(named(free, SENTENCE))
    return with_columns(config, text=text, label=label, sentence=sentence, split=split)


def _fixed_columns(format: Format, rows: Sequence[Row], config: DataConfig, schema: Schema) -> DataConfig:
    if not schema.per_token:
        raise Problem(
            tr(
                "{name} has one tag per token: choose the task sequence tagging, or a table with two columns of text.",
                name=format.name,
            ) if len(schema.texts) > 1 else tr(
                "{name} has one tag per token: choose the task sequence tagging, or a file with one label per text.",
                name=format.name,
            ),
            "--task tag",
        )  # fmt: skip
    if format.kind == "conllu":
        return with_columns(config, text=config.text or "FORM", label=config.label or "UPOS")
    else:
        lists = {column: [row.values[i] for row in rows] for i, column in enumerate(format.header)}
        words = {column: {word for value in values for word in value} for column, values in lists.items()}
        text = next((column for column in lists if not all(map(str.isdigit, words[column]))), format.header[0])
        several = next((column for column in reversed(format.header) if len(words[column]) > 1), format.header[-1])
        label: str | None = most_entities({column: values for column, values in lists.items() if column != text})
        if not label and entities(lists[text]) and len(lists) == 2:  # one tag and its token per line
            label, text = text, next(column for column in lists if column != text)
        label = label or (several if several != text else format.header[-1])
    return with_columns(config, text=config.text or text, label=config.label or label)


def _title_or_longer(free: Sequence[str], texts: Mapping[str, Sequence[str]], worded: Callable[[str], bool]) -> str | None:
    """The column of titles, or one with texts more than twice as long."""
    title = named(free, TITLE, worded)
    sizes = {column: sum(map(len, texts[column])) for column in free if worded(column)}
    longest = max(sizes, key=sizes.__getitem__, default=None)
    return longest if title and longest and sizes[longest] > 2 * sizes[title] else title


def _name_no_labels(format: Format, texts: Mapping[str, Sequence[str]], table: Mapping[str, Sequence[Any]]) -> None:
    """Raises Problem if a column that may be meant as labels holds numbers or lists."""
    for column, values in texts.items():
        if any(len(as_list(value) or ()) > 1 for value in table[column]):
            raise Problem(
                tr(
                    "{name} has several labels for one text (multi-label) in its column {column!r}, and no column with one "
                    "label per text, which is what this program learns: choose or add such a column.",
                    name=format.name, column=column,
                ), "--label COLUMN"
            )  # fmt: skip
        measured = len(set(values)) < len(values) or any(re.search(r"\d[.,]\d*[1-9]", value) for value in values)  # not ids
        if len(values) > 2 and measured and numeric(values):
            raise Problem(
                tr(
                    "{name} has no column of labels; its column {column!r} holds numbers. Predicting them is regression, "
                    "and this program learns classes: group them into a few classes, such as low and high.",
                    name=format.name, column=column,
                ), "--label COLUMN"
            )  # fmt: skip


def _pair(format: Format, config: DataConfig, free: Sequence[str], worded: Callable[[str], bool]) -> tuple[str, str]:
    """The columns of the two texts. Raises Problem if there are fewer than two."""
    if config.text and config.text == config.target:
        raise Problem(
            tr(
                "The column {text!r} of {name} is chosen for both texts: choose one to read and another to write.",
                text=config.text, name=format.name,
            ),
            "--text COLUMN and --target COLUMN",
        )
    text, target = guess_pair(free, worded, config.text, config.target)
    if not text or not target:
        raise Problem(
            tr(
                "{name} needs two columns of text, one to read and one to write, and has only {only!r}: choose the columns, or "
                "another file.",
                name=format.name, only=text or target,
            ) if text or target else tr(
                "{name} needs two columns of text, one to read and one to write, and has none: choose the columns, or another "
                "file.",
                name=format.name,
            ),
            "--text COLUMN and --target COLUMN",
        )  # fmt: skip
    return text, target


def guess_text(format: Format, rows: Sequence[Row], config: DataConfig, schema: Schema) -> str:
    """The column of texts or tokens of a file that may lack labels: stated, else by its name, else the longest.

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
        return not numeric([text for text in texts[column] if text])

    def worded(column: str) -> bool:
        return 2 * sum(map(bool, texts[column])) >= len(rows) and words(column)

    if tagging and (tokens := named(format.header, TOKENS, worded)):
        return tokens
    known = named(format.header, TEXT, worded) or named(format.header, TITLE, worded) or named(format.header, TEXT, words)
    return known or max(format.header, key=lambda column: (worded(column), sum(map(len, texts[column]))))


def guess_sentence(format: Format, rows: Sequence[Row], config: DataConfig, schema: Schema, text: str) -> str | None:
    """The column of sentence ids; None if the column `text` does not hold one token per row.

    Raises:
        Problem: when a stated column is missing.
    """
    if config.sentence:
        place(format, config.sentence)
    if config.sentence is not None or not schema.per_token or format.by_sentence:
        return config.sentence or None
    values = [as_text(row.values[place(format, text)]) for row in rows]
    return named([column for column in format.header if column != text], SENTENCE) if single_tokens(values) else None


def column_notes(format: Format, rows: Sequence[Row], config: DataConfig, schema: Schema) -> tuple[str, ...]:
    """Sentences on columns that are plausible too.

    Args:
        rows: some rows with all their values.
        config: the options, with columns filled in.
    """
    table = {column: [row.values[i] for row in rows] for i, column in enumerate(format.header)}
    taken = (config.text, config.label, config.target, config.split, config.sentence)
    others = [column for column in table if column not in taken]
    flags = [column for column in others if plain_name(column) in FLAGS]
    if config.split and flags:
        return (N_("The splits are those of {split!r}; {others} may hold splits too, and is ignored.").format(
            split=config.split, others=_and(flags)
        ),)  # fmt: skip
    if len(schema.texts) > 1 and (plain_name(config.target or ""), plain_name(config.text or "")) in PAIRS:
        return (N_("The column {text!r} is read and {target!r} is written, against their names: are they swapped?").format(
            text=config.text, target=config.target
        ),)  # fmt: skip
    if schema.per_token:
        tags = [column for column in others if entities(table[column]) or named([column], TAGS)]
        if not tags:
            return ()
        return (N_("The tags are those of {label!r}; {others} may hold tags too.").format(label=config.label, others=_and(tags)),)
    binary = [column for column in (*others, config.label or "")
              if {as_text(value).strip() for value in table.get(column, ())} == {"0", "1"}]  # fmt: skip
    if len(binary) >= 3 and config.label in binary:
        return (N_("The columns {columns} hold 0 and 1, as in multi-label data: only {label!r} is learnt.").format(
            columns=_and(binary), label=config.label
        ),)  # fmt: skip
    return ()


def _and(columns: Sequence[str], most: int = 6) -> str:
    shown = [repr(column[:40]) for column in columns[:most]]
    if len(columns) > most:
        return N_("{listed} and {more:,} more").format(listed=", ".join(shown), more=len(columns) - most)
    if len(shown) == 1:
        return shown[0]
    return N_("{listed} and {last!r}").format(listed=", ".join(shown[:-1]), last=columns[-1][:40])
