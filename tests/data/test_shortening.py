"""Long texts cut to their start, their end or both, and texts without HTML tags: what is kept, stored and read back."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as some

from rnn_core import tasks
from rnn_core.analysis.loading import load
from rnn_core.analysis.steps import left_out
from rnn_core.analysis.trace import as_evaluated, trace
from rnn_core.commands import main
from rnn_core.config import DataConfig, Problem, make, plain
from rnn_core.data.shortening import blank_tags, shortened, without_tags
from rnn_core.data.tokens import tokenise
from rnn_core.workspace import Workspace, datasets
from tests.tiny import config_of, saved_run

WORDS = some.lists(some.from_regex(r"\A[a-z]{1,5}\Z"), min_size=1, max_size=12)
KEEP = some.sampled_from(["start", "end", "both"])


def wanted(tokens: list[str], most: int, keep: str) -> list[str]:
    if len(tokens) <= most:
        return tokens
    head = {"start": most, "end": 0, "both": -(-most // 2)}[keep]
    return tokens[:head] + tokens[len(tokens) - (most - head) :]


@given(WORDS, some.integers(1, 8), KEEP)
def test_what_is_kept(words: list[str], most: int, keep: str) -> None:
    config = make(DataConfig, {"task": "classify", "max_tokens": most, "keep": keep})
    assert [token for token, _, _ in tokenise(shortened(" ".join(words), config), "word")] == wanted(words, most, keep)
    letters = make(DataConfig, {"task": "classify", "max_tokens": most, "keep": keep, "tokens": "char"})
    assert list(shortened("".join(words), letters)) == wanted([*"".join(words)], most, keep)


@pytest.mark.parametrize(("text", "bare"), [
    ("good<br />bad", "good bad"), ("<p class='x'>a <b>film</b></p>", "  a  film  "), ("3 < 4 > 2", "3 < 4 > 2"),
    ("I <3 it", "I <3 it"), ("a<!-- note -->b", "a b"), ("<br>", "<br>"), ("a < b and <c", "a < b and <c"), ("plain", "plain"),
])  # fmt: skip
def test_tags_are_read_as_a_space(text: str, bare: str) -> None:
    assert without_tags(pa.array([text])).to_pylist()[0].split() == bare.split()
    blank = blank_tags(text)
    assert blank.split() == bare.split() and len(blank) == len(text)
    assert all(a in (b, " ") for a, b in zip(blank, text, strict=True)), "every place stays the same"


@given(some.lists(some.text(alphabet="ab <>/!-\n", max_size=20), min_size=1, max_size=5))
def test_both_ways_to_take_tags_out_agree(texts: list[str]) -> None:
    assert [one.split() for one in without_tags(pa.array(texts)).to_pylist()] == [blank_tags(one).split() for one in texts]


ROWS = [("the start is dull <br /> but the end is a joy", "good"), ("a joy at first and then a bore", "bad"), ("fine", "good"),
        ("one two three four five six seven", "bad")] * 6  # fmt: skip


@pytest.mark.parametrize("keep", ["start", "end", "both"])
@pytest.mark.parametrize("strip", [False, True])
def test_a_dataset_holds_what_is_kept(tmp_path: Path, keep: str, strip: bool) -> None:
    file = tmp_path / "long.csv"
    file.write_text("text,label\n" + "".join(f"{i} {text},{label}\n" for i, (text, label) in enumerate(ROWS)))
    config = make(DataConfig, {"task": "classify", "max_tokens": 5, "keep": keep, "strip_html": strip, "dev_share": 0.0,
                               "test_share": 0.0})  # fmt: skip
    data = datasets.read(tmp_path, {"train": file}, config, "long")
    found = {e.text.split()[0] if keep != "end" else i: e for i, e in enumerate(data.examples("train"))}
    for i, (text, _) in enumerate(ROWS):
        whole = [token for token, _, _ in tokenise(f"{i} {blank_tags(text) if strip else text}", "word")]
        assert [*found[i if keep == "end" else str(i)].tokens] == wanted(whole, 5, keep)
    encoded = data.encoded("train")
    assert encoded.lengths.max() == 5 + 2
    reasons = [one.reason for one in data.report.left_out]
    said = {"start": "cut after 5 tokens", "end": "cut to its last 5 tokens", "both": "cut to 5 tokens, half"}
    assert any(reason.startswith(said[keep]) for reason in reasons), reasons


def test_only_classification_has_them_and_older_datasets_stay() -> None:
    for name in tasks.names():
        meant = {"keep", "strip_html"} & {*tasks.task(name).options(DataConfig)}
        assert (len(meant) == 2) == (name == "classify")
        if name != "classify":
            for option in ({"keep": "end"}, {"strip_html": True}):
                with pytest.raises(Problem, match="Only classification"):
                    tasks.make(DataConfig, {"task": name, **option})
    assert not {"keep", "strip_html"} & {*plain(DataConfig(task="classify"))}


@pytest.mark.parametrize(("keep", "out"), [("start", (4, 8)), ("end", (1, 5)), ("both", (3, 7))])
def test_a_longer_text_is_read_whole_and_answered_as_in_evaluation(workspace: Workspace, keep: str, out: tuple[int, int]) -> None:
    config = config_of()
    loaded = load(saved_run(workspace, replace(config, data=replace(config.data, max_tokens=3, keep=keep))))
    seen = trace(loaded, "one two three four five six seven")
    assert left_out(loaded, seen) == out
    part = as_evaluated(loaded, seen)
    assert part is not None and [*part.tokens[1:-1]] == wanted([*seen.tokens[1:-1]], 3, keep)
    assert left_out(loaded, trace(loaded, "one two three")) is None


def test_a_run_reads_other_files_as_it_was_trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file, work = tmp_path / "long.csv", str(tmp_path / "workspace")
    file.write_text("text,label\n" + "".join(f"{i} {text},{label}\n" for i, (text, label) in enumerate(ROWS)))
    small = ["--epochs", "1", "--hidden", "3", "--embedding", "3", "--threads", "1", "--workspace", work]
    options = ["--max-tokens", "4", "--keep", "end", "--strip-html"]
    assert main(["train", "--task", "classify", "--train", str(file), *options, *small]) == 0
    run = json.loads(capsys.readouterr().out)["run"]
    other = tmp_path / "other.csv"
    other.write_text("text,label\nthe start is dull and <br/> the end is a joy,good\nfine,bad\n")
    assert main(["evaluate", run, str(other), "--workspace", work]) == 0
    whole = json.loads(capsys.readouterr().out)
    other.write_text("text,label\nend is a joy,good\nfine,bad\n")
    assert main(["evaluate", run, str(other), "--workspace", work]) == 0
    cut = json.loads(capsys.readouterr().out)
    assert whole["test_loss"] == pytest.approx(cut["test_loss"])
