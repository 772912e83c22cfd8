"""Webhooks: what an organisation is told by calls to an address of its own, and how that went."""

from typing import cast

import msgspec
from litestar import Response, delete, get, post, put
from litestar.params import FromPath, JSONBody

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.api.cursors import Page, page, page_size, unseal
from market.api.lists import USUAL, Cursor, Limit, StateIs, sorted_page
from market.api.preconditions import IfMatch, expected, versioned
from market.api.repeats import IdempotencyKey, act_once, answer_once
from market.notices import actions, queries
from market.notices.actions import NewSecret, Subscribed
from market.notices.queries import DeliveryFile, DeliveryRow, Place, WebhookRow
from market.notices.rules import NewWebhook
from market.settings import Settings, installation_key
from ratings.ledger.actors import Role

_TAGS = ["webhooks"]
_WHO = allow(Role.ENTERPRISE, Role.AGENCY, Role.SUPERVISOR, Role.CENTRE)


class Queued(msgspec.Struct, frozen=True):
    delivery: str


def _settings(request: Asking) -> Settings:
    return cast(Settings, request.app.state.settings)


@get(
    "/webhooks",
    operation_id="webhook_list",
    summary="The webhooks of one's own organisation",
    tags=_TAGS,
    **_WHO,
)
async def list_webhooks(
    request: Asking, limit: Limit = USUAL, cursor: Cursor = ""
) -> Response[Page[WebhookRow]]:
    return await sorted_page(
        request,
        limit,
        cursor,
        await queries.webhooks(actor(request)),
        lambda row: (row.created_at.timestamp(), row.id),
    )


@post(
    "/webhooks",
    operation_id="webhook_subscribe",
    summary="Be told events by calls to an address; the secret is shown this once",
    tags=_TAGS,
    **_WHO,
)
async def subscribe(request: Asking, data: JSONBody[NewWebhook]) -> Subscribed:
    settings = _settings(request)
    return await actions.subscribe(
        actor(request), data, key=installation_key(settings), networks=settings.networks
    )


@get(
    "/webhooks/{webhook:str}",
    operation_id="webhook_show",
    summary="One webhook",
    tags=_TAGS,
    **_WHO,
)
async def show(request: Asking, webhook: FromPath[str]) -> WebhookRow:
    row = await queries.webhook(actor(request), webhook)
    versioned(request, row.version)
    return row


@put(
    "/webhooks/{webhook:str}",
    operation_id="webhook_change",
    summary="Another address, other events, another description; the secret stays",
    tags=_TAGS,
    **_WHO,
)
async def change(
    request: Asking,
    webhook: FromPath[str],
    data: JSONBody[NewWebhook],
    if_match: IfMatch = None,
) -> WebhookRow:
    """`If-Match` takes the ETag of the webhook. Pausing it or another secret leaves that good."""
    who, networks = actor(request), _settings(request).networks
    await queries.webhook(who, webhook)
    await actions.change(who, webhook, data, expected(if_match), networks=networks)
    return await queries.webhook(who, webhook)


@delete(
    "/webhooks/{webhook:str}",
    operation_id="webhook_delete",
    summary="End a webhook; its log goes with it",
    tags=_TAGS,
    **_WHO,
)
async def remove(request: Asking, webhook: FromPath[str]) -> None:
    await actions.delete(actor(request), webhook)


@post(
    "/webhooks/{webhook:str}/pause",
    operation_id="webhook_pause",
    summary="Be told nothing for a while; what happens meanwhile is not sent later",
    tags=_TAGS,
    status_code=204,
    **_WHO,
)
async def pause(request: Asking, webhook: FromPath[str]) -> None:
    await actions.pause(actor(request), webhook)


@post(
    "/webhooks/{webhook:str}/resume",
    operation_id="webhook_resume",
    summary="Be told again, after a pause or after the market has given up",
    tags=_TAGS,
    status_code=204,
    **_WHO,
)
async def resume(request: Asking, webhook: FromPath[str]) -> None:
    await actions.resume(actor(request), webhook)


@post(
    "/webhooks/{webhook:str}/secret",
    operation_id="webhook_rotate_secret",
    summary="A new secret, shown this once; for 24 hours the old one signs beside it",
    tags=_TAGS,
    **_WHO,
)
async def rotate_secret(request: Asking, webhook: FromPath[str]) -> NewSecret:
    key = installation_key(_settings(request))
    return await actions.rotate_secret(actor(request), webhook, key=key)


@post(
    "/webhooks/{webhook:str}/test",
    operation_id="webhook_test",
    summary="Send an event of the type webhook.test",
    tags=_TAGS,
    **_WHO,
)
async def send_test(
    request: Asking, webhook: FromPath[str], idempotency_key: IdempotencyKey = None
) -> Queued:
    who = actor(request)

    async def effect() -> Queued:
        return Queued(await actions.send_test(who, webhook))

    return await answer_once(request, who, idempotency_key, Queued, effect)


@get(
    "/webhooks/{webhook:str}/deliveries",
    operation_id="webhook_deliveries",
    summary="What was sent in the last 30 days, the newest first",
    tags=_TAGS,
    **_WHO,
)
async def list_deliveries(
    request: Asking,
    webhook: FromPath[str],
    state_: StateIs = "",
    limit: Limit = USUAL,
    cursor: Cursor = "",
) -> Response[Page[DeliveryRow]]:
    """`state` is pending, delivered or failed."""
    size = page_size(limit)
    found = await queries.deliveries(
        actor(request),
        webhook,
        state=state_,
        after=unseal(request, cursor, Place) if cursor else None,
        limit=size + 1,
    )
    shown = found[:size]
    more = len(found) > size
    return page(request, shown, Place(shown[-1].queued_at, shown[-1].id) if more else None)


@get(
    "/webhook-deliveries/{delivery:str}",
    operation_id="webhook_delivery",
    summary="One delivery: the text that was signed, and every attempt",
    tags=_TAGS,
    **_WHO,
)
async def show_delivery(request: Asking, delivery: FromPath[str]) -> DeliveryFile:
    return await queries.delivery(actor(request), delivery)


@post(
    "/webhook-deliveries/{delivery:str}/redelivery",
    operation_id="webhook_redeliver",
    summary="Send it again, with the same id",
    tags=_TAGS,
    status_code=204,
    **_WHO,
)
async def redeliver(
    request: Asking, delivery: FromPath[str], idempotency_key: IdempotencyKey = None
) -> None:
    who = actor(request)

    async def effect() -> None:
        await actions.redeliver(who, delivery)

    await act_once(request, who, idempotency_key, effect)


ROUTES = [
    list_webhooks,
    subscribe,
    show,
    change,
    remove,
    pause,
    resume,
    rotate_secret,
    send_test,
    list_deliveries,
    show_delivery,
    redeliver,
]
