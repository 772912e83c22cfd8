"""The centre's county ranges: proposed by one person, decided by another, beside what is paid."""

from collections.abc import Awaitable
from typing import Any

from litestar import Response, get, post
from litestar.params import FromPath

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.catalogue import county_ranges
from market.catalogue.county import SIZE_ZH
from market.catalogue.county_ranges import NewCountyRange
from market.catalogue.packages import needs_county_range
from market.catalogue.queries import CountyRangeRow, items, packages
from market.catalogue.queries import county_ranges as ranges_in_force
from market.oversight.market_fees import FEWEST
from market.oversight.queries import market_fees
from market.web.forms import Form, refusal, submitted
from market.web.render import page, see_other
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.errors import SteelyardError
from ratings.ledger.text import N_

_HERE = "/console/ranges"
_DECIDED = 20
_FIELDS = {
    "range-order": "low",
    "range-backdated": "set_on",
    "range-known": "set_on",
    "proposal-open": "set_on",
    "reason-missing": "reason",
    "standard-published": "item",
}


async def _page(
    request: Asking, form: Form, error: SteelyardError | None = None, *, refused: str = ""
) -> Response[str]:
    """`refused` is the proposal whose refusal was not taken: its reason stays typed there."""
    catalogue = await items()
    who = actor(request)
    today = local_date(who.at)
    offered = [one.record for one in await packages()]
    found = await county_ranges.proposals(today)
    paid = (await market_fees(today)).lines
    return page(
        request,
        "centre/ranges.html",
        status=error.status if error else 200,
        ranges=_by_item(await ranges_in_force(today)),
        items={one.code: one for one in catalogue},
        unpriced=[one for one in catalogue if one.active and needs_county_range(one, offered)],
        sizes=SIZE_ZH,
        today=today,
        open=[one for one in found if one.state == "proposed"],
        decided=[one for one in found if one.state != "proposed"][:_DECIDED],
        paid={one.items[0]: one.settled for one in paid if len(one.items) == 1 and one.settled},
        person=who.person,
        fewest=FEWEST,
        typed=form.typed,
        refused=refused,
        **refusal(request, error, {} if refused else _FIELDS),
    )


def _by_item(found: list[CountyRangeRow]) -> dict[str, dict[str, CountyRangeRow]]:
    """Item → size of project → its range."""
    table: dict[str, dict[str, CountyRangeRow]] = {}
    for one in found:
        table.setdefault(one.item, {})[one.size_class] = one
    return table


@get(_HERE, **allow(Role.CENTRE))
async def ranges(request: Asking) -> Response[str]:
    return await _page(request, Form({}))


@post(_HERE, **allow(Role.CENTRE))
async def propose(request: Asking) -> Response[Any]:
    form = await submitted(request)
    try:
        form.required("item")
        size = form.choice("size_class", *SIZE_ZH)
        wanted = NewCountyRange(
            item=form.text("item"),
            size_class=size,
            low_fen=form.fen("low"),
            high_fen=form.fen("high"),
            set_on=form.day("set_on"),
            reason=form.text("reason"),
        )
        form.check()
        await county_ranges.propose_county_range(actor(request), wanted)
    except SteelyardError as error:
        return await _page(request, form, error)
    return see_other(_HERE, N_("The range is proposed. A second person of the centre decides it."))


async def _decided(
    request: Asking, act: Awaitable[None], told: str, form: Form, proposal: str
) -> Response[Any]:
    try:
        await act
    except SteelyardError as error:
        return await _page(request, form, error, refused=proposal)
    return see_other(_HERE, told)


@post(f"{_HERE}/proposals/{{proposal:str}}/adoption", **allow(Role.CENTRE))
async def adopt(request: Asking, proposal: FromPath[str]) -> Response[Any]:
    act = county_ranges.adopt_county_range(actor(request), proposal)
    return await _decided(request, act, N_("The county range is set."), Form({}), proposal)


@post(f"{_HERE}/proposals/{{proposal:str}}/refusal", **allow(Role.CENTRE))
async def refuse(request: Asking, proposal: FromPath[str]) -> Response[Any]:
    form = await submitted(request)
    act = county_ranges.refuse_county_range(actor(request), proposal, form.text("reason"))
    return await _decided(request, act, N_("The proposal is refused."), form, proposal)


@post(f"{_HERE}/proposals/{{proposal:str}}/withdrawal", **allow(Role.CENTRE))
async def withdraw(request: Asking, proposal: FromPath[str]) -> Response[Any]:
    act = county_ranges.withdraw_proposal(actor(request), proposal)
    return await _decided(request, act, N_("The proposal is withdrawn."), Form({}), proposal)


ROUTES = [ranges, propose, adopt, refuse, withdraw]
