"""How the tests of the pages drive the app."""

import base64
import json
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[2]
PAGES = {
    "unrolled": "pages/read/unrolled.py",
    "inspect": "pages/read/inspect/inspect.py",
    "generate": "pages/read/generate/generate.py",
    "translate": "pages/read/translate/translate.py",
    "learn": "pages/learn/learn.py",
    "data": "pages/train/data/data.py",
    "train": "pages/train/train/train.py",
    "runs": "pages/train/runs/runs.py",
    "matrix": "pages/understand/matrix/matrix.py",
    "bptt": "pages/understand/bptt/bptt.py",
    "losses": "pages/understand/losses/losses.py",
    "evaluate": "pages/understand/evaluate/evaluate.py",
}
TITLES = {
    "learn": "Lessons",
    "matrix": "Words to matrix",
    "bptt": "Backpropagation through time",
    "losses": "Loss at the last step, or at every step?",
}
"""The titles of pages that are not their names."""

Open = Callable[..., AppTest]

manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)
"""Each AppTest looks through all installed packages for components, for half of its time; now only the first."""


def sound(app: AppTest) -> AppTest:
    """The same app, after making sure that nothing went wrong in it."""
    assert not app.exception, [e.message for e in app.exception]
    faults = [e.value for e in app.error if "unexpected error occurred" in e.value]
    assert not faults, faults
    for drawn in app.get("plotly_chart"):
        answers_along_an_axis(json.loads(drawn.proto.spec), drawn.proto.id)
    return app


def answers_along_an_axis(figure: dict, key: str) -> None:
    """Checks that hover on lines and bars says all values at the nearest x, or of the nearest row; a tree has no such axis."""
    if key.endswith("-view-beam"):
        return
    kinds = {one.get("mode", "") if one["type"] == "scatter" else one["type"] for one in figure["data"]}
    rows = any(one.get("orientation") == "h" for one in figure["data"]) or key.endswith(("-view-per_class", "-view-spans"))
    if "heatmap" not in kinds and any("lines" in kind or kind == "bar" for kind in kinds):
        assert figure["layout"]["hovermode"] == ("y unified" if rows else "x unified"), key
        assert figure["layout"]["hoverdistance"] == -1, key


def chart(app: AppTest, key: str) -> dict:
    """The plotly figure of a view, as the browser gets it."""
    found = [c for c in app.get("plotly_chart") if c.proto.id.endswith(f"-{key}")]
    assert found, [c.proto.id for c in app.get("plotly_chart")]
    return json.loads(found[0].proto.spec)


def numbers(values: Any) -> np.ndarray:
    """An array of a figure, which plotly writes as a list or as bytes."""
    if isinstance(values, dict):
        return np.frombuffer(base64.b64decode(values["bdata"]), values["dtype"])
    return np.array(values)
