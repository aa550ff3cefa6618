"""Exactness is claimed in float64, so that is what these tests compute in."""

from collections.abc import Iterator

import pytest
import torch


@pytest.fixture(autouse=True)
def float64() -> Iterator[None]:
    torch.set_default_dtype(torch.float64)
    torch.manual_seed(0)
    torch.set_num_threads(1)  # what is computed here is too small to share
    yield
    torch.set_default_dtype(torch.float32)
