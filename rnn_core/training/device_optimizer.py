"""torch's own Adam and SGD over all parameters, for networks on a GPU.

On a GPU, an update of all embeddings takes less time than finding the rows that a batch reads. Embeddings, tied or not, get
dense Adam; `optimizer.Optimizer` reaches the same weights up to rounding and ε.
"""

import copy
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from rnn_core.config import TrainConfig
from rnn_core.network.device import host, place_of
from rnn_core.network.embedding import Embedding
from rnn_core.training.kernels import BETA1, BETA2, EPSILON
from rnn_core.training.optimizer import Optimizer, by_rows, decays
from rnn_core.training.schedule import Schedule

_MOMENTS = {"mean": "exp_avg", "square": "exp_avg_sq"}
"""Adam's moments: names in checkpoints and names in torch."""


class DeviceOptimizer:
    """Updates a network on its device, with the interface and the checkpoints of `Optimizer`.

    Args:
        network: the network, on any device.
        config: optimizer, learning rate and its schedule, weight decay, and clip.
        updates: the number of updates of the whole training, at which a cosine schedule ends.

    Attributes:
        tables: the embeddings that are updated by rows: none.
        updates: the number of updates so far.
        schedule: the learning rate of each update.
    """

    def __init__(self, network: nn.Module, config: TrainConfig, updates: int = 0):
        self.network, self.config, self.schedule = network, config, Schedule(config, updates)
        self.tables: list[Embedding] = []
        self.updates = 0
        self._parameters = list(network.parameters())
        self._adam = config.optimizer == "adam"
        tables = {id(table.weight) for table in by_rows(network).values()} if config.weight_decay else set[int]()
        self._matrices = [p for p in self._parameters if config.weight_decay and decays(p) and id(p) not in tables]
        self._inner: torch.optim.Optimizer
        if self._adam:
            fused = place_of(network).type == "cuda"  # one kernel for all parameters
            self._inner = torch.optim.Adam(self._parameters, config.learning_rate, (BETA1, BETA2), EPSILON, fused=fused)
        else:
            self._inner = torch.optim.SGD(self._parameters, config.learning_rate)

    def zero_grad(self) -> None:
        """Clears the gradients, before autograd accumulates new ones."""
        self._inner.zero_grad()

    def step(self, given: Mapping[int, Any]) -> None:
        """Makes one update from the gradients of the parameters, without reading values back from the device.

        Args:
            given: empty, because no table is updated by rows.
        """
        for p in self._parameters:
            if p.grad is None:  # Adam also moves a parameter that this batch did not use
                p.grad = torch.zeros_like(p)
        if self.config.clip:
            torch.nn.utils.clip_grad_norm_(self._parameters, self.config.clip)
        self.updates += 1
        rate = self._inner.param_groups[0]["lr"] = self.schedule.rate(self.updates)
        if self._matrices:
            torch._foreach_mul_([p.data for p in self._matrices], 1 - rate * self.config.weight_decay)
        self._inner.step()

    def catch_up(self) -> None:
        """Does nothing: all rows are up to date after every update."""

    def up_to_date(self) -> dict[str, Tensor]:
        """Returns nothing, because no embedding lags behind."""
        return {}

    # ---- what a checkpoint holds ------------------------------------------------------------------------------------

    def state(self) -> dict[str, Tensor]:
        """The same state as `Optimizer.state`, in CPU memory, with all rows up to date."""
        held = {"updates": torch.tensor(self.updates), "halvings": torch.tensor(self.schedule.halvings)}
        tables, rest = self._parts()
        held |= {f"last.{path}": torch.full((len(p),), self.updates if self._adam else 0) for path, p in tables.items()}
        for name in _MOMENTS if self._adam else ():
            held |= {f"{name}.{path}": host(self._moment(p, name)) for path, p in tables.items()}
            held[f"{name}:rest"] = torch.cat([host(self._moment(p, name)).flatten() for p in rest])[None]
        return held

    def restore(self, held: dict[str, Tensor]) -> None:
        """Restores the result of `state`, or of `Optimizer.state`, whose rows may lag behind. The network must already have
        the weights of the checkpoint. Raises KeyError or ValueError if the state is from another network."""
        twin = copy.deepcopy(self.network).cpu()
        behind = Optimizer(twin, self.config, self.schedule.updates)
        behind.restore(held)
        behind.catch_up()
        self.network.load_state_dict(twin.state_dict())
        held, self.updates, self.schedule.halvings = behind.state(), behind.updates, behind.schedule.halvings
        tables, rest = self._parts()
        for name, own in _MOMENTS.items() if self._adam else ():
            given = [(p, held[f"{name}.{path}"]) for path, p in tables.items()]
            given += zip(rest, held[f"{name}:rest"][0].split([p.numel() for p in rest]), strict=True)
            for p, moment in given:
                step = torch.tensor(float(self.updates), device=p.device)
                self._inner.state[p] |= {"step": step, own: moment.view(p.shape).to(p.device, copy=True)}

    def _parts(self) -> tuple[dict[str, Tensor], list[Tensor]]:
        """The parameters that `Optimizer` would update by rows, by path, and the others in order."""
        tables: dict[str, Tensor] = {path: module.weight for path, module in by_rows(self.network).items()}
        inside = {id(p) for p in tables.values()}
        return tables, [p for p in self._parameters if id(p) not in inside]

    def _moment(self, p: Tensor, name: str) -> Tensor:
        found = self._inner.state[p].get(_MOMENTS[name])
        return torch.zeros_like(p) if found is None else found
