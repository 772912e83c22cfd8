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
from market.api.repeats import IdempotencyKey, act_once, answer_once
from market.engagements import evaluating
from market.engagements.evidence import EvidenceFact
from market.engagements.evidence_queries import evidence_of
from ratings.evaluations import queries
from ratings.evaluations.attachment_queries import own_attachments
from ratings.evaluations.indicators import INDICATORS, WEIGHTS, Party
from ratings.evaluations.queries import DocketRow
from ratings.evaluations.relations import step_back
from ratings.evaluations.rules import AnswerRow, AttachmentRow
from ratings.evaluations.switch_queries import ShownAnswer, shown_answers
from ratings.integrity.rerating_queries import ReratingRow, reratings_of_docket
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

    `party` is null, and there are no indicators, for those who read but are not asked. `own` is
    what one's own party has answered, as it was last changed; `own_attachments` lie there from
    before the answer on. `reratings` are what the centre rates again after the opening.
    """

    party: Party | None
    indicators: list[AskedIndicator]
    evidence: tuple[EvidenceFact, ...]
    own: AnswerRow | None
    own_attachments: tuple[AttachmentRow, ...]
    answers: list[ShownAnswer]
    reratings: list[ReratingRow]


class NewAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Scores from 0 to 100 by indicator; one below 60 needs its own in `reasons`."""

    scores: dict[str, Decimal]
    reasons: dict[str, str] = {}
    comment: str = ""
    final: bool = False

    def texts(self) -> dict[str, str]:
        return {code: str(score) for code, score in self.scores.items()}


class RelationToAgency(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How one is related to the agency that is evaluated."""

    reason: str


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
        evidence=await evidence_of(row.engagement),
        own=await queries.own_answer(who, row),
        own_attachments=await own_attachments(who, row),
        answers=await shown_answers(who, row.id),
        reratings=await reratings_of_docket(who, row.id),
    )


@post(
    "/dockets/{docket:str}/answers",
    operation_id="docket_answer",
    summary="Give one's evaluation; it stays sealed until nobody may answer or change it any more",
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
        party = await evaluating.answer(
            who, docket, data.texts(), data.comment, reasons=data.reasons, final=data.final
        )
        return Answered(party)

    return await answer_once(request, who, idempotency_key, Answered, effect)


@post(
    "/dockets/{docket:str}/revisions",
    operation_id="docket_revise",
    summary="Change one's evaluation within three working days, while all are sealed",
    tags=_TAGS,
    **allow(*_ASKED),
    **in_person(),
)
async def revise(
    request: Asking,
    docket: FromPath[str],
    data: JSONBody[NewAnswer],
    idempotency_key: IdempotencyKey = None,
) -> Answered:
    who = actor(request)

    async def effect() -> Answered:
        party = await evaluating.revise(
            who, docket, data.texts(), data.comment, reasons=data.reasons, final=data.final
        )
        return Answered(party)

    return await answer_once(request, who, idempotency_key, Answered, effect)


@post(
    "/dockets/{docket:str}/relations",
    operation_id="docket_step_back",
    summary="Step back because one is related to the agency: a colleague answers",
    tags=_TAGS,
    status_code=204,
    **allow(*_ASKED),
    **in_person(),
)
async def declare_relation(
    request: Asking,
    docket: FromPath[str],
    data: JSONBody[RelationToAgency],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Before one's own answer. The time of the party goes on as it was."""
    who = actor(request)

    async def effect() -> None:
        await step_back(who, docket, data.reason)

    await act_once(request, who, idempotency_key, effect)


ROUTES = [list_dockets, show_docket, answer, revise, declare_relation]
