"""Made-up texts: labels and distances against other ways to read them, the same seed, and files that are read as they are."""

import csv
import io
import random
import re
from collections import Counter
from pathlib import Path

import pytest

from rnn_core.config import DataConfig, MakeConfig, Problem, choices, make, options
from rnn_core.data import synthetic
from rnn_core.data.synthetic import TASKS, Made, made, task_of
from tests.tiny import guess, guess_tokens, preview, read_dataset

LENGTHS = (8, 9, 20, 61)
NAMES = tuple(TASKS)


def rows(name: str, length: int = 20, examples: int = 300, seed: int = 1) -> list[Made]:
    return made(MakeConfig(make=name, length=length, examples=examples, seed=seed))


def first_word(text: str) -> tuple[str, int]:
    found = re.fullmatch(r"([xy])((?: [a-h])+)", text)
    assert found
    return found[1], len(found[2]) // 2


def copied(text: str) -> tuple[str, int]:
    found = re.fullmatch(r"([a-d]) ([a-d]) ([a-d])((?: blank)+) (first|second|third)", text)
    assert found
    place = {"first": 1, "second": 2, "third": 3}[found[5]]
    return found[place], (3 - place) + len(found[4]) // len(" blank") + 1


def added(text: str) -> tuple[str, int]:
    digits = re.findall(r"plus (\d)", text)
    assert len(digits) == 2 and re.fullmatch(r"(plus )?\d( (plus )?\d)*", text)
    after = text.split("plus ", 1)[1][1:]  # what follows the first digit
    return ("ten or more" if sum(map(int, digits)) > 9 else "below ten"), len(after.split())


def parity(text: str) -> tuple[str, int]:
    bits = text.replace(" ", "")
    assert {*bits} <= {"0", "1"}
    return ("odd" if bin(int(bits, 2)).count("1") % 2 else "even"), len(bits) - 1


def bracket(text: str) -> tuple[str, int]:
    """Closed pairs are taken out until none is left, each leaving two places."""
    left = text.replace(" ", "")
    while (shorter := re.sub(r"\((_*)\)|\[(_*)\]", lambda pair: "_" * len(pair[0]), left)) != left:
        left = shorter
    assert {*left} <= {*"([_"} and left.strip("_")
    after = len(left) - len(left.rstrip("_"))
    return {"(": "round", "[": "square"}[left.rstrip("_")[-1]], after


LABELS = {"first-word": {*"xy"}, "copy": {*"abcd"}, "adding": {"below ten", "ten or more"}, "parity": {"even", "odd"},
          "brackets": {"round", "square"}}  # fmt: skip
READ = {"first-word": first_word, "copy": copied, "adding": added, "parity": parity, "brackets": bracket}


def test_the_options_offer_these_tasks() -> None:
    assert choices(options(MakeConfig)["make"]) == NAMES == tuple(READ)


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("name", NAMES)
def test_labels_and_distances_are_those_of_another_reading(name: str, length: int) -> None:
    found = rows(name, length, 150 if length < 20 else 300)
    assert [(one.label, one.distance) for one in found] == [READ[name](one.text) for one in found]
    assert max(len(one.text.split()) for one in found) <= length
    assert READ[name](TASKS[name].example) == TASKS[name].read(TASKS[name].example.split())
    assert {one.label for one in found} == LABELS[name]


@pytest.mark.parametrize("name", NAMES)
def test_far_and_near_distances_and_all_classes_are_about_equally_frequent(name: str) -> None:
    found = rows(name, 40, 2000)
    distances, labels = [one.distance for one in found], Counter(one.label for one in found)
    thirds = Counter(3 * distance // (max(distances) + 1) for distance in distances)
    assert max(distances) >= 36 and min(distances) <= 3
    assert all(0.2 < thirds[third] / len(found) < 0.45 for third in range(3)), thirds
    assert all(abs(count / len(found) - 1 / len(labels)) < 0.04 for count in labels.values()), labels


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_makes_the_same_file_and_no_text_twice(name: str) -> None:
    how = MakeConfig(make=name, length=20, examples=500, seed=3)
    assert synthetic.csv_of(how) == synthetic.csv_of(how)
    assert rows(name, seed=3) != rows(name, seed=4)
    found = rows(name, 20, 1000)
    assert len({one.text for one in found}) == len(found) == 1000


@pytest.mark.parametrize("name", NAMES)
def test_a_text_is_of_one_task_and_any_other_word_or_label_makes_it_none(name: str) -> None:
    rng = random.Random(0)
    for one in rows(name, 12, 100):
        words = one.text.split()
        assert [other for other in NAMES if TASKS[other].read(words) is not None] == [name]
        assert task_of(words, one.label) == name and task_of(words, "film") is None
        words[rng.randrange(len(words))] = "film"
        assert task_of(words, one.label) is None
    assert all(TASKS[name].read(words) is None for words in ([], ["film"], ["plus"], ["first"], [")"], ["plus", "plus"]))


@pytest.mark.parametrize(
    ("name", "text"),
    [("brackets", "( )"), ("brackets", "( ]"), ("brackets", ") ("), ("adding", "plus plus 3"), ("adding", "3 plus 4 plus"),
     ("adding", "plus 1 plus 2 plus 3"), ("copy", "a b c first"), ("copy", "a b blank first"), ("first-word", "x"),
     ("first-word", "x y"), ("parity", "1")],
)  # fmt: skip
def test_words_of_a_task_in_another_order_are_no_text_of_it(name: str, text: str) -> None:
    assert TASKS[name].read(text.split()) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_file_is_read_by_itself(name: str, tmp_path: Path) -> None:
    how = MakeConfig(make=name, length=20, examples=600, seed=2)
    path = tmp_path / "made.csv"
    path.write_bytes(synthetic.csv_of(how))
    table = list(csv.reader(io.StringIO(path.read_text())))
    assert table[0] == ["text", "label", "distance"]
    assert [tuple(row) for row in table[1:]] == [(one.text, one.label, str(one.distance)) for one in made(how)]
    assert guess(path) == "classify" and guess_tokens(path, DataConfig()) == "word"
    seen = preview(path, DataConfig())
    assert (seen.config.text, seen.config.label, seen.problem) == ("text", "label", None)
    dataset = read_dataset({"train": path})
    assert dataset.report.rows_kept == 600 and not dataset.report.warnings and not dataset.report.left_out
    read = {tuple(e.tokens): e.target for split in ("train", "dev", "test") for e in dataset.examples(split)}
    assert read == {tuple(one.text.split()): one.label for one in made(how)}


def test_too_few_different_texts_are_a_problem_and_bounds_hold() -> None:
    with pytest.raises(Problem, match=r"hardly more than 7\d\d different texts of copy"):
        rows("copy", 8, 2000)  # 4³ letters, 3 questions, 1 … 4 blanks: 768 texts
    for values, said in (({"length": 7}, "length"), ({"length": 401}, "length"), ({"examples": 99}, "examples"),
                         ({"make": "sorting"}, "make"), ({"seed": -1}, "seed"),
                         ({"length": 400, "examples": 2501}, "1,000,000 words in all")):  # fmt: skip
        with pytest.raises(Problem, match=said):
            make(MakeConfig, values)
    assert make(MakeConfig, {"length": 400, "examples": 2500}).examples == 2500
