"""The usual names for the columns of a table of texts, and for the values of a split column."""

import re
from collections.abc import Callable, Sequence

TEXT = ("text", "review", "sentence", "content", "comment", "tweet", "message", "body", "document", "phrase", "post",
        "utterance", "question", "query", "sms", "description", "article", "input", "narrative", "feedback",
        "story", "abstract", "overview", "plot", "lyric", "essay", "excerpt", "transcript")  # fmt: skip
TITLE = ("headline", "title", "subject", "summary")
"""Names of short texts beside the main text; such a column is the text only if there is no other."""

TOKENS = ("token", "word", "form", "text", "sentence")
LABEL = ("label", "sentiment", "class", "category", "target", "rating", "star", "polarity", "intent", "emotion", "topic",
         "score", "tag", "y", "output")  # fmt: skip
TAGS = ("tag", "ner_tag", "ner", "upos", "pos_tag", "pos", "upos_tag", "xpos", "label", "entities", "entity", "span")
SENTENCE = ("sentence", "sentence_id", "sent_id", "sentence_idx", "sentence_no", "sentence_num", "sentence_number", "sent")
SPLIT = ("split", "set", "fold", "partition", "subset", "dataset", "usage", "type")
FLAGS = {
    "is_valid": "dev", "is_validation": "dev", "is_val": "dev", "is_dev": "dev", "is_test": "test", "is_train": "train",
    "is_training": "train", "valid": "dev", "validation": "dev",
}  # fmt: skip
"""Split columns of true and false, with the split of the rows that are true; the other rows belong to train, or to dev."""

_OTHER = ("id", "index", "date", "time", "author", "user", "name", "url", "source", "lemma", "lang", "language")
_SPLITS = {
    "train": "train", "training": "train", "trn": "train",
    "dev": "dev", "val": "dev", "valid": "dev", "validation": "dev", "development": "dev",
    "eval": "dev", "publictest": "dev",
    "test": "test", "testing": "test", "tst": "test", "holdout": "test", "privatetest": "test",
}  # fmt: skip
_TRUE, _FALSE = ("true", "1", "1.0", "yes", "t"), ("false", "0", "0.0", "no", "f")


def plain(column: str) -> str:
    """A column's name in lower case without signs and plural s: "Sentence #" and "sentences" give "sentence"."""
    parted = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", column)
    name = re.sub(r"[\W_]+", "_", parted).strip("_").lower()
    return name[:-1] if len(name) > 3 and name.endswith("s") and not name.endswith(("ss", "us", "entities", "pos")) else name


def named(
    columns: Sequence[str], names: Sequence[str], fits: Callable[[str], bool] = lambda column: True
) -> str | None:
    """The column with one of `names`, earlier names first; else a column that ends with one (review_text)."""
    called = {column: plain(column) for column in columns}
    for whole in (True, False):
        for name in names:
            for column, given in called.items():
                if (given == name if whole else given.endswith("_" + name)) and fits(column):
                    return column
    return None


def known(column: str) -> bool:
    """Whether a value is a usual name for a column of texts, labels, tags or splits."""
    if len(column) > 40 or column.count(" ") > 3 or column.rstrip().endswith((".", "!", "?")):
        return False  # a sentence, not a name
    name = plain(column)
    every = (*TEXT, *TITLE, *TOKENS, *LABEL, *TAGS, *SENTENCE, *SPLIT, *FLAGS, *_OTHER)
    return name in every or name.endswith(tuple("_" + one for one in every if len(one) > 1))


def split_of(value: str, column: str) -> str | None:
    """train, dev or test for a usual spelling of them in a split column, else None.

    Args:
        column: the name of the column; one such as is_valid holds true and false.
    """
    value = value.strip().lower()
    if flagged := FLAGS.get(plain(column)):
        if value in _TRUE:
            return flagged
        if value in _FALSE:
            return "dev" if flagged == "train" else "train"
    return _SPLITS.get(value)
