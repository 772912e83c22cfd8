"""The centre's drafts of the list of items: drafted by one person, adopted by another."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.catalogue import edition_actions, edition_queries
from market.catalogue.edition_actions import NewEdition
from market.catalogue.editions import Change
from market.catalogue.items import Item
from market.catalogue.standard_versions import newest_standards
from market.web import asked
from market.web.forms import Form, refusal, submitted
from market.web.item_form import changed_fields, rows_shown, typed_fields, typed_from
from market.web.render import page, see_other
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import NotFound, SteelyardError
from ratings.ledger.text import N_

_HERE = "/console/editions"
_ENDINGS = ("withdraw", "merge", "replace", "restore")
_FIELDS = {
    "title-missing": "title_zh",
    "reason-missing": "reason_zh",
    "successor-unknown": "successor",
    "item-known": "code",
    "item-unknown": "code",
    "edition-backdated": "effective_on",
    "edition-overtakes": "effective_on",
}


async def _list_page(
    request: Asking, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    who = actor(request)
    return page(
        request,
        "centre/editions.html",
        status=error.status if error else 200,
        editions=await edition_queries.editions(who),
        today=local_date(who.at),
        typed=form.typed,
        **refusal(request, error, {**_FIELDS, "reason-missing": "note_zh"}),
    )


@get(_HERE, **allow(Role.CENTRE))
async def editions(request: Asking) -> Response[str]:
    return await _list_page(request, Form({}))


@post(_HERE, **allow(Role.CENTRE))
async def draft(request: Asking) -> Response[Any]:
    form = await submitted(request)
    wanted = NewEdition(
        title_zh=form.text("title_zh"),
        title_en=form.text("title_en"),
        note_zh=form.text("note_zh"),
        note_en=form.text("note_en"),
    )
    try:
        made = await edition_actions.draft_edition(actor(request), wanted)
    except SteelyardError as error:
        return await _list_page(request, form, error)
    return see_other(f"{_HERE}/{made}", N_("The draft is begun."))


async def _draft_page(
    request: Asking, identifier: str, form: Form, error: SteelyardError | None = None
) -> Response[Any]:
    """The draft with its acts, what they would change, and the forms that go on with it."""
    who = actor(request)
    edition = await edition_queries.edition(who, identifier)
    if edition.state == "adopted":
        return see_other(f"/editions/{edition.id}")
    acts = await edition_queries.changes(who, edition.id)
    items = await edition_queries.draft_items(edition.id)
    found = await edition_queries.differences_of(who, edition.id)
    ended = [one.code for one in found.changed if not items[one.code].active]
    return page(
        request,
        "centre/edition.html",
        status=error.status if error else 200,
        edition=edition,
        acts=acts,
        items=items,
        differences=found,
        held=await edition_queries.packages_holding(ended),
        own=any(one.own for one in acts),
        today=local_date(who.at),
        typed=form.typed,
        **refusal(request, error, _FIELDS),
    )


@get(f"{_HERE}/{{edition:str}}", **allow(Role.CENTRE))
async def show_draft(request: Asking, edition: FromPath[str]) -> Response[Any]:
    return await _draft_page(request, asked.plain(edition), Form({}))


@post(f"{_HERE}/{{edition:str}}/changes", **allow(Role.CENTRE))
async def end_item(request: Asking, edition: FromPath[str]) -> Response[Any]:
    """Withdraw, merge, replace or restore: what needs no form of the record."""
    form = await submitted(request)
    try:
        kind = form.choice("kind", *_ENDINGS)
        form.required("code", "reason_zh")
        form.check()
        change = Change(
            kind=kind,  # type: ignore[arg-type] # one of the endings, which are kinds
            code=form.text("code"),
            successor=(form.text("successor") or None) if kind in ("merge", "replace") else None,
            reason_zh=form.text("reason_zh"),
            reason_en=form.text("reason_en"),
        )
        await edition_actions.propose_change(
            actor(request), edition, change, form.versions("version")
        )
    except NotFound:
        raise
    except SteelyardError as error:
        return await _draft_page(request, asked.plain(edition), form, error)
    return see_other(f"{_HERE}/{edition}", N_("The act is in the draft."))


@post(f"{_HERE}/{{edition:str}}/changes/{{position:int}}/removal", **allow(Role.CENTRE))
async def drop_change(
    request: Asking, edition: FromPath[str], position: FromPath[int]
) -> Response[Any]:
    form = await submitted(request)
    try:
        await edition_actions.drop_change(
            actor(request), edition, position, form.versions("version")
        )
    except NotFound:
        raise
    except SteelyardError as error:
        return await _draft_page(request, asked.plain(edition), form, error)
    return see_other(f"{_HERE}/{edition}", N_("The act is taken out."))


@post(f"{_HERE}/{{edition:str}}/adoption", **allow(Role.CENTRE))
async def adopt(request: Asking, edition: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        day = form.day("effective_on")
        form.check()
        await edition_actions.adopt_edition(actor(request), edition, day, form.versions("version"))
    except NotFound:
        raise
    except SteelyardError as error:
        return await _draft_page(request, asked.plain(edition), form, error)
    return see_other(f"/editions/{edition}", N_("The edition is adopted."))


@post(f"{_HERE}/{{edition:str}}/discarding", **allow(Role.CENTRE))
async def discard(request: Asking, edition: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        await edition_actions.discard_edition(
            actor(request), edition, form.text("discard_reason"), form.versions("version")
        )
    except NotFound:
        raise
    except SteelyardError as error:
        return await _draft_page(request, asked.plain(edition), form, error)
    return see_other(_HERE, N_("The draft is discarded."))


async def _item_page(
    request: Asking,
    identifier: str,
    code: str,
    form: Form | None = None,
    error: SteelyardError | None = None,
) -> Response[str]:
    """The record of one item of a draft as a form; without a code, that of a new one."""
    edition = await edition_queries.edition(actor(request), identifier)
    item = await _drafted(identifier, code) if code else None
    typed = form.typed if form else typed_from(item)
    return page(
        request,
        "centre/edition_item.html",
        status=error.status if error else 200,
        edition=edition,
        item=item,
        standards=await newest_standards(),
        bases=rows_shown(typed, "legal_basis"),
        limits=rows_shown(typed, "limits"),
        typed=typed,
        **refusal(request, error, _FIELDS),
    )


async def _drafted(edition: str, code: str) -> Item:
    found = (await edition_queries.draft_items(edition)).get(code)
    if found is None:
        raise NotFound("item-unknown", "The catalogue has no item {code}.", code=code)
    return found


@get(f"{_HERE}/{{edition:str}}/item", **allow(Role.CENTRE))
async def item_form(request: Asking, edition: FromPath[str]) -> Response[str]:
    return await _item_page(request, asked.plain(edition), asked.word(request, "code"))


@post(f"{_HERE}/{{edition:str}}/item", **allow(Role.CENTRE))
async def record_item(request: Asking, edition: FromPath[str]) -> Response[Any]:
    """Add a new item, or amend the one that the address names."""
    form = await submitted(request)
    code = asked.word(request, "code")
    who = actor(request)
    await edition_queries.edition(who, asked.plain(edition))
    try:
        form.required("reason_zh", "kind", "item_status")
        fields = typed_fields(form)
        if not code:
            form.required("code")
        form.check()
        if code:
            fields = changed_fields(await _drafted(edition, code), fields)
        change = Change(
            kind="amend" if code else "add",
            code=code or form.text("code"),
            fields=fields,
            reason_zh=form.text("reason_zh"),
            reason_en=form.text("reason_en"),
        )
        await edition_actions.propose_change(who, edition, change, form.versions("version"))
    except SteelyardError as error:
        return await _item_page(request, asked.plain(edition), code, form, error)
    return see_other(f"{_HERE}/{edition}", N_("The act is in the draft."))


ROUTES = [
    editions,
    draft,
    show_draft,
    end_item,
    drop_change,
    adopt,
    discard,
    item_form,
    record_item,
]
