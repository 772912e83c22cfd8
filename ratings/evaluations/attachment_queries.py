"""Reading the files beside answers: one's own at any time, the others' once all are opened."""

import msgspec

from ratings.evaluations.indicators import Party
from ratings.evaluations.queries import VISIBLE, DocketRow, asked_party, docket
from ratings.evaluations.rules import AttachmentRow
from ratings.evaluations.switch_queries import is_hidden, reads_hidden
from ratings.ledger.actors import Actor
from ratings.ledger.database import fetch, fetchrow, fetchval, row_id
from ratings.ledger.errors import NotFound

_FILE = "filename, content_type, size, sha256, uploaded_at"


class AttachmentPlace(msgspec.Struct, frozen=True):
    """Beside whose answer a file lies that was not taken back."""

    docket: str
    party: Party


async def docket_of_attachment(attachment: str) -> AttachmentPlace | None:
    row = await fetchrow(
        "SELECT docket::text, party FROM answer_attachment WHERE id = $1 AND withdrawn_at IS NULL",
        row_id(attachment),
    )
    return None if row is None else AttachmentPlace(row[0], Party(row[1]))


async def attachments_held(docket_id: str, party: Party) -> int:
    """How many files lie beside a party's answer, whether it is given or still to come."""
    held: int = await fetchval(
        "SELECT count(*) FROM answer_attachment"
        " WHERE docket = $1 AND party = $2 AND withdrawn_at IS NULL",
        row_id(docket_id),
        party.value,
    )
    return held


async def own_attachments(actor: Actor, row: DocketRow) -> tuple[AttachmentRow, ...]:
    """The files of the actor's own party, sealed or not: nobody else's."""
    party = asked_party(actor, row)
    rows = await fetch(
        f"SELECT id::text, {_FILE} FROM answer_attachment"
        " WHERE docket = $1 AND party = $2 AND withdrawn_at IS NULL ORDER BY uploaded_at, id",
        row_id(row.id),
        party.value if party else "",
    )
    return tuple(AttachmentRow(*found) for found in rows)


class AttachmentFile(AttachmentRow, frozen=True):
    """`storage_key` names the file in the store and is nobody's business."""

    storage_key: str = ""


async def attachment_file(actor: Actor, attachment: str) -> AttachmentFile:
    """A file beside an answer, for its own party, and for whom the answer is once it is opened.

    NotFound for everybody else, the other parties included while the answers are sealed.
    """
    row = await fetchrow(
        f"SELECT f.id::text, {_FILE}, storage_key, party, d.id::text FROM answer_attachment f"
        " JOIN docket d ON d.id = f.docket WHERE f.id = $1 AND f.withdrawn_at IS NULL"
        f" AND ({VISIBLE})",
        row_id(attachment),
        actor.role.value,
        actor.organisation,
        actor.uscc,
    )
    if row is not None:
        party, of = Party(row["party"]), await docket(actor, row[-1])
        opened = of.unsealed_at and party in of.answered
        if opened and not reads_hidden(actor) and await is_hidden(of.id, party):
            opened = False
        if party == asked_party(actor, of) or opened:
            return AttachmentFile(*tuple(row)[:-2])
    raise NotFound("not-found", "There is nothing with the id {id}.", id=attachment)
