"""A regrade of all agencies at once in DuckDB, by the same exact arithmetic as one by one.

For a drill over the whole record, such as what another policy would change. An evaluation is a
row of integers (a party's score in hundredths of a point), so every mean is a fraction of
integers and half-up is exact; agencies with outside events are concluded one by one.
"""

from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from itertools import product
from math import ceil, lcm

import duckdb
import msgspec

from ratings.evaluations.indicators import Party
from ratings.ledger.clock import add_months
from ratings.stars.feedback import OutsideEvent
from ratings.stars.policy import Method, Policy
from ratings.stars.standing import Basis, State, concluded, state_of

HUNDREDTHS = 100


class Grade(msgspec.Struct, frozen=True):
    """`score` in hundredths of a point, None when unrated, as in a standing."""

    score: int | None
    stars: int | None
    state: State
    engagements: int


def regrade(
    connection: duckdb.DuckDBPyConnection,
    table: str,
    events: Iterable[OutsideEvent],
    as_of: date,
    policy: Policy,
) -> dict[str, Grade]:
    """Every agency of `table`, whose columns are `uscc`, `settled_on` (date) and one integer for
    each party, its score in hundredths or NULL where it counts as missing.

    Only for the plain method. Shares with many decimals make large integers: 18 digits are checked
    by DuckDB, which refuses a sum that does not fit.
    """
    if policy.method is not Method.PLAIN:
        raise ValueError(f"the method {policy.method} needs estimates, not only sums")
    unit, points = _points(policy)
    first = add_months(as_of, -policy.window.months)
    cuts = " ".join(
        f"WHEN score >= {ceil(cut * HUNDREDTHS)} THEN {stars}" for stars, cut in policy.stars.cuts()
    )
    # Composed of the policy's integers, the parties and a table the caller has made itself.
    query = f"""
        WITH summed AS (
            SELECT uscc, sum(points)::BIGINT AS total, count(points) AS n
            FROM (
                SELECT uscc, CASE WHEN settled_on > $first AND settled_on <= $last THEN {points} END
                       AS points
                FROM {table}
            ) GROUP BY uscc
        ), scored AS (
            SELECT uscc, total, n, (2 * total + {unit}::BIGINT * n) // (2::BIGINT * {unit} * n)
                   AS score
            FROM summed
        )
        SELECT uscc, total, n, score, CASE {cuts} WHEN score IS NOT NULL THEN 1 END FROM scored
    """  # noqa: S608
    rows = connection.execute(query, {"first": first, "last": as_of}).fetchall()
    reported: dict[str, list[OutsideEvent]] = {}
    for event in events:
        reported.setdefault(event.uscc, []).append(event)
    states = {n: state_of(n, policy) for n in {row[2] for row in rows}}
    grades = {}
    for uscc, total, n, score, stars in rows:
        if uscc in reported:
            value = Fraction(total, unit * n * HUNDREDTHS) if n else None
            basis = Basis([], value, states[n], n)
            whole = concluded(uscc, basis, reported[uscc], as_of, policy)
            score = None if whole.score is None else int(whole.score * HUNDREDTHS)
            stars = whole.stars
        grades[uscc] = Grade(score, stars, states[n], n)
    return grades


def _points(policy: Policy) -> tuple[int, str]:
    """E of a row as a multiple of 1/unit hundredths, in SQL: NULL where too few answered.

    What a missing party leaves is divided by the shares present; the least common multiple of
    those divisors makes each of them a whole factor.
    """
    digits = max(0, *(-int(share.as_tuple().exponent) for share in policy.parties.values()))
    shares = {party: int(share.scaleb(digits)) for party, share in policy.parties.items()}
    least = policy.missing.least_party_share.scaleb(digits)
    present = {}
    for there in product((True, False), repeat=len(Party)):
        parties = [party for party, is_there in zip(Party, there, strict=True) if is_there]
        whole = sum(shares[party] for party in parties)
        if parties and whole >= least:
            present[there] = whole
    unit = lcm(*present.values())
    weighed = " + ".join(f"{shares[party]} * coalesce({party}, 0)" for party in Party)
    cases = []
    for there, whole in present.items():
        tests = [
            f"{party} IS {'NOT ' if is_there else ''}NULL"
            for party, is_there in zip(Party, there, strict=True)
        ]
        cases.append(f"WHEN {' AND '.join(tests)} THEN {unit // whole}")
    return unit, f"({weighed})::BIGINT * CASE {' '.join(cases)} END"
