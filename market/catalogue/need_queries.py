"""What a project needs by the catalogue as it stands in the database."""

from datetime import date

from market.catalogue import queries
from market.catalogue.finding_queries import county_ranges
from market.catalogue.independence import review_rules
from market.catalogue.need_file import load_need_rules
from market.catalogue.need_questions import ProjectAnswers
from market.catalogue.needs import Catalogue, Needs, needs
from market.catalogue.standard_versions import standards_on


async def needs_of(answers: ProjectAnswers, on: date) -> Needs:
    """Raises Refused for a figure that no project could have."""
    return needs(
        answers,
        Catalogue(
            items={one.code: one for one in await queries.items()},
            packages=[one.record for one in await queries.packages()],
            rules=load_need_rules(),
            reviews=review_rules(),
            standards=await standards_on(on),
            county_ranges=await county_ranges(on),
            as_of=on,
        ),
    )
