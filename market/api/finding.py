"""Search of the catalogue over the API."""

from decimal import Decimal
from typing import Literal

import msgspec
from litestar import Response, get
from litestar.params import FromQuery

from market.accounts.identity import Asking
from market.accounts.permissions import allow
from market.api.lists import USUAL, Cursor, Limit, constant_page
from market.api.openapi import problem_answer
from market.catalogue.fee_standards import checked_figure
from market.catalogue.finding import DAYS, FEES_WAN, Count, Hit, Named, Suggestion, Wanted
from market.catalogue.finding_queries import search
from ratings.ledger.actors import Role
from ratings.ledger.clock import local_date, now
from ratings.ledger.errors import Bilingual, Refused

_Text = FromQuery[str]


class Search(msgspec.Struct, frozen=True):
    """A page of the items that match, the closest first, with the counts of every filter.

    `counts` says by filter and value how many items there would be with it, all other filters
    kept; where nothing matches, `without` says how many there would be without one of them.
    """

    items: list[Hit]
    next: str | None
    total: int
    counts: dict[str, tuple[Count, ...]]
    without: dict[str, int]
    packages: tuple[Named, ...]
    standards: tuple[Named, ...]
    suggestions: tuple[Suggestion, ...]


@get(
    "/search",
    operation_id="catalogue_search",
    summary="Items, packages and fee standards that match words and filters",
    tags=["catalogue"],
    responses={422: problem_answer("The fee filter lacks the investment, or is no such step.")},
    **allow(Role.PUBLIC),
)
async def search_catalogue(
    request: Asking,
    q: _Text = "",
    field: _Text = "",
    approval: _Text = "",
    qualification: FromQuery[Literal["", "certificate", "none", "not-stated"]] = "",
    kind: FromQuery[Literal["", "mandatory", "non-mandatory", "government-commissioned"]] = "",
    package: _Text = "",
    active: FromQuery[bool | None] = None,
    days: FromQuery[int | None] = None,
    fee_wan: FromQuery[int | None] = None,
    investment_wan: FromQuery[Decimal | None] = None,
    limit: Limit = USUAL,
    cursor: Cursor = "",
) -> Response[Search]:
    """Words in Chinese, pinyin, initials or English, an item's number, a document's number.

    `days` keeps items of at most so many working days, `fee_wan` those whose fee range for a
    project of `investment_wan` begins at no more, in 万元.
    """
    _step("days", days, DAYS)
    _step("fee_wan", fee_wan, FEES_WAN)
    label = Bilingual(zh="项目总投资", en="Total investment")
    if investment_wan is not None:
        checked_figure("investment_wan", investment_wan, label)
    elif fee_wan is not None:
        raise Refused(
            "missing-fact",
            "{field} is needed: {label}.",
            field="investment_wan",
            label=label,
        )
    wanted = Wanted(
        text=q,
        field=field,
        approval=approval,
        qualification=qualification,
        kind=kind,
        package=package,
        state="" if active is None else "active" if active else "withdrawn",
        days="" if days is None else str(days),
        fee="" if fee_wan is None else str(fee_wan),
    )
    found = await search(wanted, investment_wan, local_date(now()))
    paged = await constant_page(request, limit, cursor, found.hits)
    answer = Search(
        items=paged.content.items,
        next=paged.content.next,
        total=len(found.hits),
        counts=found.counts,
        without=found.without,
        packages=found.packages,
        standards=found.standards,
        suggestions=found.suggestions,
    )
    return Response(answer, headers=paged.headers)


def _step(name: str, value: int | None, steps: tuple[int, ...]) -> None:
    if value is not None and value not in steps:
        raise Refused(
            "no-such-step",
            "{field} is one of {steps}.",
            field=name,
            steps=", ".join(map(str, steps)),
        )


ROUTES = [search_catalogue]
