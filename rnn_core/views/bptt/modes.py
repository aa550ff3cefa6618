"""The loss at the last step against the loss at every step, with the same weights."""

from typing import Any, NamedTuple

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.config import CHOICE_NAMES
from rnn_core.figures import gradients as figures
from rnn_core.figures.frame import Figure
from rnn_core.results import LossModes
from rnn_core.views.bptt.asked import Asked, letter, over
from rnn_core.views.bptt.view import View
from rnn_core.views.view import number


class _Modes(NamedTuple):
    asked: Asked
    modes: LossModes


def _draw_modes(found: _Modes) -> Figure:
    asked, modes = found
    series = {"loss at the last step": modes.last_reached[asked.layer, asked.direction],
              "loss at every step (mean)": modes.every_reached[asked.layer, asked.direction]}  # fmt: skip
    return figures.along(series, asked.flow.tokens, "‖∂L/∂hₜ‖", asked.copy)


def compared(modes: LossModes, loaded: Loaded) -> dict[str, list[Any]]:
    """The two gradients by parameter, as a table."""
    return {
        "parameter": [letter(loaded, name) for name in modes.last_norms],
        "length, last step": list(modes.last_norms.values()),
        "length, every step": [modes.every.norms[name] for name in modes.last_norms],
        "cosine": [modes.every.cosines[name] for name in modes.last_norms],
    }


def modes_words(found: _Modes) -> str:
    """What the every-step loss changes here, as Markdown."""
    asked, modes = found
    config = asked.backward.loaded.config
    last, every = (held[asked.layer, asked.direction] for held in (modes.last_reached, modes.every_reached))
    early = max(1, len(last) // 4)
    cosine = modes.every.cosines["all"]
    alike = "point nearly the same way" if cosine > 0.9 else "point different ways" if cosine < 0.5 else "agree in part"
    return (
        f"The first {early} states get {number(float(last[:early].mean()))} on average from the last step's loss and "
        f"{number(float(every[:early].mean()))} from every step's: {number(over(every[:early].mean(), last[:early].mean()))} "
        f"times as much. The two whole gradients {alike} (cosine {cosine:.3f}). A loss at every step teaches each state to "
        "be read out at once, also before the text has said enough to know; this run was trained with the loss "
        f"{CHOICE_NAMES[tasks.of(config).loss_of(config)]}."
    )


def _explain_modes(found: _Modes) -> str:
    return (
        "Both are taken with the same weights on the same text. With the loss at the last step, all that an early word "
        "hears has come back through every later step. With a loss at every step, each step also hears its own loss, and "
        "those between.\n\n"
        r"$$L_{\text{last}} = L(T), \qquad L_{\text{every}} = \frac{1}{T} \sum_t L(t)$$" + "\n\n" + modes_words(found)
    )


MODES: View[Asked] = View(
    "modes", "What does the last step's loss teach, and what every step's?",
    lambda asked: _Modes(asked, asked.backward.modes), _draw_modes, _explain_modes,
    lambda point: {"back": int(point[0])},
)  # fmt: skip
