"""The parts of Inspect, and the views in each; those of a row stand side by side."""

ALONG = (("answers-so-far", "own-answers", "foreseen"), ("cut",), ("tags",), ("next-losses",), ("beliefs", "losses"))
"""The views of the whole text."""

AT_STEP = (("probabilities", "next", "state", "embedding"),)

TABS = {
    "step": ("At this step", AT_STEP),
    "readout": ("The readout opened", (("logit",), ("softmax",))),
    "loss": ("The loss of the text", (("text-loss",),)),
    "weights": ("W, U and V", (("weights",),)),
    "squash": ("φ and its slope", (("squash",),)),
    "cell": ("Inside the cell", (("circuit",),)),
}
"""The titles of the tabs below the states, and their views."""
