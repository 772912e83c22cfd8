"""Webhooks on pages: subscribing, the log, sending again; for an organisation's administrators."""

import uuid
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.notices import actions, queries
from market.notices.queries import DeliveryRow, Place
from market.notices.rules import NewWebhook
from market.oversight.events import TOLD
from market.settings import Settings, installation_key
from market.web import asked
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from market.web.words import EVENT_KINDS
from ratings.ledger.actors import Role
from ratings.ledger.errors import NotFound, SteelyardError
from ratings.ledger.text import N_

_PAGE = "/account/webhooks"
_WHO = allow(Role.ENTERPRISE, Role.AGENCY, Role.SUPERVISOR, Role.CENTRE)
_SHOWN = 20
_STATES = ("pending", "delivered", "failed")
_FIELDS = {
    "events-missing": "events",
    "text-too-long": "purpose",
    "address-not-https": "url",
    "address-malformed": "url",
    "address-with-password": "url",
    "address-port": "url",
    "address-private": "url",
}


def _settings(request: Asking) -> Settings:
    return cast(Settings, request.app.state.settings)


def _choices() -> dict[str, Any]:
    """What a form offers: whole kinds first, then each type of each kind."""
    return {
        "kinds": {f"{kind}.*": word for kind, word in EVENT_KINDS.items()},
        "types": TOLD,
    }


async def _typed(request: Asking) -> tuple[Form, NewWebhook]:
    form = await submitted(request)
    chosen = tuple(str(one) for one in (await request.form()).getall("events", []))
    return form, NewWebhook(form.text("url"), chosen, form.text("purpose"))


async def _list_page(
    request: Asking,
    typed: NewWebhook,
    error: SteelyardError | None = None,
    made: actions.Subscribed | None = None,
) -> Response[str]:
    return page(
        request,
        "webhooks/index.html",
        status=error.status if error else 200,
        webhooks=await queries.webhooks(actor(request)),
        typed=typed,
        made=made,
        **_choices(),
        **refusal(request, error, _FIELDS),
    )


_NOTHING = NewWebhook("", ())


@get(_PAGE, **_WHO)
async def index(request: Asking) -> Response[str]:
    return await _list_page(request, _NOTHING)


@post(_PAGE, **_WHO)
async def subscribe(request: Asking) -> Response[str]:
    """The page itself answers: a secret that is shown once must not travel in a cookie."""
    _, wanted = await _typed(request)
    settings = _settings(request)
    try:
        made = await actions.subscribe(
            actor(request), wanted, key=installation_key(settings), networks=settings.networks
        )
    except SteelyardError as error:
        return await _list_page(request, wanted, error)
    return await _list_page(request, _NOTHING, made=made)


async def _webhook_page(
    request: Asking,
    webhook: str,
    typed: NewWebhook | None = None,
    error: SteelyardError | None = None,
    new_secret: str = "",
) -> Response[str]:
    who = actor(request)
    found = await queries.webhook(who, webhook)
    state = asked.one_of(request, "state", _STATES)
    log = await queries.deliveries(
        who, webhook, state=state, after=_older_than(request), limit=_SHOWN + 1
    )
    return page(
        request,
        "webhooks/show.html",
        status=error.status if error else 200,
        webhook=found,
        typed=typed or NewWebhook(found.url, tuple(found.events), found.description),
        state=state,
        states=_STATES,
        log=log[:_SHOWN],
        older=_older(state, log[_SHOWN - 1]) if len(log) > _SHOWN else "",
        new_secret=new_secret,
        **_choices(),
        **refusal(request, error, _FIELDS),
    )


def _older(state: str, last: DeliveryRow) -> str:
    query = {"state": state, "before": last.queued_at.isoformat(), "id": last.id}
    return "?" + urlencode(query) + "#log"


def _older_than(request: Asking) -> Place | None:
    try:
        before = datetime.fromisoformat(asked.word(request, "before"))
        identifier = str(uuid.UUID(asked.word(request, "id")))
    except ValueError:
        return None
    return Place(before, identifier) if before.tzinfo else None


@get(_PAGE + "/{webhook:str}", **_WHO)
async def show(request: Asking, webhook: FromPath[str]) -> Response[str]:
    return await _webhook_page(request, webhook)


@post(_PAGE + "/{webhook:str}", **_WHO)
async def change(request: Asking, webhook: FromPath[str]) -> Response[Any]:
    form, wanted = await _typed(request)
    shown, networks = form.versions("version"), _settings(request).networks
    try:
        await actions.change(actor(request), webhook, wanted, shown, networks=networks)
    except NotFound:
        raise
    except SteelyardError as error:
        return await _webhook_page(request, webhook, wanted, error)
    return see_other(f"{_PAGE}/{webhook}", N_("The webhook has been changed."))


@post(_PAGE + "/{webhook:str}/secret", **_WHO)
async def rotate_secret(request: Asking, webhook: FromPath[str]) -> Response[str]:
    key = installation_key(_settings(request))
    made = await actions.rotate_secret(actor(request), webhook, key=key)
    return await _webhook_page(request, webhook, new_secret=made.secret)


@post(_PAGE + "/{webhook:str}/pause", **_WHO)
async def pause(request: Asking, webhook: FromPath[str]) -> Response[Any]:
    await actions.pause(actor(request), webhook)
    return see_other(f"{_PAGE}/{webhook}", N_("Nothing more is sent until you resume."))


@post(_PAGE + "/{webhook:str}/resume", **_WHO)
async def resume(request: Asking, webhook: FromPath[str]) -> Response[Any]:
    await actions.resume(actor(request), webhook)
    return see_other(f"{_PAGE}/{webhook}", N_("Events are sent again from now on."))


@post(_PAGE + "/{webhook:str}/test", **_WHO)
async def send_test(request: Asking, webhook: FromPath[str]) -> Response[Any]:
    await actions.send_test(actor(request), webhook)
    return see_other(f"{_PAGE}/{webhook}#log", N_("A test is on its way; the log has it."))


@post(_PAGE + "/{webhook:str}/deletion", **_WHO)
async def remove(request: Asking, webhook: FromPath[str]) -> Response[Any]:
    await actions.delete(actor(request), webhook)
    return see_other(_PAGE, N_("The webhook and its log have been deleted."))


@get("/account/webhook-deliveries/{delivery:str}", **_WHO)
async def show_delivery(request: Asking, delivery: FromPath[str]) -> Response[str]:
    who = actor(request)
    file = await queries.delivery(who, delivery)
    return page(
        request,
        "webhooks/delivery.html",
        webhook=await queries.webhook(who, file.webhook),
        delivery=file.delivery,
        attempts=file.attempts,
        payload=msgspec.json.format(file.payload, indent=2),
    )


@post("/account/webhook-deliveries/{delivery:str}/redelivery", **_WHO)
async def redeliver(request: Asking, delivery: FromPath[str]) -> Response[Any]:
    await actions.redeliver(actor(request), delivery)
    return see_other(f"/account/webhook-deliveries/{delivery}", N_("It is on its way again."))


ROUTES = [
    index,
    subscribe,
    show,
    change,
    rotate_secret,
    pause,
    resume,
    send_test,
    remove,
    show_delivery,
    redeliver,
]
