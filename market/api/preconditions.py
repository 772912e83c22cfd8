"""`If-Match`: a change of a shared thing names the version that was read.

The read of such a thing calls `versioned`, and its tag ends with the version. What else the answer
tells (a count, a name) may have changed since: only the version decides. The tags of both forms of
an answer are good, and so is one that a proxy has marked as weak.
"""

import re
from typing import Annotated, Any

from litestar import Request
from litestar.params import HeaderParameter

from market.api.validators import VERSION
from ratings.ledger.errors import Stale, Unconditional
from ratings.ledger.versions import Versions

IfMatch = Annotated[
    str | None,
    HeaderParameter(
        name="If-Match",
        description="The ETag of the thing as you have read it, or `*` to overwrite whatever is"
        " there. Without it the answer is 428, and 412 once somebody else has changed the thing.",
    ),
]
_TAG = re.compile(r'(?:W/)?"[0-9a-f]+-v(\d{1,9})"')


def versioned(request: Request[Any, Any, Any], version: int) -> None:
    """The answer to this read is of that version."""
    request.scope["state"][VERSION] = version


def expected(if_match: str | None) -> Versions | None:
    """The versions that a change may be of; None for whichever there is."""
    if if_match is None or not if_match.strip():
        raise Unconditional(
            "if-match-missing",
            "Others may edit this too. Send the ETag of what you have read in If-Match.",
        )
    if if_match.strip() == "*":
        return None
    versions = frozenset(int(number) for number in _TAG.findall(if_match))
    if not versions:
        raise Stale(
            "if-match-unknown",
            "The If-Match header names no ETag of this address. Read it again and send its ETag.",
        )
    return versions
