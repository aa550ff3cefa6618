"""The files of lessons: those of the project, and those of teachers in the workspace's folder `lessons`."""

from pathlib import Path

from rnn_core.config import Problem
from rnn_core.language import tr

OWN = Path(__file__).parents[2] / "lessons"
"""The lessons that come with the project."""

FOLDER = "lessons"
"""Of a workspace: the lessons of teachers."""

MOST_FILES, MOST_BYTES = 200, 400_000
"""Of a folder; of a file."""


def files(root: Path) -> dict[str, Path]:
    """All lessons by their names, the project's first; a file of the workspace replaces one of the same name.

    Args:
        root: of the workspace.
    """
    found = {path.stem: path for path in sorted(OWN.glob("*.md"))}
    found |= {path.stem: path for path in sorted((root / FOLDER).glob("*.md"))[:MOST_FILES]}
    return found


def text_of(path: Path) -> str:
    """Raises Problem when the file is too large, is not UTF-8 or cannot be read."""
    try:
        if path.stat().st_size > MOST_BYTES:
            raise Problem(tr(
                "{name} is larger than {most} KB. A lesson is text; split it.",
                name=path.name, most=MOST_BYTES // 1000,
            ))
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise Problem(tr("{name} is not UTF-8. Save it as UTF-8.", name=path.name)) from None
    except OSError:
        raise Problem(tr("{name} cannot be read.", name=path.name)) from None
