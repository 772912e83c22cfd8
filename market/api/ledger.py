"""The ledger: everything for officials, and for the public what concerns everybody."""

from datetime import datetime
from typing import Any

import msgspec
from litestar import Response, get
from litestar.params import FromQuery

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.api.cursors import Page, page, page_size, unseal
from market.api.lists import USUAL, Cursor, Limit
from market.oversight.rules import OFFICIALS, PUBLIC_ACTS
from ratings.ledger.actors import Role
from ratings.ledger.queries import Wanted, entries
from ratings.ledger.rules import Entry


class HistoryEntry(msgspec.Struct, frozen=True):
    """One act; `person`, `organisation` and `api_key` are ids, and only officials see them."""

    seq: int
    at: datetime
    role: str
    act: str
    subject_kind: str
    subject: str
    facts: dict[str, Any]
    reason: str
    hash: str
    person: str | None = None
    organisation: str | None = None
    api_key: str | None = None


@get(
    "/ledger",
    operation_id="ledger_list",
    summary="Entries of the ledger, newest first: the public ones, or all for officials",
    tags=["ledger"],
    **allow(Role.PUBLIC),
)
async def list_entries(
    request: Asking,
    subject_kind: FromQuery[str] = "",
    subject: FromQuery[str] = "",
    limit: Limit = USUAL,
    cursor: Cursor = "",
) -> Response[Page[HistoryEntry]]:
    official = actor(request).role in OFFICIALS
    acts = () if official else PUBLIC_ACTS
    wanted = Wanted(subject_kind=subject_kind, subject=subject, acts=acts, on_view=not official)
    return await _page(request, wanted, limit, cursor, whole=official)


async def agency_history(
    request: Asking, uscc: str, limit: int, cursor: str
) -> Response[Page[HistoryEntry]]:
    """The public acts about one agency, for everybody who asks."""
    wanted = Wanted(subject_kind="agency", subject=uscc, acts=PUBLIC_ACTS, on_view=True)
    return await _page(request, wanted, limit, cursor, whole=False)


async def _page(
    request: Asking, wanted: Wanted, limit: int, cursor: str, *, whole: bool
) -> Response[Page[HistoryEntry]]:
    size = page_size(limit)
    before = unseal(request, cursor, int) if cursor else None
    found = await entries(wanted, before=before, limit=size + 1)
    shown = [_entry(entry, whole=whole) for entry in found[:size]]
    return page(request, shown, found[size - 1].seq if len(found) > size else None)


def _entry(entry: Entry, *, whole: bool) -> HistoryEntry:
    return HistoryEntry(
        seq=entry.seq,
        at=entry.at,
        role=entry.role,
        act=entry.act,
        subject_kind=entry.subject_kind,
        subject=entry.subject,
        facts=entry.fact(),
        reason=entry.reason,
        hash=entry.hash,
        person=entry.person if whole else None,
        organisation=entry.organisation if whole else None,
        api_key=entry.api_key if whole else None,
    )


ROUTES = [list_entries]
