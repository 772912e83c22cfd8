"""The county of `tests/county.py` for the tables that need real objects."""

from tests.county import county

__all__ = ["county"]
