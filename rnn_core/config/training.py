"""The options of training."""

from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from rnn_core.config.fields import MOST_WHOLE, STRICT
from rnn_core.language import N_

SUGGESTED = ("embedding", "hidden", "dropout", "epochs", "patience", "batch", "learning_rate", "threads", "bidirectional",
             "form", "truncate")  # fmt: skip
"""The options whose value follows from the data where none is stated (training/suggest.py); all others have their default."""


@dataclass(frozen=True, config=STRICT)
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
    weight_decay: Annotated[
        float,
        Field(
            ge=0,
            le=100,
            title=N_("Weight decay"),
            description=N_(
                "λ: each update first multiplies the matrices by 1 − ηλ, η being the learning rate; embeddings and biases stay "
                "(decoupled, Loshchilov and Hutter 2019); 0: none",
            ),
        ),
    ] = 0.0
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
