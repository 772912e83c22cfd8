"""The same lists for people: heads and words in their language, yuan, and the county's time."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from decimal import Decimal

import msgspec
from babel import Locale
from litestar import get
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.limits import RouteClass, counted_as
from market.accounts.permissions import allow
from market.api.exports import csv_answer
from market.api.national_exchange import service_handlings_of
from market.oversight import queries
from market.oversight.exports import written
from market.oversight.national_exchange import ServiceHandling
from market.oversight.queries import AgencyLine, EngagementLine, LedgerLine
from market.oversight.sheets import Cell, as_csv, exact, text_cell
from market.web import text, words
from market.web.downloads import attachment
from market.web.render import locale_of
from ratings.ledger.actors import Role
from ratings.ledger.clock import SHANGHAI, local_date, now
from ratings.ledger.text import N_

_PARTIES = (Role.ENTERPRISE, Role.AGENCY, Role.SUPERVISOR, Role.CENTRE)
_CENT = Decimal("0.01")

_HEAD_TEXT = {
    "uscc": "Unified social credit code",
    "name": "Name",
    "name_en": "Name in English",
    "established_on": "Established",
    "staff": "Staff",
    "stars": "Stars",
    "score": "Score",
    "standing": "Standing",
    "engagements": "Engagements evaluated",
    "packages": "Packages on offer",
    "qualifications": "Qualifications",
    "delisted_until": "Delisted until",
    "demonstration": "Invented for demonstration",
    "number": "Number",
    "id": "Id",
    "package": "Package",
    "project_name": "Project",
    "owner_name": "Owner",
    "agency": "Code of the agency",
    "agency_name": "Agency",
    "supervisor_name": "Supervising department",
    "group_buy": "Group buy",
    "price_fen": "Fee in yuan",
    "working_days": "Working days promised",
    "state": "State",
    "started_at": "Started",
    "due_on": "Due",
    "accepted_at": "Accepted",
    "settled_at": "Settled",
    "seq": "Entry",
    "at": "Time",
    "role": "Role",
    "act": "Act",
    "subject_kind": "Kind of subject",
    "subject": "Subject",
    "facts": "Facts",
    "reason": "Reason",
    "hash": "Hash",
    "person": "Person",
    "organisation": "Organisation",
    "previous_hash": "Hash of the entry before",
    "api_key": "API key",
}
_WORDS: dict[str, Callable[[str], str]] = {
    "standing": words.state_word,
    "state": words.state_word,
    "act": words.act_word,
    "role": lambda role: words.KINDS.get(role, role),
}


async def _for_people(
    request: Asking, name: str, rows: AsyncIterator[msgspec.Struct], line: type[msgspec.Struct]
) -> Stream:
    locale, fields = locale_of(request), line.__struct_fields__

    def show(field: str, value: object) -> Cell:
        return _readable(locale, field, value)

    heads = [text.gettext(locale, _HEAD_TEXT[field]) for field in fields]
    made = await written(as_csv(rows, fields, heads, show))
    return attachment(
        made.pieces(),
        filename=f"{text.gettext(locale, name)}-{local_date(now())}.csv",
        media_type="text/csv",
        size=made.size,
        sha256=made.sha256,
    )


def _readable(locale: Locale, field: str, value: object) -> Cell:
    if isinstance(value, str) and field in _WORDS:
        return text_cell(text.gettext(locale, _WORDS[field](value)))
    if isinstance(value, bool):
        return text.gettext(locale, N_("Yes") if value else N_("No"))
    if isinstance(value, int) and field.endswith("_fen"):
        return (Decimal(value) / 100).quantize(_CENT)
    if isinstance(value, datetime):
        return f"{value.astimezone(SHANGHAI):%Y-%m-%d %H:%M:%S}"
    return exact(field, value)


@get("/exports/agencies.csv", **allow(Role.PUBLIC), **counted_as(RouteClass.EXPORTS))
async def agencies(request: Asking) -> Stream:
    return await _for_people(request, N_("Agencies"), queries.agency_lines(), AgencyLine)


@get("/exports/engagements.csv", **allow(*_PARTIES), **counted_as(RouteClass.EXPORTS))
async def engagements(request: Asking) -> Stream:
    rows = queries.engagement_lines(actor(request))
    return await _for_people(request, N_("Engagements"), rows, EngagementLine)


@get("/exports/ledger.csv", **allow(Role.PUBLIC), **counted_as(RouteClass.EXPORTS))
async def ledger(request: Asking) -> Stream:
    rows = queries.ledger_lines(actor(request))
    return await _for_people(request, N_("Ledger"), rows, LedgerLine)


@get("/exports/national-exchange.csv", **allow(Role.CENTRE), **counted_as(RouteClass.EXPORTS))
async def national_exchange(request: Asking) -> Stream:
    """As a program gets it: what takes it in knows no other names of columns."""
    return await csv_answer("SPGL_ZJFWSXBLXXB", service_handlings_of(request), ServiceHandling)


ROUTES = [agencies, engagements, ledger, national_exchange]
