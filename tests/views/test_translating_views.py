"""The views of a translation: each number is that of the translation, and so is each in the sentences."""

import math
import re
from typing import Any

import numpy as np
import pytest

from pages.common.selection import Selection
from rnn_core import tasks
from rnn_core.analysis.loading import Loaded, load
from rnn_core.analysis.translating import translate
from rnn_core.config import TranslateConfig
from rnn_core.figures.text import percent
from rnn_core.views import translating, view
from rnn_core.views.inputs import Inputs, given
from rnn_core.views.inspect.looks import quantities
from rnn_core.views.view import literal
from rnn_core.workspace import Workspace
from tests.analysis.translations import willing
from tests.figures.validated import validated
from tests.tiny import CELLS, config_of, model_of, saved_run, vocabulary_of
from tests.views.looking import answer, figure

NASTY = ("<b>x</b>", "$x$", "[a](b)", "`c`", "*i*", "film")


def looked(workspace: Workspace, cell: str = "gru", beam: int = 3, begins: str = "", **more: Any) -> tuple[Loaded, Inputs]:
    run = load(saved_run(workspace, config_of("translate", model_of(cell, **more))))
    return run, given(run=run, translation=translate(run, "the film was not good", TranslateConfig(beam, 1.0, 9), begins))


def test_the_task_lists_the_views_of_the_file() -> None:
    assert tasks.task("translate").views["translate"] == tuple(one.name for one in translating.VIEWS)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("attention", ["none", "dot", "additive"])
def test_every_view_draws_and_explains(workspace: Workspace, cell: str, attention: str) -> None:
    run, inputs = looked(workspace, cell, layers=2, bidirectional=attention == "dot", attention=attention)
    for quantity in quantities(run):
        chosen = Selection(step=1, unit=2, layer=1, quantity=quantity)
        for name in tasks.task("translate").views["translate"] if quantity == "h" else ("both-states",):
            found = answer(view(name), inputs, chosen)
            for part in view(name).render(found):
                if part.kind == "figure":
                    validated(part.content)
            assert view(name).explain(found)


def test_a_users_markup_is_shown_as_written(workspace: Workspace) -> None:
    run = load(saved_run(workspace, config_of("translate"), vocabulary=vocabulary_of(NASTY)))
    inputs = given(run=run, translation=translate(run, " ".join(NASTY), TranslateConfig(longest=5), reference=" ".join(NASTY)))
    for one in (translating.ALIGNMENT, translating.INSTEAD, translating.BOTH):
        found = answer(one, inputs, Selection(step=0))
        said = one.explain(found) + "".join(str(part.content) for part in one.render(found) if part.kind == "caption")
        assert "<b>" not in said and "[a](b)" not in said and "*i*" not in said


@pytest.mark.parametrize("attention", ["none", "dot", "additive"])
def test_attention_is_shown_and_its_numbers_are_said(workspace: Workspace, attention: str) -> None:
    _, inputs = looked(workspace, begins="poor fine", attention=attention)
    found, seen = answer(translating.ALIGNMENT, inputs, Selection(step=1)), inputs.translation
    said = translating.ALIGNMENT.explain(found)
    np.testing.assert_allclose(found.p, np.exp(seen.log_p))
    assert (found.attention is None) == (attention == "none") == ("h_0 = s_S" in said) == ("weights" not in said)
    assert (r"v \cdot \tanh(W_a h_{t-1} + U_a s_j)" in said) == (attention == "additive")
    assert f"has p = {math.exp(seen.log_p[1]):.6g}." in said
    if found.attention is not None:
        j = int(found.attention[1].argmax())
        assert f"{found.attention[1, j]:.4f}" in said and re.search(r"sum to (1\.00000\d|0\.99999\d)", said)


def test_the_words_that_could_have_come(workspace: Workspace) -> None:
    _, inputs = looked(workspace, begins="poor")
    seen = inputs.translation
    for step in range(len(seen.written)):
        found = answer(translating.INSTEAD, inputs, Selection(step=step))
        assert found.given == (step == 0) and found.written == seen.written[step]
        assert found.p_written == pytest.approx(math.exp(seen.log_p[step]))
        assert dict(zip(found.words, found.p, strict=True)).get(found.written, found.p_written) == pytest.approx(found.p_written)
        said = translating.INSTEAD.explain(found)
        count = len(seen.written) if seen.ended else len(seen.written) - 1
        assert f"Here T = {count} and log p = {seen.log_p[:count].sum():.4g}" in said
        drawn = figure(translating.INSTEAD, found)
        assert max(drawn["data"][0]["x"]) == pytest.approx(seen.p[step, 0], abs=1e-6)


def test_a_step_that_the_limit_cut_off_is_no_part_of_the_target(workspace: Workspace) -> None:
    """log p of the words is that of the hypothesis, whether it ended or not."""
    run = load(saved_run(workspace, config_of("translate", model_of(attention="dot"))))
    for longest in (1, 2, 3, 30):
        seen = translate(run, "the film was not good", TranslateConfig(2, 1.0, longest), "poor")
        found = answer(translating.INSTEAD, given(run=run, translation=seen))
        assert found.whole == pytest.approx(seen.candidates[seen.best].log_p, abs=1e-4)
        assert found.steps == seen.candidates[seen.best].step + 1


def test_a_copied_word_and_a_link_are_said(workspace: Workspace) -> None:
    run = willing(load(saved_run(workspace, config_of("translate", model_of(attention="dot")))))
    how = TranslateConfig(beam=3, longest=9, copy=True)
    free = translate(run, "the Zyx was unheard", how)
    t = free.copied.tolist().index(True)
    seen = translate(run, "the Zyx was unheard", how, " ".join(free.written[:t]), links={t: 2})
    assert seen.copied[t] and seen.written[t] == "Zyx" and seen.source.tokens[2] == "Zyx"
    inputs = given(run=run, translation=seen)

    found = answer(translating.ALIGNMENT, inputs, Selection(step=t))
    said = translating.ALIGNMENT.explain(found)
    assert "These weights were set: 1 at j = 3 and 0 elsewhere" in said and "Zyx 1.0000" in said
    assert f"wrote `<unk>`, with p = {math.exp(seen.log_p[t]):.6g}." in said
    assert found.copied[t] and found.linked.tolist() == [2 if i == t else -1 for i in range(len(found.written))]

    instead = answer(translating.INSTEAD, inputs, Selection(step=t))
    drawn, caption = translating.INSTEAD.render(instead)
    p = percent(math.exp(seen.log_p[t]))
    assert caption.content == f"“{literal('<unk>')}” at t = {t + 1} has p = {p}; “Zyx” was copied from the source in its place."
    assert "Zyx" not in str(drawn.content["data"])
    _, tree = translating.SEARCHED.render(answer(translating.SEARCHED, inputs))
    assert "a word of the source takes the place of `<unk>`" in str(tree.content)

    after = translate(run, "the Zyx was unheard", how, "Zyx")  # given, and read as <unk>
    inputs = given(run=run, translation=after)
    caption = translating.INSTEAD.render(answer(translating.INSTEAD, inputs, Selection(step=0)))[1]
    p = percent(math.exp(after.log_p[0]))
    assert caption.content == f"“{literal('<unk>')}” at t = 1 has p = {p}; “Zyx” was given, and the decoder did not choose it."
    assert f"after “{literal('<unk>')}”" in translating.INSTEAD.explain(answer(translating.INSTEAD, inputs, Selection(step=1)))
    _, strip = translating.BOTH.render(answer(translating.BOTH, inputs, Selection(step=1)))
    assert f"it reads “{literal('<unk>')}” and writes “{literal(after.written[1])}”." in str(strip.content)
    usual = translate(run, "the Zyx was unheard", TranslateConfig(3, 1.0, 9))
    searched = translating.SEARCHED.render(answer(translating.SEARCHED, given(run=run, translation=usual)))
    assert not any("<unk>" in str(part.content) for part in searched)


@pytest.mark.parametrize("both", [False, True])
def test_the_strip_is_the_encoder_the_vector_between_and_the_decoder(workspace: Workspace, both: bool) -> None:
    run, inputs = looked(workspace, "lstm", begins="poor fine", layers=2, bidirectional=both)
    source, target = inputs.translation.source, inputs.translation.target
    found = answer(translating.BOTH, inputs, Selection(layer=1, unit=3, step=1))
    of_source, S = source.values["h"][1], len(source.tokens)
    np.testing.assert_array_equal(found.values[:S], np.concatenate(list(of_source), 1))
    np.testing.assert_array_equal(found.values[S + 1 :], target.values["h"][1, 0])
    ends = np.concatenate([of_source[0][-1], of_source[1][0]]) if both else of_source[0][-1]
    np.testing.assert_array_equal(found.values[S], ends)
    assert found.at == S + 2 and found.words[S] == "start" and len(found.words) == len(found.values)
    (shown,) = [part.content for part in translating.BOTH.render(found) if part.kind == "caption"]
    assert f"Unit 3 at the decoder's t = 2: {target.values['h'][1, 0, 1, 3]:.4f}." in shown
    assert f"t = 2, it reads “{target.tokens[1]}” and writes “{inputs.translation.written[1]}”." in shown
    assert "orange lines" in shown and ("units 2 to 3 from its end" in shown) == both
    said = translating.BOTH.explain(found)
    assert f"length is {np.linalg.norm(ends):.4g}" in said
    gate = answer(translating.BOTH, inputs, Selection(quantity=run.cell.kept_names[0]))
    assert len(gate.values) == S + len(target.tokens) and not gate.start
    assert "orange line the" in translating.BOTH.render(gate)[1].content


def test_the_start_is_the_state_from_which_the_decoder_goes_on(workspace: Workspace) -> None:
    """The column between is what `start` gives the decoder, for every layer and part."""
    import torch

    from rnn_core.data.vocabulary import EOS, SOS

    run, inputs = looked(workspace, "lstm", layers=2, bidirectional=True)
    read = [SOS, *run.speech.vocabulary.encode(["the", "film", "was", "not", "good"]), EOS]
    given = {"source": torch.tensor(read)[:, None], "source_lengths": torch.tensor([len(read)])}
    start = run.network.start(given).parts
    for layer in range(2):
        for part, name in enumerate(run.cell.parts):
            found = answer(translating.BOTH, inputs, Selection(layer=layer, quantity=name))
            np.testing.assert_allclose(found.values[found.source], start[part][layer, 0].numpy(), atol=1e-6)


@pytest.mark.parametrize("width", [1, 3])
def test_the_tree_and_the_score(workspace: Workspace, width: int) -> None:
    _, inputs = looked(workspace, beam=width)
    seen, found = inputs.translation, answer(translating.SEARCHED, inputs)
    assert [found.tokens[i] for i in found.best] == list(seen.written[: len(seen.written) - (not seen.ended)])
    count = len(seen.written) - (not seen.ended)
    said = translating.SEARCHED.explain(found)
    log_p = seen.log_p[:count].sum()
    numbers = re.search(r"T = (\d+), log p = (-[\d.]+), and the score is (-[\d.]+)\.", said)
    assert numbers and int(numbers[1]) == count
    assert float(numbers[2]) == pytest.approx(log_p, abs=1e-3) and float(numbers[3]) == pytest.approx(log_p / count, abs=1e-3)
    (caption,) = [part.content for part in translating.SEARCHED.render(found) if part.kind == "caption"]
    assert f"considered {len(seen.candidates):,} continuation" in caption
    drawn = figure(translating.SEARCHED, found)
    (line,) = [trace for trace in drawn["data"] if trace.get("name") == "the translation"]
    np.testing.assert_array_equal(line["x"], [seen.candidates[i].step + 1 for i in found.best])
    points = sum(len(trace["x"]) for trace in drawn["data"] if trace["mode"] == "markers+text")
    pruned = [[one.log_p for one in seen.candidates if one.step == t and one.fate == "pruned"] for t in range(9)]
    shown = [min(3, len(some)) for some in pruned]
    assert points == sum(shown) + sum(one.fate != "pruned" for one in seen.candidates)
    joined = len(line["x"]) - 1 + sum(len(trace["x"]) // 3 for trace in drawn["data"] if trace["mode"] == "lines")
    assert joined == points - sum(one.parent < 0 for one in seen.candidates if one.fate != "pruned") - shown[0]
    (crosses,) = [trace for trace in drawn["data"] if trace.get("name") == "pruned"] or [{"hovertext": []}]
    drawn_p = sorted(float(re.search(r"log p = (-[\d.]+)", text)[1]) for text in crosses["hovertext"])
    best = sorted(value for some in pruned for value in sorted(some, reverse=True)[:3])
    np.testing.assert_allclose(drawn_p, best, atol=1e-3)
    validated(drawn)
