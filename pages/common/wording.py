"""Words that several pages need: numbers of things, titles within a sentence, and the names of metrics and of options' values."""

from typing import Any

from pydantic.fields import FieldInfo

from rnn_core.config import CHOICE_NAMES, metric_name
from rnn_core.language import ENGLISH, N_, reader, tr, tr_n

SHOWN = (
    N_("train"), N_("dev"), N_("test"), N_("words"), N_("characters"), N_("texts"), N_("tokens"),
    N_("accuracy"), N_("majority"), N_("perplexity"), N_("macro F1"), N_("span F1"),
    N_("none"), N_("dot"), N_("additive"), N_("orthogonal"), N_("constant"), N_("cosine"), N_("plateau"),
    N_("auto"), N_("autograd"), N_("mean"), N_("sum"), N_("a GPU"),
    N_("classification"), N_("sequence tagging"), N_("generation"), N_("translation"),
    N_("name"), N_("format"), N_("encoding"), N_("delimiter"), N_("layout"), N_("columns"), N_("rows"), N_("split"), N_("target"),
)  # fmt: skip
"""Names of splits, units, metrics, tasks, values of options and facts about files, which are messages as they are."""


def examples(row: str, n: int) -> str:
    """A number of examples of a dataset.

    Args:
        row: the name of one, as in `Schema.row`.
    """
    return tr_n("{n:,} line", "{n:,} lines", n) if row == "line" else tr_n("{n:,} text", "{n:,} texts", n)


def metric(name: str) -> str:
    """A metric for people."""
    return tr(metric_name(name))


def scored(split: str, name: str) -> str:
    """A metric for people, by its name in the reader's language, on dev or test."""
    return tr("dev {metric}", metric=name) if split == "dev" else tr("test {metric}", metric=name)


def value(chosen: Any) -> Any:
    """How the value of an option that has choices is written; numbers stay."""
    return tr(CHOICE_NAMES.get(chosen, chosen)) if isinstance(chosen, str) else chosen


def raised(words: str) -> str:
    """Words with a capital letter at their beginning."""
    return words[:1].upper() + words[1:]


def described(field: FieldInfo) -> str:
    """The description of an option, as a clause; empty where it has none."""
    return tr(field.description) if field.description else ""


def sentence(field: FieldInfo) -> str:
    """The description of an option as a sentence."""
    return f"{raised(described(field))}."


def lowered(title: str) -> str:
    """A title that stands within a sentence: in English it begins with a small letter there."""
    return title[:1].lower() + title[1:] if reader().language == ENGLISH else title
