"""What is stored about whoever is signed in, as a page and as a file; and its erasure."""

from typing import Any, cast

import msgspec
from litestar import MediaType, Response, get, post

from market.accounts import profiles
from market.accounts.identity import Asking, actor, session_cookie, visit, visitor
from market.accounts.permissions import ANYBODY_SIGNED_IN, allow
from market.accounts.queries import SignedIn
from market.oversight import erasure
from market.oversight.personal_data import PersonalData, personal_data
from market.settings import Settings
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_

_PAGE = "/account/personal-data"
_ACTS_SHOWN = 6
_FIELDS = {"password-wrong": "password", "person-name-missing": "name"}


async def _stored(request: Asking) -> PersonalData:
    return await personal_data(actor(request), cast(SignedIn, visitor(request)))


async def _data_page(
    request: Asking, form: Form | None = None, error: SteelyardError | None = None
) -> Response[str]:
    stored = await _stored(request)
    response = page(
        request,
        "account/personal_data.html",
        status=error.status if error else 200,
        stored=stored,
        acts=stored.ledger[:_ACTS_SHOWN],
        pseudonym=erasure.pseudonym(stored.account.person),
        invented=cast(SignedIn, visitor(request)).demonstration,
        typed=form.typed if form else {"name": stored.account.name},
        **refusal(request, error, _FIELDS),
    )
    response.headers.update(getattr(error, "headers", None) or {})
    return response


@get(_PAGE, **allow(*ANYBODY_SIGNED_IN, early=True))
async def show(request: Asking) -> Response[str]:
    return await _data_page(request)


@get("/exports/personal-data.json", **allow(*ANYBODY_SIGNED_IN, early=True))
async def export(request: Asking) -> Response[bytes]:
    body = msgspec.json.format(msgspec.json.encode(await _stored(request)), indent=2)
    return Response(
        body,
        media_type=MediaType.JSON,
        headers={"Content-Disposition": 'attachment; filename="personal-data.json"'},
    )


@post(_PAGE + "/name", **allow(*ANYBODY_SIGNED_IN))
async def change_name(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        await profiles.change_name(actor(request), form.text("name"))
    except SteelyardError as error:
        return await _data_page(request, form, error)
    return see_other(_PAGE, N_("Your name is changed."))


@post(_PAGE + "/erasure", **allow(*ANYBODY_SIGNED_IN, early=True))
async def erase(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        form.required("password")
        form.check()
        await erasure.erase_own(actor(request), form.typed["password"], visit(request))
    except SteelyardError as error:
        return await _data_page(request, None, error)
    response = see_other("/", N_("Your personal data are erased, and your account has ended."))
    response.delete_cookie(session_cookie(cast(Settings, request.app.state.settings)))
    return response


ROUTES = [show, export, change_name, erase]
