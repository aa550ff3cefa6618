"""The form of words: casing and endings, their vocabularies, and the arrays of a dataset against the words themselves."""

from pathlib import Path

import numpy as np
import pytest

from rnn_core import tasks
from rnn_core.config import DataConfig, Problem
from rnn_core.config.model import FEATURES as COUNT
from rnn_core.data.batches import encode
from rnn_core.data.forms import FEATURES, LETTERS, casing, ending, vocabulary
from rnn_core.data.schema import TAGS, TEXT
from rnn_core.data.stored import Stored
from rnn_core.data.vocabulary import EOS, PAD, SOS, UNK
from tests.tiny import config_of, model_of, read_dataset


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("film", "lower"), ("don't", "lower"), ("über", "lower"), ("Film", "Capital"), ("A", "Capital"), ("O'neill", "Capital"),
        ("Élan", "Capital"), ("ǅungla", "Capital"), ("USA", "UPPER"), ("U.S.", "UPPER"), ("iPhone", "miXed"), ("McD", "miXed"),
        ("3", "123"), ("3.50", "123"), ("1,000", "123"), ("B2", "a1"), ("3rd", "a1"), ("!", "?!"), ("...", "?!"), ("½", "?!"),
        ("映画", "other"), ("فيلم", "other"),
    ],
)  # fmt: skip
def test_casing(token: str, kind: str) -> None:
    assert casing(token) == kind


def test_an_ending_is_whole_letters_in_lower_case() -> None:
    assert (ending("Walking", 3), ending("Walking", 2), ending("I", 3), ending("", 2)) == ("ing", "ng", "i", "")
    assert ending("cafe\u0301s", 2) == "e\u0301s"  # an accent of its own belongs to its letter


def test_the_features_are_named_alike_everywhere() -> None:
    assert FEATURES.keys() == LETTERS.keys() == TAGS.forms.keys() and len(FEATURES) == COUNT


def test_a_vocabulary_holds_the_values_that_occur_twice() -> None:
    found = vocabulary("ending2", [("walking", 1), ("Sing", 1), ("The", 5), ("film", 1)])
    assert found.words[4:] == ("he", "ng") and found.counts[4:] == (5, 2)
    assert found.encode(["lm"]) == [UNK]


ROWS = [("Anna walks in Oslo .", "N V P N X"), ("anna walked in OSLO again .", "N V P N A X"), ("Bo walks !", "N V X")]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    found = {}
    for split, rows in (("train", ROWS), ("test", [("Zoe talked in Bergen .", "N V P N X")])):
        lines = ["\n".join(f"{t}\t{g}" for t, g in zip(text.split(), tags.split(), strict=True)) for text, tags in rows]
        found[split] = tmp_path / f"{split}.tsv"
        found[split].write_text("\n\n".join(lines) + "\n", encoding="utf-8")
    return found


@pytest.mark.parametrize("lowercase", [False, True])
def test_the_arrays_of_a_dataset_are_the_features_of_its_words(files: dict[str, Path], lowercase: bool) -> None:
    dataset = read_dataset(files, DataConfig(task="tag", dev_share=0, lowercase=lowercase))
    for split in ("train", "test"):
        examples, encoded = dataset.splits[split], dataset.encoded(split)
        speech = {TEXT: dataset.vocabulary, **dataset.vocabularies}
        typed = encode(TAGS, [e.tokens for e in examples], None, speech, (), {})
        assert encoded.form is not None and typed.form is not None and (encoded.form == typed.form).all()
        by_hand = [
            [dataset.vocabularies[name].encode([feature(token)])[0] for name, feature in FEATURES.items()]
            for e in examples for token in e.tokens
        ]  # fmt: skip
        inside = encoded.indices >= 4
        inside |= encoded.indices == UNK
        assert (encoded.form[inside] == by_hand).all()
        assert (encoded.form[encoded.indices == SOS] == SOS).all() and (encoded.form[encoded.indices == EOS] == EOS).all()
    assert dataset.vocabularies["casing"].words[4:] == ("lower", "Capital", "?!")  # UPPER occurs once


def test_what_is_fed_is_the_word_and_its_form_and_pads_are_pads(files: dict[str, Path]) -> None:
    dataset = read_dataset(files, DataConfig(task="tag", dev_share=0))
    encoded = dataset.encoded("train")
    batch = encoded.batch(np.array([2, 1]))
    assert batch.fed.shape == (*batch.tokens.shape, 1 + len(FEATURES)) and (batch.fed[..., 0] == batch.tokens).all()
    assert (batch.fed[5:, 0] == PAD).all() and (batch.fed[:5, 0] != PAD).all()
    assert (encoded.part(np.array([2, 1])).fed == np.concatenate([batch.fed[:5, 0], batch.fed[:, 1]])).all()
    plain = encoded.limited(())
    assert plain.form is None and (plain.batch(np.array([2, 1])).fed == batch.tokens).all()


def test_data_that_an_earlier_version_read_open_without_the_form(files: dict[str, Path]) -> None:
    dataset = read_dataset(files, DataConfig(task="tag", dev_share=0))
    indices, vocabularies = dataset.encoded("train").indices.copy(), dataset.vocabularies
    for name in FEATURES:
        (dataset.folder / f"vocabulary.{name}.json").unlink()
        for path in dataset.folder.glob(f"*.{name}.*"):
            path.unlink()
    found = Stored(dataset.folder, dataset.config, dataset.schema)
    assert found.vocabularies == {} and found.encoded("train").form is None and found.encoded("dev").form is None
    assert (found.encoded("train").indices == indices).all()
    with pytest.raises(Problem, match="an earlier version, without the form of words"):
        tasks.task("tag").read_by(config_of("tag", model_of(form=3)), found.vocabularies)
    assert tasks.task("tag").read_by(config_of("tag"), vocabularies) == {}
