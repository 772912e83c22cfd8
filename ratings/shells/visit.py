"""What a site visit looks at: a checklist that is data, and what makes a report of it whole."""

import tomllib
from datetime import date, datetime
from functools import cache
from importlib import resources

import msgspec

from ratings.ledger.clock import local_date
from ratings.ledger.errors import Fault, Refused

ANSWERS = ("yes", "no", "unseen")
"""Unseen is an answer too: what could not be looked at speaks neither for nor against."""


class Question(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of the checklist, as both languages ask it."""

    code: str
    zh: str
    en: str


@cache
def checklist() -> tuple[Question, ...]:
    """The questions in their order; a proposal of this project."""
    document = (resources.files(__package__) / "visit_checklist.toml").read_text("utf-8")
    return msgspec.convert(tomllib.loads(document)["questions"], tuple[Question, ...])


def check_visit(
    answers: dict[str, str],
    on: date,
    place: tuple[float | None, float | None],
    opened_at: datetime,
    at: datetime,
) -> None:
    """Refused with every fault: a question without an answer, a day before the case or after today,
    half a position (latitude and longitude in degrees, or neither)."""
    faults = [
        Fault(f"/{one.code}", "missing", "Please choose.")
        for one in checklist()
        if answers.get(one.code) not in ANSWERS
    ]
    if not local_date(opened_at) <= on <= local_date(at):
        faults.append(
            Fault("/on", "visit-day", "The visit lies between the opening of the case and today.")
        )
    latitude, longitude = place
    whole = (latitude is None) == (longitude is None)
    if not whole or not (-90 <= (latitude or 0) <= 90 and -180 <= (longitude or 0) <= 180):
        faults.append(
            Fault("/latitude", "visit-position", "Give both latitude and longitude in degrees.")
        )
    if faults or set(answers) - {one.code for one in checklist()}:
        raise Refused(
            "visit-incomplete", "Please look at the marked fields again.", faults=tuple(faults)
        )
