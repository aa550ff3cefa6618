"""The view of a text cut as a stream: its cells against a plain cut, and its words."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from rnn_core.analysis.loading import load
from rnn_core.analysis.trace import trace
from rnn_core.config import RunConfig
from rnn_core.data.streams import CARRIED
from rnn_core.data.vocabulary import Vocabulary
from rnn_core.views.chunks import STREAM, Stream
from rnn_core.views.inputs import Inputs, given
from rnn_core.workspace import Workspace
from tests.figures.validated import validated
from tests.tiny import config_of, model_of, saved_run
from tests.views.looking import answer

TEXT = "ab <b>a\n\nba $x$ ab"


@pytest.fixture
def config() -> RunConfig:
    found = config_of("generate", model_of("gru"), truncate=7, batch=6)
    return replace(found, data=replace(found.data, tokens="char"))


@pytest.fixture
def inputs(workspace: Workspace, config: RunConfig) -> Inputs:
    loaded = load(saved_run(workspace, config, (), vocabulary=Vocabulary.build([list(TEXT)], 50)))
    return given(run=loaded, text=trace(loaded, TEXT))


def stream(inputs: Inputs, parts: int, chunk: int) -> Stream:
    found = answer(STREAM, inputs, SimpleNamespace(parts=parts, chunk=chunk))
    assert isinstance(found, Stream)
    return found


@pytest.mark.parametrize("parts", [1, 3, 4])
@pytest.mark.parametrize("chunk", [1, 3, 10])
def test_the_cells_are_those_of_a_plain_cut(inputs: Inputs, parts: int, chunk: int) -> None:
    found = stream(inputs, parts, chunk).found
    assert found is not None and found.size == chunk
    cut = [list(part) for part in np.array_split(list(TEXT), parts)]
    for row, part in enumerate(cut):
        targets = [found.words[i] for i in found.targets[row] if i >= 0]
        assert targets == part
        assert [found.words[i] for i in found.inputs[row] if i >= 0] == ["<sos>", *part[:-1]]
        assert len(found.targets[row]) == len(cut[0])
    drawn = next(part.content for part in STREAM.render(stream(inputs, parts, chunk)) if part.kind == "figure")
    validated(drawn)
    shown = min(10, len(cut[0]))
    assert len(drawn["layout"]["shapes"]) == len(range(chunk, shown, chunk))
    assert ["<b>" in words for words in drawn["data"][0]["text"][-1]] == [True] * min(10, len(cut[-1])) + ["<b>" in "–"] * (
        shown - min(10, len(cut[-1]))
    )


def test_the_words_name_the_tokens_at_the_first_border(inputs: Inputs) -> None:
    said = STREAM.explain(stream(inputs, 3, 2))
    assert "3 × 2 characters here, 3 updates" in said
    assert "chunk 2 reads “b” after the state that step 2 left (“a”)" in said  # inputs: <sos> a b …
    assert f"B = 6 and K = 7. A part there is at most {CARRIED} chunks long, {CARRIED * 7} characters" in said
    whole = STREAM.explain(stream(inputs, 1, 10))
    assert "part 2" not in whole and "chunk 2 reads “" in whole


def test_user_text_is_text(inputs: Inputs) -> None:
    found = stream(inputs, 1, 4)
    drawn = next(part.content for part in STREAM.render(found) if part.kind == "figure")
    assert "&lt;" in drawn["data"][0]["text"][0][4] and "<b><</b>" not in str(drawn["data"])


def test_a_text_of_one_token_is_not_cut(workspace: Workspace, config: RunConfig) -> None:
    loaded = load(saved_run(workspace, config, (), vocabulary=Vocabulary.build([list(TEXT)], 50)))
    found = stream(given(run=loaded, text=trace(loaded, "a")), 3, 5)
    assert found.found is None and "needs two tokens" in STREAM.render(found)[0].content
