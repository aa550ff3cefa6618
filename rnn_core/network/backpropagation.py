"""Forward and backward pass of a batch without autograd, which took a third of the time of an update on small networks."""

from collections.abc import Sequence

import numpy as np

from rnn_core.network.dense import Dense
from rnn_core.network.dropout import thin, thin_rows
from rnn_core.network.losses import loss_and_gradients
from rnn_core.network.memory import Memory
from rnn_core.network.models import Network
from rnn_core.network.sweeps import Sweep, sweep_of
from rnn_core.network.weighting import Counted


class Backpropagation:
    """Computes the loss of a batch and all its gradients, equal to those of `Network.advance` and cross-entropy by autograd.

    Args:
        network: the network, in CPU memory.
        dense: its parameters except the embedding; it receives their gradients, which replace the previous ones.
    """

    def __init__(self, network: Network, dense: Dense):
        self.dense = dense
        self._cell, self._dropout = network.cell, network.dropout  # module lookups are slow in torch
        self._directions, self._hidden = network.directions, network.config.hidden
        self._layers, self._readout = dense.layers["cells"], dense.part(network.weight_out, network.bias_out)
        self._memory = [Memory() for _ in range(network.config.layers)]
        self._sweeps: list[Sweep] = []

    def __call__(
        self,
        table: np.ndarray,
        which: np.ndarray,
        lengths: np.ndarray,
        of: Counted,
        start: Sequence[Sequence[np.ndarray]] | None = None,
    ) -> tuple[float, np.ndarray]:
        """Forward and backward pass from a start state.

        Args:
            table, which, lengths: as for `Network.advance`.
            of: the states that the loss counts.
            start: the state of each layer before the first step; None: zero. Only without a backward direction.

        Returns:
            The loss Σ_i w_i L(i), and ∂L/∂table, (M, n), a buffer that is reused by the next batch.
        """
        assert self.dense.attached, "the network's parameters have been moved or cast"
        d, batch, kind = self._hidden, len(lengths), table.dtype
        zero = [np.zeros((self._directions, batch, d), kind)] * len(self._cell.parts)
        sweeps: list[Sweep] = []
        keys: list[int | None] = []
        x = table
        for layer, (memory, part) in enumerate(zip(self._memory, self._layers, strict=True)):
            key = self._key(layer)
            if key is not None:
                whole, x = x, memory.array("x", kind, *x.shape)
                x[:] = whole
                thin(x, self._dropout.p, key, self._repeats(layer, x, batch))
            sweep = sweep_of(self._cell, x, None if layer else which, lengths, part.weights, memory.array)
            sweep.forward(start[layer] if start else zero)
            sweeps.append(sweep)
            keys.append(key)
            x = sweep.states.reshape(-1, sweep.directions * d)
        self._sweeps = sweeps
        key, p = self._key(len(sweeps)), self._dropout.p
        each = np.arange(len(of.places))
        masks = of.places % batch if self._dropout.variational else each
        if key is None:
            states = x[of.places]
        else:
            states = np.empty((len(of.places), x.shape[1]), kind)
            thin_rows(states, x, of.places, masks, p, key)
        if not len(states):
            self.dense.gradients[:] = 0
            return 0.0, np.zeros_like(table)
        loss, grad = loss_and_gradients(states, of, *self._readout)
        if key is not None:
            thin_rows(states, grad, each, masks, p, key)
            grad = states
        taken = np.full((sweeps[-1].steps, batch), -1)
        taken.ravel()[of.places] = each
        none = [None] * len(zero)
        for layer in reversed(range(len(sweeps))):
            last = layer == len(sweeps) - 1
            grad, _ = sweeps[layer].backward(grad, taken if last else None, none, self._layers[layer].gradients)
            if (key := keys[layer]) is not None:
                thin(grad, p, key, self._repeats(layer, grad, batch))
        return loss, grad

    @property
    def ends(self) -> list[list[np.ndarray]]:
        """The state of each layer after the last step of the last batch, each part (D', B, d)."""
        return [sweep.ends for sweep in self._sweeps]

    def _key(self, layer: int) -> int | None:
        """The key of the dropout mask of what a layer reads, or the readout as the last; None without dropout."""
        dropout = self._dropout
        if not (dropout.training and dropout.p):
            return None
        return dropout.noise.lasting(layer) if layer and dropout.variational else dropout.noise.key()

    def _repeats(self, layer: int, x: np.ndarray, batch: int) -> int | None:
        """The number of numbers of the inputs of a layer, (T·B, D), after which their dropout mask repeats."""
        return batch * x.shape[1] if layer and self._dropout.variational else None
