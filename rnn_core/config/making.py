"""Configs from plain values, checked, and back."""

import dataclasses
from typing import Any, TypeVar

from pydantic import TypeAdapter, ValidationError

from rnn_core.config.problem import Misfit, Problem
from rnn_core.language import N_, tr
from rnn_core.language.retold import retold

C = TypeVar("C")


def make(config: type[C], values: dict[str, Any]) -> C:
    """A checked config from plain values (nested dicts too), unknown names refused.

    Raises:
        Problem: naming the first option that does not fit and what would.
    """
    try:
        return TypeAdapter(config).validate_python(values)
    except ValidationError as error:
        raise _problem(error) from None


_LATER = {"target": None, "variational": False, "tied": False, "past_end": False, "attention": "dot", "input_feeding": False,
          "label_smoothing": 0.0, "scheduled_sampling": 0.0, "snapshots": 16.0, "form": 0,
          "min_count": 1, "weight_decay": 0.0, "keep": "start", "strip_html": False}  # fmt: skip
"""Options that are not saved while they have this value: datasets and runs of before they came keep what they hold."""


def plain(config: Any) -> dict[str, Any]:
    """A config as nested dicts that JSON can hold."""
    return dataclasses.asdict(config, dict_factory=lambda items: {
        name: value for name, value in items if name not in _LATER or value != _LATER[name]
    })  # fmt: skip


def _problem(error: ValidationError) -> Problem:
    first = error.errors(include_url=False)[0]
    misfit, message = first.get("ctx", {}).get("error"), first["msg"].removeprefix("Value error, ")
    if isinstance(misfit, Misfit):
        return Problem(str(misfit), misfit.typed)
    where, why = [str(part) for part in first["loc"]], retold(message[0].lower() + message[1:])
    if not where or first["type"] == "value_error":
        return Problem(why[0].upper() + why[1:] + ".")
    name = where[-1].replace("_", "-")
    shown = name if name.replace("-", "").isalnum() and len(name) <= 40 else repr(name[:40])  # a file may say anything
    if first["type"] == "missing":
        return Problem(tr("The option {option} does not fit: {why}.", option=shown, why=why))
    return Problem(tr("The option {option} does not fit: {why} (given: {given!r}).", option=shown, why=why,
                      given=str(first["input"])[:60]))  # fmt: skip


_REASONS = (
    N_("field required"), N_("unexpected keyword argument"), N_("input should be {some} or {last}"),
    N_("input should be greater than or equal to {bound}"), N_("input should be less than or equal to {bound}"),
    N_("input should be greater than {bound}"), N_("input should be less than {bound}"),
    N_("input should be a valid integer"), N_("input should be a valid integer, unable to parse string as an integer"),
    N_("input should be a valid integer, got a number with a fractional part"),
    N_("unable to parse input string as an integer, exceeded maximum size"), N_("input should be a finite number"),
    N_("input should be a valid number"), N_("input should be a valid number, unable to parse string as a number"),
    N_("input should be a valid boolean"), N_("input should be a valid boolean, unable to interpret input"),
    N_("input should be a valid string"), N_("string should have at most {most} characters"),
    N_("string should match pattern {pattern}"), N_("input should be a dictionary or an instance of {kind}"),
    N_("input should be a valid dictionary"), N_("input should be a valid list"), N_("input should be a valid tuple"),
)  # fmt: skip
"""What pydantic says of a value that does not fit, for the catalogue."""
