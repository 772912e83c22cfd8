"""The monthly check-up: the agency's own list, the centre's, and the report with its paper."""

from typing import cast

from litestar import Response, get
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.agencies.queries import agency_names
from market.settings import Settings
from market.web import asked, check_up_words
from market.web.check_up_paper import check_up_pdf
from market.web.render import locale_of, page
from ratings.ledger.actors import Role
from ratings.ledger.errors import Bilingual
from ratings.shells.check_up import check_up_policy
from ratings.shells.check_up_queries import (
    check_up_months,
    check_ups_of,
    own_check_ups,
    visible_check_up,
)


@get("/workspace/check-ups", **allow(Role.AGENCY))
async def own_list(request: Asking) -> Response[str]:
    return page(
        request,
        "agency/check_ups.html",
        rows=await own_check_ups(actor(request)),
        policy=check_up_policy(),
    )


@get("/console/check-ups", **allow(Role.CENTRE))
async def centre_list(request: Asking) -> Response[str]:
    months = await check_up_months()
    month = asked.one_of(request, "month", tuple(months)) or (months[0] if months else "")
    rows = await check_ups_of(actor(request), month)
    return page(
        request,
        "centre/check_ups.html",
        months=months,
        month=month,
        rows=rows,
        names=await agency_names([one.uscc for one in rows]),
        policy=check_up_policy(),
    )


@get("/check-ups/{identifier:str}", **allow(Role.AGENCY, Role.CENTRE))
async def report(request: Asking, identifier: FromPath[str]) -> Response[str]:
    found = await visible_check_up(actor(request), identifier)
    locale = locale_of(request)
    return page(
        request,
        "agency/check_up.html",
        row=found.row,
        name=await _name(found.row.uscc),
        parts=check_up_words.parts(locale, found.report),
        trade=check_up_words.trade_words(locale, found.report),
        warnings=check_up_words.warnings(locale, found.report),
        notes=check_up_words.notes(locale),
        version=found.report.policy_version,
    )


@get("/check-ups/{identifier:str}/paper", **allow(Role.AGENCY, Role.CENTRE))
async def paper(request: Asking, identifier: FromPath[str]) -> Response[bytes]:
    found = await visible_check_up(actor(request), identifier)
    settings = cast(Settings, request.app.state.settings)
    name = await _name(found.row.uscc)
    return await check_up_pdf(found, name, locale_of(request), settings)


async def _name(uscc: str) -> Bilingual:
    return (await agency_names([uscc])).get(uscc, Bilingual(zh=uscc, en=uscc))


ROUTES = [own_list, centre_list, report, paper]
