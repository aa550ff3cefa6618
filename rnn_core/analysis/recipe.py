"""The recipe that a run was trained by, with its own numbers."""

import math

from rnn_core import tasks
from rnn_core.analysis.loading import Loaded
from rnn_core.data.forms import LETTERS
from rnn_core.language import N_
from rnn_core.network import cells
from rnn_core.network.cells import PLAIN
from rnn_core.results import History, Recipe


def recipe(loaded: Loaded, history: History) -> Recipe:
    """The recipe of a run, from its options and from what its training wrote down."""
    network, config, train = loaded.network, loaded.config, loaded.config.train
    task, width = tasks.of(config), loaded.network.weight_out.shape[1]
    last = history.epochs[-1] if history.epochs else {}
    best = [entry["epoch"] for entry in history.epochs if entry.get("best")]
    return Recipe(
        cell=cells.title(config.model),
        words=len(loaded.speech.vocabulary), embedding=config.model.input_width, hidden=config.model.hidden, width=width,
        classes=len(loaded.outcomes),
        letters=tuple(one.letter for one in network.cell.declared.values()),
        parameters=sum(p.numel() for p in network.parameters()),
        starts=starts(loaded),
        of=task.label_of,
        loss=task.loss_of(config), reduce=train.reduce,
        optimizer=train.optimizer, rate=train.learning_rate, schedule=train.schedule, warmup=train.warmup,
        clip=train.clip, batch=train.batch, truncate=train.truncate,
        patience=train.patience, most_epochs=train.epochs,
        metric=(task.metric(loaded.speech.scheme), task.higher_is_better),
        epochs=float(last.get("epoch", 0)), updates=int(last.get("step", 0)), best=float(best[-1]) if best else 0.0,
    )  # fmt: skip


def starts(loaded: Loaded) -> dict[str, str]:
    """By letter how the parameters start, those of the cell in the lowest layer: as `network.recurrent.initialise` and
    `network.models.Network` have it."""
    network, model = loaded.network, loaded.config.model
    d, width, classes = model.hidden, network.weight_out.shape[1], len(loaded.outcomes)
    if model.initialisation == "torch":
        around = N_("uniform in ±{bound:.4g}").format(bound=1 / math.sqrt(width))
        found = {"E = V": around} if network.tied else dict.fromkeys(
            ("E", *(LETTERS.values() if model.form else ())), N_("normal, deviation 1"),
        )
        bound = N_("uniform in ±1/√d = ±{bound:.4g}").format(bound=1 / math.sqrt(d))
        for one in network.cell.declared.values():
            if one.of == PLAIN:
                found[one.letter] = _constants(network.cell.gates, one.start)
            elif one.of in network.cell.of_inputs and network.cell.of_step:  # torch's two
                found[one.letter] = N_("the sum of two, each uniform in ±1/√d = ±{bound:.4g}").format(bound=1 / math.sqrt(d))
            else:
                found[one.letter] = bound
        return found | dict.fromkeys(("c",) if network.tied else ("V", "c"), around)
    found = dict.fromkeys(("E", *(LETTERS.values() if model.form else ())), N_("uniform in ±0.05"))
    if network.tied:
        found = {"E = V": N_("uniform in ±√(3/n) = ±{bound:.4g}").format(bound=math.sqrt(3 / model.embedding))}
    for one in network.cell.declared.values():
        if one.start == "glorot":
            glorot = math.sqrt(6 / (model.input_width + d))
            found[one.letter] = N_("uniform in ±√(6/(n + d)) = ±{bound:.4g}").format(bound=glorot)
        elif one.start == "orthogonal":
            several = len(network.cell.gates) > 1
            found[one.letter] = N_("orthogonal: WᵀW = 1 for each gate") if several else N_("orthogonal: WᵀW = 1")
        else:
            found[one.letter] = _constants(network.cell.gates, one.start)
    own_v = {} if network.tied else {"V": N_("uniform in ±{bound:.4g}").format(bound=math.sqrt(6 / (width + classes)))}
    return found | own_v | {"c": "0"}


def _constants(gates: tuple[str, ...], values: tuple[float, ...] | str) -> str:
    """The constants of blocks of rows: one for all of them, or by gate."""
    each = [f"{float(value):g}" for value in values]
    if len(set(each)) == 1 or len(each) != len(gates):
        return each[0]
    others = sorted(set(each) - {"0"})
    by_gate = [(gate, value) for gate, value in zip(gates, each, strict=True) if value in others]
    if len(by_gate) == 1:
        return N_("0, but {value} for {gate}").format(gate=by_gate[0][0], value=by_gate[0][1])
    return "0, but " + ", ".join(f"{value} for {gate}" for gate, value in by_gate)
