"""The timetable goes on where one thing cannot be done."""

from datetime import datetime, timedelta

import pytest

from market import worker
from ratings.ledger.actors import Actor, system
from ratings.ledger.clock import now
from ratings.ledger.errors import NotFound
from ratings.stars.actions import ReportedEvent, report_event
from ratings.stars.feedback import Severity
from tests.conftest import make_uscc
from tests.county import County


async def test_one_broken_group_buy_does_not_stop_the_sweep(
    county: County, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [await county.past_group_buy() for _ in range(3)]
    done: list[str] = []

    async def close(actor: Actor, group_buy: str) -> None:
        if group_buy == made[0]:
            raise NotFound("group-buy-unknown", "There is no group buy {id}.", id=group_buy)
        done.append(group_buy)

    async def overdue(at: datetime) -> list[str]:
        return made

    monkeypatch.setattr(worker, "close_group_buy", close)
    monkeypatch.setattr(worker, "overdue_group_buys", overdue)
    await worker.sweep(now())
    assert done == made[1:]


async def test_one_broken_record_does_not_stop_the_night(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    usccs = [make_uscc(number) for number in (1, 2, 3)]
    for uscc in usccs:
        event = ReportedEvent(
            uscc=uscc,
            on=(now() - timedelta(days=2)).date(),
            source="tax",
            document="invented",
            severity=Severity.MINOR,
        )
        await report_event(system(now()), event)
    done: list[str] = []

    async def restand(actor: Actor, uscc: str, *, by_time: bool) -> None:
        if uscc == usccs[0]:
            raise ValueError("a record that cannot be read")
        done.append(uscc)

    monkeypatch.setattr(worker, "restand", restand)
    await worker.nightly(now())
    assert done == usccs[1:]
