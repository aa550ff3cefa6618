"""The network: embedding, recurrent layers, readout. One module for every task."""

import math
from collections.abc import Iterator

import torch
from torch import Tensor, nn

from rnn_core.config import ModelConfig
from rnn_core.network.cells import Cell, cell_of
from rnn_core.network.dropout import Dropout
from rnn_core.network.recurrence import Parameters, run


class Network(nn.Module):
    """x_t = E[w_t], h_t by the cell, layer above layer, and o_t = c + V h_t.

    Parameters are named as in the formulas' code spelling: `embedding` (N, n), `cells.{layer}.{direction}.weight_ih`
    and so on, `weight_out` V (k, D), `bias_out` c (k,), where D = d times the number of directions.

    Args:
        config: the widths and the cell.
        words: N, size of the vocabulary.
        classes: k.
    """

    def __init__(self, config: ModelConfig, words: int, classes: int):
        super().__init__()
        self.config, self.cell = config, cell_of(config)
        self.directions = 2 if config.bidirectional else 1
        d, width = config.hidden, config.embedding
        self.embedding = nn.Parameter(torch.empty(words, width))
        self.cells = nn.ModuleList()
        for _ in range(config.layers):
            declared = self.cell.parameters(width, d)
            self.cells.append(
                nn.ModuleList(
                    nn.ParameterDict({name: nn.Parameter(torch.empty(p.shape)) for name, p in declared.items()})
                    for _ in range(self.directions)
                )
            )
            width = d * self.directions
        self.weight_out = nn.Parameter(torch.empty(classes, width))
        self.bias_out = nn.Parameter(torch.empty(classes))
        self.dropout = Dropout(config.dropout)
        initialise(self)

    def layer(self, layer: int, direction: int) -> Parameters:
        """The parameters of one layer and direction, by name."""
        return dict(self.cells[layer][direction].items())  # type: ignore[index]

    def hidden(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """The uppermost states h_1 … h_T, (T, B, D); zero where a text is padded.

        Args:
            tokens: vocabulary indices, (T, B), padded at the end.
            lengths: true steps of each text, (B,).
        """
        true = torch.arange(len(tokens), device=tokens.device)[:, None] < lengths
        words, which = tokens.unique(return_inverse=True)
        return self.advance(self.embedding[words], which, lengths) * true[:, :, None]

    def advance(self, table: Tensor, which: Tensor, lengths: Tensor) -> Tensor:
        """The uppermost states, (T, B, D), with the embeddings of a table; of no meaning at pads.

        Args:
            table: the embeddings of the different words there are, (M, n). Dropout is of this table: a word lacks the
                same numbers wherever it stands (Gal and Ghahramani 2016 do so within a text).
            which: which of these stands where, (T, B), padded at the end.
            lengths: steps of these that are true, (B,).
        """
        x = table
        for layer in range(self.config.layers):
            directions = [self.layer(layer, direction) for direction in range(self.directions)]
            x, _ = run(self.cell, self.dropout(x), lengths, directions, which=None if layer else which)
        return x

    def readout(self, h: Tensor) -> Tensor:
        """o = c + V h for states of any leading shape, (…, D) → (…, k)."""
        return nn.functional.linear(self.dropout(h), self.weight_out, self.bias_out)


def initialise(network: Network) -> None:
    """Sets every parameter by the scheme that the config names, drawing from torch's global generator.

    `orthogonal`: embeddings uniform in ±0.05; U and V Glorot uniform (Glorot and Bengio 2010), gate by gate; W
    orthogonal (Saxe et al. 2014), gate by gate; biases 0 but for the gates that keep the state, which start mostly open
    (`Cell.biases`): the LSTM's forget gate at 1, the GRU's update gate at 2.
    `torch`: torch.nn's defaults: embeddings from N(0, 1), all else uniform in ±1/√(columns); the one bias here
    stands for the sum of torch's two.
    """
    config, d = network.config, network.config.hidden
    bound = 1 / math.sqrt(d)
    with torch.no_grad():
        if config.initialisation == "torch":
            network.embedding.normal_()
            for parameters in _directions(network):
                for name, p in parameters.items():
                    p.uniform_(-bound, bound)
                    if name == "bias":  # for two of torch's, but where the cell has the second one itself
                        both = p[:-d] if "bias_inner" in parameters else p
                        both.add_(torch.empty_like(both).uniform_(-bound, bound))
            reach = 1 / math.sqrt(network.weight_out.shape[1])
            network.weight_out.uniform_(-reach, reach)
            network.bias_out.uniform_(-reach, reach)
            return
        network.embedding.uniform_(-0.05, 0.05)
        for parameters in _directions(network):
            for name, p in parameters.items():
                if name == "weight_ih":
                    for gate in p.split(d):
                        nn.init.xavier_uniform_(gate)
                elif name == "weight_hh":
                    for gate in p.split(d):
                        nn.init.orthogonal_(gate)
                else:
                    p.zero_()
            for gate, bias in network.cell.biases.items():
                place = network.cell.gates.index(gate) * d
                parameters["bias"][place : place + d] = bias
        nn.init.xavier_uniform_(network.weight_out)
        network.bias_out.zero_()


def _directions(network: Network) -> Iterator[Parameters]:
    for layer in range(network.config.layers):
        for direction in range(network.directions):
            yield network.layer(layer, direction)


def parameter_shapes(config: ModelConfig, words: int, classes: int) -> dict[str, tuple[int, ...]]:
    """The shape of every parameter by its name, from the declarations alone: no tensor is made."""
    cell: Cell = cell_of(config)
    directions = 2 if config.bidirectional else 1
    shapes: dict[str, tuple[int, ...]] = {"embedding": (words, config.embedding)}
    width = config.embedding
    for layer in range(config.layers):
        for direction in range(directions):
            for name, declared in cell.parameters(width, config.hidden).items():
                shapes[f"cells.{layer}.{direction}.{name}"] = declared.shape
        width = config.hidden * directions
    return shapes | {"weight_out": (classes, width), "bias_out": (classes,)}


def count_parameters(config: ModelConfig, words: int, classes: int) -> int:
    """How many numbers a network of this config learns. One Elman layer: N·n + d·n + d·d + d + k·d + k."""
    return sum(math.prod(shape) for shape in parameter_shapes(config, words, classes).values())
