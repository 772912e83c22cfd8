"""How packages are composed: their versions, and the draft of the next one."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
from litestar import Response, get, post, put
from litestar.params import FromPath, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, sorted_page
from market.api.openapi import problem_answer
from market.api.preconditions import IfMatch, expected, versioned
from market.api.problems import api_locale
from market.api.repeats import IdempotencyKey, act_once, answer_once
from market.catalogue import package_actions, package_queries
from market.catalogue.package_actions import Draft
from market.catalogue.package_fees import PackageRange
from market.catalogue.package_queries import VersionRow
from market.catalogue.packages import Package
from market.catalogue.project_facts import ProjectFacts
from market.catalogue.schedule import Bar
from market.web import text
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import SteelyardError

_TAGS = ["catalogue"]
_UNSOUND = {422: problem_answer("The composition is not sound; the text names the item.")}


class PackageDraft(msgspec.Struct, frozen=True):
    """The draft of the next version; `editors` are the persons who may not adopt it."""

    package: str
    record: Package
    reason: str
    version: int
    editors: list[str]
    drafted_at: datetime


class PreviewWanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A composition, figures of a project, and the optional items to count."""

    record: Package
    facts: ProjectFacts
    options: tuple[str, ...] = ()


class CompositionProblem(msgspec.Struct, frozen=True):
    """Why a composition cannot be saved, or not be priced; `message` names the item."""

    code: str
    message: str


class PackagePreview(msgspec.Struct, frozen=True):
    """What a composition would give. `problems` keep it from being saved, `unpriced` says why there
    is no range for these figures; `working_days` is the critical path."""

    problems: list[CompositionProblem]
    working_days: int | None
    schedule: tuple[Bar, ...]
    range: PackageRange | None
    unpriced: CompositionProblem | None


class VersionAdoption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    effective_on: date


class AdoptedVersion(msgspec.Struct, frozen=True):
    number: int


class Discarding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


@get(
    "/packages/{code:str}/versions",
    operation_id="package_version_list",
    summary="The adopted versions of a package, the latest first",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_versions(
    request: Asking, code: FromPath[str], limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[VersionRow]]:
    found = await package_queries.versions(code)
    return await sorted_page(request, limit, cursor, found, lambda row: (-row.number,))


@get(
    "/packages/{code:str}/versions/{number:int}",
    operation_id="package_version_show",
    summary="A package as it was adopted once",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def show_version(code: FromPath[str], number: FromPath[int]) -> VersionRow:
    return await package_queries.version(code, number)


@get(
    "/packages/{code:str}/draft",
    operation_id="package_draft_show",
    summary="The draft of the next version of a package",
    tags=_TAGS,
    **allow(Role.CENTRE, Role.AUDITOR),
)
async def show_draft(request: Asking, code: FromPath[str]) -> PackageDraft:
    found = await package_queries.the_draft(code)
    versioned(request, found.version)
    return msgspec.convert(found, PackageDraft, from_attributes=True)


@post(
    "/package-drafts",
    operation_id="package_draft_begin",
    summary="Begin the draft of the next version, or of a new package",
    tags=_TAGS,
    status_code=204,
    responses=_UNSOUND,
    **allow(Role.CENTRE),
    **in_person(),
)
async def begin_draft(
    request: Asking, data: JSONBody[Draft], idempotency_key: IdempotencyKey = None
) -> None:
    """Which package it is of is the `code` of its record."""
    who = actor(request)

    async def effect() -> None:
        await package_actions.begin_draft(who, data)

    await act_once(request, who, idempotency_key, effect)


@put(
    "/packages/{code:str}/draft",
    operation_id="package_draft_change",
    summary="Write a draft anew",
    tags=_TAGS,
    status_code=204,
    responses=_UNSOUND,
    **allow(Role.CENTRE),
    **in_person(),
)
async def change_draft(
    request: Asking, code: FromPath[str], data: JSONBody[Draft], if_match: IfMatch = None
) -> None:
    """`If-Match` takes the ETag of the draft."""
    await package_queries.the_draft(code)
    await package_actions.change_draft(actor(request), code, data, expected(if_match))


@post(
    "/package-previews",
    operation_id="package_preview",
    summary="What a composition would take and cost; nothing is written",
    tags=_TAGS,
    status_code=200,
    **allow(Role.CENTRE),
)
async def preview(request: Asking, data: JSONBody[PreviewWanted]) -> PackagePreview:
    today = local_date(actor(request).at)
    found = await package_queries.preview(data.record, data.facts, today, data.options)
    return PackagePreview(
        problems=_told(request, found.problems),
        working_days=found.working_days,
        schedule=found.schedule,
        range=found.range,
        unpriced=_told(request, [found.unpriced])[0] if found.unpriced else None,
    )


@post(
    "/packages/{code:str}/draft/adoption",
    operation_id="package_draft_adopt",
    summary="Make the draft the package from a day on, as the second person",
    tags=_TAGS,
    responses=_UNSOUND,
    **allow(Role.CENTRE),
    **in_person(),
)
async def adopt(
    request: Asking,
    code: FromPath[str],
    data: JSONBody[VersionAdoption],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> AdoptedVersion:
    """`If-Match` takes the ETag of the draft: what is adopted is what was read."""
    await package_queries.the_draft(code)
    who, versions = actor(request), expected(if_match)

    async def effect() -> AdoptedVersion:
        return AdoptedVersion(
            await package_actions.adopt_draft(who, code, data.effective_on, versions)
        )

    return await answer_once(request, who, idempotency_key, AdoptedVersion, effect)


@post(
    "/packages/{code:str}/draft/discarding",
    operation_id="package_draft_discard",
    summary="Give a draft up, with the reason",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def discard(
    request: Asking,
    code: FromPath[str],
    data: JSONBody[Discarding],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> None:
    """`If-Match` takes the ETag of the draft."""
    await package_queries.the_draft(code)
    who, versions = actor(request), expected(if_match)

    async def effect() -> None:
        await package_actions.discard_draft(who, code, data.reason, versions)

    await act_once(request, who, idempotency_key, effect)


def _told(request: Asking, problems: Sequence[SteelyardError]) -> list[CompositionProblem]:
    locale = api_locale(request)
    return [CompositionProblem(one.code, text.error_text(locale, one)) for one in problems]


ROUTES = [
    list_versions,
    show_version,
    show_draft,
    begin_draft,
    change_draft,
    preview,
    adopt,
    discard,
]
