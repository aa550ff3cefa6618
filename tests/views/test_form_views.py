"""A tagger that reads the form of words: its numbers against autograd and plain sums, and every view of it."""

from typing import Any

import numpy as np
import pytest
import torch

from rnn_core import tasks, views
from rnn_core.analysis.bptt_checks import autograd, differences
from rnn_core.analysis.bptt_pass import doubled, forward, target_of
from rnn_core.analysis.bptt_sweep import sums
from rnn_core.analysis.bptt_updates import batch_directions, sgd_step
from rnn_core.analysis.feedforward import gain, without_recurrence
from rnn_core.analysis.form import features
from rnn_core.analysis.ledger import ledger
from rnn_core.analysis.loading import Loaded, load
from rnn_core.analysis.padding import audit
from rnn_core.analysis.recipe import starts
from rnn_core.analysis.trace import trace
from rnn_core.data.forms import FEATURES
from rnn_core.workspace import Workspace
from tests.tiny import CELLS, config_of, model_of, saved_run, vocabulary_of
from tests.views.looking import Looking

KNOWN = ("Anna", "walks", "in", "Oslo", ".", "The", "dogs", "bark", "2", "walked")
TEXT = "Anna talked in Bergen , the USA and Oslo ."


def tagger(workspace: Workspace, **model: Any) -> Loaded:
    config = config_of("tag", model_of(**{"form": 3} | model))
    return load(saved_run(workspace, config, ("N", "V", "O"), vocabulary=vocabulary_of(KNOWN)))


def test_an_unknown_word_is_read_with_its_form(workspace: Workspace) -> None:
    one = tagger(workspace)
    seen = trace(one, TEXT)
    tables = [table.weight.numpy() for table in one.network.inputs.tables.values()]
    assert seen.form is not None and not seen.known[[2, 4]].any()
    for step, token in enumerate(seen.tokens[1:-1], 1):
        index = [int(seen.indices[step])]
        index += [one.speech.vocabularies[name].encode([feature(token)])[0] for name, feature in FEATURES.items()]
        assert seen.fed[step].tolist() == index
        np.testing.assert_array_equal(seen.embeddings[step], np.concatenate([t[i] for t, i in zip(tables, index, strict=True)]))
    assert not np.array_equal(seen.embeddings[2], seen.embeddings[4])  # two unknown words, two forms
    told = features(one, seen, 2)
    assert [(f.letter, f.value) for f in told] == [("E_c", "lower"), ("E_2", "ed"), ("E_3", "ked")]
    assert seen.warnings == ()


def test_a_text_of_unknown_words_is_still_known_by_its_form(workspace: Workspace) -> None:
    assert trace(tagger(workspace), "Zoe laughed").warnings == (
        "The network knows none of these words: of each it reads <unk> and its form.",
    )


@pytest.mark.parametrize(("cell", "layers", "both"), [("gru", 1, False), ("lstm", 2, True), ("mingru", 1, True)])
def test_gradients_are_autograds_for_every_table(workspace: Workspace, cell: str, layers: int, both: bool) -> None:
    one = tagger(workspace, **CELLS[cell], layers=layers, bidirectional=both)
    seen = trace(one, TEXT)
    aim = target_of(one, seen)
    done = forward(doubled(one.network), seen.fed)
    own = sums(done, aim, aim.weights[None]).row(0)
    found = differences(done, aim, own)
    assert {"embedding.weight", *(f"forms.{name}.weight" for name in FEATURES)} < found.keys() == autograd(done, aim).keys()
    assert max(found.values()) < 1e-12
    stepped = sgd_step(done, aim, [1e-4])
    assert stepped.after[0] - stepped.before == pytest.approx(1e-4 * stepped.slope, rel=1e-2)


def test_the_gradient_of_a_batch_is_the_mean_of_its_texts(workspace: Workspace) -> None:
    one = tagger(workspace)
    texts = [row.split() for row in ("Anna barked .", "The USA walks in Oslo", TEXT)]
    batch = tasks.task("tag").encode(texts, [["N"] * len(text) for text in texts], one.speech)
    seen = trace(one, TEXT)
    aim, done = target_of(one, seen), forward(one.network, seen.fed)
    found = batch_directions(one, done, aim, batch)
    twin = one.network.requires_grad_(True)
    means = {name: torch.zeros_like(p) for name, p in twin.named_parameters()}
    for row in range(3):
        own = batch.batch(np.array([row]))
        out = twin({"tokens": torch.from_numpy(own.fed), "lengths": torch.from_numpy(own.lengths)})["logits"][1:-1, 0]
        twin.zero_grad()
        torch.nn.functional.cross_entropy(out, torch.from_numpy(own.targets[1:-1, 0])).backward()
        for name, p in twin.named_parameters():
            means[name] += p.grad / 3  # type: ignore[operator]
    twin.requires_grad_(False)
    for name, mean in means.items():
        assert found.text.ratios[name] * float(mean.norm()) == pytest.approx(found.text.norms[name], rel=1e-4)


def test_padding_and_reading_without_recurrence_feed_the_form_too(workspace: Workspace) -> None:
    one = tagger(workspace, bidirectional=True)
    seen = trace(one, TEXT)
    masked = [read for read in audit(one, seen, 3).reads if read.masked]
    assert masked and all(read.gradient < 1e-5 and read.state < 1e-5 for read in masked)
    alone = without_recurrence(one, seen)
    single = trace(one, "USA")
    part = one.network({"tokens": torch.from_numpy(single.fed[1:2])[:, None], "lengths": torch.tensor([1])})
    np.testing.assert_allclose(alone.states[seen.tokens.index("USA")], part["states"][0, 0].numpy(), atol=1e-6)
    texts = [TEXT.split(), ["Anna", "barked", "."]]
    some = tasks.task("tag").encode(texts, [["N"] * len(text) for text in texts], one.speech)
    one_by_one = [without_recurrence(one, trace(one, " ".join(text))).readouts[1:-1].argmax(1) for text in texts]
    assert gain(one, some, 2).feed_forward == pytest.approx(float((np.concatenate(one_by_one) == 0).mean()))


@pytest.mark.parametrize("both", [False, True])
def test_the_ledger_counts_the_tables_of_the_form(workspace: Workspace, both: bool) -> None:
    one = tagger(workspace, bidirectional=both)
    found = ledger(one, 4, 9)
    assert found.by_formula == found.declared == found.in_tensors == sum(p.numel() for p in one.network.parameters())
    letters = found.letters
    assert letters["n"] == letters["e"] + 3 * letters["f"] == one.network.inputs.width
    rows = {row.letter: row.shape for row in found.rows}
    assert {name: len(one.speech.vocabularies[name]) for name in FEATURES} == {
        "casing": rows["E_c"][0], "ending2": rows["E_2"][0], "ending3": rows["E_3"][0],
    }  # fmt: skip
    tables = [table.weight for table in one.network.inputs.tables.values()]
    assert found.sizes["A"] == sum(map(len, tables)) and found.sizes["S"] == sum(t.numel() for t in tables)
    said = views.view("ledger").explain(found)
    assert f"n = e + 3·f = {letters['e']} + 3·{letters['f']}" in said and "N_c \\cdot f" in found.formula
    assert {"E_c", "E_2", "E_3"} < starts(one).keys()


def test_every_view_of_one_text_draws_and_explains(workspace: Workspace) -> None:
    one = tagger(workspace, bidirectional=True)
    seen = trace(one, TEXT)
    looking = Looking(one, seen, step=2, unit=1)
    shown = tasks.task("tag").views
    for name in (*shown["inspect"], "unrolled", "one-hot-vector", "ledger", "ledger-sum", "memory"):
        view = views.view(name)
        if not {*view.needs} <= {"run", "text"}:
            continue
        found = looking(view)
        view.render(found)
        view.explain(found)
    embedding = views.view("embedding")
    said = embedding.explain(looking(embedding))
    assert "| casing | lower |" in said.replace("\\", "") and "row 4" in said and "E_3" in said
    picked = views.view("one-hot-vector")
    said = picked.explain(looking(picked))
    assert "$$E^\\top" in said and "x_t = [E[" in said
