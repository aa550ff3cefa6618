"""The workspace: datasets, runs and results on disk. What a page shows is what was saved here. Loads no torch."""

from rnn_core.workspace.store import Workspace

__all__ = ["Workspace"]
