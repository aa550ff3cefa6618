"""The options of the network."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from rnn_core.config.fields import STRICT
from rnn_core.config.names import CellName
from rnn_core.language import N_

FEATURES = 3
"""Features of the form of a word: its casing, its last two and its last three letters (`data.forms`)."""


@dataclass(frozen=True, config=STRICT)
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
    form: Annotated[
        int,
        Field(
            ge=0,
            le=512,
            title=N_("Form of words"),
            description=N_(
                "the width of each of three embeddings beside the word's: of its casing, its last two and its last three "
                "letters, which are known of words that training never saw (sequence tagging only); 0: none, and where "
                "words are looked up in lower case, the network then knows no capitals",
            ),
        ),
    ] = 0
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

    @property
    def input_width(self) -> int:
        """n, the width of x_t: that of the embedding, and of those of the features of the form."""
        return self.embedding + FEATURES * self.form
