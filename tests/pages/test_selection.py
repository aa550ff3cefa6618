"""The link: every field of the selection survives the way to the address bar and back."""

from dataclasses import fields
from typing import Any, get_type_hints

import pytest
from hypothesis import given
from hypothesis import strategies as some

from pages.common.selection import Selection, from_link, to_link

WHOLE = some.integers(0, 10**9 - 1)
WORDS = some.text(max_size=40)
VALUES: dict[Any, some.SearchStrategy[Any]] = {
    str: WORDS, str | None: some.none() | WORDS, int: WHOLE, int | None: some.none() | WHOLE, bool: some.booleans(),
    float | None: some.none() | some.floats(allow_nan=False, allow_infinity=False),
}  # fmt: skip
KINDS = get_type_hints(Selection)


def test_each_field_has_a_default_of_its_type() -> None:
    for field in fields(Selection):
        assert isinstance(field.default, KINDS[field.name]), field.name


@given(some.builds(Selection, **{name: VALUES[kind] for name, kind in KINDS.items()}))
def test_every_field_survives_the_round_trip(chosen: Selection) -> None:
    link = to_link(chosen)
    assert all(isinstance(value, str) for value in link.values())
    assert Selection(**from_link(link)) == chosen


def test_a_link_holds_what_differs_from_the_defaults_alone() -> None:
    assert to_link(Selection()) == {}
    assert to_link(Selection(step=3, masking=False, curve="readouts")) == {"step": "3", "masking": "0", "curve": "readouts"}


@pytest.mark.parametrize("step", ["9" * 5000, "9" * 10, "٣", "-1", "1.5", ""])
def test_a_number_in_a_link_that_is_none_is_ignored(step: str) -> None:
    assert from_link({"step": step, "unit": "7"}) == {"unit": 7}


def test_what_no_field_is_called_is_ignored() -> None:
    assert from_link({"weight": "1", "run": "a"}) == {"run": "a"}
