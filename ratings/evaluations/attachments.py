"""Files beside an answer: added and taken back while it may be given or changed."""

import uuid
from typing import Protocol

from ratings.evaluations.actions import party_of
from ratings.evaluations.attachment_queries import attachments_held, docket_of_attachment
from ratings.evaluations.indicators import Party
from ratings.evaluations.queries import DocketRow, asked_party, docket_for_update
from ratings.evaluations.relation_queries import has_stepped_back
from ratings.evaluations.rules import MOST_ATTACHMENTS, parties_asked
from ratings.evaluations.tables import AnswerAttachment
from ratings.ledger.actions import record
from ratings.ledger.actors import Actor
from ratings.ledger.database import execute, tx
from ratings.ledger.errors import Conflict, NotFound


class StoredFile(Protocol):
    """A file that lies in the object store already."""

    @property
    def storage_key(self) -> str: ...
    @property
    def filename(self) -> str: ...
    @property
    def content_type(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...


async def attach(actor: Actor, docket: str, stored: StoredFile) -> str:
    """Put a file beside one's own answer, before it or while it may be changed.

    The caller discards the file on an error. The ledger says that there is one, not what it is.
    """
    async with tx():
        row = await docket_for_update(docket)
        party = party_of(actor, row)
        _check_open(actor, row, party)
        if await has_stepped_back(row.id, actor.person):
            raise Conflict(
                "stepped-back",
                "You have stepped back from this evaluation; another person of your organisation"
                " answers.",
            )
        if await attachments_held(row.id, party) >= MOST_ATTACHMENTS:
            raise Conflict(
                "attachments-full",
                "An answer holds at most {most} files. Put several into one ZIP.",
                most=MOST_ATTACHMENTS,
            )
        identifier = str(uuid.uuid4())
        await AnswerAttachment.insert(
            AnswerAttachment(
                id=identifier,
                docket=row.id,
                party=party.value,
                person=actor.person or "",
                filename=stored.filename,
                content_type=stored.content_type,
                size=stored.size,
                sha256=stored.sha256,
                storage_key=stored.storage_key,
                uploaded_at=actor.at,
            )
        )
        await record(actor, "docket.attached", "docket", row.id, {"party": party.value})
    return identifier


async def withdraw_attachment(actor: Actor, attachment: str) -> str:
    """Take a file of one's own party back; afterwards it counts as never handed in.

    Returns the docket's id.
    """
    unknown = NotFound("not-found", "There is nothing with the id {id}.", id=attachment)
    found = await docket_of_attachment(attachment)
    if found is None:
        raise unknown
    async with tx():
        row = await docket_for_update(found.docket)
        if asked_party(actor, row) != found.party:
            raise unknown
        _check_open(actor, row, found.party)
        changed = await execute(
            "UPDATE answer_attachment SET withdrawn_at = $2"
            " WHERE id = $1::uuid AND withdrawn_at IS NULL",
            attachment,
            actor.at,
        )
        if changed != "UPDATE 1":
            raise unknown
        await record(
            actor, "docket.attachment_withdrawn", "docket", row.id, {"party": found.party.value}
        )
    return row.id


def may_attach(actor: Actor, row: DocketRow, party: Party) -> bool:
    """Before the party's answer until its time is over, after it while it may be changed."""
    ends = row.revisable_until.get(party) if party in row.answered else row.due[party]
    return (
        party in parties_asked(row.owner, row.supervisor)
        and row.unsealed_at is None
        and ends is not None
        and actor.at < ends
    )


def _check_open(actor: Actor, row: DocketRow, party: Party) -> None:
    if not may_attach(actor, row, party):
        raise Conflict(
            "attachments-closed",
            "Files can be added or taken back only while this party may answer or change its"
            " answer.",
        )
