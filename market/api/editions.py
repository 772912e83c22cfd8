"""Editions of the list of items: which there are, what they changed, and how one is made."""

from datetime import date

import msgspec
from litestar import Response, delete, get, post
from litestar.params import FromPath, FromQuery, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.scopes import in_person
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, sorted_page
from market.api.openapi import problem_answer
from market.api.preconditions import IfMatch, expected, versioned
from market.api.repeats import IdempotencyKey, act_once, answer_once
from market.catalogue import edition_actions, edition_queries
from market.catalogue.edition_actions import NewEdition
from market.catalogue.edition_queries import ChangeRow, EditionDifferences, EditionRow
from market.catalogue.editions import Change
from ratings.ledger.actors import Role

_TAGS = ["catalogue"]


class EditionDetail(EditionRow, frozen=True):
    """An edition with the acts that make it from its base."""

    changes: list[ChangeRow]


class Drafted(msgspec.Struct, frozen=True):
    edition: str


class ProposedChange(msgspec.Struct, frozen=True):
    position: int


class Adoption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`effective_on` is the first day of the edition: today, or one that is still to come."""

    effective_on: date


class Discarding(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reason: str


@get(
    "/editions",
    operation_id="edition_list",
    summary="The editions of the list of items, the newest first",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def list_editions(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[EditionRow]]:
    """Drafts are among them for the centre and the auditors."""
    found = await edition_queries.editions(actor(request))
    return await sorted_page(
        request, limit, cursor, found, lambda row: (-row.drafted_at.timestamp(), row.id)
    )


@get(
    "/editions/{edition:str}",
    operation_id="edition_show",
    summary="One edition with its acts and their reasons",
    tags=_TAGS,
    **allow(Role.PUBLIC),
)
async def show_edition(request: Asking, edition: FromPath[str]) -> EditionDetail:
    row = await edition_queries.edition(actor(request), edition)
    versioned(request, row.version)
    changes = await edition_queries.changes(actor(request), edition)
    return EditionDetail(**msgspec.structs.asdict(row), changes=changes)


@get(
    "/editions/{edition:str}/differences",
    operation_id="edition_differences",
    summary="What makes the list of this edition from that of an earlier one",
    tags=_TAGS,
    responses={422: problem_answer("There is no earlier edition to compare with.")},
    **allow(Role.PUBLIC),
)
async def show_differences(
    request: Asking, edition: FromPath[str], since: FromQuery[str | None] = None
) -> EditionDifferences:
    """`since` is the id of an earlier edition; without it, the one before this one."""
    return await edition_queries.differences_of(actor(request), edition, since)


@post(
    "/editions",
    operation_id="edition_draft",
    summary="Begin the draft of the next edition",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def draft(
    request: Asking, data: JSONBody[NewEdition], idempotency_key: IdempotencyKey = None
) -> Drafted:
    who = actor(request)

    async def effect() -> Drafted:
        return Drafted(await edition_actions.draft_edition(who, data))

    return await answer_once(request, who, idempotency_key, Drafted, effect)


@post(
    "/editions/{edition:str}/changes",
    operation_id="edition_change_propose",
    summary="Add an act on an item to a draft",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def propose_change(
    request: Asking,
    edition: FromPath[str],
    data: JSONBody[Change],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> ProposedChange:
    """`If-Match` takes the ETag of the edition."""
    who = actor(request)
    await edition_queries.edition(who, edition)

    async def effect() -> ProposedChange:
        versions = expected(if_match)
        return ProposedChange(await edition_actions.propose_change(who, edition, data, versions))

    return await answer_once(request, who, idempotency_key, ProposedChange, effect)


@delete(
    "/editions/{edition:str}/changes/{position:int}",
    operation_id="edition_change_drop",
    summary="Take an act out of its draft",
    tags=_TAGS,
    **allow(Role.CENTRE),
    **in_person(),
)
async def drop_change(
    request: Asking, edition: FromPath[str], position: FromPath[int], if_match: IfMatch = None
) -> None:
    """`If-Match` takes the ETag of the edition."""
    who = actor(request)
    await edition_queries.edition(who, edition)
    await edition_actions.drop_change(who, edition, position, expected(if_match))


@post(
    "/editions/{edition:str}/adoption",
    operation_id="edition_adopt",
    summary="Make a draft the list of the day from a day on, as the second person",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def adopt(
    request: Asking,
    edition: FromPath[str],
    data: JSONBody[Adoption],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> None:
    """`If-Match` takes the ETag of the edition: what is adopted is what was read."""
    who = actor(request)
    await edition_queries.edition(who, edition)

    async def effect() -> None:
        versions = expected(if_match)
        await edition_actions.adopt_edition(who, edition, data.effective_on, versions)

    await act_once(request, who, idempotency_key, effect)


@post(
    "/editions/{edition:str}/discarding",
    operation_id="edition_discard",
    summary="Give a draft up, with the reason",
    tags=_TAGS,
    status_code=204,
    **allow(Role.CENTRE),
    **in_person(),
)
async def discard(
    request: Asking,
    edition: FromPath[str],
    data: JSONBody[Discarding],
    if_match: IfMatch = None,
    idempotency_key: IdempotencyKey = None,
) -> None:
    """`If-Match` takes the ETag of the edition."""
    who = actor(request)
    await edition_queries.edition(who, edition)

    async def effect() -> None:
        versions = expected(if_match)
        await edition_actions.discard_edition(who, edition, data.reason, versions)

    await act_once(request, who, idempotency_key, effect)


ROUTES = [
    list_editions,
    show_edition,
    show_differences,
    draft,
    propose_change,
    drop_change,
    adopt,
    discard,
]
