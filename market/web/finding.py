"""Finding an item: search of the catalogue with filters and how many items each would leave."""

from litestar import Response, get

from market.accounts.identity import Asking, actor
from market.accounts.permissions import allow
from market.catalogue.finding import DAYS, FEES_WAN, Wanted, parts
from market.catalogue.finding_queries import search
from market.catalogue.standard_versions import standards_on
from market.web import asked
from market.web.forms import Form
from market.web.render import page
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date
from ratings.ledger.text import N_

# Where a word of a search was found, and what each filter of the search is called.
FOUND_WHERE = {
    "code": N_("Number"),
    "name": N_("Name"),
    "field": N_("Field"),
    "approval": N_("Approval served"),
    "document": N_("Document"),
}

FILTERS = {
    "field": N_("Field"),
    "approval": N_("Approval served"),
    "qualification": N_("Qualification"),
    "kind": N_("Kind"),
    "package": N_("Package"),
    "state": N_("List"),
    "days": N_("Working days"),
    "fee": N_("Fee range begins at"),
}


_PER_PAGE = 50
_LARGEST_WAN = 100_000_000
_NUMBERS = {"days": tuple(map(str, DAYS)), "fee": tuple(map(str, FEES_WAN))}


@get("/items", **allow(Role.PUBLIC))
async def items(request: Asking) -> Response[str]:
    """Odd filters are left out; the fee filter asks for the size of the project."""
    typed = asked.word(request, "investment_wan")
    investment = Form({"investment_wan": typed}).decimal("investment_wan")
    if investment is not None and not 0 < investment <= _LARGEST_WAN:
        investment = None
    wanted = Wanted(
        text=asked.word(request, "q"),
        field=asked.word(request, "field"),
        approval=asked.word(request, "approval"),
        qualification=asked.word(request, "qualification"),
        kind=asked.word(request, "kind"),
        package=asked.word(request, "package"),
        state=asked.word(request, "state"),
        days=asked.one_of(request, "days", _NUMBERS["days"]),
        fee=asked.one_of(request, "fee", _NUMBERS["fee"]) if investment is not None else "",
    )
    today = local_date(actor(request).at)
    found = await search(wanted, investment, today)
    pages = max(1, -(-len(found.hits) // _PER_PAGE))
    number = min(asked.page_number(request), pages)
    return page(
        request,
        "catalogue/items.html",
        fragment="results",
        wanted=wanted,
        investment=typed if investment is not None else "",
        found=found,
        hits=found.hits[(number - 1) * _PER_PAGE : number * _PER_PAGE],
        chosen=sum(one.item.choice == "demonstration" for one in found.hits),
        number=number,
        pages=pages,
        parts=parts,
        where=FOUND_WHERE,
        filters=FILTERS,
        standards=await standards_on(today),
    )


ROUTES = [items]
