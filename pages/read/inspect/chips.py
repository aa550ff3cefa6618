"""The tokens of a text as coloured chips."""

from pages.common import token_list
from rnn_core.figures.text import visible
from rnn_core.language import tr
from rnn_core.views.inspect import Tokens

_NONE = "rgba(128,128,128,0.6)"
"""The colour of a token without a class."""


def tokens(shown: Tokens) -> None:
    """The tokens of a text in the colours of their classes."""
    labels, colours = list(shown.colours), [*shown.colours.values(), _NONE]  # the last one is that of class −1
    last, kinds = len(shown.tokens) - 1, shown.classes.tolist()
    says, classes = [], []
    for step, (kind, p, known) in enumerate(zip(kinds, shown.p.tolist(), shown.known.tolist(), strict=True)):
        parts = [f"t = {step + 1}" + (f": {visible(labels[kind], 24)}, p = {round(p, 3)}" if kind >= 0 else "")]
        if not known:
            parts.append(tr("not in the vocabulary, read as <unk>"))
        if shown.cut and shown.cut[0] <= step < shown.cut[1]:
            parts.append(tr("training and evaluation leave this token out"))
        says.append(" · ".join(parts))
        special = "special" if step in (0, last) else "" if known else "unknown"
        border = shown.cut and step in shown.cut and 1 < step < last
        classes.append(f"{special} {'cut' if border else ''}".strip())
    token_list.show(
        "chips",
        [visible(token, 60) for token in shown.tokens],
        range(last + 1),
        shown.step,
        [colours[kind] for kind in kinds],
        shown.p.tolist(),
        says,
        classes,
        [visible(labels[kind], 24) if kind >= 0 else "" for kind in kinds] if shown.named else (),
    )
