"""Cases of suspected shells: what each rests on, where it stands, and what would change it.

The acts stand in `shell_steps` and `shell_findings`. The agency reads its own case without the
people of the centre and what is only proposed, and all of the evidence but other firms' ties.
"""

from datetime import datetime
from typing import cast

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath, FromQuery
from litestar.response import Stream

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, constant_page, sorted_page
from market.api.preconditions import versioned
from market.api.problems import api_locale
from market.files.store import open_store, read_file
from market.settings import Settings
from market.web import text
from market.web.downloads import attachment
from ratings.ledger.actors import Actor, Role
from ratings.ledger.clock import now
from ratings.ledger.errors import Bilingual, Forbidden
from ratings.sanctions.documents import DocumentRow, documents
from ratings.sanctions.queries import impartial
from ratings.shells.case_queries import (
    RegisteredExcuseRow,
    ShellCase,
    ShellCaseRow,
    case_over,
    registered_excuses,
    stored_photo,
    visible_shell_case,
    visible_shell_cases,
)
from ratings.shells.change_queries import change_of_finding
from ratings.shells.queries import FindingRow, finding, firm_ties
from ratings.shells.rescoring import ScoreFigures, not_kept, rescored_now
from ratings.shells.scorecard import Reason
from ratings.shells.ties import Ties
from ratings.shells.visit import Question, checklist
from ratings.signals.agency_cells import window_cells
from ratings.signals.contract import State
from ratings.signals.queries import known_since
from ratings.signals.relations import stored_feeds

_TAGS = ["sanctions"]


class ShellCaseDetail(ShellCase, frozen=True):
    """With the files of the case, and why the reader may take no step of the centre; empty for who
    may, and for the agency."""

    documents: list[DocumentRow]
    barred: str


class ChangeLever(msgspec.Struct, frozen=True):
    """A row that speaks against the agency, with its sentence, or an excuse that is not on record.
    The score is what it would be if this alone were answered or registered."""

    feature: str
    excuse: str
    says: Bilingual | None
    falls: list[str]
    contribution: float
    probability: float
    outcome: str


class ChangeWay(msgspec.Struct, frozen=True):
    """Places in `levers` that lift the flag together."""

    levers: list[int]
    probability: float
    outcome: str


class WouldChange(msgspec.Struct, frozen=True):
    """`case_probability` is from where on the policy flags an agency."""

    probability: float
    case_probability: float
    levers: list[ChangeLever]
    ways: list[ChangeWay]


class FeedStates(msgspec.Struct, frozen=True):
    """What one source said month by month, without its values: month → state of the cell."""

    feed: str
    months: dict[str, State]


class ShellEvidence(msgspec.Struct, frozen=True):
    """What the latest screen that saw the agency rests on. The agency itself is told of `ties` only
    those that it shares."""

    case: str
    uscc: str
    finding: FindingRow | None
    excuses: list[RegisteredExcuseRow]
    feeds: list[FeedStates]
    would_change: WouldChange | None
    ties: Ties | None


class MovedReason(msgspec.Struct, frozen=True):
    """A row of the evidence whose contribution has moved; None where it was not there, or is not
    now."""

    says: Bilingual
    before: float | None
    after: float | None


class ScoreNow(msgspec.Struct, frozen=True):
    """The agency's score at the latest screen and as the feeds stand now."""

    case: str
    uscc: str
    as_of_month: str
    screened_at: datetime
    known_at: datetime
    then: ScoreFigures
    now: ScoreFigures
    rows: list[MovedReason]


async def seen(request: Asking, case: str) -> Actor:
    """Who asks to act in a case; NotFound before anything else to whom may not see it."""
    who = actor(request)
    await visible_shell_case(who, case)
    return who


@get(
    "/shell-cases",
    operation_id="shell_case_list",
    summary="Cases of suspected shells, the newest first; an agency sees its own",
    tags=_TAGS,
    **allow(Role.CENTRE, Role.AGENCY),
)
async def list_shell_cases(
    request: Asking,
    uscc: FromQuery[str] = "",
    stage: FromQuery[str] = "",
    undecided: FromQuery[bool] = False,
    limit: Limit = USUAL,
    cursor: Cursor = "",
) -> Response[Page[ShellCaseRow]]:
    """`stage` is desk, notice, visit, decision, second, referral, outcome or closed."""
    found = await visible_shell_cases(actor(request), uscc=uscc, stage=stage, undecided=undecided)
    return await sorted_page(
        request,
        limit,
        cursor,
        found,
        lambda row: (-int(row.opened_at.timestamp() * 1_000_000), row.id),
    )


@get(
    "/shell-cases/{case:str}",
    operation_id="shell_case_show",
    summary="One case of a suspected shell with its steps, its files and what it waits for",
    tags=_TAGS,
    **allow(Role.CENTRE, Role.AGENCY),
)
async def show_shell_case(request: Asking, case: FromPath[str]) -> ShellCaseDetail:
    """Its version is the number of its steps."""
    who = actor(request)
    found = await visible_shell_case(who, case)
    versioned(request, len(found.steps))
    return ShellCaseDetail(
        **{name: getattr(found, name) for name in ShellCase.__struct_fields__},
        documents=await documents(who, found.id),
        barred="" if who.role is Role.AGENCY else await _barred(request, who, found.id),
    )


async def _barred(request: Asking, who: Actor, case: str) -> str:
    try:
        await impartial(who, case)
    except Forbidden as error:
        return text.error_text(api_locale(request), error)
    return ""


@get(
    "/shell-cases/{case:str}/evidence",
    operation_id="shell_case_evidence",
    summary="The evidence row by row, excuses, missing feeds, ties, and what would lift the flag",
    tags=_TAGS,
    **allow(Role.CENTRE, Role.AGENCY),
)
async def show_evidence(request: Asking, case: FromPath[str]) -> ShellEvidence:
    """Of the latest screen that saw the agency, which may be later than the case."""
    who = actor(request)
    uscc = (await visible_shell_case(who, case)).uscc
    found, ties = await finding(uscc), await firm_ties(uscc)
    change = await _would_change(found) if found else None
    own = who.role is Role.AGENCY
    return ShellEvidence(
        case,
        uscc,
        found,
        await registered_excuses(uscc),
        await _states(request, found) if found else [],
        change,
        ties.own if own and ties else ties,
    )


@get(
    "/shell-cases/{case:str}/now",
    operation_id="shell_case_now",
    summary="The score of the case's agency as the feeds stand now, while the case runs",
    tags=_TAGS,
    **allow(Role.CENTRE, Role.AGENCY),
)
async def show_case_now(request: Asking, case: FromPath[str]) -> ScoreNow:
    """From the agency's own rows of the feeds; it decides nothing."""
    settings = cast(Settings, request.app.state.settings)
    row = await visible_shell_case(actor(request), case)
    if row.closed:
        raise case_over(row)
    found = await rescored_now(row.uscc, open_store(settings.files), now())
    if found is None:
        raise not_kept(row.uscc)
    return ScoreNow(
        case,
        row.uscc,
        found.as_of_month,
        found.screened_at,
        found.known_at,
        found.then,
        found.now,
        [
            MovedReason(
                _sentence(cast(Reason, one.after or one.before)),
                one.before.contribution if one.before else None,
                one.after.contribution if one.after else None,
            )
            for one in found.rows
        ],
    )


def _sentence(row: Reason) -> Bilingual:
    return Bilingual(zh=row.sentence_zh.format(**row.params), en=row.sentence.format(**row.params))


async def _would_change(found: FindingRow) -> WouldChange | None:
    known = await change_of_finding(found)
    if known is None:
        return None
    change, policy = known
    said = {row.feature: _sentence(row) for row in found.reasons if row.signal_class != "excuse"}
    return WouldChange(
        found.probability,
        policy.case_probability,
        [
            ChangeLever(
                one.feature,
                one.excuse,
                None if one.excuse else said[one.feature],
                list(one.falls),
                one.contribution,
                one.probability,
                one.outcome,
            )
            for one in change.levers
        ],
        [ChangeWay(list(way.levers), way.probability, way.outcome) for way in change.ways],
    )


async def _states(request: Asking, found: FindingRow) -> list[FeedStates]:
    settings = cast(Settings, request.app.state.settings)
    feeds = await stored_feeds(open_store(settings.files), await known_since(now()))
    return [
        FeedStates(one.feed, {cell.month: cell.state for cell in one.cells})
        for one in await window_cells(feeds, found.uscc, found.as_of_month)
    ]


@get(
    "/visit-questions",
    operation_id="visit_question_list",
    summary="The checklist of a site visit: each question is answered yes, no or unseen",
    tags=_TAGS,
    **allow(Role.CENTRE, Role.AGENCY),
)
async def list_questions(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[Question]]:
    """A proposal of this project: no published checklist that could be read names them."""
    return await constant_page(request, limit, cursor, checklist())


@get(
    "/visit-photos/{photo:str}",
    operation_id="visit_photo_download",
    summary="A photo of a site visit",
    tags=_TAGS,
    responses={
        200: ResponseSpec(
            bytes,
            generate_examples=False,
            media_type="*/*",
            description="The file as it was uploaded, as an attachment of its own type.",
        )
    },
    **allow(Role.AGENCY, Role.SUPERVISOR, Role.CENTRE),
)
async def download_photo(request: Asking, photo: FromPath[str]) -> Stream:
    found = await stored_photo(actor(request), photo)
    settings = cast(Settings, request.app.state.settings)
    return attachment(
        read_file(open_store(settings.files), found.storage_key),
        filename=found.filename,
        media_type=found.content_type,
        size=found.size,
        sha256=found.sha256,
    )


ROUTES = [
    list_shell_cases,
    show_shell_case,
    show_evidence,
    show_case_now,
    list_questions,
    download_photo,
]
