"""Everything that is kept between reruns, in one place."""

import contextlib
import os
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from threading import Timer
from typing import TYPE_CHECKING

import streamlit as st

from pages.common.bounded import kept
from rnn_core.analysis.loading import unopened
from rnn_core.config import DataConfig, Problem, TranslateConfig, make
from rnn_core.language import N_
from rnn_core.training import ahead
from rnn_core.workspace import Workspace, leftovers, snapshots, traces
from rnn_core.workspace.runs import Run

if TYPE_CHECKING:  # torch is not loaded before a run is
    from rnn_core.analysis.backward import Backward
    from rnn_core.analysis.loading import Loaded, Unopened
    from rnn_core.analysis.translation_backward import TranslationBackward
    from rnn_core.data.examples import Example
    from rnn_core.data.top import Top
    from rnn_core.results import Trace, Translation
    from rnn_core.workspace.datasets import SavedDataset
    from rnn_core.workspace.samples import Sample

_DRAWN_S = 2.0
"""Seconds that a browser may take for the first figures, in which nothing else should use the processor."""


def workspace() -> Workspace:
    """The workspace of this server, with the ready-made runs in it."""
    return _workspace(os.environ.get("UNROLLED_WORKSPACE", "workspace"))


@st.cache_resource(ttl=60, max_entries=8, show_spinner=False)
def _workspace(root: str) -> Workspace:
    opened = Workspace(root)
    leftovers.begin(opened.root)
    opened.seed()
    opened.forget_old("texts")
    return opened


def data_of(run: Run) -> "SavedDataset | None":
    """The run's own data where they are in this workspace: ready-made and imported runs come without."""
    with contextlib.suppress(Problem):
        saved = workspace().dataset(run.config.fingerprint)
        return None if saved.problem else saved
    return None


def sample_for(run: Run) -> "Sample | None":
    """What is read where a run's own data are not here: a sample with its labels. Raises Problem when the run is damaged."""
    return _sample_for(run, str(run.path), version_of(run))


def stamp_of(path: Path) -> tuple[int, int | None]:
    """By which a file is known again: its size in bytes and the time of its last change in ns, which is None for an upload: that
    is named by its content, and its time is when it was used."""
    seen = path.stat()
    return seen.st_size, None if path.parent == workspace().root / "uploads" else seen.st_mtime_ns


def top(path: Path, config: DataConfig, name: str | None = None, stream: bool = False) -> "Top":
    """As `data.top.look`: a file is looked into once for each way in which it may be written."""
    from rnn_core.data.top import READ_BY

    stated = {key: getattr(config, key) for key in (*READ_BY, *(("text",) if stream else ()))}
    try:
        stamp = stamp_of(path)
    except OSError:  # said when it is opened
        stamp = 0, None
    return _top(str(path), stamp, name, stream, make(DataConfig, stated))


@kept(64 << 20, 32)
def _top(path: str, stamp: tuple[int, int | None], name: str | None, stream: bool, stated: DataConfig) -> "Top":
    from rnn_core.data.top import look

    return look(Path(path), stated, name, stream)


@kept(64 << 20, 24)
def _sample_for(_run: Run, path: str, version: int) -> "Sample | None":
    from rnn_core.workspace import samples

    return samples.sample_for(_run)


@st.cache_resource(show_spinner=False)
def compiled_ahead() -> None:
    """Has the loops of training compiled, once a server, for pages on the way to a training."""
    ahead.start()


def loaded(run: Run) -> "Loaded":
    """The run's network, shared by everybody: never train it. Raises Problem when damaged or not trained yet."""
    return _opened(run)[0]


def _opened(run: Run) -> "tuple[Loaded, int]":
    """The run's network and its version, and torch set to compute in one thread from here on."""
    version = version_of(run)
    network = _loaded(run, str(run.path), version)
    from rnn_core.threads import use_threads

    # One text is little work, and threads that wait for each other while a training uses the cores make it much slower.
    # Each thread has a setting of its own, and Streamlit runs a page in a new thread every time.
    use_threads(1)
    return network, version


def version_of(run: Run) -> int:
    """Changes when the weights or the snapshots are written: a run in training gets better weights, and more snapshots."""
    written = (run.path / "weights.safetensors", run.path / snapshots.NAME)
    return sum(path.stat().st_mtime_ns for path in written if path.exists())


@kept(1 << 30, 6, N_("Opening the run …"))
def _loaded(_run: Run, path: str, version: int) -> "Loaded":
    from rnn_core.analysis.loading import load

    return load(_run)


def seen(run: Run, text: str, spaced: bool) -> "tuple[Loaded | Unopened, Trace]":
    """As `traced`, but where the trace of this text lies beside the run, its network is not opened: nothing waits for torch."""
    if not spaced and (found := _saved_trace(run, str(run.path), version_of(run), text)):
        return unopened(run), found
    return traced(run, text, spaced)


@kept(64 << 20, 6)
def _saved_trace(_run: Run, path: str, version: int, text: str) -> "Trace | None":
    return traces.load(_run, text)


@st.cache_resource(show_spinner=False)
def torch_ahead() -> None:
    """Has torch loaded, once a server, while somebody looks at a trace that was saved, and not before it can have been drawn."""
    timer = Timer(_DRAWN_S, import_module, args=("rnn_core.analysis.trace",))
    timer.daemon = True
    timer.start()


def traced(run: Run, text: str, spaced: bool) -> "tuple[Loaded, Trace]":
    """A text as the run reads it. Raises Problem when there is nothing to read."""
    network, version = _opened(run)
    return network, _traced(network, str(run.path), version, text, spaced)


def continued(run: Run, text: str, length: int) -> str:
    """A text with the tokens that the network writes after it, as `analysis.writing.continued`."""
    network, version = _opened(run)
    return _continued(network, str(run.path), version, text, length)


@kept(4 << 20, 64)
def _continued(_loaded: "Loaded", path: str, version: int, text: str, length: int) -> str:
    from rnn_core.analysis.writing import continued

    return continued(_loaded, text, length)


@kept(256 << 20, 64)
def _traced(_loaded: "Loaded", path: str, version: int, text: str, spaced: bool) -> "Trace":
    from rnn_core.analysis.trace import trace

    return trace(_loaded, text, text.split(" ") if spaced else None)


def translated(
    run: Run, text: str, how: TranslateConfig, begins: str, links: tuple[tuple[int, int], ...]
) -> "tuple[Loaded, Translation]":
    """A text and its translation by the run. Raises Problem when there is nothing to translate."""
    network, version = _opened(run)
    return network, _translated(network, str(run.path), version, text, how, begins, links)


@kept(128 << 20, 64)
def _translated(
    _loaded: "Loaded",
    path: str,
    version: int,
    text: str,
    how: TranslateConfig,
    begins: str,
    links: tuple[tuple[int, int], ...],
) -> "Translation":
    from rnn_core.analysis.translating import translate

    return translate(_loaded, text, how, begins, links=dict(links))


def pair(run: Run, text: str, reference: str | None, logit: bool, precise: bool) -> "TranslationBackward":
    """The way back of a text and its translation, by all that it depends on. Raises Problem as it does."""
    network, version = _opened(run)
    return _pair(network, str(run.path), version, text, reference, logit, precise)


@kept(128 << 20, 16)
def _pair(
    _loaded: "Loaded", path: str, version: int, text: str, reference: str | None, logit: bool, precise: bool
) -> "TranslationBackward":
    from rnn_core.analysis.translation_backward import translation_backward

    return translation_backward(_loaded, text, reference, logit, precise)


def backward(
    run: Run, text: str, spaced: bool, target: str | None, loss: str | None, logit: bool, precise: bool, batch: bool,
    reduce: str | None = None,
) -> "Backward":  # fmt: skip
    """The way back of a text, by all that it depends on: nothing of who asked for it is in it. Raises Problem as it does.

    Args:
        batch: whether a mini-batch is wanted too: of the run's data, or of a sample where those are not here.
    """
    network, seen = traced(run, text, spaced)
    data = data_of(run) if batch else None
    sample = sample_for(run) if batch and data is None else None
    asked = (text, spaced, target, loss, logit, precise, reduce)
    source = "data" if data else "sample" if sample else None
    return _backward(network, seen, data or sample, str(run.path), version_of(run), asked, source)


@kept(512 << 20, 16)
def _backward(
    _loaded: "Loaded", _seen: "Trace", _texts: "SavedDataset | Sample | None", path: str, version: int,
    asked: tuple[str, bool, str | None, str | None, bool, bool, str | None], source: str | None,
) -> "Backward":  # fmt: skip
    from rnn_core.analysis.backward import backward
    from rnn_core.workspace.samples import Sample

    examples: Sequence[Example] = ()
    if _texts:
        examples = _texts.examples if isinstance(_texts, Sample) else next(_texts.pieces("train"), ())
    _, _, target, loss, logit, precise, reduce = asked
    return backward(_loaded, _seen, target, loss, logit, precise, examples, reduce)
