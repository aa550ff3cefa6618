"""How tests run a command, and what on: files of the samples and small networks."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "samples"
REVIEWS, TAGGED, ENTITIES = (str(SAMPLES / name) for name in ("reviews.csv", "tagged.tsv", "entities.tsv"))
SMALL = ["--hidden", "8", "--embedding", "8", "--epochs", "1", "--threads", "1"]

Run = Callable[..., tuple[int, list[str], list[str]]]


def figures(answer: tuple[int, list[str], list[str]]) -> dict[str, Any]:
    """What a command printed, which ended well."""
    status, out, err = answer
    assert status == 0, err
    assert len(out) == 1, "progress goes to standard error"
    found = json.loads(out[0])
    assert isinstance(found, dict)
    return found


def refused(answer: tuple[int, list[str], list[str]], *said: str) -> None:
    """Fails unless a command ended with status 2 and one sentence, which holds each of `said`."""
    status, out, err = answer
    assert status == 2 and out == [], (status, out, err)
    sentence = err[-1]
    assert not any("Traceback" in line for line in err)
    assert sentence.endswith("."), sentence
    assert all(part in sentence for part in said), sentence
