"""The API keys of an organisation, for its administrators."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts import api_keys
from market.accounts.identity import Asking, actor
from market.accounts.offered_scopes import HOLDERS, offered_to
from market.accounts.permissions import allow
from market.accounts.scopes import AREAS
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_

_PAGE = "/account/api-keys"
_PERIODS = {"30": N_("30 days"), "90": N_("90 days"), "180": N_("180 days"), "365": N_("One year")}


async def _keys_page(
    request: Asking,
    form: Form,
    error: SteelyardError | None = None,
    made: api_keys.MadeApiKey | None = None,
) -> Response[str]:
    offered = offered_to(request)
    return page(
        request,
        "account/api_keys.html",
        status=error.status if error else 200,
        keys=await api_keys.api_keys(actor(request)),
        areas={area: word for area, word in AREAS.items() if _verbs(offered, area)},
        verbs={area: _verbs(offered, area) for area in AREAS},
        periods=_PERIODS,
        made=made,
        typed=form.typed,
        **refusal(request, error),
    )


def _verbs(offered: tuple[str, ...], area: str) -> list[str]:
    return [verb for verb in ("read", "write") if f"{area}:{verb}" in offered]


@get(_PAGE, **allow(*HOLDERS))
async def keys(request: Asking) -> Response[str]:
    return await _keys_page(request, Form({}))


@post(_PAGE, **allow(*HOLDERS))
async def make(request: Asking) -> Response[str]:
    """The page itself answers: a key that is shown once must not travel in a cookie."""
    form = await submitted(request)
    offered = offered_to(request)
    chosen = tuple(scope for scope in offered if form.text(scope))
    try:
        made = await api_keys.make_api_key(
            actor(request),
            api_keys.NewApiKey(
                form.text("name"), chosen, int(form.choice("valid_days", *_PERIODS))
            ),
            offered,
        )
    except SteelyardError as error:
        return await _keys_page(request, form, error)
    return await _keys_page(request, Form({}), made=made)


@post(_PAGE + "/{key:str}/revocation", **allow(*HOLDERS))
async def revoke(request: Asking, key: FromPath[str]) -> Response[Any]:
    await api_keys.revoke_api_key(actor(request), key)
    return see_other(_PAGE, N_("The key is revoked and opens nothing any more."))


ROUTES = [keys, make, revoke]
