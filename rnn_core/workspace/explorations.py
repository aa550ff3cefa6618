"""Saved explorations of a run: texts that it wrote, with the alternatives that were tried, as a tree.

An exploration never changes: a further branch is saved as another one. So a link goes on showing what it showed, whoever else
goes on from there.
"""

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from rnn_core.config import Problem, WriteConfig, plain
from rnn_core.language import tr

FORMAT = 1

MOST_BRANCHES = 200
"""Branches of one exploration."""

_STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=_STRICT)
class Branch:
    """A text that was written from the prompt, or from a place in another branch where another token was chosen.

    Attributes:
        parent: the branch that it leaves, by its number; None: it begins with the prompt.
        at: characters of the parent's whole text that come before the token that was chosen.
        chosen: the text of that token; empty without a parent.
        text: the text that was written after it.
        how: the settings.
    """

    parent: int | None
    at: int
    chosen: str
    text: str
    how: WriteConfig


@dataclass(frozen=True, config=_STRICT)
class Writing:
    """The branches of one prompt.

    Attributes:
        run: the id of the run that wrote.
        prompt: the text that every branch begins with.
        branches: in the order in which they were written; each leaves an earlier one.
    """

    run: str
    prompt: str
    branches: tuple[Branch, ...] = ()
    format: int = FORMAT

    def __post_init__(self) -> None:
        for number, branch in enumerate(self.branches):
            if branch.parent is not None and not 0 <= branch.parent < number:
                raise ValueError("a branch leaves one that is not there")

    def beginning(self, number: int) -> str:
        """The text before a branch's own."""
        branch = self.branches[number]
        return self.prompt if branch.parent is None else self.whole(branch.parent)[: branch.at] + branch.chosen

    def whole(self, number: int) -> str:
        """The text of a branch from the prompt on."""
        line = [number]  # the branches that lead to it, the last first
        while (parent := self.branches[line[-1]].parent) is not None:
            line.append(parent)
        text = self.prompt
        for one in reversed(line):
            branch = self.branches[one]
            text = text[: branch.at] + branch.chosen + branch.text if branch.parent is not None else text + branch.text
        return text

    def depth(self, number: int) -> int:
        """How many branches lead to this one."""
        parent = self.branches[number].parent
        return 0 if parent is None else 1 + self.depth(parent)

    def with_branch(self, branch: Branch) -> "Writing":
        """The same with a further branch. Raises Problem where there are too many."""
        if len(self.branches) >= MOST_BRANCHES:
            raise Problem(tr(
                "{most} texts were written from this prompt, and no more are kept: write from a new prompt.",
                most=MOST_BRANCHES,
            ))
        return replace(self, branches=(*self.branches, branch))


def encoded(writing: Writing) -> bytes:
    """As JSON."""
    return json.dumps(plain(writing), ensure_ascii=False).encode("utf-8", "surrogatepass")


def decoded(content: bytes) -> Writing | None:
    """From JSON; None where it is damaged, or was written by newer code."""
    try:
        values: Mapping[str, Any] = json.loads(content.decode("utf-8", "surrogatepass"))
        return TypeAdapter(Writing).validate_python(values) if values.get("format") == FORMAT else None
    except (ValueError, ValidationError, AttributeError, RecursionError):
        return None
