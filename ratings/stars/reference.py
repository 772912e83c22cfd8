"""What the robust method needs of all agencies together: means, habits of raters, the prior.

Everything here is estimated from many engagements and published with twelve decimals, so that
it can be stored, compared and handed on without loss. The estimates are made in integers of
that size: the same record gives the same numbers on every machine and in any order.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from decimal import Context, Decimal
from fractions import Fraction
from functools import cache

import msgspec

from ratings.evaluations.indicators import Party
from ratings.ledger.clock import add_months
from ratings.stars.engagement_score import EngagementScore, RatedEngagement, engagement_score
from ratings.stars.policy import Policy, RobustRule
from ratings.stars.rounding import published

PLACES = 12
_UNIT = 10**PLACES
_CONTEXT = Context(prec=40)


class Reference(msgspec.Struct, frozen=True):
    """The estimates of one day. `means` are 0–100 by trade; the key "" stands for all trades.

    `leniency` is points by party and rater, positive for a generous one. `centres` is the mean
    of a trade (M), only where the trade has enough engagements. `prior` is K, in engagements.
    """

    means: dict[str, dict[Party, Decimal]]
    leniency: dict[Party, dict[str, Decimal]]
    centres: dict[str, Decimal]
    prior: Decimal
    variance: Decimal

    def mean(self, party: Party, trade: str) -> Decimal | None:
        """None when the party answered nowhere in the record."""
        return self.means.get(trade, {}).get(party, self.means.get("", {}).get(party))

    def habit(self, party: Party, rater: str) -> Decimal:
        """An unnamed rater has no habit that could be known."""
        return self.leniency.get(party, {}).get(rater, Decimal(0)) if rater else Decimal(0)


class Centred(msgspec.Struct, frozen=True):
    """An engagement with what its parties gave above the mean of their kind, habits apart.

    `base` is Σ w·μ; `deviations` hold x − b − μ, the owner's after the clip; `clipped` is what
    the clip took from the owner. `weight` is C, the shares of the parties present, those that an
    order has lowered as they were lowered.
    """

    engagement: RatedEngagement
    result: EngagementScore
    base: Fraction
    deviations: dict[Party, Fraction]
    clipped: Fraction
    weight: Fraction

    @property
    def score(self) -> Fraction:
        """E = Σ w·μ + (1/C)·Σ w·(x − b − μ)."""
        shares = {part.party: part.share for part in self.result.parts}
        return self.base + sum(
            (shares[party] * points for party, points in self.deviations.items()), Fraction(0)
        )


def decay(settled_on: date, as_of: date, half_life_months: Decimal) -> Fraction:
    """2^(−age/half-life), the age in months of the calendar: whole ones, and of the running
    one the share that has passed. Exact in twelve decimals."""
    months = (as_of.year - settled_on.year) * 12 + as_of.month - settled_on.month
    if add_months(settled_on, months) > as_of:
        months -= 1
    since, following = add_months(settled_on, months), add_months(settled_on, months + 1)
    age = months + Fraction((as_of - since).days, (following - since).days)
    return _halved(age / Fraction(half_life_months))


@cache
def _halved(half_lives: Fraction) -> Fraction:
    # Decimal's power is correctly rounded only to its context: forty digits are plenty for twelve.
    exponent = _CONTEXT.divide(Decimal(-half_lives.numerator), Decimal(half_lives.denominator))
    return Fraction(published(Fraction(_CONTEXT.power(Decimal(2), exponent)), PLACES))


def quarter_of(day: date) -> date:
    """The first day of the quarter that `day` lies in."""
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)


def reference_digest(reference: Reference) -> str:
    """SHA-256 of the estimates in canonical form, numbers with their twelve decimals."""
    body = msgspec.json.encode(reference, order="sorted")
    return hashlib.sha256(body).hexdigest()


def counted(
    engagements: Iterable[RatedEngagement], as_of: date, policy: Policy
) -> list[tuple[RatedEngagement, EngagementScore]]:
    """Those settled in the window of the policy, oldest first; none beyond its months."""
    first = add_months(as_of, -policy.window.months)
    inside = [one for one in engagements if first <= one.settled_on <= as_of]
    inside.sort(key=lambda one: (one.settled_on, one.engagement))
    return [(one, engagement_score(one, policy)) for one in inside]


def centred(
    engagement: RatedEngagement,
    result: EngagementScore,
    reference: Reference,
    policy: Policy,
    *,
    clip: bool = True,
) -> Centred:
    """Take means and habits from the scores of an engagement that counts, and clip the owner.

    The clip needs both others: one alone may be the one that is wrong.
    """
    rule = robust_rule(policy)
    trade = engagement.trade
    known = {
        part.party: Fraction(mean)
        for part in result.parts
        if (mean := reference.mean(part.party, trade)) is not None
    }
    shares = {party: Fraction(policy.parties[party]) for party in known}
    # A party that answered nowhere has no mean: those that have one stand for it. So they do for
    # one that answers for the first time after the estimates were frozen.
    base = sum((shares[p] * known[p] for p in known), Fraction(0)) / sum(shares.values())
    deviations = {
        part.party: part.score
        - Fraction(reference.habit(part.party, engagement.raters.get(part.party, "")))
        - known.get(part.party, base)
        for part in result.parts
        if part.score is not None
    }
    clipped = Fraction(0)
    others = [points for party, points in deviations.items() if party is not Party.OWNER]
    if clip and Party.OWNER in deviations and len(others) == len(Party) - 1:
        middle, limit = sum(others, Fraction(0)) / len(others), Fraction(rule.owner_clip)
        stated = deviations[Party.OWNER]
        deviations[Party.OWNER] = min(max(stated, middle - limit), middle + limit)
        clipped = stated - deviations[Party.OWNER]
    weight = sum((part.weight for part in result.parts if part.party in deviations), Fraction(0))
    return Centred(engagement, result, base, deviations, clipped, weight)


def robust_rule(policy: Policy) -> RobustRule:
    """The robust section; a policy without one is never asked for it."""
    if policy.robust is None:
        raise ValueError(f"the policy {policy.name} has no robust section")
    return policy.robust


def nothing_known(policy: Policy) -> Reference:
    """The estimates of an empty record."""
    prior = robust_rule(policy).prior
    return Reference({"": {}}, {}, {}, prior.start, prior.variance)


def estimate(engagements: Iterable[RatedEngagement], as_of: date, policy: Policy) -> Reference:
    """All estimates by the record as it stood on `as_of`; what has no E takes no part."""
    rule = robust_rule(policy)
    scored = [pair for pair in counted(engagements, as_of, policy) if pair[1].score is not None]
    if not scored:
        return nothing_known(policy)
    means = _means(scored, as_of, rule)
    start = Reference(means, {}, {}, rule.prior.start, rule.prior.variance)
    leniency = _leniency(scored, start, as_of, policy)
    with_habits = msgspec.structs.replace(start, leniency=leniency)
    final = [centred(one, result, with_habits, policy) for one, result in scored]
    prior, variance = _moments(final, rule)
    centres = _centres(final, as_of, rule)
    return Reference(means, leniency, centres, prior, variance)


def _mean(values: list[Fraction]) -> Decimal:
    return published(sum(values, Fraction(0)) / len(values), PLACES)


def _means(
    scored: list[tuple[RatedEngagement, EngagementScore]], as_of: date, rule: RobustRule
) -> dict[str, dict[Party, Decimal]]:
    """Over the months before the quarter; a party that scored nothing then, up to `as_of`."""
    found: dict[str, dict[Party, Decimal]] = {"": {}}
    for party in Party:
        for last in (quarter_of(as_of) - timedelta(days=1), as_of):
            first = add_months(last, -rule.means.months)
            by_trade: defaultdict[str, list[Fraction]] = defaultdict(list)
            for engagement, result in scored:
                for part in result.parts:
                    inside = first < engagement.settled_on <= last
                    if part.party is party and part.score is not None and inside:
                        by_trade[engagement.trade].append(part.score)
            if by_trade:
                break
        for trade, values in by_trade.items():
            if trade and len(values) >= rule.means.trade_from:
                found.setdefault(trade, {})[party] = _mean(values)
        if by_trade:
            found[""][party] = _mean([value for values in by_trade.values() for value in values])
    # Answers that are all older than the months of the means still need one to stand against.
    for party in set(Party) - found[""].keys():
        older = [
            part.score
            for _, result in scored
            for part in result.parts
            if part.party is party and part.score is not None
        ]
        if older:
            found[""][party] = _mean(older)
    return found


def _whole(value: Fraction | Decimal) -> int:
    """A number as an integer of twelve decimals, half-up."""
    numerator, denominator = Fraction(value).as_integer_ratio()
    return _divided(numerator * _UNIT, denominator)


def _divided(numerator: int, denominator: int) -> int:
    """Half-up, away from zero."""
    whole = (2 * abs(numerator) + denominator) // (2 * denominator)
    return -whole if numerator < 0 else whole


def _leniency(
    scored: list[tuple[RatedEngagement, EngagementScore]],
    start: Reference,
    as_of: date,
    policy: Policy,
) -> dict[Party, dict[str, Decimal]]:
    """Alternate between what an agency is worth and what a rater adds to it, so many rounds.

    An agency's effect is shrunk like its score, with the weight the prior starts with; the
    first round knows no habits. The clip comes later: it needs the habits.
    """
    rule = robust_rule(policy)
    rows = []
    agencies: defaultdict[tuple[Party, str], set[str]] = defaultdict(set)
    for engagement, result in scored:
        one = centred(engagement, result, start, policy, clip=False)
        share = {part.party: _whole(part.share) for part in result.parts}
        points = [
            (party, engagement.raters.get(party, ""), _whole(value), share[party])
            for party, value in one.deviations.items()
        ]
        aged = decay(engagement.settled_on, as_of, rule.half_life_months)
        rows.append((engagement.uscc, _whole(aged * one.weight), points))
        for party, rater, _, _ in points:
            if rater:
                agencies[party, rater].add(engagement.uscc)
    limit, prior = _whole(rule.leniency.limit), _whole(rule.prior.start)
    habits: dict[tuple[Party, str], int] = {}
    for _ in range(rule.leniency.rounds):
        effects = _effects(rows, habits, prior)
        sums: defaultdict[tuple[Party, str], int] = defaultdict(int)
        counts: defaultdict[tuple[Party, str], int] = defaultdict(int)
        for uscc, _, points in rows:
            for party, rater, value, _ in points:
                sums[party, rater] += value - effects[uscc]
                counts[party, rater] += 1
        habits = {
            key: min(max(_shrunk(key[0], sums[key], counts[key], rule), -limit), limit)
            for key, met in agencies.items()
            if len(met) >= rule.leniency.least_agencies[key[0]]
        }
    found: dict[Party, dict[str, Decimal]] = {}
    for (party, rater), points_of in sorted(habits.items()):
        found.setdefault(party, {})[rater] = Decimal(points_of).scaleb(-PLACES)
    return found


def _shrunk(party: Party, total: int, count: int, rule: RobustRule) -> int:
    """Σ residual / (n + k)."""
    return _divided(total * _UNIT, count * _UNIT + _whole(rule.leniency.shrinkage[party]))


def _effects(
    rows: list[tuple[str, int, list[tuple[Party, str, int, int]]]],
    habits: Mapping[tuple[Party, str], int],
    prior: int,
) -> dict[str, int]:
    """What each agency adds to the means: Σ dC·(E − base) / (Σ dC + K)."""
    sums: defaultdict[str, int] = defaultdict(int)
    weights: defaultdict[str, int] = defaultdict(int)
    for uscc, weight, points in rows:
        lift = sum(
            share * (value - habits.get((party, rater), 0)) for party, rater, value, share in points
        )
        sums[uscc] += weight * lift
        weights[uscc] += weight
    return {uscc: _divided(sums[uscc], (weights[uscc] + prior) * _UNIT) for uscc in sums}


def _moments(final: list[Centred], rule: RobustRule) -> tuple[Decimal, Decimal]:
    """K and σ² by the moments of a one-way analysis of variance, engagements weighing C.

    As stated at the start while there are too few engagements, one agency only, or no agency
    with two. The trades' own means are taken out first: a trade is no merit of an agency.
    """
    stated = rule.prior.start, rule.prior.variance
    groups: defaultdict[str, list[tuple[Fraction, Fraction]]] = defaultdict(list)
    for one in final:
        points = Fraction(published(one.score - one.base, PLACES))
        groups[one.engagement.uscc].append((one.weight, points))
    spare = len(final) - len(groups)
    if len(final) < rule.prior.estimated_from or len(groups) < 2 or spare < 1:
        return stated
    weights = {uscc: sum((w for w, _ in rows), Fraction(0)) for uscc, rows in groups.items()}
    sums = {uscc: sum((w * x for w, x in rows), Fraction(0)) for uscc, rows in groups.items()}
    squares = sum((w * x * x for rows in groups.values() for w, x in rows), Fraction(0))
    # Rounding each agency's part keeps the denominators small however many agencies there are.
    parts = sum(
        (Fraction(published(sums[u] ** 2 / weights[u], PLACES)) for u in groups), Fraction(0)
    )
    total = sum(weights.values(), Fraction(0))
    whole = sum(sums.values(), Fraction(0))
    variance = max((squares - parts) / spare, Fraction(0))
    spread = total - sum((w * w for w in weights.values()), Fraction(0)) / total
    between = parts - whole * whole / total - (len(groups) - 1) * variance
    if between <= 0:
        return rule.prior.most, published(variance, PLACES)
    prior = variance * spread / between
    bounded = min(max(prior, Fraction(rule.prior.least)), Fraction(rule.prior.most))
    return published(bounded, PLACES), published(variance, PLACES)


def _centres(final: list[Centred], as_of: date, rule: RobustRule) -> dict[str, Decimal]:
    """M: the mean of E of each trade with enough engagements, weighing like in a score."""
    trades: defaultdict[str, list[tuple[Fraction, Fraction]]] = defaultdict(list)
    for one in final:
        aged = decay(one.engagement.settled_on, as_of, rule.half_life_months)
        score = Fraction(published(one.score, PLACES))
        trades[one.engagement.trade].append((aged * one.weight, score))
    return {
        trade: published(
            sum((w * e for w, e in rows), Fraction(0)) / sum((w for w, _ in rows), Fraction(0)),
            PLACES,
        )
        for trade, rows in sorted(trades.items())
        if len(rows) >= rule.means.trade_from
    }
