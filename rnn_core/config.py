"""The one list of options: the frozen configs of data, model and training.

The command line, the forms on the pages and the saved `config.json` are all built from these fields, so an
option is added here and nowhere else. Loads no torch.
"""

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError, model_validator
from pydantic.dataclasses import dataclass
from pydantic.fields import FieldInfo

from rnn_core.language import N_, tr
from rnn_core.language.retold import retold

FORMAT = 4
"""The number of the run format this code writes; a run with a higher one is refused."""

SPLITS = ("train", "dev", "test")

MOST_WHOLE = 2**53 - 1
"""The largest whole number of an option: a browser knows no larger one exactly, and torch takes none beyond 64 bits."""

MOST_MADE = 1_000_000
"""Words of a file of made-up texts, at most."""

C = TypeVar("C")


class Problem(Exception):
    """Something a user can put right. Its message is one sentence: what is wrong, where, and what to do.

    Args:
        typed: what to type for that on the command line, such as `--task tag`; the sentence speaks as the pages do.
    """

    def __init__(self, sentence: str, typed: str = ""):
        super().__init__(sentence)
        self.typed = typed


class _Misfit(ValueError):
    """Why two options do not go together, as a sentence, and what to type instead of one of them."""

    def __init__(self, words: str, typed: str):
        super().__init__(words)
        self.typed = typed


def _files(folder: str, *first: str) -> tuple[str, ...]:
    """The names of the files in a folder, none of which is imported: some first, the others by name."""
    names = sorted(path.stem for path in (Path(__file__).parent / folder).glob("[a-z]*.py"))
    return tuple(sorted(names, key=lambda name: first.index(name) if name in first else len(first)))


TASKS = _files("tasks", "classify", "tag")
"""The names of the tasks."""

CELLS = _files("network/cells", "rnn", "lstm", "gru")
"""The names of the cells."""

if TYPE_CHECKING:
    TaskName = str
    CellName = str
else:
    TaskName = Literal[TASKS]
    CellName = Literal[CELLS]

CHOICE_NAMES = {"adam": "Adam", "sgd": "SGD", "relu": "ReLU",
                "cpu": N_("the processor"), "cuda": N_("a GPU"),
                "last": N_("at the last step"), "every": N_("at every step"), "word": N_("words"), "char": N_("characters"),
                "elided": N_("words, elisions split")}  # fmt: skip
"""How the values of options are written for people, where that is not the value itself."""

METRIC_NAMES = {"accuracy": N_("accuracy"), "macro_f1": N_("macro F1"), "f1": N_("span F1")}
"""How the headline metrics are written for people, where that is not the name itself."""

SUGGESTED = ("embedding", "hidden", "dropout", "epochs", "patience", "batch", "learning_rate", "threads", "bidirectional",
             "truncate")  # fmt: skip
"""The options whose value follows from the data where none is stated (training/suggest.py); all others have their default."""

_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)


@dataclass(frozen=True, config=_STRICT)
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
    lowercase: Annotated[bool, Field(title=N_("Lowercase"), description=N_("convert texts to lower case"))] = False
    vocabulary: Annotated[
        int,
        Field(
            ge=10, le=1_000_000, title=N_("Vocabulary size N"), description=N_("keep the N most frequent tokens of training")
        ),
    ] = 20_000
    max_tokens: Annotated[
        int, Field(ge=1, le=20_000, title=N_("Longest text"), description=N_("cut longer texts to this number of tokens"))
    ] = 400
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


@dataclass(frozen=True, config=_STRICT)
class ModelConfig:
    """The network: what h_t is made of and how wide everything is."""

    cell: Annotated[CellName, Field(title=N_("Cell"), description=N_("the recurrent cell; rnn: Elman RNN"))] = "lstm"
    activation: Annotated[
        Literal["tanh", "relu", "sigmoid"],
        Field(title=N_("Activation φ"), description=N_("φ of the Elman RNN; the other cells have their own")),
    ] = "tanh"
    embedding: Annotated[
        int, Field(ge=1, le=4096, title=N_("Embedding width n"), description=N_("size of the vector of a token"))
    ] = 100
    hidden: Annotated[int, Field(ge=1, le=4096, title=N_("Hidden units d"), description=N_("size of the hidden state"))] = 128
    layers: Annotated[int, Field(ge=1, le=8, title=N_("Layers"), description=N_("number of recurrent layers"))] = 1
    bidirectional: Annotated[
        bool, Field(title=N_("Both directions"), description=N_("read the text backwards as well (sequence tagging only)"))
    ] = False
    dropout: Annotated[
        float,
        Field(
            ge=0, lt=1, title=N_("Dropout"), description=N_("dropout rate on embeddings, between layers and before the readout")
        ),
    ] = 0.5
    initialisation: Annotated[
        Literal["orthogonal", "torch"],
        Field(
            title=N_("Initialisation"),
            description=N_(
                "orthogonal: embeddings from U(−0.05, 0.05), U Glorot, W orthogonal, biases 0, but 1 for the forget gate "
                "of an LSTM and 2 for the update gate of a GRU; torch: the defaults of torch.nn, embeddings from N(0, 1)",
            ),
        ),
    ] = "orthogonal"
    variational: Annotated[
        bool,
        Field(
            title=N_("Variational dropout"),
            description=N_(
                "between layers and before the readout, the same dropout mask at all steps of a text, and along a stream "
                "until its state is reset (Gal and Ghahramani 2016); otherwise a new one at each step. The mask of "
                "embeddings is by word in both cases",
            ),
        ),
    ] = False
    tied: Annotated[
        bool,
        Field(
            title=N_("Tied embedding"),
            description=N_(
                "one matrix as embedding E and output V (Press and Wolf 2017); the embedding width n must be d; it starts "
                "from U(−√(3/n), √(3/n)), or with the initialisation of torch as torch.nn.Linear",
            ),
        ),
    ] = False
    attention: Annotated[
        Literal["none", "dot", "additive"],
        Field(
            title=N_("Attention"),
            description=N_(
                "how a decoder looks back at the source; none: it knows the encoder's last state alone; dot: after each "
                "step (Luong et al. 2015); additive: before it (Bahdanau et al. 2015), step by step and slower",
            ),
        ),
    ] = "dot"
    input_feeding: Annotated[
        bool,
        Field(
            title=N_("Input feeding"),
            description=N_(
                "the decoder also reads the attentional state of the step before (Luong et al. 2015), step by step and "
                "slower",
            ),
        ),
    ] = False


@dataclass(frozen=True, config=_STRICT)
class TrainConfig:
    """How the network is trained."""

    loss: Annotated[
        Literal["last", "every"] | None,
        Field(title=N_("Loss"), description=N_("where the loss is taken: at the last step (after <eos>) or at every step")),
    ] = None
    reduce: Annotated[
        Literal["mean", "sum"],
        Field(title=N_("Over steps"), description=N_("mean or sum of the losses of a text over its steps")),
    ] = "mean"
    optimizer: Annotated[Literal["adam", "sgd"], Field(title=N_("Optimizer"), description=N_("Adam, or plain SGD"))] = "adam"
    learning_rate: Annotated[
        float, Field(gt=0, le=100, title=N_("Learning rate"), description=N_("the step size of the optimizer"))
    ] = 0.002
    schedule: Annotated[
        Literal["constant", "cosine", "plateau"],
        Field(
            title=N_("Learning-rate schedule"),
            description=N_(
                "the learning rate over the training; constant; cosine: falls along half a cosine to 0 at the last update; "
                "plateau: halved after each epoch without a better dev score",
            ),
        ),
    ] = "constant"
    warmup: Annotated[
        int,
        Field(
            ge=0,
            le=MOST_WHOLE,
            title=N_("Warm-up"),
            description=N_("the number of first updates over which the learning rate rises in equal steps; 0: none"),
        ),
    ] = 0
    label_smoothing: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            title=N_("Label smoothing"),
            description=N_(
                "the share of the training loss that is the mean over all tokens instead of the right one's (Szegedy et "
                "al. 2016); 0: none",
            ),
        ),
    ] = 0.0
    scheduled_sampling: Annotated[
        float,
        Field(
            ge=0,
            le=1,
            title=N_("Scheduled sampling"),
            description=N_(
                "the probability with which a step of training reads the decoder's own last answer instead of the right "
                "token (Bengio et al. 2015), step by step and slower; 0: never",
            ),
        ),
    ] = 0.0
    average: Annotated[
        float,
        Field(
            ge=0,
            lt=1,
            title=N_("Weight averaging"),
            description=N_(
                "decay of the exponential moving average of the weights, which is scored and saved instead of the weights "
                "themselves; 0: no averaging",
            ),
        ),
    ] = 0.99
    clip: Annotated[
        float,
        Field(ge=0, title=N_("Clip gradient norm"), description=N_("scale larger gradients down to this norm; 0: no clipping")),
    ] = 5.0
    truncate: Annotated[
        int,
        Field(
            ge=0,
            le=MOST_WHOLE,
            title=N_("Truncate after K steps"),
            description=N_(
                "backpropagate through chunks of K steps; the state is carried over, the gradient is not; 0: through whole "
                "texts",
            ),
        ),
    ] = 0
    epochs: Annotated[int, Field(ge=1, le=10_000, title=N_("Epochs"), description=N_("passes over the training data"))] = 10
    minutes: Annotated[
        float,
        Field(
            ge=0,
            le=100_000,
            title=N_("Minutes"),
            description=N_("stop after M minutes of training; the time for scoring is not counted; 0: no limit"),
        ),
    ] = 0.0
    updates: Annotated[
        int,
        Field(
            ge=0,
            le=MOST_WHOLE,
            title=N_("Updates"),
            description=N_("stop after N updates; so a run that --minutes ended can be repeated exactly; 0: no limit"),
        ),
    ] = 0
    patience: Annotated[
        int,
        Field(
            ge=0,
            le=MOST_WHOLE,
            title=N_("Patience"),
            description=N_("stop after this number of epochs without a better dev score; 0: no early stopping"),
        ),
    ] = 3
    batch: Annotated[
        int,
        Field(
            ge=1,
            le=100_000,
            title=N_("Batch size B"),
            description=N_("about B texts of mean length in a batch (longer texts make smaller batches); 1: one text"),
        ),
    ] = 32
    snapshots: Annotated[
        float,
        Field(
            ge=0,
            le=500,
            title=N_("Snapshots"),
            description=N_(
                "keep the weights after updates 0, 1, 2, 4, 8 … in float16, up to this size in MB, so that Unrolled shows "
                "a text over training; none are kept if fewer than 16 would fit; 0: none",
            ),
        ),
    ] = 16.0
    threads: Annotated[int, Field(ge=1, le=256, title=N_("Threads"), description=N_("number of processor threads"))] = 2
    engine: Annotated[
        Literal["auto", "autograd"],
        Field(
            title=N_("Engine"),
            description=N_(
                "auto: hand-written backpropagation where the network is embedding, recurrent layers and readout, because "
                "it is faster; autograd: always torch.autograd",
            ),
        ),
    ] = "auto"
    device: Annotated[
        Literal["cpu", "cuda", "auto"],
        Field(
            title=N_("Device"),
            description=N_(
                "where it trains; cpu: the processor; cuda: a GPU, where the same seed gives the same weights up to "
                "rounding; auto: the GPU if there is one",
            ),
        ),
    ] = "cpu"
    seed: Annotated[
        int,
        Field(
            ge=0,
            le=MOST_WHOLE,
            title=N_("Seed"),
            description=N_("the same seed, data and number of threads give the same weights"),
        ),
    ] = 0


@dataclass(frozen=True, config=_STRICT)
class TranslateConfig:
    """How the best target is searched for."""

    beam: Annotated[
        int, Field(ge=1, le=100, title=N_("Beam"), description=N_("the number of hypotheses of the search; 1: greedy search"))
    ] = 1
    normalisation: Annotated[
        float,
        Field(
            ge=0,
            le=10,
            title=N_("Length normalisation"),
            description=N_("log p of a hypothesis is divided by its length to this power; 0: short ones are favoured"),
        ),
    ] = 1.0
    longest: Annotated[
        int, Field(ge=1, le=20_000, title=N_("Longest target"), description=N_("stop a target at this number of tokens"))
    ] = 200
    copy: Annotated[
        bool,
        Field(
            title=N_("Copy unknown words"),
            description=N_(
                "with attention, <unk> may be written, and the source token with the largest weight is put in its place",
            ),
        ),
    ] = False

    def copies(self, model: ModelConfig) -> bool:
        """Whether tokens of the source take the place of `<unk>`: only attention says which."""
        return self.copy and model.attention != "none"


@dataclass(frozen=True, config=_STRICT)
class EvaluateConfig(TranslateConfig):
    """How a run is evaluated: the search of a run of translation, the learning of one that reads streams."""

    dynamic: Annotated[
        float | None,
        Field(
            ge=0,
            le=100,
            title=N_("Dynamic evaluation"),
            description=N_(
                "the learning rate of plain SGD with which a language model goes on learning from the text: each chunk of "
                "K tokens is scored, then the weights take one step on its mean loss; the saved run does not change",
            ),
        ),
    ] = None


USUAL = EvaluateConfig()
"""Greedy search, and fixed weights."""


@dataclass(frozen=True, config=_STRICT)
class WriteConfig:
    """How a language model continues a text."""

    length: Annotated[
        int, Field(ge=1, le=100_000, title=N_("Length"), description=N_("the greatest number of tokens to write"))
    ] = 400
    temperature: Annotated[
        float,
        Field(ge=0, le=100, title=N_("Temperature"), description=N_("divides the logits; 0: always the most probable token")),
    ] = 1.0
    top_k: Annotated[
        int, Field(ge=0, le=MOST_WHOLE, title=N_("Top k"), description=N_("draw from the k most probable tokens; 0: from all"))
    ] = 0
    top_p: Annotated[
        float,
        Field(
            gt=0,
            le=1,
            title=N_("Nucleus p"),
            description=N_("draw from the fewest most probable tokens whose probabilities sum to p; 1: from all"),
        ),
    ] = 1.0
    seed: Annotated[int, Field(ge=0, le=MOST_WHOLE, title=N_("Seed"), description=N_("the same seed writes the same text"))] = 0
    stop: Annotated[
        str, Field(max_length=200, title=N_("Stop at"), description=N_("stop after this text was written; empty: nowhere"))
    ] = ""
    past_end: Annotated[
        bool,
        Field(
            title=N_("Go on after <eos>"),
            description=N_(
                "go on with another document after <eos>, which is written as <|endoftext|>; otherwise it ends the text",
            ),
        ),
    ] = False

    @property
    def stop_text(self) -> str:
        """`stop`, in which a line end is typed as \\n and a tab as \\t, as the text that it stands for."""
        return self.stop.replace("\\n", "\n").replace("\\t", "\t")


@dataclass(frozen=True, config=_STRICT)
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
            raise _Misfit(
                tr("Texts are made up to {most:,} words in all; ask for shorter texts, or for fewer.", most=MOST_MADE),
                f"--examples {MOST_MADE // self.length}",
            )
        return self


@dataclass(frozen=True, config=_STRICT)
class RunConfig:
    """Everything that decides a run's weights, bit for bit, with the dataset that `fingerprint` names."""

    data: DataConfig
    model: ModelConfig
    train: TrainConfig
    fingerprint: Annotated[str, Field(pattern="^[0-9a-f]{64}$", title=N_("Fingerprint"), description=N_("sha256 of the data"))]
    name: str
    format: int = FORMAT

    @model_validator(mode="after")
    def _fits_together(self) -> "RunConfig":
        if self.model.bidirectional and self.train.truncate:
            raise _Misfit(
                tr(
                    "Truncation reads in one direction, because the backward direction begins at the end of the text, "
                    "where no chunk but the last reaches; leave out one of the two.",
                ),
                "--no-bidirectional or --truncate 0",
            )
        if self.train.schedule == "cosine" and self.train.minutes and not self.train.updates:
            raise _Misfit(
                tr(
                    "A cosine schedule needs the number of updates, which a limit in minutes does not give; limit the "
                    "updates too, or choose another schedule.",
                ),
                "--updates N or --schedule constant",
            )
        return self


def metric_name(metric: str) -> str:
    """How a metric is written for people, in the reader's language."""
    named = METRIC_NAMES | {"perplexity": N_("perplexity")}
    return tr(named[metric]) if metric in named else metric.replace("_", " ")


def options(config: type) -> dict[str, FieldInfo]:
    """The fields of a config with their title, description, bounds, default and type, in order."""
    return dict(config.__pydantic_fields__)  # type: ignore[attr-defined]


def set_options(config: Any) -> dict[str, Any]:
    """The options of a config that differ from their defaults, by name."""
    return {name: value for name, field in options(type(config)).items() if (value := getattr(config, name)) != field.default}


def choices(field: FieldInfo) -> tuple[Any, ...]:
    """The values a field can take when they are a list, else ()."""
    kind = field.annotation
    members = getattr(kind, "__args__", ()) if not isinstance(kind, type) else ()
    literals = [m for m in (kind, *members) if getattr(m, "__origin__", None) is Literal]
    return tuple(literals[0].__args__) if literals else ()


def number_type(field: FieldInfo) -> type | None:
    """bool, int, float or str: the plain type of a field's values."""
    kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
    return next((k for k in kinds if k in (bool, int, float, str)), str)


def bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """The least and greatest value of a numeric field, None where open."""
    low = high = None
    for rule in field.metadata:
        low = getattr(rule, "ge", getattr(rule, "gt", low))
        high = getattr(rule, "le", getattr(rule, "lt", high))
    return low, high


def make(config: type[C], values: dict[str, Any]) -> C:
    """A checked config from plain values (nested dicts too), unknown names refused.

    Raises:
        Problem: naming the first option that does not fit and what would.
    """
    try:
        return TypeAdapter(config).validate_python(values)
    except ValidationError as error:
        raise _problem(error) from None


_LATER = {"target": None, "variational": False, "tied": False, "past_end": False, "attention": "dot", "input_feeding": False,
          "label_smoothing": 0.0, "scheduled_sampling": 0.0, "snapshots": 16.0}  # fmt: skip
"""Options that are not saved while they have this value: datasets and runs of before they came keep what they hold."""


def plain(config: Any) -> dict[str, Any]:
    """A config as nested dicts that JSON can hold."""
    return dataclasses.asdict(config, dict_factory=lambda items: {
        name: value for name, value in items if name not in _LATER or value != _LATER[name]
    })  # fmt: skip


def _problem(error: ValidationError) -> Problem:
    first = error.errors(include_url=False)[0]
    misfit, message = first.get("ctx", {}).get("error"), first["msg"].removeprefix("Value error, ")
    if isinstance(misfit, _Misfit):
        return Problem(str(misfit), misfit.typed)
    where, why = [str(part) for part in first["loc"]], retold(message[0].lower() + message[1:])
    if not where or first["type"] == "value_error":
        return Problem(why[0].upper() + why[1:] + ".")
    name = where[-1].replace("_", "-")
    shown = name if name.replace("-", "").isalnum() and len(name) <= 40 else repr(name[:40])  # a file may say anything
    if first["type"] == "missing":
        return Problem(tr("The option {option} does not fit: {why}.", option=shown, why=why))
    return Problem(tr("The option {option} does not fit: {why} (given: {given!r}).", option=shown, why=why,
                      given=str(first["input"])[:60]))  # fmt: skip


_REASONS = (
    N_("field required"), N_("unexpected keyword argument"), N_("input should be {some} or {last}"),
    N_("input should be greater than or equal to {bound}"), N_("input should be less than or equal to {bound}"),
    N_("input should be greater than {bound}"), N_("input should be less than {bound}"),
    N_("input should be a valid integer"), N_("input should be a valid integer, unable to parse string as an integer"),
    N_("input should be a valid integer, got a number with a fractional part"),
    N_("unable to parse input string as an integer, exceeded maximum size"), N_("input should be a finite number"),
    N_("input should be a valid number"), N_("input should be a valid number, unable to parse string as a number"),
    N_("input should be a valid boolean"), N_("input should be a valid boolean, unable to interpret input"),
    N_("input should be a valid string"), N_("string should have at most {most} characters"),
    N_("string should match pattern {pattern}"), N_("input should be a dictionary or an instance of {kind}"),
    N_("input should be a valid dictionary"), N_("input should be a valid list"), N_("input should be a valid tuple"),
)  # fmt: skip
"""What pydantic says of a value that does not fit, for the catalogue."""
