"""A thing that two people may edit: whoever changes it says which version they have read.

Its row has a `version` that every change raises. The action locks the row, asks `unchanged`, and
writes; so the later of two changes of the same version is refused, whoever was quicker.
"""

from ratings.ledger.errors import Stale

Versions = frozenset[int]


def unchanged(version: int, expected: Versions | None) -> None:
    """Stale unless the row's `version` is among the expected ones; None expects nothing."""
    if expected is not None and version not in expected:
        raise Stale(
            "changed-meanwhile",
            "Somebody has changed this since you read it. Look at it again before you change it.",
        )
