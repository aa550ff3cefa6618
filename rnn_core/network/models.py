"""The network: embedding, recurrent layers, readout. One module for every task."""

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor, nn

from rnn_core.config import ModelConfig
from rnn_core.network.cells import Cell, State, cell_of
from rnn_core.network.dropout import Dropout
from rnn_core.network.embedding import Embedding, Inputs, Rows
from rnn_core.network.losses import LossesInBlocks, at_once
from rnn_core.network.recurrence import Parameters
from rnn_core.network.recurrent import Recurrent
from rnn_core.network.tape import current

Batch = Mapping[str, Any]
"""The tensors of a batch, and states, by name."""
Outputs = dict[str, Any]
"""The outputs of a network for a batch, by name."""


class Network(nn.Module):
    """x_t = E[w_t], h_t by the cell, in stacked layers, and o_t = c + V h_t.

    Parameters are named as in the formulas' code spelling: `embedding.weight` E (N, n), `cells.{layer}.{direction}.weight_ih`
    and so on, `weight_out` V (k, D), `bias_out` c (k,), where D = d times the number of directions. With `config.tied`, E and V
    are one parameter (Press and Wolf 2017; Inan et al. 2017), whose first name is `weight_out`.

    With the form of words (`data.forms`), x_t is E[w_t] and beside it the embedding of each feature of w_t's form,
    `forms.{name}.weight`, (N_i, `config.form`); n is then the width of all of them together. Tokens are then fed with the
    features' indices, (…, 1 + F), the word's first.

    Args:
        config: the widths and the cell.
        words: N, the size of the vocabulary.
        classes: k.
        forms: N_i, the sizes of the vocabularies of the features, by name; {} without the form of words.
    """

    def __init__(self, config: ModelConfig, words: int, classes: int, forms: Mapping[str, int] = MappingProxyType({})):
        super().__init__()
        self.config, scheme = config, config.initialisation
        self.embedding = Embedding(words, config.embedding, scheme)
        of_form = {name: Embedding(size, config.form, scheme) for name, size in forms.items()}
        if forms:
            self.forms = nn.ModuleDict(of_form)
        self.inputs = Inputs({"embedding": self.embedding} | {f"forms.{name}": table for name, table in of_form.items()})
        self.cells = Recurrent(
            cell_of(config), self.inputs.width, config.hidden, config.layers, config.bidirectional, config.dropout, scheme,
            config.variational,
        )
        own = torch.empty(0 if config.tied else classes, config.hidden * self.directions)
        self.weight_out = self.embedding.weight if config.tied else nn.Parameter(own)
        self.bias_out = nn.Parameter(torch.empty(classes))
        self.dropout = Dropout(config.dropout, config.variational)
        with torch.no_grad():
            if scheme == "torch":  # as torch.nn.Linear
                reach = 1 / math.sqrt(self.weight_out.shape[1])
                self.weight_out.uniform_(-reach, reach)
                self.bias_out.uniform_(-reach, reach)
            else:
                if config.tied:  # of variance 1/n, whatever N is; with the ±0.05 of an embedding it learns much more slowly
                    reach = math.sqrt(3 / config.embedding)
                    self.weight_out.uniform_(-reach, reach)
                else:
                    nn.init.xavier_uniform_(self.weight_out)
                self.bias_out.zero_()

    @property
    def cell(self) -> Cell:
        return self.cells.cell

    @property
    def tied(self) -> bool:
        """Whether E and V are one parameter."""
        return self.config.tied

    @property
    def directions(self) -> int:
        return self.cells.directions

    def layer(self, layer: int, direction: int) -> Parameters:
        """The parameters of one layer and direction, by name."""
        return self.cells.layer(layer, direction)

    def forward(self, batch: Batch) -> Outputs:
        """The forward pass of a batch.

        Args:
            batch: `tokens`, vocabulary indices (T, B), or (T, B, 1 + F) with the form of words, padded at the end; `lengths`,
                the steps of each text without padding, (B,); optionally `at`, the indices in (T·B) for which logits are
                computed, (m,), their `labels` and `weights`, (m,), and `start`, the state before the first step.

        Returns:
            `logits`, (T, B, k) or for `at` only, (m, k); `states`, (T, B, D), zero at pads; `ends`, the parts of the state
            after each text's last step, (layers · directions, B, d) each. With `labels` of more than `at_once` steps, the
            `losses` −log ŷ[label], (m,), and their weighted sum, `loss`, instead of the logits, which are then never in memory
            at once.
        """
        table, which = self.inputs.rows(batch["tokens"])
        # Dropout of the table: the mask of a word is the same at all its places (Gal and Ghahramani 2016, within a text).
        states, ends = self.cells(Rows(self.dropout(table), which), batch["lengths"], batch.get("start"))
        tape, at = current(), batch.get("at")
        if at is None:
            read = self.dropout.states(states, self.config.layers)
        else:
            read = states.flatten(0, 1).index_select(0, at)
            read = self.dropout.states(read, self.config.layers, at % states.shape[1], states.shape[1])
            if not tape and "labels" in batch and len(at) > at_once(len(self.bias_out)):
                loss, each = LossesInBlocks.apply(read, self.weight_out, self.bias_out, batch["labels"], batch["weights"])
                return {"loss": loss, "losses": each, "states": states, "ends": ends}
        logits = nn.functional.linear(read, self.weight_out, self.bias_out)
        if tape:
            tape.put("logits", logits, ("step", "text", "class")[-logits.dim() :])
        return {"logits": logits, "states": states, "ends": ends}

    # ---- step by step, for generation ------------------------------------------------------------------------------

    def start(self, texts: int) -> State:
        """The state before the first step of some texts: zero, each part (layers, B, d)."""
        return self.cells.zero(texts, self.bias_out)

    def step(self, tokens: Tensor, state: State) -> tuple[Tensor, State, list[dict[str, Tensor]]]:
        """One step, for the next token of each text, (B,): logits, (B, k), the new state, and the kept values of each layer."""
        after, kept = self.cells.step(self.dropout(self.inputs(tokens)), state)
        return self.readout(after[0][-1]), after, kept

    def select(self, state: State, rows: Tensor) -> State:
        """The state of the given texts, (m,), with or without repetition: with these a beam search continues."""
        return tuple(part.index_select(1, rows) for part in state)

    def hidden(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The states h_1 … h_T of the top layer, (T, B, D); zero at pads.

        Args:
            tokens: vocabulary indices, (T, B), padded at the end.
            lengths: steps of each text without padding, (B,).
        """
        return self.advance(*self.inputs.rows(tokens), lengths)

    def advance(self, table: Tensor, which: Tensor, lengths: Tensor) -> Tensor:
        """The states of the top layer, (T, B, D), for embeddings as unique with inverse; zero at pads.

        Args:
            table: the embeddings of the different words, (M, n). Dropout applies to this table.
            which: the row of the table at each place, (T, B), padded at the end.
            lengths: steps of each text without padding, (B,).
        """
        return self.cells(Rows(self.dropout(table), which), lengths)[0]

    def readout(self, h: Tensor) -> Tensor:
        """o = c + V h for states of any leading shape, (…, D) → (…, k); in training with dropout, (…, B, D)."""
        return nn.functional.linear(self.dropout.states(h, self.config.layers), self.weight_out, self.bias_out)

    def readout_back(self, grad: Tensor) -> Tensor:
        """∂L/∂h = ∂L/∂o V, (…, k) → (…, D), in evaluation mode."""
        return grad @ self.weight_out


def parameter_shapes(
    config: ModelConfig, words: int, classes: int, forms: Mapping[str, int] = MappingProxyType({})
) -> dict[str, tuple[int, ...]]:
    """The shapes of all parameters by name, from the declarations, without making a tensor."""
    cell = cell_of(config)
    directions = 2 if config.bidirectional else 1
    shapes: dict[str, tuple[int, ...]] = {"embedding.weight": (words, config.embedding)}
    shapes |= {f"forms.{name}.weight": (size, config.form) for name, size in forms.items()}
    width = config.embedding + len(forms) * config.form
    for layer in range(config.layers):
        for direction in range(directions):
            for name, declared in cell.parameters(width, config.hidden).items():
                shapes[f"cells.{layer}.{direction}.{name}"] = declared.shape
        width = config.hidden * directions
    if config.tied:
        del shapes["embedding.weight"]
    return shapes | {"weight_out": (classes, width), "bias_out": (classes,)}


def count_parameters(
    config: ModelConfig, words: int, classes: int, forms: Mapping[str, int] = MappingProxyType({})
) -> int:
    """The number of parameters of a network of this config. With one Elman layer: N·n + d·n + d·d + d + k·d + k, without N·n if E
    and V are tied. `forms`: as for `Network`."""
    return sum(math.prod(shape) for shape in parameter_shapes(config, words, classes, forms).values())
