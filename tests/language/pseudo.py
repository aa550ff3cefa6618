"""A language in which every message stands in brackets: whatever stands outside of them went past the catalogue."""

import gettext
import json
import re
from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from streamlit.testing.v1 import AppTest

from rnn_core import language
from rnn_core.language import retold

NAME = "zz"
LEFT, RIGHT = "⟦", "⟧"
_FORMULA = r"\$\$.*?\$\$|\$[^$\n]+\$"
_CODE = r"``.*?``|`[^`\n]*`"
_MARKUP = r"<style>.*?</style>|<[^>]*>|&\w+;|https?://\S+|:material/\w+:|:gray\[\]|%\{.*?\}"
_NOT_WORDS = re.compile(f"{_FORMULA}|{_CODE}|{_MARKUP}", re.DOTALL)
_WORD = re.compile(r"[^\W\d_]{3,}")
_TEXTS = {"label", "body", "help", "options", "placeholder", "caption", "text", "title", "content", "tooltip", "values", "header"}
"""The fields of Streamlit's messages that hold what is read."""


class Pseudo(gettext.NullTranslations):
    """Puts each message into brackets; what stands between its lines stays outside of them, as Markdown needs it."""

    def gettext(self, message: str) -> str:
        return f"{LEFT}{message}{RIGHT}"

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        return self.gettext(msgid1 if n == 1 else msgid2)


def install(monkeypatch: Any) -> None:
    """Adds the language to the app."""
    real = language.translation
    monkeypatch.setitem(language.LANGUAGES, NAME, "Pseudo")
    monkeypatch.setattr(language, "translation", lambda name: Pseudo() if name == NAME else real(name))
    known = retold._messages
    monkeypatch.setattr(retold, "_messages", lambda name: known("de") if name == NAME else known(name))


def outside(text: str) -> list[str]:
    """The words of a text that stand outside of all brackets."""
    depth, kept = 0, []
    for letter in text:
        depth += letter == LEFT
        if not depth:
            kept.append(letter)
        depth -= letter == RIGHT
    return _WORD.findall(_NOT_WORDS.sub(" ", "".join(kept)))


def seen(app: AppTest) -> Iterator[tuple[str, str]]:
    """Every text of a page, with the kind of its element."""
    for element in app._tree:
        proto = getattr(element, "proto", None)
        if element.type == "plotly_chart":
            yield from (("figure", text) for text in _of_figure(json.loads(proto.spec)))
        elif element.type in ("arrow_data_frame", "dataframe"):
            for name in element.value.columns:
                yield "column", str(name)
        elif proto is not None and hasattr(proto, "DESCRIPTOR"):
            yield from ((element.type, text) for text in _of_proto(proto))


def _of_proto(proto: Any) -> Iterator[str]:
    for field, value in proto.ListFields():
        several = value if field.is_repeated else [value]
        for one in several:
            if field.type == FieldDescriptor.TYPE_MESSAGE:
                yield from _of_proto(one) if hasattr(one, "ListFields") else ()
            elif field.type == FieldDescriptor.TYPE_STRING and field.name in _TEXTS:
                yield one


def _of_figure(figure: dict[str, Any]) -> Iterator[str]:
    for trace in figure["data"]:
        yield from (trace[key] for key in ("name", "hovertemplate") if isinstance(trace.get(key), str))
        yield trace.get("colorbar", {}).get("title", {}).get("text", "")
    layout = figure["layout"]
    for value in layout.values():
        if isinstance(value, dict) and isinstance(value.get("title"), dict):
            yield str(value["title"].get("text", ""))
    yield from (str(one.get("text", "")) for one in layout.get("annotations", ()))
