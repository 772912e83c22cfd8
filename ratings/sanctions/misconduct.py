"""Acts that count against an agency, how they add up, and for how long.

The three classes and “three records are a warning, two warnings the black list” are those of an
unofficial copy of one county's trial rules for intermediaries, in which characters are missing;
the wording here is ours. That each record and each warning counts once, and counts for twelve
months from its decision, are proposals of this project: the copy names no period.
"""

from collections.abc import Iterable
from datetime import date, datetime
from enum import StrEnum

import msgspec

from ratings.ledger.clock import add_months, local_date
from ratings.ledger.errors import Bilingual, Conflict, NotFound, Refused
from ratings.sanctions.rules import Kind, Severity

RECORDS = 3
"""So many records are followed by the question of a warning."""

WARNINGS = 2
"""So many warnings are followed by the question of one star."""

MONTHS = 12


class Grade(StrEnum):
    """What an act leads to when it is found to be true."""

    RECORD = "record"
    WARNING = "warning"
    SERIOUS = "serious-act"


class Act(msgspec.Struct, frozen=True):
    code: str
    grade: Grade
    name_zh: str
    name_en: str


ACTS = (
    Act(
        "contract-incomplete",
        Grade.RECORD,
        "合同未载明资质、期限或者收费",
        "The contract lacks the qualification, the time or the fee",
    ),
    Act(
        "returned-twice",
        Grade.RECORD,
        "成果因质量问题被退回两次及以上",
        "A deliverable was returned twice or more for its quality",
    ),
    Act("minor-complaint", Grade.RECORD, "轻微投诉经查实", "A minor complaint was verified"),
    Act(
        "beyond-scope",
        Grade.WARNING,
        "超出核准范围从业",
        "Work beyond the approved scope",
    ),
    Act(
        "unlicensed-staff",
        Grade.WARNING,
        "使用无执业资格的人员，或者人员同时在两家机构从业",
        "Unlicensed staff, or staff of two agencies at once",
    ),
    Act("late", Grade.WARNING, "因自身原因逾期", "Late through its own fault"),
    Act("fee-breach", Grade.WARNING, "违反收费规定", "Breach of the rules on fees"),
    Act("no-qualification", Grade.SERIOUS, "无资质从业", "Work without a qualification"),
    Act(
        "breaks-standards",
        Grade.SERIOUS,
        "报告严重违反强制性标准",
        "A report gravely breaks mandatory standards",
    ),
    Act("penalised", Grade.SERIOUS, "受到处罚", "Penalised"),
    Act("leaks-secrets", Grade.SERIOUS, "泄露委托人秘密", "Leaks secrets of its client"),
    Act(
        "false-report",
        Grade.SERIOUS,
        "提供虚假数据或者出具虚假报告",
        "Fake data or a false report",
    ),
    Act("bribery", Grade.SERIOUS, "商业贿赂", "Commercial bribery"),
    Act("major-accident", Grade.SERIOUS, "造成重大事故", "A major accident"),
)
_BY_CODE = {one.code: one for one in ACTS}


def act_of(code: str) -> Act:
    """NotFound for what is not on the list."""
    if code not in _BY_CODE:
        raise NotFound("act-unknown", "The list has no act {code}.", code=code)
    return _BY_CODE[code]


def kind_of(act: Act) -> Kind:
    return Kind(act.grade.value)


class Mark(msgspec.Struct, frozen=True):
    """A record or a warning: the id and the number of its case. `final_at` is null while it can
    still be objected to, `counted` says that it has been counted already."""

    case: str
    number: str
    kind: Kind
    decided_at: datetime
    final_at: datetime | None
    counted: bool = False


def counts_until(decided_at: datetime) -> date:
    """The first day on which a record or a warning counts no more."""
    return add_months(local_date(decided_at), MONTHS)


def escalations(marks: Iterable[Mark], on: date) -> list[tuple[Kind, list[Mark]]]:
    """The cases that follow on a day, each with what it counts, the oldest first.

    Only what is final, has not lapsed and was never counted counts, and it counts once.
    """
    counting = sorted(
        (
            one
            for one in marks
            if one.final_at is not None and not one.counted and on < counts_until(one.decided_at)
        ),
        key=lambda one: (one.decided_at, one.number),
    )
    found = []
    for kind, many, next_kind in (
        (Kind.RECORD, RECORDS, Kind.WARNING),
        (Kind.WARNING, WARNINGS, Kind.ESCALATION),
    ):
        own = [one for one in counting if one.kind is kind]
        whole = len(own) - len(own) % many
        found += [(next_kind, own[place : place + many]) for place in range(0, whole, many)]
    return found


def reasons_of(kind: Kind, counted: list[Mark]) -> list[Bilingual]:
    """The sentences with which such a case is opened."""
    numbers = [f"{one.number}（{local_date(one.decided_at)}）" for one in counted]
    english = [f"{one.number} ({local_date(one.decided_at)})" for one in counted]
    if kind is Kind.WARNING:
        return [
            Bilingual(
                zh=f"{MONTHS}个月内有{len(counted)}次不良行为记录生效：{'、'.join(numbers)}。",
                en=f"{len(counted)} records within {MONTHS} months: {', '.join(english)}.",
            )
        ]
    return [
        Bilingual(
            zh=f"{MONTHS}个月内有{len(counted)}次警告生效：{'、'.join(numbers)}。",
            en=f"{len(counted)} warnings within {MONTHS} months: {', '.join(english)}.",
        )
    ]


def check_still_counted(kind: Kind, standing: int, counted: int) -> None:
    """Conflict where something that a case has counted was repaired or annulled since."""
    if kind in (Kind.WARNING, Kind.ESCALATION) and standing < counted:
        raise Conflict(
            "counted-no-more",
            "Of the {counted} decisions this case counts only {standing} still stand; dismiss it.",
            counted=counted,
            standing=standing,
        )


def check_serious(kind: Kind, severity: Severity, *, has_evidence: bool) -> None:
    """A serious act is followed by a serious delisting, and rests on evidence in the case."""
    if kind is not Kind.SERIOUS_ACT:
        return
    if severity is not Severity.SERIOUS:
        raise Refused(
            "serious-only", "A serious act is followed by a serious delisting, of twelve months up."
        )
    if not has_evidence:
        raise Conflict(
            "act-unproven",
            "No file that shows the act has been put into the case; put it in first.",
        )
