"""Writes a Python script that computes a text's gradient by hand, in NumPy alone, with the network's weights in it."""

import numpy as np
import torch

from rnn_core.analysis.backward import Backward
from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.network.device import array

MOST_NUMBERS = 12_000
"""Numbers that are written into a script, about 12 characters each."""

PHI = {
    "tanh": ("np.tanh(a)", "1 - h * h"), "relu": ("np.maximum(a, 0)", "1.0 * (h > 0)"),
    "sigmoid": ("1 / (1 + np.exp(-a))", "h * (1 - h)"),
}  # fmt: skip
"""φ(a) and φ′ as a function of h = φ(a), by the activation."""

_SCRIPT = '''\
"""Backpropagation through time by hand: one text, its loss, and the gradient of every copy of W. It needs NumPy alone."""
import numpy as np

np.set_printoptions(precision=8, threshold=100_000)
tokens = {tokens}
classes = {classes}
y = {y}  # the class that L(t) asks for
w = {w}  # L = sum of w[t] L(t)
x = np.array({x})  # the rows {rows} of E
W = np.array({W})
U = np.array({U})
b = np.array({b})
V = np.array({V})
c = np.array({c})

# forward: h[t] is the state after step t, and h[0] = 0; x, y and w are counted from 0
T = len(x)
h, p = np.zeros((T + 1, len(b))), np.zeros((T + 1, len(c)))
L = 0.0
for t in range(1, T + 1):
    a = b + W @ h[t - 1] + U @ x[t - 1]
    h[t] = {phi}
    e = np.exp(c + V @ h[t] - (c + V @ h[t]).max())
    p[t] = e / e.sum()
    L -= w[t - 1] * np.log(p[t, y[t - 1]])
print("L =", L)

# backward: one sweep from the last step to the first
dW, dU, db, dV, dc = (np.zeros_like(P) for P in (W, U, b, V, c))
arriving = np.zeros(len(b))  # at h[t], from step t + 1
for t in range(T, 0, -1):
    error = w[t - 1] * (p[t] - np.eye(len(c))[y[t - 1]])  # at the logits, of this step's own loss
    dV += np.outer(error, h[t])
    dc += error
    delta = (V.T @ error + arriving) * {slope}
    copy = np.outer(delta, h[t - 1])  # of the copy of W at step t
    print(f"norm of dL/dW|({{t}}) =", np.linalg.norm(copy))
    dW += copy  # the gradient of W is the sum over its copies
    dU += np.outer(delta, x[t - 1])
    db += delta
    arriving = W.T @ delta
print("norm of dL/dW =", np.linalg.norm(dW))
for name, gradient in (("W", dW), ("U", dU), ("b", db), ("V", dV), ("c", dc)):
    print(f"dL/d{{name}} =", gradient, sep="\\n")
'''


def numpy_script(way: Backward) -> str:
    """The script of an Elman network of one layer and one direction: forward, loss and backward, step by step.

    Raises:
        Problem: where the network is another one or too large, or the gradient is that of a logit.
    """
    cell, model, target = way.loaded.cell, way.loaded.config.model, way.target
    if cell.slope((torch.zeros(1, 1),)) is None or model.layers > 1 or way.done.network.directions > 1:
        raise Problem(tr("The script is written for Elman networks of one layer that read in one direction."))
    if target.logit:
        raise Problem(tr("The script computes the gradient of a loss, not of a logit."))
    (w_name,), (u_name,) = cell.of_step, cell.of_inputs
    (bias,) = cell.biases_of(u_name)
    own, network = way.done.network.layer(0, 0), way.done.network
    held = {
        "W": own[w_name], "U": own[u_name], "b": own[bias], "V": network.weight_out, "c": network.bias_out,
        "x": way.done.layers[0][0].x,
    }  # fmt: skip
    if sum(one.numel() for one in held.values()) > MOST_NUMBERS:
        raise Problem(
            tr(
                "This network and text have more than {most:,} numbers, too many for a script to read. Take a "
                "smaller network, such as the ready-made one of three units.",
                most=MOST_NUMBERS,
            )
        )
    phi, slope = PHI[model.activation]
    rows, y = (", ".join(map(str, values)) for values in (way.trace.indices, np.maximum(way.classes, 0)))
    return _SCRIPT.format(
        tokens=list(map(str, way.trace.tokens)), classes=list(map(str, way.trace.labels)), rows=rows,
        y=f"[{y}]", w=_weights(array(target.weights)), phi=phi,
        slope=f"({slope.replace('h', 'h[t]')})", **{name: _literal(array(one)) for name, one in held.items()},
    )  # fmt: skip


def _weights(weights: np.ndarray) -> str:
    """w_t, whole numbers as such: 1/5 as 0.2."""
    return f"[{', '.join(f'{one:.12g}' for one in weights.astype(np.float64))}]"


def _literal(values: np.ndarray) -> str:
    """A vector or a matrix as a list, row by row, each number with the digits that tell it apart. Raises Problem where one is
    not finite."""
    if not np.isfinite(values).all():
        raise Problem(tr("This network's numbers overflow, so there is no gradient."))
    if values.ndim == 1:
        return f"[{', '.join(str(one) for one in values)}]"
    return f"[\n{''.join(f'    {_literal(row)},{chr(10)}' for row in values)}]"
