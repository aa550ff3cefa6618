"""The options of data: how files become examples, and of texts that are made up."""

from typing import Annotated, Literal

from pydantic import Field, model_validator
from pydantic.dataclasses import dataclass

from rnn_core.config.fields import MOST_WHOLE, STRICT
from rnn_core.config.names import TaskName
from rnn_core.config.problem import Misfit
from rnn_core.language import N_, tr

MOST_MADE = 1_000_000
"""Words of a file of made-up texts, at most."""


@dataclass(frozen=True, config=STRICT)
class DataConfig:
    """How files become examples. Everything here is part of a dataset's fingerprint."""

    task: Annotated[TaskName, Field(title=N_("Task"), description=N_("what the network answers"))] = "classify"
    text: Annotated[
        str | None, Field(title=N_("Text column"), description=N_("the column of texts or tokens (default: guessed)"))
    ] = None
    label: Annotated[
        str | None, Field(title=N_("Label column"), description=N_("the column of labels or tags (default: guessed)"))
    ] = None
    target: Annotated[
        str | None, Field(title=N_("Target column"), description=N_("the column of the texts to write (default: guessed)"))
    ] = None
    sentence: Annotated[
        str | None,
        Field(
            title=N_("Sentence column"),
            description=N_(
                "the column that names the sentence, where a row holds one token; empty: there is none (default: guessed)",
            ),
        ),
    ] = None
    split: Annotated[
        str | None,
        Field(
            title=N_("Split column"),
            description=N_("the column that says train, dev or test; empty: there is none (default: guessed)"),
        ),
    ] = None
    format: Annotated[
        Literal[
            "csv",
            "jsonl",
            "parquet",
            "conll",
            "conllu",
            "token_tag",
            "word_tag",
            "fasttext",
            "label_text",
            "text_at_label",
        ]
        | None,
        Field(title=N_("Format"), description=N_("the format of the file (default: guessed from its name and content)")),
    ] = None
    encoding: Annotated[str | None, Field(title=N_("Encoding"), description=N_("the text encoding (default: guessed)"))] = None
    delimiter: Annotated[
        Literal[",", "\t", ";", "|"] | None,
        Field(title=N_("Delimiter"), description=N_("the character between the fields of a table (default: guessed)")),
    ] = None
    quoting: Annotated[
        Literal["double", "backslash", "spaced", "none"] | None,
        Field(
            title=N_("Quotation marks"),
            description=N_(
                'how a quotation mark is written inside a quoted field; double: as "", backslash: as \\", spaced: as "" '
                "with spaces before the field, none: quotation marks are plain characters (default: guessed)",
            ),
        ),
    ] = None
    header: Annotated[
        Literal["auto", "yes", "no"],
        Field(title=N_("Header"), description=N_("whether the first row of a table names its columns")),
    ] = "auto"
    tokens: Annotated[
        Literal["word", "char", "elided"],
        Field(
            title=N_("Tokens"),
            description=N_(
                "one step per word, or one step per character; elided: words, where elided words of French, Italian and "
                "Catalan are tokens of their own, as in l'|homme",
            ),
        ),
    ] = "word"
    lowercase: Annotated[bool, Field(title=N_("Lowercase"), description=N_("look words up in lower case"))] = False
    vocabulary: Annotated[
        int,
        Field(
            ge=10, le=1_000_000, title=N_("Vocabulary size N"), description=N_("keep the N most frequent tokens of training")
        ),
    ] = 20_000
    min_count: Annotated[
        int,
        Field(
            ge=1,
            le=MOST_WHOLE,
            title=N_("Minimum frequency"),
            description=N_("keep tokens that occur at least this often in training"),
        ),
    ] = 1
    max_tokens: Annotated[
        int, Field(ge=1, le=20_000, title=N_("Longest text"), description=N_("cut longer texts to this number of tokens"))
    ] = 400
    keep: Annotated[
        Literal["start", "end", "both"],
        Field(
            title=N_("Keep of longer texts"),
            description=N_("their first tokens, their last ones, or half of each; a review often ends with its verdict"),
        ),
    ] = "start"
    strip_html: Annotated[
        bool, Field(title=N_("Remove HTML tags"), description=N_("read <br /> and other tags as a space; each is several tokens"))
    ] = False
    dev_share: Annotated[
        float,
        Field(
            ge=0,
            le=0.5,
            title=N_("Dev share"),
            description=N_("the share of train that becomes dev, where no dev split is given"),
        ),
    ] = 0.1
    test_share: Annotated[
        float,
        Field(
            ge=0,
            le=0.5,
            title=N_("Test share"),
            description=N_("the share of train that becomes test, where no test split is given"),
        ),
    ] = 0.1
    split_seed: Annotated[int, Field(ge=0, le=MOST_WHOLE, title=N_("Split seed"), description=N_("the seed of this split"))] = 0

    @property
    def between(self) -> str:
        """What stands between two tokens where a text is put together from them."""
        return "" if self.tokens == "char" else " "

    @property
    def unit(self) -> str:
        """How sentences name the tokens: "words" or "characters", in English."""
        return N_("characters") if self.tokens == "char" else N_("words")


@dataclass(frozen=True, config=STRICT)
class MakeConfig:
    """Texts that are made up, whose label needs a word a known distance before their end (data/synthetic.py)."""

    make: Annotated[
        Literal["first-word", "copy", "adding", "parity", "brackets"],
        Field(title=N_("Task of memory"), description=N_("the texts to make up")),
    ] = "first-word"
    length: Annotated[
        int,
        Field(
            ge=8, le=400, title=N_("Longest text"), description=N_("the greatest number of words of a text; others are shorter")
        ),
    ] = 20
    examples: Annotated[
        int, Field(ge=100, le=50_000, title=N_("Texts"), description=N_("the number of texts, all different"))
    ] = 2000
    seed: Annotated[int, Field(ge=0, le=MOST_WHOLE, title=N_("Seed"), description=N_("the same seed makes the same texts"))] = 0

    @model_validator(mode="after")
    def _is_bounded(self) -> "MakeConfig":
        if self.length * self.examples > MOST_MADE:
            raise Misfit(
                tr("Texts are made up to {most:,} words in all; ask for shorter texts, or for fewer.", most=MOST_MADE),
                f"--examples {MOST_MADE // self.length}",
            )
        return self


TRAINED_WITH = ("task", "tokens", "lowercase", "vocabulary", "min_count", "max_tokens", "keep", "strip_html")
"""Options of `DataConfig` that hold for every file that a run reads, because its network was trained with them."""
