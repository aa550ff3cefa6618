"""How many inputs, and the pages that links are opened on."""

import pytest

from tests.pages.conftest import filled, named, open_page

__all__ = ["filled", "named", "open_page"]


@pytest.fixture
def seeds(request: pytest.FixtureRequest) -> range:
    """The seeds of the inputs of each kind: `--hostile 5000` tries more of them."""
    return range(request.config.getoption("--hostile"))
