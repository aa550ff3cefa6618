"""The encoder–decoder network, with and without attention."""

import math
from typing import Literal, NamedTuple

import torch
from torch import Tensor, nn

from rnn_core.config import ModelConfig
from rnn_core.network.cells import State, cell_of
from rnn_core.network.dropout import Dropout
from rnn_core.network.embedding import Embedding
from rnn_core.network.losses import LossesInBlocks, at_once
from rnn_core.network.models import Batch, Outputs
from rnn_core.network.recurrent import Recurrent
from rnn_core.network.tape import current

Attention = Literal["none", "dot", "additive"]


class Memory(NamedTuple):
    """The source as the decoder sees it.

    Attributes:
        states: the encoder's states s_1 … s_S, (B, S, d), zero at pads.
        keys: U_a s_j of additive attention, (B, S, d), else the states.
        true: (B, S), false at pads.
        links: (B, L), the source step that alone is attended to at each of the decoder's first L steps; −1: the network chooses.
    """

    states: Tensor
    keys: Tensor
    true: Tensor
    links: Tensor


class Writing(NamedTuple):
    """The state between two steps of the decoder.

    Attributes:
        parts: the parts of the decoder's state, (layers, B, d) each.
        memory: the source; None without attention.
        fed: the last attentional state, (B, d), which is an input of the next step; None without input feeding.
        step: the number of steps before, the same for all texts.
    """

    parts: State
    memory: Memory | None
    fed: Tensor | None
    step: int = 0


class Translator(nn.Module):
    """An encoder reads the source x_1 … x_S; a decoder starts from its last state and writes the target y_1 … y_T.

    Without attention, o_t = c + V h_t: all that the decoder knows of the source is the state it starts from (Sutskever et al.
    2014). With attention, the decoder has a context g_t = Σ_j α_tj s_j, a mean of the encoder's states with the weights α_t, a
    softmax over the source. `dot`: α_tj ∝ exp(h_t · s_j) after the step (Luong et al. 2015). `additive`: α_tj ∝ exp(v · tanh(W_a
    h_{t−1} + U_a s_j)) before the step, whose input is [E y_{t−1}; g_t] (Bahdanau et al. 2015). In both, the readout reads the
    attentional state h̃_t = tanh(W_c [h_t; g_t]). With input feeding, h̃_{t−1} is a further input of the step (Luong et al. 2015).

    With teacher forcing, the decoder is one sweep over all steps, unless a step needs a value of the step before: with additive
    attention, input feeding or scheduled sampling the steps run one by one.

    Each of the encoder's two directions has d / 2 units, so that both states side by side are as wide as the decoder's.

    Args:
        config: the widths and the cell. With `bidirectional`, the encoder reads in both directions; with `tied`, the decoder's
            embedding and V are one parameter.
        read, written: the sizes of the two vocabularies.
        attention: `none`, `dot` or `additive`.
        feeding: input feeding, which needs attention.
        smoothing: ε of label smoothing (Szegedy et al. 2016) in training.
        sampling: the probability with which a step of training reads the decoder's own last answer (Bengio et al. 2015).

    Raises:
        ValueError: if d is odd with two directions, if a tied embedding is not d wide, or if input feeding has no attention.
    """

    def __init__(
        self,
        config: ModelConfig,
        read: int,
        written: int,
        attention: Attention = "dot",
        feeding: bool = False,
        smoothing: float = 0.0,
        sampling: float = 0.0,
    ):
        super().__init__()
        if config.bidirectional and config.hidden % 2:
            raise ValueError("both directions of the encoder have d / 2 units: d must be even")
        if config.tied and config.embedding != config.hidden:
            raise ValueError("a tied embedding is as wide as the state that the output reads")
        if feeding and attention == "none":
            raise ValueError("input feeding feeds the attentional state: it needs attention")
        self.config, self.feeding, self.smoothing, self.sampling = config, feeding, smoothing, sampling
        cell, n, d, scheme = cell_of(config), config.embedding, config.hidden, config.initialisation
        self.source, self.target = Embedding(read, n, scheme), Embedding(0 if config.tied else written, n, scheme)
        each = d // 2 if config.bidirectional else d
        self.encoder = Recurrent(cell, n, each, config.layers, config.bidirectional, config.dropout, scheme, config.variational)
        before = attention == "additive"
        width = n + d * before + d * feeding
        self.decoder = Recurrent(cell, width, d, config.layers, False, config.dropout, scheme, config.variational)
        self.dropout = Dropout(config.dropout, config.variational)
        self.combine = nn.Linear(2 * d, d, bias=False) if attention != "none" else None
        self.query = nn.Linear(d, d, bias=False) if before else None
        self.key = nn.Linear(d, d, bias=False) if before else None
        self.score = nn.Linear(d, 1, bias=False) if before else None
        self.weight_out, self.bias_out = nn.Parameter(torch.empty(written, d)), nn.Parameter(torch.zeros(written))
        if config.tied:
            self.target.weight = self.weight_out
        with torch.no_grad():
            if config.tied:  # of variance 1/n, as in `Network`
                self.weight_out.uniform_(-math.sqrt(3 / d), math.sqrt(3 / d))
            else:
                nn.init.xavier_uniform_(self.weight_out)
            for linear in filter(None, (self.combine, self.query, self.key, self.score)):
                nn.init.xavier_uniform_(linear.weight)

    @property
    def stepwise(self) -> bool:
        """Whether a step of the decoder needs a value of the step before it, besides its state."""
        return self.query is not None or self.feeding or (self.training and self.sampling > 0)

    def forward(self, batch: Batch) -> Outputs:
        """The forward pass with teacher forcing.

        Args:
            batch: `source`, vocabulary indices (S, B), padded at the end; `source_lengths`, (B,); `tokens`, the target from
                `<sos>` on, (T, B); `lengths`, (B,); optionally `at`, the indices in (T·B) for which logits are computed, (m,),
                and their `labels` and `weights`, (m,); optionally `links`, (L, B), as `start` takes it.

        Returns:
            `logits`, (T, B, k) or for `at` only, (m, k). In training with `labels`, the `losses`, (m,), with label smoothing;
            of more than `at_once` steps without it, also their weighted sum, `loss`.
        """
        return self.decode(batch, self.start(batch))

    def decode(self, batch: Batch, start: Writing) -> Outputs:
        """The same from a start of the decoder, as `start` returns it."""
        tokens, lengths, at = batch["tokens"], batch["lengths"], batch.get("at")
        read = self._steps(tokens, start) if self.stepwise else self._sweep(tokens, lengths, start)
        if at is None:
            return {"logits": self._logits(self.dropout.states(read, self.config.layers))}
        texts = tokens.shape[1]
        read = self.dropout.states(read.flatten(0, 1).index_select(0, at), self.config.layers, at % texts, texts)
        if "labels" not in batch or not self.training or current():
            return {"logits": self._logits(read)}
        if not self.smoothing and len(at) > at_once(len(self.bias_out)):
            loss, each = LossesInBlocks.apply(read, self.weight_out, self.bias_out, batch["labels"], batch["weights"])
            return {"loss": loss, "losses": each}
        logits = self._logits(read)
        return {"losses": nn.functional.cross_entropy(logits, batch["labels"], reduction="none", label_smoothing=self.smoothing)}

    def _sweep(self, tokens: Tensor, lengths: Tensor, start: Writing) -> Tensor:
        """What the readout reads at all steps, (T, B, d), in one sweep."""
        rows = self.target.rows(tokens)
        h, _ = self.decoder(rows._replace(table=self.dropout(rows.table)), lengths, start.parts)
        return h if start.memory is None else self._attentional(h, self._attend(h, start.memory))

    def _steps(self, tokens: Tensor, state: Writing) -> Tensor:
        """The same, step by step."""
        found: list[Tensor] = []
        weights: list[Tensor] = []
        sampling = self.sampling if self.training else 0.0
        for t, x_t in enumerate(self._embedded(tokens)):
            if sampling and t:
                own = self._logits(found[-1].detach()).argmax(1)
                chosen = torch.rand(len(own), device=own.device) < sampling
                x_t = torch.where(chosen[:, None], self._embedded(own), x_t)
            read, state, kept = self._step(x_t, state)
            found.append(read)
            weights += kept.values()
        if weights and (tape := current()):
            tape.put("attention", torch.stack(weights, 1), ("text", "target", "source"))
        return torch.stack(found)

    # ---- step by step ---------------------------------------------------------------------------------------------------

    def start(self, batch: Batch) -> Writing:
        """The decoder's state before the first step: the encoder's last.

        Args:
            batch: `source` (S, B) and `source_lengths` (B,); optionally `links` (L, B), for the decoder's first L steps the
                source step whose weight is set to 1 and all others to 0, −1 at steps whose weights the network computes.
        """
        rows, lengths = self.source.rows(batch["source"]), batch["source_lengths"]
        states, ends = self.encoder(rows._replace(table=self.dropout(rows.table)), lengths)
        if self.encoder.directions > 1:  # (layers · 2, B, d / 2) → (layers, B, d)
            ends = tuple(torch.cat((part[0::2], part[1::2]), 2) for part in ends)
        memory = None
        if self.combine is not None:
            states = states.transpose(0, 1)
            true = torch.arange(states.shape[1], device=states.device) < lengths[:, None]
            links = batch["links"].t() if "links" in batch else lengths.new_empty(len(lengths), 0)
            memory = Memory(states, states if self.key is None else self.key(states), true, links)
        h = ends[0][-1]
        return Writing(ends, memory, torch.zeros_like(h) if self.feeding else None)

    def step(self, tokens: Tensor, state: Writing) -> tuple[Tensor, Writing, dict[str, Tensor]]:
        """One step of the decoder, for the last token of each text, (B,): logits, (B, k), the new state, and with attention its
        weights α_t, "attention", (B, S)."""
        read, after, kept = self._step(self._embedded(tokens), state)
        return self._logits(read), after, kept

    def select(self, state: Writing, rows: Tensor) -> Writing:
        """The state of the given texts, (m,), with or without repetition: with these a beam search continues."""
        memory = state.memory and Memory(*(part.index_select(0, rows) for part in state.memory))
        fed = None if state.fed is None else state.fed.index_select(0, rows)
        return Writing(tuple(part.index_select(1, rows) for part in state.parts), memory, fed, state.step)

    def _embedded(self, tokens: Tensor) -> Tensor:
        """The vectors of target tokens of any shape, (…, n)."""
        rows = self.target.rows(tokens)
        return nn.functional.embedding(rows.which, self.dropout(rows.table))

    def _step(self, x: Tensor, state: Writing) -> tuple[Tensor, Writing, dict[str, Tensor]]:
        """One step for the vectors (B, n): what the readout reads, (B, d), the new state and kept values."""
        memory, inputs = state.memory, [x]
        if memory is not None and self.query is not None:
            alpha = self._linked(self._additive(state.parts[0][-1], memory)[:, None], memory, state.step)[:, 0]
            context = self._context(alpha, memory)
            inputs.append(context)
        if state.fed is not None:
            inputs.append(state.fed)
        parts, _ = self.decoder.step(torch.cat(inputs, 1), state.parts)
        h = parts[0][-1]
        if memory is None:
            return h, Writing(parts, None, None, state.step + 1), {}
        if self.query is None:
            alpha = self._linked(self._dot(h[None], memory), memory, state.step)[:, 0]
            context = self._context(alpha, memory)
        read = self._attentional(h, context)
        return read, Writing(parts, memory, None if state.fed is None else read, state.step + 1), {"attention": alpha}

    # ---- attention and readout ---------------------------------------------------------------------------------------

    def _attend(self, h: Tensor, memory: Memory) -> Tensor:
        """The contexts g of all steps, (T, B, d), by dot attention."""
        alpha = self._linked(self._dot(h, memory), memory)
        if tape := current():
            tape.put("attention", alpha, ("text", "target", "source"))
        return (alpha @ memory.states).transpose(0, 1)

    def _dot(self, h: Tensor, memory: Memory) -> Tensor:
        """α of states (T, B, d), (B, T, S); exactly 0 at pads."""
        scores = h.transpose(0, 1) @ memory.keys.transpose(1, 2)
        return scores.masked_fill(~memory.true[:, None], -torch.inf).softmax(2)

    def _additive(self, h: Tensor, memory: Memory) -> Tensor:
        """α_t of the state before the step, (B, d), (B, S); exactly 0 at pads."""
        assert self.query is not None and self.score is not None
        scores = self.score(torch.tanh(self.query(h)[:, None] + memory.keys))[:, :, 0]
        return scores.masked_fill(~memory.true, -torch.inf).softmax(1)

    def _linked(self, alpha: Tensor, memory: Memory, first: int = 0) -> Tensor:
        """The weights of the decoder's steps from `first` on, (B, T, S), with the forced links in them."""
        links = memory.links[:, first : first + alpha.shape[1]]
        steps = links.shape[1]
        if not steps:
            return alpha
        forced = nn.functional.one_hot(links.clamp(min=0), alpha.shape[2]).to(alpha)
        begins = torch.where(links[:, :, None] >= 0, forced, alpha[:, :steps])
        return torch.cat((begins, alpha[:, steps:]), 1)

    def _context(self, alpha: Tensor, memory: Memory) -> Tensor:
        """g_t, (B, d)."""
        return (alpha[:, None] @ memory.states)[:, 0]

    def _attentional(self, h: Tensor, context: Tensor) -> Tensor:
        """h̃ = tanh(W_c [h; g]), (…, d)."""
        assert self.combine is not None
        return torch.tanh(self.combine(torch.cat((h, context), -1)))

    def _logits(self, read: Tensor) -> Tensor:
        """o = c + V h̃, (…, k)."""
        return nn.functional.linear(read, self.weight_out, self.bias_out)


def count_parameters(config: ModelConfig, read: int, written: int) -> int:
    """The number of parameters of a `Translator` of this config, from the declarations, without making a tensor.

    Args:
        read, written: the sizes of the two vocabularies.
    """
    cell, n, d = cell_of(config), config.embedding, config.hidden

    def stack(width: int, units: int, directions: int) -> int:
        total = 0
        for _ in range(config.layers):
            total += directions * sum(math.prod(declared.shape) for declared in cell.parameters(width, units).values())
            width = units * directions
        return total

    directions = 2 if config.bidirectional else 1
    additive = config.attention == "additive"
    return (
        (read + (0 if config.tied else written)) * n
        + stack(n, d // directions, directions)
        + stack(n + d * additive + d * config.input_feeding, d, 1)
        + 2 * d * d * (config.attention != "none")
        + (2 * d * d + d) * additive
        + written * (d + 1)
    )
