"""The quantities: each is described, and its value is found in a second way."""

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.numpy import load_file

from pages.learn.looked import Looked, run_of
from rnn_core.config import Problem
from rnn_core.lessons.expressions import Table, Value
from rnn_core.lessons.quantities import QUANTITIES, chosen, held

DOCUMENTED = Path(__file__).parents[2] / "docs" / "lessons.md"
GIVEN = {"run": "ready/three-units", "text": "not so good", "label": "positive"}


def looked(**more: str) -> Looked:
    given = GIVEN | more
    return Looked(run_of(given["run"]), given)


def test_all_are_documented_with_their_titles() -> None:
    listed = dict(re.findall(r"^\| `([\w.]+)` \| (.*) \|$", DOCUMENTED.read_text(encoding="utf-8"), re.MULTILINE))
    assert {name: title.replace("\\|", "|") for name, title in listed.items() if name in QUANTITIES} == {
        name: one.title for name, one in QUANTITIES.items()
    }


def by_hand(loss: str) -> dict[str, Value]:
    """The three-unit network along the text with PyTorch, with a copy of W at each step."""
    weights = {name: torch.from_numpy(array) for name, array in load_file(looked().run.path / "weights.safetensors").items()}
    indices = looked().resolve(("text",)).trace.indices
    t = len(indices)
    copies = [weights["cells.0.0.weight_hh"].clone().requires_grad_() for _ in range(t)]
    h, states = torch.zeros(3), []
    for step, index in enumerate(indices):
        x = weights["embedding.weight"][int(index)]
        h = torch.tanh(weights["cells.0.0.bias"] + copies[step] @ h + weights["cells.0.0.weight_ih"] @ x)
        h.retain_grad()
        states.append(h)
    logits = torch.stack([weights["weight_out"] @ h + weights["bias_out"] for h in states])
    losses = -logits.log_softmax(1)[:, 1]
    w = torch.full((t,), 1 / t) if loss == "every" else torch.eye(t)[-1]
    total = (w * losses).sum()
    total.backward()
    grads = torch.stack([copy.grad for copy in copies])  # type: ignore[misc]
    whole = grads.sum(0)
    above = (logits.softmax(1) - torch.tensor([0.0, 1.0])).detach() @ weights["weight_out"] * w[:, None]
    reached = torch.stack([state.grad for state in states])  # type: ignore[misc]
    return {
        "total": float(total.detach()), "norm": grads.flatten(1).norm(dim=1).numpy(), "whole": float(whole.norm()),
        "share": ((grads * whole).sum((1, 2)) / whole.norm() ** 2).numpy(), "reached": reached.norm(dim=1).numpy(),
        "above": above.norm(dim=1).numpy(), "arriving": (reached - above).norm(dim=1).numpy(),
        "at": losses.detach().numpy(), "readout": logits.softmax(1).detach().numpy(), "logit": logits.detach().numpy(),
        "state": torch.stack(states).detach().numpy(), "weight": w.numpy(),
    }  # fmt: skip


@pytest.mark.parametrize("loss", ["last", "every"])
def test_both_losses_against_a_copy_of_w_at_each_step(loss: str) -> None:
    found, wanted = held(looked().resolve), by_hand(loss)
    for name in ("total", "norm", "whole", "share", "reached", "above", "arriving"):
        np.testing.assert_allclose(found(f"{loss}.{name}"), wanted[name], rtol=1e-4, atol=1e-6, err_msg=name)
    of_loss = held(looked(loss=loss).resolve)
    for name, other in (("loss.total", "total"), ("copies.norm", "norm"), ("copies.share", "share"), ("copies.whole", "whole"),
                        ("reached", "reached"), ("loss.weight", "weight"), ("loss.at", "at")):  # fmt: skip
        np.testing.assert_allclose(of_loss(name), wanted[other], rtol=1e-4, atol=1e-6, err_msg=name)


def table(value: Value) -> np.ndarray:
    assert isinstance(value, Table)
    return value.values


def test_states_and_answers() -> None:
    found, wanted = held(looked().resolve), by_hand("every")
    for name in ("state", "readout", "logit"):
        np.testing.assert_allclose(table(found(name)), wanted[name], rtol=1e-4, atol=1e-6)
    p = wanted["readout"]
    assert isinstance(p, np.ndarray)
    np.testing.assert_allclose(found("target.p"), p[:, 1], rtol=1e-4)
    assert found("target.label") == "positive" and found("answer.label") == "negative"
    assert found("answer.p") == pytest.approx(p[-1].max(), rel=1e-4)
    best = found("readout.best")
    assert isinstance(best, np.ndarray) and best.tolist() == ["positive" if row[1] > row[0] else "negative" for row in p]
    answers = found("answer.best")
    assert isinstance(answers, np.ndarray)
    changed = [t for t in range(1, len(answers)) if answers[t] != answers[-1]]
    changed += [0] if answers[0] != answers[-1] else []
    assert found("decision_step") == max(changed, default=-1) + 2
    for t in range(5):  # the answer if the text stopped after t is the answer to that text
        stopped = held(looked(text=" ".join(["not", "so", "good"][: max(t, 1)])).resolve)
        if 0 < t < 4:
            np.testing.assert_allclose(table(found("answer"))[t], table(stopped("readout"))[-1], rtol=1e-4)


def test_the_loss_of_each_step_alone_adds_up_to_that_of_every_step() -> None:
    """Each row of `pairs` is the gradient of one loss; the last row is that of the loss of the last step alone."""
    found = held(looked().resolve)
    pairs = table(found("pairs"))
    np.testing.assert_allclose(pairs[-1], by_hand("last")["norm"], rtol=1e-4, atol=1e-6)
    assert (np.triu(pairs, 1) == 0).all(), "a loss does not reach later copies"


def test_sizes_and_parameters() -> None:
    found = held(looked().resolve)
    shapes = {name: array.shape for name, array in load_file(looked().run.path / "weights.safetensors").items()}
    vocabulary, n = shapes["embedding.weight"]
    (k, d) = shapes["weight_out"]
    assert [found(f"network.{name}") for name in ("words", "inputs", "units", "classes", "blocks")] == [vocabulary, n, d, k, 1]
    counts = {"E": vocabulary * n, "U": d * n, "W": d * d, "b": d, "V": k * d, "c": k}
    assert {letter: found(f"parameters.{letter}") for letter in counts} == counts
    assert found("parameters.all") == sum(counts.values())
    assert (found("text.steps"), found("text.words"), found("text.unknown")) == (5, 3, 0)
    assert held(looked(text="not zzyzx").resolve)("text.unknown") == 1
    tokens, indices = found("text.tokens"), found("text.indices")
    assert isinstance(tokens, np.ndarray) and tokens.tolist() == ["<sos>", "not", "so", "good", "<eos>"]
    words = looked().run.speech.vocabulary.words
    assert isinstance(indices, np.ndarray) and [words[int(i)] for i in indices] == tokens.tolist()


def test_a_gated_cell_has_gates_and_a_memory_and_an_elman_network_says_that_it_has_none() -> None:
    of_lstm, of_elman = held(looked(run="ready/film-reviews").resolve), held(looked().resolve)
    gates = {name: table(of_lstm(f"gate.{name}")).astype(np.float64) for name in "ifgq"}
    memory = np.zeros(64)
    for t in range(5):
        memory = gates["f"][t] * memory + gates["i"][t] * gates["g"][t]
        np.testing.assert_allclose(table(of_lstm("memory"))[t], memory, rtol=1e-3, atol=1e-5)
        np.testing.assert_allclose(table(of_lstm("state"))[t], gates["q"][t] * np.tanh(memory), rtol=1e-3, atol=1e-5)
    for name in ("memory", "gate.f"):
        with pytest.raises(Problem, match="has no"):
            of_elman(name)


def test_a_tagger_has_no_loss_of_the_last_step_and_no_answer_as_a_whole() -> None:
    found = held(looked(run="ready/parts-of-speech", text="Ram went to Delhi", label="").resolve)
    for name in ("last.total", "decision_step", "answer", "target.label"):
        with pytest.raises(Problem):
            found(name)


def test_a_choice_counts_steps_from_1_and_is_minus_1_before() -> None:
    assert chosen(step=2, unit=2, back=0) == {"chosen.step": 3.0, "chosen.unit": 2.0, "chosen.back": 1.0}
    assert chosen(step=None, unit=None) == {"chosen.step": -1.0, "chosen.unit": -1.0}
    assert held(looked().resolve, chosen(step=0, unit=None))("chosen.step") == 1.0


def test_a_run_that_is_not_here_is_said() -> None:
    for name in ("ready/nothing", "nothing"):
        with pytest.raises(Problem):
            run_of(name)
