"""Saved evaluations, kept between reruns."""

from pathlib import Path
from typing import TYPE_CHECKING

from pages.common.bounded import kept
from rnn_core.workspace import evaluations

if TYPE_CHECKING:
    from rnn_core.results import Evaluation, Mistake


@kept(64 << 20, 6)
def evaluation(path: str, version: int) -> "Evaluation | None":
    """A saved evaluation, by its folder and the time its scores were written."""
    return evaluations.load(Path(path))


@kept(64 << 20, 6)
def mistakes(path: str, version: int, most: int) -> "tuple[list[Mistake], int]":
    """The most confident mistakes of a saved evaluation and their number, by its folder and when its scores were written."""
    return evaluations.mistakes(Path(path), most, lambda mistake: mistake)
