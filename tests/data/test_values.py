"""Lists in a cell."""

import pytest

from rnn_core.data.values import as_list


@pytest.mark.parametrize("written", ['["a", "b,", "1"]', "['a', 'b,', '1']", "['a', \"b,\", 1]"])
def test_lists_are_read_as_json_or_as_python_writes_them(written: str) -> None:
    assert as_list(written) == ["a", "b,", "1"]


@pytest.mark.parametrize("written", ["[__import__('os')]", "[a]", "[" * 5000, "a b", "['a'"])
def test_what_only_looks_like_a_list_is_text(written: str) -> None:
    assert as_list(written) is None
