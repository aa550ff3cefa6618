"""Columns guessed by their names and by what they hold."""

from pathlib import Path

import pytest

from rnn_core.config import DataConfig
from tests.tiny import preview

TAG = DataConfig(task="tag")
LONG = "a rather long text, to be read"


def shown(folder: Path, content: str, config: DataConfig = DataConfig(), name: str = "t.csv") -> tuple[str | None, ...]:  # noqa: B008
    path = folder / name
    path.write_text(content, encoding="utf-8")
    found = preview(path, config)
    assert found.problem is None
    return found.config.text, found.config.label, found.config.sentence, found.config.split, found.layout


@pytest.mark.parametrize(
    ("header", "text", "label"),
    [
        ("id,review,sentiment", "review", "sentiment"), ("Category,ID,Message", "Message", "Category"),
        ("x,review_text,airline_sentiment", "review_text", "airline_sentiment"),
        ("id,reviewText,Stars", "reviewText", "Stars"), ("label,n,content", "content", "label"),
    ],
)  # fmt: skip
def test_columns_are_guessed_by_name(tmp_path: Path, header: str, text: str, label: str) -> None:
    assert shown(tmp_path, f"{header}\n1,2,3\n4,5,6\n") == (text, label, None, None, "text")


def test_columns_are_guessed_by_content(tmp_path: Path) -> None:
    rows = "".join(f'{i},"{LONG} {i}",{"ab"[i % 2]},same\n' for i in range(9))
    assert shown(tmp_path, "one,two,three,four\n" + rows) == ("two", "three", None, None, "text")


def test_a_split_column_must_hold_splits(tmp_path: Path) -> None:
    assert shown(tmp_path, "text,label,split\na,x,Train\nb,y,validation\n")[3] == "split"
    assert shown(tmp_path, "text,label,set\na,x,blue\nb,y,test\n")[3] is None


def test_the_user_corrects_a_guess(tmp_path: Path) -> None:
    assert shown(tmp_path, "text,other,label\na,b,x\nc,d,y\n", DataConfig(text="other"))[:2] == ("other", "label")
