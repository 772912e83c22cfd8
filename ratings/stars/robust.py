"""The robust method: an agency's standing against what is usual, with how sure that is."""

from collections.abc import Iterable
from datetime import date
from decimal import Context, Decimal
from fractions import Fraction

import msgspec

from ratings.evaluations.indicators import Party
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.feedback import OutsideEvent
from ratings.stars.policy import Policy
from ratings.stars.reference import (
    PLACES,
    Centred,
    Reference,
    centred,
    counted,
    decay,
    robust_rule,
)
from ratings.stars.rounding import published
from ratings.stars.standing import Basis, Standing, State, concluded
from ratings.stars.waterfall import STEP_PLACES, PartyDetail, Step, StepCode, party_details

_CONTEXT = Context(prec=40)


def robust_standing(
    uscc: str,
    engagements: Iterable[RatedEngagement],
    events: Iterable[OutsideEvent],
    as_of: date,
    policy: Policy,
    reference: Reference,
    stars_before: int | None = None,
) -> Standing:
    """`A = (Σ dC·E + K·M) / (Σ dC + K)`, and outside events, bands and caps as in any method.

    `reference` holds what is usual among all agencies. Rows of other agencies are ignored; the
    order of the input has no influence. The points are exact: start M, then dC·(E − M) / (Σ dC
    + K) for each engagement.
    """
    rule = robust_rule(policy)
    own = counted((one for one in engagements if one.uscc == uscc), as_of, policy)
    rows: list[tuple[Centred, Fraction]] = []
    left_out: list[Step] = []
    for engagement, result in own:
        if result.score is None or not reference.means[""]:
            details = party_details(engagement, result, policy)
            # Before anything was known there is nothing to hold an answer against.
            code = (
                StepCode.ENGAGEMENT_UNRATED if result.score is None else StepCode.ENGAGEMENT_WAITS
            )
            left_out.append(_step(code, engagement, Fraction(0), details))
            continue
        one = centred(engagement, result, reference, policy)
        rows.append((one, one.weight * decay(engagement.settled_on, as_of, rule.half_life_months)))
    effective = sum((weight for _, weight in rows), Fraction(0))
    if effective < Fraction(policy.window.rated_from):
        basis = Basis(steps=left_out, value=None, state=State.UNRATED, engagements=len(rows))
        return concluded(uscc, basis, events, as_of, policy)
    prior, whole = Fraction(reference.prior), effective + Fraction(reference.prior)
    usual = sum((weight * _usual(one, reference) for one, weight in rows), Fraction(0)) / effective
    value = (sum((weight * one.score for one, weight in rows), Fraction(0)) + prior * usual) / whole
    steps = [_start(rows, usual, reference)]
    for one, weight in rows:
        lift = weight * (one.score - usual) / whole
        details = _details(one, reference, policy)
        step = _step(StepCode.ENGAGEMENT, one.engagement, lift, details)
        step.params["score"] = str(published(one.score, STEP_PLACES))
        step.params["count"] = str(len(rows))
        step.params["weight"] = str(published(weight, STEP_PLACES))
        steps.append(msgspec.structs.replace(step, provisional=one.result.provisional))
    variance = Fraction(reference.variance) / whole
    margin = Fraction(rule.confidence) * _root(variance)
    basis = Basis([*steps, *left_out], value, State.RATED, len(rows), margin)
    return concluded(uscc, basis, events, as_of, policy, stars_before)


def _root(value: Fraction) -> Fraction:
    """A square root in twelve decimals, the same on every machine."""
    quotient = _CONTEXT.divide(Decimal(value.numerator), Decimal(value.denominator))
    return Fraction(published(Fraction(_CONTEXT.sqrt(quotient)), PLACES))


def _usual(one: Centred, reference: Reference) -> Fraction:
    """M of the engagement's trade: its mean, or Σ w·μ where the trade is too small for one."""
    centre = reference.centres.get(one.engagement.trade)
    return one.base if centre is None else Fraction(centre)


def _start(rows: list[tuple[Centred, Fraction]], usual: Fraction, reference: Reference) -> Step:
    trades = sorted({one.engagement.trade for one, _ in rows})
    params = {"prior": str(published(Fraction(reference.prior), STEP_PLACES))}
    return Step(StepCode.START, ", ".join(trades), published(usual, STEP_PLACES), params)


def _step(
    code: StepCode, engagement: RatedEngagement, points: Fraction, parties: tuple[PartyDetail, ...]
) -> Step:
    params = {"settled_on": engagement.settled_on.isoformat(), "trade": engagement.trade}
    rounded = published(points, STEP_PLACES)
    return Step(code, engagement.engagement, rounded, params, parties=parties)


def _details(one: Centred, reference: Reference, policy: Policy) -> tuple[PartyDetail, ...]:
    """Each party's answer with the mean it is held against and what was corrected."""
    trade, raters = one.engagement.trade, one.engagement.raters
    found = []
    for detail in party_details(one.engagement, one.result, policy):
        mean = reference.mean(detail.party, trade)
        habit = reference.habit(detail.party, raters.get(detail.party, ""))
        clipped = one.clipped if detail.party is Party.OWNER else Fraction(0)
        present = detail.score is not None
        found.append(
            msgspec.structs.replace(
                detail,
                mean=None if mean is None else published(Fraction(mean), STEP_PLACES),
                leniency=published(Fraction(habit), STEP_PLACES) if present else None,
                clipped=published(clipped, STEP_PLACES) if present else None,
            )
        )
    return tuple(found)
