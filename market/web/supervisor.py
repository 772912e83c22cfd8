"""The supervising department's desk: what it is asked, what it supervises, what it has reported."""

from litestar import Response

from market.accounts.identity import Asking
from market.agencies.directory_queries import AgencyFilter, agencies
from market.agencies.queries import AgencyRow, agency_names
from market.catalogue.queries import packages
from market.engagements.queries import engagements
from market.web.render import page
from ratings.evaluations.queries import awaiting
from ratings.integrity.notice_queries import new_notices
from ratings.ledger.actors import Actor
from ratings.sanctions.queries import reported_case_files

_SHOWN = 10
_AGENCIES = 100


async def desk(request: Asking, who: Actor) -> Response[str]:
    supervised = [one for one in await packages() if one.supervisor == who.organisation]
    found: dict[str, AgencyRow] = {}
    for package in supervised:
        wanted = AgencyFilter(package=package.code)
        found |= {one.uscc: one for one in await agencies(wanted, limit=_AGENCIES)}
    reported = await reported_case_files(who)
    return page(
        request,
        "supervisor/desk.html",
        reported=reported,
        names=await agency_names(one.uscc for one in reported),
        packages=supervised,
        dockets=await awaiting(who),
        notices=await new_notices(who),
        engagements=await engagements(who, limit=_SHOWN),
        agencies=sorted(
            found.values(), key=lambda one: (-(one.stars or 0), -float(one.score or 0), one.uscc)
        ),
    )
