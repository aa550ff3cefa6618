"""What clipping would do, in words and numbers."""

from types import SimpleNamespace

import numpy as np
import pytest

from rnn_core.views import bptt as views
from rnn_core.workspace import Workspace
from tests.views.bptt.asked import asked_of
from tests.views.looking import answer


@pytest.mark.parametrize(("clip", "said"), [(0.0, "off"), (1e-9, "would be multiplied by"), (1e8, "does not change it")])
def test_clipping_is_said(workspace: Workspace, clip: float, said: str) -> None:
    looking = asked_of(workspace)
    step = answer(views.CLIPPING, looking.inputs, SimpleNamespace(clip=clip))
    assert said in views.clip_words(step)
    table = views.updates(step)
    rate, norm = looking.way.loaded.config.train.learning_rate, looking.way.flow.norm
    length = np.linalg.norm(table["‖update‖"])
    assert length == pytest.approx(rate * (min(clip, norm) if clip else norm), rel=1e-6)


def test_a_threshold_that_makes_no_sense_is_the_runs_own(workspace: Workspace) -> None:
    looking = asked_of(workspace)
    for clip in (-1.0, 1e9, None):
        assert answer(views.CLIPPING, looking.inputs, SimpleNamespace(clip=clip)).clip == looking.way.loaded.config.train.clip
