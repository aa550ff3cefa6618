"""Shared by the views of one translation."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Self

from rnn_core.results import Translation
from rnn_core.views.inputs import Inputs
from rnn_core.views.inspect.looks import Step

NEEDS = ("run", "translation")


@dataclass(frozen=True)
class Written(Step):
    """A step of the decoder from 0; None, or beyond the target: the first, or the last."""

    def settled(self, inputs: Inputs) -> Self:
        return replace(self, step=min(self.step or 0, len(inputs.translation.written) - 1))


def bytes_of(each: Callable[[Translation], int]) -> Callable[[Inputs], int]:
    """The bytes of some numbers of a translation, of its tokens, and of some words."""

    def most(inputs: Inputs) -> int:
        found = inputs.translation
        tokens = (*found.source.tokens, *found.target.tokens, *found.written, *(one for row in found.likely for one in row))
        return each(found) + sum(2 * len(one.encode()) + 40 for one in tokens) + 4096

    return most
