"""The hash chain: pure functions over entries, so that anybody can verify an exported ledger."""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import msgspec

GENESIS = "0" * 64


class Entry(msgspec.Struct, frozen=True):
    """One ledger row in the order of its columns. `api_key` is the id of the key with which a
    program has acted."""

    seq: int
    at: datetime
    role: str
    person: str | None
    organisation: str | None
    act: str
    subject_kind: str
    subject: str
    facts: str
    reason: str
    previous_hash: str
    hash: str
    api_key: str | None = None

    def fact(self) -> dict[str, object]:
        decoded: dict[str, object] = msgspec.json.decode(self.facts)
        return decoded


def canonical(facts: Mapping[str, object]) -> str:
    """JSON with sorted keys: the same facts always give the same bytes."""
    return msgspec.json.encode(facts, order="sorted").decode()


def digest(
    previous_hash: str,
    *,
    seq: int,
    at: datetime,
    role: str,
    person: str | None,
    organisation: str | None,
    act: str,
    subject_kind: str,
    subject: str,
    facts: str,
    reason: str,
    api_key: str | None = None,
) -> str:
    """SHA-256 over the previous hash and every column of the entry, in hexadecimal.

    Most acts have no key, and are hashed as if there were no such column.
    """
    columns = [
        previous_hash,
        seq,
        at.astimezone(UTC).isoformat(timespec="microseconds"),
        role,
        person,
        organisation,
        act,
        subject_kind,
        subject,
        facts,
        reason,
        *([api_key] if api_key else ()),
    ]
    return hashlib.sha256(msgspec.json.encode(columns)).hexdigest()


def first_break(entries: Iterable[Entry]) -> tuple[int, str] | None:
    """The sequence number and the kind of the first fault in the chain, or None."""
    previous_hash, previous_seq = GENESIS, 0
    for entry in entries:
        if entry.seq != previous_seq + 1:
            return previous_seq + 1, "missing"
        if entry.previous_hash != previous_hash:
            return entry.seq, "unchained"
        expected = digest(
            previous_hash,
            seq=entry.seq,
            at=entry.at,
            role=entry.role,
            person=entry.person,
            organisation=entry.organisation,
            act=entry.act,
            subject_kind=entry.subject_kind,
            subject=entry.subject,
            facts=entry.facts,
            reason=entry.reason,
            api_key=entry.api_key,
        )
        if entry.hash != expected:
            return entry.seq, "altered"
        previous_hash, previous_seq = entry.hash, entry.seq
    return None
