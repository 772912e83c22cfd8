"""Where a page of a list ended: what the list is ordered by, and the id that makes it unambiguous.

A place is made of values that never change, so that rows which come or go meanwhile move nothing.
"""

from datetime import datetime

import msgspec


class Moment(msgspec.Struct, frozen=True, array_like=True):
    """In a list by time; `id` is a row id."""

    at: datetime
    id: str
