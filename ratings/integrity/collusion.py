"""An owner and an agency that hang together: too many jobs, too much praise, or the same people."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from fractions import Fraction
from statistics import median

from ratings.integrity.flags import Flag, FlagKind, Marked, shown, upper_fence

LEAST_JOBS = 3
RESIDUAL = 8
LEAST_PAIRS = 8
"""With fewer pairs a trade has no fence: a proposal, as are all limits here."""


def collusion(
    engagements: Iterable[Marked], related: Collection[tuple[str, str]] = ()
) -> list[Flag]:
    """One flag for each owner and agency with three jobs or more, if one of three things holds:
    the owner's praise above the other two exceeds what is usual in the trade by more than 8
    points; the owner's share of the agency's jobs lies above the trade's upper fence; or the two
    are `related` (owner, agency), such as by a shared address, phone or representative.
    """
    rows = sorted(engagements, key=lambda one: one.engagement)
    pairs: defaultdict[tuple[str, str, str], list[Marked]] = defaultdict(list)
    gaps: defaultdict[str, list[Fraction]] = defaultdict(list)
    jobs: Counter[tuple[str, str]] = Counter()
    for one in rows:
        jobs[one.trade, one.uscc] += 1
        if one.owner:
            pairs[one.trade, one.uscc, one.owner].append(one)
        if one.gap is not None:
            gaps[one.trade].append(one.gap)
    usual = {trade: median(values) for trade, values in gaps.items()}
    fences = _fences(pairs, jobs)
    flags = []
    for (trade, uscc, owner), own in sorted(pairs.items()):
        if len(own) < LEAST_JOBS:
            continue
        figures, limits = {"jobs": str(len(own))}, {"jobs": str(LEAST_JOBS)}
        praise = [one.gap - usual[trade] for one in own if one.gap is not None]
        if len(praise) >= LEAST_JOBS and sum(praise) / len(praise) > RESIDUAL:
            figures["residual"] = shown(Fraction(sum(praise)) / len(praise))
            limits["residual"] = str(RESIDUAL)
        share = Fraction(len(own), jobs[trade, uscc])
        if trade in fences and share > fences[trade]:
            figures["share_percent"] = shown(100 * share)
            limits["share_percent"] = shown(100 * fences[trade])
        if (owner, uscc) in related:
            figures["related"] = limits["related"] = "1"
        if len(figures) > 1:
            numbers = tuple(one.engagement for one in own)
            flags.append(
                Flag(FlagKind.COLLUSION, uscc, numbers, (owner,), figures=figures, limits=limits)
            )
    return flags


def _fences(
    pairs: dict[tuple[str, str, str], list[Marked]], jobs: Counter[tuple[str, str]]
) -> dict[str, Fraction]:
    """By trade, over pairs of agencies with enough jobs that a share can say something."""
    shares: defaultdict[str, list[float]] = defaultdict(list)
    for (trade, uscc, _), own in pairs.items():
        if jobs[trade, uscc] >= LEAST_JOBS:
            shares[trade].append(len(own) / jobs[trade, uscc])
    return {
        trade: Fraction(upper_fence(values))
        for trade, values in shares.items()
        if len(values) >= LEAST_PAIRS
    }
