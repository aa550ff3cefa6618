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
