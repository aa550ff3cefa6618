"""A second way to every gradient: the network with a copy of each parameter at each step, for autograd to follow."""

from typing import NamedTuple, TypeVar

import torch
from torch import Tensor

from rnn_core.analysis.loading import Loaded
from rnn_core.network.recurrence import zero_state
from rnn_core.workspace.runs import Speech
from tests import by_hand
from tests.tiny import CELLS, LABELS, TAGS, config_of, model_of, network_of, vocabulary_of

KINDS = [("classify", 1, False), ("classify", 2, False), ("tag", 1, True), ("tag", 2, True)]
"""Task, layers, both directions."""

T = TypeVar("T")


def alternating(*values: T) -> list[tuple[str, str, int, bool, T]]:
    """Each cell with each of `KINDS` and with one of some values in turn: each value meets every cell and every kind, but not
    both together."""
    return [(cell, *kind, values[(i + j) % len(values)]) for i, cell in enumerate(CELLS) for j, kind in enumerate(KINDS)]


def loaded(
    name: str, task: str = "classify", loss: str | None = None, reduce: str = "mean", **options: object
) -> Loaded:
    """A random run in float64."""
    config = config_of(task, model_of(name, **options), loss=loss, reduce=reduce)
    labels = TAGS if task == "tag" else LABELS
    network = network_of(config.model, len(vocabulary_of()), len(labels)).double().eval().requires_grad_(False)
    return Loaded("run", config, Speech(vocabulary_of(), labels, None), network)


class Copies(NamedTuple):
    """The network unrolled with leaves of its own at every step.

    Attributes:
        parameters: by layer, direction and name, one leaf per step.
        words: (T) leaves x_i of the embedding.
        states: by layer and direction, the state after each step, each part (d,), in the graph.
        logits: (T, k).
        leaves: by direction, what the layer above read in place of the states h_i of the layer that was cut off.
    """

    parameters: dict[tuple[int, int, str], list[Tensor]]
    words: list[Tensor]
    states: dict[tuple[int, int], list[tuple[Tensor, ...]]]
    logits: Tensor
    leaves: list[list[Tensor]]

    def gradient(self, value: Tensor) -> dict[tuple[int, int, str], list[Tensor]]:
        """∂value/∂P|(i) for every copy, zero where there is none."""
        leaves = [leaf for copies in self.parameters.values() for leaf in copies]
        found = iter(torch.autograd.grad(value, leaves, retain_graph=True, allow_unused=True, materialize_grads=True))
        return {key: [next(found) for _ in copies] for key, copies in self.parameters.items()}

    def reached(self, value: Tensor) -> dict[tuple[int, int], list[tuple[Tensor, ...]]]:
        """∂value/∂ each part of the state after each step, zero where there is none."""
        parts = [part for states in self.states.values() for state in states for part in state]
        found = iter(torch.autograd.grad(value, parts, retain_graph=True, allow_unused=True, materialize_grads=True))
        return {key: [tuple(next(found) for _ in state) for state in states] for key, states in self.states.items()}


def unrolled(one: Loaded, indices: list[int], cut: set[int] | None = None, window: tuple[int, int] | None = None,
             leaves: int | None = None) -> Copies:  # fmt: skip
    """The forward pass of one text.

    Args:
        cut: no gradient passes between the steps i − 1 and i, in either direction.
        window: (t, K): the states K steps away from t are detached in both directions.
        leaves: the layer whose states are cut off from what reads them above.
    """
    network, cell = one.network, one.network.cell
    words = [network.embedding.weight[i].clone().requires_grad_() for i in indices]
    parameters: dict[tuple[int, int, str], list[Tensor]] = {}
    states: dict[tuple[int, int], list[tuple[Tensor, ...]]] = {}
    steps, x, cut_off = len(indices), words, []
    for layer in range(network.config.layers):
        for direction in range(network.directions):
            own = network.layer(layer, direction)
            for name, p in own.items():
                parameters[layer, direction, name] = [p.clone().requires_grad_() for _ in range(steps)]
            state = zero_state(cell, 1, network.config.hidden, network.bias_out)
            found: list[tuple[Tensor, ...]] = [()] * steps
            for i in reversed(range(steps)) if direction else range(steps):
                copy = {name: parameters[layer, direction, name][i] for name in own}
                far = window is not None and (i + 1 if direction else i - 1) == window[0] + (1 if direction else -1) * window[1]
                if far or (cut and (i + 1 if direction else i) in cut):
                    state = tuple(part.detach() for part in state)
                state, _ = by_hand.step(cell, copy, x[i][None], state)
                found[i] = state = tuple(part.clone() for part in state)  # h_i as it is used, apart from c_i
            states[layer, direction] = found
        read = [[states[layer, j][i][0] for i in range(steps)] for j in range(network.directions)]
        if layer == leaves:
            read = cut_off = [[h.detach().requires_grad_() for h in one] for one in read]
        x = [torch.cat([one[i][0] for one in read]) for i in range(steps)]
    return Copies(parameters, words, states, torch.stack(x) @ network.weight_out.t() + network.bias_out, cut_off)
