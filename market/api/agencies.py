"""Agencies: application, admission, the public directory, standings and histories."""

from datetime import date, datetime
from decimal import Decimal
from typing import cast

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.agencies import actions, directory_queries, queries
from market.agencies.directory_queries import AgencyFilter, Rank
from market.agencies.lookalikes import NameCheck
from market.agencies.queries import AgencyProfile, AgencyRecord, AgencyRow
from market.agencies.standings import visible_outlook, visible_standing, visible_standing_on
from market.api.cursors import Page
from market.api.ledger import HistoryEntry, agency_history
from market.api.lists import USUAL, Cursor, Limit, keyset_page, sorted_page
from market.api.repeats import IdempotencyKey, act_once
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.stars.outlook import ComingChange
from ratings.stars.waterfall import Step

_TAGS = ["agencies"]


class Applied(msgspec.Struct, frozen=True):
    uscc: str


class AgencyStanding(msgspec.Struct, frozen=True):
    """The standing in force; the `points` of the waterfall sum to `score` exactly.

    `state` is unrated, and everything else empty, before the first engagement is evaluated.
    """

    uscc: str
    as_of: datetime | None = None
    score: Decimal | None = None
    stars: int | None = None
    state: str = "unrated"
    engagements: int = 0
    waterfall: list[Step] = []
    policy: str = ""
    policy_version: str = ""
    policy_digest: str = ""
    lower_bound: Decimal | None = None
    confirmed: bool = False


class AgencyOutlook(msgspec.Struct, frozen=True):
    """What time alone will change in the standing, by what is known on `as_of`."""

    uscc: str
    as_of: date
    changes: tuple[ComingChange, ...]


class AdmissionDecision(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    admit: bool
    reason: str


@post(
    "/agencies",
    operation_id="agency_apply",
    summary="Apply for admission, with the agency's first account",
    tags=_TAGS,
    **allow(Role.PUBLIC),
    **in_person(),
)
async def apply(request: Asking, data: JSONBody[actions.AgencyApplication]) -> Applied:
    return Applied(uscc=await actions.apply_for_admission(actor(request), data))


@get(
    "/agencies",
    operation_id="agency_list",
    summary="The directory of admitted agencies, best stars first",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_agencies(
    request: Asking,
    text: FromQuery[str] = "",
    package: FromQuery[str] = "",
    stars: FromQuery[int] = 0,
    limit: Limit = USUAL,
    cursor: Cursor = "",
) -> Response[Page[AgencyRow]]:
    """`text` matches name, pinyin, initials or code; `stars` is the least number of them.

    An agency whose standing changes while the pages are read may be met twice or not at all; a
    complete copy is the export.
    """
    wanted = AgencyFilter(text=text, package=package, stars=stars)
    found = await keyset_page(
        request,
        limit,
        cursor,
        Rank,
        lambda most, after: directory_queries.agencies_as_json(wanted, limit=most, after=after),
        lambda row: directory_queries.rank_of(msgspec.json.decode(row, type=AgencyRow)),
    )
    # The rows are written already, as an AgencyRow would be.
    return cast(Response[Page[AgencyRow]], found)


@get(
    "/agencies/{uscc:str}",
    operation_id="agency_show",
    summary="One agency",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def show_agency(request: Asking, uscc: FromPath[str]) -> AgencyProfile:
    return await queries.visible_profile(actor(request), uscc)


@get(
    "/agencies/{uscc:str}/standing",
    operation_id="agency_standing",
    summary="The standing in force and how it came about",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def show_standing(
    request: Asking,
    uscc: FromPath[str],
    as_of: FromQuery[date | None] = None,
    policy: FromQuery[str] = "",
) -> AgencyStanding:
    """With `as_of` the standing of that day, recomputed from what was known at its end; with
    `policy` as it would be under another policy than the one in force on the day."""
    who = actor(request)
    if as_of is None and not policy:
        row = await visible_standing(who, uscc)
    else:
        row = await visible_standing_on(who, uscc, as_of, policy)
    return AgencyStanding(uscc) if row is None else AgencyStanding(**msgspec.structs.asdict(row))


@get(
    "/agencies/{uscc:str}/outlook",
    operation_id="agency_outlook",
    summary="What will drop out of the standing by itself, on which day, and what is left then",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def show_outlook(request: Asking, uscc: FromPath[str]) -> AgencyOutlook:
    """Nothing is foretold: each row supposes no further engagement, event or repair."""
    who = actor(request)
    return AgencyOutlook(uscc, local_date(who.at), await visible_outlook(who, uscc))


@get(
    "/agencies/{uscc:str}/history",
    operation_id="agency_history",
    summary="What was done about an agency, newest first: the public entries of the ledger",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def show_history(
    request: Asking, uscc: FromPath[str], limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[HistoryEntry]]:
    await queries.visible_agency(actor(request), uscc)
    return await agency_history(request, uscc, limit, cursor)


@get(
    "/admissions",
    operation_id="admission_list",
    summary="Applications that wait for the centre, oldest first",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def list_admissions(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[AgencyRecord]]:
    return await sorted_page(
        request,
        limit,
        cursor,
        await queries.awaiting_admission(),
        lambda row: (row.applied_at.timestamp(), row.uscc),
    )


@get(
    "/agencies/{uscc:str}/name-check",
    operation_id="agency_name_check",
    summary="What is remarkable about an agency's name, and which admitted ones look the same",
    tags=_TAGS,
    **allow(Role.CENTRE),
)
async def show_name_check(uscc: FromPath[str]) -> NameCheck:
    """Nothing follows from it by itself: the centre compares and decides."""
    return await queries.name_check(uscc)


@post(
    "/agencies/{uscc:str}/admission",
    operation_id="agency_admission_decide",
    summary="Admit or refuse an applicant, with a reason",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def decide_admission(
    request: Asking,
    uscc: FromPath[str],
    data: JSONBody[AdmissionDecision],
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = actor(request)

    async def effect() -> None:
        await actions.decide_admission(who, uscc, admit=data.admit, reason=data.reason)

    await act_once(request, who, idempotency_key, effect)


ROUTES = [
    apply,
    list_agencies,
    show_agency,
    show_standing,
    show_outlook,
    show_history,
    list_admissions,
    show_name_check,
    decide_admission,
]
