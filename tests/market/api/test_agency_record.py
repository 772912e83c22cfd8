"""A stranger downloads the public record of an agency and recomputes its score to the cent."""

import csv
import io
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from ratings.evaluations.actions import answer, unseal
from ratings.evaluations.indicators import Party
from ratings.evaluations.switch_actions import turn_switch
from ratings.evaluations.switches import Switch
from ratings.evaluations.weight_actions import weigh
from ratings.integrity.actions import raise_flags
from ratings.integrity.flags import Flag, FlagKind
from ratings.integrity.queries import flags
from ratings.integrity.rerating_actions import lift_rerating, open_reratings, rate_again
from ratings.integrity.rerating_queries import reratings_of_flag
from ratings.ledger.actors import system
from ratings.ledger.clock import local_date, now
from ratings.ledger.database import fetchval
from ratings.stars.actions import ReportedEvent, report_event, restand
from ratings.stars.feedback import Severity
from ratings.stars.grade_command import grade
from ratings.verification import verify
from tests.county import County, at, marks, reasons


async def checked(
    stranger: httpx.AsyncClient, uscc: str, day: date, folder: Path
) -> tuple[dict[str, str], dict[str, object]]:
    """The row that `grade` prints for the downloaded record, and what the market says."""
    address, query = f"/api/v1/agencies/{uscc}", {"as_of": day.isoformat()}
    for name in ("evaluations", "events"):
        told = await stranger.get(f"{address}/record/{name}.csv", params=query)
        assert told.status_code == 200, told.text
        assert told.headers["content-type"].startswith("text/csv")
        (folder / f"{name}.csv").write_bytes(told.content)
    arguments = [str(folder / "evaluations.csv"), "--events", str(folder / "events.csv")]
    options = ["--as-of", day.isoformat(), "--out", str(folder)]
    result = CliRunner().invoke(grade, [*arguments, *options])
    assert result.exit_code == 0, result.output
    rows = list(csv.DictReader(io.StringIO((folder / "scores.csv").read_text("utf-8"))))
    with (folder / "waterfall.csv").open(encoding="utf-8") as file:
        steps = [(one["step"], one["points"]) for one in csv.DictReader(file)]
    shown = (await stranger.get(f"{address}/standing", params=query)).json()
    if shown["score"] is not None:
        assert steps == [(step["code"], step["points"]) for step in shown["waterfall"]]
    return (rows[0] if rows else {}), shown


async def test_any_day_can_be_recomputed_from_what_is_public(
    county: County, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    agency = await county.agency()
    uscc, listing = agency.uscc or "", await county.listing(agency)
    today, then = local_date(now()), now() - timedelta(days=40)
    await county.evaluated(agency, listing, 83, when=then)
    # The centre stays silent; the owner has no opinion on the fee.
    silent = await county.settled(agency, listing, when=then)
    owner = marks(Party.OWNER, 77)
    del owner["fee"]
    await answer(at(county.party(Party.OWNER).actor(), then), silent, owner, "")
    supervisor = county.party(Party.SUPERVISOR).actor()
    await answer(at(supervisor, then), silent, marks(Party.SUPERVISOR, 91), "")
    await unseal(system(now() - timedelta(days=3)), silent)
    await county.evaluated(agency, listing, 95)
    event = ReportedEvent(
        uscc=uscc,
        on=today - timedelta(days=10),
        source="云溪县税务局（示范）",
        document="=1+1",
        severity=Severity.GENERAL,
    )
    await report_event(county.centre.actor(), event)
    published = await restand(system(now()), uscc)

    for ago, engagements in ((0, 3), (2, 2), (20, 1)):
        row, shown = await checked(client, uscc, today - timedelta(days=ago), tmp_path)
        assert (row["score"], row["state"]) == (shown["score"], shown["state"])
        assert (row["stars"], row["engagements"]) == (str(shown["stars"]), str(engagements))
        if ago == 0:
            assert Decimal(row["score"]) == published.score
            assert "'=1+1" in (tmp_path / "events.csv").read_text("utf-8")
            rows = csv.DictReader(io.StringIO((tmp_path / "evaluations.csv").read_text("utf-8")))
            assert {line["rater"] for line in rows} == {""}
        else:
            # What became known later is in neither file.
            assert "1+1" not in (tmp_path / "events.csv").read_text("utf-8")

    _, before = await checked(client, uscc, today - timedelta(days=60), tmp_path)
    assert (before["score"], before["state"]) == (None, "unrated")


async def test_an_answer_that_is_left_out_is_in_the_record_of_earlier_days_only(
    county: County, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    agency = await county.agency()
    uscc, then = agency.uscc or "", now() - timedelta(days=40)
    docket = await county.settled(agency, await county.listing(agency), when=then)
    for party, score in ((Party.OWNER, 60), (Party.SUPERVISOR, 90), (Party.CENTRE, 80)):
        why = {"quality": "有缺陷"} if party is Party.OWNER else {}
        who = at(county.party(party).actor(), then)
        await answer(who, docket, marks(party, score), reasons=why, final=True)
    centre = (await county.second()).actor()
    for ago, off in ((20, True), (10, False), (5, True)):
        who = at(centre, now() - timedelta(days=ago))
        await turn_switch(who, docket, Party.OWNER, Switch.SCORE, off=off, reason="查实后处理")
    for ago, score in ((0, "86.00"), (7, "73.00"), (15, "86.00"), (30, "73.00")):
        row, shown = await checked(client, uscc, local_date(now()) - timedelta(days=ago), tmp_path)
        assert (row["score"], shown["score"]) == (score, score)
        parties = {line.split(",")[4] for line in _lines(tmp_path)}
        assert ("owner" in parties) == (score == "73.00")


async def test_an_answer_that_weighs_less_is_so_in_the_record_from_the_order_on(
    county: County, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    agency = await county.agency()
    uscc, then = agency.uscc or "", now() - timedelta(days=40)
    docket = await county.settled(agency, await county.listing(agency), when=then)
    for party, score in ((Party.OWNER, 60), (Party.SUPERVISOR, 90), (Party.CENTRE, 80)):
        why = {"quality": "有缺陷"} if party is Party.OWNER else {}
        who = at(county.party(party).actor(), then)
        await answer(who, docket, marks(party, score), reasons=why, final=True)
    centre = (await county.second()).actor()
    for ago, weight in ((20, "0.4286"), (5, "1")):
        who = at(centre, now() - timedelta(days=ago))
        await weigh(who, [(docket, Party.OWNER)], Decimal(weight), "a flag", "查实后处理")
    # (0.3 · 90 + 0.2143 · 60 + 0.2 · 80) / 0.7143
    for ago, score, weight in ((0, "73.00", ""), (10, "78.20", "0.4286"), (30, "73.00", "")):
        row, shown = await checked(client, uscc, local_date(now()) - timedelta(days=ago), tmp_path)
        assert (row["score"], shown["score"]) == (score, score)
        found = {tuple(line.split(",")[4::4]) for line in _lines(tmp_path)}
        assert found == {("owner", weight), ("supervisor", ""), ("centre", "")}


async def test_what_the_centre_rates_again_is_in_the_record_from_then_on(
    county: County, client: httpx.AsyncClient, tmp_path: Path
) -> None:
    """80 for all three, then 50 of the centre, then the first answer again."""
    agency = await county.agency()
    uscc, listing = agency.uscc or "", await county.listing(agency)
    today, settled = local_date(now()), now() - timedelta(days=40)
    docket = await county.evaluated(agency, listing, 80, when=settled)
    row = await fetchval("SELECT engagement FROM docket WHERE id::text = $1", docket)
    await raise_flags(system(now()), [Flag(FlagKind.COLLUSION, uscc, (row,), ("owner",))])
    second = (await county.second()).actor()
    flag = (await flags(limit=1))[0].id
    await open_reratings(at(second, now() - timedelta(days=21)), flag, "请复评")
    [one] = await reratings_of_flag(second, flag)
    given = at(second, now() - timedelta(days=20))
    again = marks(Party.CENTRE, 50)
    await rate_again(given, one.id, again, "复评", reasons(Party.CENTRE, 50))
    await lift_rerating(at(second, now() - timedelta(days=5)), one.id, "依据有误")
    for ago, score, centre in ((0, "80.00", "80"), (10, "74.00", "50"), (30, "80.00", "80")):
        found, shown = await checked(client, uscc, today - timedelta(days=ago), tmp_path)
        assert found["score"] == shown["score"] == score
        with (tmp_path / "evaluations.csv").open(encoding="utf-8") as file:
            rows = {one["score"] for one in csv.DictReader(file) if one["party"] == "centre"}
        assert rows == {centre}
    assert (await verify()).faults == []


def _lines(folder: Path) -> list[str]:
    return (folder / "evaluations.csv").read_text("utf-8").splitlines()[1:]


@pytest.mark.parametrize("what", ["standing", "record/evaluations.csv", "record/events.csv"])
async def test_a_day_to_come_and_an_agency_not_admitted_are_refused(
    county: County, client: httpx.AsyncClient, what: str
) -> None:
    agency = await county.agency()
    tomorrow = (local_date(now()) + timedelta(days=2)).isoformat()
    address = f"/api/v1/agencies/{agency.uscc}/{what}"
    refused = await client.get(address, params={"as_of": tomorrow})
    assert refused.status_code == 422, refused.text
    assert refused.json()["type"].endswith("as-of-later")
    unknown = address.replace(str(agency.uscc), "91330281MA2BBBBB16")
    assert (await client.get(unknown, params={"as_of": "2026-01-01"})).status_code == 404


@pytest.mark.parametrize("day", [date.min, date(1, 6, 1), date(1000, 2, 28)])
async def test_a_day_before_all_records_had_none(
    county: County, client: httpx.AsyncClient, day: date
) -> None:
    agency = await county.agency()
    await county.evaluated(agency, await county.listing(agency), 83)
    query = {"as_of": day.isoformat()}
    told = await client.get(f"/api/v1/agencies/{agency.uscc}/standing", params=query)
    assert told.status_code == 200, told.text
    assert (told.json()["score"], told.json()["state"]) == (None, "unrated")
