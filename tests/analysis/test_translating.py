"""One text through a run of translation: each number against the network asked in another way."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from rnn_core.analysis.loading import Loaded, load
from rnn_core.analysis.translating import LONGEST, translate
from rnn_core.config import Problem, TranslateConfig
from rnn_core.data.vocabulary import EOS, SOS, UNWRITTEN
from rnn_core.network.search import beam
from rnn_core.network.translator import Translator
from rnn_core.results import Translation
from rnn_core.workspace import Workspace
from tests.analysis.translations import willing
from tests.tiny import CELLS, config_of, model_of, saved_run

TEXT = "the film was not good"
HOW = TranslateConfig(beam=3, longest=12)


def run_of(workspace: Workspace, cell: str = "gru", **more: Any) -> Loaded:
    return load(saved_run(workspace, config_of("translate", model_of(cell, **more))))


def indices(run: Loaded, tokens: tuple[str, ...]) -> list[int]:
    words = run.speech.vocabularies["target"].words
    return [words.index(token) for token in tokens]


def step_by_step(run: Loaded, found: Translation) -> tuple[np.ndarray, np.ndarray | None, list[Any]]:
    """log p of all words at each step, (T, k), attention, and the states, from the network's own `start` and `step`."""
    network = run.network
    assert isinstance(network, Translator)
    read = run.speech.vocabulary.encode(found.source.tokens[1:-1])
    state = network.start({"source": torch.tensor([SOS, *read, EOS])[:, None], "source_lengths": torch.tensor([len(read) + 2])})
    rows, weights, states = [], [], []
    for token in (SOS, *indices(run, found.written[: len(found.target.tokens) - 1])):
        logits, state, kept = network.step(torch.tensor([token]), state)
        rows.append(logits[0].double().log_softmax(0).numpy())
        weights += [one[0].numpy() for one in kept.values()]
        states.append(state.parts)
    return np.array(rows), np.array(weights) if weights else None, states


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("more", [{"attention": "none"}, {"attention": "dot", "layers": 2, "bidirectional": True},
                                  {"attention": "additive"}, {"attention": "dot", "input_feeding": True}])  # fmt: skip
def test_every_number_is_that_of_the_network_step_by_step(workspace: Workspace, cell: str, more: dict[str, Any]) -> None:
    run = run_of(workspace, cell, **more)
    found = translate(run, TEXT, HOW)
    log_p, weights, states = step_by_step(run, found)
    assert len(found.written) == len(found.target.tokens) == len(log_p)
    answers = indices(run, found.written)
    np.testing.assert_allclose(found.log_p, log_p[np.arange(len(log_p)), answers], atol=1e-5)
    for t, row in enumerate(log_p):
        order = np.argsort(-row, kind="stable")[: len(found.likely[t])]
        assert found.likely[t] == tuple(run.speech.vocabularies["target"].words[i] for i in order)
        np.testing.assert_allclose(found.p[t], np.exp(row[order]), atol=1e-5)
    assert (found.attention is None) == (weights is None) == (more["attention"] == "none")
    if found.attention is not None:
        np.testing.assert_allclose(found.attention, weights, atol=1e-5)
        assert found.attention.shape == (len(found.written), 7)
        np.testing.assert_allclose(found.attention.sum(1), 1, atol=1e-5)
    for name, part in enumerate(run.cell.parts):
        values = np.stack([parts[name][:, 0].numpy() for parts in states], 1)  # (layers, T, d)
        np.testing.assert_allclose(found.target.values[part][:, 0], values, atol=1e-5)
    assert found.source.values["h"].shape == (more.get("layers", 1), 1 + more.get("bidirectional", False), 7, 4 // (
        1 + more.get("bidirectional", False)))  # fmt: skip


@pytest.mark.parametrize("width", [1, 3])
def test_the_tree_holds_the_search(workspace: Workspace, width: int) -> None:
    """Every candidate's log p is the sum along its line, and the kept ones of a step are the most probable."""
    run = run_of(workspace, attention="dot")
    found = translate(run, TEXT, TranslateConfig(beam=width, longest=6, normalisation=0.5))
    words = run.speech.vocabularies["target"].words
    lines: list[tuple[int, ...]] = []
    for number, one in enumerate(found.candidates):
        before = lines[one.parent] if one.parent >= 0 else ()
        assert one.parent < number and len(before) == one.step
        lines.append((*before, words.index(one.token)))
        assert one.parent < 0 or found.candidates[one.parent].fate == "kept"
    assert len(set(lines)) == len(lines)
    network = run.network
    assert isinstance(network, Translator)
    read = torch.tensor([SOS, *run.speech.vocabulary.encode(TEXT.split()), EOS])[:, None]
    for line, one in zip(lines, found.candidates, strict=True):
        given = {"source": read, "source_lengths": torch.tensor([7]), "tokens": torch.tensor([SOS, *line[:-1]])[:, None],
                 "lengths": torch.tensor([len(line)])}  # fmt: skip
        each = network(given)["logits"][:, 0].double().log_softmax(1)[range(len(line)), list(line)]
        assert one.log_p == pytest.approx(float(each.sum()), abs=1e-4)
        assert (one.fate == "ended") == (line[-1] == EOS and one.fate != "pruned")
    for step in range(6):
        here = [one for one in found.candidates if one.step == step]
        chosen = [one.log_p for one in here if one.fate != "pruned"]
        ended = sum(one.fate == "ended" for one in found.candidates if one.step < step)
        assert len(chosen) <= width - ended
    hypotheses = beam(network, {"source": read, "source_lengths": torch.tensor([7])}, width, 6, 0.5)[0]
    best = hypotheses[0]
    assert lines[found.best] == (*best.tokens, *((EOS,) if best.ended else ()))
    assert found.candidates[found.best].log_p == pytest.approx(best.log_p)
    ended = {(*one.tokens, EOS) for one in hypotheses if one.ended}
    assert {line for line, one in zip(lines, found.candidates, strict=True) if one.fate == "ended"} == ended
    assert not {words.index(one.token) for one in found.candidates} & {*UNWRITTEN}


def test_a_target_begins_as_it_must(workspace: Workspace) -> None:
    run = run_of(workspace, attention="additive")
    free, forced = translate(run, TEXT, HOW), translate(run, TEXT, HOW, "poor fine")
    assert forced.written[:2] == ("poor", "fine") and forced.given == 2 and free.given == 0
    assert forced.text.startswith("poor fine") and min(one.step for one in forced.candidates) == 2
    log_p, _, _ = step_by_step(run, forced)
    assert forced.candidates[forced.best].log_p == pytest.approx(
        log_p[np.arange(len(log_p)), indices(run, forced.written)][: len(forced.written) - (not forced.ended)].sum(), abs=1e-4
    )
    longer = translate(run, TEXT, TranslateConfig(longest=1), "poor fine")
    assert longer.written[:2] == ("poor", "fine"), "a beginning longer than the limit is kept"


def test_a_reference_is_read_as_it_is(workspace: Workspace) -> None:
    run = run_of(workspace, attention="dot")
    found = translate(run, TEXT, HOW, reference="good unheard film")
    assert found.target.tokens == ("<sos>", "good", "unheard", "film") and found.written == ("good", "unheard", "film", "<eos>")
    assert found.ended and found.candidates == () and (found.best, found.width) == (-1, 0)
    assert found.target.known.tolist() == [True, True, False, True]
    assert found.text == "good unheard film"


@pytest.mark.parametrize("attention", ["dot", "additive"])
def test_a_forced_link_is_honoured(workspace: Workspace, attention: str) -> None:
    run = run_of(workspace, attention=attention)
    free = translate(run, TEXT, HOW)
    found = translate(run, TEXT, HOW, links={0: 3, 2: 1})
    assert found.attention is not None and found.attention[0].tolist() == [0, 0, 0, 1, 0, 0, 0]
    expected = [{0: 3, 2: 1}.get(t, -1) for t in range(len(found.written))]
    assert found.linked.tolist() == expected and (free.linked == -1).all()
    for t, weights in enumerate(found.attention):
        assert weights.sum() == pytest.approx(1) and (t in (0, 2)) == (weights.max() == 1)
    network = run.network
    assert isinstance(network, Translator)
    read = run.speech.vocabulary.encode(TEXT.split())
    state = network.start({"source": torch.tensor([SOS, *read, EOS])[:, None], "source_lengths": torch.tensor([7])})
    assert state.memory is not None
    s = state.memory.states[0, 3]  # all that the first step sees of the source, besides the state that it starts from
    x = network.target.weight[SOS]
    after, _ = network.decoder.step(torch.cat((x, s) if attention == "additive" else (x,))[None], state.parts)
    attentional = torch.tanh(network.combine.weight @ torch.cat((after[0][-1, 0], s)))
    log_p = (network.weight_out @ attentional + network.bias_out).double().log_softmax(0)
    words = run.speech.vocabularies["target"].words
    for word, p in zip(found.likely[0], found.p[0].tolist(), strict=True):
        assert p == pytest.approx(float(log_p[words.index(word)].exp()), abs=1e-5)


def test_links_that_lead_nowhere_are_a_sentence(workspace: Workspace) -> None:
    run = run_of(workspace, attention="dot")
    for links in ({0: 7}, {0: -1}, {-1: 0}, {5_000: 0}):
        with pytest.raises(Problem, match=r"This source has 7\. Take the links away"):
            translate(run, TEXT, HOW, links=links)
    assert translate(run, TEXT, HOW, links={900: 1}).written == translate(run, TEXT, HOW).written, "a step that is not reached"
    with pytest.raises(Problem, match="no attention, so no link"):
        translate(run_of(workspace, attention="none"), TEXT, HOW, links={0: 1})


def test_unknown_words_are_copied_from_where_the_decoder_looks(workspace: Workspace) -> None:
    text, how = "the Zyx was unheard", replace(HOW, copy=True)
    run = willing(run_of(workspace, attention="dot"))
    usual, found = translate(run, text, HOW), translate(run, text, how)
    assert not usual.copied.any() and found.copied.any() and found.attention is not None
    words = run.speech.vocabularies["target"].words
    for t, (token, copied) in enumerate(zip(found.written, found.copied.tolist(), strict=True)):
        if copied:
            assert token == text.split()[found.attention[t, 1:-1].argmax()]
            assert found.p[t][found.likely[t].index("<unk>")] == pytest.approx(float(np.exp(found.log_p[t])))
        else:
            assert token in words
    assert found.target.known.tolist() == [True, *(~found.copied)[: len(found.target.tokens) - 1].tolist()]
    assert all(token in found.text for token in found.written[: found.steps - found.ended])
    first = found.copied.tolist().index(True)
    linked = translate(run, text, how, " ".join(found.written[:first]), links={first: 4})
    assert linked.copied[first] and linked.written[first] == "unheard", "a link decides what is copied"
    begun = translate(run, text, how, "Zyx")
    assert begun.written[0] == "Zyx" and not begun.copied[0] and not begun.target.known[1]
    with pytest.raises(Problem, match="cannot begin with 'Zyx'"):
        translate(run, text, HOW, "Zyx")


def test_without_attention_nothing_is_copied(workspace: Workspace) -> None:
    run = willing(run_of(workspace, attention="none"))
    found = translate(run, TEXT, replace(HOW, copy=True))
    assert found.written == translate(run, TEXT, HOW).written and not found.copied.any()


def test_a_limit_of_the_length_is_said(workspace: Workspace) -> None:
    run = run_of(workspace, attention="none")
    cut = translate(run, TEXT, TranslateConfig(longest=1))
    if not cut.ended:
        assert len(cut.target.tokens) == 2 and len(cut.written) == 2 and cut.text == cut.written[0]
    else:
        assert cut.written == ("<eos>",) and cut.text == ""


def test_bad_input_is_a_sentence(workspace: Workspace) -> None:
    run = run_of(workspace)
    for text, begins, said in (
        ("  ", "", "nothing to translate"), ("a " * (LONGEST + 1), "", "1,001"), (TEXT, "the unheard film", "'unheard'"),
    ):  # fmt: skip
        with pytest.raises(Problem, match=said):
            translate(run, text, HOW, begins)
    unknown = translate(run, "nobody knows these", HOW)
    assert not unknown.source.known[1:-1].any() and "knows none of these" in unknown.warnings[0]
    with pytest.raises(Problem, match="does not translate"):
        translate(load(saved_run(workspace)), TEXT, HOW)
