"""Files that an agency puts into a case about it, and an authority as evidence."""

import uuid
from collections.abc import Sequence
from datetime import datetime

import msgspec

from ratings.ledger.actions import record
from ratings.ledger.actors import Actor, Role
from ratings.ledger.database import fetch, fetchrow, fetchval, row_id, tx
from ratings.ledger.errors import Conflict, NotFound
from ratings.sanctions.holding import locked
from ratings.sanctions.queries import visible_case_file
from ratings.sanctions.rules import PENDING, UNDECIDED
from ratings.sanctions.tables import CaseDocument

MOST_FILES = 20
_OFFICIALS = (Role.CENTRE, Role.SUPERVISOR)


class Document(msgspec.Struct, frozen=True):
    """A file that lies in the store: `size` in bytes, `sha256` in hexadecimal."""

    filename: str
    content_type: str
    size: int
    sha256: str
    storage_key: str


class DocumentRow(msgspec.Struct, frozen=True):
    id: str
    filename: str
    content_type: str
    size: int
    sha256: str
    uploaded_at: datetime
    official: bool


async def own_case(actor: Actor, case: str) -> None:
    """NotFound unless the case is the agency's own, or the actor is of the centre or has opened it;
    Conflict once no file is read any more, for an official once it is decided."""
    found = await visible_case_file(actor, case)
    official, own = actor.role in _OFFICIALS, found.uscc == actor.uscc
    if actor.role is Role.SUPERVISOR:
        opener = await fetchval("SELECT opened_by FROM case_file WHERE id = $1", row_id(found.id))
        own = opener is not None and opener == actor.person
    if not own and actor.role is not Role.CENTRE:
        raise NotFound("case-unknown", "There is no case {id}.", id=case)
    if found.state not in (UNDECIDED if official else PENDING):
        raise Conflict("case-decided", "This case has been decided already.")


async def add_document(actor: Actor, case: str, document: Document) -> str:
    """Put a file into the agency's own case while it is pending; an official, into one that is not
    decided.

    The caller discards the file on an error.
    """
    async with tx():
        row = await locked(case)
        await own_case(actor, case)
        held = await fetchval("SELECT count(*) FROM case_document WHERE case_file = $1", row["id"])
        if held >= MOST_FILES:
            raise Conflict(
                "documents-full",
                "A case holds at most {most} files. Put several into one ZIP.",
                most=MOST_FILES,
            )
        identifier = await put_in(actor, case, document, official=actor.role in _OFFICIALS)
        await record(
            actor,
            "case.document_added",
            "agency",
            str(row["uscc"]),
            {
                "case": str(row["id"]),
                "document": identifier,
                "sha256": document.sha256,
                "size": document.size,
            },
        )
    return identifier


async def put_in(actor: Actor, case: str, document: Document, *, official: bool) -> str:
    """The row of a file; part of the transaction that holds the case. Returns its id."""
    identifier = str(uuid.uuid4())
    await CaseDocument.insert(
        CaseDocument(
            id=identifier,
            case_file=row_id(case),
            uploaded_at=actor.at,
            official=official,
            **msgspec.structs.asdict(document),
        )
    )
    return identifier


async def documents(actor: Actor, case: str) -> list[DocumentRow]:
    """For those who may see the case."""
    found = await visible_case_file(actor, case)
    rows = await fetch(
        "SELECT id::text, filename, content_type, size, sha256, uploaded_at, official"
        " FROM case_document WHERE case_file = $1 ORDER BY uploaded_at, id",
        row_id(found.id),
    )
    return [DocumentRow(*row) for row in rows]


async def stored_document(actor: Actor, identifier: str) -> Document:
    """Where a file lies, for those who may see its case."""
    row = await fetchrow(
        "SELECT filename, content_type, size, sha256, storage_key, case_file::text"
        " FROM case_document WHERE id = $1",
        row_id(identifier),
    )
    return await document_of_case(actor, row, identifier)


async def document_of_case(actor: Actor, row: Sequence[object] | None, identifier: str) -> Document:
    """A row with the columns of Document and its case's id, for those who may see that case."""
    if row is not None:
        *found, case = row
        try:
            await visible_case_file(actor, str(case))
        except NotFound:
            row = None
    if row is None:
        raise NotFound("document-unknown", "There is no document {id}.", id=identifier)
    return Document(*found)  # type: ignore[arg-type] # columns in the order of the fields
