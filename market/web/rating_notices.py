"""A notice to an organisation about its own evaluations, and its remark."""

from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from ratings.evaluations.rules import NEEDS_REASON_BELOW, REVISION_DAYS
from ratings.integrity.notice_actions import remark_on_notice
from ratings.integrity.notice_queries import rater_notice
from ratings.ledger.actors import Role
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_

_RATERS = (Role.ENTERPRISE, Role.SUPERVISOR)
_HERE = "/rating-notices/{identifier:str}"


async def _page(
    request: Asking, identifier: str, form: Form, error: SteelyardError | None = None
) -> Response[str]:
    who = actor(request)
    row = await rater_notice(who, identifier)
    return page(
        request,
        "evaluation/notice.html",
        status=error.status if error else 200,
        notice=row,
        own=who.role in _RATERS,
        limit=NEEDS_REASON_BELOW,
        revision_days=REVISION_DAYS,
        typed=form.typed,
        **refusal(request, error, {"remark-missing": "remark", "remark-long": "remark"}),
    )


@get(_HERE, **allow(*_RATERS, Role.CENTRE))
async def notice_page(request: Asking, identifier: FromPath[str]) -> Response[str]:
    return await _page(request, identifier, Form({}))


@post(f"{_HERE}/remark", **allow(*_RATERS))
async def remark(request: Asking, identifier: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    try:
        await remark_on_notice(actor(request), identifier, form.text("remark"))
    except SteelyardError as error:
        return await _page(request, identifier, form, error)
    return see_other(f"/rating-notices/{identifier}", N_("Thank you; the centre reads it."))


ROUTES = [notice_page, remark]
