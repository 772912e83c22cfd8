"""When a sanction or an outside event may be repaired, and by whom.

The least times are those of NDRC Order 36 (in force since 2026-04-01): minor as soon as the duty is
done, ordinary after three months, serious after a year. That a cap without a severity may be
repaired as soon as it is cured, and the ten working days to decide, are proposals: no published
rule that could be read names them.
"""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from types import MappingProxyType

from ratings.ledger.clock import add_months, add_working_days, end_of_day, local_date
from ratings.ledger.errors import Forbidden, Refused

LEAST_MONTHS: Mapping[str, int] = MappingProxyType(
    {"none": 0, "minor": 0, "general": 3, "ordinary": 3, "serious": 12}
)
"""By the severity of an outside event or a delisting."""

DECISION_DAYS = 10
"""Working days to decide, after the day of the application. A late decision is still owed."""


def first_day(severity: str, began: date) -> date:
    """The first day on which a repair may be applied for."""
    return add_months(began, LEAST_MONTHS[severity])


def check_day(first: date, today: date) -> None:
    """Refused before the first day, which is named."""
    if today < first:
        raise Refused(
            "repair-early",
            "A repair of this may be applied for from {first} on (NDRC Order 36).",
            first=first,
        )


def decision_due(applied_at: datetime) -> datetime:
    return end_of_day(add_working_days(local_date(applied_at), DECISION_DAYS))


def check_decider(person: str | None, *, barred: Collection[str], has_rated: bool) -> None:
    """Who decides has imposed, reported or decided nothing of what is to be repaired."""
    if person is None:
        raise Forbidden("person-needed", "A person decides a case.")
    if person in barred or has_rated:
        raise Forbidden(
            "repair-own",
            "You have had a part in what is to be repaired, or have evaluated the agency; somebody"
            " else decides.",
        )
