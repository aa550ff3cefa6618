"""What the vocabulary leaves out is said, and a minimum frequency is kept."""

from collections import Counter
from pathlib import Path

import pytest

from rnn_core.config import DataConfig, plain
from tests.tiny import read_dataset

TEXTS = ["the film was good", "the film was bad", "a film of the year", "the the the end", "good good fun", "bad bad idea"]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "reviews.csv"
    rows = [f"{text},{'ab'[i % 2]}" for i, text in enumerate(TEXTS)]
    path.write_text("text,label\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(("options", "least"), [({"vocabulary": 10}, 1), ({"min_count": 2}, 2), ({"min_count": 3}, 3)])
def test_the_words_left_out_are_counted(file: Path, options: dict[str, int], least: int) -> None:
    dataset = read_dataset({"train": file}, DataConfig(dev_share=0, test_share=0, **options))
    counts = Counter(" ".join(TEXTS).split())
    kept = dataset.vocabulary.words[4:]
    assert set(kept) <= {word for word, count in counts.items() if count >= least}
    assert len(kept) == min(options.get("vocabulary", 100), sum(count >= least for count in counts.values()))
    share = sum(count for word, count in counts.items() if word not in kept) / counts.total()
    (note,) = [note for note in dataset.report.notes if "vocabulary" in note]
    assert f"holds {len(kept)} of the {len(counts)} different words of training" in note and f"{share:.2%} of all" in note
    assert dataset.report.splits["train"].unknown_share == pytest.approx(share)


def test_nothing_is_said_where_nothing_is_left_out(file: Path) -> None:
    dataset = read_dataset({"train": file}, DataConfig(dev_share=0, test_share=0))
    assert not [note for note in dataset.report.notes if "vocabulary" in note]


def test_characters_are_called_characters(file: Path) -> None:
    dataset = read_dataset({"train": file}, DataConfig(dev_share=0, test_share=0, tokens="char", min_count=2))
    assert [note for note in dataset.report.notes if "different characters of training" in note]


def test_an_option_that_is_not_used_leaves_fingerprints_as_they_were() -> None:
    assert "min_count" not in plain(DataConfig()) and plain(DataConfig(min_count=2))["min_count"] == 2
