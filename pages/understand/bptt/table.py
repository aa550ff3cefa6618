"""The tabs of BPTT, and the views in each."""

from rnn_core.language import N_

TABS = {
    "copies": (N_("What each copy adds"), (("copy_shares",), ("running",))),
    "total": (N_("The losses added up"), (("total",),)),
    "modes": (N_("Last or every step"), (("modes",), ("losses-page",))),
    "truncation": (N_("Truncation"), (("truncation",), ("cut-readouts",), ("cut-gradients",))),
    "reach": (N_("Vanishing or exploding"), (("reach",), ("saturation",), ("exploding",))),
    "sgd": (N_("A step of SGD"), (("sgd", "clipping"), ("batch",))),
    "beside": (N_("Other runs"), (("beside",),)),
}
"""The titles of the tabs and their views; those of a row stand side by side."""

LED = "translation-pairs"
"""The view whose choices stand above all others, for a run of two texts."""

ABOVE_OF_TWO = (("translation-pairs",), ("translation-walk",), ("translation-ways",))
"""The views above its tabs."""

TABS_OF_TWO = {
    "copies": (N_("What each copy adds"), (("translation-shares",),)),
    "parameters": (N_("Held against autograd"), (("translation-parameters",),)),
    "total": (N_("The losses added up"), (("translation-total",),)),
}
"""Its tabs."""
