"""The tabs of BPTT, and the views in each."""

TABS = {
    "copies": ("What each copy adds", (("copy_shares",), ("running",))),
    "total": ("The losses added up", (("total",),)),
    "modes": ("Last or every step", (("modes",), ("losses-page",))),
    "truncation": ("Truncation", (("truncation",), ("cut-readouts",), ("cut-gradients",))),
    "reach": ("Vanishing or exploding", (("reach",), ("saturation",), ("exploding",))),
    "sgd": ("A step of SGD", (("sgd", "clipping"), ("batch",))),
    "beside": ("Other runs", (("beside",),)),
}
"""The titles of the tabs and their views; those of a row stand side by side."""

LED = "translation-pairs"
"""The view whose choices stand above all others, for a run of two texts."""

ABOVE_OF_TWO = (("translation-pairs",), ("translation-walk",), ("translation-ways",))
"""The views above its tabs."""

TABS_OF_TWO = {
    "copies": ("What each copy adds", (("translation-shares",),)),
    "parameters": ("Held against autograd", (("translation-parameters",),)),
    "total": ("The losses added up", (("translation-total",),)),
}
"""Its tabs."""
