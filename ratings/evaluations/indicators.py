"""The ten indicators of an evaluation, who is asked which, and the score one party arrives at.

The weights are whole points of 100 per party, from the county's indicator table; the published
part of it (quality, timeliness, fee and the shares 50/30/20) is the five-star rule of Yuyao.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

import msgspec

from ratings.ledger.errors import Fault, Refused


class Party(StrEnum):
    """Who answers about one engagement."""

    SUPERVISOR = "supervisor"
    OWNER = "owner"
    CENTRE = "centre"


class Indicator(msgspec.Struct, frozen=True):
    code: str
    name_zh: str
    name_en: str


INDICATORS = (
    Indicator("quality", "服务质量", "Quality of the deliverable"),
    Indicator("timeliness", "服务时限", "Timeliness"),
    Indicator("fee", "服务收费", "Fee"),
    Indicator("responsiveness", "服务态度", "Responsiveness"),
    Indicator("procedure", "服务规范", "Procedure"),
    Indicator("first-pass", "一次通过率", "Passing review the first time"),
    Indicator("staff", "人员履职", "Staff named are the staff at work, licences valid"),
    Indicator("contract", "合同履约与备案", "Contract kept and filed"),
    Indicator("integrity", "廉洁诚信", "Integrity and complaints"),
    Indicator("reporting", "信息报送与持续合规", "Reporting and continued compliance"),
)
CODES = tuple(indicator.code for indicator in INDICATORS)
OVERALL = "overall"
"""Stands for the whole answer of a party where no single indicators were recorded."""

WEIGHTS: Mapping[Party, Mapping[str, int]] = MappingProxyType(
    {
        Party.SUPERVISOR: MappingProxyType(
            {
                "quality": 25,
                "timeliness": 10,
                "procedure": 15,
                "first-pass": 20,
                "staff": 15,
                "integrity": 15,
            }
        ),
        Party.OWNER: MappingProxyType(
            {
                "quality": 20,
                "timeliness": 15,
                "fee": 15,
                "responsiveness": 10,
                "procedure": 10,
                "staff": 10,
                "contract": 10,
                "integrity": 10,
            }
        ),
        Party.CENTRE: MappingProxyType(
            {
                "timeliness": 20,
                "fee": 15,
                "procedure": 15,
                "first-pass": 10,
                "staff": 10,
                "contract": 15,
                "reporting": 15,
            }
        ),
    }
)
"""What each party is asked, and what it weighs when a policy does not say otherwise."""

LEAST_SHARE = Decimal("0.70")
LOWEST = Decimal(0)
HIGHEST = Decimal(100)


class PartyScore(msgspec.Struct, frozen=True):
    """The weighted mean of what one party scored: exact, because nothing is rounded on the way."""

    score: Fraction
    weight_scored: int
    weight_whole: int


def party_score(
    party: Party,
    scores: Mapping[str, Decimal],
    weights: Mapping[Party, Mapping[str, int]] = WEIGHTS,
    least_share: Decimal = LEAST_SHARE,
) -> PartyScore | None:
    """`Σ v·q / Σ v` over the indicators scored, in 0–100.

    None when less than `least_share` of the party's weight was scored: such an answer counts
    as missing, never as zero. An `overall` score stands for the whole weight.
    """
    own = weights[party]
    whole = sum(own.values())
    if OVERALL in scores:
        return PartyScore(Fraction(scores[OVERALL]), whole, whole)
    scored = sum(weight for code, weight in own.items() if code in scores)
    if scored == 0 or scored < Fraction(least_share) * whole:
        return None
    # Decimal multiplies and adds two-place scores exactly, and faster than Fraction; only the
    # division leaves the decimals.
    total = sum((scores[code] * weight for code, weight in own.items() if code in scores), LOWEST)
    return PartyScore(Fraction(total) / scored, scored, whole)


def check_score(score: Decimal) -> tuple[str, str] | None:
    """Code and msgid of what is wrong with one score, or None."""
    if not score.is_finite():
        return "score-number", "A score is a number."
    if not LOWEST <= score <= HIGHEST:
        return "score-range", "A score is between 0 and 100."
    if score != round(score, 2):
        return "score-decimals", "A score has at most two decimals."
    return None


def check_answer(party: Party, scores: Mapping[str, Decimal]) -> None:
    """Refuse an answer as a whole, with one fault for each indicator that is wrong."""
    faults = []
    for code, score in scores.items():
        if code not in CODES:
            wrong: tuple[str, str] | None = ("indicator-unknown", "There is no such indicator.")
        elif code not in WEIGHTS[party]:
            wrong = ("indicator-not-asked", "This party is not asked about this indicator.")
        else:
            wrong = check_score(score)
        if wrong is not None:
            faults.append(Fault("/scores/" + code, *wrong))
    if not scores:
        faults.append(Fault("/scores", "answer-empty", "Score at least one indicator."))
    if faults:
        raise Refused(
            "answer-invalid",
            "The evaluation was not taken: {count} of its scores cannot stand.",
            faults=tuple(faults),
            count=len(faults),
        )
