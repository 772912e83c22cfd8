"""Invented agencies for the screen."""

from collections.abc import Callable

import pytest

from ratings.ledger.uscc import check_character


def _code(number: int) -> str:
    first = f"91330281MA2{number:06d}"
    return first + check_character(first)


@pytest.fixture(scope="session")
def code() -> Callable[[int], str]:
    """The code of the invented agency with this number."""
    return _code
