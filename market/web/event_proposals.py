"""What the feeds propose as outside events: who has the document confirms one or dismisses it."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import agency_names
from market.web.feed_names import FEED_TEXT
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from ratings.ledger.actors import Role
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_
from ratings.stars.event_proposals import SIGN_TEXT
from ratings.stars.proposal_actions import Confirmation, confirm_proposal, dismiss_proposal
from ratings.stars.proposal_queries import event_proposal

_HERE = "/console/event-proposals"


async def _page(
    request: Asking, identifier: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    row = await event_proposal(identifier)
    reason = "dismiss-reason" if "dismiss-reason" in form.typed else "reason"
    fields = {
        "event-later": "on",
        "document-missing": "document",
        "event-known": "document",
        "source-missing": "source",
        "reason-missing": reason,
    }
    return page(
        request,
        "centre/event_proposal.html",
        status=error.status if error else 200,
        proposal=row,
        sign=SIGN_TEXT[row.sign],
        feed=FEED_TEXT[row.feed],
        names=await agency_names([row.uscc]),
        typed=form.typed,
        **refusal(request, error, fields),
    )


@get(f"{_HERE}/{{identifier:str}}", **allow(Role.CENTRE))
async def proposal_page(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await _page(request, identifier, Form({}))


@post(f"{_HERE}/{{identifier:str}}/confirmation", **allow(Role.CENTRE))
async def confirm(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        given = Confirmation(
            form.text("source"), form.text("document"), form.day("on"), form.text("reason")
        )
        form.check()
        await confirm_proposal(actor(request), identifier, given)
    except SteelyardError as error:
        return await _page(request, identifier, form, error)
    return see_other("/console/events", N_("The event is taken in; the standing follows."))


@post(f"{_HERE}/{{identifier:str}}/dismissal", **allow(Role.CENTRE))
async def dismiss(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        await dismiss_proposal(actor(request), identifier, form.text("dismiss-reason"))
    except SteelyardError as error:
        return await _page(request, identifier, form, error)
    return see_other("/console/events", N_("The proposal is dismissed."))


ROUTES = [proposal_page, confirm, dismiss]
