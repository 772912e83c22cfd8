"""Who has stepped back from an evaluation."""

from ratings.evaluations.indicators import Party
from ratings.ledger.database import fetchval, row_id


async def has_stepped_back(docket_id: str, person: str | None) -> bool:
    return bool(
        await fetchval(
            "SELECT true FROM rater_relation WHERE docket = $1 AND person = $2 LIMIT 1",
            row_id(docket_id),
            person,
        )
    )


async def stepped_back(docket_id: str, party: Party) -> int:
    """How many persons of a party have stepped back."""
    count: int = await fetchval(
        "SELECT count(*) FROM rater_relation WHERE docket = $1 AND party = $2",
        row_id(docket_id),
        party.value,
    )
    return count
