"""What the feeds of the authorities say that may be an outside event: a question, until a person
has the document it rests on."""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from types import MappingProxyType

import msgspec

from ratings.ledger.text import N_
from ratings.stars.feedback import Cap, Severity


class Sign(StrEnum):
    """What a row of a feed says: of the tax, the registration and the court feed."""

    GRADE_A = "grade-a"
    GRADE_D = "grade-d"
    ABNORMAL_TAXPAYER = "abnormal-taxpayer"
    ABNORMAL_OPERATION = "abnormal-operation"
    DISHONEST = "dishonest"
    PENALTY_MINOR = "penalty-minor"
    PENALTY_GENERAL = "penalty-general"
    PENALTY_SERIOUS = "penalty-serious"


SIGNS: Mapping[Sign, tuple[str, Severity, Cap]] = MappingProxyType(
    {
        Sign.GRADE_A: ("tax_filing", Severity.BONUS, Cap.NONE),
        Sign.GRADE_D: ("tax_filing", Severity.NONE, Cap.TWO_STAR),
        Sign.ABNORMAL_TAXPAYER: ("tax_filing", Severity.NONE, Cap.ONE_STAR),
        Sign.ABNORMAL_OPERATION: ("registration", Severity.NONE, Cap.TWO_STAR),
        Sign.DISHONEST: ("judicial", Severity.NONE, Cap.TWO_STAR),
        Sign.PENALTY_MINOR: ("judicial", Severity.MINOR, Cap.NONE),
        Sign.PENALTY_GENERAL: ("judicial", Severity.GENERAL, Cap.NONE),
        Sign.PENALTY_SERIOUS: ("judicial", Severity.SERIOUS, Cap.NONE),
    }
)
"""The feed that says it, and what the rating method makes of it once it is confirmed (§1)."""

SIGN_TEXT = {
    Sign.GRADE_A: N_("Tax credit grade A"),
    Sign.GRADE_D: N_("Tax credit grade D"),
    Sign.ABNORMAL_TAXPAYER: N_("Abnormal taxpayer"),
    Sign.ABNORMAL_OPERATION: N_("List of abnormal operations"),
    Sign.DISHONEST: N_("List of serious dishonesty"),
    Sign.PENALTY_MINOR: N_("Penalty, minor"),
    Sign.PENALTY_GENERAL: N_("Penalty, general"),
    Sign.PENALTY_SERIOUS: N_("Penalty, serious"),
}
_EACH_MONTH = (Sign.PENALTY_MINOR, Sign.PENALTY_GENERAL, Sign.PENALTY_SERIOUS)


class Said(msgspec.Struct, frozen=True, order=True):
    """That a feed says this of an agency for a month (YYYY-MM); `since` where it names the day."""

    uscc: str
    sign: Sign
    month: str
    since: date | None = None


def beginnings(said: list[Said]) -> list[Said]:
    """The first month of each run of months; of penalties and of what names its day, each once.

    A grade or a list is said again every month while it lasts, and is one event. A month without
    a row ends no run that the month after it goes on: feeds have gaps.
    """
    found: dict[tuple[str, Sign, date | str | None], Said] = {}
    last: dict[tuple[str, Sign], int] = {}
    for one in sorted(said, key=lambda one: (one.month, one.uscc, one.sign)):
        if one.sign in _EACH_MONTH:
            found.setdefault((one.uscc, one.sign, one.month), one)
        elif one.since is not None:
            found.setdefault((one.uscc, one.sign, one.since), one)
        else:
            number = int(one.month[:4]) * 12 + int(one.month[5:])
            before = last.get((one.uscc, one.sign))
            if before is None or number - before > LONGEST_GAP + 1:
                found[one.uscc, one.sign, one.month] = one
            last[one.uscc, one.sign] = number
    return sorted(found.values())


LONGEST_GAP = 2
"""Months without a row that end no run. A proposal."""
