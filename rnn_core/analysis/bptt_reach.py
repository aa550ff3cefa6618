"""How far back a state hangs on its own past: ∂h_t/∂h_k measured, Elman's bound on it, and one path in full."""

from collections import deque
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

from rnn_core.analysis.bptt_pass import Pass, Target, at_logits
from rnn_core.analysis.bptt_sweep import FLUSH, at_states, flush
from rnn_core.config import Problem
from rnn_core.language import N_, tr
from rnn_core.network.jacobians import Read
from rnn_core.results import ChainProduct, Reach

SINGULAR_WORK = 140 * 128**2
"""Divided by the square of the state's width, the number of steps that get a largest singular value: it keeps a page within a
second."""

NEAR = 16
"""The steps next to t that always get theirs."""


def read_before(done: Pass, direction: int, step: int) -> list[int]:
    """The steps from t back to what was read first."""
    return list(range(step, done.steps)) if direction else list(range(step, -1, -1))


def reach(done: Pass, layer: int, direction: int, step: int) -> Reach:
    """‖∂h_t/∂h_k‖₂ for every k that was read before t (evenly thinned when they are many), and what bounds it."""
    cell, read = done.network.cell, done.layers[layer][direction]
    walk = read_before(done, direction, step)
    width = len(cell.parts) * done.network.config.hidden
    most = max(NEAR, SINGULAR_WORK // width**2)
    chosen = np.arange(len(walk))
    if len(walk) > most:
        chosen = np.unique(np.rint(np.geomspace(1, len(walk), most)).astype(int) - 1)
    wanted = set(chosen.tolist())
    norms = [spectral_norm(j) for n, j in enumerate(_jacobians(read, walk)) if n in wanted]
    bound, weight_norm, radius = None, None, None
    slope = cell.slope(tuple(part[walk[:-1]] for part in read.after))
    if slope is not None:
        (weight,) = (read.parameters[name] for name in cell.of_step)
        weight_norm = float(torch.linalg.matrix_norm(weight, 2))
        radius = float(torch.linalg.eigvals(weight).abs().max())
        steepest = slope.amax(1)
        bound = np.concatenate(([1.0], np.cumprod(weight_norm * steepest.double().numpy())))[chosen]
    return Reach(
        layer, direction, step, np.array(walk)[chosen], np.array(norms), bound, weight_norm, radius,
        saturation(read), len(walk) - len(chosen),
    )  # fmt: skip


def spectral_norm(matrix: Tensor) -> float:
    """The largest singular value, by the eigenvalues of the smaller square: scaled first, because squares underflow."""
    scale = float(matrix.abs().max())
    if not 0 < scale < float("inf"):
        return scale
    matrix = matrix / scale
    try:
        largest = float(torch.linalg.eigvalsh(matrix @ matrix.t())[-1])
    except torch.linalg.LinAlgError:  # in single precision LAPACK may not converge where many eigenvalues are all but equal
        matrix = matrix.double()
        largest = float(torch.linalg.svdvals(matrix)[0]) ** 2
    return scale * max(largest, 0.0) ** 0.5


@torch.no_grad()
def _jacobians(read: Read, walk: list[int]) -> Iterator[Tensor]:
    """∂(state at t)/∂(state at k), (parts·d, parts·d), for t = walk[0] and every k of the walk in turn."""
    grad = torch.eye(read.width, dtype=read.x.dtype)
    yield grad
    for step in walk[:-1]:
        after, grad = grad, torch.empty_like(grad)
        read.cross(step, after).back(grad)
        if step % FLUSH == 0:
            flush(grad)
        yield grad


def saturation(read: Read) -> dict[str, np.ndarray]:
    """By non-linearity, (T,) the share of units whose slope is below a tenth of the steepest."""
    steepness = read.cell.steepness(read.after, read.kept)
    return {name: (slope < 0.1).double().mean(1).numpy() for name, slope in steepness.items()}


def path(
    done: Pass, target: Target, layer: int, direction: int, step: int, back: int, down: int | None = None, parameter: str = ""
) -> ChainProduct:
    """The three factors of ∂L(t)/∂P|(k) in one layer and direction, along the way that comes down into it at s.

    Args:
        parameter: P, by the code's name; empty: W, or U of a cell without W.
        step, back, down: t, k and s, from 0; s is None, or one that the loss does not come down at: the way with the largest
            share.

    Raises:
        Problem: when the loss does not reach this copy, or the step has no target.
    """
    if target.classes[step] < 0:
        raise Problem(tr("Step {step} has no target, so it has no loss. Choose another step.", step=step + 1))
    read, d = done.layers[layer][direction], done.network.config.hidden
    ways = read_before(done, 1 - direction, back)  # the steps that read this copy's, the copy's own first
    if layer == len(done.layers) - 1:
        ways = [s for s in ways if s == step]
    elif done.network.directions == 1:
        ways = [s for s in ways if s <= step]
    if not ways:
        said = N_("Step {back} is not read before t = {step} here. Choose a copy that the loss reaches.")
        if direction:
            said = N_("Step {back} is not read after t = {step} here. Choose a copy that the loss reaches.")
        raise Problem(tr(said, back=back + 1, step=step + 1))
    seeds, alone = torch.zeros_like(done.top), torch.nn.functional.one_hot(torch.tensor(step), done.steps)[None].to(done.top)
    seeds[step] = done.network.readout_back(at_logits(done, target, slice(step, step + 1))[0])
    at_state = {key: states[0] for key, states in at_states(done, seeds, alone).items()}
    from_above = _from_above(done, seeds, layer, at_state)[:, direction * d : direction * d + d]
    parameter = parameter or (*read.cell.of_step, *read.cell.of_inputs)[0]
    product, rows = read.source(parameter)
    whole = read.cross(back, at_state[layer, direction][back][None]).delta(product)[0, -rows:]
    size = whole.square().sum().clamp(min=torch.finfo(whole.dtype).tiny)
    shares = _along(read, from_above, back, ways, product, whole) / size
    if down not in ways:
        down = ways[int(shares.argmax())]
    walk = read_before(done, direction, down)
    between = deque(_jacobians(read, walk[: walk.index(back) + 1]), maxlen=1).pop()
    at_loss = torch.zeros(len(between), dtype=between.dtype)
    at_loss[:d] = from_above[down]
    at_copy = at_loss @ between
    delta = read.cross(back, at_copy[None]).delta(product)[0, -rows:]
    factor = read.factor(parameter)[back]
    return ChainProduct(
        layer=layer,
        direction=direction,
        step=step,
        back=back,
        down=down,
        parts=done.network.cell.parts,
        at_loss=at_loss.numpy(),
        between=between.numpy(),
        between_norm=spectral_norm(between),
        at_copy=at_copy.numpy(),
        parameter=parameter,
        delta=delta.numpy(),
        factor=factor.numpy(),
        gradient_norm=float(delta.norm() * factor.norm()),
        whole_norm=float(whole.norm() * factor.norm()),
        ways=np.array(ways),
        shares=shares.numpy(),
    )


def _from_above(done: Pass, seeds: Tensor, layer: int, at_state: dict[tuple[int, int], Tensor]) -> Tensor:
    """(T, D) ∂⁺L(t)/∂h_s of a layer's states: from the readout (`seeds`), or from the pre-activations of the layer above."""
    if layer == len(done.layers) - 1:
        return seeds
    found = torch.zeros_like(done.top)
    for direction, read in enumerate(done.layers[layer + 1]):
        found += read.at_inputs(read.deltas(at_state[layer + 1, direction]))
    return found


def _along(read: Read, from_above: Tensor, back: int, ways: list[int], product: str, whole: Tensor) -> Tensor:
    """(m,) ⟨what of δ(t,k) comes by each way, δ(t,k)⟩, where δ is that at the last rows of a product.

    No way is walked back for it: what a change of the product along δ(t,k) does to the states is walked on, once for all ways.
    """
    change = torch.zeros_like(read.outputs[product])
    change[back, -len(whole) :] = whole
    moved, d = read.moved(product, change)[back], from_above.shape[1]
    found, step, wanted = [], back, set(ways)
    while True:
        if step in wanted:
            found.append(from_above[step] @ moved[:d])
        if step == ways[-1]:
            return torch.stack(found)
        step += 1 if ways[-1] > step else -1
        moved = read.onward(step, moved)


def horizon(sizes: np.ndarray, share: float = 0.01) -> int | None:
    """How many steps away less than a share of the first of (n,) sizes is left for good; None if never."""
    left = np.flatnonzero(~(sizes < share * sizes[0]))
    last = int(left[-1]) if len(left) else 0
    return last + 1 if last + 1 < len(sizes) else None
