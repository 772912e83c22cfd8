"""The page of a shell case: what its forms take and what they refuse."""

from ratings.ledger.actors import system
from ratings.ledger.clock import now
from ratings.ledger.errors import Bilingual
from ratings.sanctions.actions import open_case
from ratings.sanctions.rules import Kind
from ratings.shells.case_queries import shell_case
from tests.county import County


async def test_a_case_is_given_to_people_of_the_centre_and_nobody_else(county: County) -> None:
    agency = await county.agency()
    reason = [Bilingual(zh="理由", en="reason")]
    case = await open_case(system(now()), str(agency.uscc), Kind.SHELL, reason)
    assert case is not None
    page, centre = f"/console/shell-cases/{case}", county.centre
    for owner in ("", "nobody", "x' OR 1", county.enterprise.person, agency.person):
        refused = await centre.browser.post(page, data={"step": "assign", "owner": owner})
        assert refused.status_code == 422, owner
        assert 'id="owner-error"' in refused.text
    assert (await shell_case(case, now())).owner == ""
    given = await centre.browser.post(page, data={"step": "assign", "owner": centre.person})
    assert given.status_code == 303
    assert (await shell_case(case, now())).owner == centre.person
