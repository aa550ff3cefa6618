"""How a file is read: kept on the server, previewed, its columns guessed and corrected. For Data and Evaluate."""

import hashlib
import json
import os
import time
from pathlib import Path
from typing import Any

import streamlit as st

from pages.common import widgets
from pages.common.cache import workspace
from rnn_core.config import DataConfig, Problem, make, plain
from rnn_core.data.columns import LAYOUTS, preview, with_columns
from rnn_core.data.tables import DELIMITERS, ENCODINGS, recognise
from rnn_core.views.view import literal
from rnn_core.workspace import files

SUFFIXES = ["csv", "tsv", "txt", "json", "jsonl", "ndjson", "parquet", "pq", "conll", "conllu", "iob", "bio", "tab", "dat"]
FORMATS = {
    "csv": "table (CSV, TSV)", "jsonl": "JSON lines", "parquet": "Parquet", "conll": "CoNLL columns",
    "conllu": "CoNLL-U", "token_tag": "token, tab, tag",
}  # fmt: skip
_KEPT_S = 7 * 86400
"""Uploads this old have long been read into datasets and are removed."""

ROOT = "UNROLLED_FILES"
"""Below which folder paths on the server may be named. Unset: anywhere, by who sits at the server; by nobody else."""


def keep_upload(upload: Any) -> tuple[Path, str]:
    """An uploaded file, saved by its content's hash. Returns its path and that hash."""
    for old in (workspace().root / "uploads").glob("*"):
        if time.time() - old.stat().st_mtime > _KEPT_S:
            old.unlink(missing_ok=True)
    content = upload.getvalue()
    digest = hashlib.sha256(content).hexdigest()[:24]
    path = workspace().folder("uploads", digest)
    if not path.exists():
        files.write(path, lambda temporary: temporary.write_bytes(content))
    return path, digest


def server_path(named: str) -> Path:
    """A path on the server that a user typed. Raises Problem when it is outside of the folder that is allowed."""
    path = Path(named.strip()).expanduser().resolve()
    root = os.environ.get(ROOT)
    if not root and st.context.ip_address is not None:  # None: the browser is on this very machine
        raise Problem(f"Files on the server may only be named when {ROOT} says below which folder. Upload the file instead.")
    if root and not path.is_relative_to(Path(root).resolve()):
        raise Problem(f"Only files below {root} may be named here. Choose one of those, or upload the file.")
    if not path.is_file():
        what = "is a folder: name a file in it" if path.is_dir() else "is not there: check the path, or upload the file"
        raise Problem(f"{named.strip()[:200]} {what}.")
    return path


def flags(values: dict[str, Any]) -> list[str]:
    """Options of the command line for these values of a config; those that are None are left out."""
    found = []
    for name, value in values.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(value, bool):
            found.append(flag if value else flag.replace("--", "--no-", 1))
        elif value is not None:
            found.append(f"{flag}={value}")
    return found


def fingerprint_of(path: Path, config: DataConfig) -> str:
    """A short hash of a file's place, size, time and reading, which names an evaluation on it."""
    seen = path.stat()
    mark = json.dumps([str(path), seen.st_size, seen.st_mtime_ns, plain(config)], sort_keys=True)
    return hashlib.sha256(mark.encode()).hexdigest()[:16]


def mapping(path: Path, name: str, config: DataConfig, key: str) -> DataConfig | None:
    """A file's first rows as they would be read, and the guesses for a person to correct.

    Returns:
        The config with everything chosen, or None while the choice does not work yet (which is said).
    """
    st.markdown(f"**{literal(name)}**: is this read correctly?")
    guessed: dict[str, Any] = {"format": None, "encoding": None, "delimiter": None}
    try:
        first = recognise(path, config, name)
        guessed = {"format": first.kind, "encoding": first.encoding, "delimiter": first.delimiter}
    except Problem as why:  # what cannot be guessed can still be stated
        widgets.problem(why)
    boxes = st.columns(3)
    read_by = {
        "format": _box(boxes[0], "Format", FORMATS, guessed["format"], f"{key}-format"),
        "encoding": _box(boxes[1], "Encoding", dict.fromkeys(ENCODINGS), guessed["encoding"], f"{key}-encoding",
                         "Guessed. When letters look odd below, choose another."),
        "delimiter": _box(boxes[2], "Delimiter", DELIMITERS, guessed["delimiter"], f"{key}-delimiter"),
    }  # fmt: skip
    if read_by["format"] == "parquet":
        read_by["encoding"] = None
    if read_by["format"] != "csv":
        read_by["delimiter"] = None
    if not any(guessed.values()) and not any(read_by.values()):
        return None
    stated = make(DataConfig, plain(config) | read_by)
    seen = preview(path, stated, name)
    stated = _columns(seen, stated, key)
    chosen = preview(path, stated, name)
    shown = {header: [row[i] if i < len(row) else "" for row in chosen.rows] for i, header in enumerate(chosen.header)}
    st.dataframe(shown, hide_index=True, height=220)
    if chosen.problem or chosen.layout is None:
        widgets.problem(chosen.problem or "These columns do not fit the task. Choose others.")
        return None
    by_line = chosen.format.by_sentence
    st.caption(f"Read as: {'a token and its tag a line' if by_line else LAYOUTS[chosen.layout]}.")
    return stated



def _box(where: Any, title: str, named: dict[str, Any], guess: str | None, key: str, words: str | None = None) -> Any:
    """A box with the guess chosen, empty where there is none. A new guess gets a new box."""
    listed = list(named)
    return where.selectbox(title, listed, listed.index(guess) if guess in listed else None, key=f"{key}-{guess}",
                           format_func=lambda name: named[name] or name, help=words, placeholder="(choose)")  # fmt: skip


def _columns(seen: Any, config: DataConfig, key: str) -> DataConfig:
    """The boxes for the columns, with the guesses chosen."""
    titles = {"text": "Text column", "label": "Label column", "split": "Split column (if any)"}
    if config.task == "tag":
        titles = {"text": "Token column", "label": "Tag column", "sentence": "Sentence column (if any)"} | {
            "split": titles["split"]
        }
    found: dict[str, str | None] = {}
    none = "(none)"
    for column, (field, title) in zip(st.columns(len(titles)), titles.items(), strict=True):
        needed = field in ("text", "label")
        listed = [*([] if needed else [none]), *seen.header]
        guess = getattr(seen.config, field)
        at = listed.index(guess) if guess in listed else 0
        picked = column.selectbox(title, listed, at, key=f"{key}-{seen.format.kind}-{field}")
        found[field] = "" if picked == none else picked
    return with_columns(config, **found)
