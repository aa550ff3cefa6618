"""A hunt over a corpus: the values of units are those of a text read alone, and the scores those of the plain hunt."""

from dataclasses import replace

import numpy as np
import pytest

from rnn_core.analysis import corpus_hunt
from rnn_core.analysis.hunting import at_tokens, hunt, marked
from rnn_core.analysis.loading import Loaded, load
from rnn_core.analysis.trace import trace
from rnn_core.config import Problem
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.views.inspect.looks import quantities
from rnn_core.workspace import Workspace
from tests.tiny import CELLS, config_of, model_of, saved_run

ROWS = [[*"he said (no or"], [*"\n"], [*'b) "x [y] zz" and so on\n']] * 30
TEXT = "".join(letter for row in ROWS for letter in row)


@pytest.fixture(params=CELLS)
def loaded(request: pytest.FixtureRequest, workspace: Workspace) -> Loaded:
    config = config_of("generate", model_of(request.param, layers=2), truncate=4)
    config = replace(config, data=replace(config.data, tokens="char"))
    return load(saved_run(workspace, config, (), vocabulary=Vocabulary.build([list(TEXT)], 60)))


def test_units_have_the_values_of_parts_that_are_read_alone(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_hunt, "_SHORTEST", 270)
    monkeypatch.setattr(corpus_hunt, "_CHUNK", 37)
    tokens = np.array(loaded.speech.vocabulary.encode(list(TEXT)))
    chosen = np.arange(2, len(tokens), 3)
    parts = np.array_split(np.arange(len(tokens)), len(tokens) // 270)
    assert len(parts) > 2 and len(parts[0]) != len(parts[-1])
    read = [trace(loaded, TEXT[part[0] : part[-1] + 1]) for part in parts]
    for quantity in quantities(loaded):
        for layer in range(2):
            found = corpus_hunt.units(loaded, tokens, chosen, quantity, layer)
            each = [({"h": one.states, "m": one.cells} | one.gates)[quantity] for one in read]
            wanted = np.concatenate([one[layer, 0][1:-1] for one in each])[chosen]
            np.testing.assert_allclose(found, wanted, atol=1e-5)


def test_the_scores_are_those_of_the_plain_hunt(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = trace(loaded, TEXT)  # one part, because the corpus is short
    monkeypatch.setattr(corpus_hunt, "_SHORTEST", len(TEXT))
    heard: list[float] = []
    found = corpus_hunt.hunt_corpus(loaded, ROWS, "some", "brackets", layer=1, tick=heard.append)
    wanted = at_tokens(marked(TEXT, "brackets"), seen.offsets[1:-1])
    plain = hunt(seen.states[1, 0][1:-1], wanted)
    assert found.hunt.units[0] == plain.units[0] and found.hunt.chance == pytest.approx(plain.chance, abs=0.02)
    np.testing.assert_allclose(found.hunt.fitted, plain.fitted, atol=0.01)
    assert (found.read, found.hunt.tokens, found.data, found.pattern) == (len(TEXT), len(TEXT), "some", "inside brackets")
    assert heard == sorted(heard) and 0 <= heard[0] < 1


def test_of_a_large_corpus_evenly_chosen_tokens_are_scored(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(corpus_hunt, "MOST_NUMBERS", 400 * loaded.config.model.hidden)
    found = corpus_hunt.hunt_corpus(loaded, ROWS, "some", "expression", r"\w+")
    assert found.read == len(TEXT) and found.hunt.tokens == len(range(0, len(TEXT), -(-len(TEXT) // 400))) <= 400
    assert found.pattern == r"a match of \w+"


def test_what_cannot_be_hunted_is_said(loaded: Loaded, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Problem, match="not a valid regular expression"):
        corpus_hunt.hunt_corpus(loaded, ROWS, "some", "expression", "(")
    with pytest.raises(Problem, match="too few"):
        corpus_hunt.hunt_corpus(loaded, ROWS, "some", "expression", "never")
    monkeypatch.setattr(corpus_hunt, "MOST_SECONDS", 0.05)
    with pytest.raises(Problem, match=r"takes more than 0\.05 s"):
        corpus_hunt.hunt_corpus(loaded, [*ROWS, ["a"] * 5000, ["b"]], "some", "expression", r"(a|aa|a+)+$")
    monkeypatch.setattr(corpus_hunt, "MOST_TOKENS", 100)
    with pytest.raises(Problem, match="up to 100 can be read"):
        corpus_hunt.hunt_corpus(loaded, ROWS, "some", "quotes")
