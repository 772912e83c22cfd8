"""That no organisation is left without an administrator, and what goes with a right."""

from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetch, fetchval
from ratings.ledger.errors import Bilingual, Conflict, Forbidden


async def hold(*organisations: str) -> None:
    """Let nobody else change who belongs to these until the transaction ends.

    In one order, so that two who hold several never wait for each other.
    """
    await execute(
        "SELECT FROM organisation WHERE id = ANY($1::uuid[]) ORDER BY id FOR NO KEY UPDATE",
        list(organisations),
    )


async def check_another_administrator(organisation: str, person: str) -> None:
    """Conflict when the person is the only one left who administers it. Call `hold` before."""
    rows = await fetch(
        "SELECT m.person::text, o.name, o.name_en FROM membership m"
        " JOIN person p ON p.id = m.person JOIN organisation o ON o.id = m.organisation"
        " WHERE m.organisation = $1 AND m.administrator"
        " AND m.deactivated_at IS NULL AND p.deactivated_at IS NULL",
        organisation,
    )
    if [row["person"] for row in rows] == [person]:
        name, name_en = rows[0]["name"], rows[0]["name_en"]
        raise Conflict(
            "last-administrator",
            "{organisation} would be left without an administrator. Make somebody else an"
            " administrator first.",
            organisation=Bilingual(zh=name, en=name_en or name),
        )


async def take_hat(actor: Actor, person: str, organisation: str) -> None:
    """What somebody holds of an organisation ends at once: sessions, and what goes with a right."""
    await execute(
        "DELETE FROM session WHERE person = $1 AND organisation = $2", person, organisation
    )
    await take_right(actor, person, organisation)


async def take_right(actor: Actor, person: str, organisation: str) -> None:
    """Whoever administers no more: the links and the API keys that they made open nothing.

    For good: a key that came back to life with its maker would be one that nobody still watches.
    """
    await execute(
        "DELETE FROM invitation WHERE made_by = $1 AND made_for = $2", person, organisation
    )
    rows = await fetch(
        "UPDATE api_key SET revoked_at = $3 WHERE person = $1 AND organisation = $2"
        " AND revoked_at IS NULL AND expires_at > $3 RETURNING id, scopes, expires_at",
        person,
        organisation,
        actor.at,
    )
    for row in rows:
        facts = {"scopes": row["scopes"], "expires_at": row["expires_at"].isoformat()}
        await record(actor, "api_key.revoked", "api_key", row["id"], facts)


async def check_own_account(person: str) -> None:
    """Forbidden for an invented account: all visitors of the demonstration share it."""
    if await fetchval("SELECT demonstration FROM person WHERE id = $1", person):
        raise Forbidden(
            "demonstration-account-stays",
            "All visitors of the demonstration share this account, so it stays as it is.",
        )
