"""The workspace folder and its contents."""

import contextlib
import os
import re
import secrets
import shutil
import time
from dataclasses import replace
from functools import cached_property
from pathlib import Path

from filelock import FileLock

from rnn_core import tasks
from rnn_core.config import Problem, RunConfig
from rnn_core.language import tr
from rnn_core.workspace import explorations, files
from rnn_core.workspace.datasets import SavedDataset
from rnn_core.workspace.explorations import Writing
from rnn_core.workspace.runs import Run

ENVIRONMENT = "UNROLLED_WORKSPACE"
SAMPLES = Path(__file__).parents[2] / "samples"
"""Small files of the project, to try the program with."""

READY_MADE = SAMPLES / "runs"
"""The runs in a new workspace."""

_SEEDED = ".seeded"
"""The file in `runs` that marks that the ready-made runs were copied; deleted ones are not copied again."""

_DAY_S = 86400

KEPT_DAYS = {"uploads": 7, "jobs": 7, "answers": 7, "writings": 7, "texts": 30, "explorations": 30}
"""Days without use after which files are removed."""

MOST_TEXT = 4 << 20
"""The maximum size of a text that is kept for a link, and of an exploration, in bytes."""

_ENDS = {"texts": ".txt", "explorations": ".json"}

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


class Workspace:
    """All saved files, in one folder that all sessions of a server share.

    Args:
        root: the folder; created at the first write. None: $UNROLLED_WORKSPACE, or ./workspace.

    Raises:
        Problem: if it is not a valid path.
    """

    def __init__(self, root: str | Path | None = None):
        self.root = files.typed_path(str(root or os.environ.get(ENVIRONMENT) or "workspace"))
        self._runs = self.root / "runs"

    @cached_property
    def trouble(self) -> str | None:
        """A sentence on why files cannot be saved here; None if they can."""
        try:
            files.write(self.root / ".probe", lambda path: path.write_bytes(b"."))
            (self.root / ".probe").unlink(missing_ok=True)
        except (Problem, OSError) as error:
            return str(error)
        return None

    def folder(self, kind: str, name: str) -> Path:
        """The folder of a kind and a name. Raises Problem if the name is not valid."""
        if not _ID.fullmatch(name):
            raise Problem(tr("There is nothing called {name!r} here. Choose one from the list.", name=name[:60]))
        return self.root / kind / name

    def fresh(self, kind: str) -> Path:
        """A new folder name, not created yet; names sort by time."""
        return self.folder(kind, time.strftime("%Y%m%d-%H%M%S-") + secrets.token_hex(3))

    def forget_old(self, kind: str) -> None:
        """Removes the uploads, jobs, answers or texts that were not used for `KEPT_DAYS`."""
        for path in (self.root / kind).glob("*"):
            with contextlib.suppress(OSError):  # another session was faster
                if time.time() - path.stat().st_mtime > KEPT_DAYS[kind] * _DAY_S:
                    shutil.rmtree(path, ignore_errors=True) if path.is_dir() else path.unlink()

    def jobs(self) -> list[Path]:
        """The job folders of the last days, newest first."""
        return _present(self.root / "jobs")

    # ---- runs -------------------------------------------------------------------------------------------------------

    def seed(self) -> None:
        """Copies the ready-made runs into a workspace, once; if it cannot be written, they are shown from their own folder."""
        runs = self.root / "runs"
        if not READY_MADE.is_dir() or (runs / _SEEDED).exists():
            return
        try:
            runs.mkdir(parents=True, exist_ok=True)
            with FileLock(runs / ".seeding", timeout=60):
                if (runs / _SEEDED).exists():  # another session was faster
                    return
                for ready in READY_MADE.iterdir():
                    if not (runs / ready.name).exists():
                        aside = runs / f".seed-{ready.name}"  # overwrites the rest of a killed session
                        shutil.copytree(ready, aside, dirs_exist_ok=True)
                        os.rename(aside, runs / ready.name)
                (runs / _SEEDED).touch()
        except OSError:  # read-only or full, which `trouble` reports
            if not _present(runs):
                self._runs = READY_MADE

    def runs(self) -> list[Run]:
        """All runs, newest first, including damaged ones."""
        return [self._run(path) for path in _present(self._runs)]

    def _run(self, path: Path) -> Run:
        return Run(path, fixed=path.parent == READY_MADE)

    def run(self, name: str) -> Run:
        """A run by its id, or by its name, if that is unique. Raises Problem if there is none."""
        if _ID.fullmatch(name) and (self._runs / name).is_dir():
            return self._run(self._runs / name)
        named = [run for run in self.runs() if run.name == name]
        if len(named) > 1:
            raise Problem(tr(
                "{count} runs have the name {name!r}. Use the id: {ids}.",
                count=len(named), name=name[:60], ids=", ".join(r.id for r in named[:5]),
            ))
        if not named:
            raise Problem(tr(
                "There is no run {name!r} in {root}. The command `runs` lists all runs.",
                name=name[:60], root=self.root,
            ))
        return named[0]

    def twin(self, run: Run) -> Run | None:
        """The newest run that differs from this one only in the steps of its loss, and in its name."""

        def but_for_the_loss(config: RunConfig) -> RunConfig:
            return replace(config, name="", train=replace(config.train, loss=None))

        task = tasks.of(run.config)
        for other in self.runs():
            with contextlib.suppress(Problem):
                same = but_for_the_loss(other.config) == but_for_the_loss(run.config)
                if same and task.loss_of(other.config) != task.loss_of(run.config):
                    return other
        return None

    def seeds(self, run: Run) -> tuple[Run, ...]:
        """The trained runs that differ from this one in their seed and name alone, by seed, this one included; of one seed the
        newest."""

        def but_for_the_seed(config: RunConfig) -> RunConfig:
            return replace(config, name="", train=replace(config.train, seed=0))

        found = {run.config.train.seed: run}
        for other in self.runs():
            with contextlib.suppress(Problem):
                if other.trained and but_for_the_seed(other.config) == but_for_the_seed(run.config):
                    found.setdefault(other.config.train.seed, other)
        return tuple(found[seed] for seed in sorted(found))

    # ---- texts too long or too private for a link --------------------------------------------------------------------

    def keep_text(self, text: str) -> str:
        """Saves a text and returns its id: a random one, which cannot be derived from the text.

        Raises:
            Problem: if it cannot be written, or is longer than `MOST_TEXT`.
        """
        return self._keep("texts", text.encode("utf-8", "surrogatepass"))

    def text(self, name: str) -> str | None:
        """The text of this id, which marks it as used; None if there is none (any more)."""
        content = self._kept("texts", name)
        with contextlib.suppress(UnicodeError):
            return None if content is None else content.decode("utf-8", "surrogatepass")
        return None

    def keep_writing(self, writing: Writing) -> str:
        """Saves an exploration and returns its id, as `keep_text` does."""
        return self._keep("explorations", explorations.encoded(writing))

    def writing(self, name: str) -> Writing | None:
        """The exploration of this id, which marks it as used; None if there is none (any more)."""
        content = self._kept("explorations", name)
        return None if content is None else explorations.decoded(content)

    def _keep(self, kind: str, content: bytes) -> str:
        if len(content) > MOST_TEXT:
            raise Problem(tr(
                "This text is longer than {most} MB, so it is not kept for a link. Use a part of it.",
                most=MOST_TEXT >> 20,
            ))
        self.forget_old(kind)
        name = secrets.token_hex(16)
        files.write(self.folder(kind, f"{name}{_ENDS[kind]}"), lambda temporary: temporary.write_bytes(content))
        return name

    def _kept(self, kind: str, name: str) -> bytes | None:
        with contextlib.suppress(OSError, Problem):
            path = self.folder(kind, f"{name}{_ENDS[kind]}")
            content = path.read_bytes()
            with contextlib.suppress(OSError):  # a read-only workspace
                os.utime(path)
            return content
        return None

    # ---- datasets ---------------------------------------------------------------------------------------------------

    def datasets(self) -> list[SavedDataset]:
        """All datasets that can be read, newest first."""
        return [dataset for dataset in self._datasets() if not dataset.problem]

    def damaged_datasets(self) -> list[SavedDataset]:
        """The datasets that cannot be read; their `problem` gives the reason."""
        return [dataset for dataset in self._datasets() if dataset.problem]

    def _datasets(self) -> list[SavedDataset]:
        written = {}
        for path in _present(self.root / "datasets"):
            with contextlib.suppress(OSError):  # without the file it is being written, or deleted
                written[path] = (path / "dataset.json").stat().st_mtime_ns
        return [SavedDataset(path) for path in sorted(written, key=written.__getitem__, reverse=True)]

    def dataset(self, fingerprint: str) -> SavedDataset:
        """The dataset of this fingerprint. Raises Problem if it is not here (any more)."""
        path = self.folder("datasets", fingerprint[:16])
        if not (path / "dataset.json").exists():
            raise Problem(tr("The data of this run is not in the workspace. Upload it again on the Data page."))
        return SavedDataset(path)


def _present(folder: Path) -> list[Path]:
    """The entries of a folder with valid names, newest first."""
    return sorted((p for p in folder.iterdir() if _ID.fullmatch(p.name)), reverse=True) if folder.is_dir() else []
