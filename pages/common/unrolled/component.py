"""What the components of this folder are made of: one script, one stylesheet, and numbers as one piece of bytes."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from rnn_core.language import Reader, inflected, reader, tr, translated

_FOLDER = Path(__file__).parent


def script(*modules: str) -> str:
    """Modules of this folder as one script, because a component has one: those that are imported come first, and the last one is
    the component."""
    parts = [(_FOLDER / f"{name}.mjs").read_text(encoding="utf-8") for name in modules]
    first = [re.sub(r"^export (?=const|function|class)", "", part, flags=re.MULTILINE) for part in parts[:-1]]
    return re.sub(r"^import \{[^}]*\} from .*$", "", "\n".join([*first, parts[-1]]), flags=re.MULTILINE)


def words_of(modules: Sequence[str], letters: Iterable[str] = ()) -> dict[str, Any]:
    """The words of a component for its data, as `words.mjs` takes them; nothing for a reader of English in the usual letters.

    Args:
        modules: of its script, whose messages are looked up.
        letters: that it shows, as plain text.
    """
    if reader() == Reader():
        return {}
    found: dict[str, str] = {}
    for name in modules:
        for one, many in _messages(name):
            if many:
                found[f"{one}{_PLURAL}{many}"] = _PLURAL.join(inflected(one, many, n) for n in (1, 2))
            else:
                found[one] = translated(one)
    return {"words": found, "named": {letter: tr(letter) for letter in letters}}


@cache
def _messages(name: str) -> tuple[tuple[str, str], ...]:
    """The messages of a module, with the second form of those that depend on a number."""
    source = (_FOLDER / f"{name}.mjs").read_text(encoding="utf-8")
    found = re.findall(rf'\b(?:trN?|spread)\(\s*({_STRING})(?:,\s*({_STRING}))?', source)
    return tuple((json.loads(one), json.loads(many) if many else "") for one, many in found)


_STRING = r'"(?:[^"\\]|\\.)*"'
_PLURAL = "\n<|>\n"
"""Between the two forms of a message."""


def style() -> str:
    """The stylesheet of the components of this folder."""
    return (_FOLDER / "unrolled.css").read_text(encoding="utf-8")


def packed(header: Mapping[str, Any], arrays: Mapping[str, np.ndarray], aside: Mapping[str, Any] = {}) -> bytes:
    """Numbers as one piece: the length of a JSON header, little-endian in four bytes, the header, to which the names and sizes of
    the arrays and an `id` of the whole content are added, and the arrays in their order, as float32.

    Args:
        aside: what is added to the header, but has no part in the id, so that the component stays as it is.
    """
    content = b"".join(np.ascontiguousarray(array, "<f4").tobytes() for array in arrays.values())
    head = json.dumps({**header, "arrays": [[name, array.size] for name, array in arrays.items()]})
    known = hashlib.sha256(head.encode() + content).hexdigest()[:16]
    encoded = f'{json.dumps({"id": known, **aside})[:-1]}, {head[1:]}'.encode()
    return len(encoded).to_bytes(4, "little") + encoded + content
