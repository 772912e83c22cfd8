"""Telling an organisation what was seen in its answers: no accusation, and it may remark on it."""

import uuid

from ratings.evaluations.switch_actions import check_decider
from ratings.integrity.actions import DISMISSED, OPEN, take_up_flag
from ratings.integrity.flags import FlagKind
from ratings.integrity.queries import flag_of
from ratings.integrity.tables import RaterNotice
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, fetch, fetchrow, fetchval, row_id, tx
from ratings.ledger.errors import Conflict, Forbidden, NotFound, Refused

_LONGEST = 1000


async def tell_rater(actor: Actor, flag: str, reason: str) -> str:
    """Tell the organisation of a careless flag what was seen, once; returns the notice's id.

    By a person of the centre; it moves no score. An open flag is taken up by it. The reason is for
    officials: the organisation reads what was seen, and nobody's opinion of it.
    """
    check_decider(actor, reason)
    async with tx():
        await fetch("SELECT 1 FROM integrity_flag WHERE id = $1 FOR UPDATE", row_id(flag))
        row = await flag_of(flag)
        if row.kind is not FlagKind.CARELESS:
            raise Refused("notice-needless", "Only a rater whose answers are all alike is told so.")
        if row.state == DISMISSED:
            raise Conflict("flag-decided", "This flag has been decided already.")
        if await fetchval("SELECT true FROM rater_notice WHERE flag = $1", row_id(flag)):
            raise Conflict("rater-told", "The rater has been told already.")
        identifier = str(uuid.uuid4())
        await RaterNotice.insert(
            RaterNotice(
                id=identifier,
                flag=row.id,
                organisation=row.subject,
                told_at=actor.at,
                told_by=actor.person,
                reason=reason.strip(),
            )
        )
        if row.state == OPEN:
            await take_up_flag(actor, flag, reason)
        facts = {"notice": identifier, **row.figures}
        await record(actor, "integrity_flag.rater_told", "integrity_flag", row.id, facts)
    return identifier


async def remark_on_notice(actor: Actor, notice: str, text: str) -> None:
    """What the organisation that was told has to say, once; by any person who acts for it."""
    if actor.person is None:
        raise Forbidden("person-needed", "Only a person can remark on it.")
    if not text.strip():
        raise Refused("remark-missing", "Write what you would like to say.")
    if len(text) > _LONGEST:
        raise Refused("remark-long", "A remark has at most 1,000 characters.")
    async with tx():
        row = await fetchrow(
            "SELECT id, flag::text, remark FROM rater_notice"
            " WHERE id = $1 AND organisation = $2 FOR UPDATE",
            row_id(notice),
            actor.organisation,
        )
        if row is None:
            raise NotFound("notice-unknown", "There is no notice {id}.", id=notice)
        if row["remark"] is not None:
            raise Conflict("remark-made", "Your organisation has made its remark already.")
        await execute(
            "UPDATE rater_notice SET remark = $2, remarked_at = $3, remarked_by = $4 WHERE id = $1",
            row["id"],
            text.strip(),
            actor.at,
            actor.person,
        )
        # The words stay out of the ledger: they may be about somebody.
        facts = {"notice": str(row["id"])}
        await record(actor, "integrity_flag.rater_replied", "integrity_flag", row["flag"], facts)
