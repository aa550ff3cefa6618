"""Saved explorations: a tree of texts, read back as it was written, and refused where it is damaged."""

import json

import pytest

from rnn_core.config import Problem, WriteConfig
from rnn_core.workspace import Workspace
from rnn_core.workspace.explorations import MOST_BRANCHES, Branch, Writing, decoded, encoded

HOW = WriteConfig(temperature=0.5, seed=3)
TREE = Writing("a-run", "Once ", (
    Branch(None, 0, "", "upon a time", HOW),
    Branch(0, 10, "o", " hill", HOW),
    Branch(1, 12, "w", "ater", HOW),
    Branch(None, 0, "", "more", WriteConfig()),
))  # fmt: skip


def test_the_text_of_each_branch_is_that_of_those_that_lead_to_it() -> None:
    assert TREE.whole(0) == "Once upon a time"
    assert TREE.beginning(1) == "Once upon o" and TREE.whole(1) == "Once upon o hill"
    assert TREE.beginning(2) == "Once upon o w" and TREE.whole(2) == "Once upon o water"
    assert TREE.whole(3) == "Once more" and [TREE.depth(i) for i in range(4)] == [0, 1, 2, 0]
    more = TREE.with_branch(Branch(3, 0, "T", "wice", HOW))
    assert more.whole(4) == "Twice" and len(TREE.branches) == 4


def test_it_is_read_back(workspace: Workspace) -> None:
    odd = Writing("a-run", "\ud800 <b>\n\x00", TREE.branches)
    for writing in (TREE, odd):
        name = workspace.keep_writing(writing)
        assert workspace.writing(name) == writing and workspace.keep_writing(writing) != name
    assert workspace.writing("nothing") is None and workspace.writing("../runs") is None


def test_a_damaged_one_is_none(workspace: Workspace) -> None:
    good = json.loads(encoded(TREE))
    bad = [good | {"format": 2}, good | {"more": 1}, {}, [], None, "x"]
    bad += [good | {"branches": [dict(good["branches"][0], parent=parent)]} for parent in (0, 5, -1)]
    bad += [good | {"branches": [dict(good["branches"][0], how={"temperature": -1})]}]
    for values in bad:
        assert decoded(json.dumps(values).encode()) is None
    assert decoded(b"\xff{") is None and decoded(encoded(TREE)) == TREE


def test_a_tree_has_a_greatest_size(workspace: Workspace) -> None:
    full = Writing("a-run", "x", (TREE.branches[0],) * MOST_BRANCHES)
    with pytest.raises(Problem, match="write from a new prompt"):
        full.with_branch(TREE.branches[0])
    with pytest.raises(Problem, match="4 MB"):
        workspace.keep_writing(Writing("a-run", "x" * (5 << 20)))
