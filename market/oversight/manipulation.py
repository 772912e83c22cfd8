"""The real record before the detectors: what the marketplace knows, handed to rules that do not.

A flag is a question to a person of the centre. Nothing here changes a score, opens a case or
tells anybody outside the centre.
"""

from market.agencies.bonds import Stated, attributes
from market.engagements.dispute_queries import first_disputes
from ratings.evaluations.indicators import Party
from ratings.integrity.actions import raise_flags
from ratings.integrity.collusion import collusion
from ratings.integrity.flags import Flag
from ratings.integrity.invented import Papers, invented
from ratings.integrity.owners import Given, bombing, careless, retaliation
from ratings.integrity.queries import Record, record_as_of
from ratings.integrity.returned import Firm, returned
from ratings.ledger.actors import Actor
from ratings.ledger.database import fetch


async def look_for_manipulation(actor: Actor) -> int:
    """Run every detector over the record as it is known at the act; returns how many are new."""
    record = await record_as_of(actor.at, await first_disputes(actor.at))
    found: list[Flag] = [
        *collusion(record.marks, await _related()),
        *retaliation(record.marks),
        *bombing(record.marks),
        *careless(_answers(record)),
        *invented(await _papers(record)),
        *await _returned(),
    ]
    return await raise_flags(actor, found)


def _answers(record: Record) -> list[Given]:
    """Of owners and supervisors; the centre is one rater, and most of its marks are computed."""
    raters = {one.engagement: one.raters for one in record.engagements}
    return [
        Given(raters[one.engagement].get(party, ""), one.engagement, one.marks[party])
        for one in record.marks
        for party in (Party.OWNER, Party.SUPERVISOR)
        if party in one.marks
    ]


async def _related() -> set[tuple[str, str]]:
    """Owner and agency for which one person acts: all that the market knows of both."""
    rows = await fetch(
        "SELECT DISTINCT m.organisation::text, a.uscc FROM agency a"
        " JOIN membership n ON n.organisation = a.organisation AND n.deactivated_at IS NULL"
        " JOIN membership m ON m.person = n.person AND m.deactivated_at IS NULL"
        " AND m.organisation <> n.organisation"
    )
    return {(row[0], row[1]) for row in rows}


async def _papers(record: Record) -> list[Papers]:
    """A contract is no thing of its own here: choosing the agency makes it, so none can lack."""
    rows = await fetch(
        "SELECT e.id::text, e.state = 'settled', array_remove(array_agg(d.sha256), NULL)"
        " FROM engagement e LEFT JOIN deliverable d ON d.engagement = e.id"
        " WHERE e.id::text = ANY($1::text[]) GROUP BY e.id",
        [one.engagement for one in record.engagements],
    )
    kept = {row[0]: (row[1], frozenset(row[2])) for row in rows}
    found = []
    for one in record.engagements:
        settled, documents = kept.get(one.engagement, (False, frozenset()))
        found.append(Papers(one.engagement, one.uscc, documents, settled))
    return found


async def _returned() -> list[Flag]:
    """Agencies that ask for admission, beside those that are off the market."""
    rows = await fetch(
        "SELECT a.uscc, a.contact_name, a.contact_phone, a.address, a.state = 'applied',"
        " EXISTS (SELECT FROM off_market o WHERE o.uscc = a.uscc) FROM agency a ORDER BY a.uscc"
    )
    firms = {row[0]: Firm(row[0], attributes(Stated(*row[1:4]))) for row in rows}
    newcomers = [firms[row[0]] for row in rows if row[4]]
    return returned(newcomers, firms.values(), {row[0] for row in rows if row[5]})
