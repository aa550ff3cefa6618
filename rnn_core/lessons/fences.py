"""The three fences of a lesson: `view NAME`, `do EVENT` and `ask KIND`."""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any, get_args, get_type_hints

from rnn_core import views
from rnn_core.config import ModelConfig, Problem, TrainConfig, make
from rnn_core.language import N_, tr
from rnn_core.lessons import EVENTS, GIVENS, KINDS, Ask, Block, Do, Shown
from rnn_core.lessons.lines import NO_NUMBER, NO_WHOLE_NUMBER, Pairs, Reader
from rnn_core.lessons.words import Words

UNROLLED, MODES = "unrolled", ("forwards", "backwards", "over")
"""The view of the picture, and its `mode`: the page shows the view of that mode and of the run's task."""

FROM_ONE = ("step", "back", "down")
"""Controls that are steps: counted from 1 in a lesson, as on the pages, and from 0 in the fields."""

_FILE = re.compile(r"\w[\w.-]*")
"""The name of a file, without a folder."""

_YES = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}

_NO_VIEW = N_("There is no view called `{name}`.")

_OTHER_TYPE = {bool: N_("`{key}` is yes or no, not `{value}`."), int: NO_WHOLE_NUMBER, float: NO_NUMBER}
"""The sentence for a value that is not of its type."""


class Fences(Reader):
    """Reads fences, and collects their mistakes.

    Attributes:
        seen: the controls of the views above in this step, with their types.
    """

    def __init__(self, told: Callable[[str], str] = str) -> None:
        super().__init__(told)
        self.seen: dict[str, type] = {}

    def fence(self, kind: str, name: str, lines: Sequence[str], line: int) -> tuple[Block | None, dict[str, str]]:
        """A fence, and what is looked at from its step on. `line`: of its first line, the one with the backticks."""
        reads = {"view": self.view, "do": self.do, "ask": self.ask}.get(kind)
        if reads is None:
            found = f"{kind} {name}".strip()[:60]
            self.wrong(line, tr("A fence is `view NAME`, `do EVENT` or `ask KIND`, not `{found}`.", found=found))
            return None, {}
        return reads(name, lines, line)

    def known(self, line: int, unknown: str, name: str, among: Sequence[str]) -> bool:
        """Whether a name is one of these; if not, that is a mistake. `unknown`: the message that says so."""
        if name in among:
            return True
        near = difflib.get_close_matches(name, among, 1)
        why = tr(unknown, name=name[:60])
        if near:
            why += " " + tr("Did you mean `{name}`?", name=near[0])
        elif len(among) < 12:
            why += " " + tr("There are {listed}.", listed=", ".join(among))
        self.wrong(line, why)
        return False

    def view(self, name: str, lines: Sequence[str], line: int) -> tuple[Shown | None, dict[str, str]]:
        picture = name == UNROLLED
        if not self.known(line, _NO_VIEW, name, views.names()):
            return None, {}
        kinds = _kinds(views.view(name).controls)
        self.seen |= kinds
        pairs = self.pairs(lines, line + 1, (*kinds, *GIVENS, "locked", *(("mode",) if picture else ())))
        mode, at = pairs.values.get("mode", ("forwards", line))
        if not self.known(at, N_("There is no mode called `{name}`."), mode, MODES):
            return None, {}
        controls = self.controls(pairs, kinds) | ({"picture": mode} if picture else {})
        locked, at = pairs.values.get("locked", ("", line))
        held = list(kinds) if locked == "all" else [one for one in re.split(r"[\s,]+", locked) if one]
        held = ["picture" if one == "mode" else one for one in held]
        for one in held:
            self.known(at, N_("There is no control of this view called `{name}`."), one, list(kinds))
        fixed = {key: value for key, value in controls.items() if key in held}
        open_ones = {key: value for key, value in controls.items() if key not in held}
        return Shown(name, open_ones, fixed), self.given(pairs)

    def controls(self, pairs: Pairs, kinds: Mapping[str, type]) -> dict[str, Any]:
        """The values of controls by their fields, of the right types."""
        found: dict[str, Any] = {}
        for key, (value, line) in pairs.values.items():
            if key in kinds and key not in ("label", "loss"):  # these say what is looked at
                read = self.tried(line, partial(_typed, value, kinds[key], key))
                if read is not None:
                    found[key] = read
        return found

    def do(self, event: str, lines: Sequence[str], line: int) -> tuple[Do | None, dict[str, str]]:
        if not self.known(line, N_("There is no event called `{name}`."), event, list(EVENTS)):
            return None, {}
        kinds: dict[str, type] = {"set": self.seen, "trained": _options()}.get(event, {})
        own = {"opened": ("view",), "typed": ("example",)}.get(event, ())
        pairs = self.pairs(lines, line + 1, ("task", "until", *(GIVENS if event != "set" else ()), *kinds, *own))
        task, until = self.words(pairs, "task"), None
        if "until" in pairs.values:
            until = self.expression(*pairs.values["until"])
        controls = {}
        for key, (value, at) in pairs.values.items():
            if key in kinds:
                controls[key] = self.tried(at, partial(_typed, value, kinds[key], key))
        if not _FILE.fullmatch(str(controls.get("data") or "a.csv")):
            self.wrong(pairs.values["data"][1], tr("`data` is the name of a sample, such as `reviews.csv`, and no path."))
        for config in (ModelConfig, TrainConfig) if event == "trained" else ():
            stated = {name: controls[name] for name in _kinds(config) if controls.get(name) is not None}
            self.tried(line, partial(make, config, stated))
        if event == "set" and not controls and until is None:
            self.wrong(line, tr("`do set` names a control of a view above it with the value that it should have, or `until:`."))
        name, at = pairs.values.get("view", ("", line))
        if event == "opened":
            self.known(at, _NO_VIEW, name, views.names())
        example, _ = pairs.values.get("example", ("", line))
        if event == "typed" and not example:
            self.wrong(line, tr("`example:` is missing: a text that would do."))
        given = {} if event == "set" else self.given(pairs)
        return Do(event, task, until, controls, name, example), given

    def ask(self, kind: str, lines: Sequence[str], line: int) -> tuple[Ask | None, dict[str, str]]:
        if not self.known(line, N_("There is no kind of question called `{name}`."), kind, list(KINDS)):
            return None, {}
        choice = kind == "choice"
        own = ("shows",) if kind == "curve" else ()
        pairs = self.pairs(lines, line + 1, ("q", "answer", "why", "within", "unit", *own, *GIVENS),
                           ("wrong", *(("option",) if choice else ())))  # fmt: skip
        options: dict[str, Words] = {}
        for key, value, at in pairs.named.get("option", []):
            if key in options:
                self.wrong(at, tr("The option `{key}` is given twice.", key=key))
            options[key] = self.said(value, at)
        if choice and len(options) < 2:
            self.wrong(line, tr("A choice has two lines `option KEY: words` or more."))
        question, why = self.words(pairs, "q"), self.words(pairs, "why")
        answer = None
        if "answer" in pairs.values:
            answer = self.expression(*pairs.values["answer"], options)
        else:
            self.wrong(line, tr("`{key}:` is missing.", key="answer"))
        wrongs = []
        for value, said, at in pairs.named.get("wrong", []):
            condition = self.expression(value, at, options)
            if choice and condition and not condition.asks and not condition.names and value not in options:
                self.wrong(at, tr("`{value}` is no option of this question.", value=value))
            if condition:
                wrongs.append((condition, self.said(said, at)))
        if answer is None:
            return None, {}
        within = self.number(pairs, "within", float, None)
        unit = pairs.values.get("unit", ("", line))[0]
        shows = self.expression(*pairs.values["shows"]) if "shows" in pairs.values else None
        if kind == "curve" and answer.asks and shows is None:
            self.wrong(line, tr("`shows:` is missing: the right curve, beside what is drawn."))
        return Ask(kind, question, answer, tuple(wrongs), why, options, within, unit, self.given(pairs), shows), {}


def _kinds(controls: type) -> dict[str, type]:
    """The types of a dataclass's fields, `int` for `int | None`."""
    hints = get_type_hints(controls)
    return {one.name: next((kind for kind in get_args(hints[one.name]) if kind is not type(None)), hints[one.name])
            for one in fields(controls)}  # fmt: skip


def _typed(value: str, kind: type, key: str) -> Any:
    """A control's value. Raises Problem when it is none of its type."""
    try:
        if kind is bool:
            return _YES[value.lower()]
        read = kind(value)
    except (ValueError, KeyError, TypeError):
        why = _OTHER_TYPE.get(kind, N_("`{key}` is a word, not `{value}`."))
        raise Problem(tr(why, key=key, value=value[:40])) from None
    if key in FROM_ONE:
        if read < 1:
            raise Problem(tr("`{key}` counts from 1.", key=key))
        return read - 1
    return read


def _options() -> dict[str, type]:
    """Those of a training that a lesson may state: the data by the name of a sample, the network and the training."""
    kinds = {**_kinds(ModelConfig), **_kinds(TrainConfig)}
    return {"data": str} | {name: kind if kind in (bool, int, float) else str for name, kind in kinds.items()}
