"""The options of a trained run's use: how it translates, is evaluated, and writes."""

from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from rnn_core.config.fields import MOST_WHOLE, STRICT
from rnn_core.config.model import ModelConfig
from rnn_core.language import N_


@dataclass(frozen=True, config=STRICT)
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


@dataclass(frozen=True, config=STRICT)
class EvaluateConfig(TranslateConfig):
    """How a run is evaluated: the search of a run of translation, the learning of one that reads streams, the rules of tags."""

    rules: Annotated[
        bool,
        Field(
            title=N_("Rules of the tag scheme"),
            description=N_(
                "entity tags are the most probable sequence that keeps to their scheme, such as no I- without its B-; otherwise "
                "each is the most probable of its token",
            ),
        ),
    ] = True

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


@dataclass(frozen=True, config=STRICT)
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
