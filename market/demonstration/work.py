"""How work goes: bought, done, delivered, accepted, settled, evaluated by three."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from random import Random

import msgspec

from market.demonstration.calendar import Story, office_hour
from market.demonstration.cases import standing_follows
from market.demonstration.cast import Cast, Player, stream
from market.demonstration.documents import in_one_piece, pdf
from market.demonstration.firms import AgencyPlan
from market.demonstration.opinions import opinion
from market.engagements.actions import accept, add_deliverable, purchase, report_milestone, settle
from market.engagements.queries import engagement as read
from market.files.store import store_file
from ratings.evaluations.actions import answer, unseal
from ratings.evaluations.indicators import Party
from ratings.evaluations.rules import due_times
from ratings.ledger.actors import system
from ratings.ledger.clock import local_date

# More than any of the small files written here has.
_MOST_BYTES = 100_000


class Work(msgspec.Struct, frozen=True):
    """One engagement as it will go. Times in days; `settled_ago` below zero is still to come.

    `silent` never answers; `patient` means that nobody answers before the windows are nearly
    over, so that a recent settlement still waits for all three.
    """

    name: str
    agency: AgencyPlan
    package: str
    owner: int
    project: str
    quality: float
    settled_ago: float
    work_days: int
    accepted_after: int
    settled_after: int
    silent: Party | None = None
    patient: bool = False

    @property
    def started_ago(self) -> float:
        return self.settled_ago + self.settled_after + self.accepted_after + self.work_days


async def bought_alone(cast: Cast, work: Work) -> Story:
    """A single purchase from a listing, and everything after it."""
    yield (started := office_hour(local_date(cast.days_ago(work.started_ago)), stream(work.name)))
    listing = cast.listings[work.agency.uscc, work.package]
    buyer = cast.enterprises[work.owner]
    engagement = await purchase(buyer.at(started), listing, work.project)
    async for moment in carry_out(cast, work, engagement, started):
        yield moment


async def carry_out(cast: Cast, work: Work, engagement: str, started: datetime) -> Story:
    """From the first milestone to the published standing, as far as time has come."""
    random = stream(f"{work.name} carried out")
    agency = cast.agencies[work.agency.uscc]
    owner = cast.enterprises[work.owner]
    first = local_date(started)
    milestones = cast.packages[work.package].milestones
    at = started
    for position in range(1, milestones + 1):
        day = first + timedelta(days=1 + (work.work_days - 1) * position // milestones)
        # Two milestones may fall on one day, the second half an hour after the first.
        yield (at := max(office_hour(day, random), at + timedelta(minutes=31)))
        await report_milestone(agency.at(at), engagement, position)
    yield (at := at + timedelta(minutes=random.randint(10, 55)))
    # The number makes every file its own: the same one twice would be a question to the centre.
    number = (await read(agency.at(at), engagement)).number
    document = pdf(work.project, f"{number} {work.agency.name}（示范成果，内容虚构）")
    stored = await store_file(
        cast.store,
        f"{work.project}成果报告.pdf",
        in_one_piece(document),
        _MOST_BYTES,
        folder="deliverables",
    )
    await add_deliverable(agency.at(at), engagement, stored)
    day = first + timedelta(days=work.work_days + work.accepted_after)
    yield (at := max(office_hour(day, random), at + timedelta(hours=1)))
    await accept(owner.at(at), engagement)
    yield (at := office_hour(local_date(at) + timedelta(days=work.settled_after), random))
    docket = await settle(owner.at(at), engagement)
    async for moment in evaluate(cast, work, docket, at, random):
        yield moment


async def evaluate(cast: Cast, work: Work, docket: str, settled: datetime, random: Random) -> Story:
    """The three answers in the order they come, and the standing that follows the last."""
    players: Mapping[Party, Player] = {
        Party.OWNER: cast.enterprises[work.owner],
        Party.SUPERVISOR: cast.supervisors[work.package],
        Party.CENTRE: cast.centre,
    }
    day = local_date(settled)
    waits = {
        Party.OWNER: 12 if work.patient else random.randint(1, 13),
        Party.SUPERVISOR: 13 if work.patient else random.randint(2, 13),
        Party.CENTRE: 5 if work.patient else random.randint(1, 4),
    }
    coming = sorted(
        (office_hour(day + timedelta(days=days), random), party)
        for party, days in waits.items()
        if party is not work.silent
    )
    at = settled
    for at, party in coming:  # the last moment is used below
        yield at
        given = opinion(party, work.quality, random)
        who = players[party].at(at)
        await answer(who, docket, given.scores, given.comment, reasons=given.reasons, final=True)
    if work.silent is not None:
        yield (at := max(due_times(day).values()) + timedelta(seconds=random.randint(1, 40)))
        await unseal(system(at), docket)
    await standing_follows(cast, work.agency, at)
