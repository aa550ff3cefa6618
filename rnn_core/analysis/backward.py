"""One text and one target on the way back: everything that its gradients say, computed where it is asked for, and once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from rnn_core import tasks
from rnn_core.analysis import bptt, bptt_reach, bptt_updates, way_back
from rnn_core.analysis.bptt_pass import Pass, Target, beginning, doubled, forward, target_of
from rnn_core.analysis.loading import Loaded
from rnn_core.network.device import array
from rnn_core.results import (
    BatchDirections,
    ChainProduct,
    CutWays,
    GradientFlow,
    LossModes,
    Reach,
    SgdStep,
    Trace,
    Truncation,
    WayBack,
)

MOST_KEPT = 32
"""Paths, reaches and truncations of one text that are kept."""


@dataclass(frozen=True)
class Backward:
    """One text and one target on the way back; what is not asked for is not computed, and nothing twice.

    Attributes:
        trace: the text, or its beginning where it is too long.
        examples: labelled texts for a mini-batch, of the run's data or of a sample; may be empty.
        cut: that the text was cut, as a sentence; empty when it was not.
    """

    loaded: Loaded
    trace: Trace
    target: Target
    done: Pass
    examples: Sequence[Any] = ()
    cut: str = ""
    _kept: dict[tuple[Any, ...], Any] = field(default_factory=dict)

    @cached_property
    def flow(self) -> GradientFlow:
        return bptt.flow(self.done, self.target, self.trace.tokens, self.trace.labels)

    @cached_property
    def modes(self) -> LossModes:
        return bptt.loss_modes(self.done, self.target)

    @cached_property
    def ways(self) -> tuple[WayBack, ...]:
        """Single losses, and as the last one that of every step, followed to the copies of `followed`."""
        last = "last" in tasks.of(self.loaded.config).losses
        return way_back.ways(self.done, self.target, self.followed, last)

    @cached_property
    def cut_ways(self) -> CutWays | None:
        """The loss of every step, cut before each step in turn; None for a text that is too long."""
        return way_back.cut_ways(self.done, self.target, self.followed)

    @property
    def classes(self) -> np.ndarray:
        """(T,) the class that the loss of each step asks for; −1 where a step has none."""
        return array(self.target.classes)

    @property
    def followed(self) -> str:
        """The matrix whose copies `ways` follows, by the code's name."""
        return self.loaded.cell.followed

    @cached_property
    def truncations(self) -> list[Truncation]:
        """At K = 1, 2, 5, 10 … and the text's length."""
        steps = self.done.steps
        ks = sorted({k for k in (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000) if k < steps} | {steps})
        return bptt.truncations(self.done, self.target, ks)

    @property
    def losses_cut(self) -> int:
        """How many losses `truncations` cuts."""
        return len(bptt.cut_rows(self.done.network, self.target))

    @cached_property
    def sgd(self) -> SgdStep:
        rates = bptt_updates.rates_of(self.done.network, self.done.steps, self.loaded.config.train.learning_rate)
        return bptt_updates.sgd_step(self.done, self.target, rates)

    @cached_property
    def directions(self) -> BatchDirections:
        batch = bptt_updates.mini_batch(self.loaded, self.examples)
        return bptt_updates.batch_directions(self.loaded, self.done, self.target, batch)

    def truncated(self, k: int) -> list[Truncation]:
        """The window and the chunks of one K."""
        if known := [one for one in self.truncations if one.k == k]:
            return known
        return self._once(("k", k), lambda: bptt.truncations(self.done, self.target, [k]))

    def reach(self, layer: int, direction: int, step: int) -> Reach:
        return self._once(("reach", layer, direction, step), lambda: bptt_reach.reach(self.done, layer, direction, step))

    def path(
        self, layer: int, direction: int, step: int, back: int, down: int | None = None, parameter: str = ""
    ) -> ChainProduct:
        return self._once(
            ("path", layer, direction, step, back, down, parameter),
            lambda: bptt_reach.path(self.done, self.target, layer, direction, step, back, down, parameter),
        )

    def _once(self, key: tuple[Any, ...], compute: Any) -> Any:
        found = self._kept.get(key)
        if found is None:
            found = compute()
            for oldest in list(self._kept)[: max(0, len(self._kept) - MOST_KEPT + 1)]:
                self._kept.pop(oldest, None)  # another session may have been here as well
            self._kept[key] = found
        return found


def backward(
    loaded: Loaded,
    trace: Trace,
    target: str | None = None,
    loss: str | None = None,
    logit: bool = False,
    precise: bool = False,
    examples: Sequence[Any] = (),
    reduce: str | None = None,
) -> Backward:
    """Prepares the way back; arguments as `target_of`'s, and `precise` for float64. Raises Problem as that does."""
    short, tags = beginning(loaded, trace, target)
    aim = target_of(loaded, short, tags, loss, logit, reduce)
    network = doubled(loaded.network) if precise else loaded.network
    cut = "" if short is trace else bptt.cut_words(len(trace.tokens) - 2, len(short.tokens) - 2)
    return Backward(loaded, short, aim, forward(network, short.fed), examples, cut)
