"""What clipping would do, in words and numbers."""

import numpy as np
import pytest

from rnn_core.views import bptt as views
from rnn_core.workspace import Workspace
from tests.views.bptt.asked import asked_of


@pytest.mark.parametrize(("clip", "said"), [(0.0, "off"), (1e-9, "would be multiplied by"), (1e9, "leave it alone")])
def test_clipping_is_said(workspace: Workspace, clip: float, said: str) -> None:
    asked = asked_of(workspace)
    assert said in views.clip_words(asked, clip)
    table = views.updates(asked, clip)
    rate = asked.backward.loaded.config.train.learning_rate
    length = np.linalg.norm(table["‖update‖"])
    assert length == pytest.approx(rate * (min(clip, asked.flow.norm) if clip else asked.flow.norm), rel=1e-6)
