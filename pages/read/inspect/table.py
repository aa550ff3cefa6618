"""The parts of Inspect, and the views in each; those of a row stand side by side."""

from rnn_core.language import N_

ALONG = (("answers-so-far", "own-answers", "foreseen"), ("cut",), ("tags",), ("next-losses",), ("beliefs", "losses"))
"""The views of the whole text."""

AT_STEP = (("probabilities", "next", "state", "embedding"),)

TABS = {
    "step": (N_("At this step"), AT_STEP),
    "readout": (N_("The readout opened"), (("logit",), ("softmax",))),
    "loss": (N_("The loss of the text"), (("text-loss",),)),
    "weights": (N_("W, U and V"), (("weights",),)),
    "squash": (N_("φ and its slope"), (("squash",),)),
    "cell": (N_("Inside the cell"), (("circuit",),)),
}
"""The titles of the tabs below the states, and their views."""
