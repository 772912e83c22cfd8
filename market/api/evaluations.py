"""Evaluations: one engagement, three sealed answers."""

from decimal import Decimal

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, sorted_page
from market.api.repeats import IdempotencyKey, answer_once
from ratings.evaluations import actions, queries
from ratings.evaluations.indicators import INDICATORS, WEIGHTS, Party
from ratings.evaluations.queries import DocketRow
from ratings.evaluations.rules import AnswerRow
from ratings.ledger.actors import Role

_TAGS = ["evaluations"]
_ASKED = (Role.ENTERPRISE, Role.SUPERVISOR, Role.CENTRE)


class AskedIndicator(msgspec.Struct, frozen=True):
    """`weight` of 100 among the indicators the party is asked about."""

    code: str
    name_zh: str
    name_en: str
    weight: int


class DocketDetail(DocketRow, frozen=True):
    """A docket as one party sees it; `answers` stays empty until it is unsealed.

    `party` is null, and there are no indicators, for those who read but are not asked.
    """

    party: Party | None
    indicators: list[AskedIndicator]
    answers: list[AnswerRow]


class NewAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Scores from 0 to 100 by indicator; one below 60 needs the reason in `comment`."""

    scores: dict[str, Decimal]
    comment: str = ""


class Answered(msgspec.Struct, frozen=True):
    party: Party


@get(
    "/dockets",
    operation_id="docket_list",
    summary="The evaluations one still has to give, those that wait longest first",
    tags=_TAGS,
    **allow(*_ASKED),
)
async def list_dockets(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[DocketRow]]:
    return await sorted_page(
        request,
        limit,
        cursor,
        await queries.awaiting(actor(request)),
        lambda row: (row.opened_at.timestamp(), row.id),
    )


@get(
    "/dockets/{docket:str}",
    operation_id="docket_show",
    summary="One evaluation: what is asked and, once unsealed, what was answered",
    tags=_TAGS,
    **allow(*_ASKED, Role.AGENCY, Role.AUDITOR),
)
async def show_docket(request: Asking, docket: FromPath[str]) -> DocketDetail:
    who = actor(request)
    row = await queries.docket(who, docket)
    party = queries.asked_party(who, row)
    weights = WEIGHTS[party] if party else {}
    return DocketDetail(
        **msgspec.structs.asdict(row),
        party=party,
        indicators=[
            AskedIndicator(one.code, one.name_zh, one.name_en, weights[one.code])
            for one in INDICATORS
            if one.code in weights
        ],
        answers=await queries.answers(row.id),
    )


@post(
    "/dockets/{docket:str}/answers",
    operation_id="docket_answer",
    summary="Give one's evaluation, once; it stays sealed until all have answered",
    tags=_TAGS,
    **allow(*_ASKED),
    **in_person(),
)
async def answer(
    request: Asking,
    docket: FromPath[str],
    data: JSONBody[NewAnswer],
    idempotency_key: IdempotencyKey = None,
) -> Answered:
    who = actor(request)

    async def effect() -> Answered:
        scores = {code: str(score) for code, score in data.scores.items()}
        return Answered(await actions.answer(who, docket, scores, data.comment))

    return await answer_once(request, who, idempotency_key, Answered, effect)


ROUTES = [list_dockets, show_docket, answer]
