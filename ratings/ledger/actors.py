"""Who acts, in which role, and when."""

from datetime import datetime
from enum import StrEnum

import msgspec

from ratings.ledger.errors import Forbidden


class Role(StrEnum):
    """The hats: one person may own several, but wears one at a time."""

    PUBLIC = "public"
    ENTERPRISE = "enterprise"
    AGENCY = "agency"
    SUPERVISOR = "supervisor"
    CENTRE = "centre"
    AUDITOR = "auditor"
    SYSTEM = "system"


class Actor(msgspec.Struct, frozen=True):
    """The author of an act; `at` is the time of the act, so that rules never read a clock.

    `person` and `organisation` are ids of rows that can be erased; names never travel here.
    `uscc` is set for those who act for an agency, `key` (its public id) where a program acts with
    an API key of the organisation, in the name of the person who made it.
    """

    role: Role
    at: datetime
    person: str | None = None
    organisation: str | None = None
    uscc: str | None = None
    key: str | None = None


def system(at: datetime) -> Actor:
    """The timetable and the consequences that follow from somebody else's act."""
    return Actor(role=Role.SYSTEM, at=at)


def second_person(actor: Actor, first: str) -> None:
    """Forbidden unless the actor is another person than `first`, who proposed what is decided."""
    if actor.person is None or actor.person == first:
        raise Forbidden(
            "second-person-needed",
            "Somebody else has to decide: nobody decides what they proposed themselves.",
        )
