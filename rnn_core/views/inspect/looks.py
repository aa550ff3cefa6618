"""What is looked at on Inspect: a step, a class, a curve, a unit; and words that its views share."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, Self

import numpy as np

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded, Unopened
from rnn_core.language import N_, tr
from rnn_core.results import Trace
from rnn_core.views.inputs import Inputs
from rnn_core.views.view import Controls, literal


@dataclass(frozen=True)
class Step(Controls):
    """A step from 0; None, or beyond the text: the first that the task shows, or the last."""

    step: int | None = None

    @property
    def at(self) -> int:
        """The step, once it is settled."""
        assert self.step is not None
        return self.step

    def settled(self, inputs: Inputs) -> Self:
        trace = inputs.trace
        step = tasks.of(inputs.run.config).shown_first(trace) if self.step is None else self.step
        return replace(self, step=min(step, len(trace.tokens) - 1))


@dataclass(frozen=True)
class Labelled(Step):
    """A class of the run; None: each step's own."""

    label: str | None = None

    def settled(self, inputs: Inputs) -> Self:
        label = self.label if self.label in inputs.run.speech.labels else None
        return replace(super().settled(inputs), label=label)


@dataclass(frozen=True)
class Curved(Labelled):
    """One of `Trace.curves`; the first of them where the trace has no such curve."""

    curve: str = "answers"

    def settled(self, inputs: Inputs) -> Self:
        curves = inputs.trace.curves
        return replace(super().settled(inputs), curve=self.curve if self.curve in curves else next(iter(curves)))


@dataclass(frozen=True)
class Held(Step):
    """A quantity (`h`, `c` or what else the cell keeps) of a layer and direction, and a unit; None: none is chosen."""

    unit: int | None = None
    layer: int = 0
    direction: int = 0
    quantity: str = "h"

    def settled(self, inputs: Inputs) -> Self:
        run, (layers, directions) = inputs.run, inputs.trace.states.shape[:2]
        return replace(
            super().settled(inputs),
            unit=self.unit if self.unit is not None and self.unit < run.config.model.hidden else None,
            layer=min(self.layer, layers - 1),
            direction=min(self.direction, directions - 1),
            quantity=self.quantity if self.quantity in quantities(run) else "h",
        )


def quantities(loaded: Loaded | Unopened) -> tuple[str, ...]:
    """What can be looked at besides h: m and the gates, where the cell has them."""
    cell = loaded.cell
    return (*cell.parts, *cell.kept_names)


def name_of(loaded: Loaded | Unopened, choice: str) -> Callable[[Any], str]:
    """How the values of `quantity`, `layer` or `direction` are called."""
    words = {"h": tr("state h"), "m": tr("memory m")} | {one.name: kept_words(one) for one in loaded.cell.kept}
    return {
        "quantity": words.__getitem__,
        "layer": lambda layer: tr("layer {layer}", layer=layer + 1),
        "direction": lambda direction: (tr("from the start"), tr("from the end"))[direction],
    }[choice]


class Named(Protocol):
    """A quantity with a title and a letter, such as one that a cell keeps."""

    @property
    def title(self) -> str: ...
    @property
    def name(self) -> str: ...


def kept_words(one: Named) -> str:
    """What a quantity that a cell keeps is called: its title and its letter."""
    return f"{tr(one.title)} {one.name}"


def series(trace: Trace, held: Held) -> np.ndarray:
    """(T, d) the quantity looked at."""
    all_steps = ({"h": trace.states, "m": trace.cells} | trace.gates).get(held.quantity)
    found: np.ndarray = (trace.states if all_steps is None else all_steps)[held.layer, held.direction]
    return found


def trained(inputs: Inputs) -> str:
    """Where the run's loss is taken: `last` or `every`."""
    config = inputs.run.config
    return tasks.of(config).loss_of(config)


def pick_step(point: list[Any]) -> dict[str, Any]:
    return {"step": int(point[0])}


def place(step: int, token: str) -> str:
    return tr("t = {t} (“{token}”)", t=step + 1, token=literal(token, 30))


def known_words(both: bool) -> str:
    """What the states at a step know."""
    return tr("the words before and after it") if both else tr("the words up to it")


def most_probable(labels: Sequence[str], p: np.ndarray) -> str:
    """The most probable classes of (k,) probabilities, as Markdown."""
    return " · ".join(f"{literal(labels[i], 30)} {p[i]:.4f}" for i in np.argsort(-p)[:5])


def has_answers(inputs: Inputs) -> bool:
    """Whether the text has, beside the readout of each step, an answer if it stopped there."""
    return "answers" in inputs.trace.curves


NEEDS = ("run", "text")


def bytes_of(*letters: str, each: int = 8) -> Callable[[Inputs], int]:
    """The bytes of an array of this shape, and the tokens, the labels and some words.

    Args:
        letters: T, k, d or n, the sides of the array.
        each: of one number.
    """

    def most(inputs: Inputs) -> int:
        trace = inputs.trace
        sides = {"T": len(trace.tokens), "k": len(trace.labels), "d": trace.states.shape[-1], "n": trace.embeddings.shape[-1]}
        names = sum(len(name.encode()) + 40 for name in (*trace.tokens, *trace.labels))
        return each * int(np.prod([sides[letter] for letter in letters])) + 2 * names + 4096

    return most


def token_kind(inputs: Inputs) -> str:
    """What tokens are called: a message, one of `KINDS`."""
    return inputs.run.config.data.unit


KINDS = (N_("words"), N_("characters"))
