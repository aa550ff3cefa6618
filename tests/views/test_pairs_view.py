"""Pairs of texts as a batch: against the batch that training makes, and the sentences around it."""

import numpy as np
import pytest

from pages.common.selection import Selection
from rnn_core import tasks
from rnn_core.analysis.loading import load
from rnn_core.analysis.translating import translate
from rnn_core.config import TranslateConfig
from rnn_core.data.vocabulary import EOS, PAD, SOS
from rnn_core.views.inputs import given
from rnn_core.views.pairs import PAIRS
from rnn_core.workspace import Workspace
from tests.figures.validated import validated
from tests.tiny import config_of, model_of, saved_run
from tests.views.looking import answer

TEXT = "the film was not good"
MORE = (("good", "unheard"), ("bad",))


@pytest.mark.parametrize("more", [(), MORE])
def test_both_texts_as_the_batch_of_training(workspace: Workspace, more: tuple[tuple[str, ...], ...]) -> None:
    run = load(saved_run(workspace, config_of("translate", model_of(attention="dot"))))
    seen = translate(run, TEXT, TranslateConfig(longest=9), "poor")
    found = answer(PAIRS, given(run=run, translation=seen, second_text=more), Selection(step=1))
    both, vocabulary = found.matrices, run.speech.vocabulary
    sources = (tuple(TEXT.split()), *more)
    for row, tokens in enumerate(sources):  # by hand, from the vocabulary
        steps = [SOS, *vocabulary.encode(tokens), EOS]
        assert both.source.indices[row].tolist() == steps + [PAD] * (both.source.indices.shape[1] - len(steps))
        assert both.source.lengths[row] == len(steps)
    words = run.speech.vocabularies["target"]
    for row in range(len(sources)):
        written = both.fed.tokens[row][1:]
        n, width = len(written), both.fed.indices.shape[1]
        assert both.fed.indices[row].tolist() == [SOS, *words.encode(written)] + [PAD] * (width - n - 1)
        assert both.labels.indices[row].tolist() == [*words.encode(written), EOS] + [PAD] * (width - n - 1)
        assert both.labels.tokens[row] == (*written, "<eos>") and both.fed.lengths[row] == n + 1
    assert both.fed.tokens[0] == seen.target.tokens
    alone = tasks.of(run.config).translate(
        run.network, run.config, more, run.speech, TranslateConfig(),
    ) if more else []  # fmt: skip
    assert [" ".join(tokens[1:]) for tokens in both.fed.tokens[1:]] == [text for text, _ in alone]
    assert both.counted == int(both.fed.lengths.sum())

    shown = PAIRS.render(found)
    figures = [part.content for part in shown if part.kind == "figure"]
    assert len(figures) == 3
    for drawn, matrix in zip(figures, (both.source, both.fed, both.labels), strict=True):
        validated(drawn)
        cells = np.array(drawn["data"][0]["text"])
        assert cells.shape[0] == len(sources) and f"<b>{matrix.indices[0, 0]}</b>" in cells[0, 0]
    steps = both.fed.indices.size
    assert f"The loss counts {both.counted} of the {steps} steps of the decoder" in shown[-1].content
    said = PAIRS.explain(found)
    read = both.source.indices
    assert f"S = {read.shape[1]},\\ T = {both.fed.indices.shape[1]},\\ B = {len(sources)}" in said
    pads = int((read == PAD).sum()), int((both.fed.indices == PAD).sum())
    assert f"{pads[0]} of {read.size} source steps and {pads[1]} of {steps} target steps are pads" in said
    assert f"the other {both.counted} steps" in said and steps - pads[1] == both.counted
