"""Guesses the two columns of texts that belong together: by their names, else the first two of texts."""

from collections.abc import Callable, Sequence

from rnn_core.data.names import named
from rnn_core.data.names import plain as plain_name

PAIRS = (
    ("source", "target"), ("src", "tgt"), ("src", "trg"), ("question", "answer"), ("query", "response"),
    ("prompt", "completion"), ("prompt", "response"), ("input", "output"), ("text", "target"), ("text", "translation"),
)  # fmt: skip
"""Names of the column to read and the column to write."""

_LANGUAGES = {
    "ar", "bg", "bn", "ca", "cs", "da", "de", "el", "en", "es", "et", "eu", "fa", "fi", "fr", "ga", "gl", "he", "hi",
    "hr", "hu", "hy", "id", "is", "it", "ja", "ka", "ko", "lt", "lv", "mk", "ms", "nb", "nl", "nn", "no", "pl", "pt",
    "ro", "ru", "sk", "sl", "sq", "sr", "sv", "sw", "ta", "th", "tr", "uk", "ur", "vi", "zh", "ces", "deu", "eng",
    "fra", "ita", "jpn", "nld", "por", "rus", "spa", "zho", "arabic", "chinese", "czech", "danish", "dutch", "english",
    "finnish", "french", "german", "greek", "hebrew", "hindi", "hungarian", "italian", "japanese", "korean",
    "norwegian", "polish", "portuguese", "romanian", "russian", "spanish", "swedish", "turkish", "ukrainian",
    "vietnamese",
}  # fmt: skip
"""Names of columns of languages, without the plural s."""


def called_as_pair(text: str, target: str) -> bool:
    """Whether two columns are named as the two sides of a pair, such as source and target, or en and fr."""
    languages = {plain_name(column).rpartition("_")[2] for column in (text, target)}
    return (plain_name(text), plain_name(target)) in PAIRS or (len(languages) == 2 and languages <= _LANGUAGES)


def guess_pair(
    columns: Sequence[str], worded: Callable[[str], bool], text: str | None = None, target: str | None = None
) -> tuple[str | None, str | None]:
    """The column to read and the column to write; None if no column is left for it.

    Args:
        columns: the candidates, in the order of the file.
        worded: whether a column holds texts.
        text, target: the stated columns, if any.
    """
    free = [column for column in columns if column not in (text, target)]
    for read, write in PAIRS:
        found = text or named(free, (read,), worded), target or named(free, (write,), worded)
        called = (text is None or plain_name(text) == read) and (target is None or plain_name(target) == write)
        if called and all(found) and found[0] != found[1]:
            return found
    texts = [column for column in free if worded(column)]
    languages = [column for column in texts if plain_name(column).rpartition("_")[2] in _LANGUAGES]
    ordered = iter([*languages, *(column for column in texts if column not in languages)])
    return text or next(ordered, None), target or next(ordered, None)
