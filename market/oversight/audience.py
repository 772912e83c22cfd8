"""Who may be told of an entry, decided in this one place: the public acts concern everybody, the
others their parties, and officials are told of both."""

from market.oversight.rules import PARTY_ACTS, PUBLIC_ACTS, Parties
from ratings.ledger.database import fetch
from ratings.ledger.rules import Entry

# $1 is the entry's subject, and where a query names it, $2 the agency in its facts.
_ORGANISATIONS = {
    Parties.AGENCY: "SELECT organisation FROM agency WHERE uscc = $1",
    Parties.ENGAGEMENT: (
        "SELECT unnest(ARRAY[e.owner, e.supervisor, a.organisation])"
        " FROM engagement e JOIN agency a ON a.uscc = e.agency WHERE e.id = $1::uuid"
    ),
    Parties.DOCKET: (
        "SELECT unnest(ARRAY[d.owner::uuid, d.supervisor::uuid, a.organisation])"
        " FROM docket d JOIN agency a ON a.uscc = d.uscc WHERE d.id = $1::uuid"
    ),
    Parties.EVALUATING: (
        "SELECT unnest(ARRAY[owner::uuid, supervisor::uuid]) FROM docket WHERE id = $1::uuid"
    ),
    Parties.RATER: "SELECT organisation::uuid FROM rater_notice WHERE flag = $1::uuid",
    Parties.GROUP_BUY: (
        "SELECT organisation FROM participation WHERE group_buy = $1::uuid"
        " UNION SELECT organisation FROM agency WHERE uscc = $2"
    ),
}


async def told_to(entry: Entry) -> frozenset[str] | None:
    """The organisations that the entry is told beside officials; None: to everybody."""
    if entry.act in PUBLIC_ACTS:
        return None
    parties = PARTY_ACTS.get(entry.act)
    if parties is None:
        return frozenset()
    query = _ORGANISATIONS[parties]
    offering = [entry.fact().get("agency")] if "$2" in query else []
    return frozenset(str(row[0]) for row in await fetch(query, entry.subject, *offering))
