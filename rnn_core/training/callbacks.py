"""What may happen while a network trains: no-op methods to override."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rnn_core.training.loop import Training


class Callback:
    """Called by `Training.run`. Methods may read the training; none may change its course but `should_stop`."""

    def on_note(self, training: "Training", note: dict[str, Any]) -> None:
        """A mean training loss over the last updates is known: {"step", "epoch", "loss"}."""

    def on_update(self, training: "Training") -> None:
        """The weights have just been updated."""

    def on_epoch(self, training: "Training", scores: dict[str, Any]) -> None:
        """An epoch has ended and dev was scored."""

    def should_stop(self) -> bool:
        """True to leave off after the last update; asked after each, and while dev is scored."""
        return False
