"""Embeddings: vectors by index, with gradients of the rows that a batch reads."""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from rnn_core.compiled import compiled


class Rows(NamedTuple):
    """Embedded tokens as unique with inverse: the different vectors, (M, n), and the index of the vector at each place, (T, B).

    `Recurrent` takes it instead of (T, B, n), and then computes U x + b once for each different word.
    """

    table: Tensor
    which: Tensor

    def whole(self) -> Tensor:
        """(T, B, n)."""
        return nn.functional.embedding(self.which, self.table)


class Embedding(nn.Module):
    """A table of vectors by index, (N, n), of which a batch reads few rows.

    While an optimiser is attached (`attach`) and the module is in training mode, the rows of a batch are brought up to date
    before they are read, and only they have a gradient, which `take` returns. Otherwise this is `torch.nn.Embedding`.

    Args:
        count: N.
        width: n.
        initialisation: `orthogonal`: uniform in ±0.05, as the rest of that scheme has small inputs; `torch`: N(0, 1).
    """

    def __init__(self, count: int, width: int, initialisation: str = "orthogonal"):
        super().__init__()
        self.weight = nn.Parameter(torch.empty(count, width))
        with torch.no_grad():
            self.weight.normal_() if initialisation == "torch" else self.weight.uniform_(-0.05, 0.05)
        self._before: Callable[[np.ndarray], object] | None = None
        self._read: list[tuple[np.ndarray, Tensor]] = []
        self._numbers = np.empty(0, np.int64)

    def forward(self, tokens: Tensor) -> Tensor:
        """The vectors of tokens of any shape, (…, n)."""
        return nn.functional.embedding(tokens, self.weight) if self._before is None else self.rows(tokens).whole()

    def rows(self, tokens: Tensor) -> Rows:
        """The embedded tokens, (…), as unique with inverse. On a GPU each place has a vector of its own, because finding the
        different ones saves no time there."""
        if tokens.device.type != "cpu":
            each = torch.arange(tokens.numel(), device=tokens.device).view(tokens.shape)
            return Rows(nn.functional.embedding(tokens.flatten(), self.weight), each)
        if not (self.training and torch.is_grad_enabled()):
            words, which = tokens.unique(return_inverse=True)
            return Rows(nn.functional.embedding(words, self.weight), which)
        read, places = self.different(tokens.numpy())
        if self._before is None:
            return Rows(nn.functional.embedding(torch.from_numpy(read), self.weight), torch.from_numpy(places))
        table = torch.from_numpy(self.look_up(read)).requires_grad_()
        self._read.append((read, table))
        return Rows(table, torch.from_numpy(places))

    def look_up(self, rows: np.ndarray) -> np.ndarray:
        """A copy of the given different rows (M,), brought up to date, (M, n)."""
        if self._before:
            self._before(rows)
        return self.weight.detach().numpy()[rows]

    def different(self, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Unique with inverse: the different tokens in order of appearance, (M,), and the index of each token among them.

        Not thread-safe: it uses a buffer of the module.
        """
        if len(self._numbers) != len(self.weight):
            self._numbers = np.full(len(self.weight), -1)
        return different(tokens, self._numbers)

    def attach(self, before: Callable[[np.ndarray], object] | None) -> None:
        """Attaches an optimiser: `before` is called with rows (M,) before they are read; None detaches it."""
        self._before = before
        self._read.clear()

    def take(self) -> tuple[np.ndarray, np.ndarray]:
        """The rows that were read since the last call, (M,), and ∂L/∂ of them, (M, n).

        Raises:
            RuntimeError: if the table was also used as a whole, such as by a tied output, so that every row has a gradient.
        """
        if self.weight.grad is not None:
            raise RuntimeError("the table has a gradient as a whole: a module that shares it must hold it as its own parameter")
        read = [(words, table.grad) for words, table in self._read if table.grad is not None]
        self._read = []
        if len(read) == 1:
            words, gradient = read[0]
            return words, gradient.numpy()
        words, places = np.unique(np.concatenate([np.empty(0, np.int64), *(w for w, _ in read)]), return_inverse=True)
        total = torch.zeros(len(words), self.weight.shape[1], dtype=self.weight.dtype)
        for part, (_, gradient) in zip(np.split(places, np.cumsum([len(w) for w, _ in read])[:-1]), read, strict=False):
            total.index_add_(0, torch.from_numpy(part), gradient)
        return words, total.numpy()


class Inputs:
    """x_t: the vectors of a token by one table or several, one after the other. It holds no parameters of its own.

    Args:
        tables: the tables by the path of their modules. With several, tokens are (…, 1 + F): an index for each table.

    Attributes:
        columns: the columns of x that each table gives, by its path.
        width: n, of all tables together.
    """

    def __init__(self, tables: Mapping[str, Embedding]):
        self.tables = dict(tables)
        self._each = tuple(tables.values())
        self._one = self._each[0] if len(tables) == 1 else None
        ends = np.cumsum([table.weight.shape[1] for table in self._each]).tolist()
        self.columns = {path: slice(begin, end) for path, begin, end in zip(tables, [0, *ends], ends, strict=False)}
        self.width = ends[-1]


    def __call__(self, tokens: Tensor) -> Tensor:
        """The vectors of tokens, (…, n)."""
        return self._one(tokens) if self._one else self.rows(tokens).whole()

    def rows(self, tokens: Tensor) -> Rows:
        """The embedded tokens as unique with inverse, as `Embedding.rows`."""
        if self._one:
            return self._one.rows(tokens)
        if tokens.device.type != "cpu":
            each = torch.arange(tokens[..., 0].numel(), device=tokens.device).view(tokens.shape[:-1])
            found = tokens.flatten(0, -2)
        else:
            rows, which = self.different(tokens.numpy())
            found, each = torch.from_numpy(rows), torch.from_numpy(which)
        return Rows(torch.cat([table(found[:, i]) for i, table in enumerate(self._each)], 1), each)

    def different(self, tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Unique with inverse: the different tokens, (M,) or (M, 1 + F), and the number of each token among them."""
        if self._one:
            return self._one.different(tokens)
        return different_rows(tokens)

    def different_again(self, which: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """`different` of some of the tokens that it numbered: the numbers that are there, in the same order as their tokens."""
        if self._one:
            return self._one.different(which)
        own, places = np.unique(which, return_inverse=True)
        return own, places.reshape(which.shape)

    def look_up(self, rows: np.ndarray) -> np.ndarray:
        """The vectors of different tokens, (M,) or (M, 1 + F), brought up to date, (M, n)."""
        if self._one:
            return self._one.look_up(rows)
        parts = [table.different(rows[:, i]) for i, table in enumerate(self._each)]
        return np.concatenate([t.look_up(own)[which] for t, (own, which) in zip(self._each, parts, strict=True)], 1)

    def by_table(self, rows: np.ndarray, gradient: np.ndarray) -> dict[int, tuple[np.ndarray, np.ndarray]]:
        """From the gradient of different tokens' vectors, (M, n), by the `id` of each table: its rows, (u,), and ∂L/∂ of them."""
        if self._one:
            return {id(self._one): (rows, gradient)}
        found = {}
        for i, (table, columns) in enumerate(zip(self._each, self.columns.values(), strict=True)):
            own, which = table.different(rows[:, i])
            total = np.zeros((len(own), table.weight.shape[1]), gradient.dtype)
            add_rows(total, which, gradient[:, columns])
            found[id(table)] = own, total
        return found


def different_rows(tokens: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unique with inverse of rows of indices, (…, 1 + F): the different ones, (M, 1 + F), and the number of each, (…)."""
    flat = tokens.reshape(-1, tokens.shape[-1])
    sizes = [int(most) + 1 for most in flat.max(0, initial=0)]
    keys = flat[:, 0].astype(np.int64)
    for column, size in zip(flat.T[1:], sizes[1:], strict=True):
        keys = keys * size + column
    _, first, which = np.unique(keys, return_index=True, return_inverse=True)
    return flat[first], which.reshape(tokens.shape[:-1])


@compiled
def add_rows(total: np.ndarray, places: np.ndarray, rows: np.ndarray) -> None:
    """Adds each of some rows, (M, n), to the row of `total`, (u, n), at its place, (M,)."""
    for i in range(len(places)):
        place = places[i]
        for j in range(rows.shape[1]):
            total[place, j] += rows[i, j]


def by_one_hot(table: Tensor, tokens: Tensor) -> Tensor:
    """onehot(w) E, (m, n), for tokens (m,) and a table E (N, n): the product that is equal to looking up rows.

    The one-hot matrix, (m, N), is sparse.
    """
    places = torch.stack([torch.arange(len(tokens)), tokens])
    one_hot = torch.sparse_coo_tensor(places, table.new_ones(len(tokens)), (len(tokens), len(table)), check_invariants=True)
    return torch.sparse.mm(one_hot, table)


@compiled
def different(tokens: np.ndarray, numbers: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Unique with inverse: the different tokens in order of appearance, and the index of each token among them.

    Args:
        tokens: indices of any shape.
        numbers: (N,) a buffer with −1 for every index, before and after the call.
    """
    which = np.empty_like(tokens)
    found = np.empty(tokens.size, tokens.dtype)
    count = 0
    for i, token in enumerate(tokens.flat):
        if numbers[token] < 0:
            numbers[token] = count
            found[count] = token
            count += 1
        which.flat[i] = numbers[token]
    for token in found[:count]:
        numbers[token] = -1
    return found[:count].copy(), which
