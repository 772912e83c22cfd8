"""The centre's side of the guides: who writes which, and whether a draft is published."""

from collections.abc import Awaitable
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.accounts.queries import supervisors
from market.catalogue import guide_actions, guide_queries
from market.web import asked
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import NotFound, SteelyardError
from ratings.ledger.text import N_

_HERE = "/console/guides"


async def _index(
    request: Asking, error: SteelyardError | None = None, chosen: dict[str, str] | None = None
) -> Response[str]:
    """`chosen` is what was asked for an item and refused: it stays chosen."""
    who = actor(request)
    found = await guide_queries.guides(local_date(who.at))
    return page(
        request,
        "centre/guides.html",
        status=error.status if error else 200,
        guides=[one for one in found if one.active],
        drafts={one.item: one for one in await guide_queries.drafts(who)},
        departments=await supervisors(),
        chosen=chosen or {},
        **refusal(request, error),
    )


@get(_HERE, **allow(Role.CENTRE))
async def index(request: Asking) -> Response[str]:
    return await _index(request)


@post(_HERE + "/{code:str}/supervisor", **allow(Role.CENTRE))
async def name_supervisor(request: Asking, code: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        await guide_actions.name_item_supervisor(
            actor(request), code, form.text("supervisor") or None, form.versions("version")
        )
    except NotFound:
        raise
    except SteelyardError as error:
        return await _index(request, error, {code: form.text("supervisor")})
    return see_other(f"{_HERE}#item-{code}", N_("The responsible department is named."))


async def _review(
    request: Asking, code: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    who = actor(request)
    draft = await guide_queries.draft(who, asked.plain(code))
    return page(
        request,
        "centre/guide.html",
        status=error.status if error else 200,
        guide=await guide_queries.guide(draft.item, local_date(who.at)),
        draft=draft,
        typed=form.typed,
        **refusal(request, error, {"reason-missing": "reason"}),
    )


@get(_HERE + "/{code:str}", **allow(Role.CENTRE))
async def review(request: Asking, code: FromPath[str]) -> Response[str]:
    return await _review(request, code, Form({}))


async def _decided(
    request: Asking, code: str, form: Form, act: Awaitable[object], told: str
) -> Response[Any]:
    try:
        await act
    except NotFound:
        raise
    except SteelyardError as error:
        return await _review(request, code, form, error)
    return see_other(_HERE, told)


@post(_HERE + "/{code:str}/publication", **allow(Role.CENTRE))
async def publish(request: Asking, code: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    act = guide_actions.publish_draft(actor(request), code, form.versions("version"))
    return await _decided(request, code, form, act, N_("The guide is published."))


@post(_HERE + "/{code:str}/return", **allow(Role.CENTRE))
async def send_back(request: Asking, code: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    act = guide_actions.return_draft(
        actor(request), code, form.text("reason"), form.versions("version")
    )
    return await _decided(request, code, form, act, N_("The draft is returned."))


ROUTES = [index, name_supervisor, review, publish, send_back]
