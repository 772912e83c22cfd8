"""What tax and market regulation report about an agency: deductions, a bonus and caps."""

from datetime import date
from enum import StrEnum
from fractions import Fraction

import msgspec

from ratings.ledger.clock import add_months
from ratings.stars.policy import Policy


class Severity(StrEnum):
    """`NONE` deducts nothing: such an event exists for its cap."""

    NONE = "none"
    MINOR = "minor"
    GENERAL = "general"
    SERIOUS = "serious"
    BONUS = "bonus"


class Cap(StrEnum):
    """The most stars an agency may have until the matter is cured."""

    NONE = "none"
    TWO_STAR = "two-star"
    ONE_STAR = "one-star"


CAP_STARS = {Cap.TWO_STAR: 2, Cap.ONE_STAR: 1}


class OutsideEvent(msgspec.Struct, frozen=True):
    """One reported fact with its document number.

    `repaired_on` is the day the agency put it right: the deduction fades from there and the cap
    is over. `withdrawn_on` is the day a repair case was granted or the source took it back:
    from there on it never happened. Both are unknown before their day.
    """

    uscc: str
    on: date
    source: str
    document: str
    severity: Severity
    repaired_on: date | None = None
    cap: Cap = Cap.NONE
    withdrawn_on: date | None = None


class Effect(msgspec.Struct, frozen=True):
    """What one event does to the points on a day: exact, negative for a deduction.

    `share_left` of 1 is what the fade has left of it; `ends_on` is the first day without it, as
    far as is known on that day.
    """

    event: OutsideEvent
    points: Fraction
    share_left: Fraction
    waived: bool
    ends_on: date


def known_events(events: tuple[OutsideEvent, ...], as_of: date) -> tuple[OutsideEvent, ...]:
    """The events that stand on `as_of`, oldest first, as they were known on that day."""
    known = [
        event
        if _known(event.repaired_on, as_of)
        else msgspec.structs.replace(event, repaired_on=None)
        for event in events
        if event.on <= as_of and not _known(event.withdrawn_on, as_of)
    ]
    return tuple(sorted(known, key=_order))


def _known(day: date | None, as_of: date) -> bool:
    return day is not None and day <= as_of


def _order(event: OutsideEvent) -> tuple[date, str, str, str, str]:
    return event.on, event.document, event.source, event.severity, event.cap


def effects(known: tuple[OutsideEvent, ...], as_of: date, policy: Policy) -> tuple[Effect, ...]:
    """What the known events of one agency add and take away on `as_of`, oldest first.

    The first minor offences are waived whatever their age. Only one bonus holds at a time.
    """
    found = []
    minors_seen = 0
    bonus: Effect | None = None
    for event in known:
        if event.severity is Severity.NONE:
            continue
        if event.severity is Severity.BONUS:
            # Later events come later, so the one that holds longest is what remains.
            bonus = _bonus(event, as_of, policy) or bonus
            continue
        waived = False
        if event.severity is Severity.MINOR:
            minors_seen += 1
            waived = minors_seen <= policy.feedback.minor_waived
        effect = _deduction(event, as_of, policy, waived=waived)
        if effect is not None:
            found.append(effect)
    if bonus is not None:
        found.append(bonus)
    return tuple(found)


def _bonus(event: OutsideEvent, as_of: date, policy: Policy) -> Effect | None:
    ends_on = add_months(event.on, policy.feedback.bonus_months)
    if as_of >= ends_on:
        return None
    points = Fraction(policy.feedback.bonus)
    return Effect(event, points, share_left=Fraction(1), waived=False, ends_on=ends_on)


def _deduction(event: OutsideEvent, as_of: date, policy: Policy, *, waived: bool) -> Effect | None:
    """None once the event has faded, or was never repaired and reached its longest time.

    A repair that comes after that time does not bring the deduction back.
    """
    rule = policy.feedback
    stated = {
        Severity.MINOR: (rule.minor, rule.lapse_months.minor),
        Severity.GENERAL: (rule.general, rule.lapse_months.general),
        Severity.SERIOUS: (rule.serious, rule.lapse_months.serious),
    }
    full, months = stated[event.severity]
    ends_on = add_months(event.on, months)
    share = Fraction(1)
    if event.repaired_on is not None and event.repaired_on < ends_on:
        ends_on = add_months(event.repaired_on, rule.fade_months)
        length = (ends_on - event.repaired_on).days
        share = 1 - Fraction((as_of - event.repaired_on).days, length)
    if as_of >= ends_on:
        return None
    points = Fraction(0) if waived else -Fraction(full) * share
    return Effect(event, points, share_left=share, waived=waived, ends_on=ends_on)


def caps_in_force(known: tuple[OutsideEvent, ...]) -> tuple[OutsideEvent, ...]:
    """The known events that cap the stars: a cap is over on the day of its repair."""
    return tuple(
        event for event in known if event.cap is not Cap.NONE and event.repaired_on is None
    )
