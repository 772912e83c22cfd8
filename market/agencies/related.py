"""Which agencies are related by what the marketplace knows of them."""

import msgspec

from market.agencies.bonds import Stated, bond
from ratings.ledger.database import fetch
from ratings.ledger.errors import Bilingual


class Related(msgspec.Struct, frozen=True):
    """A related agency and what shows it."""

    uscc: str
    bond: Bilingual


async def related_to(uscc: str) -> list[Related]:
    """The admitted or delisted agencies that are related to one, by what is stated today."""
    rows = await fetch(
        "SELECT a.uscc, a.contact_name, a.contact_phone, a.address, EXISTS ("
        "  SELECT 1 FROM membership m JOIN membership n ON n.person = m.person"
        "  WHERE m.organisation = a.organisation AND n.organisation = o.organisation"
        "  AND m.deactivated_at IS NULL AND n.deactivated_at IS NULL),"
        " o.contact_name, o.contact_phone, o.address"
        " FROM agency o JOIN agency a ON a.uscc <> o.uscc AND a.state = 'admitted'"
        " WHERE o.uscc = $1 ORDER BY a.uscc",
        uscc,
    )
    found = [
        (row[0], bond(Stated(*row[1:4]), Stated(*row[5:8]), same_person=row[4])) for row in rows
    ]
    return [Related(other, shown) for other, shown in found if shown is not None]
