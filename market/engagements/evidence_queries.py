"""Reading what the record of an engagement says beside the indicators of its evaluation."""

from market.engagements.evidence import EvidenceFact, Recorded, evidence
from ratings.ledger.clock import local_date
from ratings.ledger.database import fetchrow, row_id


async def evidence_of(engagement: str) -> tuple[EvidenceFact, ...]:
    """Of an engagement that the caller may see, because its evaluation is; () if there is none.

    Delivered is what has all milestones reported and a file on the table, at the later of the two.
    """
    row = await fetchrow(_RECORDED, row_id(engagement))
    if row is None:
        return ()
    started_at, working_days, due_on, delivered_at, accepted_at, settled_at, *counts = tuple(row)
    delivered, accepted, settled = [
        at and local_date(at) for at in (delivered_at, accepted_at, settled_at)
    ]
    started = local_date(started_at)
    return evidence(Recorded(started, working_days, due_on, delivered, accepted, settled, *counts))


_RECORDED = """
    SELECT e.started_at, e.working_days, e.due_on, d.at, e.accepted_at, e.settled_at,
           (SELECT count(*) FROM deliverable f WHERE f.engagement = e.id)::int,
           (SELECT count(*) FROM deliverable f
            WHERE f.engagement = e.id AND f.uploaded_at > d.at)::int,
           m.milestones, m.reported, m.days, e.price_fen, l.range_low_fen, l.range_high_fen,
           (SELECT count(*) FROM outside_event o WHERE o.uscc = e.agency
            AND o.severity <> 'bonus'
            AND o."on" BETWEEN (e.started_at AT TIME ZONE 'Asia/Shanghai')::date
                AND (coalesce(e.settled_at, e.started_at) AT TIME ZONE 'Asia/Shanghai')::date)::int
    FROM engagement e LEFT JOIN listing l ON l.id = e.listing
    CROSS JOIN LATERAL (
        SELECT count(*)::int AS milestones, count(reported_at)::int AS reported,
               count(DISTINCT (reported_at AT TIME ZONE 'Asia/Shanghai')::date)::int AS days,
               CASE WHEN count(*) = count(reported_at) THEN max(reported_at) END AS last
        FROM milestone WHERE engagement = e.id) m
    CROSS JOIN LATERAL (
        SELECT CASE WHEN m.last IS NOT NULL AND count(*) > 0
               THEN greatest(m.last, min(f.uploaded_at)) END AS at
        FROM deliverable f WHERE f.engagement = e.id) d
    WHERE e.id = $1
"""
