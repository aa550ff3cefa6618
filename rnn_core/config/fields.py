"""What a form, the command line and the checks know of a config: its fields with their types, choices and bounds."""

from typing import Any, Literal

from pydantic import ConfigDict
from pydantic.fields import FieldInfo

STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)
"""The rules of all configs: no unknown names, and finite numbers."""

MOST_WHOLE = 2**53 - 1
"""The largest whole number of an option: a browser knows no larger one exactly, and torch takes none beyond 64 bits."""


def options(config: type) -> dict[str, FieldInfo]:
    """The fields of a config with their title, description, bounds, default and type, in order."""
    return dict(config.__pydantic_fields__)  # type: ignore[attr-defined]


def set_options(config: Any) -> dict[str, Any]:
    """The options of a config that differ from their defaults, by name."""
    return {name: value for name, field in options(type(config)).items() if (value := getattr(config, name)) != field.default}


def choices(field: FieldInfo) -> tuple[Any, ...]:
    """The values a field can take when they are a list, else ()."""
    kind = field.annotation
    members = getattr(kind, "__args__", ()) if not isinstance(kind, type) else ()
    literals = [m for m in (kind, *members) if getattr(m, "__origin__", None) is Literal]
    return tuple(literals[0].__args__) if literals else ()


def number_type(field: FieldInfo) -> type | None:
    """bool, int, float or str: the plain type of a field's values."""
    kinds = [field.annotation, *getattr(field.annotation, "__args__", ())]
    return next((k for k in kinds if k in (bool, int, float, str)), str)


def bounds(field: FieldInfo) -> tuple[float | None, float | None]:
    """The least and greatest value of a numeric field, None where open."""
    low = high = None
    for rule in field.metadata:
        low = getattr(rule, "ge", getattr(rule, "gt", low))
        high = getattr(rule, "le", getattr(rule, "lt", high))
    return low, high
