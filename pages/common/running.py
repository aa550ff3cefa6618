"""A text in one flow with a colour behind each token."""

import numpy as np

from pages.common import token_list
from rnn_core.figures.text import visible
from rnn_core.views.writing import Running


def text(shown: Running) -> None:
    """The text, as it was written."""
    count = len(shown.tokens)
    token_list.show(
        "flow",
        [_shown(token) for token in shown.tokens],
        shown.steps.tolist(),
        shown.step,
        [shown.negative if value < 0 else shown.colour for value in shown.strength.tolist()],
        np.abs(shown.strength).tolist(),
        shown.says,
        ["given" if i < shown.given else "" for i in range(count)],
    )


def _shown(token: str) -> str:
    """A token with its line ends and spaces; a line end that is a token of its own has a sign that can be clicked."""
    return "\n".join(visible(part) if part.strip() else part for part in token.split("\n")) if token != "\n" else "⏎\n"
