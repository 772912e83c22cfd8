"""Reading flags, and the record that the detectors look at."""

from collections.abc import Collection, Mapping
from datetime import date, datetime
from decimal import Decimal

import msgspec

from ratings.evaluations.indicators import Party, party_score
from ratings.evaluations.queries import unsealed_among
from ratings.integrity.flags import BASIS, Flag, FlagKind, Marked, marked
from ratings.integrity.second_look import second_look
from ratings.ledger.clock import local_date
from ratings.ledger.database import fetch, fetchrow, row_id
from ratings.ledger.errors import NotFound
from ratings.ledger.places import Moment
from ratings.stars.engagement_score import RatedEngagement
from ratings.stars.estimate_queries import reference_of
from ratings.stars.policy import Method, load_policy
from ratings.stars.policy_queries import policy_in_force
from ratings.stars.queries import evidence, whole_record
from ratings.stars.robust import robust_standing
from ratings.stars.rounding import published
from ratings.stars.waterfall import SCORE_PLACES


class FlagRow(msgspec.Struct, frozen=True):
    """A flag as officials read it. `basis` says where its limits come from.

    `decided_by` is a person by the id, None while nobody has decided.
    """

    id: str
    kind: FlagKind
    subject: str
    engagements: tuple[str, ...]
    raters: tuple[str, ...]
    others: tuple[str, ...]
    figures: dict[str, str]
    limits: dict[str, str]
    basis: str
    state: str
    found_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    reason: str


_COLUMNS = "id::text, flag, state, found_at, decided_at, decided_by, reason"


def _row(values: tuple[object, ...]) -> FlagRow:
    identifier, text, *rest = values
    flag = msgspec.json.decode(str(text), type=Flag)
    return FlagRow(
        str(identifier),
        flag.kind,
        flag.subject,
        flag.engagements,
        flag.raters,
        flag.others,
        flag.figures,
        flag.limits,
        BASIS[flag.kind],
        *rest,  # type: ignore[arg-type] # columns in the order of the fields
    )


async def flags(
    *, state: str = "", kind: str = "", limit: int, after: Moment | None = None
) -> list[FlagRow]:
    """The newest first; of one state and one kind, where these are given."""
    rows = await fetch(
        f"SELECT {_COLUMNS} FROM integrity_flag WHERE ($1 = '' OR state = $1)"
        " AND ($2 = '' OR kind = $2)"
        " AND ($3::timestamptz IS NULL OR (found_at, id) < ($3, $4::uuid))"
        " ORDER BY found_at DESC, id DESC LIMIT $5",
        state,
        kind,
        None if after is None else after.at,
        None if after is None else after.id,
        limit,
    )
    return [_row(tuple(row)) for row in rows]


async def flag_of(identifier: str) -> FlagRow:
    row = await fetchrow(f"SELECT {_COLUMNS} FROM integrity_flag WHERE id = $1", row_id(identifier))
    if row is None:
        raise NotFound("flag-unknown", "There is no flag {id}.", id=identifier)
    return _row(tuple(row))


async def second_look_at(uscc: str, moment: datetime) -> list[Flag]:
    """What the policy in force wants a person to look at; a plain one hides nothing, and asks
    for nothing."""
    on = local_date(moment)
    policy = await policy_in_force(on)
    if policy.method is Method.PLAIN:
        return []
    engagements, _ = await evidence(uscc, moment)
    reference = await reference_of(policy, on, engagements)
    alone = robust_standing(uscc, engagements, (), on, policy, reference)
    return second_look(uscc, engagements, alone, policy, reference)


class EvidenceRow(msgspec.Struct, frozen=True):
    """One engagement of a flag: the scores of its parties, 0–100, None for who did not answer."""

    engagement: str
    title: str
    uscc: str
    settled_on: date
    marks: dict[Party, Decimal | None]


async def titles_of(engagements: Collection[str]) -> dict[str, str]:
    """What the projects of rated engagements are called."""
    return dict(
        await fetch(
            "SELECT engagement, title FROM docket WHERE engagement = ANY($1::text[])",
            list(engagements),
        )
    )


async def evidence_rows(flag: FlagRow) -> list[EvidenceRow]:
    """The engagements that a flag rests on, in the order of settlement."""
    titles = await titles_of(flag.engagements)
    policy = load_policy("standard")
    found = []
    for row in await unsealed_among(list(flag.engagements)):
        scores = {
            party: party_score(party, answer, policy.indicators)
            for party, answer in row.parties.items()
        }
        marks = {
            party: None
            if (one := scores.get(party)) is None
            else published(one.score, SCORE_PLACES)
            for party in Party
        }
        found.append(
            EvidenceRow(row.engagement, titles[row.engagement], row.uscc, row.settled_on, marks)
        )
    return found


class Record(msgspec.Struct, frozen=True):
    """What is rated, with the answers of every party and when the owner's was given."""

    engagements: list[RatedEngagement]
    marks: list[Marked]


async def record_as_of(moment: datetime, disputed: Mapping[str, datetime]) -> Record:
    """Every unsealed engagement; `disputed` says when the first dispute about one was recorded.

    Party scores are those of `standard`, whose indicators all policies of the county ask.
    """
    policy = load_policy("standard")
    engagements, _ = await whole_record(moment)
    rows = await fetch(
        "SELECT d.engagement, max(a.answered_at) FROM docket d JOIN answer a ON a.docket = d.id"
        " WHERE a.party = $1 AND d.unsealed_at <= $2 GROUP BY d.engagement",
        Party.OWNER.value,
        moment,
    )
    answered = {row[0]: local_date(row[1]) for row in rows}
    since = {number: local_date(at) for number, at in disputed.items()}
    marks = [
        marked(one, policy, answered.get(one.engagement), since.get(one.engagement))
        for one in engagements
    ]
    return Record(engagements, marks)
