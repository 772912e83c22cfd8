"""The county of `tests/county.py` for every test below."""

from tests.county import county

__all__ = ["county"]
