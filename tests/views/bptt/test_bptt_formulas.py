"""Every formula of the way back is evaluated as it is written, with numbers of autograd, for what is shown."""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import cached_property
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from rnn_core.analysis.backward import backward
from rnn_core.analysis.trace import trace
from rnn_core.network.cells import Given
from rnn_core.network.recurrence import zero_state
from rnn_core.views import bptt as views
from rnn_core.views import sums
from rnn_core.views.bptt import formulas
from rnn_core.views.bptt.asked import Asked, looked_at
from rnn_core.views.bptt.pairs import display_lines
from rnn_core.views.inputs import given
from tests import by_hand
from tests.analysis.gradients import loaded, unrolled
from tests.tiny import CELLS

TEXT = "the film was not good"
T, K = 4, 2
"""A loss and a copy, from 0; T = 2 and K = 4 where the text is read from the end."""

PLACES = [
    (1, False, 0, 0), (2, False, 0, 0), (2, False, 1, 0), (2, True, 0, 0), (2, True, 0, 1), (2, True, 1, 0), (2, True, 1, 1),
]  # fmt: skip
"""Layers, both directions; the layer and the direction that are shown."""


class Numbers:
    """What each letter of the formulas stands for at one loss and one copy, by a second way: the unrolled network's autograd."""

    def __init__(self, asked: Asked, one: Any, indices: list[int], t: int, k: int) -> None:
        self.asked, self.one, self.network, self.t, self.k = asked, one, one.network, t, k
        self.cell, self.d = one.network.cell, one.config.model.hidden
        self.layer, self.direction = asked.layer, asked.direction
        self.steps, self.after, self.before = len(indices), k + (-1 if asked.direction else 1), k + (1 if asked.direction else -1)
        self.twin = unrolled(one, indices)
        self.above = unrolled(one, indices, leaves=asked.layer) if not asked.top else None
        self.classes = asked.flow.targets

    def loss(self, logits: Tensor, t: int) -> Tensor:
        label = int(self.classes[t])
        return logits[t, label] if self.asked.flow.logit else cross_entropy(logits[t][None], torch.tensor([label]))

    @cached_property
    def copies(self) -> dict[tuple[int, int, str], list[Tensor]]:
        return self.twin.gradient(self.loss(self.twin.logits, self.t))

    def state(self, step: int, layer: int | None = None) -> tuple[Tensor, ...]:
        """The state after a step, each part (1, d); zero outside of the text."""
        if 0 <= step < self.steps:
            return self.twin.states[self.layer if layer is None else layer, self.direction][step]
        return tuple(part for part in zero_state(self.cell, 1, self.d, self.network.bias_out))

    def at_state(self, step: int) -> Tensor:
        found = torch.autograd.grad(
            self.loss(self.twin.logits, self.t), self.state(step), retain_graph=True, allow_unused=True, materialize_grads=True
        )
        return torch.cat(found, 1)[0]

    def outside(self, step: int) -> Tensor:
        """∂⁺L(t)/∂h: what comes from outside of this layer and direction."""
        if self.above is None:
            return self.at_state(step)[: self.d] * (step == self.t)
        (found,) = torch.autograd.grad(
            self.loss(self.above.logits, self.t), self.above.leaves[self.direction][step], allow_unused=True,
            materialize_grads=True, retain_graph=True,
        )  # fmt: skip
        return found[0]

    def input(self, step: int, layer: int) -> Tensor:
        if layer == 0:
            return self.twin.words[step]
        return torch.cat([self.twin.states[layer - 1, j][step][0][0] for j in range(self.network.directions)])

    def delta(self, product: str, step: int, layer: int, direction: int) -> Tensor:
        """δ at a product: a copy's gradient is δ vᵀ, so δ is that times v over v·v."""
        gradient = self.copies[layer, direction, product][step]
        if gradient.dim() == 1:
            return gradient
        if product in self.cell.of_step:
            before = step + (1 if direction else -1)
            v = self.twin.states[layer, direction][before][0][0].detach()
        else:
            v = self.input(step, layer).detach()
        return gradient @ v / (v @ v)

    def own(self, step: int) -> dict[str, Tensor]:
        return {name: p.detach() for name, p in self.network.layer(self.layer, self.direction).items()}

    def products(self, step: int) -> dict[str, Tensor]:
        """By name what each product of a step is, and the vectors."""
        own = self.own(step)
        p, h = by_hand.ByHand(self.cell, own), self.state(step + (1 if self.direction else -1))[0].detach()
        found = {name: p.times(name, self.input(step, self.layer).detach()[None]) for name in self.cell.of_inputs}
        found |= {name: p.times(name, h) for name in self.cell.of_step}
        return found | {name: own[name][None] for name in self.cell.products if name not in found}

    def moved(self, step: int, product: str | None) -> Callable[[Tensor], Tensor]:
        """The state after a step as a function of one product, or of the state before with all products fixed."""
        before = tuple(part.detach() for part in self.state(step + (1 if self.direction else -1)))

        def after(value: Tensor) -> Tensor:
            own, start = self.products(step), before
            if product is None:
                start = tuple(value[None].chunk(len(before), 1))
            else:
                own |= {product: value[None]}
            return torch.cat(self.cell.step(Given(own), own, start)[0], 1)[0]

        return after

    def jacobian(self, step: int, product: str | None) -> Tensor:
        before = torch.cat(self.state(step + (1 if self.direction else -1)), 1)[0]
        value = before if product is None else self.products(step)[product][0]
        found: Tensor = torch.autograd.functional.jacobian(self.moved(step, product), value.detach())
        return found

    def atoms(self) -> dict[str, Tensor]:
        asked, facts, cell, k = self.asked, self.asked.facts, self.cell, self.k
        state, letters = facts.state, {name: formulas.latex(letter) for name, letter in facts.letters.items()}
        place = (self.layer, self.direction)
        named = {"t": self.t, "k": k, "k+1": k + 1, "k-1": k - 1}
        found: dict[str, Tensor] = {r"\hat y_t": self.twin.logits[self.t].softmax(0)}
        found["y_t"] = torch.nn.functional.one_hot(torch.tensor(int(self.classes[self.t])), len(found[r"\hat y_t"])).double()
        for name, step in named.items():
            if 0 <= step < self.steps:
                braces = name if len(name) == 1 else f"{{{name}}}"
                found[rf"\frac{{\partial L(t)}}{{\partial {state}_{braces}}}"] = self.at_state(step)
                found[f"h_{braces}"] = self.state(step)[0][0]
                for product in cell.products:
                    if product in cell.of_step and not 0 <= step + (1 if self.direction else -1) < self.steps:
                        continue
                    below = "" if facts.bounded else f"_{{{letters[product]}}}"
                    found[rf"\delta{below}(t,{name})"] = self.delta(product, step, *place)
                kept = cell_kept(self, step)
                found |= {f"{one}_{braces}": value for one, value in kept.items()}
        found["x_k" if not self.layer else f"h^{{({self.layer})}}_k"] = self.input(k, self.layer)
        found[r"\frac{\partial^+ L(t)}{\partial h_k}"] = self.outside(k)
        h = self.state(k)[0][0]
        slopes = {"tanh": 1 - h * h, "sigmoid": h * (1 - h), "relu": (h > 0).double()}
        found[r"\varphi'(a_k)"] = slopes[self.one.config.model.activation]
        own_columns = slice(self.direction * self.d, (self.direction + 1) * self.d)
        if asked.top:
            arrow = ("", r"_{\rightarrow}", r"_{\leftarrow}")[(1 + self.direction) * (facts.directions == 2)]
            found[rf"V{arrow}^\top"] = self.network.weight_out[:, own_columns].t()
        else:
            for direction in range(facts.directions):
                arrow = (r"\rightarrow", r"\leftarrow")[direction] if facts.directions == 2 else ""
                there = f"{arrow}({self.layer + 2})"
                below = "" if facts.bounded else f"_{{{letters['weight_ih']}}}"
                u = self.network.layer(self.layer + 1, direction)["weight_ih"][:, own_columns]
                found[rf"U^{{{there}\top}}"] = u.t()
                found[rf"\delta{below}^{{{there}}}(t,k)"] = self.delta("weight_ih", k, self.layer + 1, direction)
        for name in cell.of_step:
            found[rf"{letters[name]}^\top"] = self.own(k)[name].t()
        for name in cell.declared:
            found[rf"\frac{{\partial L(t)}}{{\partial {letters[name]}|(k)}}"] = self.copies[(*place, name)][k]
            product = facts.products[name]
            if rows := facts.last_gates(name):
                found[rf"[\delta_{{{letters[product]}}}(t,k)]_{{{','.join(rows)}}}"] = self.delta(product, k, *place)[-self.d :]
        for product in cell.products:
            read = f"h^{{({self.layer})}}_k" if self.layer else "x_k"
            inner = ("h_{k+1}" if self.direction else "h_{k-1}") if product in cell.of_step else read
            at = f"({letters[product]} {inner})" if product in (*cell.of_step, *cell.of_inputs) else f"{letters[product]}|(k)"
            found[rf"\Bigl(\frac{{\partial^+ {state}_k}}{{\partial {at}}}\Bigr)^\top"] = self.jacobian(k, product).t()
        if 0 <= self.after < self.steps:
            after = "k-1" if self.direction else "k+1"
            jacobian = self.jacobian(self.after, None)
            found[rf"\Bigl(\frac{{\partial^+ {state}_{{{after}}}}}{{\partial {state}_k}}\Bigr)^\top"] = jacobian.t()
        for name in ("weight_out", "bias_out"):
            found[rf"\frac{{\partial L(t)}}{{\partial {letters[name]}|(t)}}"] = readout_copy(self, name)
        return found


def cell_kept(numbers: Numbers, step: int) -> dict[str, Tensor]:
    """What the cell keeps at a step, by its letters."""
    own, start = numbers.products(step), numbers.state(step + (1 if numbers.direction else -1))
    _, kept = numbers.cell.step(Given(own), own, start)
    return {name: value[0] for name, value in zip(numbers.cell.kept_names, kept, strict=True)}


def readout_copy(numbers: Numbers, name: str) -> Tensor:
    own = {one: getattr(numbers.network, one).clone().requires_grad_() for one in ("weight_out", "bias_out")}
    top = numbers.input(numbers.t, numbers.network.config.layers)
    value = numbers.loss((own["weight_out"] @ top + own["bias_out"]).expand(numbers.steps, -1), numbers.t)
    return torch.autograd.grad(value, own[name])[0]


def evaluated(text: str, atoms: dict[str, Tensor]) -> Tensor:
    """A side of an equation: sums of products, ⊙ and brackets. Raises KeyError on what stands for nothing."""
    names = sorted(atoms, key=len, reverse=True)
    tokens: list[Any] = []
    rest = re.sub(r"\\,|\\bigl|\\bigr", " ", text)
    while rest := rest.lstrip():
        atom = next((name for name in names if rest.startswith(name)), None)
        sign = next((one for one in (r"\odot", r"^\top", "+", "-", "(", ")", ",", "1", "0") if rest.startswith(one)), None)
        if atom is None and sign is None:
            raise KeyError(f"nothing stands for the start of {rest!r}")
        took = atom if atom is not None else sign
        tokens.append(atoms[atom] if atom is not None else sign)
        rest = rest[len(took or "") :]

    def total() -> Tensor:
        found = product()
        while tokens and tokens[0] in ("+", "-") if tokens and isinstance(tokens[0], str) else False:
            sign = tokens.pop(0)
            found = found + product() if sign == "+" else found - product()
        return found

    def product() -> Tensor:
        found = chain()
        while tokens and isinstance(tokens[0], str) and tokens[0] == r"\odot":
            tokens.pop(0)
            found = found * chain()
        return found

    def chain() -> Tensor:
        found = one()
        while tokens and (not isinstance(tokens[0], str) or tokens[0] in ("(", "1")):
            other = one()
            found = torch.outer(found, other) if found.dim() == other.dim() == 1 else found @ other
        return found

    def one() -> Tensor:
        token = tokens.pop(0)
        if not isinstance(token, str):
            value = token
            if tokens and isinstance(tokens[0], str) and tokens[0] == r"^\top":
                tokens.pop(0)
            return value
        if token == "1":
            return torch.ones(())
        assert token == "(", token
        found = total()
        if tokens[0] == ",":
            assert [tokens.pop(0) for _ in range(2)] == [",", "0"]
            found = torch.cat((found, torch.zeros_like(found)))
        assert tokens.pop(0) == ")"
        return found

    found = total()
    assert not tokens, tokens
    return found


def asked_of(
    name: str, layers: int, both: bool, layer: int, direction: int, parameter: str, **aim: Any
) -> tuple[Asked, Any, Any]:
    one = loaded(name, "tag" if both else "classify", layers=layers, bidirectional=both)
    way = backward(one, trace(one, TEXT), **{"loss": "every"} | aim)
    t, k = (K, T) if direction else (T, K)
    inputs = given(target=way)
    return looked_at(inputs, views.Way(t, k, layer, direction, parameter).settled(inputs)), one, way


@pytest.mark.parametrize(("layers", "both", "layer", "direction"), PLACES)
@pytest.mark.parametrize("name", CELLS)
def test_the_formulas_of_a_copy_hold_as_they_are_written(name: str, layers: int, both: bool, layer: int, direction: int) -> None:
    asked, one, way = asked_of(name, layers, both, layer, direction, "")
    numbers = Numbers(asked, one, way.trace.indices.tolist(), asked.step, asked.copy)
    atoms = numbers.atoms()
    own = Numbers(asked, one, way.trace.indices.tolist(), asked.step, asked.step).atoms()
    seen = set()
    for parameter in asked.facts.offered:
        shown = replace(asked, parameter=parameter)
        lines = [formulas.copy(shown)] if shown.readout else display_lines(shown)
        for line in lines:
            assert line.replace(" = ", " &= ", 1) in views.MAP.explain(shown)
            left, right = line.split(" = ")
            values = own | {"h_t": way.done.top[asked.step]} if shown.readout else own if "_t}}" in left else atoms
            np.testing.assert_allclose(evaluated(right, values).detach(), values[left].detach(), rtol=0, atol=1e-11, err_msg=line)
            assert values[left].abs().max() > 0 or name == "relu"
            seen.add(left)
        _holds_the_sum(shown, way)
    assert len(seen) >= len(asked.facts.offered) + 3


def _holds_the_sum(asked: Asked, way: Any) -> None:
    """The sum over losses and copies: its condition leaves out what receives nothing, and the words give the weights."""
    whole, held, flow = formulas.whole(asked), asked.held, asked.flow
    assert formulas.display([whole]) in views.MAP.explain(asked)
    if not asked.readout:
        condition: dict[str, Callable[[int, int], bool]] = {
            r"\sum_{k}": lambda t, k: True, r"\sum_{k \ge t}": lambda t, k: k >= t, r"\sum_{k \le t}": lambda t, k: k <= t,
        }  # fmt: skip
        (inside,) = (test for name, test in condition.items() if name in whole)
        for r, t in enumerate(flow.rows):
            reached = held.pairs[asked.parameter][r] > 0
            assert not any(reached[k] and not inside(t, k) for k in range(len(reached)))
    said, counted = sums.weighted(flow.weights), flow.weights[flow.weights > 0]
    if "their mean" in said:
        assert f"1/{len(counted)} " in said
        np.testing.assert_allclose(counted, 1 / len(counted))
    else:
        assert (counted == 1).all() and ("their sum" in said or len(counted) == 1)


@pytest.mark.parametrize(("layers", "both", "layer", "direction"), PLACES)
@pytest.mark.parametrize("name", CELLS)
def test_the_walk_in_three_factors_holds_for_all_parameters(
    name: str, layers: int, both: bool, layer: int, direction: int
) -> None:
    asked, one, way = asked_of(name, layers, both, layer, direction, "")
    numbers = Numbers(asked, one, way.trace.indices.tolist(), asked.step, asked.copy)
    for parameter in asked.facts.offered[:-2]:
        inputs = given(target=way)
        controls = views.Way(asked.step, asked.copy, layer, direction, parameter).settled(inputs)
        walk = views.WALK.answer(inputs, controls)
        shown, copy = walk.asked, numbers.copies[layer, direction, parameter][asked.copy]
        formula = formulas.path(shown)
        assert formulas.display([formula]) in views.WALK.explain(walk)
        assert walk.path.whole_norm == pytest.approx(float(copy.norm()), abs=1e-12)
        assert walk.path.whole_norm == pytest.approx(shown.held.pairs[parameter][shown.row, shown.copy], abs=1e-12)
        if shown.top:
            assert r"\sum" not in formula and walk.path.gradient_norm == pytest.approx(walk.path.whole_norm, abs=1e-12)
        else:
            first = asked.copy if r"s \ge k" in formula else 0
            last = asked.copy if r"s \le k" in formula else asked.step if r"s \le t" in formula else numbers.steps - 1
            assert sorted(walk.path.ways.tolist()) == list(range(first, last + 1))
        total = torch.zeros_like(copy.flatten())
        for s in walk.path.ways.tolist():
            leaf = numbers.twin.parameters[layer, direction, parameter][asked.copy]
            h, grad = numbers.state(s)[0][0], numbers.outside(s)
            came = torch.autograd.grad(h, leaf, grad, retain_graph=True, allow_unused=True, materialize_grads=True)
            total += came[0].flatten()
        np.testing.assert_allclose(total, copy.flatten(), rtol=0, atol=1e-11)


@pytest.mark.parametrize("both", [False, True])
@pytest.mark.parametrize("logit", [False, True])
@pytest.mark.parametrize(("loss", "reduce"), [("last", "mean"), ("every", "mean"), ("every", "sum")])
def test_the_gradients_of_v_and_c_are_the_sum_that_is_written(loss: str, reduce: str, logit: bool, both: bool) -> None:
    aim = {"logit": logit, "reduce": reduce} | ({} if both else {"loss": loss})
    for parameter, drawn in (("weight_out", r"\, h_t^\top"), ("bias_out", "")):
        asked, one, way = asked_of("gru", 1, both, 0, 0, parameter, **aim)
        error = "y_t" if logit else r"(\hat y_t - y_t)"
        letter = asked.letter
        assert formulas.whole(asked) == rf"\frac{{\partial L}}{{\partial {letter}}} = \sum_t w_t\, {error}{drawn}"
        total = torch.zeros_like(getattr(one.network, parameter))
        for t in asked.flow.rows.tolist():
            atoms = Numbers(asked, one, way.trace.indices.tolist(), t, t).atoms()
            atoms["h_t"] = way.done.top[t]
            total += asked.flow.weights[t] * evaluated(error + drawn.replace(r"\,", " "), atoms)
        assert float(total.detach().norm()) == pytest.approx(asked.flow.norms[parameter], abs=1e-11)
        _holds_the_sum(asked, way)


@pytest.mark.parametrize("name", CELLS)
def test_the_numbers_beside_the_map_multiply_to_the_gradient(name: str) -> None:
    for parameter in asked_of(name, 1, False, 0, 0, "")[0].facts.offered:
        asked, *_ = asked_of(name, 1, False, 0, 0, parameter)
        said = views.MAP.explain(asked)
        found = re.search(r"‖δ‖ = ([\d.e+-]+) times ‖[^‖]*‖ = ([\d.e+-]+) is a gradient of length ([\d.e+-]+)\.", said)
        value = asked.held.pairs[parameter][asked.row, asked.step if asked.readout else asked.copy]
        if found:
            delta, factor, length = map(float, found.groups())
            assert delta * factor == pytest.approx(length, rel=2e-3) and length == pytest.approx(value, rel=1e-3)
        else:
            assert f"{value:.4g}" in said
