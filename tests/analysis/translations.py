"""A second way to every gradient of an encoder–decoder: both unrolled, with a copy of each parameter at each step."""

from typing import Any, NamedTuple

import torch
from torch import Tensor

from rnn_core.analysis.loading import Loaded
from rnn_core.config import DataConfig, ModelConfig, RunConfig, TrainConfig
from rnn_core.data.vocabulary import UNK, Vocabulary
from rnn_core.network.translator import Translator
from rnn_core.tasks.translate import TASK
from rnn_core.workspace.runs import Speech
from tests import by_hand
from tests.tiny import CELLS

KINDS: dict[str, dict[str, Any]] = {
    "none": {"attention": "none"}, "dot": {"attention": "dot"}, "additive": {"attention": "additive"},
    "fed": {"attention": "dot", "input_feeding": True}, "additive, fed": {"attention": "additive", "input_feeding": True},
}  # fmt: skip
"""The kinds of attention, as options of `ModelConfig`."""

READ, WRITTEN = ("one", "two", "three", "four", "<b>x</b>", "$x$"), ("ONE", "TWO", "THREE", "[a](b)", "*i*")

Place = tuple[str, int, int, str]
"""Encoder or decoder, layer, direction and parameter."""


def run_of(kind: str = "dot", cell: str = "gru", seed: int = 0, tokens: str = "word", **model: Any) -> Loaded:
    """A random run of translation in float64."""
    config = ModelConfig(**({"embedding": 6, "hidden": 6, "dropout": 0.0} | CELLS[cell] | KINDS[kind] | model))
    both = RunConfig(DataConfig(task="translate", tokens=tokens), config, TrainConfig(threads=1), "0" * 64, "tiny")
    speech = Speech(Vocabulary.build([READ] * 3, 100), (), None, {"target": Vocabulary.build([WRITTEN] * 3, 100)})
    torch.manual_seed(seed)
    network = TASK.network(both, speech).double().eval().requires_grad_(False)
    with torch.no_grad():
        for p in network.parameters():
            p.copy_(torch.randn_like(p) * 0.5)
    return Loaded("run", both, speech, network)


def willing(run: Loaded) -> Loaded:
    """The run with `<unk>` more probable."""
    with torch.no_grad():
        run.network.bias_out[UNK] += 3.0
    return run


States = dict[tuple[str, int, int], list[tuple[Tensor, ...]]]
"""By encoder or decoder, layer and direction, the parts of the state at each step."""


class Unrolled(NamedTuple):
    """Both networks, step by step.

    Attributes:
        copies: by place, a leaf per step.
        states: after each step.
        before: the state before each step, as the step alone reads it.
        read: s_j of the uppermost layer, as attention reads it; apart from s_j as the next step reads it.
        start: the parts of the state that the decoder starts from, by layer.
        contexts: g_i; empty without attention.
        alpha: α_i, (S,) each.
        logits: (T, k).
    """

    copies: dict[Place, list[Tensor]]
    states: States
    before: States
    read: list[Tensor]
    start: list[tuple[Tensor, ...]]
    contexts: list[Tensor]
    alpha: list[Tensor]
    logits: Tensor

    def gradients(self, value: Tensor) -> dict[Place, Tensor]:
        """∂value/∂P|(i), (steps, *shape)."""
        return {place: torch.stack(at(value, leaves)) for place, leaves in self.copies.items()}


def at(value: Tensor, of: Any) -> tuple[Tensor, ...]:
    """∂value/∂ of some tensors."""
    return torch.autograd.grad(value, of, retain_graph=True, allow_unused=True, materialize_grads=True)


def at_states(value: Tensor, states: States) -> States:
    """∂value/∂ each part of each state; 0 for a state that is a constant."""
    found = iter(at(value, [part for each in states.values() for parts in each for part in parts if part.requires_grad]))
    return {place: [tuple(next(found) if part.requires_grad else torch.zeros_like(part) for part in parts) for parts in each]
            for place, each in states.items()}  # fmt: skip


def unrolled(one: Loaded, source: list[int], written: list[int]) -> Unrolled:
    """The forward pass of one pair, from the formulas of the network."""
    network: Any = one.network
    assert isinstance(network, Translator)
    cell, config = network.encoder.cell, one.config.model
    copies: dict[Place, list[Tensor]] = {}
    states: States = {}
    before: States = {}

    def own(side: str, layer: int, direction: int, steps: int) -> list[dict[str, Tensor]]:
        for name, p in getattr(network, side).layer(layer, direction).items():
            copies[side, layer, direction, name] = [p.detach().clone().requires_grad_() for _ in range(steps)]
        return [{name: copies[side, layer, direction, name][i] for (s, at_layer, d, name) in copies
                 if (s, at_layer, d) == (side, layer, direction)} for i in range(steps)]  # fmt: skip

    x, ends = [network.source.weight[i] for i in source], []
    for layer in range(config.layers):
        for direction in range(network.encoder.directions):
            p = own("encoder", layer, direction, len(source))
            state = tuple(torch.zeros(network.encoder.hidden).double() for _ in cell.parts)
            found: list[tuple[Tensor, ...]] = [()] * len(source)
            read_by: list[tuple[Tensor, ...]] = [()] * len(source)
            for i in reversed(range(len(source))) if direction else range(len(source)):
                read_by[i] = tuple(part.clone() for part in state)
                state, _ = by_hand.step(cell, p[i], x[i][None], tuple(part[None] for part in read_by[i]))
                found[i] = state = tuple(part[0].clone() for part in state)
            states["encoder", layer, direction], before["encoder", layer, direction] = found, read_by
        each = [states["encoder", layer, direction] for direction in range(network.encoder.directions)]
        x = [torch.cat([one[i][0] for one in each]) for i in range(len(source))]
        ends.append(tuple(torch.cat([one[-1 if d == 0 else 0][part] for d, one in enumerate(each)])
                          for part in range(len(cell.parts))))  # fmt: skip
    read = [one.clone() for one in x]
    start = [tuple(part.clone() for part in end) for end in ends]
    held, decoder = list(start), [own("decoder", layer, 0, len(written)) for layer in range(config.layers)]
    contexts, weights, logits, fed = [], [], [], torch.zeros(config.hidden).double()
    for i, word in enumerate(written):
        inputs = [network.target.weight[word]]
        if config.attention == "additive":
            past = network.query.weight @ held[-1][0]
            scores = torch.stack([network.score.weight[0] @ torch.tanh(past + network.key.weight @ s) for s in read])
            weights.append(scores.softmax(0))
            contexts.append(sum(a * s for a, s in zip(weights[-1], read, strict=True)) + 0.0)
            inputs.append(contexts[-1])
        if config.input_feeding:
            inputs.append(fed)
        v = torch.cat(inputs)
        for layer in range(config.layers):
            before.setdefault(("decoder", layer, 0), []).append(tuple(part.clone() for part in held[layer]))
            given = tuple(part[None] for part in before["decoder", layer, 0][i])
            after, _ = by_hand.step(cell, decoder[layer][i], v[None], given)
            held[layer] = tuple(part[0].clone() for part in after)
            states.setdefault(("decoder", layer, 0), []).append(held[layer])
            v = held[layer][0]
        if config.attention == "dot":
            weights.append(torch.stack([v @ s for s in read]).softmax(0))
            contexts.append(sum(a * s for a, s in zip(weights[-1], read, strict=True)) + 0.0)
        if config.attention != "none":
            v = fed = torch.tanh(network.combine.weight @ torch.cat((v, contexts[-1])))
        logits.append(network.weight_out @ v + network.bias_out)
    return Unrolled(copies, states, before, read, start, contexts, weights, torch.stack(logits))
