"""API keys for programs: made, listed and revoked by a person who has signed in."""

from litestar import Response, delete, get, post
from litestar.params import FromPath, JSONBody

from market.accounts import api_keys
from market.accounts.identity import Asking, actor
from market.accounts.offered_scopes import HOLDERS, offered_to
from market.accounts.permissions import allow
from market.api.cursors import Page
from market.api.lists import USUAL, Cursor, Limit, sorted_page

_TAGS = ["api-keys"]


@get(
    "/api-keys",
    operation_id="api_key_list",
    summary="The organisation's API keys, without their secrets",
    tags=_TAGS,
    **allow(*HOLDERS),
)
async def list_keys(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[api_keys.ApiKeyRow]]:
    return await sorted_page(
        request,
        limit,
        cursor,
        await api_keys.api_keys(actor(request)),
        lambda row: (-row.created_at.timestamp(), row.id),
    )


@post(
    "/api-keys",
    operation_id="api_key_make",
    summary="Make an API key; the answer is the only place where it is ever shown",
    tags=_TAGS,
    **allow(*HOLDERS),
)
async def make_key(request: Asking, data: JSONBody[api_keys.NewApiKey]) -> api_keys.MadeApiKey:
    return await api_keys.make_api_key(actor(request), data, offered_to(request))


@delete(
    "/api-keys/{key:str}",
    operation_id="api_key_revoke",
    summary="Revoke an API key at once; one that is revoked stays so",
    tags=_TAGS,
    **allow(*HOLDERS),
)
async def revoke_key(request: Asking, key: FromPath[str]) -> None:
    await api_keys.revoke_api_key(actor(request), key)


ROUTES = [list_keys, make_key, revoke_key]
