"""API keys as they look, and who asks with one."""

import secrets
from datetime import datetime, timedelta

from market.accounts.queries import SignedIn, token_hash
from ratings.ledger.actors import Role
from ratings.ledger.database import fetchrow

PREFIX = "sy_"
"""`sy_` + the id that everybody may see + `_` + 256 random bits in hexadecimal: a search for
`sy_[a-z2-9]{10}_[0-9a-f]{64}` finds a key that lies about where it should not."""

_ID_CHARACTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_ID_LENGTH = 10
# A key's row is written at most this often, however many requests come with it.
_TOUCH_EVERY = timedelta(minutes=1)


class KeyHolder(SignedIn, frozen=True):
    """A program that acts for its organisation in the name of the person who made its key.

    `token` is empty: what proves the key is not kept. It has no session, and whoever made it had
    shown their second factor.
    """

    key: str
    scopes: frozenset[str]


def new_key() -> tuple[str, str]:
    """Its id and the whole of it, which is shown once."""
    identifier = "".join(secrets.choice(_ID_CHARACTERS) for _ in range(_ID_LENGTH))
    return identifier, f"{PREFIX}{identifier}_{secrets.token_hex(32)}"


async def key_holder(key: str, at: datetime, *, demonstration: bool) -> KeyHolder | None:
    """Who holds the key, or None when it is unknown, revoked or over: one round trip.

    It lives only as long as its maker administers the organisation, and that of a demonstration
    account only while the demonstration mode is on.
    """
    row = await fetchrow(
        "WITH live AS ("
        " SELECT k.id, k.scopes, k.used_at, p.id AS person, p.name, o.id AS organisation,"
        " o.name AS organisation_name, o.name_en, o.kind, o.uscc, p.demonstration"
        " FROM api_key k JOIN person p ON p.id = k.person"
        " JOIN organisation o ON o.id = k.organisation"
        " JOIN membership m ON m.person = k.person AND m.organisation = k.organisation"
        " AND m.administrator"
        " WHERE k.key_hash = $1 AND k.revoked_at IS NULL AND k.expires_at > $2"
        " AND m.deactivated_at IS NULL AND p.deactivated_at IS NULL"
        " AND ($3 OR NOT (p.demonstration OR o.demonstration))"
        "), touched AS ("
        " UPDATE api_key SET used_at = $2 FROM live"
        " WHERE api_key.id = live.id AND (live.used_at IS NULL OR live.used_at < $4)"
        ") SELECT id, scopes, person::text, name, organisation::text, organisation_name, name_en,"
        " kind, uscc, demonstration FROM live",
        token_hash(key),
        at,
        demonstration,
        at - _TOUCH_EVERY,
    )
    if row is None:
        return None
    return KeyHolder(
        token="",
        person=row["person"],
        person_name=row["name"],
        organisation=row["organisation"],
        organisation_name=row["organisation_name"],
        organisation_name_en=row["name_en"],
        role=Role(row["kind"]),
        uscc=row["uscc"],
        demonstration=row["demonstration"],
        administrator=True,
        session="",
        second_factor=True,
        key=row["id"],
        scopes=frozenset(row["scopes"]),
    )
