"""The workspace: datasets, runs and results on disk. Pages show only what is saved here. Loads no torch."""

from rnn_core.workspace.store import Workspace

__all__ = ["Workspace"]
