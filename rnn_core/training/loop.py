"""The training loop: updates, epochs, early stopping, and checkpoints from which a training continues bit for bit."""

import json
import math
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import MappingProxyType
from typing import Any

import numpy as np
import torch
from torch import Tensor

from rnn_core import tasks
from rnn_core.config import Problem, RunConfig
from rnn_core.data.batches import Encoded, beside
from rnn_core.data.schema import TEXT
from rnn_core.data.vocabulary import EOS, UNK
from rnn_core.language import N_, tr
from rnn_core.network.cells import State
from rnn_core.network.device import device_of, host
from rnn_core.network.dropout import Noise
from rnn_core.network.models import Network
from rnn_core.network.sweeps import compiled
from rnn_core.network.tensors import put, tensors_of
from rnn_core.threads import flushed_denormals, use_threads
from rnn_core.training.callbacks import Callback
from rnn_core.training.device_optimizer import DeviceOptimizer
from rnn_core.training.engines import Autograd, Engine, Fused
from rnn_core.training.optimizer import Optimizer
from rnn_core.workspace.runs import Speech

AVERAGED_EVERY = 16
"""The average of the weights includes every n-th update: over a hundred updates this is as good, and costs less."""

UNKNOWN_SHARE = 0.5
"""The probability with which a word that occurs once in training is replaced by `<unk>`, so that `<unk>` is trained too."""

NOTES_AN_EPOCH, UPDATES_A_NOTE = 20, 8
"""The maximum number of points of the training loss per epoch, and the minimum number of updates of which each is the mean
(except at the end of an epoch): the loss of single batches is too noisy."""


_DIVERGED = N_("The training diverged: its loss is no longer a number. Lower the learning rate, or clip the gradient.")


class _Stopped(Exception):
    """Raised if a callback stops the training while dev is scored."""


class Training:
    """One training run from the first update to the last.

    Config, data and seed determine the training: the plan of an epoch depends on (seed, epoch), dropout and `<unk>` on
    (seed, update), so that no random state is saved. On a GPU the order of sums is not deterministic: there, equal trainings
    give weights that agree up to rounding, not bit for bit.

    Args:
        config: the config of the run.
        train, dev: encoded splits; if dev is empty, the training loss chooses the best epoch.
        speech: vocabularies, whose counts define the rare words, class names, and the tag scheme of entity labels.
        unseen: labels of dev that the training split lacks, by their indices in its targets.

    Attributes:
        device: the device of weights, batches and losses.

    Raises:
        Problem: if the config's device is not available.
    """

    def __init__(
        self,
        config: RunConfig,
        train: Encoded,
        dev: Encoded,
        speech: Speech,
        unseen: Mapping[int, str] = MappingProxyType({}),
    ):
        self.device = device_of(config.train.device)
        use_threads(config.train.threads)
        torch.manual_seed(config.train.seed)
        self.config, self.train, self.dev = config, train, dev
        self.labels, self.scheme, self.unseen = tuple(speech.labels), speech.scheme, unseen
        self.task = tasks.of(config)
        self.metric = self.task.metric(speech.scheme)
        self.network = self.task.network(config, speech).to(self.device)
        self.epoch = 0  # epochs completed
        self._source = self.task.prepare(config, train)
        self.batches_an_epoch = self._planned = len(self._plan())  # the latter for the current epoch: plans differ a little
        updates = config.train.epochs * self.batches_an_epoch
        updates = min(updates, config.train.updates) if config.train.updates else updates
        kind = Optimizer if self.device.type == "cpu" else DeviceOptimizer
        self.optimizer: Optimizer | DeviceOptimizer = kind(self.network, config.train, updates)
        self.engine = self._engine()
        # the exponential moving average of the weights (Polyak and Juditsky 1992), which is scored on dev and saved
        averaged = self.network.named_parameters() if config.train.average else ()
        self._averaged = {name: p.detach().clone() for name, p in averaged}
        self._averaged_at = 0
        self._vocabulary = speech.vocabulary
        vocabularies = {TEXT: speech.vocabulary, **speech.vocabularies}
        self._rare = {name: np.array(vocabularies[fed.side].counts) == 1 for name, fed in self.task.fed.items()}
        self._carried: State | None = None  # the state from which the next batch continues
        self.place = 0  # batches done in the current epoch
        self.step = 0  # updates done
        self.tokens = 0  # words or characters trained on, without specials and pads
        self.steps = self.pads = 0  # of all batches: steps with a token or special, and padded steps
        self.seconds = 0.0  # of training batches
        self.waited = 0  # epochs since the best epoch
        self.best: dict[str, Any] | None = None
        self.best_weights: dict[str, Tensor] = {}
        self._note_loss = self._epoch_loss = 0.0
        self._note_weight = self._epoch_weight = 0.0
        self.about = self.task.about_training(config, train, self.labels)
        majority = self.about.get("majority_class")
        self.majority = None if majority is None else self.labels[majority]  # the most frequent class of training

    def _plan(self) -> Sequence[Any]:
        return self.task.plan(self.config, self._source, self.epoch)

    @property
    def done(self) -> bool:
        """Whether the last epoch is done, patience has run out, or the maximum of updates or minutes is reached."""
        train = self.config.train
        return self.epoch >= train.epochs or (0 < train.patience <= self.waited) or self._enough

    @property
    def _enough(self) -> bool:
        updates, minutes = self.config.train.updates, self.config.train.minutes
        return (0 < updates <= self.step) or (0 < 60 * minutes <= self.seconds)

    @property
    def progress(self) -> float:
        """The share done of the epochs, updates or minutes, whichever ends the training first at the current speed."""
        train = self.config.train
        shares = [(self.epoch + self.place / self.batches_an_epoch) / train.epochs]
        shares += [self.step / train.updates] if train.updates else []
        shares += [self.seconds / (60 * train.minutes)] if train.minutes else []
        return min(1.0, max(shares))

    @property
    def pad_share(self) -> float:
        """The share of padding in all steps so far."""
        return self.pads / (self.pads + self.steps) if self.steps else 0.0

    @property
    def tokens_per_second(self) -> float:
        return self.tokens / self.seconds if self.seconds else 0.0

    def run(self, callbacks: Sequence[Callback] = ()) -> bool:
        """Trains until done, or until a callback stops it. Returns True if done."""
        self.network.train()
        every = max(UPDATES_A_NOTE, self.batches_an_epoch // NOTES_AN_EPOCH)
        while not self.done:
            batches = self._plan()
            self._planned = len(batches)
            while self.place < len(batches) and not self._enough:
                self._update(batches[self.place])
                if self.place % every == 0 or self.place == len(batches) or self._enough:
                    note = {
                        "step": self.step,
                        "epoch": self.epoch + self.place / len(batches),
                        "loss": self._note_loss / self._note_weight,
                    }
                    self._note_loss, self._note_weight = 0.0, 0.0
                    for callback in callbacks:
                        callback.on_note(self, note)
                for callback in callbacks:
                    callback.on_update(self)
                if any(callback.should_stop() for callback in callbacks):
                    return False

            def heed(share: float) -> None:
                if any(callback.should_stop() for callback in callbacks):
                    raise _Stopped

            try:
                scores = self._end_epoch(heed)
            except _Stopped:  # no state has changed since the last update: dev is scored again when resumed
                return False
            for callback in callbacks:
                callback.on_epoch(self, scores)
        return True

    def _engine(self) -> Engine:
        """The fused engine if the network is the plain stack on the CPU and its cell has a kernel, unless the config states
        autograd."""
        network, optimizer, auto = self.network, self.optimizer, self.config.train.engine == "auto"
        if auto and type(network) is Network and compiled(network.cell) and isinstance(optimizer, Optimizer):
            return Fused(network, optimizer)
        return Autograd(network, self.task.loss, optimizer)

    def _update(self, which: Any) -> None:
        began = time.perf_counter()
        carried = self.task.carried(self.config, which)
        batch, noise = self.task.batch(self.config, self._source, which), Noise(self.config.train.seed, self.step, carried)
        total, whole = float(batch["total"]), len(batch["tokens"])
        for name, fed in self.task.fed.items():
            tokens = batch[name]
            tokens, form = (tokens, None) if tokens.ndim == 2 else (tokens[..., 0], tokens[..., 1:])
            steps = int(np.minimum(batch[fed.lengths], len(tokens)).sum())
            self.tokens += int(np.count_nonzero((tokens > EOS) | (tokens == UNK)))
            self.steps += steps
            self.pads += tokens.size - steps
            hidden = self._rare[name][tokens] & noise.choices(tokens.shape, UNKNOWN_SHARE)
            batch[name] = beside(np.where(hidden, UNK, tokens), form)  # as of any unknown word, the form stays
        start = self._carried if carried else None
        with flushed_denormals():
            loss = self.engine.gradients(batch, noise, self.config.train.truncate or whole, start)
            if self.task.carries:
                self._carried = self.engine.ends
            if not math.isfinite(loss):
                raise Problem(tr(_DIVERGED))
            self.optimizer.step(self.engine.read())
        self.step += 1
        if self.config.train.average and self.step % AVERAGED_EVERY == 0:
            self._average()
        self._note_loss += loss * total
        self._epoch_loss += loss * total
        self._note_weight += total
        self._epoch_weight += total
        self.place += 1
        self.seconds += time.perf_counter() - began

    def _average(self) -> None:
        """Moves the average towards the weights; faster at first, so that the initial weights have little influence."""
        self.optimizer.catch_up()
        taken = self.step - self._averaged_at  # updates since the average was last moved
        self._averaged_at = self.step
        memory = min(self.config.train.average, (1 + self.step) / (10 + self.step)) ** taken
        for name, weights in self.network.named_parameters():
            self._averaged[name].lerp_(weights.detach(), 1 - memory)

    @contextmanager
    def _with_averaged_weights(self) -> Iterator[None]:
        """The network with the average in place of its weights, if there is one."""
        self.optimizer.catch_up()
        if not self.config.train.average:
            yield
            return
        self._average()
        parameters = dict(self.network.named_parameters())
        weights = {name: p.detach().clone() for name, p in parameters.items()}
        _copy(self._averaged, parameters)
        try:
            yield
        finally:
            _copy(weights, parameters)

    def _end_epoch(self, tick: Callable[[float], None]) -> dict[str, Any]:
        """Scores dev and keeps the weights if they are the best so far; changes nothing if `tick` raises."""
        whole = self.place == self._planned
        entry: dict[str, Any] = {
            "epoch": self.epoch + 1 if whole else round(self.epoch + self.place / self._planned, 6),
            "step": self.step,
            "train_loss": self._epoch_loss / self._epoch_weight,
            **self.about,
            "seconds": self.seconds,
            "tokens_per_second": self.tokens_per_second,
            "pad_share": self.pad_share,
        }
        with self._with_averaged_weights():
            if not host(torch.stack([p.isfinite().all() for p in self.network.parameters()]).all()):
                raise Problem(tr(_DIVERGED))
            if len(self.dev):
                scorer = self.task.scorer(self.labels, self.scheme)
                answers = self.task.predict(self.network, self.config, self.dev, tick, self.task.rules(self.labels, self.scheme))
                scorer.add(self.dev, answers, self.unseen)
                scores = scorer.scores()
                entry |= {"dev_loss": scores.loss} | self.task.figures_of(scores, "dev", self.majority)
            written = self.task.excerpt(self.network, self.config, self._vocabulary)
            if self.best is None or self._rank(entry) > self._rank(self.best):
                self.best, self.waited = entry, 0
                self.best_weights = {name: tensor.clone() for name, tensor in tensors_of(self.network).items()}
            else:
                self.waited += 1
                self.optimizer.schedule.worse()
        self.epoch += 1
        self.place = 0
        self._epoch_loss, self._epoch_weight = 0.0, 0.0
        return entry | {"best": self.waited == 0} | ({"written": written} if written else {})

    def _rank(self, entry: dict[str, Any]) -> tuple[float, float]:
        """A rank, higher is better: the headline metric on dev, then the dev loss; without dev, the training loss."""
        loss = -entry.get("dev_loss", entry["train_loss"])
        score = entry.get(f"dev_{self.metric}", 0.0)
        return score if self.task.higher_is_better else -score, loss if math.isfinite(loss) else -math.inf

    def weights(self) -> dict[str, Tensor]:
        """The network's tensors after the last update, not their average, in CPU memory. Changes nothing of the training."""
        return {name: host(tensor) for name, tensor in (tensors_of(self.network) | self.optimizer.up_to_date()).items()}

    # ---- what a checkpoint holds ------------------------------------------------------------------------------------

    _PLAIN = ("epoch", "place", "step", "tokens", "steps", "pads", "seconds", "waited", "best", "_averaged_at")
    _SUMS = ("_note_loss", "_epoch_loss", "_note_weight", "_epoch_weight")

    def state(self) -> tuple[dict[str, Tensor], str]:
        """Weights, their average, best weights and optimiser as CPU tensors by name, and the rest as JSON."""
        held = {f"weights/{name}": tensor for name, tensor in tensors_of(self.network).items()}
        held |= {f"average/{name}": p for name, p in self._averaged.items()}
        held |= {f"best/{name}": p for name, p in self.best_weights.items()}
        held |= {f"optimizer/{name}": value for name, value in self.optimizer.state().items()}
        held |= {f"carried/{i}": part for i, part in enumerate(self._carried or ())}
        rest = {name: getattr(self, name) for name in self._PLAIN + self._SUMS}
        return {name: host(value) for name, value in held.items()}, json.dumps(rest)

    def restore(self, held: dict[str, Tensor], rest: str) -> None:
        """Restores the result of `state`. Raises KeyError, RuntimeError or ValueError if it is from another network."""

        def under(prefix: str) -> dict[str, Tensor]:
            return {name.removeprefix(prefix): value for name, value in held.items() if name.startswith(prefix)}

        put(self.network, under("weights/"))
        self._averaged = {name: value.to(self.device) for name, value in under("average/").items()}
        self.best_weights = under("best/")
        self.optimizer.restore(under("optimizer/"))
        self._carried = tuple(part for _, part in sorted(under("carried/").items())) or None
        for name, value in json.loads(rest).items():
            setattr(self, _RENAMED.get(name, name), value)


@torch.no_grad()
def _copy(tensors: Mapping[str, Tensor], into: Mapping[str, Tensor]) -> None:
    for name, tensor in tensors.items():
        into[name].copy_(tensor)


_RENAMED = {"_note_texts": "_note_weight", "_epoch_texts": "_epoch_weight"}
"""Its name in checkpoints of formats 1 and 2."""
