"""Callbacks of a training: no-op methods to override."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnn_core.training.loop import Training


class Callback:
    """Called by `Training.run`. Methods may read the training; only `should_stop` may change its course."""

    def on_note(self, training: "Training", note: dict[str, Any]) -> None:
        """Called with the mean training loss over the last updates: {"step", "epoch", "loss"}."""

    def on_update(self, training: "Training") -> None:
        """Called after each update of the weights."""

    def on_epoch(self, training: "Training", scores: dict[str, Any]) -> None:
        """Called after each epoch, when dev was scored."""

    def should_stop(self) -> bool:
        """Returns True to stop after the last update; called after each update, and while dev is scored."""
        return False
