"""The steps of a shell case up to its finding: taken by people of the centre, or by the agency in
its own case. What it comes to stands in `shell_findings`.

Who judges the case sends the ETag of the case as it was read: what the agency has said meanwhile is
read before anything is decided. Steps that only add (a notice, a visit, an explanation) ask whose
turn it is, and answer 409 out of it.
"""

from typing import Any

import msgspec
from litestar import post
from litestar.datastructures import UploadFile
from litestar.params import FromPath, JSONBody, MultipartBody

from market.accounts.identity import Asking
from market.accounts.permissions import allow
from market.accounts.queries import check_officer
from market.accounts.scopes import in_person
from market.api.preconditions import IfMatch, expected
from market.api.repeats import IdempotencyKey, act_once
from market.api.shell_cases import seen
from market.api.uploads import upload_all_once
from market.files.store import Stored
from ratings.ledger.actors import Role
from ratings.ledger.errors import Malformed
from ratings.sanctions.documents import Document
from ratings.shells import case_actions as acts
from ratings.shells.case_actions import MOST_PHOTOS, Visit
from ratings.shells.case_way import Desk, Reply

_TAGS = ["sanctions"]
_REPORT = "report"


class CaseOfficer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    person: str


class DeskCheck(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    result: Desk
    reason: str


class ShellNotice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str


class Explanation(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str


class ReportedVisit(msgspec.Struct, frozen=True):
    photos: int


class StepObjection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    against: int
    text: str


class StepObjectionAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    against: int
    reply: Reply
    reason: str


@post(
    "/shell-cases/{case:str}/officer",
    operation_id="shell_case_assign",
    summary="Give the case to a person of the centre",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def assign(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[CaseOfficer],
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = await seen(request, case)

    async def effect() -> None:
        await check_officer(data.person)
        await acts.assign(who, case, data.person)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/shell-cases/{case:str}/desk-check",
    operation_id="shell_case_desk_check",
    summary="Say whether there is ground to go on; without one the case is dismissed",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def check_at_desk(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[DeskCheck],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> None:
    """By the officer that the case is given to, who has neither opened it nor rated the agency."""
    who = await seen(request, case)
    versions = expected(if_match)

    async def effect() -> None:
        await acts.check_at_desk(who, case, data.result, data.reason, versions)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/shell-cases/{case:str}/notice",
    operation_id="shell_case_notice",
    summary="Tell the agency what speaks against it; it has ten working days to explain",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def give_notice(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[ShellNotice],
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = await seen(request, case)

    async def effect() -> None:
        await acts.give_notice(who, case, data.text)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/shell-cases/{case:str}/explanation",
    operation_id="shell_case_explain",
    summary="Explain oneself, as often as one likes, until the decision",
    tags=_TAGS,
    status_code=204,
    **allow(Role.AGENCY),
    **in_person(),
)
async def explain(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[Explanation],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """The files that show it go into the case (`POST /cases/{case}/documents`)."""
    who = await seen(request, case)

    async def effect() -> None:
        await acts.explain(who, case, data.text)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/shell-cases/{case:str}/visit-report",
    operation_id="shell_case_visit",
    summary="Report a site visit with its checklist and photos",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def report_visit(
    request: Asking,
    case: FromPath[str],
    data: MultipartBody[dict[str, Any]],
    idempotency_key: IdempotencyKey = None,
) -> ReportedVisit:
    """A form with the part `report`, a JSON object with `result` (at-work, no-business, not-found
    or refused), `on` (the day), `checklist` (code of a question → yes, no or unseen), `note` and,
    if known, `latitude` and `longitude`; and a part `photos` for each photo, twelve at most."""
    who = await seen(request, case)
    said = await _part(data.get(_REPORT))
    try:
        visit = msgspec.json.decode(said, type=Visit)
    except msgspec.ValidationError as error:
        raise Malformed(
            "visit-report", "The part “report” is no report: {why}", why=str(error)
        ) from error
    except msgspec.DecodeError as error:
        raise Malformed("visit-report-json", "The part “report” is no JSON.") from error

    async def effect(stored: list[Stored]) -> ReportedVisit:
        photos = [msgspec.convert(one, Document, from_attributes=True) for one in stored]
        await acts.report_visit(who, case, visit, photos)
        return ReportedVisit(len(photos))

    form = await request.form()
    files = [one for one in form.getall("photos", []) if isinstance(one, UploadFile)]
    return await upload_all_once(
        request,
        who,
        idempotency_key,
        ReportedVisit,
        effect,
        files=files,
        most=MOST_PHOTOS,
        folder="visits",
        said=said,
    )


async def _part(part: object) -> bytes:
    """What a part of the form says, sent as a field or as a file."""
    if isinstance(part, UploadFile):
        return await part.read()
    return part.encode() if isinstance(part, str) else b""


@post(
    "/shell-cases/{case:str}/step-objections",
    operation_id="shell_step_object",
    summary="Object to the opening of one's own case or to a step of it, once each",
    tags=_TAGS,
    status_code=204,
    **allow(Role.AGENCY),
    **in_person(),
)
async def object_to_step(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[StepObjection],
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Nothing is proposed or decided before the answer. A delisting and an order to rectify are
    objected to as in every case (`POST /cases/{case}/objections`)."""
    who = await seen(request, case)

    async def effect() -> None:
        await acts.object_to_step(who, case, data.against, data.text)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/shell-cases/{case:str}/step-objection-answer",
    operation_id="shell_step_objection_answer",
    summary="Answer an objection to a step as somebody who has not taken it",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def answer_step_objection(
    request: Asking,
    case: FromPath[str],
    data: JSONBody[StepObjectionAnswer],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> None:
    """Granted, the step and what the centre did after it are set aside and taken anew; against the
    opening or a decision, the case is over."""
    who = await seen(request, case)
    versions = expected(if_match)

    async def effect() -> None:
        await acts.answer_step_objection(who, case, data.against, data.reply, data.reason, versions)

    await act_once(request, who, idempotency_key, effect)


ROUTES = [
    assign,
    check_at_desk,
    give_notice,
    explain,
    object_to_step,
    answer_step_objection,
]
UPLOADS = [report_visit]
