"""Collects the messages of the interface into the catalogues of `locales/`, and compiles them.

    python locales/collect.py                        # every catalogue: new messages in, old ones out, compiled
    python locales/collect.py --missing de [PATH …]  # prints as JSON what is not translated yet, of these files alone
    python locales/collect.py --fill de FILE.json    # takes translations from such a file

The JSON is an object of messages and translations; a message that depends on a number is `one` and `many` joined by a line
`<|>`, and so is its translation. Needs Babel, of requirements-dev.txt.
"""

import json
import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from rnn_core.language import ENGLISH, LANGUAGES, compiled  # noqa: E402
from rnn_core.lessons import reading  # noqa: E402

KEYWORDS = {"tr": None, "tr_n": (1, 2), "trN": (1, 2), "N_": None}
"""The functions that take messages, as Babel has them."""

PLURAL = "\n<|>\n"

Message = str | tuple[str, ...]

_NO_DATE = datetime(2026, 1, 1, tzinfo=UTC)
"""The same always: a catalogue changes with its messages alone."""


def messages(paths: Sequence[Path] = ()) -> Iterator[tuple[Message, str]]:
    """Every message with the file that it is from.

    Args:
        paths: files or folders, those in them alone; empty: everything.
    """
    for path in sorted(_files(paths or (ROOT / "app.py", ROOT / "pages", ROOT / "rnn_core", ROOT / "lessons"))):
        name = str(path.relative_to(ROOT))
        if path.suffix == ".md":
            yield from ((message, name) for message in reading.messages(path.read_text(encoding="utf-8"), path.stem))
            continue
        method = "python" if path.suffix == ".py" else "javascript"
        for _, message, *_ in extract_from_file(method, path, KEYWORDS):
            if message:
                yield message, name


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (one for kind in ("py", "mjs", "md") for one in path.rglob(f"*.{kind}"))
        else:
            yield path


def po_of(language: str) -> Path:
    """The file that translators edit."""
    return compiled(language).with_suffix(".po")


def read(language: str) -> Catalog:
    """A catalogue as it is saved; an empty one where there is none."""
    path = po_of(language)
    if not path.exists():
        return Catalog(language)
    with path.open("rb") as file:
        return read_po(file, language)


def collected(language: str) -> Catalog:
    """The catalogue with the messages that there are now, and the translations that it has."""
    old, new = read(language), Catalog(language, project="Unrolled", fuzzy=False, creation_date=_NO_DATE, revision_date=_NO_DATE)
    for message, name in messages():
        known = old.get(message if isinstance(message, str) else message[0])
        new.add(message, known.string if known and known.id == message else None, locations=[(name, 0)])
    return new


def write(language: str, catalogue: Catalog) -> None:
    """Saves a catalogue, and compiles it."""
    path = po_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        save(file, catalogue)
    with compiled(language).open("wb") as file:
        write_mo(file, catalogue)


def save(file: BinaryIO, catalogue: Catalog) -> None:
    """Writes a catalogue as translators edit it."""
    write_po(file, catalogue, width=130, include_lineno=False)


def missing(language: str, paths: Sequence[Path]) -> dict[str, str]:
    """The messages of some files that have no translation."""
    catalogue = read(language)
    found = {}
    for message, _ in messages(paths):
        known = catalogue.get(message if isinstance(message, str) else message[0])
        said = known.string if known and known.id == message else ""
        if not said or not all((said,) if isinstance(said, str) else said):
            found[message if isinstance(message, str) else PLURAL.join(message)] = ""
    return found


def fill(language: str, translations: dict[str, str]) -> None:
    """Takes translations of messages."""
    catalogue = collected(language)
    for message, translation in translations.items():
        one, *_ = message.split(PLURAL)
        known = catalogue.get(one)
        if known and translation:
            known.string = tuple(translation.split(PLURAL)) if PLURAL in message else translation
    write(language, catalogue)


def main(arguments: Sequence[str]) -> None:
    what, *more = arguments or ["", ""]
    if what == "--missing":
        print(json.dumps(missing(more[0], [Path(one).resolve() for one in more[1:]]), ensure_ascii=False, indent=1))
    elif what == "--fill":
        for name in more[1:]:
            fill(more[0], json.loads(Path(name).read_text(encoding="utf-8")))
    else:
        for language in LANGUAGES.keys() - {ENGLISH}:
            write(language, collected(language))
            print(f"{language}: {len(missing(language, ()))} messages are not translated")


if __name__ == "__main__":
    main(sys.argv[1:])
