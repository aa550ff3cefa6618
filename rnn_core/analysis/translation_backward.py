"""The way back of a translation: what the loss at each target token sends to each step of the encoder and of the decoder."""

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import cross_entropy

from rnn_core.analysis import pair_way_back
from rnn_core.analysis.bptt_pass import MOST_WORK
from rnn_core.analysis.loading import Loaded
from rnn_core.analysis.sweep import Reached, back, sweep
from rnn_core.analysis.translating import translate
from rnn_core.config import Problem, TranslateConfig
from rnn_core.data.vocabulary import EOS, SOS
from rnn_core.language import tr
from rnn_core.network.device import array, number
from rnn_core.network.models import Batch
from rnn_core.network.recorded import Recorded
from rnn_core.network.tape import record
from rnn_core.network.translator import Translator, Writing
from rnn_core.results import ENCODER, LossGradient, SideGradients, Translation, TranslationGradients, WayBack

MOST_TOKENS = 300
"""Tokens of each text, up to which the gradients of all pairs of a loss and a copy are computed."""

Gradients = dict[str, Tensor]


@dataclass(frozen=True)
class TranslationBackward:
    """One pair of texts on the way back; what is not asked for is not computed, and nothing twice.

    Attributes:
        translation: the pair as the run reads it.
        network: the run's network, in float64 where the gradients shall be precise.
        batch: the pair: `source` (S, 1) and `tokens` (T, 1) with their lengths, and `wanted`, the token that the loss of each
            step asks for, (T, 1), −1 where there is none.
        logit: whether L(t) is the token's logit instead of its loss.
    """

    loaded: Loaded
    translation: Translation
    network: Translator
    batch: Batch
    logit: bool = False
    _kept: dict[Any, Any] = field(default_factory=dict)

    @property
    def steps(self) -> np.ndarray:
        """(m,) the steps with a target, from 0."""
        return np.flatnonzero(array(self.batch["wanted"])[:, 0] >= 0)

    @property
    def flow(self) -> TranslationGradients:
        """What each copy receives from each loss, and the total."""
        return self._once("flow", self._flow)

    @property
    def followed(self) -> str:
        """The matrix whose copies `ways` follows, by the code's name."""
        return self.loaded.cell.followed

    @property
    def ways(self) -> tuple[WayBack, ...]:
        """Single losses, and as the last one their mean, followed to the copies of `followed`."""
        how = self.network, self.batch, self.losses, self.steps, self.followed
        return self._once("ways", lambda: pair_way_back.ways(*how))

    def loss(self, step: int) -> LossGradient:
        """The gradient of the loss at one step. Raises ValueError if the step has no target."""
        if step not in self.steps:
            raise ValueError(f"step {step} has no target")
        return self._once(step, lambda: self._loss(step))

    def _once(self, key: Any, compute: Callable[[], Any]) -> Any:
        if key not in self._kept:
            self._kept[key] = compute()
        return self._kept[key]

    @property
    def _trained(self) -> Translator:
        """The network with gradients."""
        found: Translator = self._once("trained", lambda: copy.deepcopy(self.network).requires_grad_(True))
        return found

    def losses(self, outputs: Any, batch: Batch) -> Tensor:
        """(T, B) the loss of each step, 0 where it has no target."""
        logits, wanted = outputs["logits"], batch["wanted"]
        known = wanted.clamp(min=0)
        if self.logit:
            each = logits.gather(2, known[:, :, None])[:, :, 0]
        else:
            each = cross_entropy(logits.flatten(0, 1), known.flatten(), reduction="none").view_as(known)
        return each.masked_fill(wanted < 0, 0)

    def _flow(self) -> TranslationGradients:
        seen, steps = self.translation, self.steps
        with torch.no_grad():
            values = array(self.losses(self.network(self.batch), self.batch))[:, 0].astype(np.float64)
        if not np.isfinite(values).all():
            raise Problem(tr("This network's numbers overflow on this text, so there is no gradient. Choose a shorter text."))
        weights = np.zeros(len(values))
        weights[steps] = 1 / max(1, len(steps))
        values[np.setdiff1d(np.arange(len(values)), steps)] = np.nan
        rows = self._followed(steps)
        parts: dict[str, list[dict[str, dict[str, np.ndarray]]]] = {}
        for block in sweep(self.network, self.batch, self.losses, rows.tolist()):
            for name, reached in block.layers.items():
                parts.setdefault(name, []).append(_copies(reached))
        sides = tuple(_side(name, some) for name, some in parts.items())
        ours, wanted = self._by_copies(weights), self._by_autograd(weights)
        wanted_words = self.loaded.speech.vocabularies["target"].words
        return TranslationGradients(
            seen.source.tokens,
            seen.target.tokens,
            tuple("" if i < 0 else wanted_words[i] for i in array(self.batch["wanted"])[:, 0].tolist()),
            values,
            weights,
            float(np.nansum(weights * values)),
            self.logit,
            rows,
            sides,
            {name: number(gradient.norm()) for name, gradient in wanted.items()},
            {name: number((gradient - wanted[name]).abs().max()) for name, gradient in ours.items()},
            8 * self.network.bias_out.element_size(),
        )

    def _followed(self, steps: np.ndarray) -> np.ndarray:
        """(R,) the steps whose losses are followed one by one: all, or every n-th from the last back."""
        weights = sum(p.numel() for part in (self.network.encoder, self.network.decoder) for p in part.parameters())
        work = 6 * weights * (len(self.batch["source"]) + len(self.batch["tokens"])) * len(steps)
        return steps[::-1][:: max(1, math.ceil(work / MOST_WORK))][::-1].copy()

    def weighted(self, outputs: Any, weights: np.ndarray) -> Tensor:
        """Σ w_t L(t), ()."""
        each = self.losses(outputs, self.batch)[:, 0]
        return (each * torch.from_numpy(weights).to(each)).sum()

    def _by_copies(self, weights: np.ndarray) -> Gradients:
        """The gradient of Σ w_t L(t) at each recurrent parameter, as the sum over its copies."""
        with torch.enable_grad():
            with record(self.network) as tape:
                outputs = self.network(self.batch)
            deltas, _ = back(self.weighted(outputs, weights), tape)
        return {f"{name}.{parameter}": gradient[0] for name, done in tape.items()
                for parameter, gradient in done.gradients(deltas[name]).items()}  # fmt: skip

    def _by_autograd(self, weights: np.ndarray) -> Gradients:
        """The same at all parameters, by autograd through the network as it is trained."""
        network = self._trained
        with torch.enable_grad():
            value = self.weighted(network(self.batch), weights)
            found = torch.autograd.grad(value, [*network.parameters()], allow_unused=True, materialize_grads=True)
        return {name: gradient for (name, _), gradient in zip(network.named_parameters(), found, strict=True)}

    def _loss(self, step: int) -> LossGradient:
        weights = np.eye(len(self.batch["tokens"]))[step]
        ours, wanted = self._by_copies(weights), self._by_autograd(weights)
        start, direct, ways = self._ways(weights)
        whole = sum((one.square().sum() for one in map(torch.add, *ways)), torch.zeros(()))
        first = sum((a * (a + b)).sum() for a, b in zip(*ways, strict=True))
        by_start, by_attention = (math.sqrt(sum(number(one.square().sum()) for one in way)) for way in ways)
        return LossGradient(
            step,
            {name: number(gradient.norm()) for name, gradient in wanted.items()},
            {name: number(gradient.norm()) for name, gradient in ours.items()},
            {name: number((gradient - wanted[name]).abs().max()) for name, gradient in ours.items()},
            start,
            by_start,
            by_attention,
            number(first / whole) if number(whole) else math.nan,
            direct,
        )

    def _ways(self, weights: np.ndarray) -> tuple[float, np.ndarray, tuple[list[Tensor], list[Tensor]]]:
        """The two ways of a loss to the encoder: ‖∂⁺L/∂(start state)‖, ‖∂⁺L/∂s_j‖ through attention, (S,), and the gradients
        of the encoder and its embedding by the first and by the second."""
        network = self._trained
        own = [p for name, p in network.named_parameters() if name.startswith(ENCODER)]
        with torch.enable_grad():
            state = network.start(self.batch)
            memory = () if state.memory is None else (state.memory.states, state.memory.keys)
            held = [part.detach().requires_grad_() for part in (*state.parts, *memory)]
            parts = len(state.parts)
            read_by = state.memory and state.memory._replace(states=held[parts], keys=held[parts + 1])
            given = Writing(tuple(held[:parts]), read_by, state.fed)
            value = self.weighted(network.decode(self.batch, given), weights)
            at = torch.autograd.grad(value, held, allow_unused=True, materialize_grads=True)
            direct = torch.zeros(len(self.batch["source"]))
            if memory:
                states, keys = memory
                by_key = at[-1] if keys is states else torch.autograd.grad(keys, states, at[-1], retain_graph=True)[0]
                read = at[parts] + by_key
                direct = read[0].norm(dim=1)
                attended = torch.autograd.grad(states, own, read, retain_graph=True, allow_unused=True, materialize_grads=True)
            else:
                attended = tuple(torch.zeros_like(p) for p in own)
            started = torch.autograd.grad(state.parts, own, at[:parts], allow_unused=True, materialize_grads=True)
        start = math.sqrt(sum(number(one.square().sum()) for one in at[:parts]))
        return start, array(direct), ([*started], [*attended])


def _copies(reached: Reached) -> dict[str, dict[str, np.ndarray]]:
    """The fields of `SideGradients` by name, for some of the losses."""
    done: Recorded = reached.recorded
    gradients = reached.gradients()
    found: dict[str, dict[str, np.ndarray]] = {"states": {}, "pairs": {}, "shares": {}, "norms": {}}
    for part, gradient in zip(done.cell.parts, reached.states, strict=True):
        found["states"][part] = array(gradient.norm(dim=2))
    for name, p in done.parameters.items():
        delta = reached.deltas[done.cell.product_of(name)][:, :, -len(p) :]
        matrix = name in done.products
        v = done.products[name].inputs.detach().transpose(0, 1) if matrix else delta.new_ones(*delta.shape[:2], 1)
        whole = gradients[name].view(len(delta), len(p), -1)
        size = whole.flatten(1).norm(dim=1)
        scaled = whole / size.clamp(min=torch.finfo(whole.dtype).tiny)[:, None, None]
        along = (torch.bmm(delta, scaled) * v).sum(2) / size.clamp(min=torch.finfo(whole.dtype).tiny)[:, None]
        found["pairs"][name] = array(delta.norm(dim=2) * v.norm(dim=2))
        found["shares"][name] = array(along.masked_fill(size[:, None] == 0, 0))
        found["norms"][name] = array(size)
    return found


def _side(name: str, parts: Sequence[dict[str, dict[str, np.ndarray]]]) -> SideGradients:
    side, layer, direction = name.split(".")
    fields = {field: {key: np.concatenate([one[field][key] for one in parts]) for key in parts[0][field]} for field in parts[0]}
    return SideGradients(side, int(layer), int(direction), **fields)


def translation_backward(
    loaded: Loaded, source: str, reference: str | None = None, logit: bool = False, precise: bool = False
) -> TranslationBackward:
    """A text and its translation on the way back.

    Args:
        loaded: a run of translation.
        source: as typed.
        reference: the target that the losses ask for; None: the run's own translation, by greedy search.
        logit: the logit of each token instead of its loss.
        precise: in float64.

    Raises:
        Problem: as `translate` does, or if a text has more than `MOST_TOKENS` tokens or the target is empty and did not end.
    """
    seen = translate(loaded, source, TranslateConfig(), reference=reference)
    longest = max(len(seen.source.tokens) - 2, len(seen.target.tokens) - 1)
    if longest > MOST_TOKENS:
        raise Problem(tr(
            "One of the two texts has {tokens:,} tokens; the way back is followed for up to {most} in each. Take a part of it.",
            tokens=longest, most=MOST_TOKENS,
        ))  # fmt: skip
    vocabulary = loaded.speech.vocabularies["target"]
    read = [SOS, *loaded.speech.vocabulary.encode(seen.source.tokens[1:-1]), EOS]
    written = vocabulary.encode(seen.target.tokens[1:])
    network = loaded.network
    assert isinstance(network, Translator)
    batch = {
        "source": torch.tensor(read)[:, None], "source_lengths": torch.tensor([len(read)]),
        "tokens": torch.tensor([SOS, *written])[:, None], "lengths": torch.tensor([len(written) + 1]),
        "wanted": torch.tensor([*written, EOS if seen.ended else -1])[:, None],
    }  # fmt: skip
    if not seen.ended and not written:
        raise Problem(tr("The run wrote nothing for this text, so there is no loss. Type a target."))
    return TranslationBackward(loaded, seen, copy.deepcopy(network).double() if precise else network, batch, logit)
