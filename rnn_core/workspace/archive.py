"""A run as a zip: packed for download, and unpacked with bounded size and no path outside its folder."""

import io
import lzma
import os
import shutil
import zipfile
import zlib
from pathlib import Path
from typing import IO

from rnn_core import tasks
from rnn_core.config import Problem
from rnn_core.language import tr
from rnn_core.workspace import files, snapshots
from rnn_core.workspace.runs import MOST_BYTES, MOST_NAME, Run
from rnn_core.workspace.store import Workspace

CARRIED = tuple(MOST_BYTES)
"""The files of a zip, without checkpoints and texts of the data."""

MOST_MEMBERS = 10_000
"""The maximum number of entries in a zip; `pack` writes six."""

LIMIT = 1 << 30
"""The maximum number of bytes of an unpacked run."""


def pack(run: Run) -> bytes:
    """The run as a zip file's bytes, without any text of the data."""
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name in CARRIED:
            if (run.path / name).exists():
                archive.write(run.path / name, f"{run.id}/{name}")
    return held.getvalue()


def unpack(workspace: Workspace, content: bytes) -> Run:
    """Imports a run from a zip made by `pack`, under a new id.

    Raises:
        Problem: if it is not such a zip, is damaged, or is too large: each file has its bound, and `LIMIT` bounds their sum.
            Nothing is left behind.
    """
    target = workspace.fresh("runs")
    aside = workspace.root / files.temporary_name("import", target.name)
    with files.saying_disk_trouble(workspace.root):
        aside.mkdir(parents=True)
        try:
            _extract(content, aside)
            try:
                _check(Run(aside))
            except Problem as why:
                said = str(why).replace(tr("Run {id} ", id=aside.name), tr("It ")).replace(aside.name, tr("it"))
                raise Problem(tr("The run in this zip is damaged, so it was not imported. {said}", said=said)) from None
            target.parent.mkdir(exist_ok=True)
            os.rename(aside, target)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    return Run(target)


def _extract(content: bytes, folder: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if len(archive.infolist()) > MOST_MEMBERS:
                raise Problem(tr(
                    "This zip has more than {most:,} files, so it is not a run. Choose a zip that was downloaded "
                    "from the Runs page.",
                    most=MOST_MEMBERS,
                ))  # fmt: skip
            # only known names are read, by the last part of their path: a path out of the folder is never followed
            members = {Path(m.filename).name: m for m in archive.infolist() if Path(m.filename).name in CARRIED}
            if "config.json" not in members or "weights.safetensors" not in members:
                raise Problem(tr(
                    "This zip holds no run: config.json or weights.safetensors is missing. Choose a zip that was "
                    "downloaded from the Runs page.",
                ))  # fmt: skip
            left = LIMIT
            for name, member in members.items():
                most = min(MOST_BYTES[name], left)
                with archive.open(member) as source, (folder / name).open("wb") as into:
                    while piece := _read(source):
                        left -= len(piece)
                        most -= len(piece)
                        if left < 0:
                            raise Problem(tr("This zip unpacks to more than 1 GB. Import a smaller run."))
                        if most < 0:
                            raise Problem(tr(
                                "The file {name} in this zip is larger than {most:,} MB, larger than any run's. "
                                "Choose a zip that was downloaded from the Runs page.",
                                name=name, most=MOST_BYTES[name] >> 20,
                            ))  # fmt: skip
                        into.write(piece)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise Problem(tr("This is not a zip, or it is damaged. Download the run again and import that file.")) from error


def _read(source: IO[bytes]) -> bytes:
    try:
        return source.read(1 << 20)
    except (zlib.error, lzma.LZMAError, OSError) as error:  # bzip2 raises OSError, which must not be taken for a full disk
        raise zipfile.BadZipFile from error


def _check(run: Run) -> None:
    """Reads all files once, so that a damaged run is refused here and not on a page."""
    from rnn_core.network.tensors import shapes_of

    speech = run.speech
    if len(run.name) > MOST_NAME:
        raise Problem(tr(
            "Its name is longer than {most:,} characters. Rename it where it was trained, and download it again.",
            most=MOST_NAME,
        ))
    if run.weight_shapes() != shapes_of(lambda: tasks.of(run.config).network(run.config, speech)):
        raise Problem(tr("This run is damaged: its weights do not fit its config. Download it again and import that file."))
    run.weights()
    for update in snapshots.updates(run):
        snapshots.load(run, update)
    run.history()
    run.metrics()
