"""The tabs of Words to matrix, and the views in each."""

from rnn_core.language import N_

TABS = {
    "texts": (N_("From words to one-hot"), (
        ("stages",), ("indices",), ("vocabulary",), ("one-hot-vector",), ("one_hot",), ("whole-data",), ("labels",),
    )),
    "pads": (N_("Pads"), (("pad_drifts",), ("pad_curves", "pad_moved"), ("pad_drift", "last-column"), ("pad_states",))),
    "ledger": (N_("Parameters and memory"), (("ledger", "memory"), ("ledger-sum",))),
    "stream": (N_("A long text in chunks"), (("stream",),)),
    "recipe": (N_("The recipe"), (("recipe",),)),
    "unit": (N_("One unit, one step"), (("states",), ("unit-step",), ("terms",), ("same-step",))),
    "alone": (N_("Without recurrence"), (("alone",), ("answer-alone",), ("tags-alone",), ("gain",))),
}
"""By the names that tasks have for them, the titles of the tabs and their views; those of a row stand side by side."""

LED_BY = {"texts": "indices", "pads": "pad_drifts", "ledger": "memory", "unit": "states", "stream": "stream"}
"""The view of each tab whose choices stand at its head."""

OF_STEP = {"texts", "unit", "alone"}
"""The tabs that look at a step."""

SOME = {"answer-alone", "tags-alone"}
"""Views that some tasks have."""

TABS_OF_TWO = {
    "both-texts": (N_("From words to numbers"), (("pair-matrices",),)),
    "both-ledger": (N_("Parameters"), (("translator-ledger",),)),
}
"""The tabs for a run of two texts."""
