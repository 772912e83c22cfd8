"""Drafts of guides: written by the responsible department, reviewed by the centre."""

from typing import cast

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.cursors import Page
from market.api.description import streamed_file
from market.api.lists import USUAL, Cursor, Limit, sorted_page
from market.api.preconditions import IfMatch, expected, versioned
from market.api.repeats import IdempotencyKey, act_once, answer_once
from market.api.uploads import upload_once
from market.catalogue import guide_actions, guide_queries
from market.catalogue.guide_actions import Saved
from market.catalogue.guide_queries import GuideDraftRow
from market.catalogue.guides import GuideText
from market.files.store import Stored, discard, open_store
from market.settings import Settings
from ratings.ledger.actors import Role

_TAGS = ["catalogue"]
_READERS = allow(Role.SUPERVISOR, Role.CENTRE, Role.AUDITOR)
_DRAFT = "/guides/{item:str}/draft"


class DraftSaved(msgspec.Struct, frozen=True):
    """The version of the draft that is now there."""

    version: int


class TemplateAdded(DraftSaved, frozen=True):
    template: str


class GuidePublished(msgspec.Struct, frozen=True):
    """`number` is that of the version that is now in force."""

    number: int


class ReturnedDraft(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


@get(
    "/guide-drafts",
    operation_id="guide_draft_list",
    summary="The drafts of guides that one may see",
    tags=_TAGS,
    **_READERS,
)
async def list_drafts(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[GuideDraftRow]]:
    found = await guide_queries.drafts(actor(request))
    return await sorted_page(request, limit, cursor, found, lambda row: (row.item,))


@get(
    _DRAFT,
    operation_id="guide_draft_show",
    summary="What is to become the next version of a guide, and what it changes",
    tags=_TAGS,
    **_READERS,
)
async def show_draft(request: Asking, item: FromPath[str]) -> GuideDraftRow:
    """Before anybody has saved one its state is none, and its text that of the guide in force."""
    found = await guide_queries.draft(actor(request), item)
    versioned(request, found.version)
    return found


@put(
    _DRAFT,
    operation_id="guide_draft_save",
    summary="Write the draft of a guide",
    tags=_TAGS,
    **allow(Role.SUPERVISOR),
)
async def save_draft(
    request: Asking, item: FromPath[str], data: JSONBody[GuideText], if_match: IfMatch = None
) -> DraftSaved:
    who = actor(request)
    await guide_queries.draft(who, item)
    saved = await guide_actions.save_draft(who, item, data, expected(if_match))
    await _forget(request, saved)
    return DraftSaved(saved.version)


@delete(
    _DRAFT,
    operation_id="guide_draft_discard",
    summary="Throw the draft of a guide away",
    tags=_TAGS,
    **allow(Role.SUPERVISOR),
)
async def discard_draft(request: Asking, item: FromPath[str], if_match: IfMatch = None) -> None:
    who = actor(request)
    await guide_queries.draft(who, item)
    await _forget(request, await guide_actions.discard_draft(who, item, expected(if_match)))


@post(
    f"{_DRAFT}/materials/{{material:int}}/template",
    operation_id="guide_template_add",
    summary="Upload the template of a material of the draft: the body is the file itself",
    tags=_TAGS,
    **streamed_file(),
    **allow(Role.SUPERVISOR),
)
async def add_template(
    request: Asking,
    item: FromPath[str],
    material: FromPath[int],
    filename: FromQuery[str],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> TemplateAdded:
    """`material` is the `key` of the material; the template takes the place of the one it had."""
    who = actor(request)
    # Nobody's file is read for somebody else's guide.
    await guide_queries.draft(who, item)
    versions = expected(if_match)

    async def effect(stored: Stored) -> TemplateAdded:
        saved = await guide_actions.add_template(who, item, material, stored, versions)
        await _forget(request, saved)
        return TemplateAdded(saved.version, saved.template)

    return await upload_once(
        request,
        who,
        idempotency_key,
        TemplateAdded,
        effect,
        filename=filename,
        folder="templates",
    )


@post(
    f"{_DRAFT}/submission",
    operation_id="guide_draft_submit",
    summary="Hand the draft of a guide to the centre for its review",
    tags=_TAGS,
    **allow(Role.SUPERVISOR),
    **in_person(),
)
async def submit_draft(
    request: Asking,
    item: FromPath[str],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> DraftSaved:
    who = actor(request)
    await guide_queries.draft(who, item)
    versions = expected(if_match)

    async def effect() -> DraftSaved:
        return DraftSaved((await guide_actions.submit_draft(who, item, versions)).version)

    return await answer_once(request, who, idempotency_key, DraftSaved, effect)


@post(
    f"{_DRAFT}/withdrawal",
    operation_id="guide_draft_withdraw",
    summary="Take a submitted draft back to go on editing it",
    tags=_TAGS,
    **allow(Role.SUPERVISOR),
    **in_person(),
)
async def withdraw_draft(
    request: Asking,
    item: FromPath[str],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> DraftSaved:
    who = actor(request)
    await guide_queries.draft(who, item)
    versions = expected(if_match)

    async def effect() -> DraftSaved:
        return DraftSaved((await guide_actions.withdraw_draft(who, item, versions)).version)

    return await answer_once(request, who, idempotency_key, DraftSaved, effect)


@post(
    f"{_DRAFT}/publication",
    operation_id="guide_draft_publish",
    summary="Put a submitted draft in force as the next version of the guide",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def publish_draft(
    request: Asking,
    item: FromPath[str],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> GuidePublished:
    who = actor(request)
    await guide_queries.draft(who, item)
    versions = expected(if_match)

    async def effect() -> GuidePublished:
        return GuidePublished(await guide_actions.publish_draft(who, item, versions))

    return await answer_once(request, who, idempotency_key, GuidePublished, effect)


@post(
    f"{_DRAFT}/return",
    operation_id="guide_draft_return",
    summary="Send a submitted draft back to its department, with the reason",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def return_draft(
    request: Asking,
    item: FromPath[str],
    data: JSONBody[ReturnedDraft],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> None:
    who = actor(request)
    await guide_queries.draft(who, item)
    versions = expected(if_match)

    async def effect() -> None:
        await guide_actions.return_draft(who, item, data.reason, versions)

    await act_once(request, who, idempotency_key, effect)


async def _forget(request: Asking, saved: Saved) -> None:
    """The files that nothing names any more, once the act is done."""
    settings = cast(Settings, request.app.state.settings)
    for key in saved.unused:
        await discard(open_store(settings.files), key)


ROUTES = [
    list_drafts,
    show_draft,
    save_draft,
    discard_draft,
    submit_draft,
    withdraw_draft,
    publish_draft,
    return_draft,
]
UPLOADS = [add_template]
