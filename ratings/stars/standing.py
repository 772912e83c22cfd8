"""An agency's standing on a day, from its engagements and what the authorities reported."""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from enum import StrEnum
from fractions import Fraction

import msgspec

from ratings.ledger.clock import add_months
from ratings.stars.engagement_score import EngagementScore, RatedEngagement, engagement_score
from ratings.stars.feedback import (
    CAP_STARS,
    Effect,
    OutsideEvent,
    Severity,
    caps_in_force,
    effects,
    known_events,
)
from ratings.stars.policy import Policy
from ratings.stars.rounding import published
from ratings.stars.waterfall import (
    SCORE_PLACES,
    STEP_PLACES,
    Step,
    StepCode,
    party_details,
    percent,
    rounding_step,
)


class State(StrEnum):
    """How much the score rests on: enough engagements, one or two, or none."""

    RATED = "rated"
    PROVISIONAL = "provisional"
    UNRATED = "unrated"


class Standing(msgspec.Struct, frozen=True):
    """What the bureau says about an agency on `as_of`, with how it came about.

    `score` is 0–100 with two decimals, None when unrated. The points of `waterfall` sum to it
    exactly. `capped` tells that `stars` are fewer than the score alone would give. `lower_bound`
    is what the truth exceeds in about nine cases of ten, None under a policy that knows none.
    `confirmed` stars come first in every recommendation: enough engagements stand behind them,
    and where there is a lower bound, five stars have it in their band too.
    """

    uscc: str
    as_of: date
    score: Decimal | None
    stars: int | None
    state: State
    engagements: int
    capped: bool
    waterfall: tuple[Step, ...]
    policy_name: str
    policy_version: str
    policy_digest: str
    lower_bound: Decimal | None = None
    confirmed: bool = False


class Lift(msgspec.Struct, frozen=True):
    """What stands between an agency and its next star: points, or the events that cap it."""

    stars: int
    points: Decimal
    capped_by: tuple[str, ...]


def standing(
    uscc: str,
    engagements: Iterable[RatedEngagement],
    events: Iterable[OutsideEvent],
    as_of: date,
    policy: Policy,
) -> Standing:
    """The standing of one agency by what was known at the end of `as_of`.

    Rows of other agencies are ignored. The order of the input has no influence.
    """
    scored = _in_window(uscc, engagements, as_of, policy)
    totals = [result.score for _, result in scored if result.score is not None]
    count = len(totals)
    return concluded(
        uscc,
        Basis(
            steps=list(_engagement_steps(scored, count, policy)),
            value=sum(totals, Fraction(0)) / count if count else None,
            state=state_of(count, policy),
            engagements=count,
        ),
        events,
        as_of,
        policy,
    )


class Basis(msgspec.Struct, frozen=True):
    """What the engagements alone come to: their steps, whose exact points sum to `value`.

    `margin` lies between a score and its lower bound, for a method that knows one.
    """

    steps: list[Step]
    value: Fraction | None
    state: State
    engagements: int
    margin: Fraction | None = None


def concluded(
    uscc: str,
    basis: Basis,
    events: Iterable[OutsideEvent],
    as_of: date,
    policy: Policy,
    stars_before: int | None = None,
) -> Standing:
    """From the engagements by outside events, bounds, rounding, band and caps to the standing.

    `stars_before` are those in force until now, which the robust method leaves with reluctance.
    """
    known = known_events(tuple(event for event in events if event.uscc == uscc), as_of)
    steps = list(basis.steps)
    score = lower_bound = earned = None
    if basis.value is not None:
        feedback_steps, net = _feedback(effects(known, as_of, policy), policy)
        steps.extend(feedback_steps)
        whole = basis.value + net
        final = min(max(whole, Fraction(0)), Fraction(100))
        if final != whole:
            steps.append(_plain(StepCode.BOUNDS, final - whole))
        score = published(final, SCORE_PLACES)
        if basis.margin is not None:
            lower_bound = published(final - basis.margin, SCORE_PLACES)
        rounding = rounding_step(steps, score)
        if rounding is not None:
            steps.append(rounding)
        earned = policy.stars.stars(score)
    kept = _kept(earned, score, stars_before, policy)
    if kept != earned and policy.robust is not None:
        beyond = str(policy.robust.hysteresis)
        steps.append(_plain(StepCode.HYSTERESIS, Fraction(0), stars=str(kept), beyond=beyond))
    capping = caps_in_force(known)
    steps.extend(_cap_step(event) for event in capping)
    stars = _capped(kept, capping)
    return Standing(
        uscc=uscc,
        as_of=as_of,
        score=score,
        stars=stars,
        state=basis.state,
        engagements=basis.engagements,
        capped=stars != kept,
        waterfall=tuple(steps),
        policy_name=policy.name,
        policy_version=policy.version,
        policy_digest=policy.digest,
        lower_bound=lower_bound,
        confirmed=_confirmed(stars, basis.state, lower_bound, policy),
    )


def _confirmed(
    stars: int | None, state: State, lower_bound: Decimal | None, policy: Policy
) -> bool:
    if state is not State.RATED:
        return False
    return stars != 5 or lower_bound is None or lower_bound >= policy.stars.five


def _kept(
    earned: int | None, score: Decimal | None, before: int | None, policy: Policy
) -> int | None:
    """A band is left only when the score is the hysteresis beyond the cut it has crossed."""
    if policy.robust is None or score is None or earned is None or before in (None, earned):
        return earned
    cuts = dict(policy.stars.cuts())
    margin = policy.robust.hysteresis
    if earned > before:
        return earned if score >= cuts[before + 1] + margin else before
    return earned if score <= cuts[before] - margin else before


def what_would_lift(current: Standing, policy: Policy) -> Lift | None:
    """The next star and the way to it; None at five stars and for an agency without a score."""
    if current.score is None or current.stars is None or current.stars == 5:
        return None
    following = current.stars + 1
    cut = next(cut for stars, cut in policy.stars.cuts() if stars == following)
    if policy.robust is not None and not current.capped:
        cut += policy.robust.hysteresis
    capped_by = tuple(
        step.reference
        for step in current.waterfall
        if step.code is StepCode.CAP and int(step.params["stars"]) < following
    )
    return Lift(following, max(cut - current.score, Decimal("0.00")), capped_by)


def _in_window(
    uscc: str, engagements: Iterable[RatedEngagement], as_of: date, policy: Policy
) -> list[tuple[RatedEngagement, EngagementScore]]:
    """The first day, the same day so many months earlier, is out; the as-of day is in."""
    first = add_months(as_of, -policy.window.months)
    inside = [
        engagement
        for engagement in engagements
        if engagement.uscc == uscc and first < engagement.settled_on <= as_of
    ]
    inside.sort(key=lambda engagement: (engagement.settled_on, engagement.engagement))
    return [(engagement, engagement_score(engagement, policy)) for engagement in inside]


def state_of(count: int, policy: Policy) -> State:
    if count == 0:
        return State.UNRATED
    return State.RATED if count >= policy.window.rated_from else State.PROVISIONAL


def _capped(earned: int | None, capping: tuple[OutsideEvent, ...]) -> int | None:
    """An agency without a score has no stars to cap, except that one star is a verdict."""
    limit = min((CAP_STARS[event.cap] for event in capping), default=5)
    if earned is None:
        return 1 if limit == 1 else None
    return min(earned, limit)


def _plain(code: StepCode, points: Fraction, **params: str) -> Step:
    return Step(code, "", published(points, STEP_PLACES), params)


def _engagement_steps(
    scored: list[tuple[RatedEngagement, EngagementScore]], count: int, policy: Policy
) -> Iterable[Step]:
    for engagement, result in scored:
        params = {"settled_on": engagement.settled_on.isoformat(), "trade": engagement.trade}
        code, points = StepCode.ENGAGEMENT_UNRATED, Fraction(0)
        if result.score is not None:
            code, points = StepCode.ENGAGEMENT, result.score / count
            params["score"] = str(published(result.score, STEP_PLACES))
            params["count"] = str(count)
        yield Step(
            code=code,
            reference=engagement.engagement,
            points=published(points, STEP_PLACES),
            params=params,
            provisional=result.provisional,
            parties=party_details(engagement, result, policy),
        )


def _feedback(found: tuple[Effect, ...], policy: Policy) -> tuple[list[Step], Fraction]:
    """The steps of the outside events and their net, which never exceeds ± the limit."""
    steps = [_effect_step(effect, policy) for effect in found]
    gross = sum((effect.points for effect in found), Fraction(0))
    limit = Fraction(policy.feedback.limit)
    net = min(max(gross, -limit), limit)
    if net != gross:
        limited = _plain(StepCode.FEEDBACK_LIMIT, net - gross, limit=str(policy.feedback.limit))
        steps.append(limited)
    return steps, net


def _effect_step(effect: Effect, policy: Policy) -> Step:
    event = effect.event
    params = {
        "source": event.source,
        "on": event.on.isoformat(),
        "severity": event.severity.value,
        "ends_on": effect.ends_on.isoformat(),
    }
    if event.severity is Severity.BONUS:
        code = StepCode.BONUS
    elif effect.waived:
        code = StepCode.WAIVED
    else:
        code = StepCode.DEDUCTION
        params["full"] = str(getattr(policy.feedback, event.severity.value))
        params["share_percent"] = percent(effect.share_left)
        if event.repaired_on is not None:
            params["repaired_on"] = event.repaired_on.isoformat()
    return Step(code, event.document, published(effect.points, STEP_PLACES), params)


def _cap_step(event: OutsideEvent) -> Step:
    params = {
        "source": event.source,
        "on": event.on.isoformat(),
        "stars": str(CAP_STARS[event.cap]),
    }
    return Step(StepCode.CAP, event.document, published(Fraction(0), STEP_PLACES), params)
